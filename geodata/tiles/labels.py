"""One place inside each polygon for its name."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.tiles.schemes import lonlat_from_unit, unit_from_lonlat


def label_points(polygons: Any, *, relative_tolerance: float = 0.02) -> NDArray[np.object_]:
    """The pole of inaccessibility of each polygon, as shapely points in lon, lat; empty for an empty polygon.

    The pole is the centre of the largest circle inside, found within ``relative_tolerance`` of the polygon's
    larger side (GEOS MaximumInscribedCircle), in Web Mercator, whose angles are true. Where that is not strictly
    inside, the representative point takes its place, so a label is never outside its polygon. In a layer with
    ``buffer=0`` each label then belongs to exactly one tile of a zoom.
    """
    shapes = np.asarray(polygons, dtype=np.object_)
    places: NDArray[np.object_] = np.full(len(shapes), shapely.Point(), dtype=np.object_)
    filled = np.flatnonzero(~(shapely.is_empty(shapes) | shapely.is_missing(shapes)))
    if not len(filled):
        return places
    flat = shapely.transform(shapes[filled], lambda lonlat: unit_from_lonlat(lonlat) * 2.0**30)
    boxes = shapely.bounds(flat)
    sides = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    radii = shapely.maximum_inscribed_circle(flat, np.maximum(sides * relative_tolerance, 1e-6))
    centres = shapely.get_point(radii, 0)
    outside = ~shapely.contains_properly(flat, centres)
    centres[outside] = shapely.point_on_surface(flat[outside])
    places[filled] = shapely.points(lonlat_from_unit(shapely.get_coordinates(centres) / 2.0**30))
    return places


def corner_points(polygons: Any) -> NDArray[np.object_]:
    """The north-western corner of each outline, as shapely points in lon, lat; empty for an empty polygon.

    It is the vertex that lies furthest to the upper left (x − y smallest, y up, in Web Mercator), where a tab with the
    name of an area covers the least of what lies inside. The first of several such vertices is taken.
    """
    shapes = np.asarray(polygons, dtype=np.object_)
    places: NDArray[np.object_] = np.full(len(shapes), shapely.Point(), dtype=np.object_)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    if not len(owner):
        return places
    across, down = unit_from_lonlat(coordinates).T
    order = np.lexsort((np.arange(len(owner)), across + down, owner))
    first = order[np.unique(owner[order], return_index=True)[1]]
    places[owner[first]] = shapely.points(coordinates[first])
    return places
