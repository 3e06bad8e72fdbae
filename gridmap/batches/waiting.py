"""Files that wait to be imported: sealed in a private folder, opened only while somebody works on them.

A waiting file may hold what must never be stored, so it is kept neither in the register nor in its backups. Each part
is sealed by AES-256-GCM; the batch, the number of the part and whether it is the last are bound to it, so that parts
can be neither exchanged nor left out unnoticed.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridmap.errors import NotFoundError
from gridmap.store.keys import MasterKey, key_path
from gridmap.store.vault import NONCE_BYTES

PART_BYTES: Final = 1 << 20
_TAG_BYTES: Final = 16
_OPENED: Final = "opened-"
_ENDING: Final = ".sealed"


def waiting_folder(location: str) -> Path:
    """Where the files of a register wait: beside its file, or beside the key of a database."""
    return Path(f"{location}.uploads") if "://" not in location else key_path(location).with_suffix(".uploads")


class Waiting:
    """The folder of waiting files."""

    def __init__(self, folder: Path, key: MasterKey) -> None:
        self.folder = folder
        self._cipher = AESGCM(key.derive("waiting-file"))

    def __repr__(self) -> str:
        return "Waiting()"

    def keep(self, batch_id: UUID, content: BinaryIO, most_bytes: int) -> tuple[int, bytes] | None:
        """Keep a file; answers its size and SHA-256, or None where it is larger than ``most_bytes`` and not kept."""
        self._ready()
        path, size, digest = self._path(batch_id), 0, hashlib.sha256()
        with path.open("xb") as file:
            path.chmod(0o600)
            part, number = content.read(PART_BYTES), 0
            while (size := size + len(part)) <= most_bytes:
                digest.update(part)
                following = content.read(PART_BYTES)
                nonce = secrets.token_bytes(NONCE_BYTES)
                file.write(nonce + self._cipher.encrypt(nonce, part, _bound(batch_id, number, last=not following)))
                if not following:
                    return size, digest.digest()
                part, number = following, number + 1
        path.unlink()
        return None

    def has(self, batch_id: UUID) -> bool:
        """Whether a batch's file waits here."""
        return self._path(batch_id).is_file()

    @contextmanager
    def opened(self, batch_id: UUID, ending: str) -> Iterator[Path]:
        """The file in the clear, for the time of a ``with`` block. ``ending`` tells what kind of file it is.

        Raises:
            NotFoundError: it is not here, or was damaged.
        """
        self._ready()
        folder = self.folder / f"{_OPENED}{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        try:
            path = folder / f"upload{ending}"
            with path.open("xb") as plain:
                path.chmod(0o600)
                for part in self._parts(batch_id):
                    plain.write(part)
            yield path
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def discard(self, batch_id: UUID) -> None:
        """Forget a file."""
        with suppress(OSError):
            self._path(batch_id).unlink(missing_ok=True)

    def sweep(self, wanted: Collection[UUID]) -> None:
        """Delete what an earlier run left open, and every file of which nobody knows any more."""
        if not self.folder.is_dir():
            return
        names = {f"{key}{_ENDING}" for key in wanted}
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in names:
                with suppress(OSError):
                    path.unlink()

    def _ready(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)

    def _path(self, batch_id: UUID) -> Path:
        return self.folder / f"{batch_id}{_ENDING}"

    def _parts(self, batch_id: UUID) -> Iterator[bytes]:
        try:
            with self._path(batch_id).open("rb") as file:
                size = NONCE_BYTES + PART_BYTES + _TAG_BYTES
                sealed, number = file.read(size), 0
                while sealed:
                    following = file.read(size)
                    bound = _bound(batch_id, number, last=not following)
                    yield self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
                    sealed, number = following, number + 1
        except (FileNotFoundError, InvalidTag, ValueError):
            raise NotFoundError from None


def _bound(batch_id: UUID, number: int, *, last: bool) -> bytes:
    return batch_id.bytes + number.to_bytes(8, "big") + bytes([last])
