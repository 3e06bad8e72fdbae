"""Queries of the built stock. Every method takes the region, or says that it looks everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from gridmap.access.scope import Scope
from gridmap.buildings.models import (
    Building,
    BuildingCell,
    BuildingCode,
    Compound,
    Dwelling,
    DwellingCode,
    DwellingState,
    Organisation,
    Unit,
    Verification,
)
from gridmap.store.store import UnitOfWork


def valid_at(model: type, day: date) -> ColumnElement[bool]:
    """A clause: the dated row holds on a day (half-open intervals)."""
    start, end = model.valid_from, model.valid_to  # type: ignore[attr-defined]
    return sa.and_(sa.or_(start.is_(None), start <= day), sa.or_(end.is_(None), end > day))


def inside(scope: Scope, day: date) -> ColumnElement[bool]:
    """A clause on :class:`Building`: its main cell that day, or else the area it was recorded under, is in scope."""
    if scope.everywhere:
        return sa.true()
    main = sa.and_(
        BuildingCell.region == Building.region,
        BuildingCell.building_id == Building.id,
        BuildingCell.main,
        valid_at(BuildingCell, day),
    )
    in_cell = sa.exists().where(main, scope.covers(BuildingCell.cell_id))
    return sa.or_(in_cell, sa.and_(~sa.exists().where(main), scope.covers(Building.area_id)))


def building(
    unit: UnitOfWork, region: int, building_id: UUID, scope: Scope, day: date
) -> tuple[Building, Compound | None] | None:
    """A building in scope with its compound."""
    found = unit.session.execute(
        sa.select(Building, Compound)
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .where(Building.region == region, Building.id == building_id, inside(scope, day))
    ).first()
    return None if found is None else (found[0], found[1])


def buildings_of(
    unit: UnitOfWork, region: int, building_ids: Collection[UUID]
) -> list[tuple[Building, Compound | None]]:
    """Some buildings of a region with their compounds, without footprints."""
    rows = unit.session.execute(
        sa.select(Building, Compound)
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .where(Building.region == region, Building.id.in_(list(building_ids)))
        .options(sa.orm.defer(Building.footprint))
    )
    return [(building, compound) for building, compound in rows]


def footprints_everywhere(unit: UnitOfWork, day: date) -> list[bytes]:
    """The footprints (WKB, lon/lat) of all buildings that stand on a day."""
    query = sa.select(Building.footprint).where(Building.footprint.is_not(None), valid_at(Building, day))
    return [footprint for footprint in unit.session.scalars(query) if footprint is not None]


def building_of_dwelling(unit: UnitOfWork, region: int, dwelling_id: UUID) -> UUID | None:
    """The building a dwelling is in."""
    query = sa.select(Dwelling.building_id).where(Dwelling.region == region, Dwelling.id == dwelling_id)
    return unit.session.scalar(query)


def ids_inside(unit: UnitOfWork, region: int, building_ids: Collection[UUID], scope: Scope, day: date) -> set[UUID]:
    """Which of some buildings are in scope."""
    if not building_ids:
        return set()
    query = sa.select(Building.id).where(
        Building.region == region, Building.id.in_(list(building_ids)), inside(scope, day)
    )
    return set(unit.session.scalars(query))


def cells_of(unit: UnitOfWork, region: int, building_id: UUID, day: date) -> list[BuildingCell]:
    """The cells a building lies in on a day, the main one first."""
    query = (
        sa.select(BuildingCell)
        .where(BuildingCell.region == region, BuildingCell.building_id == building_id, valid_at(BuildingCell, day))
        .order_by(BuildingCell.main.desc(), BuildingCell.share.desc())
    )
    return list(unit.session.scalars(query))


def dwellings_of(unit: UnitOfWork, region: int, building_id: UUID) -> list[tuple[Dwelling, Unit]]:
    """The dwellings of a building with their units, unit by unit from the ground up."""
    rows = unit.session.execute(
        sa.select(Dwelling, Unit)
        .join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        .where(Dwelling.region == region, Dwelling.building_id == building_id)
        .order_by(Unit.position, Unit.name, Dwelling.floor, Dwelling.room)
    )
    return [(dwelling, staircase) for dwelling, staircase in rows]


def dwelling(unit: UnitOfWork, region: int, dwelling_id: UUID) -> tuple[Dwelling, Unit] | None:
    """One dwelling with its unit."""
    found = unit.session.execute(
        sa.select(Dwelling, Unit)
        .join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        .where(Dwelling.region == region, Dwelling.id == dwelling_id)
    ).first()
    return None if found is None else (found[0], found[1])


_PIECE = 1_000
Located = tuple[Dwelling, Unit, Building, Compound | None]


def dwellings_by_id(unit: UnitOfWork, keys: Iterable[tuple[int, UUID]]) -> dict[tuple[int, UUID], Located]:
    """Some dwellings (region, id) with all that says where they are, without footprints."""
    found: dict[tuple[int, UUID], Located] = {}
    for region, ids in _pieces(keys):
        query = (
            sa.select(Dwelling, Unit, Building, Compound)
            .join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
            .join(Building, sa.and_(Building.region == Dwelling.region, Building.id == Dwelling.building_id))
            .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
            .where(Dwelling.region == region, Dwelling.id.in_(ids))
            .options(sa.orm.defer(Building.footprint))
        )
        for dwelling_, staircase, building_, compound in unit.session.execute(query):
            found[region, dwelling_.id] = (dwelling_, staircase, building_, compound)
    return found


def uses_of(unit: UnitOfWork, keys: Iterable[tuple[int, UUID]], day: date) -> dict[tuple[int, UUID], str]:
    """The recorded use of some dwellings (region, id) on a day."""
    found: dict[tuple[int, UUID], str] = {}
    for region, ids in _pieces(keys):
        query = (
            sa.select(DwellingState.dwelling_id, DwellingState.use)
            .where(DwellingState.region == region, DwellingState.dwelling_id.in_(ids), DwellingState.use.is_not(None))
            .where(DwellingState.superseded_at.is_(None), valid_at(DwellingState, day))
            .order_by(DwellingState.valid_from)
        )
        found |= {(region, row.dwelling_id): row.use for row in unit.session.execute(query) if row.use}
    return found


def dwellings_with_use(unit: UnitOfWork, use: str, day: date) -> list[UUID]:
    """The dwellings of every region whose recorded use on a day is one of a kind."""
    query = sa.select(DwellingState.dwelling_id).where(
        DwellingState.use == use, DwellingState.superseded_at.is_(None), valid_at(DwellingState, day)
    )
    return list(unit.session.scalars(query))


def _pieces(keys: Iterable[tuple[int, UUID]]) -> Iterable[tuple[int, list[UUID]]]:
    """Ids by region, as many as one query takes."""
    by_region: dict[int, list[UUID]] = {}
    for region, one in keys:
        by_region.setdefault(region, []).append(one)
    for region, ids in by_region.items():
        for start in range(0, len(ids), _PIECE):
            yield region, ids[start : start + _PIECE]


def last_verified(unit: UnitOfWork, region: int, dwelling_id: UUID, day: date) -> date | None:
    """The last verification of a dwelling up to a day."""
    query = sa.select(sa.func.max(Verification.verified_on)).where(
        Verification.region == region, Verification.dwelling_id == dwelling_id, Verification.verified_on <= day
    )
    return unit.session.scalar(query)


def organisations_of(
    unit: UnitOfWork, region: int, building_id: UUID, day: date
) -> list[tuple[Organisation, str | None]]:
    """The organisations in a building on a day, each with its room where it has one."""
    rows = unit.session.execute(
        sa.select(Organisation, Dwelling.room)
        .outerjoin(Dwelling, sa.and_(Dwelling.region == Organisation.region, Dwelling.id == Organisation.dwelling_id))
        .where(
            Organisation.region == region,
            Organisation.building_id == building_id,
            Organisation.superseded_at.is_(None),
            valid_at(Organisation, day),
        )
        .order_by(Organisation.name)
    )
    return [(organisation, room) for organisation, room in rows]


def codes_of(unit: UnitOfWork, region: int, building_id: UUID) -> list[BuildingCode]:
    """External ids of a building."""
    query = sa.select(BuildingCode).where(BuildingCode.region == region, BuildingCode.building_id == building_id)
    return list(unit.session.scalars(query))


def dwelling_codes(unit: UnitOfWork, region: int, dwelling_ids: Iterable[UUID]) -> dict[UUID, str]:
    """External ids of some dwellings."""
    query = sa.select(DwellingCode.dwelling_id, DwellingCode.value).where(
        DwellingCode.region == region, DwellingCode.dwelling_id.in_(list(dwelling_ids))
    )
    return {row.dwelling_id: row.value for row in unit.session.execute(query)}


def find_everywhere(
    unit: UnitOfWork, patterns: list[str], scope: Scope, day: date, limit: int
) -> list[tuple[Building, Compound | None]]:
    """Buildings in scope whose compound, number, name, road or address contains every pattern."""
    query = (
        sa.select(Building, Compound)
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .where(inside(scope, day))
        .order_by(Compound.name, Building.road, Building.number, Building.id)
        .limit(limit)
    )
    text: ColumnElement[str] = sa.func.coalesce(Compound.name, "")
    for part in (Building.number, Building.name, Building.road, Building.road_no, Building.address):
        text = text + " " + sa.func.coalesce(part, "")
    for pattern in patterns:
        query = query.where(text.contains(pattern, autoescape=True))
    return [(found, compound) for found, compound in unit.session.execute(query)]


def compounds_everywhere(
    unit: UnitOfWork, text: str, scope: Scope, day: date, limit: int
) -> list[tuple[Compound, UUID]]:
    """Compounds whose name contains a text, each with one of its buildings in scope."""
    # PostgreSQL before 18 has no min() of a UUID.
    key = sa.cast(Building.id, sa.String) if unit.dialect == "postgresql" else Building.id
    query = (
        sa.select(Compound, sa.func.min(key))
        .join(Building, sa.and_(Building.region == Compound.region, Building.compound_id == Compound.id))
        .where(Compound.name.contains(text, autoescape=True), inside(scope, day))
        .group_by(Compound.region, Compound.id)
        .order_by(Compound.name)
        .limit(limit)
    )
    return [(compound, UUID(str(first))) for compound, first in unit.session.execute(query)]


def find_organisations_everywhere(
    unit: UnitOfWork, text: str, scope: Scope, day: date, limit: int
) -> list[tuple[Organisation, Building]]:
    """Organisations in scope whose name contains a text."""
    rows = unit.session.execute(
        sa.select(Organisation, Building)
        .join(Building, sa.and_(Building.region == Organisation.region, Building.id == Organisation.building_id))
        .where(
            Organisation.name.contains(text, autoescape=True),
            Organisation.superseded_at.is_(None),
            valid_at(Organisation, day),
            inside(scope, day),
        )
        .order_by(Organisation.name)
        .limit(limit)
    )
    return [(organisation, place) for organisation, place in rows]
