"""One street from outline to buildings, still in metres of the plane."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely

from geodata.city.grounds import DEDICATED
from geodata.city.layout import Draft, Drawn, draw_frontage, draw_slabs, draw_towers, draw_village, footprints
from geodata.city.mesh import Floats, Mesh, Ring, Road
from geodata.city.plan import CellPlan, Cutter, plan_street
from geodata.city.profiles import Profile
from geodata.city.shapes import Frame, frame_facing_south, polygons_of

HOMES = ("tower", "village", "slab0", "slab1", "slab2")
# Share of a plot under roof below which another way of building on it is tried.
ENOUGH_BUILT = 0.21
# Nothing is built where less ground is left.
LEAST_ROOM_M2 = 120.0
GAP_M = {"village": 0.25, "other": 2.5}


@dataclass(slots=True)
class Plot:
    """A compound or dedicated ground: its cell (position in the street), outline, kind and buildings."""

    cell: int
    polygon: shapely.Polygon
    kind: str
    buildings: list[Draft] = field(default_factory=list)


@dataclass(slots=True)
class StreetDraft:
    """Everything of one street before names and codes."""

    plans: list[CellPlan]
    plots: list[Plot]
    roads: list[Road]
    ground: list[tuple[str, shapely.Geometry]]
    lanes: list[tuple[shapely.Geometry, float]]
    outline: Ring


def build_street(
    mesh: Mesh, outline: Ring, borders: list[Road], profile: Profile, random: np.random.Generator
) -> StreetDraft:
    """Cut a street from its outline and build on its plots.

    ``borders`` are the roads along the outline; they belong to the caller, who shares them between neighbours.
    """
    before = len(mesh.roads)
    plans = plan_street(Cutter(mesh, random), outline, profile)
    roads = mesh.roads[before:]
    draft = StreetDraft(plans, [], roads, [], [], outline)
    all_roads = borders + roads
    lines = _lines(mesh, all_roads)
    widths = np.array([road.width_m for road in all_roads])
    main = shapely.union_all(lines[widths >= 10.5])
    shapely.prepare(main)
    tilt = _street_axis(mesh, outline)
    for number, (plan, polygons) in enumerate(zip(plans, _plot_polygons(mesh, plans, lines, widths), strict=True)):
        _build_cell(draft, number, plan, polygons, _Site(main, tilt, profile, random))
    _drop_overlaps(draft)
    for plot_number, plan in enumerate(plans):
        if plan.dwellings:
            _share_floors([p for p in draft.plots if p.cell == plot_number], plan.dwellings)
    return draft


def _lines(mesh: Mesh, roads: list[Road]) -> shapely.Geometry:
    return np.array([shapely.LineString(mesh.coordinates(road.line)) for road in roads])


def _street_axis(mesh: Mesh, outline: Ring) -> Floats:
    """The direction of a street's fabric: that of its box, nearest to east."""
    return frame_facing_south(mesh.polygon(outline), np.array([1.0, 0.0])).axis


def _plot_polygons(
    mesh: Mesh, plans: list[CellPlan], lines: shapely.Geometry, widths: Floats
) -> list[list[shapely.Polygon]]:
    """What is left of each plot's face once the roads beside it are taken away, per cell."""
    surfaces = shapely.buffer(lines, widths / 2, quad_segs=2, cap_style="square", join_style="mitre")
    faces = np.array([mesh.polygon(ring) for plan in plans for ring in plan.plots])
    plot, road = shapely.STRtree(surfaces).query(faces, predicate="intersects")
    first = np.searchsorted(plot, np.arange(len(faces) + 1))
    left = []
    for number, face in enumerate(faces):
        near = surfaces[road[first[number] : first[number + 1]]]
        rest = shapely.difference(face, shapely.union_all(near)) if len(near) else face
        rest = shapely.buffer(rest, -0.6, join_style="mitre", mitre_limit=2.0)
        parts = shapely.get_parts(rest)
        left.append(max(parts, key=lambda part: part.area) if len(parts) else None)
    counts = np.cumsum([0] + [len(plan.plots) for plan in plans])
    return [[p for p in left[a:b] if p is not None and p.area > 350] for a, b in pairwise(counts.tolist())]


@dataclass(frozen=True, slots=True)
class _Site:
    main: shapely.Geometry
    axis: Floats
    profile: Profile
    random: np.random.Generator


def _build_cell(draft: StreetDraft, number: int, plan: CellPlan, polygons: list[shapely.Polygon], site: _Site) -> None:
    total = sum(polygon.area for polygon in polygons)
    for order, polygon in enumerate(polygons):
        kind = plan.purpose
        if kind == "residential":
            kind = _kind_of_homes(plan.dwellings / max(total, 1.0), polygon.area, site.random)
        elif kind in ("market", "office") and order:
            kind = str(site.random.choice(["office", "market"]))
        plot = Plot(number, polygon, kind)
        _build_plot(draft, plot, site)
        draft.plots.append(plot)


def _kind_of_homes(density: float, area_m2: float, random: np.random.Generator) -> str:
    """Which houses suit a plot: dense plots get lifts, others mostly walk-ups of the eighties and nineties."""
    tower = 0.1 + 0.3 * float(density > 0.02) + 0.2 * float(density > 0.026)
    if area_m2 > 3200 and random.random() < tower:
        return "tower"
    return str(random.choice(["slab0", "slab1", "slab2"], p=[0.34, 0.5, 0.16]))


def _build_plot(draft: StreetDraft, plot: Plot, site: _Site) -> None:
    """Draw what stands on a plot, keep what lies inside it, and carry the ground and lanes to the plane."""
    frontage: list[Draft] = []
    room = plot.polygon
    if plot.kind in HOMES and plot.kind != "village" and plot.polygon.area > 4500:
        frontage = draw_frontage(plot.polygon, site.main, site.random, 0.3)
        if frontage:
            taken = shapely.union_all(shapely.polygons([draft.ring for draft in frontage]))
            room = shapely.difference(room, shapely.buffer(taken, 6.5, quad_segs=1))
    frame = frame_facing_south(plot.polygon, site.axis)
    drawn = _draw_best(plot, room, frame, site.random)
    plot.buildings = _inside(frontage, plot.polygon) + drawn.buildings
    _carry_ground(draft, plot, drawn, frame)


def _draw_best(plot: Plot, room: shapely.Geometry, frame: Frame, random: np.random.Generator) -> Drawn:
    """Draw a plot; where the chosen kind of homes leaves much of it empty, try others and keep the fullest."""
    setback = 2.2 if plot.kind == "village" else 4.0
    net = shapely.get_parts(shapely.buffer(room, -setback, join_style="mitre", mitre_limit=2.0))
    if not len(net):
        return Drawn()
    largest = max(net, key=lambda part: part.area)
    if largest.area < LEAST_ROOM_M2:
        return Drawn()
    ring = frame.inward(shapely.get_coordinates(shapely.segmentize(largest.exterior.simplify(0.8), 25.0))[:-1])
    shapely.prepare(plot.polygon)
    best, most = Drawn(), -1.0
    for kind in (plot.kind, "slab1", "slab0", "tower") if plot.kind in HOMES else (plot.kind,):
        drawn = _draw(kind, ring, random)
        for house in drawn.buildings:
            house.ring = frame.outward(house.ring)
            house.hole = None if house.hole is None else frame.outward(house.hole)
        drawn.buildings = _inside(drawn.buildings, plot.polygon)
        built = float(shapely.area(polygons_of([house.ring for house in drawn.buildings])).sum())
        if built > most:
            best, most, plot.kind = drawn, built, kind
        enough = ENOUGH_BUILT * (0.6 if kind == "tower" else 1.0)
        if most > enough * largest.area:
            break
    return best


def _draw(kind: str, ring: Floats, random: np.random.Generator) -> Drawn:
    if kind == "village":
        return draw_village(ring, random)
    if kind == "tower":
        return draw_towers(ring, random, float(random.choice([18, 18, 24, 28])))
    if kind.startswith("slab"):
        return draw_slabs(ring, random, int(kind[-1]))
    return DEDICATED[kind](ring, random)


def _inside(houses: list[Draft], polygon: shapely.Polygon) -> list[Draft]:
    shapely.prepare(polygon)
    inside = shapely.contains_properly(polygon, polygons_of([house.ring for house in houses]))
    return [house for house, good in zip(houses, inside.tolist(), strict=True) if good]


def _carry_ground(draft: StreetDraft, plot: Plot, drawn: Drawn, frame: Frame) -> None:
    for kind, ring in drawn.ground:
        area = shapely.intersection(shapely.Polygon(frame.outward(ring)), plot.polygon)
        draft.ground += [
            (kind, part) for part in shapely.get_parts(area) if part.geom_type == "Polygon" and part.area > 20
        ]
    for line, width in drawn.lanes:
        kept = shapely.intersection(shapely.LineString(frame.outward(line)), plot.polygon)
        draft.lanes += [
            (part, width) for part in shapely.get_parts(kept) if part.geom_type == "LineString" and part.length > 12
        ]


def _drop_overlaps(draft: StreetDraft) -> None:
    """Drop the later of two buildings that touch or stand closer than neighbours may; towers stay in their podium."""
    houses = [house for plot in draft.plots for house in plot.buildings]
    shapes = footprints(houses)
    close = np.array(
        [GAP_M["village"] if house.kind in ("village", "shop", "mixed") else GAP_M["other"] for house in houses]
    )
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=close)
    podium = np.array([house.hole is not None for house in houses])
    pairs = (a < b) & ~((podium[a] | podium[b]) & (b - a == 1))
    gone: set[int] = set()
    for first, second in zip(a[pairs].tolist(), b[pairs].tolist(), strict=True):
        if first not in gone:
            gone.add(second)
    number = 0
    for plot in draft.plots:
        count = len(plot.buildings)
        plot.buildings = [house for index, house in enumerate(plot.buildings) if number + index not in gone]
        number += count


def _homes_over_shops(houses: list[Draft], dwellings: int) -> None:
    """Where the blocks of a cell cannot hold its households, the shops along its streets get floors of homes."""
    room = sum(house.units * house.per_landing * house.highest for house in houses)
    for house in houses:
        if room >= dwellings:
            return
        if house.kind == "shop":
            length = float(shapely.Polygon(house.ring).length) / 2 - 10
            house.kind, house.use, house.floors, house.lowest, house.highest = "mixed", "mixed", 5.0, 3, 8
            house.units, house.per_landing = max(1, round(length / 16)), 2
            room += house.units * 2 * house.highest


def _share_floors(plots: list[Plot], dwellings: int) -> None:
    """Give the houses of a cell so many floors that they hold about the wanted number of dwellings.

    A compound keeps one height where it can; what is left over goes to the village houses and towers one by one.
    """
    _homes_over_shops([house for plot in plots for house in plot.buildings], dwellings)
    houses = [house for plot in plots for house in plot.buildings if house.units]
    if not houses:
        return
    landing = np.array([house.units * house.per_landing for house in houses])
    floors = np.array([house.floors for house in houses])
    low, high = np.array([house.lowest for house in houses]), np.array([house.highest for house in houses])
    if float((high * landing).sum()) < dwellings * 1.15:
        # Too few houses for the wish: the newest blocks of such cells have lifts.
        high = np.where([house.kind in ("slab", "mixed") for house in houses], high + 11, high)
    scale = 1.0
    for _ in range(8):
        held = float((np.clip(floors * scale, low, high) * landing).sum())
        scale *= dwellings / held
    final = np.clip(np.round(floors * scale), low, high)
    for index in np.argsort(-landing, kind="stable"):
        spare = dwellings - float((final * landing).sum())
        step = np.sign(spare) if abs(spare) > landing[index] * 0.6 else 0.0
        final[index] = np.clip(final[index] + step, low[index], high[index])
    for house, value in zip(houses, final.tolist(), strict=True):
        house.floors = value
