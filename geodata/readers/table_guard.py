"""Refuse a table file that is damaged, disguised or built to exhaust memory, before any parser opens it.

A workbook is a zip archive: 1.4 kB of it can unpack to gigabytes, and one cell at ``AZ200000`` makes a parser
allocate every cell above it. So the archive's directory and every cell reference are read first, as a stream.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from geodata.errors import GeodataError

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 20
_EXACT_BELOW = 4 << 20
_REFERENCE = rb"""r\s*=\s*["']"""
_ANY_CELL = re.compile(_REFERENCE + rb"""([A-Z]{1,3})(\d{1,7})["'](?:[^>]*[^>/])?>""")
_LONG_NUMBER = re.compile(rb"v>\d(?:\d{15}|(?:\.\d+)?[Ee]\+?1[5-9])")
_DIMENSION = re.compile(rb"""<(?:\w+:)?dimension\s+ref\s*=\s*["'](?:[A-Z]{1,3}\d{1,7}:)?([A-Z]{1,3})(\d{1,7})["']""")


@dataclass(frozen=True, slots=True)
class TableLimits:
    """How large a table file may be. Bytes are bytes of the file, unpacked bytes those of a workbook's parts."""

    max_bytes: int = 100 * 1024 * 1024
    max_unpacked_bytes: int = 1024 * 1024 * 1024
    max_ratio: float = 100.0
    max_entries: int = 1_000
    max_rows: int = 2_000_000
    max_columns: int = 500
    max_cells: int = 60_000_000


class TableError(GeodataError):
    """Base of everything that keeps a table file from being read."""

    code = "table"
    message = "The table cannot be read."
    hint = "Open the file in a spreadsheet program, save it as .xlsx, and hand that in."


class TableTypeError(TableError):
    """The file is not what its name says, or no kind of table known here."""

    code = "table_type"
    message = "“{name}” is {found}, not a workbook (.xlsx, .xls) or a text table (.csv)."


class TableDamagedError(TableError):
    """The file is cut short or its inner structure is broken."""

    code = "table_damaged"
    message = "“{name}” is damaged and cannot be opened."
    hint = "Copy or download the file again; if it opens in a spreadsheet program, save it as .xlsx and hand that in."


class TableProtectedError(TableError):
    """The workbook asks for a password."""

    code = "table_protected"
    message = "“{name}” is protected by a password."
    hint = "Open it with its password, remove the protection, save it, and hand that in."


class TableEmptyError(TableError):
    """There is no row of data in the file."""

    code = "table_empty"
    message = "“{name}” holds no rows."
    hint = "Check that you chose the right file and that the rows are on a visible sheet below a row of headings."


class TableTooLargeError(TableError):
    """The file exceeds a limit; the sentence says which."""

    code = "table_too_large"
    message = "“{name}” is too large: {what} {value}, allowed {limit}."
    hint = "Split the file, or delete empty rows and columns far outside the table; the limits are settings."


class TableUnsafeError(TableError):
    """The archive holds what no register needs: paths outside itself, macros, archives in archives."""

    code = "table_unsafe"
    message = "“{name}” holds parts that are not accepted: {what}."
    hint = "Save it in a spreadsheet program as .xlsx without macros, and hand that in."


def check_size(name: str, size: int, limits: TableLimits) -> None:
    """Refuse an empty file and one above the limit."""
    if size == 0:
        raise TableEmptyError(name=name)
    if size > limits.max_bytes:
        raise TableTooLargeError(name=name, what="bytes", value=size, limit=limits.max_bytes)


def is_encrypted_ole(content: bytes) -> bool:
    """An encrypted workbook is an OLE container with a stream called ``EncryptedPackage``."""
    return "EncryptedPackage".encode("utf-16-le") in content


@dataclass(frozen=True, slots=True)
class Contents:
    """What a workbook that was found sound may hold: numbers of more than 15 digits; merged or hidden cells."""

    long_numbers: bool = False
    marks: bool = False


def check_workbook(name: str, content: bytes, limits: TableLimits) -> Contents:
    """Check an .xlsx archive: entries, unpacked size, ratio, paths, macros, and the extent of every sheet.

    Returns what is in it that needs a second look.
    """
    long_numbers = marks = False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_directory(name, archive, limits)
            budget = limits.max_unpacked_bytes
            for info in archive.infolist():
                if info.filename.lower().endswith(".xml"):
                    with archive.open(info) as part:
                        size, found = _check_part(name, part, info, limits, budget)
                    budget -= size
                    long_numbers |= found.long_numbers
                    marks |= found.marks
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise TableDamagedError(name=name) from error
    return Contents(long_numbers, marks)


def _check_directory(name: str, archive: zipfile.ZipFile, limits: TableLimits) -> None:
    entries = archive.infolist()
    if len(entries) > limits.max_entries:
        raise TableTooLargeError(name=name, what="parts", value=len(entries), limit=limits.max_entries)
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or not any(part.startswith("xl/") for part in names):
        raise TableTypeError(name=name, found="a zip archive")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.max_unpacked_bytes:
        raise TableTooLargeError(name=name, what="bytes unpacked", value=unpacked, limit=limits.max_unpacked_bytes)
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise TableProtectedError(name=name)
        if entry.file_size > _EXACT_BELOW and entry.file_size > limits.max_ratio * max(entry.compress_size, 1):
            ratio = entry.file_size // max(entry.compress_size, 1)
            raise TableTooLargeError(name=name, what="packing ratio", value=ratio, limit=int(limits.max_ratio))
        _check_path(name, entry.filename)
    if len(names) != len(entries):
        raise TableUnsafeError(name=name, what="two parts of one name")


def _check_path(name: str, path: str) -> None:
    parts = PurePosixPath(path.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in path:
        raise TableUnsafeError(name=name, what="a path that leads outside")
    low = path.lower()
    if low.endswith("vbaproject.bin"):
        raise TableUnsafeError(name=name, what="macros")
    if low.endswith((".zip", ".xlsx", ".xlsm", ".exe", ".dll", ".js")):
        raise TableUnsafeError(name=name, what="another file inside")


def column_number(letters: bytes) -> int:
    """The 1-based place of the column with these letters: A → 1, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def column_letters(index: int) -> str:
    """The letters a spreadsheet shows over the column with this 0-based index: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _beyond_pattern(columns: int, digits: int) -> re.Pattern[bytes]:
    """Find a reference to a column after ``columns`` (1-based) or to a row of more than ``digits`` digits."""
    last = column_letters(columns - 1).encode()
    longer = rb"[A-Z]{%d,}" % (len(last) + 1)
    after = [longer]
    for place, letter in enumerate(last):
        if letter < ord("Z"):
            rest = len(last) - place - 1
            after.append(last[:place] + rb"[%c-Z]" % (letter + 1) + rb"[A-Z]{%d}" % rest)
    columns_after = rb"(?:" + b"|".join(after) + rb")\d"
    return re.compile(_REFERENCE + rb"(?:" + columns_after + rb"|[A-Z]{1,3}\d{%d,})" % (digits + 1))


class _Extent:
    """The last column and row that hold a value, from the references in a sheet read piece by piece."""

    def __init__(self, head: bytes, size: int, limits: TableLimits) -> None:
        self.columns = 0
        self.rows = 0
        declared = _DIMENSION.search(head)
        self._beyond: re.Pattern[bytes] | None = None
        if declared and size > _EXACT_BELOW:
            # Where the declared extent fits, it is enough to know that nothing lies beyond it.
            columns, digits = column_number(declared.group(1)), len(declared.group(2))
            if columns * (10**digits - 1) <= limits.max_cells:
                self._beyond = _beyond_pattern(columns, digits)

    def take(self, window: bytes) -> None:
        """Look at one piece, which ends before an unfinished tag."""
        if self._beyond is None or self._beyond.search(window):
            for letters, row in _ANY_CELL.findall(window):
                self.columns = max(self.columns, column_number(letters))
                self.rows = max(self.rows, int(row))


def _chunks(part: IO[bytes]) -> Iterator[bytes]:
    """The pieces of a part; the next is unpacked, which needs no lock of the interpreter, while one is looked at."""
    chunk = part.read(_CHUNK)
    with ThreadPoolExecutor(1, thread_name_prefix="gridmap-unpack") as unpacker:
        while chunk:
            following = unpacker.submit(part.read, _CHUNK)
            yield chunk
            chunk = following.result()


def _check_part(
    name: str, part: IO[bytes], info: zipfile.ZipInfo, limits: TableLimits, budget: int
) -> tuple[int, Contents]:
    """Read one XML part as a stream; return its true size and what it holds."""
    extent: _Extent | None = None
    size, tail, long_numbers, marks = 0, b"", False, False
    for chunk in _chunks(part):
        if size == 0:
            if chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise TableDamagedError(name=name)
            strings = info.filename.lower().endswith("sharedstrings.xml") and b"sheetData" not in chunk
            extent = None if strings else _Extent(chunk, info.file_size, limits)
        size += len(chunk)
        if size > budget:
            raise TableTooLargeError(name=name, what="bytes unpacked", value=size, limit=limits.max_unpacked_bytes)
        window = tail + chunk
        if extent is not None:
            extent.take(window)
            long_numbers = long_numbers or _LONG_NUMBER.search(window) is not None
            marks = marks or b"mergeCell " in window or b" hidden=" in window
        tail = window[max(window.rfind(b"<"), 0) :]  # a tag is judged whole
        if len(tail) >= _CHUNK:
            raise TableDamagedError(name=name)
    if extent is not None and (extent.columns * extent.rows > limits.max_cells or extent.columns > limits.max_columns):
        cell = f"{column_letters(extent.columns - 1)}{extent.rows}"
        allowed = f"{limits.max_cells} cells, {limits.max_columns} columns"
        raise TableTooLargeError(name=name, what="the table reaches cell", value=cell, limit=allowed)
    return size, Contents(long_numbers, marks)
