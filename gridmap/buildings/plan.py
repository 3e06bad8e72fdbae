"""A still plan of an area: its cells, the outlines above them and the boxes of its buildings. Geometry only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import numpy as np
import shapely

from geodata.drawing import Sheet
from gridmap.areas import repository as areas
from gridmap.areas.node import CELL
from gridmap.areas.tree import AreaTree
from gridmap.buildings import repository
from gridmap.store.store import UnitOfWork

WIDTH: Final = 1200
HEIGHT: Final = 800


@dataclass(frozen=True, slots=True)
class PlanCell:
    """A cell on the sheet and where its number stands, in pixels."""

    id: UUID
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A drawing as SVG path data."""

    width: int
    height: int
    cells: tuple[PlanCell, ...]
    outlines: tuple[str, ...]
    buildings: str


def draw_plan(
    unit: UnitOfWork, tree: AreaTree, day: date, *, with_buildings: bool = False, width: int = WIDTH,
    height: int = HEIGHT,
) -> Plan:  # fmt: skip
    """Draw the cells in force on a day, with the outlines of the communities they belong to."""
    cells = [node for node in tree.nodes if node.level == CELL and node.in_force(day)]
    found = areas.geometries(unit, [node.id for node in cells])
    nodes = [node for node in cells if node.id in found]
    if not nodes:
        return Plan(width, height, (), (), "")
    shapes = shapely.from_wkb(np.array([found[node.id] for node in nodes], dtype=object))
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    sheet = Sheet.fit((west, south, east, north), width, height)
    labels = np.round(sheet.points_inside(shapes), 1).tolist()
    parents = np.array([str(node.parent_id) for node in nodes])
    outlines = [shapely.coverage_union_all(shapes[parents == parent]) for parent in dict.fromkeys(parents.tolist())]
    footprints = repository.footprints_everywhere(unit, day) if with_buildings else []
    return Plan(
        width=width,
        height=height,
        cells=tuple(
            PlanCell(node.id, path, x, y)
            for node, path, (x, y) in zip(nodes, sheet.paths(shapes), labels, strict=True)
        ),
        outlines=tuple(sheet.paths(outlines)),
        buildings=sheet.boxes(shapely.from_wkb(np.array(footprints, dtype=object))) if footprints else "",
    )
