"""GCJ-02 and BD-09: the shifts of Chinese web maps, forward and back, on arrays of degrees.

The formulas are those published for Amap, Tencent (GCJ-02) and Baidu (BD-09), with a = 6378245.0 and
ee = 0.00669342162296594323. They move points inside China only; outside they are the identity. The forward
formulas have no closed inverse, so the way back iterates until a step is below 1e-11 degrees (a micrometre).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shift = Callable[[Array, Array], tuple[Array, Array]]

_A: Final = 6378245.0
_EE: Final = 0.00669342162296594323
_X_PI: Final = np.pi * 3000.0 / 180.0
#: The rectangle in which the shift is applied (lon, lat): minx, miny, maxx, maxy.
CHINA_BOX: Final = (72.004, 0.8293, 137.8347, 55.8271)
_STEPS: Final = 30
_STOP_DEG: Final = 1e-11


def in_china_box(lon: Array, lat: Array) -> NDArray[np.bool_]:
    """True where the web maps apply their shift: a rectangle round China, edges included."""
    minx, miny, maxx, maxy = CHINA_BOX
    return np.asarray((lon >= minx) & (lon <= maxx) & (lat >= miny) & (lat <= maxy))


def _waves(v: Array, first: float, second: float) -> Array:
    return np.asarray(20.0 * np.sin(first * v) + 40.0 * np.sin(second * v))


def _offsets(lon: Array, lat: Array) -> tuple[Array, Array]:
    """Degrees that GCJ-02 adds to a WGS 84 position, as if it were inside China."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    shared = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    d_lat += (shared + _waves(y, np.pi, np.pi / 3.0)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    d_lon += (shared + _waves(x, np.pi, np.pi / 3.0)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    w2 = 1.0 - _EE * np.sin(phi) ** 2
    metres_per_deg_lat = _A * (1.0 - _EE) / (w2 * np.sqrt(w2)) * np.pi / 180.0
    metres_per_deg_lon = _A / np.sqrt(w2) * np.cos(phi) * np.pi / 180.0
    return d_lon / metres_per_deg_lon, d_lat / metres_per_deg_lat


def wgs84_to_gcj02(lon: Array, lat: Array) -> tuple[Array, Array]:
    """WGS 84 (CGCS2000) degrees to GCJ-02 degrees; the identity outside China."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    inside = in_china_box(lon, lat)
    d_lon, d_lat = _offsets(np.where(inside, lon, 105.0), np.where(inside, lat, 35.0))
    return lon + np.where(inside, d_lon, 0.0), lat + np.where(inside, d_lat, 0.0)


def gcj02_to_bd09(lon: Array, lat: Array) -> tuple[Array, Array]:
    """GCJ-02 degrees to BD-09 degrees; the identity outside China."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    inside = in_china_box(lon, lat)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _X_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _X_PI)
    return (
        np.where(inside, radius * np.cos(angle) + 0.0065, lon),
        np.where(inside, radius * np.sin(angle) + 0.006, lat),
    )


def wgs84_to_bd09(lon: Array, lat: Array) -> tuple[Array, Array]:
    """WGS 84 (CGCS2000) degrees to BD-09 degrees; the identity outside China."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def _invert(forward: Shift, lon: Array, lat: Array) -> tuple[Array, Array]:
    """Solve ``forward(x, y) = (lon, lat)`` by fixed-point iteration; outside China the identity."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    inside = in_china_box(lon, lat)
    x, y = lon.copy(), lat.copy()
    for _ in range(_STEPS):
        fx, fy = forward(x, y)
        step_x, step_y = np.where(inside, lon - fx, 0.0), np.where(inside, lat - fy, 0.0)
        x, y = x + step_x, y + step_y
        worst = max(np.abs(step_x).max(initial=0.0), np.abs(step_y).max(initial=0.0))
        if not worst > _STOP_DEG:
            break
    return x, y


def gcj02_to_wgs84(lon: Array, lat: Array) -> tuple[Array, Array]:
    """GCJ-02 degrees back to WGS 84 (CGCS2000) degrees, to better than 1e-9 degrees."""
    return _invert(wgs84_to_gcj02, lon, lat)


def bd09_to_wgs84(lon: Array, lat: Array) -> tuple[Array, Array]:
    """BD-09 degrees back to WGS 84 (CGCS2000) degrees, to better than 1e-9 degrees."""
    return _invert(wgs84_to_bd09, lon, lat)


#: name of the shift → (to WGS 84, from WGS 84)
SHIFTS: Final[dict[str, tuple[Shift, Shift]]] = {
    "gcj02": (gcj02_to_wgs84, wgs84_to_gcj02),
    "bd09": (bd09_to_wgs84, wgs84_to_bd09),
}
