"""``gridmap record``: changes by hand – events of residents, the history of a record, and taking a change back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer

from gridmap.access.service import local_today
from gridmap.changes.service import own_changes
from gridmap.cli.frame import As, Db, Json, Work, _, command, emit, out, parse_day, say, words, working
from gridmap.cli.usage import Group
from gridmap.cli.voice import escape
from gridmap.editing import events
from gridmap.editing.errors import FormFaultsError
from gridmap.editing.events import Entry
from gridmap.editing.fields import Record, fields_of
from gridmap.editing.history import Entry as HistoryEntry
from gridmap.editing.history import person_history
from gridmap.editing.saving import Event, Saved
from gridmap.editing.showing import Room, find_rooms, region_of_person
from gridmap.editing.undo import is_by_hand, undo_by_hand
from gridmap.editing.values import read_values
from gridmap.editing.words import DEEDS
from gridmap.errors import InvalidInputError
from gridmap.residents.service import dwelling_residents
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

app = typer.Typer(
    help=_("Changes by hand: births, deaths, moves; the history of a person; take a change back."),
    no_args_is_help=True,
    cls=Group,
)

RoomText = Annotated[
    str, typer.Argument(metavar="ROOM", help=_("The dwelling as people write it, with compound and building."))
]
Person = Annotated[UUID, typer.Argument(metavar="PERSON", help=_("The person's id."), show_default=False)]
Persons = Annotated[list[UUID], typer.Argument(metavar="PERSON…", help=_("The persons' ids."), show_default=False)]
On = Annotated[
    str | None,
    typer.Option("--on", help=_("The day it happened, as 2026-03-31; today by default."), show_default=False),
]
Name = Annotated[str, typer.Option("--name", help=_("The person's name."), show_default=False)]
Sex = Annotated[str, typer.Option("--sex", help=_("1 for male, 2 for female."), show_default=False)]
Relationship = Annotated[
    str,
    typer.Option("--relationship", help=_("To the head of the household, a code of GB/T 4761."), show_default=False),
]
Ordinal = Annotated[
    int, typer.Option("--household", min=0, help=_("Which household of the dwelling, 0 for a new one."))
]


@command(app, "birth")
def birth(  # noqa: PLR0913, PLR0917 - the facts of the event
    room: RoomText,
    db: Db,
    name: Name = "",
    sex: Sex = "",
    relationship: Relationship = "",
    on: On = None,
    household: Ordinal = 1,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Record a birth in a household."""
    with _writing(db, as_) as (work, unit):
        place = _room(work, unit, room)
        born = parse_day(on, "--on") or local_today(unit)
        typed = {"name": name, "sex": sex, "relationship": relationship, "birth_date": born.isoformat()}
        child = read_values(Record.RESIDENT, typed, {}, masked=False, today=local_today(unit))
        home = _household(work, unit, place, max(household, 1))
        saved = events.record_birth(unit, work.actor, place.region, place.id, home or uuid7(), child, uuid7())
    _told(saved, as_json=json_)


@command(app, "death")
def death(person: Person, db: Db, on: On = None, as_: As = None, json_: Json = False) -> None:
    """Record a death: the person's residences end."""
    _one(person, db, on, as_, events.record_death, as_json=json_)


@command(app, "strike-out")
def strike_out(person: Person, db: Db, on: On = None, as_: As = None, json_: Json = False) -> None:
    """Take out of the count who should never have been recorded; it appears as a correction."""
    _one(person, db, on, as_, events.strike_out, as_json=json_)


def _one(
    person: UUID,
    db: str,
    on: str | None,
    as_: str | None,
    happen: Callable[..., Saved],
    *,
    as_json: bool,
) -> None:
    with _writing(db, as_) as (work, unit):
        saved = happen(unit, work.actor, region_of_person(unit, person), person, _event(unit, on))
    _told(saved, as_json=as_json)


@command(app, "move-in")
def move_in(  # noqa: PLR0913, PLR0917 - the facts of the event
    room: RoomText,
    db: Db,
    name: Name = "",
    sex: Sex = "",
    id_number: Annotated[str, typer.Option("--id-number", help=_("The identity number."), show_default=False)] = "",
    phone: Annotated[str, typer.Option("--phone", help=_("The telephone."), show_default=False)] = "",
    relationship: Relationship = "",
    on: On = None,
    household: Ordinal = 0,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Record that somebody comes to live in a dwelling."""
    with _writing(db, as_) as (work, unit):
        place = _room(work, unit, room)
        typed = {"name": name, "sex": sex, "id_number": id_number, "phone": phone, "relationship": relationship}
        values = read_values(Record.RESIDENT, typed, {}, masked=False, today=local_today(unit))
        entry = Entry(_household(work, unit, place, household), "", values.get("relationship", ""))
        moved = _event(unit, on)
        saved = events.record_move_in(unit, work.actor, place.region, place.id, values, entry, moved)
    _told(saved, as_json=json_)


@command(app, "move-out")
def move_out(persons: Persons, db: Db, on: On = None, as_: As = None, json_: Json = False) -> None:
    """Record that persons leave the area of the register."""
    with _writing(db, as_) as (work, unit):
        region = region_of_person(unit, persons[0])
        saved = events.record_move_out(unit, work.actor, region, persons, _event(unit, on))
    _told(saved, as_json=json_)


@command(app, "move-within")
def move_within(
    persons: Persons,
    to: Annotated[str, typer.Option("--to", help=_("The dwelling they move to, with compound and building."))],
    db: Db,
    on: On = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Record that persons move to another dwelling of the register."""
    with _writing(db, as_) as (work, unit):
        place = _room(work, unit, to)
        moved = _event(unit, on)
        saved = events.record_move_within(unit, work.actor, place.region, persons, place.id, None, moved)
    _told(saved, as_json=json_)


@command(app, "history")
def history(person: Person, db: Db, as_: As = None, json_: Json = False) -> None:
    """Say who changed what of a person, the newest first; masked, and logged."""
    with working(db, as_) as work, work.store.write() as unit:
        entries = person_history(unit, work.actor, region_of_person(unit, person), person)
    if json_:
        emit({"history": [_machine(entry) for entry in entries]})
        return
    text, described = words(), fields_of(Record.RESIDENT)
    for entry in entries:
        title = text.gettext(DEEDS[entry.kind]) if entry.kind in DEEDS else entry.kind
        out.print(escape(f"{entry.at:%Y-%m-%d %H:%M}  {title}  {entry.by or ''}  {entry.change_id or ''}"))
        for change in entry.fields:
            label = text.gettext(described[change.field].label) if change.field in described else change.field
            out.print(escape(f"    {label}: {change.before or '–'} → {change.after or '–'}"))


def _machine(entry: HistoryEntry) -> dict[str, object]:
    return {
        "at": entry.at,
        "kind": entry.kind,
        "by": entry.by,
        "change": entry.change_id,
        "undone_at": entry.undone_at,
        "fields": [change.field for change in entry.fields],
        "holds_from": entry.holds_from,
    }


@command(app, "changes")
def changes(
    db: Db,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help=_("At most so many changes."))] = 20,
    as_: As = None,
    json_: Json = False,
) -> None:
    """List your own latest changes by hand, the newest first."""
    with working(db, as_) as work, work.store.read() as unit:
        made = [one for one in own_changes(unit, work.actor.user_id, limit=limit) if is_by_hand(one.kind)]
        rows = [(one.id, one.kind, one.made_at, one.undone_at) for one in made]
    if json_:
        emit({"changes": [{"change": id_, "kind": kind, "at": at, "undone_at": gone} for id_, kind, at, gone in rows]})
        return
    text = words()
    for id_, kind, at, gone in rows:
        title = text.gettext(DEEDS[kind]) if kind in DEEDS else kind
        mark = f"  {text.gettext('undone')}" if gone else ""
        out.print(escape(f"{id_}  {at:%Y-%m-%d %H:%M}  {title}{mark}"))


@command(app, "undo")
def undo(
    change: Annotated[UUID, typer.Argument(metavar="CHANGE", help=_("The change to take back."), show_default=False)],
    db: Db,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Take a change by hand back: exactly, or not at all."""
    with _writing(db, as_) as (work, unit):
        done = undo_by_hand(unit, work.actor, change)
    if json_:
        emit({"undone": change, "records": done.restored + done.removed + done.brought_back})
        return
    say("Undone.")


@contextmanager
def _writing(db: str, as_: str | None) -> Iterator[tuple[Work, UnitOfWork]]:
    """A unit of work whose faults of fields are said as those of options."""
    with working(db, as_) as work:
        try:
            with work.store.write() as unit:
                yield work, unit
        except FormFaultsError as error:
            first = error.faults[0]
            raise InvalidInputError(field=f"--{first.field.replace('_', '-')}", reason=first.said) from None


def _event(unit: UnitOfWork, on: str | None) -> Event:
    return Event(uuid7(), parse_day(on, "--on") or local_today(unit))


def _room(work: Work, unit: UnitOfWork, text: str) -> Room:
    found = find_rooms(unit, work.actor, None, text, None)
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidInputError(field="ROOM", reason="there is no such dwelling in your areas")
    raise InvalidInputError(field="ROOM", reason="several dwellings fit; name compound and building")


def _household(work: Work, unit: UnitOfWork, place: Room, ordinal: int) -> UUID | None:
    if ordinal == 0:
        return None
    there = dwelling_residents(unit, work.actor, place.region, place.id, local_today(unit)).households
    if ordinal > len(there) or there[ordinal - 1].id is None:
        raise InvalidInputError(field="--household", reason="the dwelling has no such household")
    return there[ordinal - 1].id


def _told(saved: Saved, *, as_json: bool) -> None:
    if as_json:
        emit({"change": saved.change_id, "record": saved.record_id})
        return
    say("Saved. To take it back: gridmap record undo {change}", change=saved.change_id or "–")
    for note in saved.notes:
        out.print(escape(words().text(note.message, **note.params)))
