"""Areas, ground, compounds, buildings, units and dwellings of a synthetic city as rows of a store."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa
from pypinyin import lazy_pinyin

from geodata.assign import assign_by_overlap
from geodata.city import City, road_surfaces
from gridmap.areas.models import Area, AreaClosure, AreaName, GroundFeature
from gridmap.areas.node import BEGINNING
from gridmap.areas.repository import next_region
from gridmap.areas.service import other_names
from gridmap.buildings.models import Building, BuildingCell, BuildingCode, Compound, Dwelling, Unit
from gridmap.demo.keys import KeyMaker, PlaceKeys, picked
from gridmap.errors import GridmapError
from gridmap.store.bulk import bulk_insert
from gridmap.store.spatial import reindex
from gridmap.store.store import UnitOfWork

_ENGLISH = {
    "province": ("省", "{} Province"),
    "city": ("市", "{} City"),
    "district": ("区", "{} District"),
    "street": ("街道", "{} Subdistrict"),
    "community": ("社区", "{} Community"),
}


class DemoThereError(GridmapError):
    """The register already holds a street of the demonstration."""

    code = "demo_there"
    message = "The register already holds {name} ({code})."
    hint = "Load the demonstration into a new register."


def load_places(unit: UnitOfWork, city: City, keys: KeyMaker) -> PlaceKeys:
    """Insert everything that stands on the ground, people aside.

    Raises:
        DemoThereError: a street of the city is in the register already.
    """
    areas, regions = _load_areas(unit, city, keys)
    _load_ground(unit, city, keys)
    region = np.array([regions[code] for code in city.buildings["street"]], dtype=np.int64)
    buildings = _load_buildings(unit, city, keys, areas, region)
    building = city.dwellings["building"].to_numpy()
    dwellings = _load_dwellings(unit, city, keys, buildings, region)
    reindex(unit.session, "area")
    reindex(unit.session, "building")
    return PlaceKeys(areas, regions, buildings, region, dwellings, building)


def english_name(name: str, level: str) -> str:
    """A romanised official name: 龙舌坡第04网格 → Longshepo Grid 04."""
    if level == "cell":
        place, _, number = name.partition("第")
        return f"{_romanised(place)} Grid {number.removesuffix('网格')}"
    suffix, pattern = _ENGLISH[level]
    return pattern.format(_romanised(name.removesuffix(suffix)))


def _romanised(text: str) -> str:
    return "".join(lazy_pinyin(text)).capitalize()


def _load_areas(unit: UnitOfWork, city: City, keys: KeyMaker) -> tuple[dict[str, bytes], dict[str, int]]:
    """Insert the areas that are missing, top down; levels above the street may be there already."""
    found = {
        row.code: row.id.bytes
        for row in unit.session.execute(sa.select(Area.code, Area.id).where(Area.valid_to.is_(None)))
    }
    streets = city.streets
    for code, name in zip(streets["code"], streets["name"], strict=True):
        if code in found:
            raise DemoThereError(name=name, code=code)
    first = next_region(unit)
    regions = {code: first + number for number, code in enumerate(streets["code"])}
    rows = city.areas[~city.areas["code"].isin(list(found))].reset_index(drop=True)
    ids = dict(zip(rows["code"], keys.make(len(rows)), strict=True))
    known = found | ids
    bulk_insert(
        unit,
        Area,
        {
            "id": list(ids.values()),
            "code": rows["code"].tolist(),
            "level": rows["level"].tolist(),
            "parent_id": [known.get(code) for code in rows["parent"]],
            "region": [regions.get(code) for code in rows["street"]],
            "kind": [kind or None for kind in rows["kind"]],
            "geometry": _wkb(rows),
            "valid_from": BEGINNING,
            "version": 1,
        },
    )
    _load_names(unit, rows, ids, keys)
    _load_closure(unit, city, rows, known)
    return known, regions


def _load_names(unit: UnitOfWork, rows: gpd.GeoDataFrame, ids: dict[str, bytes], keys: KeyMaker) -> None:
    named: list[tuple[bytes, str, str, str]] = []
    for code, name, level in zip(rows["code"], rows["name"], rows["level"], strict=True):
        named.append((ids[code], name, "official", "zh"))
        named += [(ids[code], alias, "alias", "zh") for alias in other_names(name, level)]
        named.append((ids[code], english_name(name, level), "official", "en"))
    area, text, kind, language = (list(column) for column in zip(*named, strict=True))
    bulk_insert(
        unit,
        AreaName,
        {
            "id": list(keys.make(len(named))),
            "area_id": area,
            "name": text,
            "kind": kind,
            "language": language,
            "valid_from": BEGINNING,
        },
    )


def _load_closure(unit: UnitOfWork, city: City, rows: gpd.GeoDataFrame, known: dict[str, bytes]) -> None:
    parent = dict(zip(city.areas["code"], city.areas["parent"], strict=True))
    pairs: list[tuple[bytes, bytes, int]] = []
    for code in rows["code"]:
        above, depth = code, 0
        while above:
            pairs.append((known[above], known[code], depth))
            above, depth = parent[above], depth + 1
    ancestor, descendant, depths = (list(column) for column in zip(*pairs, strict=True))
    bulk_insert(unit, AreaClosure, {"ancestor_id": ancestor, "descendant_id": descendant, "depth": depths})


def _load_ground(unit: UnitOfWork, city: City, keys: KeyMaker) -> None:
    """Ground areas, road surfaces (``road``, ``path``) and the named centre lines labels follow (``road_line``)."""
    roads = city.roads
    surface_kind = np.where(roads["kind"] == "path", "path", "road")
    named = (roads["name"] != "").to_numpy()
    kinds = [*city.ground["kind"], *surface_kind, *np.repeat("road_line", int(named.sum()))]
    names = [*[None] * len(city.ground), *[name or None for name in roads["name"]], *roads["name"][named]]
    shapes = np.concatenate((city.ground.geometry.values, road_surfaces(roads), roads.geometry.values[named]))
    bulk_insert(
        unit,
        GroundFeature,
        {
            "id": list(keys.make(len(kinds))),
            "kind": [str(kind) for kind in kinds],
            "name": names,
            "geometry": shapely.to_wkb(shapes).tolist(),
        },
    )


def _load_buildings(
    unit: UnitOfWork, city: City, keys: KeyMaker, areas: dict[str, bytes], region: npt.NDArray[np.int64]
) -> npt.NDArray[np.object_]:
    buildings, compounds = city.buildings, city.compounds
    compound_ids, ids = keys.make(len(compounds)), keys.make(len(buildings))
    region_of = dict(zip(buildings["street"], region.tolist(), strict=True))
    bulk_insert(
        unit,
        Compound,
        {
            "region": [region_of[code] for code in compounds["street"]],
            "id": list(compound_ids),
            "area_id": [areas[code[:12]] for code in compounds["cell"]],
            "name": compounds["name"].tolist(),
            "version": 1,
        },
    )
    compound = buildings["compound"].to_numpy()
    compound_name = np.append(compounds["name"].to_numpy(dtype=object), "")[compound]
    # A building in no cell is kept under its street: it can be found there until somebody draws its cell.
    under = [cell[:12] or street for cell, street in zip(buildings["cell"], buildings["street"], strict=True)]
    bulk_insert(
        unit,
        Building,
        {
            "region": region.tolist(),
            "id": list(ids),
            "compound_id": picked(compound_ids, compound),
            "area_id": [areas[code] for code in under],
            "number": buildings["number"].tolist(),
            "road": [road or None for road in buildings["road"]],
            "road_no": [number or None for number in buildings["road_no"]],
            "address": _addresses(buildings, compound_name),
            "use": buildings["use"].tolist(),
            "floors_above": buildings["floors_above"].tolist(),
            "floors_below": buildings["floors_below"].tolist(),
            "height_m": buildings["height_m"].tolist(),
            "footprint": _wkb(buildings),
            "version": 1,
        },
    )
    _load_codes(unit, buildings, region, ids)
    _load_cells(unit, city, region, ids, areas)
    return ids


def _addresses(buildings: gpd.GeoDataFrame, compound: npt.NDArray[np.object_]) -> list[str | None]:
    whole = buildings["road"] + buildings["road_no"] + "号" + pd.Series(compound, dtype=object) + buildings["number"]
    return [text if road else None for text, road in zip(whole, buildings["road"], strict=True)]


def _load_codes(
    unit: UnitOfWork, buildings: gpd.GeoDataFrame, region: npt.NDArray[np.int64], ids: npt.NDArray[np.object_]
) -> None:
    """The office's own number of each building, by which a layer of it is known again."""
    order = buildings.groupby("street").cumcount() + 1
    bulk_insert(
        unit,
        BuildingCode,
        {
            "region": region.tolist(),
            "scheme": "office",
            "value": (buildings["street"] + order.astype(str).str.zfill(5)).tolist(),
            "building_id": list(ids),
        },
    )


def _load_cells(
    unit: UnitOfWork, city: City, region: npt.NDArray[np.int64], ids: npt.NDArray[np.object_], areas: dict[str, bytes]
) -> None:
    """Which cells each building lies in, by what the footprints say rather than by what the plan meant."""
    cells = city.cells
    placed = assign_by_overlap(city.buildings, cells)
    inside = np.flatnonzero((placed.cell >= 0) & (placed.touched <= 1))
    pieces = placed.pieces
    feature = np.concatenate((inside, pieces["feature"].to_numpy()))
    cell = np.concatenate((placed.cell[inside], pieces["cell"].to_numpy()))
    share = np.concatenate((placed.share[inside], pieces["share"].to_numpy()))
    codes = cells["code"].to_numpy()
    bulk_insert(
        unit,
        BuildingCell,
        {
            "region": region[feature].tolist(),
            "building_id": list(ids[feature]),
            "cell_id": [areas[code] for code in codes[cell]],
            "valid_from": BEGINNING,
            "share": share.tolist(),
            "main": (cell == placed.cell[feature]).tolist(),
        },
    )


def _load_dwellings(
    unit: UnitOfWork, city: City, keys: KeyMaker, buildings: npt.NDArray[np.object_], region: npt.NDArray[np.int64]
) -> npt.NDArray[np.object_]:
    of_unit = city.units["building"].to_numpy()
    unit_ids = keys.make(len(of_unit))
    bulk_insert(
        unit,
        Unit,
        {
            "region": region[of_unit].tolist(),
            "id": list(unit_ids),
            "building_id": list(buildings[of_unit]),
            "name": city.units["number"].to_list(),
            "position": city.units["number"].cast(int).to_list(),
        },
    )
    dwellings = city.dwellings
    building = dwellings["building"].to_numpy()
    ids = keys.make(dwellings.height)
    bulk_insert(
        unit,
        Dwelling,
        {
            "region": region[building].tolist(),
            "id": list(ids),
            "building_id": list(buildings[building]),
            "unit_id": list(unit_ids[dwellings["unit"].to_numpy()]),
            "floor": dwellings["floor"].to_list(),
            "room": dwellings["room"].to_list(),
            "floor_area_m2": dwellings["floor_area_m2"].to_list(),
            "version": 1,
        },
    )
    return ids


def _wkb(frame: gpd.GeoDataFrame) -> list[bytes]:
    return list(shapely.to_wkb(np.asarray(frame.geometry.array, dtype=object)))
