"""Figures for the web, the command line and reports, all from one snapshot.

Whoever asks passes the areas the reader may see (``visible``; ``None`` for all): figures of others are left out. The
check whether the reader may ask at all is the caller's.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import NotFoundError
from gridmap.indicators.cache import SnapshotCache
from gridmap.indicators.cells import AreaTable, Terms, area_table
from gridmap.indicators.classes import change_classes, natural_classes
from gridmap.indicators.dates import month_ends, year_before
from gridmap.indicators.figures import (
    AreaSummary,
    BuildingFigures,
    BuildingValues,
    CellValues,
    Legend,
    PersonRef,
    Trend,
)
from gridmap.indicators.flows import Flow, Flows, flows_between
from gridmap.indicators.occupancy import Occupancy, population_at
from gridmap.indicators.records import keys_of
from gridmap.indicators.registry import Registry, shipped_registry
from gridmap.indicators.snapshot import Snapshot
from gridmap.indicators.summary import building_counts, building_figures, summarise
from gridmap.indicators.transitions import Transitions, transitions_between
from gridmap.indicators.tree import NOWHERE
from gridmap.indicators.words import PRESENCE_CODES, STATE_WORDS
from gridmap.store.types import to_day

DEDICATED: Final = "dedicated"
_KEPT: Final = 48

Result = TypeVar("Result")
Visible = frozenset[UUID] | None


@dataclass(frozen=True, slots=True)
class Crowd:
    """Some persons of a snapshot, by position: counted at once, named a page at a time."""

    snapshot: Snapshot = field(repr=False)
    persons: NDArray[np.int32] = field(repr=False)

    def __len__(self) -> int:
        return len(self.persons)

    def page(self, offset: int, limit: int) -> tuple[PersonRef, ...]:
        """The persons from ``offset`` on, ``limit`` at most."""
        return _refs(self.snapshot, self.persons[offset : offset + limit])


class Figures:
    """Answers from the current snapshot; what was counted once for a date is kept until the register changes.

    One object serves all threads. ``more_windows`` are numbers of days that rules ask for beyond the indicators.
    """

    def __init__(
        self, snapshots: SnapshotCache, registry: Registry | None = None, more_windows: tuple[int, ...] = ()
    ) -> None:
        self.snapshots = snapshots
        self.registry = registry or shipped_registry()
        self.terms: Terms = self.registry.terms(more_windows)
        self._kept: OrderedDict[Hashable, object] = OrderedDict()
        self._kept_of: Snapshot | None = None
        self._lock = threading.Lock()

    def snapshot(self) -> Snapshot:
        """The current snapshot; what was kept of the one before is dropped."""
        snapshot = self.snapshots.current()
        with self._lock:
            if self._kept_of is not snapshot:
                self._kept.clear()
                self._kept_of = snapshot
        return snapshot

    def table(self, as_of: date, divided_on: date | None = None, *, of: Snapshot | None = None) -> AreaTable:
        """Counts of every area in force at a date; ``of`` a snapshot that was taken before, so that several figures of
        one answer belong together."""
        snapshot = of or self.snapshot()
        key = ("table", as_of, divided_on or as_of)
        return self._once(snapshot, key, lambda: area_table(snapshot, as_of, self.terms, divided_on))

    def flows(self, start: date, end: date, *, of: Snapshot | None = None) -> Flows:
        """The reconciliation of every area between two dates."""
        snapshot = of or self.snapshot()
        return self._once(snapshot, ("flows", start, end), lambda: flows_between(snapshot, start, end))

    def transitions(self, start: date, end: date) -> Transitions:
        """The changes of category (registered, away, floating) of every area between two dates."""
        snapshot = self.snapshot()
        return self._once(snapshot, ("transitions", start, end), lambda: transitions_between(snapshot, start, end))

    def cell_values(
        self, as_of: date, *, by: str = "population", base: date | None = None, visible: Visible = None
    ) -> CellValues:
        """Population of every cell, or its change since ``base``, with the legend of the cells the reader sees."""
        cells = self.table(as_of).cells
        tree = cells.occupancy.snapshot.areas
        population = cells["population"]
        values = population
        if by == "change":
            base = base or year_before(as_of)
            earlier = self.table(base, as_of, of=cells.occupancy.snapshot)
            values = population - earlier.take(cells.rows)["population"]
        ids = tuple(tree.ids[row] for row in cells.rows)
        seen = _seen(ids, visible)
        dedicated = np.fromiter((tree.kinds[row] == DEDICATED for row in cells.rows), np.bool_, len(cells))
        outside = dedicated & (population == 0)
        valued = seen & ~outside
        make = change_classes if by == "change" else natural_classes
        legend = Legend(int(seen.sum()), tuple(make(values[valued])), int((seen & outside).sum()))
        return CellValues(
            as_of=as_of,
            by=by,
            base=base if by == "change" else None,
            map_ids=tuple(cells.rows.tolist()),
            area_ids=ids,
            values=_masked(values, valued),
            population=_masked(population, seen),
            households=_masked(cells["households"], seen),
            legend=legend,
        )

    def building_values(self, as_of: date, *, visible: Visible = None) -> BuildingValues:
        """Population and unverified dwellings of every building that stands at a date."""
        occupancy = self.table(as_of).occupancy
        counts = building_counts(occupancy, self.terms)
        rows = np.flatnonzero(counts.stands)
        tree = occupancy.snapshot.areas
        allowed = np.append(_seen(tree.ids, visible), visible is None)
        seen = allowed[occupancy.snapshot.places(occupancy.divided_on)[0][rows]]
        dwellings, unverified = counts.dwellings[rows], counts.unverified[rows]
        share = np.round(unverified / np.maximum(dwellings, 1), 4).tolist()
        housing = (dwellings > 0) & seen
        return BuildingValues(
            as_of=as_of,
            map_ids=tuple(rows.tolist()),
            unverified_share=tuple(part if told else None for part, told in zip(share, housing.tolist(), strict=True)),
            unverified=_masked(unverified, seen),
            population=_masked(counts.population[rows], seen),
            dwellings=_masked(dwellings, seen),
        )

    def building(self, region: int, building_id: UUID, as_of: date) -> BuildingFigures:
        """Figures of one building and the state of each of its dwellings. NotFoundError when there is none."""
        occupancy = self.table(as_of).occupancy
        position = occupancy.snapshot.buildings.positions.get((region, building_id))
        if position is None:
            raise NotFoundError
        return building_figures(occupancy, self.terms, position)

    def area_of_building(self, region: int, building_id: UUID, as_of: date) -> UUID | None:
        """The area a building counts in on a date; ``None`` for none, and for a building that is unknown."""
        snapshot = self.snapshot()
        position = snapshot.buildings.positions.get((region, building_id))
        if position is None:
            return None
        place = int(snapshot.places(to_day(as_of))[0][position])
        return None if place == NOWHERE else snapshot.areas.ids[place]

    def trend(self, area_id: UUID, as_of: date, *, months: int = 13) -> Trend:
        """Population at the last month ends and at ``as_of``. NotFoundError for an unknown area."""
        snapshot = self.snapshot()
        position = _position(snapshot, area_id)
        dates = month_ends(as_of, months)
        population = [self._population(snapshot, day, as_of)[position] for day in dates]
        return Trend(tuple(dates), tuple(int(number) for number in population))

    def area_summary(
        self, area_id: UUID, as_of: date, *, visible: Visible = None, base: date | None = None, most_buildings: int = 8
    ) -> AreaSummary:
        """Everything about one area at a date, compared with ``base`` (by default a year before).

        NotFoundError for an area that is unknown, not in force on the date, or not visible.
        """
        table = self.table(as_of)
        position = _position(table.occupancy.snapshot, area_id)
        if visible is not None and area_id not in visible:
            raise NotFoundError
        try:
            table.row_of(position)
        except KeyError as error:
            raise NotFoundError from error
        since = base or year_before(as_of)
        before = self._population(table.occupancy.snapshot, since, as_of)
        return summarise(
            table,
            position,
            registry=self.registry,
            before=before,
            reconciliation=self.flows(since, as_of, of=table.occupancy.snapshot).of(position),
            visible=visible,
            most_buildings=most_buildings,
        )

    def persons_behind(
        self, area_id: UUID, as_of: date, figure: str, *, base: date | None = None
    ) -> tuple[PersonRef, ...]:
        """The persons behind a figure of an area, each named once for every time it is counted; see :meth:`behind`."""
        snapshot = self.snapshot()
        return _refs(snapshot, snapshot.residences.person[self._residences(snapshot, area_id, as_of, figure, base)])

    def behind(self, area_id: UUID, as_of: date, figures: Sequence[str], *, base: date | None = None) -> Crowd:
        """The persons counted in all of some figures of an area, each once, room by room; who has no room comes last.

        A figure is ``population``, ``registered``, ``floating``, ``unlocated``, ``opening``, ``closing``, ``state_``
        with the word of a dwelling's state, ``presence_`` with that of a person's presence, ``room_known``,
        ``room_unknown``, or a line of the reconciliation (``births``, ``moves_in``, ``deaths``, ``moves_out``,
        ``corrections``, ``boundary_changes``). KeyError for anything else.
        """
        snapshot = self.snapshot()
        first, *others = (
            snapshot.residences.person[
                _room_by_room(snapshot, self._residences(snapshot, area_id, as_of, figure, base))
            ]
            for figure in figures
        )
        for other in others:
            first = first[np.isin(first, other)]
        return Crowd(snapshot, first[np.sort(np.unique(first, return_index=True)[1])])

    def standing(self, area_id: UUID, as_of: date) -> tuple[Occupancy, NDArray[np.bool_]]:
        """The register on a day, and which of its live residences count in an area. NotFoundError for no such area."""
        occupancy = self.table(as_of).occupancy
        tree = occupancy.snapshot.areas
        inside = tree.below(_position(occupancy.snapshot, area_id))
        return occupancy, np.append(inside, False)[occupancy.place]

    def dwellings_inside(self, area_id: UUID, occupancy: Occupancy) -> NDArray[np.bool_]:
        """Which dwellings lie in an area on the day of an occupancy."""
        tree = occupancy.snapshot.areas
        inside = np.append(tree.below(_position(occupancy.snapshot, area_id)), False)
        found: NDArray[np.bool_] = inside[occupancy.dwelling_place]
        return found

    def _residences(
        self, snapshot: Snapshot, area_id: UUID, as_of: date, figure: str, base: date | None
    ) -> NDArray[np.intp]:
        position = _position(snapshot, area_id)
        since = base or year_before(as_of)
        if figure.upper() in Flow.__members__:
            return self.flows(since, as_of, of=snapshot).residences_behind(position, Flow[figure.upper()])
        day = since if figure == "opening" else as_of
        return _live_behind(self.table(day, of=snapshot), position, figure)

    def _population(self, snapshot: Snapshot, day: date, divided_on: date) -> NDArray[np.int64]:
        key = ("population", day, divided_on)
        return self._once(snapshot, key, lambda: population_at(snapshot, day, divided_on))

    def _once(self, snapshot: Snapshot, key: Hashable, make: Callable[[], Result]) -> Result:
        """What was made for a key before, or make it now; the least recently asked for gives way."""
        with self._lock:
            if self._kept_of is snapshot and key in self._kept:
                self._kept.move_to_end(key)
                return cast("Result", self._kept[key])
        made = make()
        with self._lock:
            if self._kept_of is snapshot:
                self._kept[key] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made


def _refs(snapshot: Snapshot, person: NDArray[np.int32]) -> tuple[PersonRef, ...]:
    persons = snapshot.persons
    return tuple(PersonRef(*key) for key in keys_of(persons.region[person], persons.ids[person]))


def _live_behind(table: AreaTable, position: int, figure: str) -> NDArray[np.intp]:
    occupancy = table.occupancy
    tree = occupancy.snapshot.areas
    inside = np.append(tree.below(position), False)[occupancy.place]
    presence = occupancy.attribute & 3
    match figure:
        case "population" | "opening" | "closing" | "households":
            chosen = inside
        case "registered":
            chosen = inside & ((presence == 1) | (presence == 2))
        case "floating":
            chosen = inside & (presence == 3)
        case "unlocated":
            own = len(tree.children(position, occupancy.divided_on)) > 0
            roomless = occupancy.snapshot.residences.dwelling[occupancy.live] < 0
            chosen = occupancy.place == position if own else inside & roomless
        case _:
            chosen = inside & _worded(table, figure)
    behind: NDArray[np.intp] = occupancy.live[chosen]
    return behind


def _worded(table: AreaTable, figure: str) -> NDArray[np.bool_]:
    """Which live residences have a word of a closed list: of their dwelling's state, or of their person's presence."""
    occupancy = table.occupancy
    kind, _, word = figure.partition("_")
    if kind == "presence" and word in PRESENCE_CODES:
        has_presence: NDArray[np.bool_] = (occupancy.attribute & 3) == PRESENCE_CODES[word]
        return has_presence
    dwelling = occupancy.snapshot.residences.dwelling[occupancy.live]
    if kind == "room" and word in ("known", "unknown"):
        in_room: NDArray[np.bool_] = (dwelling >= 0) == (word == "known")
        return in_room
    if kind != "state" or word not in STATE_WORDS:
        raise KeyError(figure)
    states = np.append(occupancy.states(table.terms.unverified_days), np.int8(-1))
    has_state: NDArray[np.bool_] = states[dwelling] == STATE_WORDS.index(word)
    return has_state


def _room_by_room(snapshot: Snapshot, residences: NDArray[np.intp]) -> NDArray[np.intp]:
    """Residences in the order of buildings, dwellings and households; what is not known sorts last."""
    known = snapshot.residences
    keys = [known.household[residences], known.dwelling[residences], known.building[residences]]
    # A position of -1 means "not known"; read without a sign it is the largest number there is.
    return residences[np.lexsort([key.astype(np.int32).view(np.uint32) for key in keys])]


def _position(snapshot: Snapshot, area_id: UUID) -> int:
    position = snapshot.areas.positions.get(area_id)
    if position is None:
        raise NotFoundError
    return position


def _seen(ids: tuple[UUID, ...], visible: Visible) -> NDArray[np.bool_]:
    if visible is None:
        return np.ones(len(ids), dtype=np.bool_)
    return np.fromiter((area in visible for area in ids), np.bool_, len(ids))


def _masked(values: NDArray[np.int64], told: NDArray[np.bool_]) -> tuple[int | None, ...]:
    return tuple(value if tells else None for value, tells in zip(values.tolist(), told.tolist(), strict=True))
