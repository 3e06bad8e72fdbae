"""Rows of residences as events write them: opened, ended, or believed anew.

The causes written here are those that the reconciliation counts by: somebody is born or dies, moves in, out or within
the register. Moving within is an end and a beginning on one day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from gridmap.editing.errors import fault
from gridmap.errors import NotFoundError
from gridmap.residents.models import Household, Residence
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

HEADS = ("01", "02")
"""Relationships (GB/T 4761) that mark the head of a household."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a residence is: a dwelling of a building, a building, or an area."""

    dwelling_id: UUID | None = None
    building_id: UUID | None = None
    area_id: UUID | None = None


def open_of(unit: UnitOfWork, region: int, person_ids: Collection[UUID]) -> dict[UUID, Residence]:
    """The open principal residence of each of some persons, locked; persons without one are left out."""
    query = _believed(region).where(
        Residence.person_id.in_(list(person_ids)), Residence.valid_to.is_(None), Residence.principal.is_(sa.true())
    )
    # Always in one order: two who change the same persons at once wait for each other, and not crosswise.
    return {row.person_id: row for row in unit.session.scalars(_locked(unit, query.order_by(Residence.id)))}


def the_open_one(unit: UnitOfWork, region: int, person_id: UUID) -> Residence:
    """The open principal residence of a person.

    Raises:
        NotFoundError: the person lives nowhere in the register.
    """
    found = open_of(unit, region, [person_id]).get(person_id)
    if found is None:
        raise NotFoundError
    return found


def open_in_household(unit: UnitOfWork, region: int, household_id: UUID) -> list[Residence]:
    """The open principal residences of a household, its head first."""
    query = _believed(region).where(
        Residence.household_id == household_id, Residence.valid_to.is_(None), Residence.principal.is_(sa.true())
    )
    return list(unit.session.scalars(_locked(unit, query.order_by(Residence.relationship, Residence.id))))


def latest(unit: UnitOfWork, region: int, person_id: UUID) -> Residence | None:
    """The principal residence of a person that began last, ended or not."""
    query = _believed(region).where(Residence.person_id == person_id, Residence.principal.is_(sa.true()))
    return unit.session.scalars(query.order_by(Residence.valid_from.desc(), Residence.id.desc()).limit(1)).first()


def _believed(region: int) -> sa.Select[Residence]:
    return sa.select(Residence).where(Residence.region == region, Residence.superseded_at.is_(None))


def _locked(unit: UnitOfWork, query: sa.Select[Residence]) -> sa.Select[Residence]:
    return query.with_for_update().execution_options(populate_existing=True) if unit.writing else query


def enter(  # noqa: PLR0913 - the facts of a residence
    unit: UnitOfWork,
    region: int,
    person_id: UUID,
    place: Place,
    *,
    household_id: UUID | None,
    relationship: str | None,
    on: date,
    cause: str,
    principal: bool = True,
) -> Residence:
    """Open a residence on a day."""
    made = Residence(
        region=region,
        id=uuid7(),
        person_id=person_id,
        household_id=household_id,
        dwelling_id=place.dwelling_id,
        building_id=place.building_id,
        area_id=place.area_id,
        relationship=relationship or None,
        principal=principal,
        valid_from=on,
        valid_to=None,
        cause_in=cause,
        cause_out=None,
        recorded_at=unit.now,
        superseded_at=None,
        batch_id=None,
    )
    unit.session.add(made)
    return made


def leave(residence: Residence, on: date, cause: str, *, same_day: bool = False) -> None:
    """End a residence. ``same_day`` allows the day on which it began.

    Raises:
        FormFaultsError: it began on that day or later.
    """
    if on < residence.valid_from or (on == residence.valid_from and not same_day):
        since = residence.valid_from.isoformat()
        raise fault("on", "{day} is not after {since}, when the person came here.", day=on.isoformat(), since=since)
    residence.valid_to, residence.cause_out = on, cause


def believe_anew(unit: UnitOfWork, residence: Residence, **changed: object) -> Residence:
    """What we believed about a residence was wrong: replace the belief, keep the old one."""
    columns = [column.name for column in Residence.__table__.columns]
    kept = {name: getattr(residence, name) for name in columns if name not in {"id", "recorded_at", "batch_id"}}
    residence.superseded_at = unit.now
    made = Residence(id=uuid7(), recorded_at=unit.now, batch_id=None, **{**kept, "superseded_at": None, **changed})
    unit.session.add(made)
    return made


def new_household(unit: UnitOfWork, region: int, place: Place, number: str | None = None) -> Household:
    """A household without members yet."""
    made = Household(
        region=region,
        id=uuid7(),
        number=number or None,
        dwelling_id=place.dwelling_id,
        building_id=place.building_id,
        area_id=place.area_id,
        batch_id=None,
        version=1,
    )
    unit.session.add(made)
    unit.session.flush()
    return made


def place_of(residence: Residence) -> Place:
    """Where a residence is."""
    return Place(residence.dwelling_id, residence.building_id, residence.area_id)


def has_head(residences: Iterable[Residence]) -> bool:
    """Whether one of some members is the head."""
    return any(residence.relationship in HEADS for residence in residences)
