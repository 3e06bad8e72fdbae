"""A list as a file: a workbook or a text table. Nothing in a cell can become a formula, and no digit gets lost."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import xlsxwriter

FORMATS: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
Cell = str | int | date | None
_FORMULA: Final = re.compile(r"^[\s\x00]*[=+\-@＝＋－＠\t\r\n]")
_LONG_NUMBER: Final = re.compile(r"^[0-9]{12,}$|^0[0-9]+$")
_A4: Final = 9
_FONT: Final = {"zh-CN": "微软雅黑", "en": "Calibri"}


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a list: its title, lines that say of what and when it is and who made it, and the columns
    with their widths in characters."""

    title: str
    lines: tuple[str, ...]
    columns: tuple[tuple[str, int], ...]
    language: str


def write_sheet(kind: str, heading: Heading, rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a list; ``kind`` is one of `FORMATS`. Rows are taken one at a time. KeyError for another kind."""
    return {"xlsx": _workbook, "csv": _table}[kind](heading, rows)


def guarded(text: str) -> str:
    """A text for a text table: what a spreadsheet would take for a formula, or cut to fifteen digits, is marked as
    text by an apostrophe.

    >>> guarded("=1+1"), guarded("460108199001011234"), guarded("王*")
    ("'=1+1", "'460108199001011234", '王*')
    """
    return f"'{text}" if _FORMULA.match(text) or _LONG_NUMBER.match(text) else text


def font_of(language: str) -> dict[str, object]:
    """The looks of every cell of a workbook in a language."""
    return {"font_name": _FONT.get(language, "Calibri"), "font_size": 10, "valign": "vcenter"}


def _table(heading: Heading, rows: Iterable[Sequence[Cell]]) -> bytes:
    """Comma-separated, UTF-8 with a mark, so that spreadsheets recognise Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for line in (heading.title, *heading.lines):
        writer.writerow([guarded(line)])
    writer.writerow([guarded(name) for name, _ in heading.columns])
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    return cell if isinstance(cell, int) else guarded(cell)


def _workbook(heading: Heading, rows: Iterable[Sequence[Cell]]) -> bytes:
    """An Office Open XML workbook; made in memory, for personal data must not lie about in temporary files."""
    buffer = io.BytesIO()
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(buffer, safe)
    font = font_of(heading.language)
    plain, dated = book.add_format(font), book.add_format({**font, "num_format": "yyyy-mm-dd", "align": "left"})
    head = book.add_format({**font, "bold": True, "bottom": 1, "bg_color": "#EEF1F4"})
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", "_", heading.title)[:31])
    page.write_string(0, 0, heading.title, book.add_format({**font, "bold": True, "font_size": 16}))
    for row, line in enumerate(heading.lines, start=1):
        page.write_string(row, 0, line, book.add_format({**font, "font_color": "#59636E"}))
    top = len(heading.lines) + 2
    for column, (name, width) in enumerate(heading.columns):
        page.set_column(column, column, width)
        page.write_string(top, column, name, head)
    last = top
    for last, cells in enumerate(rows, start=top + 1):
        for column, cell in enumerate(cells):
            if isinstance(cell, date):
                page.write_datetime(last, column, cell, dated)
            elif isinstance(cell, int):
                page.write_number(last, column, cell, plain)
            elif cell:
                page.write_string(last, column, cell, plain)
    page.freeze_panes(top + 1, 0)
    page.autofilter(top, 0, max(last, top + 1), len(heading.columns) - 1)
    page.repeat_rows(top)
    page.set_paper(_A4)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_footer("&R&9&P / &N")
    book.close()
    return buffer.getvalue()
