"""Footprints in metres: rectangles, stepped slabs, point towers, wings and ovals, all around the origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.mesh import Floats, unit


@dataclass(frozen=True, slots=True)
class Frame:
    """A local frame: ``axis`` is the unit vector of its x direction, usually close to east."""

    axis: Floats

    def inward(self, xy: Floats) -> Floats:
        """Coordinates of the plane in this frame, shape (n, 2)."""
        ux, uy = self.axis
        return np.column_stack((xy[:, 0] * ux + xy[:, 1] * uy, xy[:, 1] * ux - xy[:, 0] * uy))

    def outward(self, xy: Floats) -> Floats:
        """Coordinates of this frame in the plane, shape (n, 2)."""
        ux, uy = self.axis
        return np.column_stack((xy[:, 0] * ux - xy[:, 1] * uy, xy[:, 0] * uy + xy[:, 1] * ux))


def polygons_of(rings: list[Floats]) -> npt.NDArray[np.object_]:
    """Polygons of many rings in one call: building them one by one is what costs most in a city."""
    if not rings:
        return np.empty(0, dtype=object)
    counts = np.array([len(ring) for ring in rings])
    return np.asarray(
        shapely.polygons(shapely.linearrings(np.concatenate(rings), indices=np.repeat(np.arange(len(rings)), counts)))
    )


def frame_facing_south(polygon: shapely.Polygon, fallback: Floats) -> Frame:
    """The frame of the side of a plot's box that runs nearest to east and west.

    Plots cut far off the compass keep the street's own direction: houses would rather face south than the road.
    """
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(polygon))
    side = unit(corners[1] - corners[0])
    if abs(side[0]) < abs(side[1]):
        side = np.array([side[1], -side[0]])
    side = side if side[0] > 0 else -side
    return Frame(side if abs(side[1]) < 0.36 else fallback)


def box(x0: float, y0: float, x1: float, y1: float) -> Floats:
    """A rectangle, counter-clockwise."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def slab(x0: float, y0: float, length: float, depth: float, steps: list[float]) -> Floats:
    """A slab of as many units as ``steps``, each pushed north by its step in metres."""
    count = len(steps)
    edges = x0 + length * np.arange(count + 1) / count
    south, north = [], []
    for index, step in enumerate(steps):
        south += [(edges[index], y0 + step), (edges[index + 1], y0 + step)]
        north += [(edges[index], y0 + depth + step), (edges[index + 1], y0 + depth + step)]
    return tidied(np.array(south + north[::-1]))


def tower(x: float, y: float, width: float, depth: float, form: int) -> Floats:
    """A point tower around (x, y): 0 notched corners, 1 butterfly, 2 cross, 3 plain with bays."""
    w, d = width / 2, depth / 2
    if form == 0:
        quarter = [(w, d * 0.55), (w * 0.62, d * 0.55), (w * 0.62, d)]
    elif form == 1:
        quarter = [(w, d * 0.2), (w, d), (w * 0.38, d), (w * 0.38, d * 0.62), (0.0, d * 0.62)]
    elif form == 2:
        quarter = [(w, d * 0.4), (w * 0.45, d * 0.4), (w * 0.45, d)]
    else:
        quarter = [(w, d * 0.8), (w * 0.8, d * 0.8), (w * 0.8, d), (w * 0.25, d), (w * 0.25, d * 0.86)]
    q = np.array(quarter)
    ring = np.vstack((q, (q * [-1, 1])[::-1], q * [-1, -1], (q * [1, -1])[::-1]))
    return tidied(ring + np.array([x, y]))


def wings(x0: float, y0: float, x1: float, y1: float, depth: float, form: str) -> Floats:
    """A building of wings in a box: ``U`` open to the south, ``L``, ``E`` (a comb open to the east) or ``H``."""
    d = depth
    if form == "U":
        return np.array(
            [[x0, y0], [x0 + d, y0], [x0 + d, y1 - d], [x1 - d, y1 - d], [x1 - d, y0], [x1, y0], [x1, y1], [x0, y1]]
        )
    if form == "L":
        return np.array([[x0, y0], [x0 + d, y0], [x0 + d, y1 - d], [x1, y1 - d], [x1, y1], [x0, y1]])
    if form == "H":
        m0, m1 = (y0 + y1 - d) / 2, (y0 + y1 + d) / 2
        a, b = x0 + d, x1 - d
        return np.array(
            [
                [x0, y0],
                [a, y0],
                [a, m0],
                [b, m0],
                [b, y0],
                [x1, y0],
                [x1, y1],
                [b, y1],
                [b, m1],
                [a, m1],
                [a, y1],
                [x0, y1],
            ]
        )
    gap = (y1 - y0 - 3 * d) / 2
    spine = x0 + d * 0.5
    levels = [y0, y0 + d, y0 + d + gap, y0 + 2 * d + gap, y0 + 2 * d + 2 * gap, y1]
    return np.array(
        [[x0, y0], [x1, y0], [x1, levels[1]], [spine, levels[1]], [spine, levels[2]], [x1, levels[2]], [x1, levels[3]],
         [spine, levels[3]], [spine, levels[4]], [x1, levels[4]], [x1, y1], [x0, y1]]
    )  # fmt: skip


_OCTANT = np.array([[1, 0], [0.92388, 0.38268], [0.70711, 0.70711], [0.38268, 0.92388]])
CIRCLE16 = np.vstack(
    [_OCTANT @ np.array(m) for m in ([[1, 0], [0, 1]], [[0, 1], [-1, 0]], [[-1, 0], [0, -1]], [[0, -1], [1, 0]])]
)
CIRCLE8 = CIRCLE16[::2]
_BETWEEN = CIRCLE16 + np.roll(CIRCLE16, -1, axis=0)
_BETWEEN = _BETWEEN / np.sqrt((_BETWEEN**2).sum(axis=1))[:, None]
CIRCLE32 = np.stack((CIRCLE16, _BETWEEN), axis=1).reshape(-1, 2)


def oval(x: float, y: float, width: float, depth: float) -> Floats:
    """A running track: a rectangle with round ends, long in x if ``width`` is larger, else in y."""
    radius = min(width, depth) / 2
    ring = CIRCLE32 * radius
    stretch = np.array([max(0.0, width / 2 - radius), max(0.0, depth / 2 - radius)])
    return np.asarray(ring + np.sign(np.round(CIRCLE32, 4)) * stretch + np.array([x, y]))


def pond(x: float, y: float, width: float, depth: float, random: np.random.Generator) -> Floats:
    """A lake with a soft, uneven shore: sixteen uneven spokes, corners cut twice (Chaikin)."""
    radius = random.uniform(0.55, 1.0, 16)
    radius = (np.roll(radius, 1) + 3 * radius + np.roll(radius, -1)) / 5
    ring = CIRCLE16 * (radius / radius.max())[:, None]
    for _ in range(2):
        ahead = np.roll(ring, -1, axis=0)
        ring = np.stack((0.75 * ring + 0.25 * ahead, 0.25 * ring + 0.75 * ahead), axis=1).reshape(-1, 2)
    return np.asarray(ring * np.array([width / 2, depth / 2]) + np.array([x, y]))


def tidied(ring: Floats) -> Floats:
    """Drop repeated points and points in the middle of a straight side."""
    ring = ring[np.abs(ring - np.roll(ring, 1, axis=0)).sum(axis=1) > 1e-6]
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    bend = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    return ring[bend > 1e-6]
