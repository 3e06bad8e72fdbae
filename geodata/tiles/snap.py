"""Polygons onto the grid of whole units by snap-rounding, each by itself or all of a partition together."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]


def snapped(polygons: Shapes) -> Shapes:
    """Valid polygons with whole coordinates, each rounded by itself; what collapses becomes empty."""
    return polygonal(shapely.set_precision(mended(polygons), 1.0, mode="valid_output"))


def snapped_together(polygons: Shapes) -> Shapes:
    """The polygons of a partition with whole coordinates, neighbours still sharing their borders.

    All borders are snap-rounded as one net of lines, and each face of the net goes to the polygon in which it
    lies. The polygons must not overlap.
    """
    net = shapely.union_all(shapely.boundary(polygons), grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(net)))
    places = shapely.point_on_surface(faces)
    face, owner = shapely.STRtree(polygons).query(places, predicate="intersects")
    face, first = np.unique(face, return_index=True)
    owner = owner[first]
    result = np.full(len(polygons), shapely.Polygon(), dtype=np.object_)
    order = np.argsort(owner, kind="stable")
    owners, starts, counts = np.unique(owner[order], return_index=True, return_counts=True)
    result[owners] = faces[face[order[starts]]]
    # A border that met itself cuts a polygon into several faces: few polygons, at low zooms.
    for several in np.flatnonzero(counts > 1):
        mine = order[starts[several] : starts[several] + counts[several]]
        result[owners[several]] = shapely.union_all(faces[face[mine]])
    return result


def mended(polygons: Shapes) -> Shapes:
    """The same polygons, the invalid ones mended: their rings are kept and untangled, collapsed parts dropped."""
    broken = np.flatnonzero(~shapely.is_valid(polygons))
    if not len(broken):
        return polygons
    whole: Shapes = polygons.copy()
    whole[broken] = polygonal(shapely.make_valid(polygons[broken], method="structure", keep_collapsed=False))
    return whole


def polygonal(geometries: Shapes) -> Shapes:
    """Only the polygons of each geometry: an intersection may also leave points and lines behind."""
    types = shapely.get_type_id(geometries)
    cleaned: Shapes = geometries.copy()
    cleaned[~np.isin(types, (3, 6))] = shapely.Polygon()
    mixed = np.flatnonzero(types == shapely.GeometryType.GEOMETRYCOLLECTION)
    if len(mixed):
        parts, owners = shapely.get_parts(geometries[mixed], return_index=True)
        pieces, part = shapely.get_parts(parts, return_index=True)
        owners = owners[part]
        areal = shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON
        rebuilt = np.full(len(mixed), shapely.Polygon(), dtype=np.object_)
        shapely.multipolygons(pieces[areal], indices=owners[areal], out=rebuilt)
        cleaned[mixed] = rebuilt
    return cleaned
