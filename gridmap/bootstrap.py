"""The only wiring: a location becomes an open store, a store becomes services. Imports every model once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from gridmap.access import models as _access
from gridmap.accounts import models as _accounts
from gridmap.areas import models as _areas
from gridmap.audit import models as _audit
from gridmap.batches import models as _batches
from gridmap.buildings import models as _buildings
from gridmap.changes import models as _changes
from gridmap.duplicates import models as _duplicates
from gridmap.errors import StoreExistsError
from gridmap.forms import models as _forms
from gridmap.linking import models as _linking
from gridmap.ranking import models as _ranking
from gridmap.residents import models as _residents
from gridmap.residents.following import follow
from gridmap.reviewing import models as _reviewing
from gridmap.rosters import models as _rosters
from gridmap.services import models as _services
from gridmap.statistics import models as _statistics
from gridmap.store import migrate
from gridmap.store import models as _store
from gridmap.store.base import Base
from gridmap.store.ids import uuid7
from gridmap.store.keys import make_key, public_location
from gridmap.store.models import Setting
from gridmap.store.store import Store, UnitOfWork, open_store

__all__ = ["METADATA", "MODELS", "Store", "UnitOfWork", "create_register", "open_register"]

MODELS = (
    _store, _accounts, _audit, _changes, _batches, _areas, _access, _buildings, _residents, _services, _statistics,
    _linking, _ranking, _rosters, _duplicates, _reviewing, _forms,
)  # fmt: skip
METADATA = Base.metadata
follow()


def open_register(location: str) -> Store:
    """Open an existing register at its current schema version.

    Raises:
        StoreError: missing, wrong key, unreachable, older or newer schema; each says what to do.
    """
    store = open_store(location)
    try:
        migrate.require_current(store)
    except Exception:
        store.close()
        raise
    return store


def create_register(location: str) -> Store:
    """Make a new, empty register: key, schema, installation id. Nothing is left behind when it fails.

    Raises:
        StoreExistsError: there is one already.
    """
    is_file = "://" not in location
    if is_file and Path(location).exists():
        raise StoreExistsError(location=location)
    key = make_key(location)
    if is_file:
        Path(location).parent.mkdir(parents=True, exist_ok=True)
        Path(location).touch(mode=0o600)
    try:
        store = open_store(location, key)
        _lay_out(store)
    except BaseException:
        if is_file:
            Path(location).unlink(missing_ok=True)
        raise
    return store


def _lay_out(store: Store) -> None:
    if migrate.current(store) is not None:
        store.close()
        raise StoreExistsError(location=public_location(store.location))
    migrate.upgrade(store)
    with store.write() as unit:
        unit.session.execute(
            sa.insert(Setting),
            [
                {"name": "installation", "value": str(uuid7())},
                {"name": "created_at", "value": datetime.now(UTC).isoformat()},
            ],
        )
