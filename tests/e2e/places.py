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
from gridmap.buildings.models import Building, Dwelling
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
        tried = random.uniform((west, south), (east, north), (count * 20, 2))
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


def houses_in(store: Store, cell: Cell) -> list[House]:
    """Buildings with dwellings inside a cell, the one with most dwellings first."""
    with store.read() as unit:
        rows = unit.session.execute(
            sa.select(Building.region, Building.id, Building.footprint, sa.func.count())
            .join(Dwelling, (Dwelling.region == Building.region) & (Dwelling.building_id == Building.id))
            .where(Building.region == cell.node.region, Building.footprint.is_not(None))
            .group_by(Building.region, Building.id, Building.footprint)
        ).all()
    found = []
    for region, key, footprint, count in rows:
        point = shapely.point_on_surface(shapely.from_wkb(footprint))
        if shapely.contains(cell.shape, point):
            found.append(House(region, key, point.x, point.y, count))
    return sorted(found, key=lambda house: (-house.dwellings, house.id))
