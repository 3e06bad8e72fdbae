"""``gridmap review``: the rows that wait for somebody, one at a time, and what was decided about them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from gridmap.cli.frame import As, Db, Json, _, command, emit, out, parse_day, say, words, working
from gridmap.cli.usage import Group
from gridmap.cli.voice import escape
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.findings import FINDINGS
from gridmap.reviewing.cases import CaseKey
from gridmap.reviewing.deciding import decide, preview
from gridmap.reviewing.decision import EXTENTS, ONE, Decision, Effect
from gridmap.reviewing.history import decisions, undo
from gridmap.reviewing.queue import waiting_for
from gridmap.reviewing.showing import show
from gridmap.reviewing.words import ABSENT_SHORT, DECIDED, EFFECTS, NO_PLACE, SAME_PLACE

app = typer.Typer(help=_("Decide the rows of registers that wait for somebody."), no_args_is_help=True, cls=Group)

CaseName = Annotated[str, typer.Argument(help=_("The case, as the list names it."), show_default=False)]
KINDS = ("place", "building", "move_out", "death", "stays", "new_person", "skip", "give_back")


@command(app, "list")
def list_(db: Db, as_: As = None, json_: Json = False) -> None:
    """How many rows wait, by reason and file, and the next of them."""
    with working(db, as_) as work, work.store.write() as unit:
        desk = show(unit, work.actor)
    lines = [
        {"case": str(line.case.key), "file": line.case.file_name, "row": line.case.row, "reason": line.case.reason,
         "address": line.case.address, "alike": line.alike, "open_at": line.claimed_by}
        for line in desk.queue
    ]  # fmt: skip
    if json_:
        emit({"waiting": desk.waiting.total, "by_reason": desk.waiting.by_reason(), "cases": lines})
        return
    say("{count} cases wait.", count=f"{desk.waiting.total:,}")
    for code, count in desk.waiting.by_reason().items():
        out.print(f"  {count:>7,}  {escape(_reason(code))}")
    for line in lines:
        out.print(f"{line['case']}  {escape(str(line['address'] or '–'))}", soft_wrap=True)


@command(app, "show")
def show_(case: CaseName, db: Db, as_: As = None, json_: Json = False) -> None:
    """One case: its row (persons masked), why it waits, and what it may mean."""
    with working(db, as_) as work, work.store.write() as unit:
        opened = show(unit, work.actor, _key(case)).open
    if opened is None:
        raise NotFoundError
    places: list[dict[str, Any]] = [
        {"dwelling": _text(one.dwelling_id), "building": str(one.building_id), "unit": one.unit, "room": one.room,
         "name": one.building, "score": one.candidate.score}
        for one in opened.choices
    ]  # fmt: skip
    found: dict[str, Any] = {
        "case": case, "file": opened.case.file_name, "row": opened.case.row, "reason": opened.case.reason,
        "content": dict(opened.case.content), "alike": opened.alike, "places": places,
    }  # fmt: skip
    if json_:
        emit(found)
        return
    say("{file}, row {row}", file=opened.case.file_name, row=opened.case.row)
    out.print(escape(f"  {_reason(opened.case.reason)}"))
    for name, value in opened.case.content.items():
        out.print(f"  {name}{_(': ')}{escape(value)}")
    for one in places:
        room = "-".join(str(part) for part in (one["unit"], one["room"]) if part)
        out.print(f"  {one['score']:.2f}  {escape(str(one['name']))} {room}  {one['dwelling'] or one['building']}")


@command(app, "decide")
def decide_(  # noqa: PLR0913, PLR0917 - options
    case: CaseName,
    decision: Annotated[str, typer.Argument(help=_("What is decided."), metavar="|".join(KINDS), show_default=False)],
    db: Db,
    place: Annotated[
        str | None, typer.Option("--place", help=_("The dwelling (or the building), by its id."), show_default=False)
    ] = None,
    extent: Annotated[str, typer.Option("--for", help=_("one, alike (same address) or reason."))] = ONE,
    on: Annotated[
        str | None, typer.Option("--on", help=_("The day it holds from, as 2026-03-31."), show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Say what it would do, and do nothing."))] = False,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Decide a case, and with it those that are alike; what was decided can be undone."""
    if decision not in KINDS or extent not in EXTENTS[decision]:
        raise InvalidInputError(field="Decision", reason="not a usable value")
    chosen = _id(place)
    wanted = Decision(
        decision,
        extent,
        building_id=chosen if decision == "building" else None,
        dwelling_id=chosen if decision == "place" else None,
        on=parse_day(on, "--on"),
    )
    with working(db, as_) as work, work.store.write() as unit:
        effect = (preview if dry_run else decide)(unit, work.actor, _key(case), wanted)
    if json_:
        emit({"cases": effect.cases, "left": effect.left, "change": _text(effect.change_id), "place": effect.place})
        return
    out.print(escape(_said(effect)))
    say("Rows settled: {count}", count=effect.cases)
    if effect.change_id is not None:
        say("Undo it with: gridmap review undo {change}", change=effect.change_id)


@command(app, "decisions")
def decisions_(db: Db, as_: As = None, json_: Json = False) -> None:
    """What was decided, the newest first."""
    with working(db, as_) as work, work.store.read() as unit:
        taken = decisions(unit, work.actor)
    rows = [
        {"change": str(one.change_id), "at": one.made_at.isoformat(), "who": one.who, "decision": one.kind,
         "cases": one.cases, "place": one.place, "undone": one.undone_at is not None}
        for one in taken
    ]  # fmt: skip
    if json_:
        emit(rows)
        return
    for one in taken:
        mark = f" ({_('undone')})" if one.undone_at is not None else ""
        said = _(DECIDED.get(one.kind, one.kind))
        out.print(f"{one.change_id}  {one.cases:>5,}  {escape(said)} {escape(one.place or '')}{mark}", soft_wrap=True)


@command(app, "undo")
def undo_(
    change: Annotated[str, typer.Argument(help=_("The decision, as the list of decisions names it."))],
    db: Db,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Take a decision back: every record is as it was before, and the cases wait again."""
    change_id = _id(change)
    if change_id is None:
        raise NotFoundError
    with working(db, as_) as work, work.store.write() as unit:
        taken = undo(unit, work.actor, change_id)
        left = waiting_for(unit, work.actor).total
    if json_:
        emit({"change": change, "cases": taken.cases, "waiting": left})
        return
    say("Undone; {count} cases wait.", count=f"{left:,}")


def _key(text: str) -> CaseKey:
    key = CaseKey.read(text)
    if key is None:
        raise NotFoundError
    return key


def _id(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInputError(field="Place", reason="not a usable value") from None


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _reason(code: str) -> str:
    finding = FINDINGS.get(code)
    if finding is not None and finding.label:
        return _(finding.label)
    said = _(finding.message if finding else ABSENT_SHORT)
    return said.replace("{value}", "").replace("{other}", "").replace("“”", "").strip("：:， 。.")


def _said(effect: Effect) -> str:
    template = EFFECTS[effect.kind]
    if effect.kind == "same_person" and not effect.written:
        template = SAME_PLACE
    if effect.kind == "new_person" and effect.home is None:
        template = NO_PLACE
    return words().text(template, place=effect.place or "–", day=effect.on.isoformat())
