"""The register that processes are killed on: a street of three buildings, and the user who does everything."""

from __future__ import annotations

from gridmap.store.keys import MasterKey
from gridmap.store.store import open_store
from tests.gridmap.importing.registers import make_street
from tests.kill.deeds import keeper


def furnish(location: str, key: MasterKey) -> None:
    """Put it into an empty register."""
    store = open_store(location, key)
    try:
        make_street(store)
        keeper(store)
    finally:
        store.close()
