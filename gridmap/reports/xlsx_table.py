"""Tables on a sheet: two rows of headings where rates have three columns, formulas, and colours that follow values."""

from __future__ import annotations

from typing import Any

from xlsxwriter.format import Format as CellFormat
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from gridmap.reports import wording
from gridmap.reports.model import STATUSES, Cell, Column, Kind, Rate, RowStyle, Table
from gridmap.reports.palette import palette
from gridmap.reports.widths import MOST, wrapped_lines
from gridmap.reports.xlsx_sheet import COUNT_FORMAT, Sheet, percent_format

_LINE_PT, _ROOM_PT = 16, 5


def span(column: Column) -> int:
    """How many columns of a sheet a column takes: a rate has its two counts and the percentage."""
    return 3 if column.kind is Kind.RATE else 1


def width_of(table: Table) -> int:
    """How many columns of a sheet a table takes."""
    return sum(span(column) for column in table.columns)


def head_rows(table: Table) -> int:
    """One row of headings, two where rates are named above their columns."""
    return 2 if any(column.grouped for column in table.columns) else 1


def write_table(sheet: Sheet, table: Table, top: int) -> int:
    """Write head and rows of a table; the row after the last."""
    _headings(sheet, table, top)
    first = top + head_rows(table)
    for number, cells in enumerate(table.rows):
        at = sheet.left
        lines = 1
        for column, cell in zip(table.columns, cells, strict=True):
            _cell(sheet, (first + number, at), column, cell, (table.style(number), first))
            if isinstance(cell, str) and column.kind is Kind.TEXT:
                lines = max(lines, wrapped_lines(cell, MOST))
            at += span(column)
        sheet.page.set_row(first + number, _ROOM_PT + _LINE_PT * lines)
    if not table.rows:
        sheet.text(first, sheet.left, table.empty, font_color=palette()["paper"]["third"])
        return first + 1
    _conditions(sheet, table, first)
    return first + len(table.rows)


def _headings(sheet: Sheet, table: Table, top: int) -> None:
    paper = palette()["paper"]
    look = {
        "bold": True,
        "text_wrap": True,
        "bg_color": paper["head"],
        "border": 1,
        "border_color": paper["line"],
        "align": "center",
    }
    grouped = head_rows(table) == 2
    low = top + 1 if grouped else top
    at = sheet.left
    for column in table.columns:
        if column.kind is Kind.RATE:
            if column.grouped:
                title = f"{column.label}\n{column.threshold}" if column.threshold else column.label
                sheet.page.merge_range(top, at, top, at + 2, "", sheet.styles.get(**look))
                sheet.text(top, at, title, **look)
            for offset, label in enumerate((column.numerator, column.denominator, "%")):
                sheet.text(low, at + offset, label, **look)
                sheet.widths.fit(at + offset, label, most=11)
        else:
            if grouped:
                sheet.page.merge_range(top, at, low, at, "", sheet.styles.get(**look))
            sheet.text(top, at, column.label, **look)
            sheet.widths.fit(at, column.label, most=11)
        at += span(column)
    if grouped:
        sheet.page.set_row(top, 36)
    sheet.page.set_row(low, 22 if grouped else 30)


def _cell(sheet: Sheet, where: tuple[int, int], column: Column, cell: Cell, place: tuple[RowStyle, int]) -> None:
    """Write one value; ``place`` is what its row is, and the table's first row."""
    paper = palette()["paper"]
    look: dict[str, Any] = {"bottom": 1, "bottom_color": paper["line"]}
    if place[0] is RowStyle.TOTAL:
        look |= {"bold": True, "top": 1, "top_color": paper["ink"]}
    if place[0] is RowStyle.OWN:
        look |= {"font_color": paper["third"]}
    if column.kind is Kind.RATE:
        _rate(sheet, where, column, cell if isinstance(cell, Rate) else None, (look, place))
    elif column.kind in {Kind.COUNT, Kind.NUMBER} and not isinstance(cell, str | Rate):
        places = COUNT_FORMAT if column.decimals == 0 else f"{COUNT_FORMAT}.{'0' * column.decimals}"
        _number(sheet, where, cell, {**look, "num_format": places}, place)
    else:
        _text(sheet, where, column, str(cell or ""), look)


def _text(sheet: Sheet, where: tuple[int, int], column: Column, text: str, look: dict[str, Any]) -> None:
    if column.kind is Kind.STATUS:
        text = f"{wording.STATUS_SIGNS[text]} {wording.status(text, sheet.words)}" if text else ""
        look = {**look, "align": "center"}
    elif column.kind is Kind.TEXT:
        look = {**look, "text_wrap": True, "indent": 1}
    sheet.text(*where, text, **look)
    sheet.widths.fit(where[1], text)


def _number(
    sheet: Sheet, where: tuple[int, int], cell: float | None, look: dict[str, Any], place: tuple[RowStyle, int]
) -> None:
    row, at = where
    style = sheet.styles.get(**look)
    if cell is None:
        sheet.page.write_blank(row, at, None, style)
        return
    if place[0] is RowStyle.TOTAL and isinstance(cell, int):
        sheet.page.write_formula(row, at, f"=SUM({xl_range(place[1], at, row - 1, at)})", style, cell)
    else:
        sheet.page.write_number(row, at, cell, style)
    sheet.widths.fit(at, f"{cell:,}")


def _rate(
    sheet: Sheet,
    where: tuple[int, int],
    column: Column,
    rate: Rate | None,
    style: tuple[dict[str, Any], tuple[RowStyle, int]],
) -> None:
    row, at = where
    look, place = style
    counts = (None, None) if rate is None else (rate.numerator, rate.denominator)
    for offset, count in enumerate(counts):
        _number(sheet, (row, at + offset), count, {**look, "num_format": COUNT_FORMAT}, place)
    share = None if rate is None else rate.value
    percent = sheet.styles.get(**look, num_format=percent_format(share, column.limits))
    if rate is None or rate.denominator is None:
        sheet.page.write_blank(row, at + 2, None, percent)
        return
    n, whole = xl_rowcol_to_cell(row, at), xl_rowcol_to_cell(row, at + 1)
    cached = "" if share is None else share
    sheet.page.write_formula(row, at + 2, f'=IF({whole}=0,"",{n}/{whole})', percent, cached)
    sheet.widths.least(at + 2, 8.5)


def _conditions(sheet: Sheet, table: Table, first: int) -> None:
    """Colours that follow the values: a state by its word, a rate by its limits. No rule judges a line of its own."""
    at = sheet.left
    for column in table.columns:
        for start, end in _judged_rows(table):
            rows = (first + start, first + end)
            if column.kind is Kind.STATUS:
                _status_colours(sheet, (rows[0], at, rows[1], at))
            elif column.kind is Kind.RATE and column.limits is not None:
                _rate_colours(sheet, (rows[0], at + 2, rows[1], at + 2), column)
        at += span(column)


def _judged_rows(table: Table) -> list[tuple[int, int]]:
    """Runs of rows that are areas or their sum, first and last of each."""
    runs: list[tuple[int, int]] = []
    for number in range(len(table.rows)):
        if table.style(number) is RowStyle.OWN:
            continue
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _colour(sheet: Sheet, status: str) -> CellFormat:
    look = palette()["status"][status]
    return sheet.styles.get(bg_color=look["fill"], font_color=look["ink"])


def _status_colours(sheet: Sheet, cells: tuple[int, int, int, int]) -> None:
    for word in STATUSES:
        wanted = {"type": "text", "criteria": "begins with", "value": wording.STATUS_SIGNS[word]}
        sheet.page.conditional_format(*cells, {**wanted, "format": _colour(sheet, word)})


def _rate_colours(sheet: Sheet, cells: tuple[int, int, int, int], column: Column) -> None:
    limits = column.limits
    if limits is None:
        return
    value, whole = (xl_rowcol_to_cell(cells[0], cells[1] - back) for back in (0, 1))
    beyond = "<" if limits.direction == "up" else ">"
    for word, limit in (("fails", limits.fails), ("at_risk", limits.meets)):
        rule = f"=AND(ISNUMBER({value}),{whole}>={limits.minimum},{value}{beyond}{limit!r})"
        options = {"type": "formula", "criteria": rule, "format": _colour(sheet, word), "stop_if_true": True}
        sheet.page.conditional_format(*cells, options)
