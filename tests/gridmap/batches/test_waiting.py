"""Files that wait are sealed, whole, and gone when nobody wants them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from uuid import uuid4

import pytest

from gridmap.batches.waiting import PART_BYTES, Waiting, waiting_folder
from gridmap.errors import NotFoundError
from gridmap.store.keys import MasterKey

KEY = MasterKey(bytes(range(32)))
MOST = 10 * PART_BYTES


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES])
def test_a_file_comes_back_as_it_was(size: int, tmp_path: Path) -> None:
    """At and around the borders of its parts."""
    waiting, batch = Waiting(tmp_path / "up", KEY), uuid4()
    content = (b"\x00\x01\x02surname" * (size // 10 + 1))[:size]
    assert waiting.keep(batch, io.BytesIO(content), MOST) == (size, hashlib.sha256(content).digest())
    with waiting.opened(batch, ".csv") as path:
        assert path.name == "upload.csv"
        assert path.read_bytes() == content
    assert [found.name for found in (tmp_path / "up").iterdir()] == [f"{batch}.sealed"]
    assert b"surname" not in (tmp_path / "up" / f"{batch}.sealed").read_bytes()


def test_a_file_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    waiting, batch = Waiting(tmp_path, KEY), uuid4()
    assert waiting.keep(batch, io.BytesIO(b"x" * (2 * PART_BYTES)), PART_BYTES) is None
    assert not waiting.has(batch)
    assert list(tmp_path.iterdir()) == []


def test_parts_cannot_be_left_out_exchanged_or_taken_for_another_batch(tmp_path: Path) -> None:
    """Whoever can write to the folder cannot make another file of it, only break it."""
    waiting, batch, other = Waiting(tmp_path, KEY), uuid4(), uuid4()
    waiting.keep(batch, io.BytesIO(b"a" * PART_BYTES + b"b" * PART_BYTES + b"c"), MOST)
    sealed = tmp_path / f"{batch}.sealed"
    whole, part = sealed.read_bytes(), PART_BYTES + 28
    for forged in (
        whole[: 2 * part],
        whole[part : 2 * part] + whole[:part] + whole[2 * part :],
        whole[:-1] + bytes([whole[-1] ^ 1]),
        whole[:20],
    ):
        sealed.write_bytes(forged)
        with pytest.raises(NotFoundError), waiting.opened(batch, ".csv"):
            pass
    (tmp_path / f"{other}.sealed").write_bytes(whole)
    with pytest.raises(NotFoundError), waiting.opened(other, ".csv"):
        pass
    sealed.write_bytes(whole)
    with pytest.raises(NotFoundError), Waiting(tmp_path, MasterKey(bytes(32))).opened(batch, ".csv"):
        pass
    assert not [found for found in tmp_path.iterdir() if found.is_dir()]


def test_what_a_killed_server_left_open_is_swept(tmp_path: Path) -> None:
    waiting, wanted, forgotten = Waiting(tmp_path, KEY), uuid4(), uuid4()
    for batch in (wanted, forgotten):
        waiting.keep(batch, io.BytesIO(b"x"), MOST)
    (tmp_path / "opened-1234").mkdir()
    (tmp_path / "opened-1234" / "upload.csv").write_bytes(b"in the clear")
    waiting.sweep([wanted])
    assert [found.name for found in tmp_path.iterdir()] == [f"{wanted}.sealed"]


def test_files_wait_beside_the_register_or_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert waiting_folder(str(tmp_path / "r.gridmap")) == tmp_path / "r.gridmap.uploads"
    monkeypatch.setenv("GRIDMAP_KEY_FILE", str(tmp_path / "town.key"))
    assert waiting_folder("postgresql://host/town").name == "town.uploads"
