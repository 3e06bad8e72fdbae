"""A reconciliation as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from gridmap.access.policy import Action, allows
from gridmap.areas.tree import AreaTree
from gridmap.i18n import Translator
from gridmap.indicators.flows import Reconciliation
from gridmap.indicators.reconciling import ELSEWHERE_WORD, LINES, RESTATED, Period, Statement
from gridmap.indicators.transitions import CATEGORIES
from gridmap.rosters.statement import LINE_WORDS, SIGNS, category_label
from web.frame import place_name
from web.security.visit import Visit

__all__ = ["LineRow", "StatementView", "category_label", "statement_view"]

_NET: Final = {"corrections", "boundary_changes"}
"""Lines that are signed themselves."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and, for those who may, the way to the people behind it."""

    count: int
    href: str | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line: its sign, what is known now, what was known, and the difference."""

    name: str
    label: str
    sign: str
    now: Figure
    known: int | None
    change: int | None


@dataclass(frozen=True, slots=True)
class PartRow:
    """One of the parts, or what moved between them (``kind`` ``between``), or the whole."""

    label: str
    kind: str
    href: str | None
    cells: list[Figure]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One row of the table of categories."""

    label: str
    cells: list[Figure]
    total: int | None


@dataclass(frozen=True, slots=True)
class StatementView:
    """Everything on the page."""

    start: date
    end: date
    known_on: date | None
    rows: list[LineRow]
    parts: list[PartRow]
    part_heads: list[str]
    changes: list[ChangeRow]
    change_heads: list[str]
    totals: list[int | None]
    late: Figure
    closes: bool


def statement_view(found: Statement, tree: AreaTree, visit: Visit) -> StatementView:
    """A reconciliation with the ways to the people behind its figures, for those who may list them."""
    text, period = visit.text, found.period
    may_list = allows(visit.actor, Action.PERSON_LIST)

    def figure(count: int, name: str, area: str = "") -> Figure:
        return Figure(count, _people_href(period, name, area) if may_list and count else None)

    heads = [text.gettext(LINE_WORDS[line]) for line in LINES]
    return StatementView(
        start=period.start,
        end=period.end,
        known_on=period.known_on,
        rows=[_line(line, found, figure(getattr(found.lines, line), line), text) for line in LINES],
        parts=_parts(found, tree, visit, may_list=may_list),
        part_heads=heads,
        changes=[
            ChangeRow(
                category_label(before, text),
                [figure(found.changes.get((before, after), 0), f"went_{before}.{after}") for after in CATEGORIES],
                None if before == ELSEWHERE_WORD else _sum(found, before=before),
            )
            for before in CATEGORIES
        ],
        change_heads=[category_label(after, text) for after in CATEGORIES],
        totals=[None if after == ELSEWHERE_WORD else _sum(found, after=after) for after in CATEGORIES],
        late=figure(found.late, RESTATED),
        closes=found.closes,
    )


def _line(line: str, found: Statement, now: Figure, text: Translator) -> LineRow:
    known = getattr(found.known, line) if found.known is not None else None
    sign = SIGNS[line]
    if line in _NET:
        sign = "−" if now.count < 0 else "+"
    change = None if known is None else now.count - known
    return LineRow(line, text.gettext(LINE_WORDS[line]), sign, now, known, change)


def _parts(found: Statement, tree: AreaTree, visit: Visit, *, may_list: bool) -> list[PartRow]:
    rows = []
    for part in found.parts:
        node = tree.get(part.area_id) if part.area_id is not None else None
        area = str(part.area_id) if part.area_id is not None else ""
        label = visit.text.gettext("in none of these") if node is None else place_name(tree, node, visit.lang)
        period = found.period
        href = _page_href(period, area) if area else None
        cells = [
            Figure(count, _people_href(period, line, area) if may_list and area and count else None)
            for line, count in _counts(part.lines)
        ]
        rows.append(PartRow(label, "part", href, cells))
    if found.between:
        cells = [Figure(-found.between.get(line, 0), None) for line in LINES]
        rows.append(PartRow(visit.text.gettext("less moves between them"), "between", None, cells))
    if rows:
        cells = [Figure(count, None) for _, count in _counts(found.lines)]
        rows.append(PartRow(visit.text.gettext("Together"), "total", None, cells))
    return rows


def _counts(lines: Reconciliation) -> list[tuple[str, int]]:
    return [(line, getattr(lines, line)) for line in LINES]


def _sum(found: Statement, *, before: str | None = None, after: str | None = None) -> int:
    return sum(count for (was, now), count in found.changes.items() if before in (None, was) and after in (None, now))


def _people_href(period: Period, figure: str, area: str) -> str:
    query = {
        "area": area or str(period.area_id), "list": figure, "as_of": period.end.isoformat(),
        "base": period.start.isoformat(), "cells": period.cells,
        "known": period.known_on.isoformat() if period.known_on else "",
    }  # fmt: skip
    return f"/residents?{urlencode({name: value for name, value in query.items() if value})}"


def _page_href(period: Period, area: str) -> str:
    query = {
        "area": area, "from": period.start.isoformat(), "to": period.end.isoformat(), "cells": period.cells,
        "known": period.known_on.isoformat() if period.known_on else "",
    }  # fmt: skip
    return f"/reconciliation?{urlencode({name: value for name, value in query.items() if value})}"
