"""Queries of residents. Every method takes the region, or says that it looks everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from gridmap.access.scope import Scope
from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.buildings.repository import inside, valid_at
from gridmap.residents.models import Household, Person, PersonAttribute, Residence
from gridmap.store.store import UnitOfWork

_PIECE = 500


@dataclass(frozen=True, slots=True)
class Resident:
    """A person at a place at a date, unmasked: never leaves the service, never printed."""

    person_id: UUID
    region: int
    residence: Residence = field(repr=False)
    person: Person = field(repr=False)
    attribute: PersonAttribute | None = field(repr=False)
    household: Household | None = field(repr=False)
    dwelling: Dwelling | None = field(repr=False, default=None)
    staircase: Unit | None = field(repr=False, default=None)
    building: Building | None = field(repr=False, default=None)
    compound: Compound | None = field(repr=False, default=None)


def believed(model: type) -> ColumnElement[bool]:
    """A clause: the row is what we believe now."""
    return model.superseded_at.is_(None)  # type: ignore[attr-defined, no-any-return]


def inside_scope(scope: Scope, day: date) -> ColumnElement[bool]:
    """A clause on :class:`Residence` joined to :class:`Building`: its place is in scope."""
    if scope.everywhere:
        return sa.true()
    return sa.or_(
        sa.and_(Residence.building_id.is_not(None), inside(scope, day)),
        sa.and_(Residence.building_id.is_(None), scope.covers(Residence.area_id)),
    )


def _residents(
    day: date,
) -> sa.Select[Residence, Person, PersonAttribute, Household, Dwelling, Unit, Building, Compound]:
    return _joined(valid_at(PersonAttribute, day)).where(believed(Residence), valid_at(Residence, day))


def _joined(
    attribute: ColumnElement[bool],
) -> sa.Select[Residence, Person, PersonAttribute, Household, Dwelling, Unit, Building, Compound]:
    """Residences with everything that describes their persons; ``attribute`` chooses among a person's states."""
    return (
        sa.select(Residence, Person, PersonAttribute, Household, Dwelling, Unit, Building, Compound)
        .join(Person, sa.and_(Person.region == Residence.region, Person.id == Residence.person_id))
        .outerjoin(
            PersonAttribute,
            sa.and_(
                PersonAttribute.region == Residence.region,
                PersonAttribute.person_id == Residence.person_id,
                believed(PersonAttribute),
                attribute,
            ),
        )
        .outerjoin(Household, sa.and_(Household.region == Residence.region, Household.id == Residence.household_id))
        .outerjoin(Dwelling, sa.and_(Dwelling.region == Residence.region, Dwelling.id == Residence.dwelling_id))
        .outerjoin(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        .outerjoin(Building, sa.and_(Building.region == Residence.region, Building.id == Residence.building_id))
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .options(sa.orm.defer(Building.footprint))
    )


def _rows(
    unit: UnitOfWork,
    query: sa.Select[Residence, Person, PersonAttribute, Household, Dwelling, Unit, Building, Compound],
) -> list[Resident]:
    return [
        Resident(r.person_id, r.region, r, person, attribute, household, dwelling, staircase, building, compound)
        for r, person, attribute, household, dwelling, staircase, building, compound in unit.session.execute(query)
    ]


def of_dwelling(unit: UnitOfWork, region: int, dwelling_id: UUID, day: date) -> list[Resident]:
    """Who lives in a dwelling on a day, household by household, heads first."""
    query = (
        _residents(day)
        .where(Residence.region == region, Residence.dwelling_id == dwelling_id)
        .order_by(Residence.household_id, Residence.relationship, Person.birth_date)
    )
    return _rows(unit, query)


def of_building_without_room(unit: UnitOfWork, region: int, building_id: UUID, day: date) -> list[Resident]:
    """Who is known to live in a building while the room is unknown."""
    query = _residents(day).where(
        Residence.region == region, Residence.building_id == building_id, Residence.dwelling_id.is_(None)
    )
    return _rows(unit, query)


def of_person(unit: UnitOfWork, region: int, person_id: UUID, day: date) -> Resident | None:
    """A person with the principal residence open on a day."""
    query = (
        _residents(day)
        .where(Residence.region == region, Residence.person_id == person_id)
        .order_by(Residence.principal.desc(), Residence.valid_from.desc())
        .limit(1)
    )
    return next(iter(_rows(unit, query)), None)


def living(unit: UnitOfWork, keys: Iterable[tuple[int, UUID]], day: date) -> list[Resident]:
    """Some persons (region, id) with the principal residence each has on a day; who has none is left out."""
    found: list[Resident] = []
    for region, ids in pieces(keys):
        query = _residents(day).where(Residence.region == region, Residence.principal, Residence.person_id.in_(ids))
        found += _rows(unit, query)
    return found


def names_of(unit: UnitOfWork, keys: Iterable[tuple[int, UUID]], day: date) -> dict[tuple[int, UUID], str]:
    """The names that some persons (region, id) bear on a day."""
    found: dict[tuple[int, UUID], str] = {}
    for region, ids in pieces(keys):
        query = sa.select(PersonAttribute.person_id, PersonAttribute.name).where(
            PersonAttribute.region == region,
            PersonAttribute.person_id.in_(ids),
            PersonAttribute.name.is_not(None),
            believed(PersonAttribute),
            valid_at(PersonAttribute, day),
        )
        found |= {(region, row.person_id): row.name for row in unit.session.execute(query) if row.name}
    return found


def pieces(keys: Iterable[tuple[int, UUID]]) -> Iterator[tuple[int, list[UUID]]]:
    """Ids by region, as many as one query takes."""
    by_region: dict[int, list[UUID]] = {}
    for region, person in keys:
        by_region.setdefault(region, []).append(person)
    for region, ids in by_region.items():
        for start in range(0, len(ids), _PIECE):
            yield region, ids[start : start + _PIECE]


def latest_of(unit: UnitOfWork, region: int, person_ids: Collection[UUID]) -> dict[UUID, Resident]:
    """Persons with their latest residence, also when it has ended, and what was last known of them."""
    if not person_ids:
        return {}
    newest = sa.orm.aliased(PersonAttribute)
    last_state = (
        sa.select(newest.id)
        .where(newest.region == region, newest.person_id == Residence.person_id, newest.superseded_at.is_(None))
        .order_by(newest.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        _joined(PersonAttribute.id == last_state)
        .where(Residence.region == region, Residence.person_id.in_(list(person_ids)), believed(Residence))
        .order_by(Residence.valid_from, Residence.principal)
    )
    return {resident.person_id: resident for resident in _rows(unit, query)}


_IDS_AT_ONCE = 5000
"""Databases take only so many values in one query."""


def visible_persons(unit: UnitOfWork, region: int, person_ids: Collection[UUID], scope: Scope, day: date) -> set[UUID]:
    """Which persons an actor may see: those whose *latest* residence is in scope.

    Somebody who moved out of a worker's cell is not theirs to read any more, at whatever date they look.
    """
    if not person_ids or scope.everywhere:
        return set(person_ids)
    wanted = list(person_ids)
    return {
        person
        for start in range(0, len(wanted), _IDS_AT_ONCE)
        for person in _visible(unit, region, wanted[start : start + _IDS_AT_ONCE], scope, day)
    }


def _visible(unit: UnitOfWork, region: int, person_ids: list[UUID], scope: Scope, day: date) -> set[UUID]:
    latest = (
        sa.select(
            Residence.id,
            sa.func.row_number()
            .over(partition_by=Residence.person_id, order_by=(Residence.valid_from.desc(), Residence.principal.desc()))
            .label("rank"),
        )
        .where(Residence.region == region, Residence.person_id.in_(person_ids), believed(Residence))
        .subquery()
    )
    query = (
        sa.select(Residence.person_id)
        .join(latest, sa.and_(latest.c.id == Residence.id, latest.c.rank == 1))
        .outerjoin(Building, sa.and_(Building.region == Residence.region, Building.id == Residence.building_id))
        .where(Residence.region == region, inside_scope(scope, day))
    )
    return set(unit.session.scalars(query))


def list_everywhere(
    unit: UnitOfWork,
    scope: Scope,
    day: date,
    today: date,
    clauses: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    offset: int,
) -> tuple[list[Resident], int]:
    """A page of the residents in scope on a day, and how many there are."""
    base = _residents(day).where(Residence.principal, inside_scope(scope, today), *clauses)
    count = unit.session.scalar(sa.select(sa.func.count()).select_from(base.with_only_columns(Residence.id).subquery()))
    # Whoever has no room comes last, on both engines.
    place = (Compound.name, Building.number, Building.id, Unit.position, Dwelling.floor, Dwelling.room)
    page = base.order_by(
        *(column.nulls_last() for column in place), Residence.household_id, Residence.relationship, Residence.id
    )
    page = page.limit(limit).offset(offset)
    return _rows(unit, page), int(count or 0)
