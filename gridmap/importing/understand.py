"""Understand a file before anything is done with it: sheets, heading rows, columns, and which rows are residents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from geodata.readers.table import Sheet, SheetTable, lay_out, read_sheets, with_rows
from geodata.readers.table_guard import TableLimits
from geodata.readers.table_layout import HEADER, TITLE
from gridmap.errors import GridmapError
from gridmap.importing.check import pick_columns
from gridmap.importing.choices import Choices, SheetChoice
from gridmap.importing.headings import Column, ColumnStatus, is_known_heading, join_headings
from gridmap.importing.layout import Layout, find_layout
from gridmap.importing.rowkinds import NOTE, kinds_of, other_headings

_PERSON_FIELDS = frozenset({"name", "id_number"})
_DAY = re.compile(r"(20[0-9]{2})\s*[年./-]\s*([0-9]{1,2})\s*[月./-]\s*([0-9]{1,2})\s*日?")
_MOST_SHOWN: Final = 200
_NAME_LENGTH: Final = 24


class SheetUnknownError(GridmapError):
    """The named sheet is not in the workbook."""

    code = "sheet_unknown"
    message = "{name} has no sheet called {sheet}; it has: {sheets}."
    hint = "Choose one of these sheets."


class NotARegisterError(GridmapError):
    """No sheet has a column of persons."""

    code = "not_a_register"
    message = "{name} has no column with a name or an identity number. Found headings: {found}."
    hint = "Name the columns in one row, for example: 姓名, 身份证号, 性别, 与户主关系, 现住址."


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is no resident: its number, what it is (see `rowkinds.KINDS`) and what stands in it."""

    row: int
    kind: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UnderstoodSheet:
    """A sheet as it was understood.

    ``is_register``: it has a column of persons. ``used``: it will be imported. ``rows``: rows of residents; with
    ``skipped`` (how many of each kind) they are all rows of the sheet. ``shown``: the skipped rows that hold text, the
    first two hundred. ``dates``: days that titles and notes name, with the number of the row. ``layout``: the
    remembered layout that was applied. ``header_choices``: the texts of the first rows, to choose the headings from.
    """

    name: str
    header_rows: tuple[int, ...]
    columns: tuple[Column, ...]
    rows: int
    blank_rows: int
    hidden: bool
    is_register: bool
    used: bool = True
    skipped: Mapping[str, int] = field(default_factory=dict)
    shown: tuple[SkippedRow, ...] = ()
    dates: tuple[tuple[int, date], ...] = ()
    hidden_rows: int = 0
    hidden_columns: tuple[str, ...] = ()
    layout: Layout | None = None
    header_choices: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @property
    def all_rows(self) -> int:
        """Every row up to the last that is filled."""
        return self.rows + sum(self.skipped.values())


@dataclass(frozen=True, slots=True)
class Understood:
    """A file as it was understood; ``tables`` are its sheets as read, without the rows that are no residents.
    ``choices`` are the decisions it was read by, those of remembered layouts included."""

    file_name: str
    sheets: tuple[UnderstoodSheet, ...]
    tables: tuple[SheetTable, ...] = field(repr=False, default=())
    choices: Choices = field(default_factory=dict)

    def registers(self, sheet: str | None = None) -> list[SheetTable]:
        """The sheets to import: those with persons, or the named one.

        Raises `SheetUnknownError`, `NotARegisterError`.
        """
        names = [found.name for found in self.sheets]
        if sheet is not None and sheet not in names:
            raise SheetUnknownError(name=self.file_name, sheet=sheet, sheets=", ".join(names))
        wanted = [
            table
            for table, found in zip(self.tables, self.sheets, strict=True)
            if found.is_register and (found.used if sheet is None else found.name == sheet)
        ]
        if not wanted:
            found_headings = [c.heading for s in self.sheets for c in s.columns if c.heading][:20]
            raise NotARegisterError(name=self.file_name, found=", ".join(found_headings) or "-")
        return wanted


def understand(
    path: Path,
    *,
    limits: TableLimits | None = None,
    name: str | None = None,
    choices: Choices | None = None,
    layouts: Sequence[Layout] = (),
) -> Understood:
    """Read a file and say what its sheets, rows and columns mean. Nothing is checked or stored.

    ``choices`` is what somebody decided; where nothing is decided about a sheet, the remembered layout with the same
    headings is applied.

    Raises a `TableError` where the file cannot be read.
    """
    decided = dict(choices or {})
    read: list[tuple[SheetTable, Layout | None]] = []
    for sheet in read_sheets(path, limits=limits, name=name):
        layout = find_layout(sheet, layouts)
        if layout is not None:
            decided[sheet.name] = decided.get(sheet.name, SheetChoice()).over(layout.choice(sheet))
        tables = _split(_lay_out(sheet, decided.get(sheet.name)), decided)
        read.extend((table, layout if table.name == sheet.name else None) for table in tables)
    with_rows(name or path.name, [table for table, _ in read], limits)
    pairs = [_understand(table, decided.get(table.name, SheetChoice()), layout) for table, layout in read]
    pairs = [(sheet, table) for sheet, table in pairs if sheet.all_rows]
    return Understood(
        name or path.name, tuple(sheet for sheet, _ in pairs), tuple(table for _, table in pairs), decided
    )


def _lay_out(sheet: Sheet, choice: SheetChoice | None) -> SheetTable:
    return lay_out(sheet, is_known_heading, join_headings, choice.header_rows if choice else None)


def _split(table: SheetTable, decided: Choices) -> list[SheetTable]:
    """A sheet with several tables one below another, each under headings of its own, as several sheets."""
    parts: list[SheetTable] = []
    base = table.name
    while True:
        keep = decided.get(table.name, SheetChoice()).data_rows
        place = other_headings(table)
        if place is None or int(table.row_numbers[place]) in keep or not table.header_rows:
            return [*parts, table]
        number = int(table.row_numbers[place])
        above, below = table.split(place)
        parts.append(above)
        table = replace(below, name=f"{base[:_NAME_LENGTH]} ({number})")


def _understand(table: SheetTable, choice: SheetChoice, layout: Layout | None) -> tuple[UnderstoodSheet, SheetTable]:
    _, columns = pick_columns(table, choice.columns)
    is_register = _has_persons(columns)
    kinds = kinds_of(table, columns, choice.data_rows) if is_register else pl.Series([None] * table.rows.height)
    kinds = kinds.cast(pl.String)
    titles = [
        SkippedRow(row, kind, _text(table.top[row - 1] if row <= len(table.top) else ()))
        for row, kind in table.skipped.filter(pl.col("kind").is_in([TITLE, HEADER])).rows()
    ]
    odd = kinds.is_not_null()
    others = [
        SkippedRow(number, kind, _text(cells))
        for number, kind, cells in zip(
            table.row_numbers[odd.to_numpy()].tolist()[:_MOST_SHOWN],
            kinds.filter(odd).to_list(),
            table.rows.filter(odd).head(_MOST_SHOWN).rows(),
            strict=False,
        )
    ]
    data = table.skip(kinds)
    # A column that only such rows fill fills nothing.
    _, columns = pick_columns(data, choice.columns)
    shown = tuple(row for row in (*titles, *others) if row.text)[:_MOST_SHOWN]
    sheet = UnderstoodSheet(
        name=data.name,
        header_rows=data.header_rows,
        columns=tuple(columns),
        rows=data.rows.height,
        blank_rows=data.blank_rows,
        hidden=data.hidden,
        is_register=is_register,
        used=is_register and data.rows.height > 0 and (not data.hidden if choice.use is None else choice.use),
        skipped=Counter(data.skipped["kind"].to_list()),
        shown=shown,
        dates=_dates(shown),
        hidden_rows=sum(1 for row in data.row_numbers.tolist() if row in data.hidden_rows) if data.hidden_rows else 0,
        hidden_columns=tuple(c.letters for c in columns if c.letters in data.hidden_columns),
        layout=layout,
        header_choices=data.top,
    )
    return sheet, data


def _text(cells: Sequence[str | None]) -> str:
    return "  ".join(" ".join(text.split()) for text in dict.fromkeys(cells) if text and text.strip())


def _dates(rows: Sequence[SkippedRow]) -> tuple[tuple[int, date], ...]:
    """The days that titles and notes name."""
    found: list[tuple[int, date]] = []
    for row in rows:
        for year, month, day in _DAY.findall(row.text) if row.kind in {TITLE, NOTE} else ():
            try:
                found.append((row.row, date(int(year), int(month), int(day))))
            except ValueError:
                continue
    return tuple(dict.fromkeys(found))


def _has_persons(columns: Collection[Column]) -> bool:
    return any(column.field in _PERSON_FIELDS and column.status is ColumnStatus.MAPPED for column in columns)
