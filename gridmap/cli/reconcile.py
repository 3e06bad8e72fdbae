"""``gridmap reconcile``: opening, what happened, and closing of an area between two dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.areas.service import find_area
from gridmap.cli.figures import save
from gridmap.cli.frame import FOUND_WRONG, As, Db, Json, _, emit, out, parse_day, say, words, working
from gridmap.compliance.service import make_figures
from gridmap.errors import InvalidInputError
from gridmap.indicators.cache import SnapshotCache
from gridmap.indicators.flows import Reconciliation
from gridmap.indicators.reconciling import Period, Reconciler, Statement
from gridmap.indicators.tree import AreaTree
from gridmap.rosters.export import area_label
from gridmap.rosters.statement import Cell, division_said, export_statement, tables

_WIDEST: Final = 400
"""Characters of a line: numbers are never cut, however narrow the screen is."""


class Cells(StrEnum):
    """By which cells people are counted."""

    THEN = "then"
    NOW = "now"


def reconcile(  # noqa: PLR0913, PLR0917 - options
    db: Db,
    area: Annotated[str, typer.Option("--area", help=_("The area: a code or a unique name path."), show_default=False)],
    from_: Annotated[
        str,
        typer.Option("--from", help=_("The day whose population is the opening, as 2025-12-31."), show_default=False),
    ],
    to: Annotated[
        str, typer.Option("--to", help=_("The day whose population is the closing, as 2026-03-31."), show_default=False)
    ],
    cells: Annotated[
        Cells, typer.Option("--cells", help=_("then: by the cells of each day; now: by those of the last day."))
    ] = Cells.THEN,
    known: Annotated[
        str | None,
        typer.Option("--known", help=_("Beside it, what was known at the end of this day."), show_default=False),
    ] = None,
    out_: Annotated[
        Path | None,
        typer.Option("--out", "-o", help=_("Write a workbook instead."), dir_okay=False, show_default=False),
    ] = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Reconcile an area: opening + births + in − deaths − out ± corrections ± boundary changes = closing.

    By area below, and by category. Ends with 1 where a sum does not agree.
    """
    start, end, known_on = parse_day(from_, "--from"), parse_day(to, "--to"), parse_day(known, "--known")
    if start is None or end is None:
        raise InvalidInputError(field="Period", reason="both days are needed")
    with working(db, as_) as work:
        reconciler = Reconciler(work.store, make_figures(SnapshotCache(work.store)))
        with work.store.read() as unit:
            node = find_area(unit, area)
            require_area(unit, work.actor, Action.STATISTICS_READ, node.id)
        found = reconciler.statement(Period(node.id, start, end, cells.value, known_on))
        tree = reconciler.figures.snapshot().areas
        if out_ is not None:
            with work.store.write() as unit:
                file = export_statement(unit, work.actor, found, tree, words())
            save(out_, file.content)
    if json_:
        emit(_machine(found, tree))
    elif out_ is not None:
        say("Wrote {file}: {title}.", file=out_, title=words().gettext("Reconciliation"))
    else:
        _show(found, tree)
    if not found.closes:
        say("The sums do not agree: ask the administrator to check the event dates.")
        raise typer.Exit(FOUND_WRONG)


def _machine(found: Statement, tree: AreaTree) -> dict[str, object]:
    def lines(one: Reconciliation) -> dict[str, object]:
        return {name: value for name, value in asdict(one).items() if name not in {"start", "end"}}

    period = found.period
    return {
        "area": tree.codes[tree.positions[period.area_id]],
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "cells": period.cells,
        "closes": found.closes,
        "lines": lines(found.lines),
        "parts": [
            {
                "area": tree.codes[tree.positions[part.area_id]] if part.area_id is not None else None,
                **lines(part.lines),
            }
            for part in found.parts
        ],
        "between": found.between,
        "categories": [
            {"before": before, "after": after, "persons": count} for (before, after), count in found.changes.items()
        ],
        "known_on": period.known_on.isoformat() if period.known_on else None,
        "known": lines(found.known) if found.known is not None else None,
        "late": found.late,
    }


def _show(found: Statement, tree: AreaTree) -> None:
    period, text = found.period, words()
    area = area_label(tree, period.area_id, text.language)
    out.print(f"{area}  {period.start} – {period.end}  {division_said(found, text)}", markup=False)
    for title, rows in tables(found, tree, text):
        out.print()
        out.print(title, style="bold", markup=False)
        Console(highlight=False, width=_WIDEST).print(_table(rows))
    if period.known_on is not None:
        said = text.ngettext(
            "Records of %(num)s person have come in or changed since.",
            "Records of %(num)s people have come in or changed since.",
            found.late,
        )
        out.print(said % {"num": f"{found.late:,}"}, markup=False)


def _table(rows: Sequence[Sequence[Cell]]) -> Table:
    table = Table(show_edge=False, box=None, pad_edge=False)
    for column, heading in enumerate(rows[0]):
        table.add_column(str(heading or ""), justify="left" if column == 0 else "right", no_wrap=True)
    for row in rows[1:]:
        table.add_row(*(_cell(cell) for cell in row))
    return table


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,}".replace("-", "−") if isinstance(cell, int) else cell
