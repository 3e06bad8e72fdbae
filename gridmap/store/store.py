"""The register's store: opens it, gives units of work, and counts changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from gridmap.errors import (
    StoreError,
    StoreFailedError,
    StoreLockedError,
    StoreMissingError,
    StoreUnreachableError,
    WrongKeyError,
)
from gridmap.store.engine import make_engine
from gridmap.store.keys import MasterKey, load_key, public_location
from gridmap.store.models import ChangeNumber
from gridmap.store.vault import Vault


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """One transaction: a session, the vault, and the one time that everything in it is recorded at."""

    session: Session
    vault: Vault
    key: MasterKey
    now: datetime
    writing: bool
    changes: set[str] = field(default_factory=set)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.session.get_bind().dialect.name

    def changed(self, *names: str) -> None:
        """Say that records of a kind changed, so that every process refreshes what it holds of them."""
        self.changes.update(names)
        for name in names:
            done = self.session.execute(
                sa.update(ChangeNumber).where(ChangeNumber.name == name).values(value=ChangeNumber.value + 1)
            )
            if not done.rowcount:  # type: ignore[attr-defined]
                self.session.add(ChangeNumber(name=name, value=1))
                self.session.flush()


class Store:
    """An open register. Threads may share it; sessions are theirs alone."""

    def __init__(self, location: str, key: MasterKey, engine: Engine) -> None:
        self.location = location
        self.engine = engine
        # How often this process changed records: what it holds in memory is out of date at once, not at the next poll.
        self.commits = 0
        self.key = key
        self.vault = Vault(key)

    def __repr__(self) -> str:
        return f"Store({public_location(self.location)!r})"

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A unit of work that reads one consistent state and writes nothing."""
        with self._session(writing=False) as unit:
            yield unit

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A unit of work that commits when the block ends, and rolls everything back when it raises."""
        with self._session(writing=True) as unit:
            yield unit
            unit.session.commit()
            if unit.changes:
                self.commits += 1

    def change_numbers(self) -> dict[str, int]:
        """The current change numbers by kind."""
        with self.read() as unit:
            return {row.name: row.value for row in unit.session.scalars(sa.select(ChangeNumber))}

    def close(self) -> None:
        """Release all connections."""
        self.engine.dispose()

    @contextmanager
    def _session(self, *, writing: bool) -> Iterator[UnitOfWork]:
        options: dict[str, Any] = {"gridmap_write": writing}
        if not writing and self.dialect == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        try:
            with (
                self.engine.connect().execution_options(**options) as connection,
                Session(connection, expire_on_commit=False, autoflush=False) as session,
            ):
                session.connection()  # begins now: a writer takes its turn before it reads what it will change
                unit = UnitOfWork(session, self.vault, self.key, datetime.now(UTC), writing)
                session.info["unit"] = unit  # for what follows the session's flushes
                yield unit
        except DatabaseError as error:
            explained = explain(error, self.location)
            if explained is None:
                raise
            raise explained from error


# What SQLite says of a file that it cannot read or write, beside a wrong key and a lock.
_FILE_FAILURES = (
    "database or disk is full",
    "disk I/O error",
    "readonly database",
    "unable to open database file",
    "malformed",
)


def explain(error: DatabaseError, location: str) -> StoreError | None:
    """What a failure of the database means to its user; None for a fault of the program."""
    text = str(error.orig)
    if "://" in location:
        if isinstance(error, OperationalError) and error.connection_invalidated:
            return StoreUnreachableError(location=public_location(location), reason="connection lost")
        if "No space left" in text:
            return StoreFailedError(location=public_location(location), reason="No space left on device")
        return None
    if isinstance(error, OperationalError) and ("locked" in text or "busy" in text):
        return StoreLockedError()
    if any(failure in text for failure in _FILE_FAILURES):
        return StoreFailedError(location=location, reason=text)
    return None


def open_store(location: str, key: MasterKey | None = None) -> Store:
    """Open an existing register.

    Raises:
        StoreMissingError, KeyMissingError, KeyPermissionError, WrongKeyError, StoreUnreachableError.
    """
    if "://" not in location and not Path(location).is_file():
        raise StoreMissingError(location=location)
    key = key or load_key(location)
    engine = make_engine(location, key)
    _probe(engine, location)
    return Store(location, key, engine)


def _probe(engine: Engine, location: str) -> None:
    """Prove that the key opens the file, or that the server answers, before anything else is tried."""
    statement = "SELECT 1" if engine.dialect.name == "postgresql" else "SELECT count(*) FROM sqlite_master"
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
    except DatabaseError as error:
        engine.dispose()
        if engine.dialect.name == "postgresql":
            reason = str(error.orig).strip().splitlines()[0]
            raise StoreUnreachableError(location=public_location(location), reason=reason) from None
        raise explain(error, location) or WrongKeyError(location=location) from None
