"""What breaks the order on purpose: buildings across cell borders, buildings outside every cell; and trees."""

from __future__ import annotations

import numpy as np
import shapely

from geodata.city.build import StreetDraft
from geodata.city.layout import Draft
from geodata.city.mesh import Floats, Mesh
from geodata.city.shapes import CIRCLE8, box, polygons_of

MOVABLE = ("slab", "shop", "mixed", "village")


def push_over_borders(draft: StreetDraft, mesh: Mesh, wanted: int, random: np.random.Generator) -> None:
    """Move a few buildings so that they stand across a border between two cells, most of each still in its own."""
    if not wanted:
        return
    houses = [(plot, house) for plot in draft.plots for house in plot.buildings if house.kind in MOVABLE]
    every = polygons_of([h.ring for plot in draft.plots for h in plot.buildings])
    tree = shapely.STRtree(every)
    outline = mesh.polygon(draft.outline)
    faces = [mesh.polygon(plan.ring) for plan in draft.plans]
    done: list[shapely.Polygon] = []
    for index in random.permutation(len(houses)).tolist():
        if len(done) >= wanted:
            return
        plot, house = houses[index]
        shape = shapely.Polygon(house.ring)
        way = shapely.get_coordinates(shapely.shortest_line(shape, faces[plot.cell].exterior))
        if shapely.distance(shape, faces[plot.cell].exterior) > 7.0:
            continue
        heading = way[1] - way[0]
        length = float(np.sqrt(heading @ heading))
        depth = float(np.sqrt(shape.area)) * 0.3
        moved = house.ring + heading * ((length + depth) / max(length, 1e-9))
        shifted = shapely.Polygon(moved)
        share = shapely.intersection(shifted, faces[plot.cell]).area / shape.area
        near = tree.query(shifted, predicate="dwithin", distance=0.8)
        alone = all(every[i].equals(shape) for i in near) and all(shifted.distance(other) > 1 for other in done)
        if alone and 0.55 < share < 0.97 and outline.contains_properly(shifted):
            house.ring = moved
            done.append(shifted)


def stray_houses(outline: Floats, random: np.random.Generator, wanted: int) -> list[Draft]:
    """Small houses some 25 m outside a counter-clockwise outline, in no cell."""
    found = []
    for _ in range(wanted):
        index = int(random.integers(1, len(outline) - 1))
        side = outline[index + 1] - outline[index]
        out = np.array([side[1], -side[0]]) / np.sqrt(side @ side)
        x, y = (outline[index] + out * 27.0).tolist()
        found.append(Draft(box(x - 6, y - 4.5, x + 6, y + 4.5), "village", 2.0, 2, 2, units=1, per_landing=1))
    return found


def plant_trees(draft: StreetDraft, mesh: Mesh, count: int, random: np.random.Generator) -> list[Floats]:
    """Rings of tree crowns in compounds, parks and along roads, clear of houses, water and pitches."""
    blocks = np.array([plot.polygon for plot in draft.plots] + [area for kind, area in draft.ground if kind == "green"])
    x0, y0, x1, y1 = shapely.total_bounds(blocks)
    spots = np.column_stack((random.uniform(x0, x1, count * 4), random.uniform(y0, y1, count * 4)))
    spots = np.vstack((spots, _avenue(draft, mesh, count // 2, random)))
    radius = np.round(random.gamma(7.0, 0.36, len(spots)).clip(1.3, 4.4), 2)
    solid = polygons_of([house.ring for plot in draft.plots for house in plot.buildings])
    wet = np.array([area for kind, area in draft.ground if kind in ("water", "pitch")], dtype=object)
    solid = np.concatenate((solid, wet))
    points = shapely.points(spots)
    good = np.ones(len(spots), dtype=bool)
    inside = np.zeros(len(spots), dtype=bool)
    inside[shapely.STRtree(blocks).query(points, predicate="within")[0]] = True
    inside[count * 4 :] = True
    hit = shapely.STRtree(solid).query(points, predicate="dwithin", distance=radius + 0.6)[0]
    good[hit] = False
    chosen = np.flatnonzero(good & inside)
    chosen = np.concatenate((chosen[chosen < count * 4][: count * 2 // 3], chosen[chosen >= count * 4]))
    return list(spots[chosen][:, None, :] + CIRCLE8[None, :, :] * radius[chosen][:, None, None])


def _avenue(draft: StreetDraft, mesh: Mesh, wanted: int, random: np.random.Generator) -> Floats:
    """Tree places on both sides of the wider roads."""
    lines, offsets = [], []
    for road in draft.roads:
        if road.width_m >= 10:
            lines.append(shapely.LineString(mesh.coordinates(road.line)))
            offsets.append(road.width_m / 2 - 1.8)
    if not lines or not wanted:
        return np.empty((0, 2))
    spacing = max(11.0, 2 * sum(line.length for line in lines) / wanted)
    found = []
    for line, offset in zip(lines, offsets, strict=True):
        along = np.arange(spacing, line.length - spacing, spacing) + random.uniform(-1.5, 1.5)
        here = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, along + 1.0)) - here
        left = np.column_stack((-ahead[:, 1], ahead[:, 0])) * offset
        found += [here + left, here - left]
    return np.vstack(found)
