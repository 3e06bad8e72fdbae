"""``gridmap period``: the indicators of a period, with the figures behind them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from gridmap.cli.frame import As, Db, Json, _, emit, parse_day, say, words, working
from gridmap.compliance.service import make_figures
from gridmap.errors import InvalidInputError
from gridmap.indicators.cache import SnapshotCache
from gridmap.indicators.periods import REPORTED, PeriodValue
from gridmap.reports import wording
from gridmap.reports.periods import PeriodFigures, read_period


def period(
    db: Db,
    area: Annotated[str, typer.Option("--area", help=_("The area: a code or a unique name path."), show_default=False)],
    from_: Annotated[
        str, typer.Option("--from", help=_("The first day of the period, as 2025-10-01."), show_default=False)
    ],
    to: Annotated[str, typer.Option("--to", help=_("The last day of the period, as 2026-03-31."), show_default=False)],
    as_: As = None,
    json_: Json = False,
) -> None:
    """Print the indicators of a period: rates from reported figures and from the register, each with its n and N."""
    start, end = parse_day(from_), parse_day(to)
    if start is None or end is None:
        raise InvalidInputError(field="Period", reason="both days are needed")
    with working(db, as_) as work:
        figures = make_figures(SnapshotCache(work.store))
        figures.snapshot()
        with work.store.write() as unit:
            found = read_period(unit, work.actor, figures, area, start, end)
    if json_:
        emit(_machine(found))
        return
    say("{area}, {start} to {end} ({days} days)", area=found.area.name, start=start, end=end, days=found.days)
    Console(highlight=False, width=_WIDEST).print(_table(found))


_WIDEST: Final = 400
"""Characters of a line: numbers are never cut, however narrow the screen is."""


def _machine(found: PeriodFigures) -> dict[str, object]:
    values = {
        value.indicator.id: {name: part for name, part in asdict(value).items() if name != "indicator"}
        for value in found.values
    }
    return {
        "area": found.area.code,
        "from": found.start.isoformat(),
        "to": found.end.isoformat(),
        "days": found.days,
        "figures": dict(found.figures),
        "values": values,
    }


def _table(found: PeriodFigures) -> Table:
    text = words()
    table = Table(show_edge=False, box=None, pad_edge=False)
    for heading in ("Indicator", "Value", "Unit", "Numerator", "Denominator", "Remark"):
        right = heading in {"Value", "Numerator", "Denominator"}
        table.add_column(text.gettext(heading), justify="right" if right else "left")
    for value in found.values:
        shown = [_number(part) for part in (value.value, value.numerator, value.denominator)]
        table.add_row(
            text.gettext(value.indicator.name), shown[0], text.gettext(value.indicator.unit), *shown[1:], _remark(value)
        )
    return table


def _number(value: float | None) -> str:
    if value is None:
        return wording.NOTHING
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 100 else f"{value:,.2f}"


def _remark(value: PeriodValue) -> str:
    missing = ", ".join(name.removeprefix(REPORTED) for name in value.missing)
    if missing:
        return words().text("not reported: {figures}", figures=missing)
    return words().text("too few for a steady value") if value.unsteady else ""
