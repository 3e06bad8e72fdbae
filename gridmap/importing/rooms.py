"""Dwellings made from floors × rooms, for buildings of which no table of rooms exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from gridmap.buildings.models import Dwelling, Unit
from gridmap.changes.journal import Journal
from gridmap.errors import InvalidInputError
from gridmap.store.bulk import bulk_insert
from gridmap.store.ids import uuid7_bytes

MAX_FLOORS = 150


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """Rooms a floor in each unit, and units where the layer does not say."""

    rooms_per_floor: int = 4
    units: int = 1

    def __post_init__(self) -> None:
        if not (1 <= self.rooms_per_floor <= 99 and 1 <= self.units <= 20):
            raise InvalidInputError(field="--rooms-per-floor", reason="1 to 99 rooms a floor in 1 to 20 units")


def generate_dwellings(journal: Journal, buildings: Sequence[tuple[int, UUID, int, str | None]], plan: RoomPlan) -> int:
    """Make dwellings for ``(region, building, floors, units)`` where the building has none; returns how many.

    Rooms are numbered as on Chinese doors: floor, then two digits (``301`` is the first room of the third floor).
    """
    unit = journal.unit
    regions = sorted({row[0] for row in buildings})
    occupied = {
        (row.region, row.building_id)
        for row in unit.session.execute(
            sa.select(Dwelling.region, Dwelling.building_id).where(Dwelling.region.in_(regions)).distinct()
        )
    }
    todo = [row for row in buildings if (row[0], row[1]) not in occupied]
    staircases: list[tuple[int, UUID, int, str]] = []
    floors_of: list[int] = []
    for region, building, floors, units in todo:
        count = int(units) if units and units.isdigit() and 0 < int(units) <= 20 else plan.units
        names = [str(number + 1) for number in range(count)] if count > 1 else [""]
        staircases += [(region, building, position, name) for position, name in enumerate(names)]
        floors_of += [min(floors, MAX_FLOORS)] * count
    if not staircases:
        return 0
    unit_ids = uuid7_bytes(len(staircases))
    journal.created(Unit, [{"region": row[0], "id": key} for row, key in zip(staircases, unit_ids, strict=True)])
    bulk_insert(
        unit,
        Unit,
        {
            "region": [row[0] for row in staircases],
            "id": unit_ids,
            "building_id": [row[1] for row in staircases],
            "name": [row[3] for row in staircases],
            "position": [row[2] for row in staircases],
        },
    )
    rooms = [
        (staircase[0], staircase[1], unit_id, floor, f"{floor}{room:02d}")
        for staircase, unit_id, floors in zip(staircases, unit_ids, floors_of, strict=True)
        for floor in range(1, floors + 1)
        for room in range(1, plan.rooms_per_floor + 1)
    ]
    fields = ("region", "building_id", "unit_id", "floor", "room")
    columns = dict(zip(fields, (list(column) for column in zip(*rooms, strict=True)), strict=True))
    return bulk_insert(
        unit,
        Dwelling,
        {**columns, "id": uuid7_bytes(len(rooms)), "batch_id": journal.id, "version": 1},
    )
