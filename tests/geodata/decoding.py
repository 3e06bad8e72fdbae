"""What the tests of tiles share: an independent decoder and the way into a tile's units and back."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from shapely.geometry import shape

from geodata.tiles import EXTENT
from geodata.tiles.schemes import lonlat_from_unit, unit_from_lonlat


def decode(tile: bytes, name: str = "layer") -> dict[int, Any]:
    """Features by id, geometry in tile units with y to the south."""
    if not tile:
        return {}
    layers = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True, "geojson": False})
    if name not in layers:
        return {}
    layer = layers[name]
    assert layer["version"] == 2
    assert layer["extent"] == EXTENT
    ids = [feature["id"] for feature in layer["features"]]
    assert len(ids) == len(set(ids)), "a feature may appear once in a tile"
    return {feature["id"]: feature for feature in layer["features"]}


def local(geometries: Any, z: int, x: int, y: int) -> Any:
    """Lon, lat geometries in the units of a tile, not rounded."""
    corner = np.array([x, y]) * EXTENT
    return shapely.transform(geometries, lambda points: unit_from_lonlat(points) * (EXTENT << z) - corner)


def world(geometries: Any, z: int, x: int, y: int) -> Any:
    """The reverse: tile units to lon, lat."""
    corner = np.array([x, y]) * EXTENT
    return shapely.transform(geometries, lambda points: lonlat_from_unit((points + corner) / (EXTENT << z)))


def rings_of(feature: dict[str, Any]) -> list[list[list[tuple[int, int]]]]:
    """Polygons of rings, whether the feature is a polygon or several."""
    geometry = feature["geometry"]
    coordinates: list[Any] = geometry["coordinates"]
    return coordinates if geometry["type"] == "MultiPolygon" else [coordinates]


def assert_follows_specification(feature: dict[str, Any]) -> None:
    """Winding, closure and corners as specification 2.1 wants them; polygons valid."""
    for polygon in rings_of(feature):
        for place, ring in enumerate(polygon):
            points = np.array(ring)
            assert (points[0] == points[-1]).all(), "ClosePath ends each ring"
            assert len({tuple(point) for point in ring}) >= 3
            assert points.min() >= -2 * EXTENT, "MapLibre holds no coordinate further out"
            assert points.max() < 2 * EXTENT
            assert not (points[1:] == points[:-1]).all(axis=1).any(), "no point twice in a row"
            x, y = points[:, 0], points[:, 1]
            area = float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))
            assert (area > 0) == (place == 0), "exterior positive, holes negative"
            assert area != 0
    assert shapely.is_valid(shape(feature["geometry"])), shapely.is_valid_reason(shape(feature["geometry"]))
