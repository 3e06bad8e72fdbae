"""Plots that hold no homes: schools with a playground, hospitals, offices with podium, markets, parks, works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import shapely

from geodata.city.layout import Draft, Drawn
from geodata.city.mesh import Floats
from geodata.city.shapes import CIRCLE16, box, oval, pond, tower, wings

Bounds = tuple[float, float, float, float]


def inner_box(net: Floats) -> Bounds:
    """A large upright rectangle inside a ring: the best of many boxes tried around a lattice of inner points."""
    polygon = shapely.Polygon(net)
    x0, y0, x1, y1 = polygon.bounds
    shapely.prepare(polygon)
    part = np.linspace(0.25, 0.75, 7)
    half = np.linspace(0.49, 0.14, 15)
    cx, cy, w, h = (axis.ravel() for axis in np.meshgrid(part, part, half, half, indexing="ij"))
    left, right = x0 + (x1 - x0) * (cx - w), x0 + (x1 - x0) * (cx + w)
    low, high = y0 + (y1 - y0) * (cy - h), y0 + (y1 - y0) * (cy + h)
    # A long strip is worth less than its area: wings and playgrounds need depth.
    worth = np.minimum(right - left, (high - low) * 1.9) * np.minimum(high - low, (right - left) * 1.9)
    order = np.argsort(-worth, kind="stable")
    for some in np.array_split(order, 24):
        inside = shapely.covers(polygon, shapely.box(left[some], low[some], right[some], high[some]))
        if inside.any():
            best = some[int(np.argmax(inside))]
            return float(left[best]), float(low[best]), float(right[best]), float(high[best])
    x, y = shapely.get_coordinates(shapely.point_on_surface(polygon))[0].tolist()
    return x - 4, y - 4, x + 4, y + 4


def _house(ring: Floats, kind: str, floors: int, name: str = "", **more: object) -> Draft:
    return Draft(ring, kind, float(floors), floors, floors, use=kind, name=name, **more)  # type: ignore[arg-type]


def _homes(ring: Floats, kind: str, floors: int, name: str) -> Draft:
    """A house with homes on a ground that is not for homes: staff quarters, flats over a market or beside offices."""
    area = float(shapely.Polygon(ring).area)
    use = "mixed" if kind == "mixed" else "residential"
    if kind == "apartments":
        units, landing = 1, max(2, round(area / 100))
    else:
        units, landing = max(1, round(area / 200)), 2
    return Draft(ring, kind, float(floors), floors, floors, units=units, per_landing=landing, use=use, name=name)


def draw_school(net: Floats, random: np.random.Generator) -> Drawn:
    """Teaching wings, a hall and dormitory around a running track."""
    x0, y0, x1, y1 = inner_box(net)
    drawn = Drawn()
    wide = x1 - x0 > y1 - y0
    if wide:
        cut = x0 + (x1 - x0) * float(random.uniform(0.42, 0.5))
        field_box, build = (x0 + 3, y0 + 5, cut - 6, y1 - 5), (cut, y0, x1, y1)
    else:
        cut = y0 + (y1 - y0) * float(random.uniform(0.42, 0.5))
        field_box, build = (x0 + 5, y0 + 3, x1 - 5, cut - 6), (x0, cut, x1, y1)
    _field(drawn, field_box)
    a, b, c, d = build
    form = str(random.choice(["E", "U", "H"]))
    top = d - (d - b) * 0.66
    drawn.buildings.append(
        _house(
            wings(a + 2, top, c - 2, d - 1, min(11.0, (d - top) / 4), form),
            "school",
            int(random.integers(4, 6)),
            "教学楼",
        )
    )
    if top - b > 18:
        half = (a + c) / 2
        drawn.buildings.append(_house(box(a + 2, b + 3, half - 5, top - 9), "school", 2, "体育馆"))
        drawn.buildings.append(
            _homes(box(half + 4, top - 21 if top - b > 26 else b + 3, c - 2, top - 9), "dormitory", 5, "教工宿舍")
        )
    return drawn


def _field(drawn: Drawn, bounds: Bounds) -> None:
    """A track with a lawn in it, or ball courts where there is too little room."""
    x0, y0, x1, y1 = bounds
    x, y, width, depth = (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0
    if min(width, depth) > 28:
        short = min(width, depth, 74.0)
        size = (min(width, short * 1.9), short) if width > depth else (short, min(depth, short * 1.9))
        drawn.ground.append(("pitch", oval(x, y, *size)))
        drawn.ground.append(("green", oval(x, y, max(8.0, size[0] - 15), max(8.0, size[1] - 15))))
        return
    drawn.ground.append(
        ("pitch", box(x - min(width, 28) / 2, y - min(depth, 15) / 2, x + min(width, 28) / 2, y + min(depth, 15) / 2))
    )


def draw_hospital(net: Floats, random: np.random.Generator) -> Drawn:
    """An outpatient block at the south, wards behind, a garden between them."""
    x0, y0, x1, y1 = inner_box(net)
    drawn = Drawn()
    w, h = x1 - x0, y1 - y0
    drawn.buildings += [
        _house(
            wings(x0 + w * 0.08, y0 + 6, x0 + w * 0.66, y0 + h * 0.42, min(17.0, h * 0.13), "H"),
            "hospital",
            6,
            "门诊楼",
            floors_below=1,
        ),
        _house(box(x0 + w * 0.04, y1 - 22, x0 + w * 0.48, y1 - 3), "hospital", 17, "住院部", floors_below=2),
        _house(box(x0 + w * 0.56, y1 - 24, x1 - 4, y1 - 8), "hospital", 11, "第二住院楼", floors_below=1),
        _house(box(x0 + w * 0.76, y0 + 6, x1 - 3, y0 + h * 0.34), "hospital", int(random.integers(4, 7)), "医技楼"),
        _homes(box(x1 - w * 0.2, y0 + h * 0.44, x1 - 4, y0 + h * 0.44 + 13), "dormitory", 6, "职工宿舍"),
    ]
    drawn.ground.append(("green", box(x0 + w * 0.06, y0 + h * 0.5, x0 + w * 0.62, y1 - 30)))
    return drawn


def draw_offices(net: Floats, random: np.random.Generator) -> Drawn:
    """Office towers, each rising from a podium that is drawn as a ring round it, so that footprints do not overlap."""
    x0, y0, x1, y1 = inner_box(net)
    drawn = Drawn()
    columns = max(1, min(3, round((x1 - x0) / 70)))
    rows = max(1, min(2, round((y1 - y0) / 75)))
    dx, dy = (x1 - x0) / columns, (y1 - y0) / rows
    for column in range(columns):
        for row in range(rows):
            a, b = x0 + column * dx + 5, y0 + row * dy + 5
            c, d = x0 + (column + 1) * dx - 5, y0 + (row + 1) * dy - 5
            if min(c - a, d - b) < 24:
                continue
            if random.random() < 0.35:
                drawn.buildings.append(
                    _house(
                        wings(a, b, c, d, min(17.0, min(c - a, d - b) / 3.2), str(random.choice(["U", "L", "H"]))),
                        "office",
                        int(random.integers(5, 10)),
                        "办公楼",
                        floors_below=1,
                    )
                )
                continue
            size = min(c - a, d - b, 46.0) * 0.62
            x = a + size / 2 + 5 + (c - a - size - 10) * float(random.uniform(0.2, 0.8))
            y = b + size / 2 + 5 + (d - b - size - 10) * float(random.uniform(0.2, 0.8))
            shaft = tower(x, y, size, size * 0.86, int(random.choice([0, 3])))
            drawn.buildings.append(
                _house(box(a, b, c, d), "commercial", int(random.integers(3, 6)), "裙楼", hole=shaft, floors_below=2)
            )
            floors = int(random.integers(16, 31))
            if column + row == 0 and columns * rows > 1:
                drawn.buildings.append(_homes(shaft, "apartments", min(floors, 18), "公寓楼"))
            else:
                drawn.buildings.append(_house(shaft, "office", floors, "主楼", floors_below=2))
    return drawn


def draw_market(net: Floats, random: np.random.Generator) -> Drawn:
    """A market hall with rows of stalls round it."""
    x0, y0, x1, y1 = inner_box(net)
    drawn = Drawn()
    w, h = x1 - x0, y1 - y0
    drawn.buildings.append(
        _house(box(x0 + w * 0.22, y0 + h * 0.24, x1 - w * 0.22, y1 - h * 0.3), "market", 2, "交易大厅")
    )
    round_it = wings(x0 + 2, y0 + 4, x1 - 2, y1 - 2, min(10.0, w * 0.1), "U")
    drawn.buildings.append(_homes(round_it, "mixed", int(random.integers(2, 5)), "商住楼"))
    drawn.buildings.append(_house(box(x0 + w * 0.26, y0 + 3, x1 - w * 0.26, y0 + h * 0.13), "commercial", 1, "摊位"))
    return drawn


def draw_park(net: Floats, random: np.random.Generator) -> Drawn:
    """A park: lawn to the edge, a lake with an island, paths, a few pavilions."""
    x0, y0, x1, y1 = inner_box(net)
    drawn = Drawn(ground=[("green", net)])
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    lake = pond(x + 4, y - 2, (x1 - x0) * 0.86, (y1 - y0) * 0.8, random)
    shore = (lake - [x + 4, y - 2]) * 1.09 + [x + 4, y - 2]
    drawn.ground.append(("water", lake))
    drawn.ground.append(("green", CIRCLE16 * min(x1 - x0, y1 - y0) * 0.055 + [x + (x1 - x0) * 0.14, y + 6]))
    drawn.lanes.append((np.vstack((shore, shore[:1])), 3.0))
    drawn.lanes.append((np.array([[x0 - 12, y0 + 14], shore[40]]), 3.0))
    drawn.lanes.append((np.array([[x1 + 12, y1 - 16], shore[8]]), 3.0))
    for cx, cy in ((x0 + 9, y1 - 9), (x1 - 11, y1 - 10), (x1 - 9, y0 + 9)):
        drawn.buildings.append(_house(tower(cx, cy, 11, 9, 0), "civic", 1, "亭"))
    return drawn


def draw_factory(net: Floats, random: np.random.Generator) -> Drawn:
    """Workshops and a warehouse in rows."""
    x0, y0, x1, y1 = inner_box(net)
    drawn = Drawn()
    rows = max(2, min(4, round((y1 - y0) / 34)))
    step = (y1 - y0) / rows
    for row in range(rows):
        y = y0 + row * step
        cut = x0 + (x1 - x0) * float(random.uniform(0.4, 0.65))
        drawn.buildings.append(
            _house(box(x0 + 2, y + 3, cut - 6, y + step - 7), "industrial", int(random.integers(1, 4)), "厂房")
        )
        drawn.buildings.append(
            _house(box(cut + 2, y + 3, x1 - 2, y + step - 9), "industrial", int(random.integers(1, 5)), "库房")
        )
    return drawn


DEDICATED: Mapping[str, Callable[[Floats, np.random.Generator], Drawn]] = MappingProxyType(
    {
        "school": draw_school,
        "hospital": draw_hospital,
        "office": draw_offices,
        "market": draw_market,
        "park": draw_park,
        "factory": draw_factory,
    }
)
