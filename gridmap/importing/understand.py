"""Understand a file before anything is done with it: sheets, heading rows, columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geodata.readers.table import SheetTable, read_tables
from geodata.readers.table_guard import TableLimits
from gridmap.errors import GridmapError
from gridmap.importing.check import pick_columns
from gridmap.importing.headings import Column, ColumnStatus, is_known_heading

_PERSON_FIELDS = frozenset({"name", "id_number"})


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
class UnderstoodSheet:
    """A sheet as it was understood. ``is_register``: it has a column of persons and will be imported."""

    name: str
    header_rows: tuple[int, ...]
    columns: tuple[Column, ...]
    rows: int
    blank_rows: int
    hidden: bool
    is_register: bool


@dataclass(frozen=True, slots=True)
class Understood:
    """A file as it was understood; ``tables`` are its sheets as read."""

    file_name: str
    sheets: tuple[UnderstoodSheet, ...]
    tables: tuple[SheetTable, ...] = field(repr=False, default=())

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
            if found.is_register and (not found.hidden or found.name == sheet) and sheet in {None, found.name}
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
    chosen: Mapping[str, Mapping[str, str]] | None = None,
) -> Understood:
    """Read a file and say what its columns mean. Nothing is checked or stored. ``chosen`` is what somebody decided
    for columns, by sheet and letters.

    Raises a `TableError` where the file cannot be read.
    """
    tables = read_tables(path, limits=limits, known=is_known_heading, name=name)
    return Understood(
        name or path.name, tuple(_understand(table, (chosen or {}).get(table.name)) for table in tables), tuple(tables)
    )


def _understand(table: SheetTable, chosen: Mapping[str, str] | None) -> UnderstoodSheet:
    _, columns = pick_columns(table, chosen)
    return UnderstoodSheet(
        name=table.name,
        header_rows=table.header_rows,
        columns=tuple(columns),
        rows=table.rows.height,
        blank_rows=table.blank_rows,
        hidden=table.hidden,
        is_register=_has_persons(columns),
    )


def _has_persons(columns: Collection[Column]) -> bool:
    return any(column.field in _PERSON_FIELDS and column.status is ColumnStatus.MAPPED for column in columns)
