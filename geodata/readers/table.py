"""Tables of text and numbers – workbooks and CSV – as text exactly, with the row numbers a person sees.

Nothing is interpreted here: a cell is the text it shows, a whole number prints without ``.0``, a date prints as
ISO. Only where a value can have lost digits (a number of more than 15 digits) is it remembered that it was typed as a
number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import fastexcel
import numpy as np
import polars as pl

from geodata.errors import MissingFileError
from geodata.readers.table_biff import find_old_marks
from geodata.readers.table_guard import (
    OLE_MAGIC,
    ZIP_MAGIC,
    Contents,
    TableDamagedError,
    TableEmptyError,
    TableLimits,
    TableProtectedError,
    TableTooLargeError,
    TableTypeError,
    check_size,
    check_workbook,
    column_letters,
    is_encrypted_ole,
)
from geodata.readers.table_layout import Join, Known, Sheet, SheetTable, lay_out
from geodata.readers.table_marks import Marks, SheetMarks, find_marks
from geodata.readers.table_text import decode_table, read_text

_LOST_DIGITS = r"^[0-9]{16,}$|^[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]+$"

__all__ = ["Join", "Known", "Sheet", "SheetTable", "lay_out", "read_sheets", "read_tables", "with_rows"]


def read_tables(
    path: Path,
    *,
    limits: TableLimits | None = None,
    known: Known | None = None,
    join: Join | None = None,
    name: str | None = None,
    header_rows: Mapping[str, Sequence[int]] | None = None,
) -> list[SheetTable]:
    """Read every sheet of a workbook (.xlsx, .xls) or the one table of a text file (.csv, .txt, .tsv).

    ``known`` tells whether a text is a known heading; the heading row is the one with the most of them among the
    first rows, titles above it are skipped, and a second heading row under merged titles is joined to the first (by
    ``join``, which makes one heading of a title and the text below it). Without it the first row with the most filled
    cells is taken. ``header_rows`` are the rows (1-based) that somebody says hold the headings, by sheet; none is an
    answer too. ``name`` is shown in errors instead of the path's.

    Raises `MissingFileError` where there is no file, and a `TableError` for a file that is empty, damaged, protected,
    of another kind, unsafe or above a limit.
    """
    sheets = read_sheets(path, limits=limits, name=name)
    chosen = header_rows or {}
    tables = [lay_out(sheet, known, join, chosen.get(sheet.name)) for sheet in sheets]
    return with_rows(name or path.name, tables, limits)


def with_rows(name: str, tables: Sequence[SheetTable], limits: TableLimits | None = None) -> list[SheetTable]:
    """The tables that have rows; `TableEmptyError` where none has, `TableTooLargeError` where they have too many."""
    limits = limits or TableLimits()
    rows = sum(table.rows.height for table in tables)
    if rows > limits.max_rows:
        raise TableTooLargeError(name=name, what="rows", value=rows, limit=limits.max_rows)
    if rows == 0:
        raise TableEmptyError(name=name)
    return [table for table in tables if table.rows.height]


def read_sheets(path: Path, *, limits: TableLimits | None = None, name: str | None = None) -> list[Sheet]:
    """The cells of every sheet that is not empty, not yet laid out; errors as those of `read_tables`."""
    limits = limits or TableLimits()
    shown = name or path.name
    if not path.is_file():
        raise MissingFileError(name=shown)
    check_size(shown, path.stat().st_size, limits)
    sheets = [sheet for sheet in _read_cells(shown, path.read_bytes(), limits) if sheet.cells.height]
    if not sheets:
        raise TableEmptyError(name=shown)
    return sheets


def _read_cells(name: str, content: bytes, limits: TableLimits) -> list[Sheet]:
    if content.startswith(ZIP_MAGIC):
        return _read_workbook(name, content, check_workbook(name, content, limits))
    if content.startswith(OLE_MAGIC):
        if is_encrypted_ole(content):
            raise TableProtectedError(name=name)
        return _read_workbook(name, content, Contents(long_numbers=True))
    if content.startswith((b"PK\x05\x06", b"PK\x07\x08")):
        raise TableDamagedError(name=name)
    text = decode_table(name, content)
    frame = read_text(name, text, limits)
    return [Sheet(Path(name).stem, frame, {})]


def _read_workbook(name: str, content: bytes, contents: Contents) -> list[Sheet]:
    try:
        workbook = fastexcel.read_excel(content)
        old = content.startswith(OLE_MAGIC)
        marks = find_old_marks(content) if old else find_marks(content, in_sheets=contents.marks)
        return [
            _read_sheet(workbook, sheet, marks, long_numbers=contents.long_numbers) for sheet in workbook.sheet_names
        ]
    except fastexcel.FastExcelError as error:
        if "assword" in str(error) or "ncrypt" in str(error):
            raise TableProtectedError(name=name) from None
        if "Cannot detect file format" in str(error):
            raise TableTypeError(name=name, found="another kind of office file") from None
        raise TableDamagedError(name=name) from None
    except pl.exceptions.PolarsError:
        raise TableDamagedError(name=name) from None


def _read_sheet(workbook: fastexcel.ExcelReader, name: str, marks: Marks, *, long_numbers: bool) -> Sheet:
    # skip_rows=0 keeps blank rows at the top, so that row numbers are those a person sees.
    sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    hidden = sheet.visible != "visible"
    if sheet.width == 0 or sheet.height == 0:
        return Sheet(name, pl.DataFrame(), {}, hidden, from_workbook=True)
    places = [column.absolute_index for column in sheet.selected_columns]
    cells = sheet.to_polars()
    cells.columns = [column_letters(place) for place in places]
    cells = _tidy(cells)
    typed = _find_typed_numbers(workbook, name, cells, places) if long_numbers else {}
    return Sheet(
        name, cells, typed, hidden, from_workbook=True, from_1904=marks.from_1904,
        marks=marks.sheets.get(name, SheetMarks()),
    )  # fmt: skip


def _find_typed_numbers(
    workbook: fastexcel.ExcelReader, name: str, cells: pl.DataFrame, places: list[int]
) -> dict[str, np.ndarray]:
    """Mask, by column letters, the cells of more than 15 digits that are numbers and not text."""
    long = cells.select(pl.all().str.contains(_LOST_DIGITS).fill_null(value=False))
    columns = [place for place, column in zip(places, long.iter_columns(), strict=True) if column.any()]
    if not columns:
        return {}
    # Read as booleans, text becomes null and a number does not: the cheapest way to learn a cell's own type.
    flags = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="boolean", use_columns=columns).to_polars()
    typed = {
        column_letters(place): (flag.is_not_null() & long.get_column(column_letters(place))).to_numpy()
        for place, flag in zip(columns, flags.iter_columns(), strict=True)
    }
    return {letters: mask for letters, mask in typed.items() if mask.any()}


def _tidy(cells: pl.DataFrame) -> pl.DataFrame:
    """Blank text becomes null; a date without a time of day loses its midnight."""
    midnight = " 00:00:00"
    dated = [column.name for column in cells.iter_columns() if column.str.ends_with(midnight).any(ignore_nulls=True)]
    trimmed = cells.with_columns(pl.col(name).str.strip_suffix(midnight) for name in dated) if dated else cells
    return trimmed.with_columns(pl.when(pl.all().str.strip_chars() != "").then(pl.all()))
