"""What the tests of tiles share: an independent decoder and the way into a tile's units and back."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely

from geodata.tiles import EXTENT
from geodata.tiles.schemes import lonlat_from_unit, unit_from_lonlat


def decode(tile: bytes, name: str = "layer") -> dict[int, Any]:
    """Features by id, geometry in tile units with y to the south."""
    if not tile:
        return {}
    layer = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True, "geojson": False})[name]
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
