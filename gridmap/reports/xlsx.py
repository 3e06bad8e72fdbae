"""The workbook of a report: an overview, one sheet a table, and the definitions.

Text cells are typed as text, so that nothing in a name can become a formula. The same report gives the same bytes.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC
from typing import Final

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook

from gridmap.reports import wording
from gridmap.reports.kinds import Format
from gridmap.reports.model import Figure, Kind, Rate, Report, RowStyle, Table
from gridmap.reports.palette import palette
from gridmap.reports.widths import Widths, wrapped_lines
from gridmap.reports.xlsx_sheet import COUNT_FORMAT, Sheet, Styles, number_format, percent_format
from gridmap.reports.xlsx_table import head_rows, width_of, write_table

A4: Final = 9
_SAFE: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_NAME_LIMIT: Final = 31
_FIRST_ROW: Final = 4
_BESIDE: Final = 5
"""The column in which the second summary begins."""


def write(report: Report) -> bytes:
    """A report as an Office Open XML workbook."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {**_SAFE, "in_memory": True})
    words = wording.words_of(report)
    book.set_properties(
        {
            "title": report.title,
            "subject": report.subtitle,
            "author": report.made_by,
            "keywords": f"gridmap {report.code} {report.area_code} {report.as_of.isoformat()}",
            "company": report.path[-1] if report.path else "",
            "comments": words.gettext(wording.INTERNAL) if report.internal else "",
            "created": report.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
        }
    )
    styles = Styles(book, report.language)
    overview = _sheet(book, styles, report, words.gettext("Overview"))
    _overview(overview)
    for table in report.tables:
        if not table.summary:
            _table_sheet(_sheet(book, styles, report, table.name), table)
    if report.notes:
        _notes(_sheet(book, styles, report, words.gettext("Notes")))
    overview.page.activate()
    book.close()
    return buffer.getvalue()


def _sheet(book: Workbook, styles: Styles, report: Report, name: str) -> Sheet:
    page = book.add_worksheet(_tab(name))
    words = wording.words_of(report)
    page.hide_gridlines(2)
    page.set_paper(A4)
    page.set_landscape()
    page.set_margins(left=0.5, right=0.5, top=0.75, bottom=0.65)
    page.fit_to_pages(1, 0)
    page.center_horizontally()
    mark = words.gettext(wording.INTERNAL) if report.internal else ""
    page.set_header(f"&L&9{_plain(report.title)}&R&9{_plain(mark)}")
    made = words.text(wording.MADE, at=report.made_at.strftime("%Y-%m-%d %H:%M"), name=_plain(report.made_by))
    page.set_footer(f"&L&9{made}&R&9&P / &N")
    return Sheet(page, styles, report, words, Widths())


def _plain(text: str) -> str:
    """A text for a page's head: an ampersand would begin a code, and the whole may not pass 255 characters."""
    return text.replace("&", "&&")[:110]


def _tab(name: str) -> str:
    """A text as the name of a sheet: some signs are not allowed there."""
    return "".join("_" if sign in r"[]:*?/\'" else sign for sign in name)[:_NAME_LIMIT]


# --- the head of a sheet ---------------------------------------------------------------------------------------------


def _head(sheet: Sheet, title: str) -> None:
    paper = palette()["paper"]
    sheet.page.set_row(0, 30)
    sheet.text(0, 0, title, bold=True, font_size=18, font_color=paper["ink"])
    sheet.text(1, 0, sheet.report.subtitle, font_color=paper["third"])
    if sheet.report.internal:
        sheet.text(2, 0, sheet.words.gettext(wording.INTERNAL), bold=True, font_color="#a2261d")


# --- the overview ----------------------------------------------------------------------------------------------------


def _overview(sheet: Sheet) -> None:
    _head(sheet, sheet.report.title)
    row = _FIRST_ROW
    for figure in sheet.report.figures:
        _figure(sheet, row, figure)
        row += 1
    row = _summaries(sheet, row + 1)
    for column, width in ((0, 26), (1, 14), (2, 13), (3, 13), (4, 4)):
        sheet.widths.least(column, width)
    sheet.widths.apply(sheet.page)
    sheet.page.print_area(0, 0, row, _BESIDE + 3)
    sheet.page.fit_to_pages(1, 1)


def _summaries(sheet: Sheet, row: int) -> int:
    """Summaries two abreast; the row after the last."""
    tables = [table for table in sheet.report.tables if table.summary]
    for first in range(0, len(tables), 2):
        ends = []
        for table, left in zip(tables[first : first + 2], (0, _BESIDE), strict=False):
            sheet.page.set_row(row, 26)
            sheet.text(row, left, table.title, bold=True, font_size=12)
            ends.append(write_table(replace(sheet, left=left), table, row + 1))
        row = max(ends) + 1
    return row


def _figure(sheet: Sheet, row: int, figure: Figure) -> None:
    paper = palette()["paper"]
    rule = {"bottom": 1, "bottom_color": paper["line"]}
    sheet.page.set_row(row, 27)
    sheet.text(row, 0, figure.label, font_color=paper["second"], **rule)
    ink = palette()["status"][figure.status]["ink"] if figure.status else paper["ink"]
    big = {"bold": True, "font_size": 16, "font_color": ink, "align": "right", **rule}
    counts = {"num_format": COUNT_FORMAT, "align": "right", "font_color": paper["second"], **rule}
    if isinstance(figure.value, Rate):
        rate = figure.value
        share = rate.value
        formula = f'=IF({xl_rowcol_to_cell(row, 3)}=0,"",{xl_rowcol_to_cell(row, 2)}/{xl_rowcol_to_cell(row, 3)})'
        places = percent_format(share, figure.limits)
        sheet.page.write_formula(
            row, 1, formula, sheet.styles.get(num_format=places, **big), "" if share is None else share
        )
        sheet.page.write_number(row, 2, rate.numerator, sheet.styles.get(**counts))
        sheet.page.write_number(row, 3, rate.denominator, sheet.styles.get(**counts))
    else:
        style = sheet.styles.get(num_format=number_format(figure.value), **big)
        if figure.value is None:
            sheet.page.write_string(row, 1, wording.NOTHING, style)
        else:
            sheet.page.write_number(row, 1, figure.value, style)
        for column in (2, 3):
            sheet.page.write_blank(row, column, None, sheet.styles.get(**rule))
    note = f"{wording.STATUS_SIGNS[figure.status]} {figure.note}" if figure.status else figure.note
    sheet.text(row, 4, note, font_color=paper["third"], indent=1, **rule)
    for column in range(_BESIDE, _BESIDE + 4):
        sheet.page.write_blank(row, column, None, sheet.styles.get(**rule))


def _table_sheet(sheet: Sheet, table: Table) -> None:
    _head(sheet, table.title)
    last = write_table(sheet, table, _FIRST_ROW) - 1
    sheet.widths.apply(sheet.page)
    low = _FIRST_ROW + head_rows(table) - 1
    frozen = sum(1 for column in table.columns[:2] if column.kind in {Kind.CODE, Kind.TEXT})
    sheet.page.freeze_panes(low + 1, frozen)
    sheet.page.repeat_rows(_FIRST_ROW, low)
    totals = sum(style is RowStyle.TOTAL for style in table.styles)
    if table.rows:
        sheet.page.autofilter(low, 0, last - totals, width_of(table) - 1)
    sheet.page.print_area(0, 0, last, width_of(table) - 1)


# --- definitions -----------------------------------------------------------------------------------------------------


def _notes(sheet: Sheet) -> None:
    paper = palette()["paper"]
    _head(sheet, sheet.words.gettext("Notes"))
    row = _FIRST_ROW
    for note in sheet.report.notes:
        rule = {"bottom": 1, "bottom_color": paper["line"], "valign": "top", "text_wrap": True}
        sheet.text(row, 0, note.heading, bold=True, **rule)
        sheet.text(row, 1, note.text, **rule)
        sheet.page.set_row(row, 6 + 16 * wrapped_lines(note.text, 100))
        row += 1
    sheet.page.set_column(0, 0, 26)
    sheet.page.set_column(1, 1, 100)
    sheet.page.print_area(0, 0, max(row - 1, 1), 1)


FORMAT = Format(
    "xlsx", "Workbook to go on counting with", ".xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write,
)  # fmt: skip
