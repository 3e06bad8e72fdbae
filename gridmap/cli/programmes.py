"""``gridmap programme``: what people can sign up for, and who is eligible."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.access.service import local_today
from gridmap.cli.frame import As, Db, Json, _, command, emit, out, parse_day, say, working
from gridmap.cli.usage import Group
from gridmap.cli.voice import escape
from gridmap.services.programmes import ProgrammeFacts, all_programmes, keep_programme

app = typer.Typer(help=_("Programmes that people sign up for, and who is eligible."), no_args_is_help=True, cls=Group)


@command(app, "keep")
def keep(  # noqa: PLR0913, PLR0917 - options
    code: Annotated[str, typer.Argument(help=_("A short code, such as old_age."), show_default=False)],
    name: Annotated[str, typer.Option("--name", help=_("The name to show."), show_default=False)],
    eligible: Annotated[
        str,
        typer.Option(
            "--eligible",
            help=_("Who is eligible: comparisons of age, sex, presence, marital, tenure joined by and, or, not."),
            show_default=False,
        ),
    ],
    db: Db,
    from_: Annotated[
        str | None, typer.Option("--from", help=_("The first day it runs (default: today)."), show_default=False)
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help=_("The first day it no longer runs."), show_default=False)
    ] = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Add a programme, or change the one of this code."""
    with working(db, as_) as work, work.store.write() as unit:
        start = parse_day(from_, "--from") or local_today(unit)
        key = keep_programme(unit, work.actor, ProgrammeFacts(code, name, eligible, start, parse_day(to, "--to")))
    if json_:
        emit({"programme": code, "id": str(key)})
    else:
        say("Programme {code} is kept.", code=code)


@command(app, "list")
def list_(db: Db, as_: As = None, json_: Json = False) -> None:
    """List all programmes."""
    with working(db, as_) as work, work.store.read() as unit:
        scope_of(work.actor, Action.STATISTICS_READ)
        rows = [
            {
                "code": row.code,
                "name": row.name,
                "eligible": row.eligible,
                "from": row.valid_from.isoformat(),
                "to": row.valid_to.isoformat() if row.valid_to else None,
            }
            for row in all_programmes(unit)
        ]
    if json_:
        emit({"programmes": rows})
        return
    if not rows:
        say("There are no programmes yet. Add one with: gridmap programme keep")
        return
    table = Table(show_edge=False, box=None, pad_edge=False)
    for heading in ("Code", "Name", "Eligible", "From", "To"):
        table.add_column(_(heading))
    for row in rows:
        table.add_row(*(escape(str(value or "–")) for value in row.values()))
    out.print(table)
