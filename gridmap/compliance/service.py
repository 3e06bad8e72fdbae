"""Compliance of areas at a date, for the map, the drawers and reports."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from gridmap.compliance.rules import Rule, RuleSet, Status, shipped_rules
from gridmap.compliance.verdicts import RuleResult, Verdicts, evaluate
from gridmap.errors import NotFoundError
from gridmap.indicators.cache import SnapshotCache
from gridmap.indicators.cells import AreaTable
from gridmap.indicators.registry import Registry
from gridmap.indicators.service import Figures, Visible

_KEPT: Final = 16


@dataclass(frozen=True, slots=True)
class CellStatuses:
    """The status of every cell in force, by ``map_id``; ``None`` where the reader may not see it.

    ``failing`` counts the failed rules of each cell, ``legend`` the cells the reader sees by status word.
    """

    as_of: date
    map_ids: tuple[int, ...]
    area_ids: tuple[UUID, ...]
    statuses: tuple[str | None, ...]
    failing: tuple[int | None, ...]
    legend: dict[str, int]


@dataclass(frozen=True, slots=True)
class AreaVerdict:
    """The status of one area, how many rules it fails, and every rule that applies, the worst first."""

    area_id: UUID
    status: Status
    failing: int
    results: tuple[RuleResult, ...]


def make_figures(snapshots: SnapshotCache, registry: Registry | None = None, rules: RuleSet | None = None) -> Figures:
    """Figures that count everything both the indicators and the rules ask for."""
    return Figures(snapshots, registry, (rules or shipped_rules()).windows)


class Assessment:
    """Answers whether areas meet the rules; made once, serves all threads."""

    def __init__(self, figures: Figures, rules: RuleSet | None = None) -> None:
        """``figures`` must count the rules' windows: make it with :func:`make_figures`."""
        self.figures = figures
        self.rules = rules or shipped_rules()
        self._kept: OrderedDict[date, Verdicts] = OrderedDict()
        self._lock = threading.Lock()

    def rules_on(self, day: date) -> tuple[Rule, ...]:
        """The rules that hold on a day."""
        return self.rules.on(day)

    def verdicts(self, as_of: date) -> Verdicts:
        """Every area in force at a date, judged by the rules of that date."""
        table = self.figures.table(as_of)
        with self._lock:
            held = self._kept.get(as_of)
            if held is not None and held.table is table:
                self._kept.move_to_end(as_of)
                return held
        made = evaluate(table, self.rules.on(as_of), self.figures.registry)
        with self._lock:
            self._kept[as_of] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def cell_statuses(self, as_of: date, *, visible: Visible = None) -> CellStatuses:
        """The status of every cell, for the map."""
        verdicts = self.verdicts(as_of)
        cells = verdicts.table.cells
        ids = tuple(cells.occupancy.snapshot.areas.ids[row] for row in cells.rows.tolist())
        rows = [verdicts.table.row_of(row) for row in cells.rows.tolist()]
        seen = [visible is None or area in visible for area in ids]
        words = [Status(status).word for status in verdicts.status[rows].tolist()] if rows else []
        statuses = tuple(word if told else None for word, told in zip(words, seen, strict=True))
        failing = verdicts.failing[rows].tolist() if rows else []
        return CellStatuses(
            as_of=as_of,
            map_ids=tuple(cells.rows.tolist()),
            area_ids=ids,
            statuses=statuses,
            failing=tuple(number if told else None for number, told in zip(failing, seen, strict=True)),
            legend={status.word: statuses.count(status.word) for status in Status},
        )

    def area(self, area_id: UUID, as_of: date, *, base: date | None = None) -> AreaVerdict:
        """One area; with ``base`` each result says how its value changed since, over the ground of ``as_of``.

        NotFoundError for an area that is unknown or not in force. The caller checks that the reader may see it.
        """
        verdicts = self.verdicts(as_of)
        row = _row(verdicts.table, area_id)
        earlier = None
        if base is not None:
            before = self.figures.table(base, as_of, of=verdicts.table.occupancy.snapshot)
            earlier = evaluate(before, self.rules.on(as_of), self.figures.registry)
        return AreaVerdict(
            area_id=area_id,
            status=Status(int(verdicts.status[row])),
            failing=int(verdicts.failing[row]),
            results=tuple(verdicts.results(row, earlier)),
        )

    def statuses(self, as_of: date, *, visible: Visible = None) -> dict[UUID, Status]:
        """The status of every area in force that the reader may see."""
        verdicts = self.verdicts(as_of)
        ids = verdicts.table.occupancy.snapshot.areas.ids
        found = zip(verdicts.table.rows.tolist(), verdicts.status.tolist(), strict=True)
        return {ids[row]: Status(status) for row, status in found if visible is None or ids[row] in visible}


def _row(table: AreaTable, area_id: UUID) -> int:
    position = table.occupancy.snapshot.areas.positions.get(area_id)
    if position is None:
        raise NotFoundError
    try:
        return table.row_of(position)
    except KeyError as error:
        raise NotFoundError from error
