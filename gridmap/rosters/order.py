"""The order in which people look for rooms: compound, building number, staircase, floor, room; numbers by size."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.indicators.keys import KeyIndex, Keys
from gridmap.indicators.snapshot import Snapshot
from gridmap.store.store import UnitOfWork

Ranks = NDArray[np.int32]
LAST = np.int32(np.iinfo(np.int32).max)
_NUMBERS = re.compile(r"([0-9]+)")


@dataclass(frozen=True)
class PlaceOrder:
    """The rank of every dwelling and every building; made again after the geometry changed."""

    dwellings: KeyIndex = field(repr=False)
    dwelling_ranks: Ranks = field(repr=False)
    buildings: KeyIndex = field(repr=False)
    building_ranks: Ranks = field(repr=False)

    def of(self, snapshot: Snapshot) -> tuple[Ranks, Ranks]:
        """Ranks of a snapshot's dwellings and buildings; what was not there when the order was made comes last."""
        return (
            _ranked(self.dwellings, self.dwelling_ranks, snapshot.dwellings.ids),
            _ranked(self.buildings, self.building_ranks, snapshot.buildings.ids),
        )


def load_order(unit: UnitOfWork) -> PlaceOrder:
    """Read where every building and dwelling of every region stands in the order."""
    query = (
        sa.select(Building.id, Compound.name, Building.road, Building.road_no, Building.number, Building.name)
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .order_by(Building.region, Building.id)
    )
    buildings = [(row[0].bytes, _building_key(*row[1:])) for row in unit.session.execute(query)]
    buildings.sort(key=lambda one: one[1])
    ranks = {key: rank for rank, (key, _) in enumerate(buildings)}
    rooms = sa.select(Dwelling.id, Dwelling.building_id, Unit.position, Unit.name, Dwelling.floor, Dwelling.room).join(
        Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id)
    )
    dwellings = [
        (row[0].bytes, (ranks.get(row[1].bytes, 0), row[2], natural(row[3]), row[4] or 0, natural(row[5])))
        for row in unit.session.execute(rooms)
    ]
    dwellings.sort(key=lambda one: one[1])
    return PlaceOrder(
        KeyIndex(_keys(dwellings)), np.arange(len(dwellings), dtype=np.int32),
        KeyIndex(_keys(buildings)), np.arange(len(buildings), dtype=np.int32),
    )  # fmt: skip


def natural(text: str | None) -> tuple[tuple[int, str], ...]:
    """A text as people sort it: 2 before 10, texts without a number after those that begin with one.

    >>> sorted(["10号楼", "2号楼", "A座"], key=natural)
    ['2号楼', '10号楼', 'A座']
    """
    parts = [part for part in _NUMBERS.split(text or "") if part]
    return tuple((int(part), "") if part.isdecimal() else (10**9, part) for part in parts)


def _building_key(
    compound: str | None, road: str | None, road_no: str | None, number: str | None, name: str | None
) -> tuple[object, ...]:
    return (
        compound is None,
        compound or road or "",
        natural(road_no if compound is None else ""),
        natural(number),
        name or "",
    )


def _keys(rows: list[tuple[bytes, Any]]) -> Keys:
    return np.array([key for key, _ in rows], dtype="S16")


def _ranked(index: KeyIndex, ranks: Ranks, ids: Keys) -> Ranks:
    if not len(ids) or not len(ranks):
        return np.full(len(ids), LAST, dtype=np.int32)
    found = index.positions(ids)
    return np.where(found >= 0, ranks[found], LAST).astype(np.int32)
