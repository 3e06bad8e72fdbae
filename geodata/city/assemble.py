"""From drafts of streets to one city of frames in lon/lat."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.city.build import StreetDraft, build_street
from geodata.city.dwellings import make_dwellings, make_units
from geodata.city.layout import STOREY_M, Draft, footprints
from geodata.city.mesh import Floats, Mesh, Ring, Road, kept_vertices
from geodata.city.model import CRS, City
from geodata.city.naming import (
    StreetCode,
    addresses,
    community_names,
    name_compounds,
    name_lanes,
    name_roads,
    number_buildings,
    reading_order,
    street_codes,
)
from geodata.city.plan import WIDTHS
from geodata.city.profiles import Names, Profile, Size, city_names, profile_of
from geodata.city.projection import DEGREE_LAT_M, DEGREE_LON_M
from geodata.city.scatter import plant_trees, push_over_borders, stray_houses
from geodata.city.shapes import polygons_of


@dataclass(slots=True)
class _Rows:
    """Columns being gathered, street by street."""

    areas: list[dict[str, str]] = field(default_factory=list)
    cell_rings: list[Ring] = field(default_factory=list)
    compounds: list[dict[str, object]] = field(default_factory=list)
    compound_shapes: list[shapely.Polygon] = field(default_factory=list)
    buildings: list[dict[str, object]] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    roads: list[tuple[str, str, float, shapely.Geometry]] = field(default_factory=list)
    ground: list[tuple[str, shapely.Geometry]] = field(default_factory=list)


def make_city(size: Size | str = Size.STREET, *, seed: int = 29) -> City:
    """Make a synthetic city.

    Sizes: ``small`` about 2,000 residents, ``street`` the pilot of about 60,000, ``district`` ten streets with half a
    million, ``city`` 64 streets with three million. The same size and seed give the same bytes.
    """
    size = Size(size)
    profile, names = profile_of(size), city_names()
    mesh = Mesh()
    rows = _Rows()
    outlines = _outlines(mesh, profile, np.random.Generator(np.random.PCG64([seed, 0])))
    codes = street_codes(names, profile)
    land = shapely.coverage_union_all([mesh.polygon(outline) for outline, _ in outlines])
    shapely.prepare(land)
    for number, (code, (outline, borders)) in enumerate(zip(codes, outlines, strict=True)):
        random = np.random.Generator(np.random.PCG64([seed, number + 1]))
        draft = build_street(mesh, outline, borders, profile, random)
        push_over_borders(draft, mesh, profile.straddlers, random)
        _add_street(rows, mesh, draft, borders, _Place(code, number, names, profile, random, land))
    return _frames(rows, mesh, size, seed, codes, names)


@dataclass(frozen=True, slots=True)
class _Place:
    code: StreetCode
    number: int
    names: Names
    profile: Profile
    random: np.random.Generator
    land: shapely.Geometry


def _outlines(mesh: Mesh, profile: Profile, random: np.random.Generator) -> list[tuple[Ring, list[Road]]]:
    """Outlines of all streets with the roads on them; neighbours in a lattice share their border's vertices."""
    if profile.outline:
        corners = [mesh.add_point(x, y, bent=True) for x, y in profile.outline]
        sides = [
            mesh.add_line(a, b, sway_m=float(random.normal(0, 6)))
            for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
        ]
        return [([vertex for side in sides for vertex in side[:-1]], [_border(side) for side in sides])]
    rows, columns = profile.streets
    step = profile.extent_m
    nodes = [
        [
            mesh.add_point(
                (column - columns / 2) * step + row * step * 0.05 + float(random.normal(0, step * 0.05)),
                (rows / 2 - row) * step + column * step * 0.07 + float(random.normal(0, step * 0.05)),
                bent=True,
            )
            for column in range(columns + 1)
        ]
        for row in range(rows + 1)
    ]

    def side(a: int, b: int) -> list[int]:
        return mesh.add_line(a, b, sway_m=float(random.normal(0, step * 0.018)))

    across = [[side(row[c], row[c + 1]) for c in range(columns)] for row in nodes]
    down = [[side(nodes[r][c], nodes[r + 1][c]) for c in range(columns + 1)] for r in range(rows)]
    found = []
    for r in range(rows):
        for c in range(columns):
            west, south, east, north = down[r][c], across[r + 1][c], down[r][c + 1][::-1], across[r][c][::-1]
            ring = west[:-1] + south[:-1] + east[:-1] + north[:-1]
            found.append(
                (ring, [_border(line) for line in (down[r][c], across[r + 1][c], down[r][c + 1], across[r][c])])
            )
    return found


def _border(line: list[int]) -> Road:
    return Road(line, "primary", WIDTHS["primary"])


def _add_street(rows: _Rows, mesh: Mesh, draft: StreetDraft, borders: list[Road], place: _Place) -> None:
    communities = community_names(place.names, place.profile, place.number)
    cell_codes = _add_areas(rows, mesh, draft, communities, place)
    lines = _add_roads(rows, mesh, draft, borders, communities, place)
    names = name_compounds(draft, communities, place.names, place.random)
    _add_buildings(rows, draft, cell_codes, names, lines, place)
    rows.drafts += _strays(rows, mesh.coordinates(draft.outline), place)
    rows.ground += [("block", plot.polygon) for plot in draft.plots]
    rows.ground += draft.ground
    rows.ground += [("tree", tree) for tree in polygons_of(plant_trees(draft, mesh, place.profile.trees, place.random))]


def _add_areas(rows: _Rows, mesh: Mesh, draft: StreetDraft, communities: list[str], place: _Place) -> list[str]:
    """Add communities and cells; return the code of each planned cell."""
    codes = [""] * len(draft.plans)
    centres = shapely.get_coordinates(shapely.centroid(np.array([mesh.polygon(plan.ring) for plan in draft.plans])))
    for number, name in enumerate(communities):
        community = f"{place.code.code}{number + 1:03d}"
        rows.areas.append(_area(community, f"{name}社区", "community", place.code.code, place.code.code))
        members = np.array([i for i, plan in enumerate(draft.plans) if plan.community == number])
        for order, member in enumerate(members[reading_order(centres[members])].tolist()):
            plan = draft.plans[member]
            codes[member] = f"{community}{order + 1:03d}"
            kind = "residential" if plan.purpose in ("residential", "village") else "dedicated"
            row = _area(codes[member], f"{name}第{order + 1:02d}网格", "cell", community, place.code.code)
            rows.areas.append(row | {"kind": kind, "purpose": plan.purpose})
            rows.cell_rings.append(plan.ring)
    return codes


def _area(code: str, name: str, level: str, parent: str, street: str = "") -> dict[str, str]:
    return {"code": code, "name": name, "level": level, "parent": parent, "kind": "", "purpose": "", "street": street}


def _add_roads(
    rows: _Rows, mesh: Mesh, draft: StreetDraft, borders: list[Road], communities: list[str], place: _Place
) -> list[tuple[str, shapely.LineString]]:
    """Name and add the roads of a street; return those that can stand in an address."""
    # Roads inside come first: the street's own main road gets its best-known name.
    roads = draft.roads + borders
    name_roads(mesh, roads, place.names, place.number * 3)
    lanes = [road for road in draft.roads if road.kind == "lane"]
    faces = shapely.STRtree(np.array([mesh.polygon(plan.ring) for plan in draft.plans]))
    middles = [shapely.Point(mesh.points[road.line[len(road.line) // 2]]) for road in lanes]
    nearest = faces.query_nearest(np.array(middles), all_matches=False)[1].tolist() if middles else []
    name_lanes(lanes, [communities[draft.plans[i].community] for i in nearest], place.names.roads["lane"])
    lines = [(road.name, shapely.LineString(mesh.coordinates(road.line))) for road in roads]
    rows.roads += [(road.name, road.kind, road.width_m, line) for road, (_, line) in zip(roads, lines, strict=True)]
    rows.roads += [("", "path", width, line) for line, width in draft.lanes]
    return lines


def _add_buildings(
    rows: _Rows,
    draft: StreetDraft,
    cells: list[str],
    names: list[str],
    lines: list[tuple[str, shapely.LineString]],
    place: _Place,
) -> None:
    centres = np.array([shapely.get_coordinates(shapely.centroid(plot.polygon))[0] for plot in draft.plots])
    roads, numbers = addresses([line for _, line in lines], centres)
    houses = [house for plot in draft.plots for house in plot.buildings]
    own_roads, own_numbers = addresses(
        [line for _, line in lines], np.array([house.ring.mean(axis=0) for house in houses])
    )
    at = 0
    for index, (plot, name) in enumerate(zip(draft.plots, names, strict=True)):
        compound = len(rows.compounds)
        rows.compounds.append({"name": name, "cell": cells[plot.cell], "kind": plot.kind, "street": place.code.code})
        rows.compound_shapes.append(plot.polygon)
        built = int(place.random.integers(*_YEARS.get(plot.kind, (1988, 2016))))
        for house, number in zip(plot.buildings, number_buildings(plot.buildings), strict=True):
            own = house.kind in ("shop", "mixed")
            road, road_no = (own_roads[at], own_numbers[at]) if own else (roads[index], numbers[index])
            row = _building(house, compound, number, cells[plot.cell], place.code.code)
            year = built + int(place.random.integers(0, 9 if plot.kind == "village" else 2))
            rows.buildings.append(row | {"road": lines[int(road)][0], "road_no": str(int(road_no)), "year": year})
            at += 1
    rows.drafts += houses


_YEARS = {
    "slab0": (1981, 1993),
    "slab1": (1993, 2006),
    "slab2": (2004, 2018),
    "tower": (2008, 2022),
    "village": (1986, 2010),
}


def _building(house: Draft, compound: int, number: str, cell: str, street: str) -> dict[str, object]:
    floors = int(house.floors)
    return {
        "compound": compound, "number": number, "road": "", "road_no": "", "floors_above": floors,
        "floors_below": house.floors_below, "height_m": round(floors * STOREY_M.get(house.kind, 3.9) + 0.6, 1),
        "kind": house.kind, "use": house.use, "year": 1990, "cell": cell, "street": street,
    }  # fmt: skip


def _strays(rows: _Rows, outline: Floats, place: _Place) -> list[Draft]:
    """Add houses that lie in no cell; those that would fall into a neighbouring street are left out."""
    houses = stray_houses(outline, place.random, place.profile.orphans)
    houses = [house for house in houses if not shapely.dwithin(place.land, shapely.Polygon(house.ring), 8.0)]
    rows.buildings += [_building(house, -1, f"临{n + 1}号", "", place.code.code) for n, house in enumerate(houses)]
    return houses


def _frames(rows: _Rows, mesh: Mesh, size: Size, seed: int, codes: list[StreetCode], names: Names) -> City:
    random = np.random.Generator(np.random.PCG64([seed, 10**6]))
    shapes = footprints(rows.drafts)
    units = make_units(np.array([house.units for house in rows.drafts]))
    dwellings = make_dwellings(
        units,
        np.array([int(house.floors) for house in rows.drafts]),
        np.array([house.per_landing for house in rows.drafts]),
        shapely.area(shapes),
        np.array([int(house.kind == "mixed") for house in rows.drafts]),
        random,
    )
    road_columns = list(zip(*rows.roads, strict=True))
    return City(
        size=size.value,
        seed=seed,
        areas=_area_frame(rows, mesh, codes, names),
        compounds=_frame(pd.DataFrame(rows.compounds), np.array(rows.compound_shapes), names),
        buildings=_frame(pd.DataFrame(rows.buildings), shapes, names),
        units=units,
        dwellings=dwellings,
        roads=_frame(
            pd.DataFrame({"name": road_columns[0], "kind": road_columns[1], "width_m": road_columns[2]}),
            np.array(road_columns[3]),
            names,
        ),
        ground=_frame(
            pd.DataFrame({"kind": [kind for kind, _ in rows.ground]}),
            np.array([shape for _, shape in rows.ground]),
            names,
        ),
    )


def _area_frame(rows: _Rows, mesh: Mesh, codes: list[StreetCode], names: Names) -> gpd.GeoDataFrame:
    """All areas with geometry: cells from the mesh, the others as unions of the level below."""
    kept = kept_vertices(mesh, rows.cell_rings)
    cells = np.array(
        [shapely.Polygon(mesh.coordinates([vertex for vertex in ring if kept[vertex]])) for ring in rows.cell_rings]
    )
    upper = [list(level) for level in names.pilot["levels"]]
    if len(codes) > 1:
        used = {code.district for code in codes}
        upper = upper[:2] + [[c, n, "district"] for c, n in names.invented["districts"] if c in used]
    table = [_area(code, name, level, code[:-2] if len(code) > 2 else "") for code, name, level in upper]
    table += [_area(c.code, c.name, "street", c.district, c.code) for c in codes]
    areas = pd.DataFrame(table + rows.areas)
    shapes = np.empty(len(areas), dtype=object)
    shapes[(areas["level"] == "cell").to_numpy()] = _placed(cells, names)
    for level in ("community", "street", "district", "city", "province"):
        for index in np.flatnonzero((areas["level"] == level).to_numpy()).tolist():
            children = shapes[(areas["parent"] == areas.at[index, "code"]).to_numpy()]
            shapes[index] = shapely.coverage_union_all(children)
    return gpd.GeoDataFrame(areas, geometry=shapes, crs=CRS)


def _placed(shapes: shapely.Geometry, names: Names) -> shapely.Geometry:
    """Lay geometry of the plane down in lon/lat."""
    lon, lat = names.origin

    def to_degrees(xy: Floats) -> Floats:
        metres = np.round(xy, 2)
        degrees = np.column_stack((lon + metres[:, 0] / DEGREE_LON_M, lat + metres[:, 1] / DEGREE_LAT_M))
        return np.asarray(np.round(degrees, 8), dtype=np.float64)

    return shapely.transform(shapes, to_degrees)


def _frame(table: pd.DataFrame, shapes: shapely.Geometry, names: Names) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table, geometry=_placed(shapes, names), crs=CRS)
