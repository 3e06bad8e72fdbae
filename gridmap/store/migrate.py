"""Schema versions: create, upgrade, downgrade and check, through Alembic, on both engines."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gridmap.errors import StoreNewerError, StoreOutdatedError
from gridmap.store.keys import public_location
from gridmap.store.store import Store

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(store: Store, revision: str = "head") -> None:
    """Bring the schema to ``revision``. All steps commit together on both engines."""
    _run(store, command.upgrade, revision)


def downgrade(store: Store, revision: str) -> None:
    """Take the schema back to ``revision``."""
    _run(store, command.downgrade, revision)


def current(store: Store) -> str | None:
    """The schema version of the register, ``None`` for an empty database."""
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The schema version this program needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise LookupError("no migrations are installed")
    return revision


def require_current(store: Store) -> None:
    """Refuse to work on another schema version.

    Raises:
        StoreOutdatedError: ``gridmap upgrade`` is needed.
        StoreNewerError: the program is older than the register.
    """
    found, needed = current(store), head()
    if found == needed:
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    location = public_location(store.location)
    if found is not None and found not in known:
        raise StoreNewerError(location=location)
    raise StoreOutdatedError(location=location, found=found or "-", needed=needed)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _run(store: Store, action: object, revision: str) -> None:
    config = _config()
    with store.engine.connect().execution_options(gridmap_write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        action(config, revision)  # type: ignore[operator]
