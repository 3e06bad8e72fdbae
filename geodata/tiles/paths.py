"""Geometry as flat arrays: features made of paths, paths made of points, with no object a feature.

A path is a ring of a polygon, a line, or all the points of one (multi)point. Rings are open: the closing
point is not repeated. Points are either floats of the unit square (or of a zoom's world) or integers of a
zoom's world, 4096·2^z units wide with y to the south.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from geodata.tiles.varints import Ints, offsets_of, ragged_indices


class GeometryKind(IntEnum):
    """The feature types of the vector tile specification 2.1."""

    POINT = 1
    LINE = 2
    POLYGON = 3


_KINDS: Final = {
    GeometryType.POINT: GeometryKind.POINT,
    GeometryType.MULTIPOINT: GeometryKind.POINT,
    GeometryType.LINESTRING: GeometryKind.LINE,
    GeometryType.MULTILINESTRING: GeometryKind.LINE,
    GeometryType.POLYGON: GeometryKind.POLYGON,
    GeometryType.MULTIPOLYGON: GeometryKind.POLYGON,
}


@dataclass(frozen=True, slots=True)
class Paths:
    """Features of one kind: ``points (n, 2)``, ``path_offsets`` into them, ``feature_offsets`` into the paths.

    ``exterior`` says of each path whether it opens a polygon (always true for lines and points); the holes
    of a polygon follow its exterior. A feature may have no path; a path has at least one point.
    """

    kind: GeometryKind
    points: NDArray[Any]
    path_offsets: Ints
    feature_offsets: Ints
    exterior: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.feature_offsets) - 1

    @property
    def path_sizes(self) -> Ints:
        """Points in each path."""
        return np.diff(self.path_offsets)

    @property
    def path_counts(self) -> Ints:
        """Paths in each feature."""
        return np.diff(self.feature_offsets)

    @property
    def path_features(self) -> Ints:
        """The feature of each path."""
        return np.repeat(np.arange(len(self)), self.path_counts)

    @property
    def point_offsets(self) -> Ints:
        """Offsets of the features into the points."""
        return self.path_offsets[self.feature_offsets]

    def with_points(self, points: NDArray[Any]) -> Paths:
        """The same structure over other points."""
        return Paths(self.kind, points, self.path_offsets, self.feature_offsets, self.exterior)

    def take(self, features: NDArray[np.integer]) -> Paths:
        """The named features in the named order; a feature may be named more than once."""
        counts = self.path_counts[features]
        paths = ragged_indices(self.feature_offsets[features], counts)
        return self._of_paths(paths, offsets_of(counts))

    def keep_paths(self, kept: NDArray[np.bool_]) -> Paths:
        """The same features with only some of their paths."""
        before = offsets_of(kept.astype(np.int64))
        counts = np.diff(before[self.feature_offsets])
        return self._of_paths(np.flatnonzero(kept), offsets_of(counts))

    def keep_points(self, kept: NDArray[np.bool_]) -> Paths:
        """The same features with only some of their points; paths left without any are dropped."""
        before = offsets_of(kept.astype(np.int64))
        sizes = np.diff(before[self.path_offsets])
        thinned = Paths(self.kind, self.points[kept], offsets_of(sizes), self.feature_offsets, self.exterior)
        return thinned if np.all(sizes > 0) else thinned.keep_paths(sizes > 0)

    def replace(self, features: NDArray[np.integer], others: Paths) -> Paths:
        """These features with the named ones exchanged for ``others``, one for one."""
        joined = Paths(
            self.kind,
            np.concatenate([self.points, others.points]),
            np.concatenate([self.path_offsets, others.path_offsets[1:] + self.path_offsets[-1]]),
            np.concatenate([self.feature_offsets, others.feature_offsets[1:] + self.feature_offsets[-1]]),
            np.concatenate([self.exterior, others.exterior]),
        )
        order = np.arange(len(self))
        order[features] = len(self) + np.arange(len(others))
        return joined.take(order)

    def bounds(self) -> NDArray[Any]:
        """``(features, 4)`` minx, miny, maxx, maxy; zeros for a feature without paths."""
        boxes = np.zeros((len(self), 4), dtype=self.points.dtype)
        starts = self.point_offsets
        filled = np.flatnonzero(np.diff(starts))
        if len(filled):
            boxes[filled, :2] = np.minimum.reduceat(self.points, starts[filled])
            boxes[filled, 2:] = np.maximum.reduceat(self.points, starts[filled])
        return boxes

    def ring_areas(self) -> NDArray[Any]:
        """Signed area of each ring; positive turns from x towards y, as the specification wants exteriors."""
        if not len(self.exterior):
            return np.zeros(0, dtype=np.float64)
        starts = self.path_offsets[:-1]
        # Relative to the ring's first point the products stay small, so neither int64 nor float loses digits.
        local = self.points - np.repeat(self.points[starts], self.path_sizes, axis=0)
        after = local[self._next_points()]
        return np.add.reduceat(local[:, 0] * after[:, 1] - local[:, 1] * after[:, 0], starts) / 2.0

    def feature_areas(self) -> NDArray[np.float64]:
        """Area of each polygon feature, holes taken off, in square units of the points."""
        areas = np.abs(self.ring_areas()) * np.where(self.exterior, 1.0, -1.0)
        return np.diff(np.concatenate([[0.0], np.cumsum(areas)])[self.feature_offsets])

    def wound(self) -> Paths:
        """Polygons with exteriors turned to positive and holes to negative area."""
        flipped = np.repeat((self.ring_areas() > 0) != self.exterior, self.path_sizes)
        if not flipped.any():
            return self
        places = np.arange(len(self.points))
        mirror = np.repeat(self.path_offsets[:-1] + self.path_offsets[1:] - 1, self.path_sizes) - places
        return self.with_points(self.points[np.where(flipped, mirror, places)])

    def turns(self) -> NDArray[Any]:
        """At each point of a ring, the cross product of the edge before it and the edge after it."""
        edges = self.points[self._next_points()] - self.points
        after = edges[self._next_points()]
        crosses: NDArray[Any] = edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0]
        return crosses

    def repeated_points(self) -> NDArray[np.bool_]:
        """Which points equal the point before them on their path (rings run round)."""
        if not len(self.points):
            return np.zeros(0, dtype=np.bool_)
        before = np.arange(-1, len(self.points) - 1)
        before[self.path_offsets[:-1]] = self.path_offsets[1:] - 1
        repeated: NDArray[np.bool_] = np.all(self.points == self.points[before], axis=1)
        if self.kind is not GeometryKind.POLYGON:
            repeated[self.path_offsets[:-1]] = False
        return repeated

    def _next_points(self) -> Ints:
        after = np.arange(1, len(self.points) + 1)
        after[self.path_offsets[1:] - 1] = self.path_offsets[:-1]
        return after

    def _of_paths(self, paths: Ints, feature_offsets: Ints) -> Paths:
        sizes = self.path_sizes[paths]
        points = self.points[ragged_indices(self.path_offsets[paths], sizes)]
        return Paths(self.kind, points, offsets_of(sizes), feature_offsets, self.exterior[paths])

    def to_shapely(self) -> NDArray[np.object_]:
        """The features as shapely multi-geometries."""
        if self.kind is GeometryKind.POINT:
            return _from_ragged(GeometryType.MULTIPOINT, self.points, (self.point_offsets,))
        if self.kind is GeometryKind.LINE:
            offsets = (self.path_offsets, self.feature_offsets)
            return _from_ragged(GeometryType.MULTILINESTRING, self.points, offsets)
        sizes = self.path_sizes
        closed = ragged_indices(self.path_offsets[:-1], sizes + 1)
        ring_offsets = self.path_offsets + np.arange(len(self.path_offsets))
        closed[ring_offsets[1:] - 1] = self.path_offsets[:-1]
        polygon_starts = np.flatnonzero(self.exterior)
        polygon_offsets = np.append(polygon_starts, len(self.exterior))
        geometry_offsets = np.searchsorted(polygon_starts, self.feature_offsets)
        offsets3 = (ring_offsets, polygon_offsets, geometry_offsets)
        return _from_ragged(GeometryType.MULTIPOLYGON, self.points[closed], offsets3)


def kind_of(geometries: NDArray[np.object_]) -> GeometryKind | None:
    """The one kind of all the geometries; ``None`` where they are mixed, missing or collections."""
    types = {int(number) for number in np.unique(shapely.get_type_id(geometries))}
    kinds = {_KINDS.get(GeometryType(number)) if number >= 0 else None for number in types}
    return kinds.pop() if len(kinds) == 1 else None


def paths_of(geometries: NDArray[np.object_], kind: GeometryKind) -> Paths:
    """Flatten shapely geometries of one kind (see :func:`kind_of`); empty ones become features without paths."""
    count = len(geometries)
    filled = np.flatnonzero(~shapely.is_empty(geometries))
    if not len(filled):
        return _no_paths(kind, count)
    shape, points, offsets = shapely.to_ragged_array(geometries[filled], include_z=False)
    offsets = tuple(np.asarray(level, dtype=np.int64) for level in offsets)
    # Points and single lines come with fewer levels than their multi forms: add the one-to-one levels.
    if shape in (GeometryType.POINT, GeometryType.LINESTRING, GeometryType.POLYGON):
        offsets = (*offsets, np.arange(len(filled) + 1))
    counts = np.zeros(count, dtype=np.int64)
    if kind is GeometryKind.POINT:
        counts[filled] = 1
        return Paths(kind, points, offsets[0], offsets_of(counts), np.ones(len(filled), dtype=np.bool_))
    if kind is GeometryKind.LINE:
        counts[filled] = np.diff(offsets[1])
        return Paths(kind, points, offsets[0], offsets_of(counts), np.ones(len(offsets[0]) - 1, dtype=np.bool_))
    rings, polygons, features = offsets
    exterior = np.zeros(len(rings) - 1, dtype=np.bool_)
    exterior[polygons[:-1]] = True
    counts[filled] = np.diff(polygons[features])
    opened = np.ones(len(points), dtype=np.bool_)
    opened[rings[1:] - 1] = False
    open_offsets = rings - np.arange(len(rings))
    return Paths(kind, points[opened], open_offsets, offsets_of(counts), exterior)


def _no_paths(kind: GeometryKind, count: int) -> Paths:
    none = np.zeros(1, dtype=np.int64)
    return Paths(kind, np.zeros((0, 2)), none, np.zeros(count + 1, dtype=np.int64), np.zeros(0, dtype=np.bool_))


def _from_ragged(
    shape: GeometryType, points: NDArray[Any], offsets: tuple[NDArray[np.integer], ...]
) -> NDArray[np.object_]:
    geometries: NDArray[np.object_] = shapely.from_ragged_array(shape, points.astype(np.float64), offsets)
    return geometries
