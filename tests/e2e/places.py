"""Places of a served town, read from its register: what a test points at and compares with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
import sqlalchemy as sa

from gridmap.areas import repository as areas
from gridmap.areas.node import CELL, AreaNode
from gridmap.areas.tree import load_tree
from gridmap.buildings.models import Building, BuildingCell, Dwelling
from gridmap.store.store import Store


@dataclass(frozen=True)
class Cell:
    """A cell: its node, its number on the map, its polygon in degrees."""

    node: AreaNode
    map_id: int
    shape: Any

    @property
    def id(self) -> UUID:
        """Its key."""
        return self.node.id

    def points(self, count: int) -> npt.NDArray[np.float64]:
        """Places well inside it, lon and lat; shape (count, 2), the same every time."""
        inner = self.shape.buffer(-0.15 * np.sqrt(self.shape.area))
        west, south, east, north = inner.bounds
        random = np.random.Generator(np.random.PCG64(7))
        tried = random.uniform((west, south), (east, north), (count * 40, 2))
        return tried[shapely.contains_xy(inner, tried[:, 0], tried[:, 1])][:count]


@dataclass(frozen=True)
class House:
    """A building with dwellings: where to point at, and how many it has."""

    region: int
    id: UUID
    lon: float
    lat: float
    dwellings: int


def cells_of(store: Store) -> list[Cell]:
    """Every cell of the register."""
    with store.read() as unit:
        tree = load_tree(unit)
        nodes = [node for node in tree.nodes if node.level == CELL]
        shapes = areas.geometries(unit, [node.id for node in nodes])
        return [Cell(node, tree.map_id(node.id), shapely.from_wkb(shapes[node.id])) for node in nodes]


def street_of(store: Store) -> AreaNode:
    """The first sub-district of the register."""
    with store.read() as unit:
        return next(node for node in load_tree(unit).nodes if node.level == "street")


def houses_of(store: Store) -> dict[UUID, list[House]]:
    """Buildings with dwellings by the key of their cell, the one with most dwellings first."""
    with store.read() as unit:
        rows = unit.session.execute(
            sa.select(BuildingCell.cell_id, Building.region, Building.id, Building.footprint, sa.func.count())
            .join(Building, (Building.region == BuildingCell.region) & (Building.id == BuildingCell.building_id))
            .join(Dwelling, (Dwelling.region == Building.region) & (Dwelling.building_id == Building.id))
            .where(BuildingCell.main, BuildingCell.valid_to.is_(None), Building.footprint.is_not(None))
            .group_by(BuildingCell.cell_id, Building.region, Building.id, Building.footprint)
        ).all()
    found: dict[UUID, list[House]] = {}
    for cell, region, key, footprint, count in rows:
        point = shapely.point_on_surface(shapely.from_wkb(footprint))
        found.setdefault(cell, []).append(House(region, key, point.x, point.y, count))
    return {cell: sorted(houses, key=lambda house: (-house.dwellings, house.id)) for cell, houses in found.items()}


def first_house(store: Store) -> tuple[Cell, House]:
    """The building with most dwellings, and its cell."""
    houses = houses_of(store)
    pairs = [(cell, houses[cell.id][0]) for cell in cells_of(store) if cell.id in houses]
    return max(pairs, key=lambda pair: pair[1].dwellings)
