"""The sheet of a workbook and the looks of its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from xlsxwriter.format import Format as CellFormat
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from gridmap.i18n import Translator
from gridmap.reports import wording
from gridmap.reports.model import Limits, Report
from gridmap.reports.widths import Widths

COUNT_FORMAT: Final = "#,##0"
_FONT: Final = {"zh-CN": "微软雅黑", "en": "Calibri"}


class Styles:
    """Cell formats of one workbook, made once each."""

    def __init__(self, book: Workbook, language: str) -> None:
        self._book = book
        self._base = {"font_name": _FONT.get(language, "Calibri"), "font_size": 10, "valign": "vcenter"}
        self._made: dict[tuple[tuple[str, Any], ...], CellFormat] = {}

    def get(self, **properties: Any) -> CellFormat:
        """The format with some properties over the base."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({**self._base, **properties})
        return self._made[key]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet being filled, with what its cells need; tables begin in the column ``left``."""

    page: Worksheet
    styles: Styles
    report: Report
    words: Translator
    widths: Widths
    left: int = 0

    def text(self, row: int, column: int, value: str, **properties: Any) -> None:
        """Write a text as text, whatever it looks like."""
        self.page.write_string(row, column, value, self.styles.get(**properties))


def number_format(value: float | None) -> str:
    """Thousands apart, two decimals of a broken number."""
    return f"{COUNT_FORMAT}.00" if isinstance(value, float) else COUNT_FORMAT


def percent_format(share: float | None, limits: Limits | None = None) -> str:
    """A percentage with as many decimals as keep it on its side of the limits."""
    places = 1 if share is None else wording.decimals_of(share, limits)
    return f"0.{'0' * places}%"
