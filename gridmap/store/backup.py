"""Backup and restore. A backup is itself an encrypted register file, whichever engine it was taken from, so that it can
be opened, checked and restored into either engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import MetaData, Table
from sqlalchemy.exc import DatabaseError, OperationalError

from gridmap.errors import KeyMissingError, StoreExistsError, StoreMissingError
from gridmap.store import migrate
from gridmap.store.bulk import bulk_insert
from gridmap.store.keys import MasterKey, keep_key, load_key, public_location
from gridmap.store.store import Store, explain, open_store

CHUNK = 20_000
PAGES_A_STEP = 2_000
_LOGS = ("-wal", "-shm")
"""Endings of what SQLite keeps beside a file while it is open, or after a crash."""


def write_backup(store: Store, file: Path, metadata: MetaData) -> int:
    """Write a backup and open it again; returns its number of rows.

    The file is written under another name and takes its own only when it is complete.

    Raises:
        StoreExistsError: the file is there already.
    """
    if file.exists():
        raise StoreExistsError(location=str(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    _forget(part)
    try:
        target = _empty(part, store.key)
        if store.dialect == "sqlite":
            _copy_pages(store, target)
        else:
            migrate.upgrade(target)
            copy_rows(store, target, metadata)
        rows = count_rows(target, metadata)
        target.close()
        part.replace(file)
    except DatabaseError as error:
        _forget(part)
        raise explain(error, str(file)) or error from error
    except BaseException:
        _forget(part)
        raise
    _forget(part)
    return rows


def restore_backup(file: Path, location: str, metadata: MetaData) -> int:
    """Restore a backup into a register that does not exist yet; returns the number of rows.

    The key is the one of the new register if it is there already, else the one beside the backup.

    Raises:
        StoreMissingError: no such backup.
        StoreExistsError: the register exists.
        KeyMissingError, WrongKeyError.
    """
    if not file.is_file():
        raise StoreMissingError(location=str(file))
    is_file = "://" not in location
    if is_file and Path(location).exists():
        raise StoreExistsError(location=location)
    key = _key_for(file, location)
    source = open_store(str(file), key)
    if not is_file:
        target = open_store(location, key)
        if migrate.current(target) is not None:
            raise StoreExistsError(location=public_location(location))
        migrate.upgrade(target)
        copy_rows(source, target, metadata)
        rows = count_rows(target, metadata)
        target.close()
    else:
        rows = _restore_file(source, Path(location), metadata)
    keep_key(key, location)
    source.close()
    return rows


def _restore_file(source: Store, file: Path, metadata: MetaData) -> int:
    """Copy a backup to a file that takes its name only when it is complete."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    _forget(part)
    try:
        target = _empty(part, source.key)
        _copy_pages(source, target)
        rows = count_rows(target, metadata)
        target.close()
        # What a register of this name that is gone left beside it would be written over the restored pages.
        _forget(file, _LOGS)
        part.replace(file)
    except DatabaseError as error:
        raise explain(error, str(file)) or error from error
    finally:
        _forget(part)
    return rows


def copy_rows(source: Store, target: Store, metadata: MetaData) -> None:
    """Copy every table from one engine to the other, in one consistent read and one transaction."""
    with source.read() as reading, target.write() as writing:
        for table in metadata.sorted_tables:
            query = sa.select(*table.c).order_by(*table.primary_key.columns).execution_options(yield_per=CHUNK)
            for rows in reading.session.execute(query).partitions(CHUNK):
                bulk_insert(writing, table, _columns(table, rows))


def count_rows(store: Store, metadata: MetaData) -> int:
    """The number of rows in all tables."""
    with store.read() as unit:
        return sum(
            unit.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in metadata.sorted_tables
        )


def _columns(table: Table, rows: Any) -> dict[str, list[Any]]:
    names = [column.name for column in table.c]
    return dict(zip(names, (list(values) for values in zip(*rows, strict=True)), strict=True))


def _empty(path: Path, key: MasterKey) -> Store:
    path.touch(mode=0o600)
    return open_store(str(path), key)


def _copy_pages(source: Store, target: Store) -> None:
    """SQLite's online backup: pages are copied while others keep reading and writing."""
    with source.engine.connect() as reading, target.engine.connect() as writing:
        reading_driver: Any = reading.connection.driver_connection
        driver: Any = source.engine.dialect.loaded_dbapi
        try:
            reading_driver.backup(writing.connection.driver_connection, pages=PAGES_A_STEP)
        except driver.Error as error:
            raise OperationalError("backup", None, error) from error


def _key_for(file: Path, location: str) -> MasterKey:
    try:
        return load_key(location)
    except KeyMissingError:
        beside = Path(f"{file}.key")
        if beside.is_file():
            return load_key(str(file))
        raise


def _forget(part: Path, suffixes: tuple[str, ...] = ("", *_LOGS)) -> None:
    for suffix in suffixes:
        Path(f"{part}{suffix}").unlink(missing_ok=True)
