"""Tables of text and numbers – workbooks and CSV – as text exactly, with the row numbers a person sees.

Nothing is interpreted here: a cell is the text it shows, a whole number prints without ``.0``, a date prints as
ISO. Only where a value can have lost digits (a number of more than 15 digits) is it remembered that it was typed as a
number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import fastexcel
import numpy as np
import polars as pl

from geodata.errors import MissingFileError
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
from geodata.readers.table_merges import Merge, fill_merges, find_merges
from geodata.readers.table_text import decode_table, read_text

HEADER_SEARCH_ROWS = 30
_LOST_DIGITS = r"^[0-9]{16,}$|^[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]+$"

Known = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class SheetTable:
    """One sheet as text.

    ``rows`` has one String column a column of the sheet, named by its letters (``A``, ``B`` …); empty cells are
    null. ``row_numbers`` (int64, same length) are the numbers shown at the left of a spreadsheet. ``headings`` are
    the texts of the heading row(s), ``""`` where there is none. ``typed_numbers`` maps letters to a mask of the
    cells that hold more than 15 digits and were typed as a number, so that digits are lost.
    """

    name: str
    headings: tuple[str, ...]
    rows: pl.DataFrame
    row_numbers: np.ndarray
    header_rows: tuple[int, ...]
    blank_rows: int
    typed_numbers: dict[str, np.ndarray] = field(default_factory=dict)
    hidden: bool = False
    from_workbook: bool = False

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters over the columns."""
        return tuple(self.rows.columns)

    def __repr__(self) -> str:
        return f"SheetTable({self.name!r}, {self.rows.height} rows x {self.rows.width} columns)"


def read_tables(
    path: Path,
    *,
    limits: TableLimits | None = None,
    known: Known | None = None,
    name: str | None = None,
) -> list[SheetTable]:
    """Read every sheet of a workbook (.xlsx, .xls) or the one table of a text file (.csv, .txt, .tsv).

    ``known`` tells whether a text is a known heading; the heading row is the one with the most of them among the
    first rows, titles above it are skipped, and a second heading row under merged titles is joined to the first.
    Without it the first row with the most filled cells is taken. ``name`` is shown in errors instead of the path's.

    Raises `MissingFileError` where there is no file, and a `TableError` for a file that is empty, damaged, protected,
    of another kind, unsafe or above a limit.
    """
    limits = limits or TableLimits()
    shown = name or path.name
    if not path.is_file():
        raise MissingFileError(name=shown)
    check_size(shown, path.stat().st_size, limits)
    content = path.read_bytes()
    sheets = _read_cells(shown, content, limits)
    tables = [_to_table(sheet, known) for sheet in sheets if sheet.cells.height]
    rows = sum(table.rows.height for table in tables)
    if rows > limits.max_rows:
        raise TableTooLargeError(name=shown, what="rows", value=rows, limit=limits.max_rows)
    if rows == 0:
        raise TableEmptyError(name=shown)
    return [table for table in tables if table.rows.height]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Cells as text, the first row being row 1 of the sheet."""

    name: str
    cells: pl.DataFrame
    typed_numbers: dict[str, np.ndarray]
    hidden: bool = False
    from_workbook: bool = False
    merges: tuple[Merge, ...] = ()


def _read_cells(name: str, content: bytes, limits: TableLimits) -> list[_Sheet]:
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
    return [_Sheet(Path(name).stem, frame, {})]


def _read_workbook(name: str, content: bytes, contents: Contents) -> list[_Sheet]:
    try:
        workbook = fastexcel.read_excel(content)
        merges = find_merges(content) if contents.merges else {}
        return [
            _read_sheet(workbook, sheet, merges.get(sheet, []), long_numbers=contents.long_numbers)
            for sheet in workbook.sheet_names
        ]
    except fastexcel.FastExcelError as error:
        if "assword" in str(error) or "ncrypt" in str(error):
            raise TableProtectedError(name=name) from None
        if "Cannot detect file format" in str(error):
            raise TableTypeError(name=name, found="another kind of office file") from None
        raise TableDamagedError(name=name) from None
    except pl.exceptions.PolarsError:
        raise TableDamagedError(name=name) from None


def _read_sheet(workbook: fastexcel.ExcelReader, name: str, merges: list[Merge], *, long_numbers: bool) -> _Sheet:
    # skip_rows=0 keeps blank rows at the top, so that row numbers are those a person sees.
    sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    hidden = sheet.visible != "visible"
    if sheet.width == 0 or sheet.height == 0:
        return _Sheet(name, pl.DataFrame(), {}, hidden, from_workbook=True)
    places = [column.absolute_index for column in sheet.selected_columns]
    cells = sheet.to_polars()
    cells.columns = [column_letters(place) for place in places]
    cells = _tidy(cells)
    typed = _find_typed_numbers(workbook, name, cells, places) if long_numbers else {}
    return _Sheet(name, cells, typed, hidden, from_workbook=True, merges=tuple(merges))


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


def _to_table(sheet: _Sheet, known: Known | None) -> SheetTable:
    cells = sheet.cells
    head = [[text or "" for text in row] for row in cells.head(HEADER_SEARCH_ROWS).rows()]
    header = _find_header(head, known)
    headings = _join_headings([head[i] for i in header], known) if header else [""] * cells.width
    first = header[-1] + 1 if header else 0
    body = fill_merges(cells, sheet.merges, first + 1).slice(first)
    filled = body.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    # Rows after the last filled one are no rows: a spreadsheet reports them when they were once formatted.
    last = int(filled.arg_true().to_numpy().max()) + 1 if filled.any() else 0
    mask = filled.to_numpy()
    numbers = np.flatnonzero(mask) + first + 1
    return SheetTable(
        name=sheet.name,
        headings=tuple(headings),
        rows=body.filter(filled),
        row_numbers=numbers.astype(np.int64),
        header_rows=tuple(i + 1 for i in header),
        blank_rows=last - int(mask.sum()),
        typed_numbers={letter: flags[first:][mask] for letter, flags in sheet.typed_numbers.items()},
        hidden=sheet.hidden,
        from_workbook=sheet.from_workbook,
    )


def _find_header(head: list[list[str]], known: Known | None) -> list[int]:
    """Return the 0-based positions of the heading rows: one, or two under merged titles; none for an empty sheet."""
    if not head:
        return []
    if known is None:
        counts = [sum(1 for text in row if text) for row in head]
        return [counts.index(max(counts))]
    scores = [sum(1 for text in row if text and known(text)) for row in head]
    best = scores.index(max(scores))
    if scores[best] == 0:
        counts = [sum(1 for text in row if text) for row in head]
        return [counts.index(max(counts))]
    below = best + 1
    if below < len(head) and _is_second_header(head[best], head[below], known):
        return [best, below]
    if best > 0 and _is_second_header(head[best - 1], head[best], known) and scores[best - 1]:
        return [best - 1, best]
    return [best]


def _is_second_header(upper: list[str], lower: list[str], known: Known) -> bool:
    """Whether ``lower`` only fills what ``upper`` leaves open or titles, and every filled cell is a heading."""
    filled = [text for text in lower if text]
    if not filled or not all(known(text) for text in filled):
        return False
    return any(text and not up for up, text in zip(upper, lower, strict=True)) or len(filled) < len(lower)


def _join_headings(rows: list[list[str]], known: Known | None) -> list[str]:
    """One heading a column: the lower text where there is one, with its title where it alone is not known."""
    if len(rows) == 1:
        return [" ".join(text.split()) for text in rows[0]]
    joined, title = [], ""
    for upper, lower in zip(*rows, strict=True):
        title = upper or (title if lower else "")
        alone = lower or upper
        both = f"{title}{lower}" if lower and title != lower else alone
        joined.append(" ".join((both if known is not None and known(both) else alone).split()))
    return joined
