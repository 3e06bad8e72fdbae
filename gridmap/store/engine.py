"""Engines: an encrypted single file through SQLCipher, or PostgreSQL. Both begin transactions explicitly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlcipher3 import dbapi2 as sqlcipher

from gridmap.errors import UnsafeSqliteError
from gridmap.store.keys import MasterKey

BUSY_TIMEOUT_S = 15
CACHE_KIB = 65_536
# SQLite 3.7.0 to 3.51.2 may lose commits in WAL mode (WAL-reset fault); fixed in 3.51.3 and in these backports.
_FIXED_SERIES = {(3, 44): 6, (3, 50): 7}
_FIXED_SINCE = (3, 51, 3)


def sqlite_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether an SQLite version is free of the WAL-reset fault."""
    series = (version[0], version[1])
    return version >= _FIXED_SINCE or (series in _FIXED_SERIES and version[2] >= _FIXED_SERIES[series])


def make_engine(location: str, key: MasterKey, *, pool_size: int = 8) -> Engine:
    """Make the engine of a register.

    Args:
        location: a file path or a ``postgresql://`` URL.
        key: the installation's key.
        pool_size: connections kept open.

    Raises:
        UnsafeSqliteError: the SQLite library has the WAL-reset fault.
    """
    if "://" in location:
        return _postgresql(location, pool_size)
    return _sqlcipher(Path(location), key.derive("file"), pool_size)


def _postgresql(url: str, pool_size: int) -> Engine:
    scheme, rest = url.split("://", 1)
    if scheme in {"postgresql", "postgres"}:
        scheme = "postgresql+psycopg"
    return create_engine(
        f"{scheme}://{rest}",
        pool_size=pool_size,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10},
        hide_parameters=True,  # what fails must not carry values of records into a message
    )


def _sqlcipher(path: Path, key: bytes, pool_size: int) -> Engine:
    version = tuple(int(part) for part in sqlcipher.sqlite_version.split("."))
    if not sqlite_is_safe((version[0], version[1], version[2])):
        raise UnsafeSqliteError(version=sqlcipher.sqlite_version)

    def connect() -> Any:
        connection = sqlcipher.connect(
            str(path), isolation_level=None, timeout=BUSY_TIMEOUT_S, check_same_thread=False, cached_statements=512
        )
        connection.execute("PRAGMA cipher_log_level = NONE")  # what goes wrong is said by our errors
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        return connection

    engine = create_engine(
        "sqlite+pysqlite://",
        module=sqlcipher,
        creator=connect,
        poolclass=QueuePool,
        pool_size=pool_size,
        hide_parameters=True,  # what fails must not carry values of records into a message
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "secure_delete = ON",
        "temp_store = MEMORY",
        "journal_size_limit = 67108864",
        f"cache_size = -{CACHE_KIB}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A reader that later writes may fail with "database is locked" without waiting; writers say so from the start.
    writing = connection.get_execution_options().get("gridmap_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
