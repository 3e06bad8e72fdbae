"""What a file was understood as: its sheets, headings, columns and the rows that are no residents; and what somebody
decides about them on the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from geodata.readers.table import SheetTable
from gridmap.i18n import Translator
from gridmap.importing.check import CODED_FIELDS
from gridmap.importing.choices import SheetChoice
from gridmap.importing.headings import Column, ColumnStatus, map_columns
from gridmap.importing.layouts import KnownLayout
from gridmap.importing.rowkinds import KINDS, NOTE, SECTION, SUBTOTAL
from gridmap.importing.understand import SkippedRow, Understood, UnderstoodSheet
from gridmap.residents.rules import mask_id, mask_name, mask_phone
from web.desk_jobs import ImportStateError, Job, State
from web.params import optional_day
from web.views.accounts import local
from web.views.imports import MASKS, field_label

SAMPLES: Final = 3
_CLIP: Final = 18
_TOP_ROWS: Final = 8
_TOP_COLUMNS: Final = 12
_TAKEABLE: Final = frozenset({SECTION, SUBTOTAL, NOTE})
_CODES: Final = frozenset(CODED_FIELDS)
"""Fields whose values are words of a list, such as 已婚: no names, whatever their length."""
_LONG_NUMBER: Final = re.compile(r"[0-9*Xx]{7,}")
_SHORT_NAME: Final = re.compile(r"^[\u3400-\u9fff·]{2,4}$")
_AFTER_COLON: Final = re.compile(r"(?<=[:：])[^:：]*")


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column, what it means and what stands in it (masked)."""

    letters: str
    heading: str
    field: str | None
    meaning: str | None
    status: str
    note: str | None
    hidden: bool
    samples: str


@dataclass(frozen=True, slots=True)
class SkippedView:
    """A row that is no resident; ``taken``: it may be imported nonetheless."""

    row: int
    label: str
    text: str
    takeable: bool


@dataclass(frozen=True, slots=True)
class SheetView:
    """A sheet on the page. ``parts``: how many rows of each kind; they add up to ``all_rows``."""

    key: int
    name: str
    used: bool
    is_register: bool
    hidden: bool
    header: str
    rows: int
    all_rows: int
    parts: list[dict[str, Any]]
    columns: list[ColumnView]
    skipped: list[SkippedView]
    skipped_total: int
    hidden_rows: int
    hidden_columns: int
    layout: str | None
    top: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class UnderstoodView:
    """All sheets; ``dates``: the days that titles and notes name; ``open``: it can still be changed."""

    sheets: list[SheetView]
    effective: date | None
    dates: list[dict[str, Any]]
    open: bool
    nothing: bool


@dataclass(frozen=True, slots=True)
class LayoutRow:
    """A remembered layout in its list."""

    id: str
    name: str
    headings: tuple[str, ...]
    created_by: str
    at: datetime


def layout_rows(layouts: Sequence[KnownLayout]) -> list[LayoutRow]:
    """The remembered layouts as the page lists them."""
    return [LayoutRow(str(one.id), one.name, one.headings, one.created_by, local(one.created_at)) for one in layouts]


def understood_view(job: Job, text: Translator) -> UnderstoodView | None:
    """What the file was understood as; None while or after it is read no more."""
    found = job.understood
    if found is None:
        return None
    sheets = [_sheet(key, sheet, table, text) for key, (sheet, table) in enumerate(_pairs(found))]
    dates = [
        {"sheet": sheet.name, "row": row, "day": day}
        for sheet in found.sheets
        for row, day in sheet.dates
        if day != job.order.effective
    ]
    return UnderstoodView(
        sheets, job.order.effective, dates, job.state in {State.UNDERSTOOD, State.CHECKED},
        not any(sheet.used for sheet in found.sheets),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided on the page. ``again``: the file has to be read again, for other rows are headings or
    residents now. ``remember``: sheets to remember under a name, as they are understood with the decision."""

    choices: dict[str, SheetChoice]
    effective: date | None
    again: bool
    remember: list[tuple[str, UnderstoodSheet, bool]] = field(default_factory=list)


def decision_of(form: Mapping[str, str], job: Job) -> Decision:
    """Read the form; what it does not mention stays as it was understood.

    Raises:
        ImportStateError: the file is not in hand any more.
        InvalidInputError: a date that is none.
    """
    if job.understood is None:
        raise ImportStateError
    if form.get("action") == "reset":
        return Decision({}, job.order.effective, again=True)
    choices, remember, again = dict(job.choices), [], form.get("action") == "read"
    for key, (sheet, table) in enumerate(_pairs(job.understood)):
        earlier = job.choices.get(sheet.name, SheetChoice())
        choice = _choice(form, f"sheet-{key}-", sheet)
        moved = choice.header_rows is not None or bool(choice.data_rows)
        again = again or moved
        if choice:
            choices[sheet.name] = choice.over(earlier)
        name = form.get(f"sheet-{key}-layout", "").strip()
        if name and not moved:
            columns = _columns_with(table, choices.get(sheet.name, earlier))
            chose = choices.get(sheet.name, earlier).header_rows is not None
            remember.append((name, replace(sheet, columns=columns), chose))
    # The date that a title names, taken over by a button of its own.
    taken = form.get("take_date", "")
    effective = optional_day(taken or form.get("effective", ""), "Effective date") or job.order.effective
    return Decision(choices, effective, again or bool(taken), remember)


def _choice(form: Mapping[str, str], prefix: str, sheet: UnderstoodSheet) -> SheetChoice:
    """What the form says otherwise than the sheet was understood."""
    use: bool | None = None
    if form.get(f"{prefix}shown"):
        wanted = form.get(f"{prefix}use") == "yes"
        use = wanted if wanted != sheet.used else None
    header = _header_rows(form.get(f"{prefix}header"))
    if header == sheet.header_rows:
        header = None
    columns = {}
    for column in sheet.columns:
        shown = (column.field or "") if column.status is ColumnStatus.MAPPED else ""
        wanted_field = form.get(f"{prefix}column-{column.letters}", shown)
        if wanted_field != shown:
            columns[column.letters] = wanted_field
    # Under other headings the columns are asked again.
    taken = frozenset(row.row for row in sheet.shown if form.get(f"{prefix}row-{row.row}") == "yes")
    return SheetChoice(use, header, {} if header is not None else columns, taken)


def _header_rows(text: str | None) -> tuple[int, ...] | None:
    """``3``, ``3-4``, ``3、4``; nothing at all says that there are no headings; None where the form does not ask."""
    if text is None:
        return None
    rows = sorted({int(number) for number in re.findall(r"[0-9]{1,3}", text)})
    return tuple(rows[:2]) if len(rows) < 3 else (rows[0], rows[-1])


def _columns_with(table: SheetTable, choice: SheetChoice) -> tuple[Column, ...]:
    filled = [bool(column.is_not_null().any()) for column in table.rows.iter_columns()]
    return tuple(map_columns(table.letters, table.headings, filled, choice.columns))


def _pairs(found: Understood) -> list[tuple[UnderstoodSheet, SheetTable]]:
    return list(zip(found.sheets, found.tables, strict=True))


def _sheet(key: int, sheet: UnderstoodSheet, table: SheetTable, text: Translator) -> SheetView:
    skipped = [_skipped(row, text) for row in sheet.shown]
    parts = [{"label": text.gettext("rows of residents" if sheet.is_register else "rows"), "count": sheet.rows}]
    parts += [
        {"label": text.gettext(KINDS[kind]), "count": sheet.skipped[kind]} for kind in KINDS if sheet.skipped.get(kind)
    ]
    return SheetView(
        key=key,
        name=sheet.name,
        used=sheet.used,
        is_register=sheet.is_register,
        hidden=sheet.hidden,
        header="-".join(str(row) for row in sheet.header_rows),
        rows=sheet.rows,
        all_rows=sheet.all_rows,
        parts=parts,
        columns=[_column(column, sheet, table, text) for column in sheet.columns],
        skipped=skipped,
        skipped_total=sum(count for kind, count in sheet.skipped.items() if kind != "blank"),
        hidden_rows=sheet.hidden_rows,
        hidden_columns=len(sheet.hidden_columns),
        layout=sheet.layout.name if sheet.layout else None,
        top=[] if sheet.is_register else _top(sheet),
    )


def _column(column: Column, sheet: UnderstoodSheet, table: SheetTable, text: Translator) -> ColumnView:
    mapped = column.status is ColumnStatus.MAPPED
    dropped = column.status is ColumnStatus.DROPPED
    return ColumnView(
        letters=column.letters,
        heading=column.heading or text.gettext("(no heading)"),
        field=column.field if mapped else None,
        meaning=field_label(column.field, text) if column.field and mapped else None,
        status="ignored" if column.status is ColumnStatus.REPEATED else column.status.value,
        note=text.gettext(column.reason) if column.reason else None,
        hidden=column.letters in sheet.hidden_columns,
        samples="" if dropped else _samples(table.rows.get_column(column.letters), column.field if mapped else None),
    )


def _samples(values: pl.Series, meaning: str | None) -> str:
    """Some values of a column, masked by what the column means, or by what a value looks like."""
    found = values.drop_nulls().head(200).unique(maintain_order=True).head(SAMPLES).to_list()
    mask = MASKS.get(meaning or "") or (mask_numbers if meaning in _CODES else mask_unknown)
    return " · ".join(_clip(mask(" ".join(text.split()))) for text in found)


def mask_unknown(text: str) -> str:
    """A value of which nobody knows what it is, masked by its shape: numbers, and what may be a name."""
    return mask_name(text) if _SHORT_NAME.match(text) else mask_numbers(text)


def mask_numbers(text: str) -> str:
    """A text with its long numbers masked."""
    return _LONG_NUMBER.sub(lambda found: (mask_id if len(found.group()) > 11 else mask_phone)(found.group()), text)


def _clip(text: str) -> str:
    return text if len(text) <= _CLIP else f"{text[:_CLIP]}…"


def _skipped(row: SkippedRow, text: Translator) -> SkippedView:
    shown = mask_numbers(row.text)
    if row.kind == NOTE:
        # Who filled the form in, and their telephone, stand behind a colon.
        shown = _AFTER_COLON.sub(lambda found: "…" if found.group().strip() else "", shown)
    return SkippedView(row.row, text.gettext(KINDS[row.kind]), shown[:80], row.kind in _TAKEABLE)


def _top(sheet: UnderstoodSheet) -> list[dict[str, Any]]:
    """The first rows of a sheet whose headings were not found, to choose from."""
    return [
        {"row": row, "cells": [_clip(mask_unknown(" ".join(cell.split()))) for cell in cells[:_TOP_COLUMNS]]}
        for row, cells in enumerate(sheet.header_choices[:_TOP_ROWS], start=1)
    ]
