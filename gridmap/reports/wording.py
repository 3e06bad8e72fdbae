"""Numbers, shares and states as they stand in a report, in the reader's language."""

from __future__ import annotations

from datetime import date
from typing import Final

from gridmap.i18n import Translator, translator
from gridmap.reports.model import Cell, Column, Kind, Limits, Rate, Report

NOTHING: Final = "–"

STATUS_WORDS: Final = {"meets": "Meets", "at_risk": "At risk", "fails": "Fails", "no_data": "Not enough data"}
STATUS_SIGNS: Final = {"meets": "✓", "at_risk": "▲", "fails": "✕", "no_data": "–"}
"""A sign besides colour and word; all are in the fonts of every office computer."""

LEVELS: Final = {
    "province": ("Province", "Provinces"),
    "city": ("City", "Cities"),
    "district": ("District", "Districts"),
    "street": ("Street", "Streets"),
    "community": ("Community", "Communities"),
    "cell": ("Cell", "Cells"),
    "micro_cell": ("Micro-cell", "Micro-cells"),
}
"""Levels of areas, one and many, as message ids."""

MADE: Final = "Made {at} by {name}"
INTERNAL: Final = "Internal · small numbers are not suppressed"


def words_of(report: Report) -> Translator:
    """The translator of a report's language."""
    return translator(report.language)


def decimals_of(share: float, limits: Limits | None = None) -> int:
    """How many decimals a percentage needs so that rounding does not carry it over a limit, or to 100 %."""
    marks = [1.0] if limits is None else [1.0, limits.meets, limits.fails]
    for decimals in (1, 2):
        places = decimals + 2
        if all((round(share, places) < mark) == (share < mark) for mark in marks):
            return decimals
    return 3


def percent(share: float | None, words: Translator, limits: Limits | None = None) -> str:
    """A share as a percentage: ``92.8 %`` in Chinese, ``92.8%`` in English."""
    if share is None:
        return NOTHING
    text = f"{share * 100:.{decimals_of(share, limits)}f}"
    return f"{text} %" if words.language.startswith("zh") else f"{text}%"


def number(value: float | None, decimals: int = 0) -> str:
    """A number with thousands apart; a dash for none."""
    return NOTHING if value is None else f"{value:,.{decimals}f}"


def part(rate: Rate) -> str:
    """``n/N``, or ``n`` of a plain count."""
    return number(rate.numerator) if rate.denominator is None else f"{rate.numerator:,}/{rate.denominator:,}"


def day(value: date) -> str:
    """A date, the same in both languages."""
    return value.isoformat()


def status(word: str | None, words: Translator) -> str:
    """The word of a status."""
    return words.gettext(STATUS_WORDS[word]) if word in STATUS_WORDS else ""


def shown(cell: Cell, column: Column, words: Translator) -> str:
    """A value of a table as one text: what a preview, a screen reader or a plain file shows."""
    if isinstance(cell, Rate):
        if cell.denominator is None:
            return part(cell)
        return f"{percent(cell.value, words, column.limits)} ({part(cell)})" if cell.denominator else NOTHING
    if cell is None:
        return "" if column.kind in {Kind.TEXT, Kind.CODE, Kind.STATUS} else NOTHING
    if column.kind is Kind.STATUS:
        return status(str(cell), words)
    if isinstance(cell, str):
        return cell
    return number(cell, column.decimals)
