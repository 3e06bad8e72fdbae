"""One layer of a map, encoded into vector tiles from arrays held in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.tiles.errors import TileAddressError, TileGeometryError, TileIdError
from geodata.tiles.generalise import UNCHANGED, Generalisation
from geodata.tiles.incidence import Margins
from geodata.tiles.mvt import layer_message
from geodata.tiles.paths import GeometryKind, Paths, kind_of, paths_of
from geodata.tiles.schemes import BUFFER, MAX_ZOOM, Bounds, check_address, unit_from_lonlat
from geodata.tiles.snap import mended
from geodata.tiles.values import ValueTable, value_table
from geodata.tiles.zoom import ZoomTiles

REACH: Final = 4095
"""Tile units beyond a tile's sides to which a feature is sent unclipped: clients cut it off when drawing.

MapLibre holds coordinates from -8192 to 8191 of these units, which just leaves a tile's breadth to spare.
"""


class TileLayer:
    """A layer built once from arrays; afterwards it only reads, from any number of threads.

    Geometries are projected once and kept as flat arrays. A zoom is laid out as a whole when it is first
    asked for (or by :meth:`prepare`): generalised, quantised, paired with tiles and encoded, so that a tile is
    afterwards little more than one slice of bytes.
    """

    def __init__(
        self,
        name: str,
        geometries: Any,
        ids: Any,
        attributes: Mapping[str, Any] | None = None,
        *,
        zooms: tuple[int, int] = (0, 16),
        generalisation: Generalisation = UNCHANGED,
        buffer: int = BUFFER,
    ) -> None:
        """Take geometries in lon, lat (OGC:CRS84), all points, all lines or all polygons; empty ones are skipped.

        ``ids`` are whole numbers from 0, each once (the dense ``map_id`` of a layer version); ``attributes``
        are columns of one value a feature, and nothing in them may be personal. ``zooms`` is the first and the
        last zoom encoded; ``buffer`` is in tile units (0 for labels, so that none appears in two tiles).

        Raises :class:`TileGeometryError`, :class:`TileIdError` or
        :class:`~geodata.tiles.errors.TileAttributeError` for arrays that do not fit.
        """
        self.name = name
        self.min_zoom, self.max_zoom = zooms
        if not 0 <= self.min_zoom <= self.max_zoom <= MAX_ZOOM:
            raise TileAddressError(z=self.max_zoom, x=0, y=0, max_zoom=MAX_ZOOM)
        shapes = np.asarray(geometries, dtype=np.object_)
        self._ids = _checked_ids(name, ids, len(shapes))
        self._paths = _unit_paths(name, shapes)
        self._values: ValueTable = value_table(attributes or {}, len(shapes))
        self._rule = generalisation
        self._margins = Margins(buffer, max(buffer, REACH))
        self._zooms: dict[int, ZoomTiles] = {}
        self._building = threading.Lock()
        self.bounds: Bounds | None = _bounds(shapes)

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"TileLayer({self.name!r}, {len(self)} features, zooms {self.min_zoom} to {self.max_zoom})"

    @property
    def kind(self) -> GeometryKind:
        """Points, lines or polygons."""
        return self._paths.kind

    @property
    def fields(self) -> Mapping[str, str]:
        """Attribute names and TileJSON's words for their types."""
        return self._values.fields

    @property
    def nbytes(self) -> int:
        """Bytes of the zooms laid out so far."""
        return sum(zoom.nbytes for zoom in self._zooms.values())

    def encode(self, z: int, x: int, y: int) -> bytes:
        """The Layer message of a tile; ``b""`` where the layer has nothing, also outside its zooms.

        Raises :class:`TileAddressError` for an address outside the scheme.
        """
        check_address(z, x, y)
        if not self.min_zoom <= z <= self.max_zoom or not len(self):
            return b""
        features, values = self._zoom(z).tile(x, y)
        return layer_message(self.name, self._values.keys, features, values) if features else b""

    def prepare(self, zooms: Iterable[int] | None = None) -> None:
        """Lay out zooms (all by default) before anyone asks for them."""
        for z in range(self.min_zoom, self.max_zoom + 1) if zooms is None else zooms:
            check_address(z, 0, 0)
            if self.min_zoom <= z <= self.max_zoom:
                self._zoom(z)

    def _zoom(self, z: int) -> ZoomTiles:
        zoom = self._zooms.get(z)
        if zoom is not None:
            return zoom
        with self._building:
            if z not in self._zooms:
                last = z == self.max_zoom
                self._zooms[z] = ZoomTiles(self._paths, self._ids, self._values, self._rule, (z, last), self._margins)
            return self._zooms[z]


def _checked_ids(name: str, ids: Any, count: int) -> NDArray[np.uint64]:
    numbers = np.asarray(ids)
    whole = numbers.dtype.kind in "iu" or not len(numbers)
    if numbers.shape != (count,) or not whole or (count and numbers.min() < 0):
        raise TileIdError(layer=name)
    if len(np.unique(numbers)) != count:
        raise TileIdError(layer=name)
    return numbers.astype(np.uint64)


def _unit_paths(name: str, shapes: NDArray[np.object_]) -> Paths:
    """Flatten and project; invalid polygons are mended first, since tiles must not repeat their faults."""
    if not len(shapes):
        return paths_of(shapes, GeometryKind.POLYGON)
    kind = kind_of(shapes)
    if kind is None:
        raise TileGeometryError(layer=name, found="mixed, missing or collections")
    if kind is GeometryKind.POLYGON:
        shapes = mended(shapes)
    paths = paths_of(shapes, kind)
    if not np.isfinite(paths.points).all():
        raise TileGeometryError(layer=name, found="coordinates that are not numbers")
    return paths.with_points(unit_from_lonlat(paths.points))


def _bounds(shapes: NDArray[np.object_]) -> Bounds | None:
    if not len(shapes) or bool(shapely.is_empty(shapes).all()):
        return None
    minx, miny, maxx, maxy = shapely.total_bounds(shapes).tolist()
    return minx, miny, maxx, maxy
