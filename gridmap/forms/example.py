"""Forms to begin with: a table of figures with placeholders, and a roster with nothing but headings."""

from __future__ import annotations

import io
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

import xlsxwriter

FIGURES, ROSTER = "figures", "roster"
EXAMPLES: Final = (FIGURES, ROSTER)

_ROWS: Final = 12
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""What the file says of its making: the same words are the same file."""
_WIDTHS: Final = (6, 20, 11, 9, 9, 12, 9, 9, 9, 11, 12)
_ROSTER_WIDTHS: Final = (6, 12, 6, 6, 22, 13, 13, 16, 30, 12)
_SUMMED: Final = "CDEFGHI"


@dataclass(frozen=True, slots=True)
class Example:
    """A form as a file."""

    file_name: str
    content: bytes


def example(kind: str, language: str) -> Example:
    """An example form in a language. KeyError for a kind that is not among :data:`EXAMPLES`."""
    words = _words()[language][kind]
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": _MADE})
    (_figures if kind == FIGURES else _roster)(book, words)
    book.close()
    return Example(f"{words['file']}.xlsx", target.getvalue())


@cache
def _words() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(files("gridmap.forms").joinpath("example.toml").read_text("utf-8"))


_FONT: Final = {"font_name": "SimSun", "font_size": 11, "valign": "vcenter"}


def _formats(book: Any) -> dict[str, Any]:
    boxed = {**_FONT, "border": 1, "align": "center", "text_wrap": True}
    number = {**boxed, "align": "right", "num_format": "#,##0"}
    return {
        "title": book.add_format({**_FONT, "font_size": 18, "bold": True, "align": "center"}),
        "plain": book.add_format(_FONT),
        "head": book.add_format({**boxed, "bold": True, "bg_color": "#DDE7F0"}),
        "text": book.add_format({**boxed, "align": "left"}),
        "center": book.add_format(boxed),
        "number": book.add_format(number),
        "share": book.add_format({**number, "num_format": "0.0%"}),
        "total": book.add_format({**number, "bold": True, "top": 2}),
        "total_head": book.add_format({**boxed, "bold": True, "top": 2}),
    }


def _figures(book: Any, words: dict[str, Any]) -> None:
    sheet, formats = book.add_worksheet(words["sheet"]), _formats(book)
    last = len(_WIDTHS) - 1
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.merge_range(0, 0, 0, last, words["title"], formats["title"])
    sheet.merge_range(1, 0, 1, last, words["subtitle"], formats["plain"])
    sheet.set_row(0, 34)
    for column, (head, below) in enumerate(zip(words["head"], words["below"], strict=True)):
        if not below:
            sheet.merge_range(2, column, 3, column, head, formats["head"])
        else:
            sheet.write(3, column, below, formats["head"])
    for first, end in ((3, 5), (7, 8), (9, 10)):
        sheet.merge_range(2, first, 2, end, words["head"][first], formats["head"])
    styles = ["center", "text", *["number"] * 7, "share", "share"]
    for column, (text, style) in enumerate(zip(words["row"], styles, strict=True)):
        sheet.write(4, column, text, formats[style])
    sheet.merge_range(5, 0, 5, 1, words["total"], formats["total_head"])
    for letter in _SUMMED:
        sheet.write_formula(f"{letter}6", f"=SUM({letter}5:{letter}5)", formats["total"])
    sheet.write(5, 9, "", formats["total"])
    sheet.write(5, 10, "", formats["total"])
    sheet.merge_range(6, 0, 6, 1, words["checked"], formats["center"])
    sheet.merge_range(6, 2, 6, 8, words["check"], formats["text"])
    sheet.write(6, 9, words["whole"], formats["number"])
    sheet.write_formula("K7", "=C6-J7", formats["number"])
    sheet.merge_range(7, 0, 7, last, words["note"], formats["plain"])
    sheet.merge_range(8, 0, 8, last, words["foot"], formats["plain"])
    sheet.conditional_format("J5:J5", {"type": "data_bar", "bar_color": "#9DB8D2"})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2, 3)
    sheet.print_area(0, 0, 8, last)
    sheet.set_header(f"&R{words['header']}")
    sheet.set_footer(f"&C{words['footer']}")


def _roster(book: Any, words: dict[str, Any]) -> None:
    sheet, formats = book.add_worksheet(words["sheet"]), _formats(book)
    last = len(_ROSTER_WIDTHS) - 1
    for column, width in enumerate(_ROSTER_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.merge_range(0, 0, 0, last, words["title"], formats["title"])
    sheet.merge_range(1, 0, 1, last, words["subtitle"], formats["plain"])
    sheet.set_row(0, 34)
    for column, head in enumerate(words["head"]):
        sheet.write(2, column, head, formats["head"])
        for row in range(3, 3 + _ROWS):
            sheet.write(row, column, "", formats["center"])
    sheet.merge_range(3 + _ROWS, 0, 3 + _ROWS, last, words["foot"], formats["plain"])
    sheet.freeze_panes(3, 0)
    sheet.autofilter(2, 0, 2 + _ROWS, last)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2)
