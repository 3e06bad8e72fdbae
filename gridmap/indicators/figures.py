"""The figures that services answer with: plain values, ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridmap.indicators.classes import LegendClass
from gridmap.indicators.flows import Reconciliation
from gridmap.indicators.registry import Value


@dataclass(frozen=True, slots=True)
class Legend:
    """The legend of a map of cells: how many there are, their classes from low to high, and how many dedicated cells
    (without residents) stand outside the classes."""

    total: int
    classes: tuple[LegendClass, ...]
    dedicated: int


@dataclass(frozen=True, slots=True)
class CellValues:
    """A value for every cell in force, by ``map_id``; ``None`` where the reader may not see it or there is none.

    ``by`` is ``population`` or ``change`` (since ``base``, both dates counted by the cells of ``as_of``).
    """

    as_of: date
    by: str
    base: date | None
    map_ids: tuple[int, ...]
    area_ids: tuple[UUID, ...]
    values: tuple[int | None, ...]
    population: tuple[int | None, ...]
    households: tuple[int | None, ...]
    legend: Legend


@dataclass(frozen=True, slots=True)
class BuildingValues:
    """Figures of every building that stands, by ``map_id``; ``None`` where the reader may not see them."""

    as_of: date
    map_ids: tuple[int, ...]
    unverified_share: tuple[float | None, ...]
    unverified: tuple[int | None, ...]
    population: tuple[int | None, ...]
    dwellings: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class BuildingFigures:
    """The figures of one building at a date, and the state of each of its dwellings by id."""

    as_of: date
    map_id: int
    area_id: UUID | None
    population: int
    households: int
    dwellings: Mapping[str, int]
    states: Mapping[UUID, str]
    people: Mapping[UUID, int]
    households_in: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Trend:
    """Population of an area at some dates, by the areas of the last of them."""

    dates: tuple[date, ...]
    population: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pyramid:
    """Population by sex and age band, youngest first; people of unknown sex or age stand outside the bands."""

    bands: tuple[str, ...]
    male: tuple[int, ...]
    female: tuple[int, ...]
    male_total: int
    female_total: int
    share_60: float | None
    share_65: float | None
    unknown: int


@dataclass(frozen=True, slots=True)
class BuildingNeed:
    """A building with dwellings that have not been visited lately."""

    region: int
    id: UUID
    map_id: int
    unverified: int
    dwellings: int


@dataclass(frozen=True, slots=True)
class Child:
    """An area directly below another; figures are ``None`` where the reader may not see them."""

    id: UUID
    region: int
    map_id: int
    code: str
    name: str
    english: str | None
    level: str
    kind: str | None
    population: int | None
    change: int | None
    households: int | None


@dataclass(frozen=True, slots=True)
class AreaSummary:
    """Everything that is known of one area at a date.

    ``unlocated`` is the area's own line: persons known to it but to no area below it, so that the children and it add
    up to the area. ``without_dwelling`` are all persons whose dwelling is unknown, here and below. ``dwellings`` are
    the dwellings by state and add up to ``dwellings_total``; ``uses`` by use add up to it too.
    """

    id: UUID
    region: int
    map_id: int
    code: str
    name: str
    english: str | None
    level: str
    kind: str | None
    path: tuple[UUID, ...]
    as_of: date
    area_km2: float | None
    population: int
    change_base: date
    population_change: int
    households: int
    registered: int
    floating: int
    presence_unknown: int
    unlocated: int
    without_dwelling: int
    buildings_total: int
    dwellings_total: int
    dwellings: Mapping[str, int]
    uses: Mapping[str, int]
    marital: Mapping[str, int]
    pyramid: Pyramid
    indicators: Mapping[str, Value]
    buildings: tuple[BuildingNeed, ...]
    children: tuple[Child, ...]
    levels_below: Mapping[str, int]
    reconciliation: Reconciliation


@dataclass(frozen=True, slots=True)
class PersonRef:
    """One of the persons behind a figure."""

    region: int
    id: UUID
