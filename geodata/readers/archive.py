"""Look into a .zip before anything is unpacked, and unpack only named members, under names of our own."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from geodata.errors import (
    ArchiveEncryptedError,
    ArchiveNestedError,
    ArchivePathError,
    ArchiveTooLargeError,
    DamagedFileError,
    WrongContentError,
)
from geodata.readers.settings import ReadLimits

_RATIO_FROM_BYTES: Final = 10 * 1024**2
_CHUNK: Final = 1024**2
_ARCHIVES: Final = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".kmz")
_UTF8_NAME: Final = 0x800


@contextmanager
def open_archive(path: Path, limits: ReadLimits) -> Iterator[dict[str, zipfile.ZipInfo]]:
    """The members worth reading, by their readable name; refuses the archive by its directory alone.

    Raises WrongContentError, DamagedFileError, ArchiveTooLargeError, ArchivePathError, ArchiveEncryptedError,
    ArchiveNestedError.
    """
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            cut_off = file.read(4) == b"PK\x03\x04"
        if cut_off:
            raise DamagedFileError(name=path.name)
        raise WrongContentError(name=path.name, format="ZIP")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_directory(path.name, members, limits)
            named = {_readable(m): m for m in members if not m.is_dir() and not _is_litter(m.filename)}
            if any(PurePosixPath(n).suffix.lower() in _ARCHIVES for n in named):
                raise ArchiveNestedError(name=path.name)
            yield named
    except (zipfile.BadZipFile, NotImplementedError) as cause:
        raise DamagedFileError(name=path.name) from cause


def _check_directory(name: str, members: list[zipfile.ZipInfo], limits: ReadLimits) -> None:
    unpacked = sum(m.file_size for m in members)
    packed = max(1, sum(m.compress_size for m in members))
    too_dense = unpacked > _RATIO_FROM_BYTES and unpacked / packed > limits.max_ratio
    if unpacked > limits.max_unpacked_bytes or len(members) > limits.max_entries or too_dense:
        raise ArchiveTooLargeError(name=name)
    for member in members:
        inside = member.filename.replace("\\", "/")
        absolute = inside.startswith("/") or (len(inside) > 1 and inside[1] == ":")
        link = stat.S_ISLNK(member.external_attr >> 16)
        if absolute or ".." in inside.split("/") or link:
            raise ArchivePathError(name=name)
        if member.flag_bits & 0x1:
            raise ArchiveEncryptedError(name=name)


def _is_litter(filename: str) -> bool:
    """What operating systems add by themselves."""
    last = PurePosixPath(filename).name
    return filename.startswith("__MACOSX/") or last.startswith("._") or last in {".DS_Store", "Thumbs.db"}


def _readable(member: zipfile.ZipInfo) -> str:
    """The member's name; Chinese Windows writes GBK bytes that the zip standard makes look like CP437."""
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def unpack(path: Path, members: Mapping[str, zipfile.ZipInfo], folder: Path, limits: ReadLimits) -> None:
    """Write members to ``folder`` under the given names, counting real bytes: a directory can lie.

    Raises ArchiveTooLargeError, DamagedFileError.
    """
    left = limits.max_unpacked_bytes
    try:
        with zipfile.ZipFile(path) as archive:
            for name, member in members.items():
                with archive.open(member) as source, (folder / name).open("wb") as target:
                    while chunk := source.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise ArchiveTooLargeError(name=path.name)
                        target.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as cause:
        raise DamagedFileError(name=path.name) from cause
