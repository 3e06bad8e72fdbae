"""The installation's key: 32 random bytes in hex in one file; every other key is derived from it (HKDF, RFC 5869)."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from gridmap.errors import KeyMissingError, KeyPermissionError, WrongKeyError

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The installation's secret. It never appears in ``repr``, logs or errors."""

    secret: bytes = field(repr=False)

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key of one purpose; purposes are independent of one another."""
        return _expand(self.secret, purpose)


@lru_cache(maxsize=64)
def _expand(secret: bytes, purpose: str) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=f"gridmap/1/{purpose}".encode()).derive(secret)


def key_path(location: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the key file of a register is: ``GRIDMAP_KEY_FILE``, or beside the file, or in the user's settings folder
    for a server database."""
    if named := environ.get("GRIDMAP_KEY_FILE"):
        return Path(named)
    if "://" not in location:
        return Path(f"{location}.key")
    database = location.rsplit("/", 1)[-1].split("?", 1)[0] or "gridmap"
    return Path.home() / ".config" / "gridmap" / f"{database}.key"


def load_key(location: str, environ: Mapping[str, str] = os.environ) -> MasterKey:
    """Read the key of a register.

    Raises:
        KeyMissingError: there is none.
        KeyPermissionError: other users may read the file (POSIX).
        WrongKeyError: the content is no key.
    """
    if inline := environ.get("GRIDMAP_KEY"):
        return _parse(inline, location)
    path = key_path(location, environ)
    if not path.is_file():
        raise KeyMissingError(location=public_location(location), expected=str(path))
    if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyPermissionError(path=str(path))
    return _parse(path.read_text("ascii", errors="replace"), location)


def make_key(location: str, environ: Mapping[str, str] = os.environ) -> MasterKey:
    """Make the key of a new register and write it with mode 0600; an existing or inline key is used as it is."""
    if environ.get("GRIDMAP_KEY") or key_path(location, environ).exists():
        return load_key(location, environ)
    key = MasterKey(secrets.token_bytes(KEY_BYTES))
    write_private(key_path(location, environ), key.secret.hex().encode() + b"\n")
    return key


def keep_key(key: MasterKey, location: str, environ: Mapping[str, str] = os.environ) -> None:
    """Put a known key where a register at ``location`` will look for it, unless one is there already."""
    path = key_path(location, environ)
    if not environ.get("GRIDMAP_KEY") and not path.exists():
        write_private(path, key.secret.hex().encode() + b"\n")


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read; an existing one is never overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def public_location(location: str) -> str:
    """The location without a password, fit for messages."""
    if "://" not in location or "@" not in location:
        return location
    scheme, rest = location.split("://", 1)
    credentials, host = rest.rsplit("@", 1)
    return f"{scheme}://{credentials.split(':', 1)[0]}@{host}"


def _parse(text: str, location: str) -> MasterKey:
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise WrongKeyError(location=public_location(location))
    return MasterKey(secret)
