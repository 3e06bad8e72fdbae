"""Queries of who can be found by what: parts of names, tails of numbers, rooms. Every one takes the regions it may
look into, so that its cost follows the size of a region and not that of the register."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from enum import IntEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from gridmap.access.scope import Scope
from gridmap.areas.models import Area
from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.buildings.repository import inside, valid_at
from gridmap.buildings.wanted import HOUSE_SUFFIXES, WantedPlace
from gridmap.residents.models import NameTerm, Person, PersonAttribute, PersonTail, Residence
from gridmap.residents.repository import believed, inside_scope, pieces
from gridmap.residents.terms import MOST_CHARACTERS
from gridmap.store.store import UnitOfWork

PersonKey = tuple[int, UUID]


class Rank(IntEnum):
    """How well somebody fits what was looked for; the best first."""

    EXACT = 0
    PREFIX = 1
    INFIX = 2


def regions_of(unit: UnitOfWork, scope: Scope) -> list[int]:
    """The regions that hold anything of a scope."""
    query = sa.select(Area.region).distinct().where(Area.region.is_not(None))
    if not scope.everywhere:
        query = query.where(Area.id.in_(scope.areas()))
    return sorted(region for region in unit.session.scalars(query) if region is not None)


def by_name(
    unit: UnitOfWork,
    regions: Collection[int],
    key: str,
    rank: Rank,
    day: date,
    *,
    scope: Scope | None = None,
    limit: int | None = None,
) -> list[PersonKey]:
    """Persons who bear a name on a day that a normalised text fits with a rank.

    With a ``scope`` only those who live in it; without, wherever they live or lived. ``limit`` is the most to return.
    """
    text = key[:MOST_CHARACTERS].encode()
    query = (
        sa.select(PersonAttribute.region, PersonAttribute.person_id)
        .distinct()
        .join(NameTerm, sa.and_(NameTerm.region == PersonAttribute.region, NameTerm.name == PersonAttribute.name))
        .where(NameTerm.region.in_(regions), believed(PersonAttribute), *_fits(text, rank))
    )
    if scope is None:
        # Whoever is sought for a date is called what they were called then; who left keeps their last name.
        query = query.where(PersonAttribute.valid_from <= day)
    else:
        query = _living(query.where(valid_at(PersonAttribute, day)), PersonAttribute, scope, day)
    return _keys(unit, query.limit(limit) if limit else query)


def _fits(text: bytes, rank: Rank) -> list[ColumnElement[bool]]:
    if rank is Rank.EXACT:
        return [NameTerm.term == text, NameTerm.place == 0]
    begins = [NameTerm.term >= text, NameTerm.term < text + b"\xff"]
    if rank is Rank.PREFIX:
        return [*begins, NameTerm.place == 0, NameTerm.term != text]
    return [*begins, NameTerm.place > 0]


def by_tails(unit: UnitOfWork, regions: Collection[int], tails: Iterable[bytes]) -> list[PersonKey]:
    """Persons who may have a number with one of some tails (blind indexes); whether they do is for the caller."""
    query = sa.select(PersonTail.region, PersonTail.person_id).where(
        PersonTail.region.in_(regions), PersonTail.tail.in_(list(tails))
    )
    return list(dict.fromkeys(_keys(unit, query)))


def by_id_index(unit: UnitOfWork, regions: Collection[int], index: bytes) -> list[PersonKey]:
    """Persons with an identity number, by its blind index."""
    query = sa.select(Person.region, Person.id).where(Person.region.in_(regions), Person.id_index == index)
    return _keys(unit, query)


def numbers_of(unit: UnitOfWork, keys: Sequence[PersonKey]) -> dict[PersonKey, tuple[bytes | None, list[bytes]]]:
    """The sealed identity number and the sealed telephones in force (believed, not ended) of some persons."""
    found: dict[PersonKey, tuple[bytes | None, list[bytes]]] = {}
    for region, ids in pieces(keys):
        query = (
            sa.select(Person.id, Person.id_number, PersonAttribute.phone)
            .outerjoin(
                PersonAttribute,
                sa.and_(
                    PersonAttribute.region == Person.region,
                    PersonAttribute.person_id == Person.id,
                    PersonAttribute.phone.is_not(None),
                    PersonAttribute.valid_to.is_(None),
                    believed(PersonAttribute),
                ),
            )
            .where(Person.region == region, Person.id.in_(ids))
        )
        for person_id, number, phone in unit.session.execute(query):
            _, phones = found.setdefault((region, person_id), (number, []))
            if phone is not None:
                phones.append(phone)
    return found


def by_place(
    unit: UnitOfWork,
    regions: Collection[int],
    place: WantedPlace,
    day: date,
    *,
    scope: Scope | None = None,
    limit: int | None = None,
) -> list[PersonKey]:
    """Persons who live on a day in the buildings or rooms that a text means."""
    found: dict[PersonKey, None] = {}
    for region, buildings in pieces(_buildings(unit, regions, place, day, scope)):
        query = (
            sa.select(Residence.region, Residence.person_id)
            .distinct()
            .where(Residence.region == region, Residence.building_id.in_(buildings))
            .where(Residence.principal, believed(Residence), valid_at(Residence, day))
        )
        if place.room or place.unit:
            query = query.where(Residence.dwelling_id.in_(_rooms(region, buildings, place)))
        found |= dict.fromkeys(_keys(unit, query.limit(limit) if limit else query))
        if limit and len(found) >= limit:
            break
    return list(found)


def _buildings(
    unit: UnitOfWork, regions: Collection[int], place: WantedPlace, day: date, scope: Scope | None
) -> list[tuple[int, UUID]]:
    """Buildings that are called so: there are few enough of them in a region to read what each is called."""
    called: ColumnElement[str] = sa.func.coalesce(Compound.name, "")
    for part in (Building.road, Building.road_no, Building.name, Building.number, Building.address):
        called = called + " " + sa.func.coalesce(part, "")
    query = (
        sa.select(Building.region, Building.id)
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .where(Building.region.in_(regions), *(called.contains(word, autoescape=True) for word in place.words))
    )
    if place.building:
        query = query.where(Building.number.in_([f"{place.building}{suffix}" for suffix in HOUSE_SUFFIXES]))
    if scope is not None:
        query = query.where(inside(scope, day))
    return _keys(unit, query)


def _rooms(region: int, buildings: list[UUID], place: WantedPlace) -> sa.Select[UUID]:
    rooms = sa.select(Dwelling.id).where(Dwelling.region == region, Dwelling.building_id.in_(buildings))
    if place.room:
        rooms = rooms.where(Dwelling.room == place.room)
    if place.unit:
        rooms = rooms.join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        rooms = rooms.where(Unit.name.in_([place.unit, f"{place.unit}单元"]))
    return rooms


def living_inside(unit: UnitOfWork, keys: Sequence[PersonKey], scope: Scope, day: date) -> list[PersonKey]:
    """Those of some persons whose principal residence on a day is in scope."""
    found: list[PersonKey] = []
    for region, ids in pieces(keys):
        query = sa.select(Person.region, Person.id).where(Person.region == region, Person.id.in_(ids))
        found += _keys(unit, _living(query, Person, scope, day))
    return found


def _living(query: sa.Select[int, UUID], model: type, scope: Scope, day: date) -> sa.Select[int, UUID]:
    owner = model.id if model is Person else model.person_id  # type: ignore[attr-defined]
    return (
        query.join(
            Residence,
            sa.and_(Residence.region == model.region, Residence.person_id == owner),  # type: ignore[attr-defined]
        )
        .outerjoin(Building, sa.and_(Building.region == Residence.region, Building.id == Residence.building_id))
        .where(Residence.principal, believed(Residence), valid_at(Residence, day), inside_scope(scope, day))
    )


def _keys(unit: UnitOfWork, query: sa.Select[int, UUID]) -> list[PersonKey]:
    return [(region, person) for region, person in unit.session.execute(query)]
