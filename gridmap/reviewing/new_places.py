"""Places that the register does not have yet: a room, a unit, or a whole building without a footprint."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.errors import InvalidInputError
from gridmap.linking.keys import name_key, number_key
from gridmap.reviewing.settling import Home
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

LONGEST_NAME, LONGEST_NUMBER = 128, 32


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A room, in a building of the register (``building_id``) or in a new one: of a compound, or at a road, with its
    number, recorded under ``area_id``. ``unit`` and ``room`` may be empty: then only the building is made."""

    room: str = ""
    unit: str = ""
    building_id: UUID | None = None
    compound: str = ""
    number: str = ""
    road: str = ""
    road_no: str = ""
    area_id: UUID | None = None


def make_place(unit: UnitOfWork, region: int, wanted: NewPlace) -> tuple[Home, bool]:
    """Make what is missing of a place, and use what is there; whether anything was made.

    Raises `InvalidInputError` where nothing names the building, or a name is too long.
    """
    _check(wanted)
    building_id = wanted.building_id or _known_building(unit, region, wanted)
    made = building_id is None
    if building_id is None:
        building_id = _new_building(unit, region, wanted)
    if not wanted.room:
        return Home(region, building_id, None), made
    staircase = _staircase(unit, region, building_id, wanted.unit)
    dwelling = _known_room(unit, region, building_id, staircase, wanted.room)
    if dwelling is not None:
        return Home(region, building_id, dwelling), made
    room = Dwelling(
        region=region,
        id=uuid7(),
        building_id=building_id,
        unit_id=staircase,
        floor=_floor(wanted.room),
        room=wanted.room,
        version=1,
    )
    unit.session.add(room)
    unit.session.flush()
    return Home(region, building_id, room.id), True


def _check(wanted: NewPlace) -> None:
    if wanted.building_id is None and not (wanted.compound and wanted.number) and not (wanted.road and wanted.road_no):
        raise InvalidInputError(field="Building", reason="say compound and number, or road and house number")
    if wanted.building_id is not None and not wanted.room:
        raise InvalidInputError(field="Room", reason="say which room is to be made")
    if max(len(wanted.compound), len(wanted.road)) > LONGEST_NAME:
        raise InvalidInputError(field="Name", reason="too long")
    if max(len(text) for text in (wanted.room, wanted.unit, wanted.number, wanted.road_no)) > LONGEST_NUMBER:
        raise InvalidInputError(field="Number", reason="too long")


def _known_building(unit: UnitOfWork, region: int, wanted: NewPlace) -> UUID | None:
    """A building of the region that is named so already: it is not made twice."""
    query = (
        sa.select(Building.id, Building.number, Building.road, Building.road_no, Compound.name)
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .where(Building.region == region, Building.valid_to.is_(None))
    )
    query = query.where(Compound.name == wanted.compound if wanted.compound else Building.road == wanted.road)
    asked = _key(wanted.compound, wanted.number, wanted.road, wanted.road_no)
    for row in unit.session.execute(query):
        if _key(row.name, row.number, row.road, row.road_no) == asked:
            return UUID(bytes=row.id.bytes)
    return None


def _key(compound: str | None, number: str | None, road: str | None, road_no: str | None) -> tuple[str, ...]:
    """What a building is known by: compound and number, else road, house number and number."""
    place = (name_key(compound),) if compound else (name_key(road or ""), number_key(road_no or ""))
    return (*place, number_key(number or ""))


def _new_building(unit: UnitOfWork, region: int, wanted: NewPlace) -> UUID:
    compound_id = _compound(unit, region, wanted) if wanted.compound else None
    building = Building(
        region=region,
        id=uuid7(),
        compound_id=compound_id,
        area_id=wanted.area_id,
        number=wanted.number or None,
        road=wanted.road or None,
        road_no=wanted.road_no or None,
        version=1,
    )
    unit.session.add(building)
    unit.session.flush()
    return building.id


def _compound(unit: UnitOfWork, region: int, wanted: NewPlace) -> UUID:
    query = sa.select(Compound.id).where(Compound.region == region, Compound.name == wanted.compound)
    if (known := unit.session.scalar(query.limit(1))) is not None:
        return known
    compound = Compound(region=region, id=uuid7(), name=wanted.compound, area_id=wanted.area_id, version=1)
    unit.session.add(compound)
    unit.session.flush()
    return compound.id


def _staircase(unit: UnitOfWork, region: int, building_id: UUID, name: str) -> UUID:
    """The unit of a building with this name; a room without one goes to the only unit there is."""
    rows = unit.session.execute(
        sa.select(Unit.id, Unit.name, Unit.position).where(Unit.region == region, Unit.building_id == building_id)
    ).all()
    key = number_key(name)
    same = [row for row in rows if number_key(row.name) == key]
    if same or (not name and len(rows) == 1):
        return UUID(bytes=(same or rows)[0].id.bytes)
    position = max((row.position for row in rows), default=-1) + 1
    staircase = Unit(region=region, id=uuid7(), building_id=building_id, name=name, position=position)
    unit.session.add(staircase)
    unit.session.flush()
    return staircase.id


def _known_room(unit: UnitOfWork, region: int, building_id: UUID, staircase: UUID, room: str) -> UUID | None:
    rows = unit.session.execute(
        sa.select(Dwelling.id, Dwelling.room).where(
            Dwelling.region == region, Dwelling.building_id == building_id, Dwelling.unit_id == staircase
        )
    )
    key = number_key(room)
    return next((row.id for row in rows if number_key(row.room) == key), None)


def _floor(room: str) -> int | None:
    """The floor that a room's number tells: ``1204`` is on the twelfth."""
    key = number_key(room)
    return int(key[:-2]) if key.isdigit() and 3 <= len(key) <= 4 else None
