"""The places a register may name: the dwellings of the buildings under an area, and the areas themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import polars as pl
import sqlalchemy as sa

from gridmap.areas import repository as areas
from gridmap.areas.models import AreaClosure, AreaName
from gridmap.areas.node import AreaNode
from gridmap.buildings.models import Building, BuildingCell, BuildingCode, Compound, Dwelling, DwellingCode, Unit
from gridmap.buildings.repository import valid_at
from gridmap.importing.loading import fetch
from gridmap.linking.aliases import alias_keys
from gridmap.linking.grammar import parse_addresses
from gridmap.linking.index import Buildings, DwellingIndex, Dwellings
from gridmap.linking.keys import name_key
from gridmap.linking.link import LinkResult, link_addresses
from gridmap.store.store import UnitOfWork

OFFICE = "office"
COMMUNITY = "community"
ADMIN_LEVELS = ("province", "city", "district", "street")


@dataclass(frozen=True, slots=True)
class Places:
    """What lies under an area on a day.

    ``buildings``: ``id``, ``region``, ``code`` (the office's own id or null), in the order of the index;
    ``dwellings`` likewise. ``areas``: names and codes of areas (as keys) that mean exactly one, with id and region.
    """

    under: AreaNode
    regions: tuple[int, ...]
    index: DwellingIndex
    buildings: pl.DataFrame
    dwellings: pl.DataFrame
    areas: Mapping[str, tuple[bytes, int | None]]

    def located(self, rows: pl.DataFrame, links: LinkResult) -> pl.DataFrame:
        """Columns ``dwelling_id``, ``building_id``, ``area_id`` (Binary) and ``region`` of every row's place.

        ``area_id`` is set where no building is known: the named cell or community if it lies under the area, else the
        area itself. ``region`` is null where an area above the street is all that is known.
        """
        dwelling = pl.Series(links.dwelling).replace(-1, None)
        building = pl.Series(links.building).replace(-1, None)
        area, region = self._areas_of(rows)
        frame = pl.DataFrame(
            {
                "dwelling_id": self.dwellings.get_column("id").gather(dwelling),
                "building_id": self.buildings.get_column("id").gather(building),
                "by_building": self.buildings.get_column("region").gather(building),
                "area_id": area,
                "by_area": region,
            }
        )
        lost = pl.col("building_id").is_null()
        return frame.select(
            "dwelling_id",
            "building_id",
            area_id=pl.when(lost).then(pl.col("area_id")),
            region=pl.when(lost).then(pl.col("by_area")).otherwise(pl.col("by_building")),
        )

    def _areas_of(self, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        ids = pl.Series([self.under.id.bytes], dtype=pl.Binary).new_from_index(0, rows.height)
        regions = pl.Series([self.under.region], dtype=pl.Int64).new_from_index(0, rows.height)
        for column in ("community", "cell"):
            texts = rows.get_column(column)
            known = {t: self.areas[k] for t in texts.drop_nulls().unique() if (k := name_key(t)) in self.areas}
            if known:
                names = list(known)
                found = texts.replace_strict(
                    names, [known[name][0] for name in names], default=None, return_dtype=pl.Binary
                )
                region = texts.replace_strict(
                    names, [known[name][1] for name in names], default=None, return_dtype=pl.Int64
                )
                named = found.is_not_null()
                ids = pl.select(pl.when(named).then(found).otherwise(ids)).to_series()
                regions = pl.select(pl.when(named).then(region).otherwise(regions)).to_series()
        return ids, regions


def load_places(unit: UnitOfWork, under: AreaNode, day: date) -> Places:
    """Load the places under an area as they are on a day."""
    nodes = areas.descendants(unit, under.id)
    nodes = nodes if any(node.id == under.id for node in nodes) else [under, *nodes]
    regions = tuple(sorted({node.region for node in nodes if node.region is not None}))
    community_of = _communities(unit, under, nodes)
    names = _area_names(unit, nodes)
    buildings = _load_buildings(unit, regions, under, day)
    dwellings = _load_dwellings(unit, regions, buildings)
    short = {node.id.bytes: node.name for node in nodes if node.level == COMMUNITY}
    short |= {node.id.bytes: node.name for node in areas.ancestors(unit, under.id) if node.level == COMMUNITY}
    texts = {
        column: buildings.get_column(column).fill_null("").to_list()
        for column in ("compound", "number", "name", "road", "road_no", "code")
    }
    of_area = {area: short.get(community, "") for area, community in community_of.items()}
    index = DwellingIndex.build(
        Buildings(
            community=[of_area.get(area, "") for area in buildings.get_column("place")],
            compound=texts["compound"],
            number=texts["number"],
            name=texts["name"],
            road=texts["road"],
            road_no=texts["road_no"],
            external_id=texts["code"],
        ),
        Dwellings(
            building=dwellings.get_column("building_at").to_numpy(),
            unit=dwellings.get_column("unit").to_list(),
            room=dwellings.get_column("room").to_list(),
            external_id=dwellings.get_column("code").fill_null("").to_list(),
        ),
        aliases={**alias_keys(unit), COMMUNITY: _community_names(unit, short)},
        building_ids=_own_ids(buildings),
        dwelling_ids=_own_ids(dwellings),
        admin=_admin_names(unit, [*areas.ancestors(unit, under.id), *nodes]),
    )
    return Places(under, regions, index, buildings, dwellings, names)


def _own_ids(frame: pl.DataFrame) -> dict[str, int]:
    """Our own ids, written as UUIDs, name their record too."""
    texts = frame.select(pl.col("id").bin.encode("hex")).to_series().to_list()
    return {f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}": place for place, t in enumerate(texts)}


def _communities(unit: UnitOfWork, under: AreaNode, nodes: list[AreaNode]) -> dict[bytes, bytes]:
    """The community of every area: itself, or the one above it."""
    parents = {node.id: node for node in [*areas.ancestors(unit, under.id), *nodes]}
    found: dict[bytes, bytes] = {}
    for node in nodes:
        above: AreaNode | None = node
        while above is not None and above.level != COMMUNITY:
            above = parents.get(above.parent_id) if above.parent_id else None
        if above is not None:
            found[node.id.bytes] = above.id.bytes
    return found


def _area_names(unit: UnitOfWork, nodes: list[AreaNode]) -> dict[str, tuple[bytes, int | None]]:
    """Keys of codes and of all names, each meaning exactly one area."""
    by_id = {node.id: node for node in nodes}
    meant: dict[str, set[AreaNode]] = {}
    for node in nodes:
        meant.setdefault(name_key(node.code), set()).add(node)
        meant.setdefault(name_key(node.name), set()).add(node)
    for area_id, name in unit.session.execute(sa.select(AreaName.area_id, AreaName.name)):
        if area_id in by_id:
            meant.setdefault(name_key(name), set()).add(by_id[area_id])
    return {key: (node.id.bytes, node.region) for key, found in meant.items() if len(found) == 1 for node in found}


def _admin_names(unit: UnitOfWork, nodes: list[AreaNode]) -> dict[str, list[str]]:
    """All names of the areas above the communities, by level."""
    above = {node.id: node.level for node in nodes if node.level in ADMIN_LEVELS}
    found: dict[str, list[str]] = {}
    for node in nodes:
        if node.id in above:
            found.setdefault(node.level, []).append(node.name)
    for area_id, name in unit.session.execute(sa.select(AreaName.area_id, AreaName.name)):
        if area_id in above:
            found.setdefault(above[area_id], []).append(name)
    return found


def _community_names(unit: UnitOfWork, official: Mapping[bytes, str]) -> dict[str, str]:
    """Every name of a community leads to its official one."""
    rows = unit.session.execute(sa.select(AreaName.area_id, AreaName.name))
    return {name: official[area.bytes] for area, name in rows if area.bytes in official}


def _load_buildings(unit: UnitOfWork, regions: tuple[int, ...], under: AreaNode, day: date) -> pl.DataFrame:
    inside = sa.select(AreaClosure.descendant_id).where(AreaClosure.ancestor_id == under.id)
    main = sa.and_(
        BuildingCell.region == Building.region,
        BuildingCell.building_id == Building.id,
        BuildingCell.main,
        valid_at(BuildingCell, day),
    )
    code = sa.and_(
        BuildingCode.region == Building.region, BuildingCode.building_id == Building.id, BuildingCode.scheme == OFFICE
    )
    compound = sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id)
    query = (
        sa.select(Building.id)
        .outerjoin(BuildingCell, main)
        .outerjoin(BuildingCode, code)
        .outerjoin(Compound, compound)
        .where(
            Building.region.in_(regions),
            valid_at(Building, day),
            sa.func.coalesce(BuildingCell.cell_id, Building.area_id).in_(inside),
        )
        .order_by(Building.region, Building.id, BuildingCode.value)
    )
    columns = {
        "id": Building.id,
        "region": Building.region,
        "cell": BuildingCell.cell_id,
        "area": Building.area_id,
        "code": BuildingCode.value,
        "compound": Compound.name,
        "number": Building.number,
        "name": Building.name,
        "road": Building.road,
        "road_no": Building.road_no,
    }
    found = fetch(unit, columns, query).unique("id", keep="first", maintain_order=True)
    return found.with_columns(place=pl.coalesce("cell", "area")).drop("cell", "area")


def _load_dwellings(unit: UnitOfWork, regions: tuple[int, ...], buildings: pl.DataFrame) -> pl.DataFrame:
    code = sa.and_(
        DwellingCode.region == Dwelling.region, DwellingCode.dwelling_id == Dwelling.id, DwellingCode.scheme == OFFICE
    )
    query = (
        sa.select(Dwelling.id)
        .join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        .outerjoin(DwellingCode, code)
        .where(Dwelling.region.in_(regions))
        .order_by(Dwelling.region, Dwelling.id, DwellingCode.value)
    )
    columns = {
        "id": Dwelling.id,
        "region": Dwelling.region,
        "building": Dwelling.building_id,
        "unit": Unit.name,
        "room": Dwelling.room,
        "code": DwellingCode.value,
    }
    found = fetch(unit, columns, query).unique("id", keep="first", maintain_order=True)
    at = (
        buildings.select(building="id").with_row_index("building_at").with_columns(pl.col("building_at").cast(pl.Int64))
    )
    return found.join(at, on="building", how="inner", maintain_order="left")


def link_texts(
    unit: UnitOfWork, under: AreaNode, texts: list[str], day: date, *, places: Places | None = None
) -> list[tuple[UUID | None, UUID | None]]:
    """Building and dwelling of each address under an area, ``None`` where it is not clear.

    ``places`` are what lies under the area, if they are loaded already.
    """
    if not any(texts):
        return [(None, None)] * len(texts)
    places = places or load_places(unit, under, day)
    found = link_addresses(parse_addresses(pl.Series(texts, dtype=pl.String)), places.index)
    buildings, dwellings = places.buildings.get_column("id").to_list(), places.dwellings.get_column("id").to_list()
    return [
        (
            UUID(bytes=buildings[building]) if building >= 0 else None,
            UUID(bytes=dwellings[dwelling]) if dwelling >= 0 else None,
        )
        for building, dwelling in zip(found.building.tolist(), found.dwelling.tolist(), strict=True)
    ]
