"""The coverage report: how far the cells of an area meet the rules, what is short, and what to do.

Aggregates only: it names areas, never a person, a dwelling or a worker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.areas.service import levels
from gridmap.compliance.rules import Status
from gridmap.compliance.verdicts import RuleResult
from gridmap.indicators.cells import AreaTable
from gridmap.indicators.tree import CELL
from gridmap.indicators.words import STATE_WORDS
from gridmap.reports import wording
from gridmap.reports.division import divide
from gridmap.reports.judged import Judged
from gridmap.reports.kinds import ReportKind, Request
from gridmap.reports.model import Cell, Column, Figure, Kind, Note, Rate, Report, RowStyle, Table
from gridmap.reports.places import LEGEND_ORDER, OWN_LINE, Names, cells_of, inside, plan, rules_line

_ORDER: Final = ("fails", "at_risk", "no_data", "meets")
_STATES: Final = {
    "registered": "Registered",
    "floating": "Floating",
    "let": "Let",
    "several": "Several households",
    "vacant": "Vacant",
    "unverified": "Unverified",
}
_COUNTED: Final = ("population", "households", "dwellings")
_COUNT_WORDS: Final = ("Population", "Households", "Dwellings")


def build(request: Request) -> Report:
    """Build the report of an area at a date."""
    judged = Judged.at(request.assessment, request.as_of, request.words)
    tree = judged.table.occupancy.snapshot.areas
    sheet = _Draft(request, judged, Names(tree, request.words), tree.positions[request.area.id])
    return Report(
        code="coverage",
        language=request.words.language,
        title=request.words.text("Coverage report of {area}", area=sheet.names.full(sheet.position)),
        subtitle=rules_line(judged, request.as_of),
        path=tuple(sheet.names.full(tree.positions[node.id]) for node in request.path),
        area_code=request.area.code,
        as_of=request.as_of,
        made_at=request.made_at,
        made_by=request.actor.display_name,
        internal=True,
        figures=sheet.figures(),
        tables=sheet.tables(),
        notes=sheet.notes(),
        plan=plan(request, judged, sheet.names, sheet.position),
    )


@dataclass(frozen=True)
class _Draft:
    """The parts of one report."""

    request: Request
    judged: Judged
    names: Names
    position: int

    @property
    def _(self) -> Callable[[str], str]:
        return self.request.words.gettext

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Which areas are in the report."""
        return inside(self.judged.table, self.position)

    @cached_property
    def cells(self) -> AreaTable:
        """The cells of the area."""
        return cells_of(self.judged.table, self.position)

    def count(self, name: str) -> int:
        """A count of the area."""
        return int(self.judged.table[name][self.judged.table.row_of(self.position)])

    # --- key figures -------------------------------------------------------------------------------------------------

    def figures(self) -> tuple[Figure, ...]:
        """The first rule, the cells that meet all rules, people and stock, the other rules."""
        rates = [
            Figure(column.label, rate, self._threshold(column), _word(rate), column.limits)
            for column, rate in zip(self.judged.columns(), self.judged.rates(self.position), strict=True)
        ]
        size = self.count("population") / max(self.count("households"), 1)
        people = Figure(
            self._("Population"),
            self.count("population"),
            self.request.words.text(
                "{count} without a known dwelling",
                count=wording.number(self.count("population") - self.count("located")),
            ),
        )
        households = Figure(
            self._("Households"),
            self.count("households"),
            self.request.words.text("{size} persons each", size=wording.number(size, 2)),
        )
        dwellings = Figure(
            self._("Dwellings"),
            self.count("dwellings"),
            self.request.words.text("{count} unverified", count=wording.number(self.count("state_unverified"))),
        )
        return (*rates[:1], self._cells_figure(), people, households, dwellings, *rates[1:])

    def _threshold(self, column: Column) -> str:
        return self.request.words.text("threshold {limit}", limit=column.threshold)

    def _cells_figure(self) -> Figure:
        counts = self._statuses(self.cells.rows)
        rest = " · ".join(
            f"{wording.status(word, self.request.words)} {counts[word]:,}" for word in _ORDER if word != "meets"
        )
        return Figure(self._("Cells that meet every rule"), Rate(counts["meets"], len(self.cells)), rest)

    def _statuses(self, positions: NDArray[np.intp]) -> dict[str, int]:
        found = [self.judged.status(row) for row in positions.tolist()]
        return {word: found.count(word) for word in _ORDER}

    # --- tables ------------------------------------------------------------------------------------------------------

    def tables(self) -> tuple[Table, ...]:
        """Summaries, one table a level, and what is to do."""
        day = self.judged.table.occupancy.divided_on
        tree = self.names.tree
        force = self.inside & tree.in_force(day)
        force[self.position] = False
        below = {tree.levels[row] for row in np.flatnonzero(force).tolist()}
        between = [level for level in levels().names if level in below and level != CELL]
        upper = [self._level(level) for level in between if levels().rank(level) < levels().rank(CELL)]
        return (self._by_status(), self._by_state(), *upper, self._cells(), self._to_do())

    def _by_status(self) -> Table:
        counts = self._statuses(self.cells.rows)
        return Table(
            name=self._("Status"),
            title=self._("Cells by status"),
            columns=(
                Column(self._("Status"), Kind.STATUS),
                Column(self._("Cells"), Kind.RATE, numerator=self._("Cells"), denominator=self._("of")),
            ),
            rows=tuple((word, Rate(counts[word], len(self.cells))) for word in LEGEND_ORDER),
            summary=True,
        )

    def _by_state(self) -> Table:
        total = self.count("dwellings")
        order = [word for word in _STATES if word in STATE_WORDS]
        return Table(
            name=self._("Dwellings"),
            title=self._("Dwellings by state"),
            columns=(
                Column(self._("State"), Kind.TEXT),
                Column(self._("Dwellings"), Kind.RATE, numerator=self._("Dwellings"), denominator=self._("of")),
            ),
            rows=tuple((self._(_STATES[word]), Rate(self.count(f"state_{word}"), total)) for word in order),
            summary=True,
        )

    def _level(self, level: str) -> Table:
        """The areas of a level, the line of those in none of them, and the sum."""
        columns = (
            Column(self._("Code"), Kind.CODE),
            Column(self._(wording.LEVELS[level][0]), Kind.TEXT),
            Column(self._("Cells")),
            *(Column(wording.status(word, self.request.words)) for word in ("meets", "at_risk", "fails", "no_data")),
            *(Column(self._(label)) for label in _COUNT_WORDS),
            *self.judged.columns(),
        )
        division = divide(self.judged.table, level, self.inside)
        rows = [self._area_row(row) for row in division.level.rows.tolist()]
        levels_of = self.names.tree.levels
        own = self._own_rows(division.own, lambda row: self._cells_of(row if levels_of[row] == CELL else None))
        code, total = self.names.tree.codes[self.position], self._("Total")
        rows += [*own, (code, total, *self._area_row(self.position)[2:])]
        return Table(
            name=self._(wording.LEVELS[level][1]),
            title=f"{self.names.full(self.position)} · {self._(wording.LEVELS[level][1])}",
            columns=columns,
            rows=tuple(rows),
            styles=_styles(len(division.level), len(own)),
        )

    def _area_row(self, row: int) -> tuple[Cell, ...]:
        head: tuple[Cell, ...] = (self.names.tree.codes[row], self.names.full(row), *self._cells_of(row))
        return (*head, *self._counts(row), *self.judged.rates(row))

    def _cells_of(self, above: int | None) -> tuple[int, ...]:
        """Cells under an area (or none at all) in all and by status."""
        tree, cells = self.names.tree, self.cells.rows
        cells = cells[:0] if above is None else cells[tree.below(above)[cells]]
        counts = self._statuses(cells)
        return (len(cells), *(counts[word] for word in ("meets", "at_risk", "fails", "no_data")))

    def _counts(self, row: int) -> tuple[int, ...]:
        at = self.judged.table.row_of(row)
        return tuple(int(self.judged.table[name][at]) for name in _COUNTED)

    def _own_rows(self, own: AreaTable, middle: Callable[[int], tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
        rates = self.judged.rates_of(own)
        return [
            (
                self.names.tree.codes[row],
                self._own_name(row),
                *middle(row),
                *(int(own[name][at]) for name in _COUNTED),
                *rates[at],
            )
            for at, row in enumerate(own.rows.tolist())
        ]

    def _own_name(self, row: int) -> str:
        name = self.names.full(row)
        return name if self.names.tree.levels[row] == CELL else self.request.words.text(OWN_LINE, area=name)

    def _cells(self) -> Table:
        columns = (
            Column(self._("Code"), Kind.CODE),
            Column(self._("Cell"), Kind.TEXT),
            Column(self._("Belongs to"), Kind.TEXT),
            Column(self._("Status"), Kind.STATUS),
            *(Column(self._(label)) for label in _COUNT_WORDS),
            *self.judged.columns(),
        )
        tree = self.names.tree
        rows: list[tuple[Cell, ...]] = []
        for row in self.cells.rows.tolist():
            head = (tree.codes[row], self.names.full(row), self.names.above(row), self.judged.status(row))
            rows.append((*head, *self._counts(row), *self.judged.rates(row)))
        division = divide(self.judged.table, CELL, self.inside)
        own = self._own_rows(division.own, lambda row: (self.names.above(row), None))
        total = (tree.codes[self.position], self._("Total"), self.names.above(self.position), None)
        rows += [*own, (*total, *self._counts(self.position), *self.judged.rates(self.position))]
        return Table(
            name=self._("Cells"),
            title=f"{self.names.full(self.position)} · {self._('Cells')}",
            columns=columns,
            rows=tuple(rows),
            styles=_styles(len(self.cells), len(own)),
        )

    def _to_do(self) -> Table:
        """Every rule that a cell does not meet: the failed ones first, then in the order of cells."""
        found = [(row, result) for row in self.cells.rows.tolist() for result in self.judged.results(row)]
        wanted = [(row, result) for row, result in found if result.status in {Status.FAILS, Status.AT_RISK}]
        wanted.sort(key=lambda pair: -pair[1].status)  # stable: cells stay in their order
        return Table(
            name=self._("What is short"),
            title=f"{self.names.full(self.position)} · {self._('Cells that fail or are at risk, and what to do')}",
            columns=(
                Column(self._("Code"), Kind.CODE),
                Column(self._("Cell"), Kind.TEXT),
                Column(self._("Belongs to"), Kind.TEXT),
                Column(self._("Rule"), Kind.TEXT),
                Column(self._("Status"), Kind.STATUS),
                Column(self._("Value"), Kind.RATE, numerator=self._("found"), denominator=self._("of")),
                Column(self._("Threshold"), Kind.TEXT),
                Column(self._("Short by")),
                Column(self._("What to do"), Kind.TEXT),
            ),
            rows=tuple(self._to_do_row(row, result) for row, result in wanted),
            empty=self._("Every cell with enough data meets every rule."),
        )

    def _to_do_row(self, row: int, result: RuleResult) -> tuple[Cell, ...]:
        action = result.action and self.request.words.text(result.action, count=wording.number(result.missing))
        return (
            self.names.tree.codes[row],
            self.names.full(row),
            self.names.above(row),
            self._(result.rule.name),
            result.status.word,
            Rate(result.numerator, result.denominator, result.status.word),
            self.judged.limit(result.rule),
            result.missing,
            action or "",
        )

    # --- definitions -------------------------------------------------------------------------------------------------

    def notes(self) -> tuple[Note, ...]:
        """What every word and every rate means."""
        registry = self.judged.assessment.figures.registry
        people = registry.indicators
        fixed = [
            Note(self._("Population"), self._(people["population"].source)),
            Note(self._("Households"), self._(people["households"].source)),
            Note(self._("In no area below"), self._(_UNLOCATED)),
            Note(
                self._("Unverified dwellings"),
                self.request.words.text(_UNVERIFIED, days=registry.unverified_days),
            ),
            Note(self._("Dwellings by state"), self._(_PRECEDENCE)),
            Note(self._("Status of a cell"), self._(_STATUS)),
        ]
        rules = [
            Note(self._(judgement.rule.name), self.judged.explained(judgement.rule))
            for judgement in self.judged.verdicts.judgements
        ]
        return (*fixed, *rules, Note(self._("Internal"), self._(_INTERNAL)))


_UNLOCATED: Final = (
    "Persons and dwellings known to an area but to none of the areas below it stand on a line of their own, "
    "so that the rows always add up to the total."
)
_UNVERIFIED: Final = "No visit in the last {days} days."
_PRECEDENCE: Final = (
    "Every dwelling has one state, the first that fits: unverified, several households, let, floating, registered, "
    "vacant."
)
_STATUS: Final = (
    "The worst of the rules that apply to it. A cell that fails one rule fails, though another cannot be judged; "
    "a cell whose only shortcoming is missing data has not enough data."
)
_INTERNAL: Final = (
    "Small numbers are not suppressed: they may point to single households. For use within the office only; "
    "do not publish or pass on."
)


def _word(rate: Rate | None) -> str | None:
    return None if rate is None else rate.status


def _styles(plain: int, own: int) -> tuple[RowStyle, ...]:
    return (*[RowStyle.PLAIN] * plain, *[RowStyle.OWN] * own, RowStyle.TOTAL)


REPORT = ReportKind(
    "coverage",
    "Coverage and compliance",
    "How far cells meet the rules, what is short, and what to do; a map, a table of each level and the list of cells.",
    build,
)
