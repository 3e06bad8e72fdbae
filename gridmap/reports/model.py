"""A report as a plain value: what it says, in the reader's language, and nothing of the files it may become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import shapely


class Kind(StrEnum):
    """What a column of a table holds."""

    TEXT = "text"
    CODE = "code"
    COUNT = "count"
    NUMBER = "number"
    RATE = "rate"
    STATUS = "status"


class RowStyle(StrEnum):
    """What a row of a table is: an area, a line of what no area below holds, or the sum of the rows."""

    PLAIN = "plain"
    OWN = "own"
    TOTAL = "total"


STATUSES = ("fails", "at_risk", "no_data", "meets")
"""The words of a status, worst first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a rate begins to meet and to fail, as shares of 1; ``direction`` is ``up`` when more is better. Of fewer
    than ``minimum`` nothing is said."""

    meets: float
    fails: float
    direction: str = "up"
    minimum: int = 1


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of a whole, both whole numbers; the status where a rule speaks of it. Without a denominator it is a
    plain count."""

    numerator: int
    denominator: int | None
    status: str | None = None

    @property
    def value(self) -> float | None:
        """The share of 1; ``None`` of nothing, and for a plain count."""
        return self.numerator / self.denominator if self.denominator else None


Cell = str | int | float | Rate | None
"""A value of a table. ``None`` is *not known* or *does not apply*; a status is its word."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its label, what it holds, and for a rate what is counted and where its limits lie.

    ``numerator`` and ``denominator`` are the labels of the two counts; ``threshold`` is the limit in words.
    """

    label: str
    kind: Kind = Kind.COUNT
    numerator: str = ""
    denominator: str = ""
    threshold: str = ""
    limits: Limits | None = None
    decimals: int = 0

    @property
    def grouped(self) -> bool:
        """Whether a rate has a name beyond that of its numerator, to stand above its counts."""
        return self.kind is Kind.RATE and self.label != self.numerator

    @property
    def numeric(self) -> bool:
        """Whether values are set to the right."""
        return self.kind in {Kind.COUNT, Kind.NUMBER, Kind.RATE}


@dataclass(frozen=True, slots=True)
class Table:
    """A table. ``name`` is short enough for a tab; ``summary`` tables stand beside the key figures.

    ``styles`` has one entry a row. A ``TOTAL`` row is the last and the sum of the rows before it.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    styles: tuple[RowStyle, ...] = ()
    summary: bool = False
    empty: str = ""

    def style(self, row: int) -> RowStyle:
        """What a row is."""
        return self.styles[row] if self.styles else RowStyle.PLAIN


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure: a number or a rate, with a line that says more."""

    label: str
    value: int | float | Rate | None
    note: str = ""
    status: str | None = None
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A definition or a remark."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line of a card: what, how much, and whether it is as it should be."""

    label: str
    value: str
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a map: shape in lon/lat, the label on it, and what its card says. ``classes`` gives for each theme
    the class it belongs to; none is drawn as ground."""

    label: str
    title: str
    shape: shapely.Geometry
    classes: Mapping[str, str]
    card: tuple[CardLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """The border and the name of a larger area."""

    label: str
    shape: shapely.Geometry


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A class of a theme, how it is called and how many places belong to it."""

    name: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Theme:
    """One way to colour the places of a map."""

    name: str
    title: str
    legend: tuple[LegendEntry, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A map: places, the borders above them, and the ways to colour it, the first of which is shown at first."""

    title: str
    places: tuple[Place, ...]
    outlines: tuple[Outline, ...]
    themes: tuple[Theme, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report. All text is in ``language``; ``internal`` reports say so on every page.

    ``path`` are the names of the area and of those above it, from the top; ``made_at`` is aware.
    """

    code: str
    language: str
    title: str
    subtitle: str
    path: tuple[str, ...]
    area_code: str
    as_of: date
    made_at: datetime
    made_by: str
    internal: bool
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[Note, ...] = ()
    plan: Plan | None = None

    @property
    def file_name(self) -> str:
        """A name for files without their suffix: code of the report, of the area and the date."""
        return f"{self.code}_{self.area_code}_{self.as_of.isoformat()}"
