"""Where houses stand in a residential plot: rows of slabs, point towers, village houses, shops along the street."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.mesh import Floats
from geodata.city.shapes import Frame, box, polygons_of, slab, tower, wings

STOREY_M = {
    "slab": 2.95,
    "tower": 3.0,
    "village": 3.1,
    "shop": 3.6,
    "mixed": 3.1,
    "dormitory": 3.0,
    "apartments": 3.0,
}


@dataclass(slots=True)
class Draft:
    """A building to be, in metres of the plane; ``floors`` is a wish until households are shared out."""

    ring: Floats
    kind: str
    floors: float
    lowest: int
    highest: int
    units: int = 0
    per_landing: int = 0
    use: str = "residential"
    hole: Floats | None = None
    floors_below: int = 0
    name: str = ""


def footprints(houses: list[Draft]) -> npt.NDArray[np.object_]:
    """The footprints of buildings, podiums with the hole their tower stands in."""
    shapes = polygons_of([house.ring for house in houses])
    for index, house in enumerate(houses):
        if house.hole is not None:
            shapes[index] = shapely.Polygon(house.ring, [house.hole])
    return shapes


@dataclass(slots=True)
class Drawn:
    """What a plot holds: buildings, ground areas by class, and lanes (open lines with a width)."""

    buildings: list[Draft] = field(default_factory=list)
    ground: list[tuple[str, Floats]] = field(default_factory=list)
    lanes: list[tuple[Floats, float]] = field(default_factory=list)


def spans(ring: Floats, levels: Floats) -> tuple[Floats, Floats]:
    """The widest stretch of a closed ring at each level y: arrays of left and right ends, NaN where there is none."""
    ahead = np.roll(ring, -1, axis=0)
    low = np.minimum(ring[:, 1], ahead[:, 1])[:, None]
    high = np.maximum(ring[:, 1], ahead[:, 1])[:, None]
    rise = (ahead[:, 1] - ring[:, 1])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = ring[:, :1] + (levels[None, :] - ring[:, 1:]) / rise * (ahead[:, :1] - ring[:, :1])
    x = np.sort(np.where((low <= levels) & (levels < high), x, np.nan), axis=0)
    if len(x) < 2:
        return np.full(len(levels), np.nan), np.full(len(levels), np.nan)
    pairs = len(x) // 2
    left, right = x[0 : 2 * pairs : 2], x[1 : 2 * pairs : 2]
    widest = np.argmax(np.where(np.isnan(right - left), -1.0, right - left), axis=0)
    columns = np.arange(len(levels))
    return left[widest, columns], right[widest, columns]


def _bands(net: Floats, depth: float, pitch: float, slack: float) -> list[tuple[float, float, float]]:
    """South edge, left and right of bands of ``depth`` stacked from the north."""
    top, bottom = float(net[:, 1].max()), float(net[:, 1].min())
    count = int((top - bottom - depth) // pitch) + 1 if top - bottom > depth else 0
    if count <= 0:
        return []
    spare = (top - bottom - depth) - (count - 1) * pitch
    south = top - depth - spare * slack - pitch * np.arange(count)
    left, right = np.full(count, -np.inf), np.full(count, np.inf)
    for part in (0.02, 0.35, 0.65, 0.98):
        a, b = spans(net, np.asarray(south + depth * part, dtype=np.float64))
        left, right = np.maximum(left, a), np.minimum(right, b)
    good = np.isfinite(left) & np.isfinite(right) & (right > left)
    return [(float(y), float(a), float(b)) for y, a, b in zip(south[good], left[good], right[good], strict=True)]


def draw_slabs(net: Floats, random: np.random.Generator, era: int) -> Drawn:
    """Rows of slab blocks facing south, with a lane along each row and a spine where the plot is wide.

    ``net`` is the buildable ring in the plot's frame. ``era``: 0 of the eighties, 1 of the nineties, 2 with lifts.
    """
    drawn = Drawn()
    depth = float(random.uniform(10.5, 12.0) if era == 0 else random.uniform(12.0, 14.5))
    gap = float(random.uniform(13, 17) + 3.2 * era)
    unit_m = float(random.choice([13.5, 15.0, 16.5, 18.0]))
    per_landing = 3 if unit_m > 16 and random.random() < 0.6 else 2
    floors = float(random.choice([[5, 6, 7], [6, 7, 7], [9, 11, 12]][era]))
    low, high = ((3, 7), (4, 8), (7, 16))[era]
    bands = _bands(net, depth, depth + gap, float(random.uniform(0.2, 0.8)))
    spine = _spine(net, random)
    court = int(random.integers(0, len(bands))) if len(bands) >= 4 and random.random() < 0.55 else -1
    stepped = random.random() < 0.35
    for number, (y, left, right) in enumerate(bands):
        for side, (x0, x1) in enumerate(_sides(left, right, spine)):
            if number == court and side == 0:
                drawn.ground.append(("green", box(x0 + 3, y - gap * 0.25, x1 - 3, y + depth * 0.9)))
                continue
            x = x0 + float(random.uniform(0, 2.5))
            while x1 - x >= unit_m * 1.3:
                units = max(1, min(int((x1 - x) // unit_m), int(random.integers(2, 5))))
                length = units * unit_m
                steps = [float(i % 2) * 1.6 for i in range(units)] if stepped else [0.0] * units
                ring = slab(x, y, length, depth - (1.6 if stepped else 0.0), steps)
                if random.random() > 0.035:
                    drawn.buildings.append(Draft(ring, "slab", floors, low, high, units=units, per_landing=per_landing))
                x += length + float(random.uniform(5.5, 9))
        drawn.lanes.append((np.array([[left + 1, y - 3.4], [right - 1, y - 3.4]]), 3.6))
    if spine is not None:
        drawn.lanes.append((np.array([[spine, float(net[:, 1].min()) - 7], [spine, float(net[:, 1].max())]]), 5.5))
    return drawn


def _spine(net: Floats, random: np.random.Generator) -> float | None:
    """Where a wide plot's main lane runs."""
    x0, x1 = float(net[:, 0].min()), float(net[:, 0].max())
    return x0 + (x1 - x0) * float(random.uniform(0.4, 0.6)) if x1 - x0 > 105 else None


def _sides(left: float, right: float, spine: float | None) -> list[tuple[float, float]]:
    if spine is None or not left + 30 < spine < right - 30:
        return [(left, right)]
    return [(left, spine - 5), (spine + 5, right)]


def draw_towers(net: Floats, random: np.random.Generator, floors: float) -> Drawn:
    """Point towers in staggered rows around green courts."""
    drawn = Drawn()
    width, depth = float(random.uniform(21, 29)), float(random.uniform(18, 23))
    form = int(random.integers(0, 4))
    per_landing = 4 if width < 24 else int(random.choice([4, 6]))
    gap_x, gap_y = float(random.uniform(15, 26)), float(random.uniform(24, 34))
    bands = _bands(net, depth, depth + gap_y, float(random.uniform(0.3, 0.7)))
    for number, (y, left, right) in enumerate(bands):
        count = int((right - left + gap_x) // (width + gap_x))
        if count <= 0:
            continue
        spare = right - left - count * width - (count - 1) * gap_x
        start = left + spare * (0.15 + 0.7 * (number % 2)) + width / 2
        for index in range(count):
            if count * len(bands) > 3 and random.random() < 0.08:
                continue
            x = start + index * (width + gap_x)
            ring = tower(x, y + depth / 2, width, depth, form)
            drawn.buildings.append(
                Draft(
                    ring, "tower", floors, 11, 33, units=1, per_landing=per_landing, floors_below=1 + int(floors > 20)
                )
            )
        if number:
            middle = y + depth + gap_y / 2
            drawn.ground.append(("green", box(left + 4, middle - gap_y * 0.24, right - 4, middle + gap_y * 0.24)))
        drawn.lanes.append((np.array([[left, y - 4], [right, y - 4]]), 4.5))
    return drawn


def draw_village(net: Floats, random: np.random.Generator) -> Drawn:
    """Self-built houses of an urban village, shoulder to shoulder along crooked alleys."""
    drawn = Drawn()
    y, bottom = float(net[:, 1].max()), float(net[:, 1].min())
    while y - bottom > 9:
        depth = float(random.uniform(8.5, 12.5))
        y -= depth
        lefts, rights = spans(net, np.array([y + 0.2, y + depth / 2, y + depth - 0.2]))
        lane = float(random.choice([1.6, 2.4, 5.2], p=[0.4, 0.35, 0.25]))
        if np.isfinite(lefts).all() and np.isfinite(rights).all():
            left, right = float(np.max(lefts)), float(np.min(rights))
            slope = float(np.clip(random.normal(0, 0.022), -0.04, 0.04))
            drawn.buildings += _village_row((left + float(random.uniform(0, 4)), right), y, depth, slope, random)
            if lane > 4 and right - left > 20:
                low = y - lane / 2
                drawn.lanes.append((np.array([[left, low], [right, low + slope * (right - left)]]), 3.2))
            lane += max(0.0, -slope * (right - left)) * 0.5
        y -= lane
    return drawn


def _village_row(
    ends: tuple[float, float], y: float, depth: float, slope: float, random: np.random.Generator
) -> list[Draft]:
    """One row of houses of uneven width, height and frontage; here and there one is missing or has a yard cut out."""
    found: list[Draft] = []
    x, end = ends
    start = x
    while True:
        width = float(random.uniform(7.0, 14.0))
        if x + width > end:
            return found
        low, high = (float(value) for value in random.uniform([0, 0], [1.5, 1.8]))
        base = y + slope * (x - start)
        if random.random() < 0.92:
            ring = box(x, base + low, x + width, base + depth - high)
            if width > 10.5 and random.random() < 0.3:
                ring = wings(x, base + low, x + width, base + depth - high, 6.2, "L")
            else:
                ring[:, 1] += [0, *random.uniform(-0.4, 0.4, 2), 0]
            landing = 1 + int(width > 11)
            found.append(Draft(ring, "village", float(random.integers(3, 7)), 1, 8, units=1, per_landing=landing))
        x += width + float(random.choice([0.8, 1.3, 2.2, 4.5], p=[0.4, 0.3, 0.18, 0.12]))


def draw_frontage(
    plot: shapely.Polygon, main_roads: shapely.Geometry, random: np.random.Generator, mixed: float
) -> list[Draft]:
    """Shops and old arcaded houses along the sides of a plot that look at a main road; rings in the plane."""
    # Counter-clockwise, so that the left of each side is the inside.
    ring = shapely.get_coordinates(shapely.orient_polygons(plot.simplify(3.0)).exterior)[:-1]
    sides = np.roll(ring, -1, axis=0) - ring
    lengths = np.sqrt((sides**2).sum(axis=1))
    middles = shapely.points(ring + sides / 2)
    near = shapely.distance(middles, main_roads) < 20
    found: list[Draft] = []
    for index in np.flatnonzero(near & (lengths > 45)):
        if random.random() < 0.45:
            continue
        axis = sides[index] / lengths[index]
        frame = Frame(axis)
        corner = frame.inward(ring[index][None, :])[0]
        x, end = corner[0] + float(random.uniform(6, 14)), corner[0] + lengths[index] - 8
        depth = float(random.uniform(8.5, 11.5))
        homes = random.random() < mixed
        while end - x > 14:
            length = float(min(end - x, random.uniform(16, 38)))
            shape = frame.outward(box(x, corner[1] + 1.5, x + length, corner[1] + 1.5 + depth))
            found.append(
                Draft(
                    shape,
                    "mixed",
                    float(random.integers(4, 7)),
                    3,
                    8,
                    units=max(1, round(length / 15)),
                    per_landing=2,
                    use="mixed",
                )
                if homes
                else Draft(shape, "shop", float(random.integers(1, 4)), 1, 4, use="commercial")
            )
            x += length + float(random.choice([0.6, 3.0, 7.5], p=[0.5, 0.3, 0.2]))
    return found
