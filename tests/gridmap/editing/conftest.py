"""The store of these tests: the encrypted file, and PostgreSQL too for those that say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, open_store


@pytest.fixture
def store(request: pytest.FixtureRequest, new_store_url: Callable[[str], str], store_key: MasterKey) -> Iterator[Store]:
    """An open, fresh register."""
    opened = open_store(new_store_url(getattr(request, "param", "sqlite")), store_key)
    yield opened
    opened.close()
