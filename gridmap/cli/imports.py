"""``gridmap import``: areas, cells, buildings, dwellings, organisations, aliases, the register, statistics."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from geodata.errors import Phrase
from geodata.issues import Issue, Severity
from gridmap.cli.findings import issue_as_json, show_issues
from gridmap.cli.frame import (
    FOUND_WRONG,
    As,
    Db,
    Json,
    Work,
    _,
    command,
    emit,
    out,
    parse_day,
    progress_bar,
    say,
    working,
)
from gridmap.cli.understanding import (
    HeaderRows,
    Maps,
    Remember,
    Sheet,
    layouts_command,
    remember,
    understand_command,
    understand_file,
)
from gridmap.cli.usage import Group
from gridmap.cli.words import COUNTS
from gridmap.errors import InvalidInputError
from gridmap.importing.agreements import import_agreements
from gridmap.importing.aliases import import_aliases
from gridmap.importing.areas import import_areas
from gridmap.importing.buildings import BuildingOptions, import_buildings
from gridmap.importing.cells import CellOptions, import_cells
from gridmap.importing.dwellings import import_dwellings
from gridmap.importing.findings import FINDINGS, Weight
from gridmap.importing.organisations import import_organisations
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict
from gridmap.importing.programmes import import_deliveries, import_enrolments
from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.importing.rooms import RoomPlan
from gridmap.importing.rowkinds import KINDS
from gridmap.importing.statistics import import_statistics
from gridmap.importing.verdicts import error_workbook, write_verdicts
from gridmap.importing.words import VERDICTS

app = typer.Typer(
    help=_("Import areas, cells, buildings, dwellings, organisations and registers."), no_args_is_help=True, cls=Group
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


@command(app, "areas")
def areas(file: File, db: Db, layer: Layer = None, crs: Crs = None, as_: As = None, json_: Json = False) -> None:
    """Import the area tree from a table (code, name, level, parent_code) or from polygons with the same fields."""
    _outcome(
        db,
        as_,
        json_,
        lambda work, step: import_areas(work.store, work.actor, file, layer=layer, crs=crs, progress=step),
    )


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
    _outcome(
        db, as_, json_, lambda work, step: import_cells(work.store, work.actor, file, under, options, progress=step)
    )


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
    _outcome(
        db,
        as_,
        json_,
        lambda work, step: import_buildings(
            work.store, work.actor, file, under, BuildingOptions(layer, crs, rooms), progress=step
        ),
    )


@command(app, "dwellings")
def dwellings(file: File, under: Under, db: Db, as_: As = None, json_: Json = False) -> None:
    """Import a table of dwellings with the office's own dwelling and building ids."""
    _outcome(db, as_, json_, lambda work, step: import_dwellings(work.store, work.actor, file, under, progress=step))


@command(app, "organisations")
def organisations(file: File, db: Db, under: MaybeUnder = None, as_: As = None, json_: Json = False) -> None:
    """Import organisations: name, kind, building_id or address, dwelling_id, valid_from, valid_to."""
    _outcome(
        db, as_, json_, lambda work, step: import_organisations(work.store, work.actor, file, under, progress=step)
    )


@command(app, "aliases")
def aliases(file: File, db: Db, as_: As = None, json_: Json = False) -> None:
    """Import other names of compounds, roads and buildings: kind, official, alias."""
    _outcome(db, as_, json_, lambda work, step: import_aliases(work.store, work.actor, file, progress=step))


@command(app, "agreements")
def agreements(file: File, under: Under, db: Db, as_: As = None, json_: Json = False) -> None:
    """Import rental agreements: dwelling_id or address, agreement_no, landlord, signed_on, expires_on, ended_on."""
    _outcome(db, as_, json_, lambda work, step: import_agreements(work.store, work.actor, file, under, progress=step))


@command(app, "enrolments")
def enrolments(file: File, under: Under, db: Db, as_: As = None, json_: Json = False) -> None:
    """Import who is signed up for a programme: programme, id_number, enrolled_from, enrolled_to."""
    _outcome(db, as_, json_, lambda work, step: import_enrolments(work.store, work.actor, file, under, progress=step))


@command(app, "deliveries")
def deliveries(file: File, under: Under, db: Db, as_: As = None, json_: Json = False) -> None:
    """Import services given and amounts paid: programme, id_number, served_on, amount_yuan."""
    _outcome(db, as_, json_, lambda work, step: import_deliveries(work.store, work.actor, file, under, progress=step))


@command(app, "statistics")
def statistics(file: File, db: Db, as_: As = None, json_: Json = False) -> None:
    """Import reported figures: area_code, period_start, period_end, measure, value."""
    _outcome(db, as_, json_, lambda work, step: import_statistics(work.store, work.actor, file, progress=step))


@command(app, "register")
def register(  # noqa: PLR0913, PLR0917 - options
    file: File,
    under: Under,
    db: Db,
    effective: Annotated[
        str | None,
        typer.Option("--effective", help=_("The day the facts hold from (default: today)."), show_default=False),
    ] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help=_("The file names everybody in the area: list who is absent."))
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Judge every row and write nothing."))] = False,
    sheet: Sheet = None,
    maps: Maps = None,
    header_row: HeaderRows = None,
    remember_as: Remember = None,
    verdicts: Annotated[
        Path | None, typer.Option("--verdicts", help=_("Write one line a row to this CSV."), show_default=False)
    ] = None,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", help=_("Write the rows to mend, marked, to this workbook."), show_default=False),
    ] = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Import a register of residents; every row gets one verdict."""
    options = RegisterOptions(parse_day(effective, "--effective"), complete, dry_run, sheet)
    for name, target in (("--verdicts", verdicts), ("--errors", errors)):
        _check_target(name, target, file)
    with working(db, as_) as work, progress_bar(quiet=json_) as step:
        found = understand_file(work, file, under, maps, header_row)
        options = replace(options, choices=found.choices)
        result = import_register(work.store, work.actor, file, under, options, progress=step, understood=found)
        if remember_as:
            remember(work, under, found, remember_as, chose_rows=header_row is not None)
    show_register(result, as_json=json_)
    if verdicts is not None:
        write_verdicts(result, verdicts)
    if errors is not None:
        errors.write_bytes(error_workbook(result, found.tables, _)[0])
    _end(result.counts["rows"], result.counts[Verdict.REJECTED.value])


command(app, "understand")(understand_command)
command(app, "layouts")(layouts_command)


def _check_target(option: str, target: Path | None, source: Path) -> None:
    """Refuse, before anything is imported, to write where it cannot be written or over the file to import."""
    if target is None:
        return
    if target.exists() and source.exists() and target.samefile(source):
        raise InvalidInputError(field=option, reason="this is the file to import itself; name another one")
    if target.is_dir() or not os.access(target.parent, os.W_OK):
        reason = Phrase("{file} cannot be written", {"file": str(target)})
        raise InvalidInputError(field=option, reason=reason)


def show_register(result: BatchResult, *, as_json: bool) -> None:
    """Print the outcome of a register: the equation of verdicts, the population, what was left out, the findings."""
    issues = [_register_issue(row) for row in result.issues.filter(pl.col("weight") > 0).head(1000).to_dicts()]
    if as_json:
        emit(
            {
                "kind": "register",
                "file": result.file_name,
                "batch": None if result.dry_run else str(result.batch_id),
                "read": result.counts["rows"],
                **{name: count for name, count in result.counts.items() if name != "rows"},
                "blank_rows": result.blank_rows,
                "skipped": {sheet: dict(kinds) for sheet, kinds in result.skipped.items()},
                "left_out": dict(result.left_out),
                "notes": result.notes,
                "population": {"before": result.population[0], "after": result.population[1]},
                "not_imported": [
                    {"heading": c.heading, "status": c.status.value, "reason": _(c.reason)} for c in result.not_imported
                ],
                "issues": [issue_as_json(issue) for issue in issues],
            }
        )
        return
    counts = {verdict: result.counts[verdict.value] for verdict in Verdict}
    parts = " + ".join(f"{_(VERDICTS[verdict.value])} {count:,}" for verdict, count in counts.items() if count)
    rows = f"{result.counts['rows']:,}"
    say("{file}: {read} rows = {parts}", file=result.file_name, read=rows, parts=parts or "0")
    for sheet, kinds in result.skipped.items():
        parts = " + ".join(f"{_(KINDS[kind])} {kinds[kind]:,}" for kind in KINDS if kinds.get(kind))
        if parts:
            say("Rows of {sheet} that are no residents: {parts}", sheet=sheet, parts=parts)
    for sheet, count in result.left_out.items():
        say("Sheet {sheet} was not imported: {count} rows", sheet=sheet, count=f"{count:,}")
    before, after = (f"{count:,}" for count in result.population)
    say("Population of the area: {before} → {after}", before=before, after=after)
    if result.counts["absent"]:
        say("Absent from a file that should name everybody: {count}", count=f"{result.counts['absent']:,}")
    for column in result.not_imported:
        say("Not imported: {heading} ({reason})", heading=column.heading or column.letters, reason=_(column.reason))
    show_issues(issues)


def _outcome(db: str, as_: str | None, json_: bool, run: Callable[[Work, Progress], ImportOutcome]) -> None:
    """Import something, print what came of it, and end with 1 when no row of a file could be used."""
    with working(db, as_) as work, progress_bar(quiet=json_) as step:
        outcome = run(work, step)
    show(outcome, as_json=json_)
    _end(outcome.read, outcome.verdicts[Verdict.REJECTED])


def _end(read: int, rejected: int) -> None:
    """End with 1 when a file had rows and none of them could be used."""
    if read and rejected == read:
        raise typer.Exit(FOUND_WRONG)


def _register_issue(row: dict[str, Any]) -> Issue:
    """A finding of a register in the form of all findings."""
    finding = FINDINGS[row["code"]]
    params = {"value": row["value"] or "", "other": "" if row["other"] is None else row["other"]}
    severity = Severity.ERROR if finding.weight is Weight.REJECT else Severity.WARNING
    return Issue(
        finding.code, finding.message, finding.hint, row["row"], row["column"], severity=severity, params=params
    )


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
        f"{_(VERDICTS[verdict.value])} {outcome.verdicts[verdict]:,}"
        for verdict in Verdict
        if outcome.verdicts[verdict]
    )
    say("{file}: {read} rows = {parts}", file=outcome.file_name, read=f"{outcome.read:,}", parts=parts or "0")
    for name, count in outcome.notes.items():
        if count:
            out.print(f"  {_(COUNTS.get(name, name))}{_(': ')}{count:,}")
    show_issues(outcome.issues)
