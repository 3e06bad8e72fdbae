"""``gridmap ranking``: areas ranked by weighted indicators, with the formula beside them."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from gridmap.access.service import local_today
from gridmap.cli.frame import As, Db, Json, Work, _, command, emit, parse_day, say, words, working
from gridmap.cli.usage import Group
from gridmap.cli.voice import escape
from gridmap.compliance.service import make_figures
from gridmap.errors import InvalidInputError
from gridmap.indicators.cache import SnapshotCache
from gridmap.indicators.registry import shipped_registry
from gridmap.indicators.service import Figures
from gridmap.ranking.rules import Measured, Period, Standing
from gridmap.ranking.service import Order, Ranking, compare_issued, issue, issued_rankings, rank
from gridmap.reports import wording

app = typer.Typer(
    help=_("Rank areas by weighted indicators; persons are never ranked."), no_args_is_help=True, cls=Group
)
_WIDEST: Final = 400


@command(app, "show")
def show(  # noqa: PLR0913, PLR0917 - options
    db: Db,
    area: Annotated[str, typer.Option("--area", help=_("The area: a code or a unique name path."), show_default=False)],
    level: Annotated[str, typer.Option("--level", help=_("Which areas below it are ranked."))] = "community",
    period: Annotated[Period, typer.Option("--period", help=_("How long the ranking looks back."))] = Period.QUARTER,
    day: Annotated[
        str | None, typer.Option("--day", help=_("A day of the period (default: today)."), show_default=False)
    ] = None,
    scheme: Annotated[str, typer.Option("--scheme", help=_("What is ranked by."))] = "upkeep",
    keep: Annotated[
        bool, typer.Option("--issue", help=_("Keep the ranking as it stands, so that it can be shown later."))
    ] = False,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Rank the areas of a level for a month, quarter, half-year or year; with --issue keep it as issued."""
    with working(db, as_) as work:
        figures = _figures(work)
        with work.store.write() as unit:
            order = Order(area, level, period, parse_day(day, "--day") or local_today(unit), scheme)
            found = rank(unit, work.actor, figures, order)
            issued = issue(unit, work.actor, found) if keep else None
    if json_:
        emit(_machine(found) | {"issued": str(issued) if issued else None})
        return
    title = words().gettext(found.scheme.name)
    say("{title}: {area}, {start} to {end}", title=title, area=found.area.name, start=found.start, end=found.end)
    Console(highlight=False, width=_WIDEST).print(_table(found))
    _explain(found)
    if issued:
        say("Issued as {id}.", id=issued)


@command(app, "issued")
def issued_(
    db: Db,
    ranking: Annotated[
        str | None,
        typer.Argument(help=_("The id of an issued ranking; without it all are listed."), show_default=False),
    ] = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """List issued rankings, or show one as it was issued with what has been restated since."""
    with working(db, as_) as work:
        figures = _figures(work)
        with work.store.write() as unit:
            if ranking is None:
                rows = [
                    {"id": str(row.id), "from": row.period_start.isoformat(), "to": row.period_end.isoformat(),
                     "level": row.level, "scheme": row.scheme}
                    for row in issued_rankings(unit, work.actor)
                ]  # fmt: skip
                found = None
            else:
                found, rows = compare_issued(unit, work.actor, figures, _id(ranking)), []
    if found is None:
        emit({"rankings": rows}) if json_ else _list(rows)
        return
    restated = [{"code": one.code, "issued": one.issued, "now": one.now} for one in found.restated]
    if json_:
        emit({"id": str(found.id), "standings": list(found.rows), "restated": restated})
        return
    table = _headed((_("Rank"), _("Code"), _("Area name"), _("Score")), right=(0, 3))
    for row in found.rows:
        table.add_row(
            str(row["rank"] or wording.NOTHING), row["code"], escape(row["name"]), row["score"] or wording.NOTHING
        )
    Console(highlight=False, width=_WIDEST).print(table)
    for one in found.restated:
        parts = {"was": one.issued[0] or wording.NOTHING, "now": one.now[0] or wording.NOTHING}
        say("Restated since: {area}: rank {was} → {now}, score {before} → {after}", area=one.name, **parts,
            before=one.issued[1] or wording.NOTHING, after=one.now[1] or wording.NOTHING)  # fmt: skip


def _figures(work: Work) -> Figures:
    figures = make_figures(SnapshotCache(work.store))
    figures.snapshot()
    return figures


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInputError(field="Ranking", reason="not a usable value") from error


def _list(rows: list[dict[str, str]]) -> None:
    if not rows:
        say("No ranking has been issued yet.")
        return
    table = _headed((_("Id"), _("From"), _("To"), _("Level"), _("Scheme")))
    for row in rows:
        table.add_row(*row.values())
    Console(highlight=False, width=_WIDEST).print(table)


def _headed(headings: tuple[str, ...], right: tuple[int, ...] = ()) -> Table:
    table = Table(show_edge=False, box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number in right else "left")
    return table


def _table(found: Ranking) -> Table:
    table = _headed((_("Rank"), _("Code"), _("Area name"), _("Score")), right=(0, 3))
    table.add_column(words().gettext("Change"), justify="right")
    indicators = shipped_registry().indicators
    for criterion in found.scheme.criteria:
        table.add_column(words().gettext(indicators[criterion.indicator].name), justify="right")
    for one in found.standings:
        score = wording.NOTHING if one.score is None else f"{one.score:.2f}"
        cells = [_cell(measured) for measured in one.measured]
        table.add_row(str(one.rank or wording.NOTHING), one.code, escape(one.name), score, _change(found, one), *cells)
    return table


def _cell(measured: Measured) -> str:
    value = wording.NOTHING if measured.value is None else f"{measured.value:.1f}"
    return f"{value} ({measured.numerator:,}/{measured.denominator:,})"


def _change(found: Ranking, one: Standing) -> str:
    change = found.change(one)
    if change is None:
        return wording.NOTHING
    return "=" if change == 0 else f"{'▲' if change > 0 else '▼'}{abs(change)}"


def _explain(found: Ranking) -> None:
    """The formula, in words that can be worked out by hand."""
    say("Points = 100 × (value − floor) ÷ (target − floor), from 0 to 100; score = Σ weight × points ÷ Σ weight.")
    indicators = shipped_registry().indicators
    for criterion in found.scheme.criteria:
        say(
            "{name}: weight {weight}, floor {floor}, target {target}, at least {minimum} to judge by",
            name=words().gettext(indicators[criterion.indicator].name), weight=criterion.weight,
            floor=criterion.floor, target=criterion.target, minimum=criterion.minimum,
        )  # fmt: skip


def _machine(found: Ranking) -> dict[str, Any]:
    return {
        "area": found.area.code,
        "scheme": found.scheme.id,
        "level": found.level,
        "period": found.period.value,
        "from": found.start.isoformat(),
        "to": found.end.isoformat(),
        "as_of": found.as_of.isoformat(),
        "first": [one.code for one in found.first],
        "last": [one.code for one in found.last],
        "standings": [
            {
                "rank": one.rank,
                "code": one.code,
                "name": one.name,
                "score": None if one.score is None else float(one.score),
                "change": found.change(one),
            }
            for one in found.standings
        ],
    }
