"""Road surfaces from centre lines and widths, for a ground that needs no styling by zoom."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.mesh import Floats
from geodata.city.projection import DEGREE_LAT_M, DEGREE_LON_M


def road_surfaces(roads: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """The surface of each road of a synthetic city as polygons in lon/lat, in the order of ``roads``."""
    scale = np.array([DEGREE_LON_M, DEGREE_LAT_M])

    def to_metres(xy: Floats) -> Floats:
        return np.asarray(xy * scale, dtype=np.float64)

    def to_degrees(xy: Floats) -> Floats:
        return np.asarray(np.round(xy / scale, 8), dtype=np.float64)

    lines = shapely.transform(roads.geometry.values, to_metres)
    half = roads["width_m"].to_numpy(dtype=np.float64) / 2
    surfaces = shapely.buffer(lines, half, quad_segs=3, join_style="round")
    return np.asarray(shapely.transform(surfaces, to_degrees))
