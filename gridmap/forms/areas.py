"""Figures for a form: of its area and of a row each of the areas below, all from the same table as the reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.compliance.service import Assessment
from gridmap.forms.filling import Figure, Given
from gridmap.forms.vocabulary import Item, Rows
from gridmap.i18n import Translator
from gridmap.indicators.cells import AreaTable
from gridmap.indicators.flows import Flows
from gridmap.indicators.registry import AREA_MEASURE, Registry
from gridmap.indicators.service import Figures
from gridmap.indicators.snapshot import Snapshot
from gridmap.indicators.tree import CELL, AreaTree
from gridmap.reports.division import Division, divide
from gridmap.reports.places import OWN_LINE, Names

PERCENT: Final = "%"
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_LEVELS: Final = {Rows.COMMUNITIES: "community", Rows.CELLS: CELL}


@dataclass(frozen=True)
class AreaFigures:
    """The figures of some areas (rows of a table), read one by one as a form asks for them."""

    table: AreaTable
    registry: Registry
    _columns: dict[Item, NDArray[np.float64]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def figure(self, item: Item, row: int) -> Figure:
        """A count or an indicator of a row of the table."""
        value = float(self._column(item)[row])
        if np.isnan(value):
            return Figure(None)
        if item.group == "indicator":
            return Figure(value, self.registry.indicators[item.key].unit == PERCENT)
        return Figure(value if item.key == AREA_MEASURE else int(value))

    def _column(self, item: Item) -> NDArray[np.float64]:
        """An item of all rows, counted once."""
        if item not in self._columns:
            counted = item.group != "indicator"
            self._columns[item] = (
                self.registry.measure(self.table, item.of or item.key)
                if counted
                else self.registry.values(self.table, item.key).value
            )
        return self._columns[item]


@dataclass(frozen=True)
class Periods:
    """What happened in the month, the quarter and the year up to a date, counted when it is asked for."""

    figures: Figures
    snapshot: Snapshot
    as_of: date
    _known: dict[str, Flows] = field(default_factory=dict, init=False, repr=False, compare=False)

    def figure(self, item: Item, position: int) -> Figure:
        """A line of the reconciliation of an area by its position."""
        period, _, line = item.key.partition(".")
        if period not in self._known:
            start = day_before(self.as_of, _MONTHS[period])
            self._known[period] = self.figures.flows(start, self.as_of, of=self.snapshot)
        found = self._known[period].of(position)
        return Figure(found.closing - found.opening if line == "change" else int(getattr(found, line)))


def day_before(day: date, months: int) -> date:
    """The last day before the month, quarter (3) or year (12) that a day is in."""
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return first - timedelta(days=1)


@dataclass(frozen=True)
class AreaRow:
    """A row of an area below; ``own`` rows are what an area has outside all areas below it."""

    figures: AreaFigures
    row: int
    number: int
    names: Names
    periods: Periods
    own: bool = False

    @property
    def position(self) -> int:
        """The area's position in the tree."""
        return int(self.figures.table.rows[self.row])

    def value(self, item: Item) -> Given:
        """What the row holds of an item."""
        if item.group == "flow":
            return Figure(None) if self.own else self.periods.figure(item, self.position)
        if item.group != "area":
            return self.figures.figure(item, self.row)
        tree = self.names.tree
        if item.key == "number":
            return self.number
        if item.key == "code":
            return "" if self.own else tree.codes[self.position]
        if item.key == "name" or item.key == tree.levels[self.position]:
            return self._named()
        return name_at(tree, self.names, self.position, item.key)

    def _named(self) -> str:
        name = self.names.full(self.position)
        return self.names.words.text(OWN_LINE, area=name) if self.own else name


def name_at(tree: AreaTree, names: Names, position: int, level: str) -> str:
    """The name of the area of a level that an area is or lies in; nothing where there is none."""
    for above in tree.lineage[position].tolist():
        if above >= 0 and tree.levels[above] == level:
            return names.full(above)
    return ""


@dataclass(frozen=True)
class AreaSource:
    """The form's own area at a date, and the rows of what lies below it."""

    table: AreaTable
    registry: Registry
    position: int
    made_on: date
    made_by: str
    internal: str
    words: Translator
    periods: Periods

    @classmethod
    def at(
        cls, assessment: Assessment, area: int, as_of: date, *, made: tuple[date, str, str], words: Translator
    ) -> AreaSource:
        """The figures of an area (its position) at a date; ``made``: when and by whom the form is filled, and what
        it says of its use."""
        table, figures = assessment.verdicts(as_of).table, assessment.figures
        periods = Periods(figures, table.occupancy.snapshot, as_of)
        return cls(table, figures.registry, area, *made, words, periods)

    @property
    def tree(self) -> AreaTree:
        """The area tree."""
        return self.table.occupancy.snapshot.areas

    @cached_property
    def names(self) -> Names:
        """Names in the reader's language."""
        return Names(self.tree, self.words)

    @cached_property
    def _whole(self) -> AreaFigures:
        return AreaFigures(self.table, self.registry)

    def value(self, item: Item) -> Given:
        """An item of the whole form."""
        if item.group == "flow":
            return self.periods.figure(item, self.position)
        if item.group != "form":
            return self._whole.figure(item, self.table.row_of(self.position))
        told = self._told()
        if item.key in told:
            return told[item.key]
        return name_at(self.tree, self.names, self.position, item.key)

    def _told(self) -> dict[str, Given]:
        """What the form says of itself."""
        day = self.table.as_of
        return {
            "area": self.names.full(self.position),
            "area_code": self.tree.codes[self.position],
            "date": day,
            "year": day.year,
            "month": day.month,
            "day": day.day,
            "made_on": self.made_on,
            "made_by": self.made_by,
            "internal": self.internal,
        }

    def rows(self, rows: Rows) -> Sequence[AreaRow]:
        """A row each of the areas below, by code; then what lies in none of them, so that the rows add up."""
        found = self._division(rows)
        level, own = AreaFigures(found.level, self.registry), AreaFigures(found.own, self.registry)
        count = len(found.level)
        return [
            *(AreaRow(level, row, row + 1, self.names, self.periods) for row in range(count)),
            *(AreaRow(own, row, count + row + 1, self.names, self.periods, own=True) for row in range(len(found.own))),
        ]

    def _division(self, rows: Rows) -> Division:
        inside = self.tree.below(self.position)
        if rows is Rows.CHILDREN:
            below = self.tree.children(self.position, self.table.occupancy.divided_on)
            levels = {self.tree.levels[position] for position in below.tolist()}
            level = min(levels, key=lambda name: (name == CELL, name), default=self.tree.levels[self.position])
        else:
            level = _LEVELS[rows]
        return divide(self.table, level, inside)

    def day(self, day: date) -> str:
        """A date as a text."""
        return f"{day.year}年{day.month}月{day.day}日" if self.words.language.startswith("zh") else day.isoformat()
