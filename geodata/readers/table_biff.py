"""The marks of an old workbook (.xls): merged ranges, hidden rows and columns, where its days are counted from.

The file is a compound file (MS-CFB) with a stream called ``Workbook`` of BIFF8 records (MS-XLS): a type and a length
of two bytes each, then the data. Only the few records that are needed are looked at; whatever does not fit the
description ends the search without an error, for the cells themselves are read by another reader.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from geodata.readers.table_guard import column_letters
from geodata.readers.table_marks import Marks, Merge, SheetMarks

_END = 0xFFFF_FFFA  # this and above are no sectors
_BOF, _EOF, _DATEMODE, _BOUNDSHEET = 0x0809, 0x000A, 0x0022, 0x0085
_MERGEDCELLS, _ROW, _COLINFO = 0x00E5, 0x0208, 0x007D
_WANTED = frozenset({_MERGEDCELLS, _ROW, _COLINFO})
_ROW_HIDDEN, _COLUMN_HIDDEN = 0x20, 0x01
_NAMES = ("Workbook", "Book")


def find_old_marks(content: bytes) -> Marks:
    """The marks of an .xls; none where its structure is not the usual one."""
    try:
        stream = _workbook_stream(content)
    except (struct.error, IndexError, ValueError):
        return Marks()
    names: dict[int, str] = {}
    marks: dict[int, _Found] = defaultdict(_Found)
    from_1904 = False
    # One pass over everything: a file that lies about where its sheets begin costs no more than an honest one.
    for start, kind, data in _records(stream):
        if start == 0 and kind == _DATEMODE:
            from_1904 = data[:1] == b"\x01"
        elif start == 0 and kind == _BOUNDSHEET and len(data) > 8:
            names[int.from_bytes(data[:4], "little")] = _sheet_name(data)
        elif kind in _WANTED:
            marks[start].take(kind, data)
    return Marks({name: marks[start].marks() for start, name in names.items()}, from_1904)


def _sheet_name(data: bytes) -> str:
    length, wide = data[6], data[7] & 1
    return data[8 : 8 + length * (1 + wide)].decode("utf-16-le" if wide else "latin-1", errors="replace")


@dataclass(slots=True)
class _Found:
    """The marks of a sheet while they are found."""

    merges: set[Merge] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)

    def take(self, kind: int, data: bytes) -> None:
        """Look at one record."""
        if kind == _MERGEDCELLS:
            count = min(int.from_bytes(data[:2], "little"), (len(data) - 2) // 8)
            for first, last, left, right in struct.iter_unpack("<4H", data[2 : 2 + 8 * max(count, 0)]):
                self.merges.add(Merge(first + 1, last + 1, left, right))
        elif kind == _ROW and len(data) >= 13 and data[12] & _ROW_HIDDEN:
            self.rows.add(int.from_bytes(data[:2], "little") + 1)
        elif kind == _COLINFO and len(data) >= 9 and data[8] & _COLUMN_HIDDEN:
            first, last = struct.unpack_from("<2H", data)
            self.columns |= {column_letters(place) for place in range(first, min(last, 255) + 1)}

    def marks(self) -> SheetMarks:
        """What was found."""
        return SheetMarks(tuple(sorted(self.merges)), frozenset(self.rows), frozenset(self.columns))


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Where its substream begins, type and data of every record; those of charts inside a sheet are left out."""
    depth = at = start = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, at)
        if kind == _BOF:
            start = at if depth == 0 else start
            depth += 1
        elif kind == _EOF:
            depth = max(depth - 1, 0)
        elif depth == 1:
            yield start, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _workbook_stream(content: bytes) -> bytes:
    """The stream of the workbook.

    Raises `ValueError`, `struct.error` or `IndexError` for a structure that is not that of a compound file.
    """
    size = 1 << struct.unpack_from("<H", content, 30)[0]
    if size not in {512, 4096}:
        raise ValueError(size)
    table = _allocation(content, size)
    directory = _chain(content, table, struct.unpack_from("<I", content, 48)[0], size)
    entries = [directory[at : at + 128] for at in range(0, len(directory) - 127, 128)]
    for entry in entries:
        length = struct.unpack_from("<H", entry, 64)[0]
        if entry[: max(length - 2, 0)].decode("utf-16-le", errors="replace") in _NAMES and entry[66] == 2:
            first, bytes_long = struct.unpack_from("<2I", entry, 116)
            if bytes_long >= struct.unpack_from("<I", content, 56)[0]:
                return _chain(content, table, first, size)[:bytes_long]
            # A small stream lies in pieces of 64 bytes in the stream of the root, which the first entry describes.
            small = _chain(content, table, struct.unpack_from("<I", entries[0], 116)[0], size)
            follows = _chain(content, table, struct.unpack_from("<I", content, 60)[0], size)
            words = list(struct.unpack(f"<{len(follows) // 4}I", follows))
            return _chain(small, words, first, 64, skip=0)[:bytes_long]
    raise ValueError(len(entries))


def _allocation(content: bytes, size: int) -> list[int]:
    """Which sector follows each sector."""
    count, extra, extra_count = struct.unpack_from("<I", content, 44)[0], *struct.unpack_from("<2I", content, 68)
    places = list(struct.unpack_from("<109I", content, 76))
    for _ in range(min(extra_count, len(content) // size)):
        if extra >= _END:
            break
        words = struct.unpack_from(f"<{size // 4}I", content, (extra + 1) * size)
        places.extend(words[:-1])
        extra = words[-1]
    table: list[int] = []
    for place in places[:count]:
        if place < _END and len(table) <= len(content) // size + size:
            table.extend(struct.unpack_from(f"<{size // 4}I", content, (place + 1) * size))
    return table


def _chain(content: bytes, table: list[int], first: int, size: int, skip: int = 1) -> bytes:
    """A stream: its sectors one after another. ``skip``: how many sectors the header takes."""
    parts: list[bytes] = []
    at = first
    while at < _END and len(parts) <= len(table):
        parts.append(content[(at + skip) * size : (at + skip + 1) * size])
        at = table[at]
    return b"".join(parts)
