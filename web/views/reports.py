"""Reports to choose from, and one of them before it is downloaded."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from gridmap.i18n import Translator
from gridmap.reports.model import Figure, Rate, Report
from gridmap.reports.wording import number, percent, shown
from web.views.lists import Option

PERIODS: Final = {
    "month": ("Month", 1, 13),
    "quarter": ("Quarter", 3, 8),
    "half": ("Half-year", 6, 4),
    "year": ("Year", 12, 3),
}
"""Periods: message id, months, and how many past ones are offered."""

MOST_ROWS: Final = 200
"""Rows of a table in the preview; the file has all."""


@dataclass(frozen=True, slots=True)
class ReportChoice:
    """A report that can be made."""

    code: str
    name: str
    formats: list[str]
    personal: bool


@dataclass(frozen=True, slots=True)
class PreviewFigure:
    """A key figure as text."""

    label: str
    value: str
    note: str | None


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """A column's label and side."""

    label: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class PreviewTable:
    """A table as text."""

    title: str
    columns: list[PreviewColumn]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class ReportPreview:
    """A report as the page shows it."""

    title: str
    subtitle: str
    figures: list[PreviewFigure]
    tables: list[PreviewTable]
    notes: list[str]
    plan: object | None


def preview(report: Report, text: Translator) -> ReportPreview:
    """A report as text, tables cut to what a page can show."""
    return ReportPreview(
        title=report.title,
        subtitle=report.subtitle,
        figures=[PreviewFigure(f.label, figure_text(f.value, text), figure_note(f)) for f in report.figures],
        tables=[
            PreviewTable(
                title=table.title,
                columns=[PreviewColumn(column.label, column.numeric) for column in table.columns],
                rows=[
                    [shown(cell, column, text) for cell, column in zip(row, table.columns, strict=True)]
                    for row in table.rows[:MOST_ROWS]
                ],
            )
            for table in report.tables
        ],
        notes=[f"{note.heading}: {note.text}" if note.heading else note.text for note in report.notes],
        plan=None,
    )


def figure_text(value: float | Rate | None, text: Translator) -> str:
    """A key figure as text."""
    if isinstance(value, Rate):
        return percent(value.value, text)
    return number(value, 0 if value is None or float(value).is_integer() else 2)


def figure_note(figure: Figure) -> str | None:
    """What stands under a key figure: the parts of a rate, and what the report says of it."""
    value = figure.value
    parts = []
    if isinstance(value, Rate) and value.denominator is not None:
        parts.append(f"{number(value.numerator, 0)} / {number(value.denominator, 0)}")
    return " · ".join([*parts, *([figure.note] if figure.note else [])]) or None


def period_options(text: Translator) -> list[Option]:
    """Periods to choose from."""
    return [Option(code, text.gettext(words[0])) for code, words in PERIODS.items()]


def ending_options(period: str, today: date, text: Translator) -> list[Option]:
    """The last days of the periods that are over, the newest first, after today itself."""
    _, months, count = PERIODS[period]
    last = today.replace(day=1) - timedelta(days=1)
    while last.month % months:
        last = last.replace(day=1) - timedelta(days=1)
    ends = []
    for _ in range(count):
        ends.append(last)
        year, month = divmod(last.year * 12 + last.month - 1 - months, 12)
        last = date(year, month + 1, monthrange(year, month + 1)[1])
    today_label = text.text("today, {day}", day=today.isoformat())
    return [Option(today.isoformat(), today_label), *(Option(day.isoformat(), day.isoformat()) for day in ends)]
