"""The whole area tree in memory: paths, children, names in both languages, bounding boxes. No records of people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import numpy as np
import shapely
import sqlalchemy as sa

from gridmap.areas import repository
from gridmap.areas.models import AreaName
from gridmap.areas.node import CELL, AreaNode
from gridmap.store.store import UnitOfWork

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class AreaTree:
    """All areas that ever were, sorted by code and id; an area's place in that order is its ``map_id``."""

    nodes: tuple[AreaNode, ...]
    english: dict[UUID, str] = field(repr=False)
    bounds: dict[UUID, Bounds] = field(repr=False)
    positions: dict[UUID, int] = field(repr=False)
    below: dict[UUID | None, tuple[UUID, ...]] = field(repr=False)

    def get(self, area_id: UUID) -> AreaNode | None:
        """The area of an id."""
        position = self.positions.get(area_id)
        return None if position is None else self.nodes[position]

    def map_id(self, area_id: UUID) -> int:
        """The number under which tiles and values know an area."""
        return self.positions[area_id]

    def name(self, node: AreaNode, language: str = "zh") -> str:
        """The official name in a language, or in Chinese where there is no other."""
        return self.english.get(node.id, node.name) if language.startswith("en") else node.name

    def children(self, area_id: UUID | None, day: date) -> list[AreaNode]:
        """The areas directly below one (below nothing: the roots) that exist on a day, by code."""
        nodes = (self.nodes[self.positions[child]] for child in self.below.get(area_id, ()))
        return [node for node in nodes if node.in_force(day)]

    def path(self, area_id: UUID) -> list[AreaNode]:
        """From the root down to the area itself; empty for an unknown id."""
        path: list[AreaNode] = []
        node = self.get(area_id)
        while node is not None:
            path.append(node)
            node = None if node.parent_id is None else self.get(node.parent_id)
        return path[::-1]

    def walk(self, area_id: UUID | None, day: date, depth: int = 0) -> Iterator[tuple[int, AreaNode]]:
        """The areas below one in the order of a table of contents, each with its depth."""
        for child in self.children(area_id, day):
            yield depth, child
            yield from self.walk(child.id, day, depth + 1)

    def cells(self, area_id: UUID, day: date) -> list[AreaNode]:
        """The cells below an area (or the area itself) on a day."""
        node = self.get(area_id)
        if node is not None and node.level == CELL:
            return [node] if node.in_force(day) else []
        return [below for _, below in self.walk(area_id, day) if below.level == CELL]

    def extent(self, area_id: UUID) -> Bounds | None:
        """The bounding box of an area, else of everything below it: west, south, east, north in degrees."""
        own = self.bounds.get(area_id)
        if own is not None:
            return own
        boxes = [box for child in self.below.get(area_id, ()) if (box := self.extent(child)) is not None]
        if not boxes:
            return None
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)


def load_tree(unit: UnitOfWork) -> AreaTree:
    """Read the tree with its names and bounding boxes."""
    nodes = tuple(sorted(repository.everything(unit), key=lambda node: (node.code, node.id)))
    english = {
        row.area_id: row.name
        for row in unit.session.execute(
            sa.select(AreaName.area_id, AreaName.name).where(
                AreaName.language == "en", AreaName.kind == "official", AreaName.valid_to.is_(None)
            )
        )
    }
    geometries = repository.geometries(unit, [node.id for node in nodes])
    boxes = shapely.bounds(shapely.from_wkb(np.array(list(geometries.values()), dtype=object)))
    bounds = {area_id: _bounds(box) for area_id, box in zip(geometries, boxes.tolist(), strict=True)}
    below: dict[UUID | None, list[UUID]] = {}
    for node in nodes:
        below.setdefault(node.parent_id, []).append(node.id)
    return AreaTree(
        nodes=nodes,
        english=english,
        bounds=bounds,
        positions={node.id: position for position, node in enumerate(nodes)},
        below={parent: tuple(children) for parent, children in below.items()},
    )


def _bounds(box: list[float]) -> Bounds:
    west, south, east, north = box
    return west, south, east, north
