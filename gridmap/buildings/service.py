"""Use cases of the built stock: what a building is, its floors and rooms, its organisations; search by place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import shapely

from gridmap.access.policy import Action, allows
from gridmap.access.scope import scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas import repository as areas
from gridmap.areas.node import CELL, AreaNode
from gridmap.buildings import repository
from gridmap.buildings.models import Building, Compound
from gridmap.errors import NotFoundError
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class DwellingPlace:
    """A room of the 楼盘表: where it is, not who lives in it."""

    id: UUID
    unit: str
    floor: int | None
    room: str
    floor_area_m2: float | None


@dataclass(frozen=True, slots=True)
class OrganisationPlace:
    """An organisation in a building."""

    id: UUID
    name: str
    kind: str | None
    room: str | None


@dataclass(frozen=True, slots=True)
class BuildingDetail:
    """A building as the drawer shows it."""

    region: int
    id: UUID
    name: str
    compound: str | None
    address: str | None
    use: str | None
    floors_above: int | None
    floors_below: int | None
    height_m: float | None
    footprint: bytes | None
    path: tuple[AreaNode, ...]
    cell: AreaNode | None
    other_cells: tuple[AreaNode, ...]
    codes: tuple[tuple[str, str], ...]
    dwellings: tuple[DwellingPlace, ...]
    organisations: tuple[OrganisationPlace, ...]

    @property
    def geometry(self) -> dict[str, Any] | None:
        """The footprint as a GeoJSON geometry (RFC 7946, lon/lat)."""
        return None if self.footprint is None else dict(shapely.geometry.mapping(shapely.from_wkb(self.footprint)))

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """``(west, south, east, north)`` in degrees."""
        if self.footprint is None:
            return None
        west, south, east, north = shapely.bounds(shapely.from_wkb(self.footprint)).tolist()
        return west, south, east, north


@dataclass(frozen=True, slots=True)
class PlaceHit:
    """One result of a search by place."""

    kind: str
    title: str
    subtitle: str | None
    id: UUID
    region: int | None
    level: str | None = None
    lon: float | None = None
    lat: float | None = None


def building_name(building: Building, compound: Compound | None) -> str:
    """The name people use: compound and number, else its own name, else its address."""
    number = building.number or ""
    if number.isdigit():
        number = f"{number}号楼"
    if compound is not None:
        return f"{compound.name}{number}" if number else compound.name
    road = f"{building.road or ''}{_road_no(building.road_no)}"
    return building.name or (road + number) or building.address or f"#{str(building.id)[-6:]}"


def building_names(unit: UnitOfWork, keys: Iterable[tuple[int, UUID]]) -> dict[tuple[int, UUID], str]:
    """The names of some buildings by region and id. Names of places are no secret, so no scope applies."""
    by_region: dict[int, list[UUID]] = {}
    for region, building_id in keys:
        by_region.setdefault(region, []).append(building_id)
    return {
        (region, building.id): building_name(building, compound)
        for region, ids in by_region.items()
        for building, compound in repository.buildings_of(unit, region, ids)
    }


def building_address(building: Building) -> str | None:
    """Road and number, else the address as it was given."""
    road = f"{building.road or ''}{_road_no(building.road_no)}"
    return road or building.address


def _road_no(number: str | None) -> str:
    if not number:
        return ""
    return number if number.endswith("号") else f"{number}号"


def building_detail(
    unit: UnitOfWork, actor: Actor, region: int, building_id: UUID, as_of: date, action: Action = Action.BUILDING_READ
) -> BuildingDetail:
    """Everything about a building but its people.

    Raises:
        PermissionDeniedError: the role reads no buildings.
        NotFoundError: no such building, or outside the actor's areas.
    """
    scope = scope_of(actor, action)
    found = repository.building(unit, region, building_id, scope, local_today(unit))
    if found is None:
        raise NotFoundError
    building, compound = found
    cells = repository.cells_of(unit, region, building_id, as_of)
    main = next((row.cell_id for row in cells if row.main), None) or building.area_id
    path = tuple(areas.ancestors(unit, main)) if main else ()
    others = [areas.get(unit, row.cell_id) for row in cells if not row.main]
    return BuildingDetail(
        region=region,
        id=building.id,
        name=building_name(building, compound),
        compound=compound.name if compound else None,
        address=building_address(building),
        use=building.use,
        floors_above=building.floors_above,
        floors_below=building.floors_below,
        height_m=building.height_m,
        footprint=building.footprint,
        path=path,
        cell=path[-1] if path and path[-1].level == CELL else None,
        other_cells=tuple(node for node in others if node is not None),
        codes=tuple((code.scheme, code.value) for code in repository.codes_of(unit, region, building_id)),
        dwellings=tuple(
            DwellingPlace(d.id, staircase.name, d.floor, d.room, d.floor_area_m2)
            for d, staircase in repository.dwellings_of(unit, region, building_id)
        ),
        organisations=tuple(
            OrganisationPlace(o.id, o.name, o.kind, room)
            for o, room in repository.organisations_of(unit, region, building_id, as_of)
        ),
    )


def search_places(unit: UnitOfWork, actor: Actor, text: str, *, limit: int = 20) -> list[PlaceHit]:
    """Areas, compounds, buildings, dwellings and organisations in the actor's areas that a text may mean.

    ``海景花园1号楼2单元301`` and ``海景花园 1-2-301`` find the dwelling's building; parts may be left out.
    """
    wanted = " ".join(text.split())
    if not wanted:
        return []
    scope = scope_of(actor, Action.SEARCH_PLACES)
    today = local_today(unit)
    inside = scope.area_ids(unit)
    hits = [
        PlaceHit("area", node.name, node.code, node.id, node.region, node.level)
        for node in areas.everything(unit, today)
        if node.id in inside and (wanted in node.name or node.code == wanted)
    ][:8]
    if not allows(actor, Action.BUILDING_READ):  # an analyst finds areas only
        return hits[:limit]
    for compound, first in repository.compounds_everywhere(unit, wanted, scope, today, 5):
        hits.append(PlaceHit("compound", compound.name, None, first, compound.region))
    for building, of_compound in repository.find_everywhere(unit, _patterns(wanted), scope, today, limit):
        hits.append(_building_hit(building, of_compound))
    for organisation, place in repository.find_organisations_everywhere(unit, wanted, scope, today, 8):
        hits.append(PlaceHit("organisation", organisation.name, building_address(place), place.id, place.region))
    return hits[:limit]


def _building_hit(building: Building, compound: Compound | None) -> PlaceHit:
    lon, lat = _centre(building)
    return PlaceHit(
        "building",
        building_name(building, compound),
        building_address(building),
        building.id,
        building.region,
        lon=lon,
        lat=lat,
    )


def _centre(building: Building) -> tuple[float | None, float | None]:
    if building.footprint is None:
        return None, None
    point = shapely.point_on_surface(shapely.from_wkb(building.footprint))
    return float(point.x), float(point.y)


_PARTS = re.compile(r"(?<=[^\W\d])(?=\d)|(?<=号楼|单元)|[\s,，、/-]+")


def _patterns(text: str) -> list[str]:
    """Split ``海景花园1号楼2单元301`` into the parts a building's own text can contain."""
    head = re.split(r"单元|门(?=\d)", text, maxsplit=1)[0]
    match = re.match(r"^(.*?)(\d+)(?:号楼|栋|幢|座|#)", head)
    if match:
        return [part for part in (match.group(1).strip(), match.group(2)) if part]
    parts = [part for part in _PARTS.split(head) if part]
    return parts[:2] if len(parts) > 2 and parts[0] and not parts[0].isdigit() else parts[:4]
