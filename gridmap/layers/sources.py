"""The records behind the map's layers, read once a version.

Areas and cells are numbered by their place in the list of all areas by (code, id), buildings by theirs in the list of
all buildings by (region, id). The figures of a date are keyed by the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import defer

from gridmap.areas.models import Area, GroundFeature
from gridmap.areas.node import CELL, AreaNode
from gridmap.areas.service import levels, short_name
from gridmap.areas.tree import AreaTree
from gridmap.buildings.models import Building, Compound
from gridmap.buildings.service import building_name
from gridmap.store.store import UnitOfWork

Shapes = NDArray[np.object_]
DEDICATED: Final = "dedicated"
_LAST_NUMBER: Final = re.compile(r"(?<!\d)(\d{1,3})(?!.*\d)")


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one kind: geometries (lon/lat), their ids, and attribute columns."""

    shapes: Shapes
    ids: NDArray[np.int64]
    attributes: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.ids)

    def labelled(self, shapes: Shapes, *names: str) -> Features:
        """The same features as other shapes with some of the attributes."""
        return Features(shapes, self.ids, {name: self.attributes[name] for name in names})


def area_shapes(unit: UnitOfWork, tree: AreaTree, day: date) -> dict[int, shapely.Geometry]:
    """The outline of every area in force, by map id; where none was given, that of the areas below it together."""
    rows = unit.session.execute(sa.select(Area.id, Area.geometry).where(Area.geometry.is_not(None))).all()
    shapes = shapely.from_wkb([geometry for _, geometry in rows])
    given = {tree.map_id(area_id): shape for (area_id, _), shape in zip(rows, shapes, strict=True)}
    force = [node for node in tree.nodes if node.in_force(day)]
    found = {tree.map_id(node.id): given[tree.map_id(node.id)] for node in force if tree.map_id(node.id) in given}
    parts: dict[UUID, list[shapely.Geometry]] = {}
    for node in sorted(force, key=lambda node: -levels().rank(node.level)):
        shape = found.get(tree.map_id(node.id))
        if shape is None and node.id in parts:
            shape = found[tree.map_id(node.id)] = shapely.union_all(parts[node.id])
        if shape is not None and node.parent_id is not None:
            parts.setdefault(node.parent_id, []).append(shape)
    return {map_id: shape for map_id, shape in found.items() if shape.geom_type in ("Polygon", "MultiPolygon")}


def area_features(tree: AreaTree, shapes: Mapping[int, shapely.Geometry]) -> Features:
    """Areas above the cell."""
    nodes = _nodes(tree, shapes, cells=False)
    return _features(
        tree,
        nodes,
        shapes,
        {
            "uid": [str(node.id) for node in nodes],
            "name": [node.name for node in nodes],
            "short": [short_name(node) for node in nodes],
            "name_en": [tree.english.get(node.id) for node in nodes],
            "level": [node.level for node in nodes],
            "code": [node.code for node in nodes],
        },
    )


def cell_features(tree: AreaTree, shapes: Mapping[int, shapely.Geometry]) -> Features:
    """Cells."""
    nodes = _nodes(tree, shapes, cells=True)
    kinds = levels().cell_kinds
    above = [tree.get(node.parent_id) if node.parent_id else None for node in nodes]
    return _features(
        tree,
        nodes,
        shapes,
        {
            "uid": [str(node.id) for node in nodes],
            "name": [node.name for node in nodes],
            "name_en": [tree.english.get(node.id) for node in nodes],
            "short": [cell_number(node) for node in nodes],
            "kind": [node.kind or "residential" for node in nodes],
            "kind_label": [kinds.get(node.kind or "", None) for node in nodes],
            "community": [None if parent is None else short_name(parent) for parent in above],
            "dedicated": [node.kind == DEDICATED for node in nodes],
        },
    )


def cell_number(node: AreaNode) -> str:
    """The number of a cell within its community as it stands on the map: two digits, from its name or its code."""
    found = _LAST_NUMBER.search(node.name) or _LAST_NUMBER.search(node.code[-3:])
    return f"{int(found.group(1)):02d}" if found else node.name


def _nodes(tree: AreaTree, shapes: Mapping[int, shapely.Geometry], *, cells: bool) -> list[AreaNode]:
    return [tree.nodes[map_id] for map_id in sorted(shapes) if (tree.nodes[map_id].level == CELL) is cells]


def _features(
    tree: AreaTree,
    nodes: list[AreaNode],
    shapes: Mapping[int, shapely.Geometry],
    attributes: Mapping[str, Any],
) -> Features:
    ids = [tree.map_id(node.id) for node in nodes]
    outlines = np.empty(len(ids), dtype=np.object_)
    outlines[:] = [shapes[map_id] for map_id in ids]
    return Features(outlines, np.array(ids, dtype=np.int64), attributes)


@dataclass(frozen=True, slots=True)
class BuildingIndex:
    """All buildings by map id: their keys and bounding boxes (lon/lat; NaN without a footprint)."""

    keys: tuple[tuple[int, UUID], ...]
    positions: Mapping[tuple[int, UUID], int]
    bounds: NDArray[np.float64]


def building_features_everywhere(unit: UnitOfWork, day: date) -> tuple[Features, BuildingIndex, set[date]]:
    """Buildings of every region that stand on a day and have a footprint, the index of all there are, and the days on
    which any begins or ends."""
    rows = unit.session.execute(
        sa.select(Building, Compound, Building.footprint)
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .order_by(Building.region, Building.id)
        .options(defer(Building.footprint))
    ).all()
    shapes = np.asarray(shapely.from_wkb(np.array([wkb for _, _, wkb in rows], dtype=object)), dtype=np.object_)
    keys = tuple((building.region, building.id) for building, _, _ in rows)
    index = BuildingIndex(keys, {key: place for place, key in enumerate(keys)}, shapely.bounds(shapes).reshape(-1, 4))
    kind = shapely.get_type_id(shapes)
    shown = [
        place
        for place, (building, _, _) in enumerate(rows)
        if kind[place] in (3, 6)
        and (building.valid_from is None or building.valid_from <= day)
        and (building.valid_to is None or day < building.valid_to)
    ]
    stock = [rows[place] for place in shown]
    features = Features(
        shapes[shown],
        np.array(shown, dtype=np.int64),
        {
            "uid": [str(building.id) for building, _, _ in stock],
            "region": [building.region for building, _, _ in stock],
            "name": [building_name(building, compound) for building, compound, _ in stock],
            "label": [building.number or building.name for building, _, _ in stock],
            "height": [building.height_m for building, _, _ in stock],
            "floors": pd.array([building.floors_above for building, _, _ in stock], dtype="Int64"),
        },
    )
    days = {end for building, _, _ in rows for end in (building.valid_from, building.valid_to) if end is not None}
    return features, index, days


def ground_features(unit: UnitOfWork) -> dict[str, Features]:
    """The quiet ground by kind of geometry: ``polygons``, ``lines``, ``points``."""
    rows = unit.session.execute(
        sa.select(GroundFeature.kind, GroundFeature.name, GroundFeature.geometry).order_by(GroundFeature.id)
    ).all()
    shapes = np.asarray(shapely.from_wkb(np.array([wkb for _, _, wkb in rows], dtype=object)), dtype=np.object_)
    kinds = shapely.get_type_id(shapes)
    result = {}
    for name, types in (("polygons", (3, 6)), ("lines", (1, 5)), ("points", (0,))):
        at = np.flatnonzero(np.isin(kinds, types))
        chosen = [rows[place] for place in at.tolist()]
        attributes = {
            "kind": [kind for kind, _, _ in chosen],
            "name": [title for _, title, _ in chosen],
        }
        result[name] = Features(shapes[at], at.astype(np.int64), attributes)
    return result
