"""The store keeps what it is given, in one transaction or not at all, and says what is wrong with a register."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlcipher3 import dbapi2 as sqlcipher

from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.bootstrap import METADATA, create_register, open_register
from gridmap.buildings.models import Building
from gridmap.errors import (
    KeyMissingError,
    KeyPermissionError,
    StoreExistsError,
    StoreLockedError,
    StoreMissingError,
    StoreOutdatedError,
    StoreUnreachableError,
    WrongKeyError,
)
from gridmap.store import migrate, spatial
from gridmap.store.backup import restore_backup, write_backup
from gridmap.store.bulk import bulk_insert
from gridmap.store.engine import sqlite_is_safe
from gridmap.store.ids import uuid7, uuid7_bytes
from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, open_store
from gridmap.store.types import from_day, to_day
from gridmap.store.vault import Vault

SECRET = "匿名测试人员甲乙丙"


def add_buildings(store: Store, count: int = 3) -> list[UUID]:
    """Insert square buildings in a row, each 0.001° wide."""
    ids = uuid7_bytes(count)
    left = 110.0 + 0.01 * np.arange(count)
    with store.write() as unit:
        shapes = list(shapely.to_wkb(shapely.box(left, 20.0, left + 0.001, 20.001)))
        bulk_insert(
            unit,
            Building,
            {
                "region": 1,
                "id": ids,
                "name": SECRET,
                "footprint": shapes,
                "valid_from": date(2020, 2, 29),
                "version": 1,
            },
        )
        spatial.reindex(unit.session, "building")
    return [UUID(bytes=key) for key in ids]


def test_bulk_and_single_rows_read_the_same(store: Store) -> None:
    """Types keep their meaning on both engines: keys, dates, moments, geometry, sealed text."""
    ids = add_buildings(store)
    moment = datetime(2026, 3, 31, 23, 59, 59, 123456, tzinfo=UTC)
    with store.write() as unit:
        batch = ImportBatch(
            region=1, kind="t", file_name="a", file_hash=b"1" * 32, status="committed", created_at=moment
        )
        unit.session.add(batch)
        unit.session.flush()
        sealed = unit.vault.seal(SECRET, "import_row.content")
        unit.session.add(ImportRow(region=1, batch_id=batch.id, seq=1, row=2, verdict="inserted", content=sealed))
    with store.read() as unit:
        found = unit.session.scalars(sa.select(Building).order_by(Building.id)).all()
        assert [row.id for row in found] == ids
        assert found[0].valid_from == date(2020, 2, 29)
        assert shapely.from_wkb(found[0].footprint).equals(shapely.box(110, 20, 110.001, 20.001))
        assert unit.session.scalar(sa.select(ImportBatch.created_at)) == moment
        content = unit.session.scalar(sa.select(ImportRow.content))
        assert unit.vault.open(content, "import_row.content") == SECRET


def test_an_exception_rolls_everything_back(store: Store) -> None:
    """A unit of work that raises leaves nothing."""

    def fail() -> None:
        with store.write() as unit:
            unit.session.add(Building(region=1, name="x"))
            unit.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as unit:
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(Building)) == 0


def test_change_numbers_grow(store: Store) -> None:
    """Every process can see that a kind of record changed."""
    for _ in range(2):
        with store.write() as unit:
            unit.changed("register", "geometry")
    assert store.change_numbers() == {"register": 2, "geometry": 2}


def test_the_spatial_index_finds_what_a_box_meets(store: Store) -> None:
    """R*Tree and GiST answer alike."""
    ids = add_buildings(store)
    with store.read() as unit:
        assert spatial.meeting(unit.session, "building", (110.0095, 19, 110.0105, 21)) == [(1, ids[1])]
        assert {key for _, key in spatial.meeting(unit.session, "building", (109, 19, 111, 21))} == set(ids)


def test_a_protected_column_refuses_plain_text(store: Store) -> None:
    """No path can store a protected value in the clear."""

    def keep_plain() -> None:
        with store.write() as unit:
            batch = ImportBatch(region=1, kind="t", file_name="a", file_hash=b"1", status="x", created_at=unit.now)
            unit.session.add(batch)
            unit.session.flush()
            unit.session.add(ImportRow(region=1, batch_id=batch.id, seq=1, row=2, verdict="x", content=b"plain"))

    with pytest.raises(sa.exc.StatementError, match="only values sealed by the vault"):
        keep_plain()


def test_no_word_of_the_register_stands_in_the_file(new_store_url: Callable[[str], str], store_key: MasterKey) -> None:
    """The file, its log and its backup are unreadable without the key."""
    location = new_store_url("sqlite")
    store = open_store(location, store_key)
    add_buildings(store)
    backup = Path(location).with_suffix(".backup")
    write_backup(store, backup, METADATA)
    files = [*Path(location).parent.glob(Path(location).name + "*"), backup]
    contents = b"".join(file.read_bytes() for file in files)
    store.close()
    assert len(contents) > 10_000
    assert SECRET.encode() not in contents
    assert b"SQLite format 3" not in contents


def test_backup_and_restore_keep_every_row(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup of either engine restores into a file, and opens with the same key alone."""
    ids = add_buildings(store)
    monkeypatch.setenv("GRIDMAP_KEY", store.key.secret.hex())
    rows = write_backup(store, tmp_path / "b.gridmap", METADATA)
    assert restore_backup(tmp_path / "b.gridmap", str(tmp_path / "again.gridmap"), METADATA) == rows
    again = open_register(str(tmp_path / "again.gridmap"))
    with again.read() as unit:
        assert list(unit.session.scalars(sa.select(Building.id).order_by(Building.id))) == ids
    again.close()
    with pytest.raises(StoreExistsError):
        write_backup(store, tmp_path / "b.gridmap", METADATA)


def test_a_new_register_has_a_private_key_beside_it(tmp_path: Path) -> None:
    """``init`` writes the key with mode 0600 and refuses to overwrite."""
    location = tmp_path / "pilot.gridmap"
    create_register(str(location)).close()
    key = tmp_path / "pilot.gridmap.key"
    if sys.platform != "win32":
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert stat.S_IMODE(location.stat().st_mode) == 0o600
    with pytest.raises(StoreExistsError):
        create_register(str(location))
    open_register(str(location)).close()


def test_what_is_wrong_with_a_register_is_said(tmp_path: Path) -> None:
    """Missing, without key, with an open key, with a wrong key, not a register, outdated, unreachable."""
    with pytest.raises(StoreMissingError):
        open_register(str(tmp_path / "none.gridmap"))
    location = tmp_path / "p.gridmap"
    create_register(str(location)).close()
    key = tmp_path / "p.gridmap.key"
    if sys.platform != "win32":
        key.chmod(0o644)
        with pytest.raises(KeyPermissionError):
            open_register(str(location))
    secret = key.read_text()
    key.unlink()
    with pytest.raises(KeyMissingError):
        open_register(str(location))
    _write_key(key, "00" * 32)
    with pytest.raises(WrongKeyError):
        open_register(str(location))
    _write_key(key, "not a key")
    with pytest.raises(WrongKeyError):
        open_register(str(location))
    _write_key(key, secret)
    text = tmp_path / "text.gridmap"
    text.write_text("this is no register " * 500)
    _write_key(tmp_path / "text.gridmap.key", secret)
    with pytest.raises(WrongKeyError):
        open_register(str(text))
    store = open_store(str(location))
    migrate.downgrade(store, "base")
    store.close()
    with pytest.raises(StoreOutdatedError):
        open_register(str(location))
    with pytest.raises(StoreUnreachableError):
        open_store("postgresql://nobody@127.0.0.1:1/none", MasterKey(bytes(32)))


def test_a_writer_that_waits_too_long_is_told(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, new_store_url: Callable[[str], str]
) -> None:
    """A locked file is one clear sentence, not a driver's message."""
    monkeypatch.setattr("gridmap.store.engine.BUSY_TIMEOUT_S", 0.05)
    location = new_store_url("sqlite")
    first, second = open_store(location, sqlite_store.key), open_store(location, sqlite_store.key)
    with first.write(), pytest.raises(StoreLockedError), second.write():
        raise AssertionError("two writers at once")
    first.close()
    second.close()


def test_sqlite_with_the_wal_fault_is_refused() -> None:
    """Versions 3.7.0 to 3.51.2 may lose commits; the fixed ones and the backports may be used; ours is fixed."""
    assert not sqlite_is_safe((3, 40, 1))
    assert not sqlite_is_safe((3, 51, 2))
    assert not sqlite_is_safe((3, 50, 6))
    assert sqlite_is_safe((3, 50, 7))
    assert sqlite_is_safe((3, 44, 6))
    assert sqlite_is_safe((3, 51, 3))
    version = [int(part) for part in sqlcipher.sqlite_version.split(".")]
    assert sqlite_is_safe((version[0], version[1], version[2]))


def test_uuids_are_version_7_and_ascending() -> None:
    """Keys of one call sort in the order they were made, whatever their number."""
    keys = uuid7_bytes(70_000)
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert {UUID(bytes=key).version for key in keys[:100]} == {7}
    assert uuid7().version == 7
    made = np.random.default_rng(1), np.random.default_rng(1)
    assert uuid7_bytes(5, random=made[0], now_ms=1) == uuid7_bytes(5, random=made[1], now_ms=1)


@given(st.dates())
def test_days_round_trip(day: date) -> None:
    """A day number is a date."""
    assert from_day(to_day(day)) == day


@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_the_vault_opens_what_it_sealed_for_the_same_column_only(value: str, column: str) -> None:
    """A sealed value cannot be moved to another column or opened with another key; sealing twice differs."""
    vault = Vault(MasterKey(os.urandom(32)))
    sealed = vault.seal(value, column)
    assert vault.open(sealed, column) == value
    assert vault.seal(value, column) != sealed
    for stranger, other in ((vault, column + "x"), (Vault(MasterKey(os.urandom(32))), column)):
        with pytest.raises(WrongKeyError):
            stranger.open(sealed, other)
    assert vault.open_many(vault.seal_many([value, None], column), column) == [value, None]


def test_blind_indexes_depend_on_key_and_kind() -> None:
    """The same number has the same index with the same key, and no other."""
    vault, other = Vault(MasterKey(bytes(32))), Vault(MasterKey(bytes(31) + b"1"))
    assert vault.index("1", "id") == vault.index_many(["1"], "id")[0]
    assert len({vault.index("1", "id"), vault.index("1", "phone"), other.index("1", "id")}) == 3
    assert repr(MasterKey(b"s" * 32)) == "MasterKey()"


def _write_key(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)


def test_a_restored_file_is_not_written_over_by_what_a_lost_one_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody loses the file of a register, not the log beside it, and restores the backup."""
    key = MasterKey(bytes(range(32)))
    monkeypatch.setenv("GRIDMAP_KEY", key.secret.hex())
    location = tmp_path / "pilot.gridmap"
    store = create_register(str(location))
    kept = add_buildings(store)
    write_backup(store, tmp_path / "b.gridmap", METADATA)
    add_buildings(store, 5)
    leftover = (tmp_path / "pilot.gridmap-wal").read_bytes()
    assert leftover
    store.close()
    location.unlink()
    (tmp_path / "pilot.gridmap-wal").write_bytes(leftover)
    restore_backup(tmp_path / "b.gridmap", str(location), METADATA)
    again = open_register(str(location))
    with again.read() as unit:
        assert list(unit.session.scalars(sa.select(Building.id).order_by(Building.id))) == kept
        assert unit.session.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
    again.close()


def test_what_fails_names_no_value(store: Store) -> None:
    """Errors of the database say which statement failed, not what was to be written."""
    with pytest.raises(sa.exc.SQLAlchemyError) as failure, store.write() as unit:
        unit.session.execute(sa.text("INSERT INTO no_such_table VALUES (:name)"), {"name": SECRET})
    assert SECRET not in str(failure.value)
    assert SECRET not in repr(failure.value)
