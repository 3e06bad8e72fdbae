"""What a street holds already while a table of dwellings is imported, and what the table adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from gridmap.areas import repository as areas
from gridmap.areas.node import AreaNode
from gridmap.buildings.models import (
    Building,
    BuildingCode,
    Compound,
    Dwelling,
    DwellingCode,
    DwellingState,
    Unit,
    Verification,
)
from gridmap.changes.journal import Journal
from gridmap.store.base import Base
from gridmap.store.bulk import bulk_insert
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

OFFICE = "office"
"""The scheme of ids that are the office's own."""


@dataclass(slots=True)
class DwellingStock:
    """What the region holds already, and what this file adds; keyed as people name things."""

    region: int
    under: AreaNode
    communities: dict[str, UUID]
    by_code: dict[str, UUID]
    by_name: dict[tuple[str, str, str, str], UUID]
    by_compound: dict[tuple[str, str], set[UUID]]
    buildings: dict[UUID, Building]
    units: dict[tuple[UUID, str], UUID]
    rooms: dict[tuple[UUID, UUID, str], UUID]
    codes: dict[str, UUID]
    compound_ids: dict[str, UUID]
    states: dict[UUID, DwellingState]
    visits: set[tuple[UUID, date]]
    new_units: list[Unit] = field(default_factory=list)
    new_rooms: list[Dwelling] = field(default_factory=list)
    new_codes: list[tuple[str, UUID]] = field(default_factory=list)
    new_states: list[DwellingState] = field(default_factory=list)
    new_visits: list[tuple[UUID, date]] = field(default_factory=list)
    created: set[UUID] = field(default_factory=set)


def load_stock(unit: UnitOfWork, under: AreaNode, region: int) -> DwellingStock:
    """Load the buildings, units, rooms, codes, states and visits of a street."""
    session = unit.session
    buildings = {row.id: row for row in session.scalars(sa.select(Building).where(Building.region == region))}
    names = {
        row.id: row.name
        for row in session.execute(sa.select(Compound.id, Compound.name).where(Compound.region == region))
    }
    by_name: dict[tuple[str, str, str, str], UUID] = {}
    by_compound: dict[tuple[str, str], set[UUID]] = {}
    for row in buildings.values():
        compound = names.get(row.compound_id, "") if row.compound_id else ""
        number = plain_number(row.number or "")
        by_name.setdefault((compound, row.road or "", row.road_no or "", number), row.id)
        by_compound.setdefault((compound, number), set()).add(row.id)
    codes = session.execute(
        sa.select(BuildingCode.value, BuildingCode.building_id).where(BuildingCode.region == region)
    )
    units = session.execute(sa.select(Unit.building_id, Unit.name, Unit.id).where(Unit.region == region))
    rooms = session.execute(
        sa.select(Dwelling.building_id, Dwelling.unit_id, Dwelling.room, Dwelling.id).where(Dwelling.region == region)
    )
    communities: dict[str, UUID] = {}
    for node in areas.descendants(unit, under.id):
        for name in (node.name, node.code, *areas.names_of(unit, node.id)) if node.level == "community" else ():
            communities.setdefault(name, node.id)
    states = session.scalars(
        sa.select(DwellingState).where(
            DwellingState.region == region, DwellingState.superseded_at.is_(None), DwellingState.valid_to.is_(None)
        )
    )
    visits = session.execute(
        sa.select(Verification.dwelling_id, Verification.verified_on).where(Verification.region == region)
    )
    dwelling_codes = session.execute(
        sa.select(DwellingCode.value, DwellingCode.dwelling_id).where(DwellingCode.region == region)
    )
    return DwellingStock(
        region=region,
        under=under,
        communities=communities,
        by_code={row.value: row.building_id for row in codes},
        by_name=by_name,
        by_compound=by_compound,
        buildings=buildings,
        units={(row.building_id, row.name): row.id for row in units},
        rooms={(row.building_id, row.unit_id, row.room): row.id for row in rooms},
        codes={row.value: row.dwelling_id for row in dwelling_codes},
        compound_ids={name: key for key, name in names.items()},
        states={state.dwelling_id: state for state in states},
        visits={(row.dwelling_id, row.verified_on) for row in visits},
    )


def plain_number(text: str) -> str:
    """A building number without the word for building: ``1号楼``, ``1栋`` and ``1`` are the same."""
    for suffix in ("号楼", "栋", "幢", "座", "#"):
        text = text.removesuffix(suffix)
    return text.lstrip("0") or text


def write_stock(journal: Journal, stock: DwellingStock) -> None:
    """Write what the table added, each table in one go, and name to the journal what does not carry its id."""
    unit, region, batch = journal.unit, stock.region, journal.id
    unit.session.flush()
    journal.created(Unit, [{"region": region, "id": row.id} for row in stock.new_units])
    codes = [{"region": region, "scheme": OFFICE, "value": value} for value, _ in stock.new_codes]
    journal.created(DwellingCode, codes)
    _bulk(unit, Unit, stock.new_units, ("id", "building_id", "name", "position"), region=region)
    _bulk(
        unit, Dwelling, stock.new_rooms, ("id", "building_id", "unit_id", "floor", "room"),
        region=region, batch_id=batch, version=1,
    )  # fmt: skip
    for state in stock.new_states:
        state.id = uuid7()
    _bulk(
        unit,
        DwellingState,
        stock.new_states,
        ("id", "dwelling_id", "use", "tenure", "valid_from", "valid_to", "superseded_at"),
        region=region, recorded_at=unit.now, batch_id=batch,
    )  # fmt: skip
    if stock.new_codes:
        values, dwellings = zip(*stock.new_codes, strict=True)
        bulk_insert(
            unit,
            DwellingCode,
            {"region": region, "scheme": OFFICE, "value": list(values), "dwelling_id": list(dwellings)},
        )
    if stock.new_visits:
        dwellings, days = zip(*stock.new_visits, strict=True)
        bulk_insert(
            unit,
            Verification,
            {
                "region": region,
                "id": [uuid7() for _ in dwellings],
                "dwelling_id": list(dwellings),
                "verified_on": list(days),
                "recorded_at": unit.now,
                "batch_id": batch,
            },
        )


def _bulk(unit: UnitOfWork, model: type[Base], rows: Sequence[Base], names: tuple[str, ...], **same: object) -> None:
    if rows:
        columns = {name: [getattr(row, name) for row in rows] for name in names}
        bulk_insert(unit, model, {**columns, **same})
