"""Still drawings: geometries in longitude and latitude as SVG path data on a sheet of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet onto which a place is fitted: equirectangular about its middle, true to shape over a few kilometres.

    ``width`` and ``height`` in pixels; the place keeps its proportions and is centred within ``margin``.
    """

    width: int
    height: int
    scale: tuple[float, float]
    origin: tuple[float, float]

    @classmethod
    def fit(cls, bounds: Bounds, width: int, height: int, margin: int = 12) -> Sheet:
        """The sheet on which ``bounds`` (west, south, east, north in degrees) fill as much as they can."""
        west, south, east, north = bounds
        narrowing = float(np.cos(np.radians((south + north) / 2)))
        wide, tall = max((east - west) * narrowing, 1e-9), max(north - south, 1e-9)
        per_degree = min((width - 2 * margin) / wide, (height - 2 * margin) / tall)
        left = (width - wide * per_degree) / 2
        top = (height - tall * per_degree) / 2
        x_scale = per_degree * narrowing
        return cls(width, height, (x_scale, -per_degree), (left - west * x_scale, top + north * per_degree))

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points ``(n, 2)`` in degrees as pixels from the top left."""
        placed: NDArray[np.float64] = points * np.array(self.scale) + np.array(self.origin)
        return placed

    def paths(self, shapes: Sequence[Any] | NDArray[Any], tolerance_px: float = 0.4) -> list[str]:
        """Path data of each polygon or line, simplified by less than ``tolerance_px``; empty for empty shapes."""
        degrees = tolerance_px / abs(self.scale[1])
        simple = shapely.simplify(np.asarray(shapes, dtype=object), degrees, preserve_topology=True)
        return [self._path(shape) for shape in simple]

    def boxes(self, shapes: Sequence[Any] | NDArray[Any]) -> str:
        """One path of the bounding boxes of many small shapes."""
        corners = shapely.bounds(np.asarray(shapes, dtype=object))
        corners = corners[~np.isnan(corners).any(axis=1)]
        first, last = self.place(corners[:, [0, 3]]), self.place(corners[:, [2, 1]])
        size = np.maximum(last - first, 0.5)
        rows = np.round(np.hstack([first, size]), 1).tolist()
        return "".join(f"M{x:g} {y:g}h{w:g}v{h:g}h{-w:g}z" for x, y, w, h in rows)

    def points_inside(self, shapes: Sequence[Any] | NDArray[Any]) -> NDArray[np.float64]:
        """A point inside each polygon, in pixels ``(n, 2)``: where its label stands."""
        return self.place(shapely.get_coordinates(shapely.point_on_surface(np.asarray(shapes, dtype=object))))

    def _path(self, shape: Any) -> str:
        if shape is None or shapely.is_empty(shape):
            return ""
        closed = shapely.get_dimensions(shape) == 2
        parts = shapely.get_rings(shape) if closed else shapely.get_parts(shape)
        return "".join(self._line(part, closed=closed) for part in parts)

    def _line(self, part: Any, *, closed: bool) -> str:
        points = np.round(self.place(shapely.get_coordinates(part)), 1)
        if closed:
            points = points[:-1]
        text = "L".join(f"{x:g} {y:g}" for x, y in points.tolist())
        return f"M{text}z" if closed else f"M{text}"
