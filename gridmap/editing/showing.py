"""What a form shows before it is filled in: a person or a room, masked and audited, and rooms to move to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.policy import Action, allows
from gridmap.access.scope import scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.buildings.repository import inside
from gridmap.buildings.service import building_name
from gridmap.buildings.wanted import HOUSE_SUFFIXES, read_place
from gridmap.editing.errors import fault
from gridmap.editing.fields import Record, fields_of
from gridmap.editing.labels import place_labels, room_name
from gridmap.editing.persons import resident_values
from gridmap.editing.reach import edit_scope
from gridmap.editing.residences import latest
from gridmap.errors import NotFoundError
from gridmap.residents.models import Person
from gridmap.residents.repository import visible_persons
from gridmap.residents.rules import age_on
from gridmap.store.store import UnitOfWork

MOST_ROOMS = 12
_ROOM_ALONE = re.compile(r"^[A-Za-z]?[0-9]{2,5}[A-Za-z]?$")


@dataclass(frozen=True, slots=True)
class PersonSheet:
    """A person as the pages of records show them: every field masked. ``state`` is ``here``, ``left``, ``deceased`` or
    ``struck``; ``since`` and ``until`` are of the latest residence."""

    id: UUID
    region: int
    values: dict[str, str] = field(repr=False)
    age: int | None
    place: str
    state: str
    since: date | None
    until: date | None
    building_id: UUID | None
    dwelling_id: UUID | None
    household_id: UUID | None
    disputed: bool
    may_edit: bool


_STATES = {None: "left", "death": "deceased", "correction": "struck"}


def person_sheet(unit: UnitOfWork, actor: Actor, region: int, person_id: UUID) -> PersonSheet:
    """What is known of a person, masked; the reading is audited.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    scope = scope_of(actor, Action.PERSON_LIST)
    today = local_today(unit)
    person = unit.session.get(Person, (region, person_id))
    if person is None or not visible_persons(unit, region, {person_id}, scope, today):
        raise NotFoundError
    audit.record(
        unit, actor, Action.PERSON_LIST.value, region=region, subjects=[person_id], details={"fields": "masked"}
    )
    fields = fields_of(Record.RESIDENT)
    values = resident_values(unit, region, person_id)
    residence = latest(unit, region, person_id)
    state = "here"
    if residence is not None and residence.valid_to is not None:
        state = _STATES.get(residence.cause_out, "left")
    return PersonSheet(
        id=person_id,
        region=region,
        values={name: fields[name].masked(text) for name, text in values.items()},
        age=age_on(person.birth_date, today) if person.birth_date else None,
        place=place_labels(unit, [residence])[residence.id] if residence else "",
        state=state,
        since=residence.valid_from if residence else None,
        until=residence.valid_to if residence else None,
        building_id=residence.building_id if residence else None,
        dwelling_id=residence.dwelling_id if residence else None,
        household_id=residence.household_id if residence else None,
        disputed=person.disputed,
        may_edit=allows(actor, Action.RECORD_EDIT)
        and bool(visible_persons(unit, region, {person_id}, edit_scope(actor), today)),
    )


def log_full(unit: UnitOfWork, actor: Actor, region: int, person_id: UUID, said: str) -> None:
    """Note that a form was opened in full, for a purpose."""
    audit.record(
        unit, actor, Action.PERSON_REVEAL.value, region=region, subjects=[person_id], purpose=said,
        details={"fields": ["name", "id_number", "phone", "birth_date", "registered_address"]},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Room:
    """A dwelling somebody may move to."""

    id: UUID
    region: int
    building_id: UUID
    label: str


def region_of_person(unit: UnitOfWork, person_id: UUID) -> int:
    """The region that keeps a person.

    Raises:
        NotFoundError: there is no such person.
    """
    found = unit.session.scalar(sa.select(Person.region).where(Person.id == person_id))
    if found is None:
        raise NotFoundError
    return found


def find_rooms(unit: UnitOfWork, actor: Actor, region: int | None, text: str, near: UUID | None) -> list[Room]:
    """Dwellings of a region (or of all) in the actor's areas that a text means: ``2-802`` near by, or with compound
    and building.

    What is found in the building ``near`` goes before everything else.

    Raises:
        PermissionDeniedError.
        FormFaultsError: the text names no room, or too many fit.
    """
    plain = text.strip()
    if near is not None and (found := _near(unit, actor, region, plain, near)):
        return found
    wanted = read_place(plain)
    if wanted is None or wanted.room is None:
        raise fault("to", "Name the room, as in 2-802, or with compound and building, as in 云湾花园1号楼2单元802.")
    query = _rooms(unit, actor, region).where(Dwelling.room == wanted.room)
    if wanted.unit is not None:
        query = query.where(Unit.name == wanted.unit)
    if wanted.building is not None:
        query = query.where(Building.number.in_([wanted.building + suffix for suffix in HOUSE_SUFFIXES]))
    name: sa.ColumnElement[str] = sa.func.coalesce(Compound.name, "")
    for part in (Building.number, Building.name, Building.road, Building.road_no, Building.address):
        name = name + sa.func.coalesce(part, "")
    for word in wanted.words:
        query = query.where(name.contains(word, autoescape=True))
    return _found(unit, query)


def _near(unit: UnitOfWork, actor: Actor, region: int | None, text: str, near: UUID) -> list[Room]:
    parts = [part for part in re.split(r"[-—–－单元]+", text.removesuffix("室").removesuffix("号")) if part]
    query = _rooms(unit, actor, region).where(Building.id == near)
    if len(parts) == 1 and _ROOM_ALONE.match(parts[0]):
        return _found(unit, query.where(Dwelling.room == parts[0].upper()))
    if len(parts) == 2 and _ROOM_ALONE.match(parts[1]):
        return _found(unit, query.where(Dwelling.room == parts[1].upper(), Unit.name == parts[0]))
    return []


def room_of(unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID) -> Room:
    """One dwelling in the actor's areas.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    found = _found(unit, _rooms(unit, actor, region).where(Dwelling.id == dwelling_id))
    if not found:
        raise NotFoundError
    return found[0]


def _rooms(unit: UnitOfWork, actor: Actor, region: int | None) -> sa.Select[Dwelling, Unit, Building, Compound]:
    return (
        sa.select(Dwelling, Unit, Building, Compound)
        .join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        .join(Building, sa.and_(Building.region == Dwelling.region, Building.id == Dwelling.building_id))
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .where(sa.true() if region is None else Dwelling.region == region, inside(edit_scope(actor), local_today(unit)))
        .options(sa.orm.defer(Building.footprint))
        .order_by(Compound.name, Building.number, Unit.position, Dwelling.room)
    )


def _found(unit: UnitOfWork, query: sa.Select[Dwelling, Unit, Building, Compound]) -> list[Room]:
    rows = unit.session.execute(query.limit(MOST_ROOMS + 1)).all()
    if len(rows) > MOST_ROOMS:
        raise fault("to", "Many rooms fit: name compound and building too.")
    named = [(row[0], room_name(row[1].name, row[0].room), row[2], row[3]) for row in rows]
    return [
        Room(dwelling.id, dwelling.region, building.id, f"{building_name(building, compound)} {room}")
        for dwelling, room, building, compound in named
    ]
