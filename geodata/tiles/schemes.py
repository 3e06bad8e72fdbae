"""The z/x/y tile scheme: Web Mercator Quad of OGC 17-083r4 (EPSG:3857, 256·2^z pixels, row 0 in the north).

Three coordinate systems meet here. *lon, lat* in degrees (OGC:CRS84); *metres* of EPSG:3857; and the *unit
square*, in which the whole world is 0..1 on both axes, x to the east and y to the **south**, as tiles count.
A tile of zoom z covers 2^-z of the unit square on each axis.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geodata.tiles.errors import TileAddressError

EXTENT: Final = 4096
"""Tile units on one side of a tile."""

BUFFER: Final = 64
"""Tile units kept beyond each side, so that outlines do not end at the seam."""

MAX_ZOOM: Final = 18
"""The deepest zoom that is encoded; clients magnify its tiles beyond."""

HALF_WORLD_M: Final = math.pi * 6378137.0
"""Half the width of the world in EPSG:3857 metres."""

MAX_LATITUDE: Final = math.degrees(math.atan(math.sinh(math.pi)))
"""The latitude, 85.05°, at which the square world ends."""

Bounds: TypeAlias = tuple[float, float, float, float]
"""(minx, miny, maxx, maxy)."""


def unit_from_lonlat(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project ``(n, 2)`` lon, lat degrees into the unit square; beyond ±85.05° latitude is held at the edge."""
    latitude = np.radians(np.clip(lonlat[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    unit = np.empty_like(lonlat, dtype=np.float64)
    unit[:, 0] = (lonlat[:, 0] + 180.0) / 360.0
    unit[:, 1] = 0.5 - np.arcsinh(np.tan(latitude)) / (2.0 * math.pi)
    return unit


def lonlat_from_unit(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """The reverse of :func:`unit_from_lonlat` for ``(n, 2)`` points of the unit square."""
    lonlat = np.empty_like(unit, dtype=np.float64)
    lonlat[:, 0] = unit[:, 0] * 360.0 - 180.0
    lonlat[:, 1] = np.degrees(np.arctan(np.sinh((0.5 - unit[:, 1]) * 2.0 * math.pi)))
    return lonlat


def check_address(z: int, x: int, y: int) -> None:
    """Raise :class:`TileAddressError` unless z/x/y names a tile."""
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise TileAddressError(z=z, x=x, y=y, max_zoom=MAX_ZOOM)


def tile_bounds_m(z: int, x: int, y: int) -> Bounds:
    """The bbox of a tile in EPSG:3857 metres, without buffer."""
    check_address(z, x, y)
    side = 2.0 * HALF_WORLD_M / (1 << z)
    west, north = x * side - HALF_WORLD_M, HALF_WORLD_M - y * side
    return west, north - side, west + side, north


def tile_bounds(z: int, x: int, y: int) -> Bounds:
    """The bbox of a tile in lon, lat degrees, without buffer."""
    check_address(z, x, y)
    corners = np.array([[x, y + 1], [x + 1, y]], dtype=np.float64) / (1 << z)
    (west, south), (east, north) = lonlat_from_unit(corners).tolist()
    return west, south, east, north


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The (x, y) of the tile of zoom z that holds a place; the last tile holds the far edge of the world."""
    check_address(z, 0, 0)
    u, v = unit_from_lonlat(np.array([[lon, lat]], dtype=np.float64))[0].tolist()
    last = (1 << z) - 1
    return min(max(int(u * (1 << z)), 0), last), min(max(int(v * (1 << z)), 0), last)


def tiles_of_bounds(bounds: Bounds, z: int) -> tuple[range, range]:
    """The columns and rows of zoom z that a lon, lat bbox touches."""
    minx, miny, maxx, maxy = bounds
    left, top = tile_at(minx, maxy, z)
    right, bottom = tile_at(maxx, miny, z)
    return range(left, right + 1), range(top, bottom + 1)
