"""What a zoom shows of a layer: shapes too small to see dropped, corners too fine to see removed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from geodata.quiet import QUIET
from geodata.tiles.paths import GeometryKind, Paths, paths_of
from geodata.tiles.snap import polygonal
from geodata.tiles.varints import Ints

UNITS_PER_PX = 8
"""Tile units on one CSS pixel: clients draw a tile of 4096 units on 512 pixels."""

_PLAIN_CORNERS = 5
"""Rings of so few corners are left as they are: simplifying could only spoil them."""


class Simplify(StrEnum):
    """How corners are removed below the layer's last zoom."""

    NONE = "none"
    SHAPES = "shapes"
    """Each feature by itself: buildings, roads."""
    COVERAGE = "coverage"
    """All features together, shared borders staying shared: cells, communities, streets."""


@dataclass(frozen=True, slots=True)
class Generalisation:
    """The rule of a layer. At its last zoom, which clients magnify, nothing is simplified or dropped.

    ``min_area_px2``: polygons smaller on the screen are dropped (0 drops none); ``tolerance_px``: how far a
    border may move on the screen. Pixels are CSS pixels of 512-pixel tiles.
    """

    simplify: Simplify = Simplify.NONE
    min_area_px2: float = 0.0
    tolerance_px: float = 0.5


BUILDINGS = Generalisation(Simplify.SHAPES, min_area_px2=1.0)
"""Footprints simplify one by one and disappear below one pixel."""

AREAS = Generalisation(Simplify.COVERAGE)
"""Cells and areas stay gap-free and all of them stay."""

UNCHANGED = Generalisation()
"""Points, and whatever must be drawn as it is."""


@QUIET
def generalised(unit: Paths, z: int, rule: Generalisation, *, last: bool) -> tuple[Paths, Ints]:
    """The features as float world units (4096·2^z) of zoom z, and which of the ``unit`` features they are.

    ``unit`` lies in the unit square. ``last`` says that z is the layer's last zoom.
    """
    scale = float(4096 << z)
    kept = np.arange(len(unit))
    if unit.kind is GeometryKind.POLYGON and rule.min_area_px2 > 0 and not last:
        least = rule.min_area_px2 * (UNITS_PER_PX / scale) ** 2
        kept = np.flatnonzero(unit.feature_areas() >= least)
        unit = unit if len(kept) == len(unit) else unit.take(kept)
    world = unit.with_points(unit.points * scale)
    if last or unit.kind is GeometryKind.POINT or rule.simplify is Simplify.NONE:
        return world, kept
    tolerance = rule.tolerance_px * UNITS_PER_PX
    if rule.simplify is Simplify.COVERAGE and unit.kind is GeometryKind.POLYGON:
        simple = shapely.coverage_simplify(world.to_shapely(), tolerance)
        return paths_of(polygonal(simple), world.kind), kept
    points = np.diff(world.point_offsets)
    intricate = np.flatnonzero(points > _PLAIN_CORNERS * np.maximum(world.path_counts, 1))
    if not len(intricate):
        return world, kept
    simple = shapely.simplify(world.take(intricate).to_shapely(), tolerance, preserve_topology=True)
    return world.replace(intricate, paths_of(simple, world.kind)), kept
