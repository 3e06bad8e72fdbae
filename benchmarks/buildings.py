"""A plain, deterministic city of buildings to measure with: plots in blocks, a few courtyards and L-shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from benchmarks.harness import Size

COUNTS = {Size.SMALL: 2_000, Size.STREET: 10_000, Size.DISTRICT: 30_000, Size.CITY: 200_000}
"""Buildings of each size."""

_PLOT_M = 43.0
"""Side of a plot: 540 buildings a square kilometre, as in a dense Chinese district."""

_BLOCK = 6
"""Plots on a block's side; between blocks runs a street one plot wide."""

_ORIGIN_M = (405_000.0, 3_385_000.0)
"""South-west corner in UTM 48N (EPSG:32648), in Chengdu."""

_TURNS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=np.float64)
_ELL = np.array([[-1, -1], [1, -1], [1, 0], [0, 0], [0, 1], [-1, 1]], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Buildings:
    """Footprints in lon, lat (shapely polygons), ids and four integer attributes."""

    footprints: NDArray[np.object_]
    ids: NDArray[np.int64]
    attributes: dict[str, NDArray[np.int64]]

    def __len__(self) -> int:
        return len(self.ids)


def make_buildings(size: Size, seed: int = 20260101) -> Buildings:
    """The same buildings for the same size and seed."""
    count = COUNTS[size]
    random = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(count)))
    column, row = np.arange(count) % side, np.arange(count) // side
    street = np.stack([column // _BLOCK, row // _BLOCK], axis=1)
    centre = (np.stack([column, row], axis=1) + street * 0.5 + 0.5) * _PLOT_M + _ORIGIN_M
    half = random.uniform([6.0, 5.0], [18.0, 14.0], (count, 2))
    angle = np.radians(random.normal(0, 6, side // _BLOCK + 1))[street[:, 0]]
    kind = random.choice(3, count, p=[0.9, 0.08, 0.02])
    footprints = np.empty(count, dtype=np.object_)
    for number, outline in enumerate((_TURNS, _ELL, _TURNS)):
        chosen = np.flatnonzero(kind == number)
        rings = _lonlat(_placed(outline, centre[chosen], half[chosen], angle[chosen]))
        if number < 2:
            footprints[chosen] = shapely.polygons(rings)
        else:
            yards = _lonlat(_placed(outline, centre[chosen], half[chosen] * 0.5, angle[chosen]))
            footprints[chosen] = shapely.polygons(rings, holes=shapely.linearrings(yards)[:, None])
    floors = random.integers(1, 34, count)
    attributes: dict[str, Any] = {
        "floors": floors,
        "use": random.integers(0, 9, count),
        "year": random.integers(1980, 2026, count),
        "dwellings": floors * random.integers(1, 9, count),
    }
    return Buildings(footprints, np.arange(count), attributes)


def _placed(outline: Any, centre: Any, half: Any, angle: Any) -> Any:
    """``(n, corners, 2)`` outlines in metres, stretched, turned and moved."""
    stretched = outline[None, :, :] * half[:, None, :]
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x = stretched[..., 0] * cosine - stretched[..., 1] * sine
    y = stretched[..., 0] * sine + stretched[..., 1] * cosine
    return np.stack([x, y], axis=-1) + centre[:, None, :]


def _lonlat(metres: Any) -> Any:
    transformer = Transformer.from_crs("EPSG:32648", "OGC:CRS84", always_xy=True)
    return np.stack(transformer.transform(metres[..., 0], metres[..., 1]), axis=-1)
