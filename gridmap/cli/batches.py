"""``gridmap batch``: what was imported – list, show, take back, the rows to mend."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from geodata.errors import Phrase
from gridmap.cli.frame import FOUND_WRONG, As, Db, Json, _, command, emit, out, say, working
from gridmap.cli.usage import Group
from gridmap.cli.voice import escape
from gridmap.errors import InvalidInputError
from gridmap.importing.history import Batch, batch_workbook, find_batch, list_batches, show_batch
from gridmap.importing.outcome import Verdict
from gridmap.importing.undoing import Obstacle, StandsInTheWayError, obstacles, undo_batch
from gridmap.importing.words import BATCHES, CHANGES, VERDICTS

app = typer.Typer(help=_("Imports so far: list, show, take back, the rows to mend."), no_args_is_help=True, cls=Group)

Which = Annotated[
    str, typer.Argument(metavar="BATCH", help=_("The batch: its id, or the end of it."), show_default=False)
]


@command(app, "list")
def list_(
    db: Db,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help=_("At most so many batches."))] = 20,
    as_: As = None,
    json_: Json = False,
) -> None:
    """List the imports for your areas, the newest first."""
    with working(db, as_) as work, work.store.read() as unit:
        found, total = list_batches(unit, work.actor, limit=limit)
    if json_:
        emit({"total": total, "batches": [_machine(batch) for batch in found]})
        return
    for batch in found:
        _print(batch)
    say("{shown} of {total} batches.", shown=len(found), total=total)


@command(app, "show")
def show(batch: Which, db: Db, as_: As = None, json_: Json = False) -> None:
    """Show one import: its rows, what became of them, and what stands in the way of undoing it."""
    with working(db, as_) as work, work.store.read() as unit:
        found = show_batch(unit, work.actor, find_batch(unit, work.actor, batch))
        standing = obstacles(unit, work.actor, found.id) if found.undoable else []
    if json_:
        emit({**_machine(found), "obstacles": [_obstacle(one) for one in standing]})
        return
    _print(found)
    if found.population:
        before, after = (f"{count:,}" for count in found.population)
        say("Population of the area: {before} → {after}", before=before, after=after)
    if found.open_cases:
        say("Cases still open: {count}", count=f"{found.open_cases:,}")
    if found.workbook_rows:
        say("Rows to mend: {count}; write them with: gridmap batch workbook {batch} FILE.xlsx",
            count=f"{found.workbook_rows:,}", batch=found.id.hex[-8:])  # fmt: skip
    if found.undone_at:
        say("Undone on {day} by {who}.", day=_moment(found.undone_at), who=found.undone_by or "-")
    elif not found.undoable:
        say("This kind of import cannot be undone: hand in the former file again.")
    _print_obstacles(standing)


@command(app, "undo")
def undo(
    batch: Which,
    db: Db,
    together: Annotated[
        bool, typer.Option("--together", help=_("Undo what stands on it first, the newest first, all or nothing."))
    ] = False,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Take an import back exactly; where later changes stand on it, name them and change nothing."""
    try:
        with working(db, as_) as work, work.store.write() as unit:
            done = undo_batch(unit, work.actor, find_batch(unit, work.actor, batch), together=together)
    except StandsInTheWayError as error:
        if json_:
            emit({"undone": False, "obstacles": [_obstacle(one) for one in error.obstacles]})
        else:
            say("Not undone: records of this import have been changed since.")
            _print_obstacles(error.obstacles)
            say("Undo these first, or all together with --together.")
        raise typer.Exit(FOUND_WRONG) from None
    if json_:
        emit({"undone": True, "restored": done.restored, "removed": done.removed, "brought_back": done.brought_back})
        return
    say("Undone: {removed} records taken back, {restored} given their former values.",
        removed=f"{done.removed:,}", restored=f"{done.restored + done.brought_back:,}")  # fmt: skip


@command(app, "workbook")
def workbook(
    batch: Which,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The workbook to write (XLSX)."), show_default=False)],
    db: Db,
    as_: As = None,
) -> None:
    """Write the rows to mend of an import, each bad cell marked, to correct and import again; logged."""
    if file.is_dir() or not os.access(file.absolute().parent, os.W_OK):
        raise InvalidInputError(field="File", reason=Phrase("{file} cannot be written", {"file": str(file)}))
    with working(db, as_) as work, work.store.write() as unit:
        content = batch_workbook(unit, work.actor, find_batch(unit, work.actor, batch))
    file.write_bytes(content)
    say("Wrote {file}.", file=str(file))


def _print(batch: Batch) -> None:
    parts = " + ".join(
        f"{_(VERDICTS[verdict.value])} {batch.counts.get(verdict.value, 0):,}"
        for verdict in Verdict
        if batch.counts.get(verdict.value, 0)
    )
    out.print(
        f"{batch.id.hex[-8:]}  {_moment(batch.committed_at or batch.created_at)}  {_(BATCHES[batch.status])}  "
        f"{escape(batch.file_name)}  {batch.under_code or '-'}  {escape(batch.by)}"
    )
    say("  {rows} rows = {parts}", rows=f"{batch.rows:,}", parts=parts or "0")


def _print_obstacles(standing: tuple[Obstacle, ...] | list[Obstacle]) -> None:
    for one in standing:
        what = _(CHANGES.get(one.kind, CHANGES[""]))
        said = {"what": what, "count": f"{one.records:,}", "who": one.by or "-"}
        day = _moment(one.made_at) if one.made_at else "-"
        if one.confirms:
            say("  {day}  {what}: found {count} of the same residents again ({who})", day=day, **said)
        else:
            say("  {day}  {what}: changed {count} records ({who})", day=day, **said)
        if one.file_name:
            out.print(f"    {one.change_id.hex[-8:] if one.change_id else ''}  {escape(one.file_name)}")


def _machine(batch: Batch) -> Mapping[str, Any]:
    return {
        "id": str(batch.id),
        "kind": batch.kind,
        "status": batch.status,
        "file": batch.file_name,
        "under": batch.under_code,
        "effective": batch.effective,
        "rows": batch.rows,
        **{name: count for name, count in batch.counts.items() if name != "rows"},
        "committed_at": batch.committed_at,
        "by": batch.by,
        "undone_at": batch.undone_at,
        "undone_by": batch.undone_by,
        "open_cases": batch.open_cases,
        "rows_to_mend": batch.workbook_rows,
        "undoable": batch.undoable,
    }


def _obstacle(one: Obstacle) -> Mapping[str, Any]:
    return {
        "change": str(one.change_id) if one.change_id else None,
        "kind": one.kind,
        "made_at": one.made_at,
        "by": one.by,
        "records": one.records,
        "confirms": one.confirms,
        "file": one.file_name,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
