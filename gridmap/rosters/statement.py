"""A reconciliation as a workbook: its lines, its parts, the changes of category."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import xlsxwriter

from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.codes.lists import code_list
from gridmap.i18n import Translator
from gridmap.indicators.reconciling import ELSEWHERE_WORD, LINES, Statement
from gridmap.indicators.transitions import CATEGORIES
from gridmap.indicators.tree import AreaTree
from gridmap.rosters.export import File, area_label
from gridmap.rosters.sheet import FORMATS, font_of
from gridmap.store.store import UnitOfWork

EXPORTED: Final = "reconciliation.export"
LINE_WORDS: Final = {
    "opening": "Opening",
    "births": "Births",
    "moves_in": "Moves in",
    "deaths": "Deaths",
    "moves_out": "Moves out",
    "corrections": "Corrections",
    "boundary_changes": "Boundary changes",
    "closing": "Closing",
}
"""What the lines are called: message ids."""

SIGNS: Final = {
    "opening": "", "births": "+", "moves_in": "+", "deaths": "−", "moves_out": "−", "corrections": "±",
    "boundary_changes": "±", "closing": "=",
}  # fmt: skip
_A4: Final = 9
_OFFICE: Final = timedelta(hours=8)
Cell = str | int | None


def category_label(word: str, words: Translator) -> str:
    """What a category of residents is called."""
    if word == ELSEWHERE_WORD:
        return words.gettext("not here")
    if word == "unknown":
        return words.gettext("category unknown")
    return code_list("presence").label(word, words.language)


def export_statement(unit: UnitOfWork, actor: Actor, found: Statement, tree: AreaTree, words: Translator) -> File:
    """Write a reconciliation as a workbook; the log says who took which.

    Raises:
        PermissionDeniedError, NotFoundError: the actor may not read figures of the area.
    """
    period = found.period
    require_area(unit, actor, Action.STATISTICS_READ, period.area_id)
    position = tree.positions[period.area_id]
    audit.record(
        unit, actor, EXPORTED, region=int(tree.region[position]),
        details={"area": str(period.area_id), "from": period.start, "to": period.end, "format": "xlsx"},
    )  # fmt: skip
    at, name = (unit.now + _OFFICE).strftime("%Y-%m-%d %H:%M"), actor.display_name or actor.username
    title = words.gettext("Reconciliation")
    lines = [
        f"{area_label(tree, period.area_id, words.language)}　{period.start} – {period.end}",
        division_said(found, words),
        words.text("Made {at} by {name}", at=at, name=name),
    ]
    content = _workbook(title, lines, tables(found, tree, words), words)
    name = f"{title}-{tree.codes[position]}-{period.start:%Y%m%d}-{period.end:%Y%m%d}.xlsx"
    return File(name, FORMATS["xlsx"], content, len(found.parts))


def division_said(found: Statement, words: Translator) -> str:
    """By which cells, and as known when."""
    by = words.gettext("By the cells of each day" if found.period.cells == "then" else "By the cells of the last day")
    if found.period.known_on is None:
        return by
    return words.text("{by}, beside what was known on {day}", by=by, day=found.period.known_on.isoformat())


def tables(found: Statement, tree: AreaTree, words: Translator) -> list[tuple[str, list[list[Cell]]]]:
    """The tables of a reconciliation, each with its head."""
    result = [(words.gettext("Reconciliation"), _line_table(found, words))]
    if found.parts:
        result.append((words.gettext("By area"), _part_table(found, tree, words)))
    result.append((words.gettext("Changes of category"), _change_table(found, words)))
    return result


def _line_table(found: Statement, words: Translator) -> list[list[Cell]]:
    head: list[Cell] = ["", "", words.gettext("Number of people")]
    if found.known is not None:
        head += [words.gettext("as known then"), words.gettext("restated by")]
    rows = [head]
    for line in LINES:
        now = getattr(found.lines, line)
        row: list[Cell] = [words.gettext(LINE_WORDS[line]), SIGNS[line], now]
        if found.known is not None:
            row += [getattr(found.known, line), now - getattr(found.known, line)]
        rows.append(row)
    return rows


def _part_table(found: Statement, tree: AreaTree, words: Translator) -> list[list[Cell]]:
    rows: list[list[Cell]] = [["", *(words.gettext(LINE_WORDS[line]) for line in LINES)]]
    for part in found.parts:
        label = area_label(tree, part.area_id, words.language) or words.gettext("in none of these")
        rows.append([label, *(getattr(part.lines, line) for line in LINES)])
    if found.between:
        rows.append([words.gettext("less moves between them"), *(-found.between.get(line, 0) for line in LINES)])
    rows.append([words.gettext("Together"), *(getattr(found.lines, line) for line in LINES)])
    return rows


def _change_table(found: Statement, words: Translator) -> list[list[Cell]]:
    rows: list[list[Cell]] = [["", *(category_label(word, words) for word in CATEGORIES), words.gettext("Opening")]]
    for before in CATEGORIES:
        counts = [found.changes.get((before, after), 0) for after in CATEGORIES]
        rows.append([category_label(before, words), *counts, None if before == ELSEWHERE_WORD else sum(counts)])
    closing = [sum(count for (_, now), count in found.changes.items() if now == after) for after in CATEGORIES[:-1]]
    rows.append([words.gettext("Closing"), *closing, None, None])
    return rows


def _workbook(
    title: str, lines: Sequence[str], sheets: Sequence[tuple[str, list[list[Cell]]]], words: Translator
) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    font = font_of(words.language)
    plain, head = book.add_format(font), book.add_format({**font, "bold": True, "bottom": 1, "bg_color": "#EEF1F4"})
    number = book.add_format({**font, "num_format": "#,##0"})
    strong = book.add_format({**font, "bold": True, "font_size": 16})
    for name, rows in sheets:
        page = book.add_worksheet(name[:31])
        page.write_string(0, 0, title if name == title else f"{title} · {name}", strong)
        for row, line in enumerate(lines, start=1):
            page.write_string(row, 0, line, plain)
        top = len(lines) + 2
        for row, cells in enumerate(rows, start=top):
            for column, cell in enumerate(cells):
                if isinstance(cell, int):
                    page.write_number(row, column, cell, number)
                elif cell:
                    page.write_string(row, column, cell, head if row == top else plain)
        page.set_column(0, 0, 26)
        page.set_column(1, max(len(row) for row in rows) - 1, 13)
        page.set_paper(_A4)
        page.set_landscape()
        page.fit_to_pages(1, 0)
    book.close()
    return buffer.getvalue()
