"""The drawer of a building: its dwellings as floors by rooms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from gridmap.areas.tree import Bounds
from gridmap.buildings.service import BuildingDetail, DwellingPlace
from gridmap.indicators.figures import BuildingFigures
from web.views.area import AreaReader, Crumb, DwellingCounts, crumb, dwelling_counts
from web.views.persons import DwellingView, room_label

UNVERIFIED_CLASSES: Final = (0.05, 0.10)
"""Shares of unverified dwellings from which a building is at risk, and from which it fails."""


@dataclass(frozen=True, slots=True)
class StaircaseColumns:
    """A staircase with its columns, left to right."""

    label: str
    columns: list[str]


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the matrix."""

    id: str
    region: int
    room: str
    state: str
    people: int
    households: int


@dataclass(frozen=True, slots=True)
class FloorRow:
    """A floor: for each staircase one entry a column, ``None`` where there is no room."""

    floor: int
    label: str
    rooms: list[list[Room | None]]
    people: int
    unverified: int


@dataclass(frozen=True, slots=True)
class BuildingView:
    """Everything the drawer shows of a building."""

    id: str
    region: int
    map_id: int
    name: str
    path: list[Crumb]
    bounds: Bounds | None
    lon: float | None
    lat: float | None
    address: str | None
    floors: int
    units: list[StaircaseColumns]
    dwellings: DwellingCounts
    population: int | None
    households: int | None
    status: str | None
    as_of: date
    organisations: list[dict[str, str | None]]
    organisations_href: str | None
    rows: list[FloorRow]
    geometry: dict[str, Any] | None
    height_m: float | None
    list_href: str | None
    may_export: bool
    selected: DwellingView | None
    edit_href: str | None = None


def building_view(
    detail: BuildingDetail, figures: BuildingFigures, reader: AreaReader, selected: DwellingView | None
) -> BuildingView:
    """Present a building."""
    counts = dwelling_counts(figures.dwellings)
    columns, rows = matrix(detail, figures)
    bounds = detail.bounds
    tallest = max((row.floor for row in rows), default=0)
    return BuildingView(
        id=str(detail.id),
        region=detail.region,
        map_id=figures.map_id,
        name=detail.name,
        path=[crumb(node, reader.tree, reader.text, reader.visible) for node in detail.path],
        bounds=bounds,
        lon=None if bounds is None else (bounds[0] + bounds[2]) / 2,
        lat=None if bounds is None else (bounds[1] + bounds[3]) / 2,
        address=detail.address,
        floors=detail.floors_above or tallest,
        units=columns,
        dwellings=counts,
        population=figures.population,
        households=figures.households,
        status=building_status(counts),
        as_of=figures.as_of,
        organisations=[
            {"name": o.name, "place": o.room, "href": f"/records/organisation/{detail.region}/{o.id}"}
            for o in detail.organisations
        ],
        organisations_href=None,
        rows=rows,
        geometry=detail.geometry,
        height_m=detail.height_m,
        list_href=None,
        may_export=reader.may_export,
        selected=selected,
    )


def building_status(counts: DwellingCounts) -> str | None:
    """How much of a building is unverified, as a status; none without dwellings."""
    if not counts.total:
        return None
    share = counts.unverified / counts.total
    at_risk, fails = UNVERIFIED_CLASSES
    return "meets" if share <= at_risk else "at_risk" if share <= fails else "fails"


def matrix(detail: BuildingDetail, figures: BuildingFigures) -> tuple[list[StaircaseColumns], list[FloorRow]]:
    """Dwellings by floor and room: staircases side by side, the top floor first.

    Rooms of the same position on each floor stand in one column: 1-01 holds 101, 201, 301 …
    """
    staircases = list(dict.fromkeys(place.unit for place in detail.dwellings))
    by_place: dict[tuple[str, int, str], DwellingPlace] = {}
    for place in detail.dwellings:
        key = (place.unit, place.floor or 0, _position(place))
        # Two rooms that would share a place keep their whole numbers: none may vanish from the table.
        by_place[key if key not in by_place else (place.unit, place.floor or 0, place.room)] = place
    positions = {unit: sorted({key[2] for key in by_place if key[0] == unit}) for unit in staircases}
    columns = [
        StaircaseColumns(unit, [room_label(unit, position) for position in positions[unit]]) for unit in staircases
    ]
    floors = sorted({place.floor or 0 for place in detail.dwellings}, reverse=True)
    rows = []
    for floor in floors:
        rooms = [
            [_room(detail.region, by_place.get((unit, floor, position)), figures) for position in positions[unit]]
            for unit in staircases
        ]
        known = [room for row in rooms for room in row if room is not None]
        rows.append(
            FloorRow(
                floor=floor,
                label=str(floor) if floor else "?",
                rooms=rooms,
                people=sum(room.people for room in known),
                unverified=sum(room.state == "unverified" for room in known),
            )
        )
    return columns, rows


def _position(place: DwellingPlace) -> str:
    """The room's number without its floor: 1803 on floor 18 is 03."""
    floor = "" if place.floor is None else str(place.floor)
    if floor and place.room.startswith(floor) and len(place.room) > len(floor):
        return place.room[len(floor) :]
    return place.room


def _room(region: int, place: DwellingPlace | None, figures: BuildingFigures) -> Room | None:
    if place is None:
        return None
    dwelling: UUID = place.id
    return Room(
        id=str(dwelling),
        region=region,
        room=room_label(place.unit, place.room),
        state=figures.states.get(dwelling, "unverified"),
        people=figures.people.get(dwelling, 0),
        households=figures.households_in.get(dwelling, 0),
    )
