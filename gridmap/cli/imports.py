"""``gridmap import``: areas, cells, buildings, dwellings, organisations, aliases, the register, statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from geodata.issues import Issue, Severity
from gridmap.cli.frame import As, Db, Json, _, command, emit, out, parse_day, progress_bar, say, words, working
from gridmap.errors import InvalidInputError
from gridmap.importing.areas import import_areas
from gridmap.importing.buildings import BuildingOptions, import_buildings
from gridmap.importing.cells import CellOptions, import_cells
from gridmap.importing.dwellings import import_dwellings
from gridmap.importing.organisations import import_organisations
from gridmap.importing.outcome import ImportOutcome, Verdict
from gridmap.importing.rooms import RoomPlan

app = typer.Typer(
    help=_("Import areas, cells, buildings, dwellings, organisations and registers."), no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help=_("The file to import."), show_default=False)]
Layer = Annotated[
    str | None, typer.Option("--layer", help=_("The layer of the file, where it has several."), show_default=False)
]
Crs = Annotated[
    str | None,
    typer.Option("--crs", help=_("The coordinate system: EPSG:4490, EPSG:4549, GCJ-02, BD-09 …"), show_default=False),
]
Under = Annotated[
    str, typer.Option("--under", help=_("The area it belongs to: a code or a unique name path."), show_default=False)
]
MaybeUnder = Annotated[
    str | None,
    typer.Option("--under", help=_("The area it belongs to: a code or a unique name path."), show_default=False),
]
SHOWN_ISSUES = 20


@command(app, "areas")
def areas(file: File, db: Db, layer: Layer = None, crs: Crs = None, as_: As = None, json_: Json = False) -> None:
    """Import the area tree from a table (code, name, level, parent_code) or from polygons with the same fields."""
    with working(db, as_) as work, progress_bar(quiet=json_) as step:
        outcome = import_areas(work.store, work.actor, file, layer=layer, crs=crs, progress=step)
    show(outcome, as_json=json_)


@command(app, "cells")
def cells(  # noqa: PLR0913, PLR0917 - options
    file: File,
    under: Under,
    db: Db,
    layer: Layer = None,
    crs: Crs = None,
    valid_from: Annotated[
        str | None,
        typer.Option(
            "--valid-from", help=_("From when the cells hold; the cells they replace end that day."), show_default=False
        ),
    ] = None,
    tolerance_m: Annotated[
        float, typer.Option("--tolerance", help=_("Gaps and overlaps narrower than this many metres are slivers."))
    ] = 1.0,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Import cells as a coverage under an area; buildings are placed in them by largest overlap."""
    options = CellOptions(layer, crs, parse_day(valid_from, "--valid-from"), tolerance_m)
    with working(db, as_) as work, progress_bar(quiet=json_) as step:
        outcome = import_cells(work.store, work.actor, file, under, options, progress=step)
    show(outcome, as_json=json_)


@command(app, "buildings")
def buildings(  # noqa: PLR0913, PLR0917 - options
    file: File,
    db: Db,
    under: MaybeUnder = None,
    layer: Layer = None,
    crs: Crs = None,
    dwellings_: Annotated[
        str | None,
        typer.Option(
            "--dwellings", help=_("from-floors makes dwellings from floors × rooms a floor."), show_default=False
        ),
    ] = None,
    rooms_per_floor: Annotated[int, typer.Option("--rooms-per-floor", help=_("Rooms a floor in each unit."))] = 4,
    units: Annotated[int, typer.Option("--units", help=_("Units of a building where the layer does not say."))] = 1,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Import building footprints with floors, heights and addresses."""
    if dwellings_ not in {None, "from-floors"}:
        raise InvalidInputError(field="--dwellings", reason="the only way is from-floors")
    rooms = RoomPlan(rooms_per_floor, units) if dwellings_ else None
    with working(db, as_) as work, progress_bar(quiet=json_) as step:
        outcome = import_buildings(
            work.store, work.actor, file, under, BuildingOptions(layer, crs, rooms), progress=step
        )
    show(outcome, as_json=json_)


@command(app, "dwellings")
def dwellings(file: File, under: Under, db: Db, as_: As = None, json_: Json = False) -> None:
    """Import a table of dwellings with the office's own dwelling and building ids."""
    with working(db, as_) as work, progress_bar(quiet=json_) as step:
        outcome = import_dwellings(work.store, work.actor, file, under, progress=step)
    show(outcome, as_json=json_)


@command(app, "organisations")
def organisations(file: File, db: Db, under: MaybeUnder = None, as_: As = None, json_: Json = False) -> None:
    """Import organisations: name, kind, building_id or address, dwelling_id, valid_from, valid_to."""
    with working(db, as_) as work, progress_bar(quiet=json_) as step:
        outcome = import_organisations(work.store, work.actor, file, under, progress=step)
    show(outcome, as_json=json_)


def show(outcome: ImportOutcome, *, as_json: bool) -> None:
    """Print the result of an import: the equation of verdicts, notes, and the first findings."""
    if as_json:
        emit(
            {
                "kind": outcome.kind,
                "file": outcome.file_name,
                "batch": str(outcome.batch_id),
                "read": outcome.read,
                **{verdict.value: outcome.verdicts[verdict] for verdict in Verdict},
                "notes": outcome.notes,
                "issues": [issue_as_json(issue) for issue in outcome.issues],
            }
        )
        return
    parts = " + ".join(
        f"{_(verdict.value)} {outcome.verdicts[verdict]:,}" for verdict in Verdict if outcome.verdicts[verdict]
    )
    say("{file}: {read} rows = {parts}", file=outcome.file_name, read=f"{outcome.read:,}", parts=parts or "0")
    for name, count in outcome.notes.items():
        if count:
            out.print(f"  {_(name)}: {count:,}")
    show_issues(outcome.issues)


def issue_as_json(issue: Issue) -> dict[str, object]:
    """A finding for machines."""
    return {
        "code": issue.code,
        "severity": issue.severity.value,
        "row": issue.row,
        "column": issue.column,
        "message": words().text(issue.message, **issue.params),
        "hint": words().text(issue.hint, **issue.params),
        "x": issue.x,
        "y": issue.y,
    }


def show_issues(issues: list[Issue]) -> None:
    """Print the first findings, errors before warnings."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    wanted = sorted(
        (issue for issue in issues if issue.severity is not Severity.INFO), key=lambda issue: order[issue.severity]
    )
    if not wanted:
        return
    table = Table(show_edge=False, pad_edge=False, box=None)
    for heading in ("row", "column", "what", "what to do"):
        table.add_column(_(heading), overflow="fold")
    for issue in wanted[:SHOWN_ISSUES]:
        said = issue_as_json(issue)
        colour = "red" if issue.severity is Severity.ERROR else "yellow"
        table.add_row(f"[{colour}]{issue.row or '–'}[/]", issue.column or "", str(said["message"]), str(said["hint"]))
    out.print(table)
    if len(wanted) > SHOWN_ISSUES:
        say("… and {count} more; --json prints all of them.", count=len(wanted) - SHOWN_ISSUES)
