"""Values for the map, by ``map_id``."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

Status = Literal["meets", "at_risk", "fails", "no_data"]


class Problem(BaseModel):
    """RFC 9457 problem details in the reader's language."""

    status: int
    code: str = Field(description="Stable, for programs")
    title: str
    message: str
    hint: str = Field(description="What can be done")


class ClassRange(BaseModel):
    """A class of the legend; both ends included, null without limit."""

    start: int | None = Field(alias="from")
    end: int | None = Field(alias="to")
    count: int


class Legend(BaseModel):
    """What the colours mean, and how many cells have each."""

    kind: Literal["classes", "states"]
    total: int
    classes: list[ClassRange] | None = None
    dedicated: int | None = Field(None, description="Cells without residents by their kind, outside the classes")
    states: dict[Status, int] | None = None


class Counts(BaseModel):
    """Figures beside the value; null outside the reader's areas."""

    households: list[int | None]
    population: list[int | None]


class CellValues(BaseModel):
    """A value for every cell in force."""

    as_of: date
    by: Literal["population", "change", "compliance"]
    base: date | None = None
    level: Literal["cell"]
    ids: list[int]
    values: list[float | None]
    statuses: list[Status | None] | None = None
    failing: list[int | None] | None = None
    counts: Counts
    legend: Legend


class BuildingValues(BaseModel):
    """Figures of every building that stands."""

    as_of: date
    ids: list[int]
    unverified_share: list[float | None]
    unverified: list[int | None]
    population: list[int | None]
    dwellings: list[int | None]


class Trend(BaseModel):
    """Population at month ends and at the date."""

    dates: list[date]
    population: list[int]


class Area(BaseModel):
    """An area of the tree."""

    id: UUID
    code: str
    name: str
    name_en: str | None
    level: str
    kind: str | None
    parent: UUID | None
    region: int | None
    map_id: int
    bounds: tuple[float, float, float, float] | None
    valid_from: date
    valid_to: date | None
