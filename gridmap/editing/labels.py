"""What places are called: rooms with their building, buildings, areas."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from gridmap.areas import repository as areas
from gridmap.buildings.models import Dwelling, Unit
from gridmap.buildings.service import building_names
from gridmap.residents.models import Residence
from gridmap.store.store import UnitOfWork


def room_name(unit_name: str, room: str) -> str:
    """A room with its staircase: 2-802."""
    return f"{unit_name}-{room}" if unit_name else room


def place_labels(unit: UnitOfWork, residences: Sequence[Residence]) -> dict[UUID, str]:
    """Where each of some residences is, in words, by the id of the residence. Names of places are no secret."""
    keys = {(row.region, row.building_id) for row in residences if row.building_id is not None}
    buildings = building_names(unit, keys)
    rooms = _rooms(unit, [row.dwelling_id for row in residences if row.dwelling_id is not None])
    nodes = [areas.get(unit, area) for area in {row.area_id for row in residences} if area is not None]
    names = {node.id: node.name for node in nodes if node is not None}
    labels = {}
    for row in residences:
        if row.building_id is not None:
            room = rooms.get(row.dwelling_id) if row.dwelling_id else None
            labels[row.id] = " ".join(part for part in (buildings.get((row.region, row.building_id)), room) if part)
        else:
            labels[row.id] = names.get(row.area_id, "") if row.area_id else ""
    return labels


def _rooms(unit: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, str]:
    query = (
        sa.select(Dwelling.id, Unit.name, Dwelling.room)
        .join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        .where(Dwelling.id.in_(list(ids)))
    )
    return {row.id: room_name(row.name, row.room) for row in unit.session.execute(query)}
