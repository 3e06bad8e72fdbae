"""The static files, read once into memory and served under an address that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
}
SMALLEST_GZIP: Final = 1024


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it travels."""

    body: bytes
    body_gzip: bytes | None
    media_type: str
    etag: str


class StaticFiles:
    """All static files by path. ``version`` is a short hash of everything in them."""

    def __init__(self, root: Traversable | None = None) -> None:
        folder = root or resources.files("web").joinpath("static")
        self.files: dict[str, StaticFile] = {}
        self._collect(folder, PurePosixPath())
        digest = hashlib.blake2b(digest_size=6)
        for path, file in sorted(self.files.items()):
            digest.update(f"{path} {file.etag}".encode())
        self.version = digest.hexdigest()

    @property
    def url(self) -> str:
        """The address below which the files are."""
        return f"/static/{self.version}"

    def _collect(self, folder: Traversable, path: PurePosixPath) -> None:
        for entry in folder.iterdir():
            here = path / entry.name
            if entry.is_dir():
                self._collect(entry, here)
            elif here.suffix in TYPES:
                self.files[str(here)] = _file(entry.read_bytes(), here.suffix)


def _file(body: bytes, suffix: str) -> StaticFile:
    packed = gzip.compress(body, 6, mtime=0) if len(body) >= SMALLEST_GZIP and suffix not in {".png", ".webp"} else None
    return StaticFile(body, packed, TYPES[suffix], f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')
