"""The reconciliation of an area between two dates, as people check it: every line, its parts, the changes of category,
and what has been recorded late.

Three views of one period: by the cells of each day (what came to another area is a boundary change) or all by those of
the last day; by what is known now or by what was known on an earlier day. The difference of the two is the restatement.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, fields
from datetime import date
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.indicators.flows import Flow, Flows, Reconciliation, flows_between
from gridmap.indicators.past import end_of
from gridmap.indicators.service import Crowd, Figures, Visible
from gridmap.indicators.snapshot import Snapshot, load_snapshot
from gridmap.indicators.transitions import CATEGORIES, persons_who_went, transitions_between
from gridmap.store.store import Store
from gridmap.store.types import to_day

LINES: Final = ("opening", "births", "moves_in", "deaths", "moves_out", "corrections", "boundary_changes", "closing")
"""The lines in the order in which they are added up; deaths and moves out are subtracted."""

_SIGNS: Final = {
    "opening": 1, "births": 1, "moves_in": 1, "deaths": -1, "moves_out": -1, "corrections": 1, "boundary_changes": 1,
    "closing": -1,
}  # fmt: skip
ELSEWHERE_WORD: Final = CATEGORIES[-1]
DIVISIONS: Final = ("then", "now")
RESTATED: Final = "restated"
_KEPT: Final = 6


@dataclass(frozen=True, slots=True)
class Period:
    """What is reconciled: after ``start`` up to and including ``end``, by the cells of each day (``then``) or of the
    last day (``now``), by what is known now or was known at the end of the day ``known_on``."""

    area_id: UUID
    start: date
    end: date
    cells: str = "then"
    known_on: date | None = None

    def check(self) -> None:
        """Raise `InvalidInputError` for a period that is none."""
        if self.end < self.start:
            raise InvalidInputError(field="Until", reason="must not be before the first day")
        if self.cells not in DIVISIONS:
            raise InvalidInputError(field="Cells", reason="not a usable value")


@dataclass(frozen=True, slots=True)
class Part:
    """One of the areas an area consists of, or (``area_id`` None) what lies in none of them."""

    area_id: UUID | None
    lines: Reconciliation


@dataclass(frozen=True, slots=True)
class Statement:
    """A reconciliation. ``between`` is what went from one part to another, by line: out of one, into the other and
    nothing to the whole, so the parts less ``between`` are the whole in every line, and ``between`` comes to nothing.
    ``changes`` are persons by category (before, after). ``known`` is the same as it was known then, and ``late`` how
    many persons make the difference."""

    period: Period
    lines: Reconciliation
    parts: tuple[Part, ...]
    between: dict[str, int]
    changes: dict[tuple[str, str], int]
    known: Reconciliation | None = None
    late: int = 0

    @property
    def closes(self) -> bool:
        """Whether every sum in it is right: of the lines, of the parts, of the categories."""
        differing = any(part.lines.difference for part in (*self.parts, Part(None, self.lines)))
        net = sum(_SIGNS[line] * count for line, count in self.between.items())
        told = {"opening", "closing"} & self.between.keys()
        before = sum(count for (was, _), count in self.changes.items() if was != ELSEWHERE_WORD)
        after = sum(count for (_, now), count in self.changes.items() if now != ELSEWHERE_WORD)
        return not (differing or net or told) and (before, after) == (self.lines.opening, self.lines.closing)


class Reconciler:
    """Reconciliations of a register, over its figures. One object serves all threads."""

    def __init__(self, store: Store, figures: Figures) -> None:
        self.store = store
        self.figures = figures
        self._past: OrderedDict[object, tuple[Snapshot, Snapshot]] = OrderedDict()
        self._lock = threading.Lock()

    def statement(self, period: Period, *, visible: Visible = None) -> Statement:
        """Reconcile an area.

        Raises:
            NotFoundError: no such area, or not visible.
            InvalidInputError: the period ends before it begins.
        """
        period.check()
        if visible is not None and period.area_id not in visible:
            raise NotFoundError
        snapshot = self.figures.snapshot()
        position = _position(snapshot, period.area_id)
        flows = self._flows(snapshot, period)
        divided = period.end if period.cells == "now" else None
        changes = transitions_between(snapshot, period.start, period.end, divided).of(position)
        lines = flows.of(position)
        parts = _parts(snapshot, flows, position, period)
        known = late = None
        if period.known_on is not None:
            past = self._known(snapshot, period.known_on)
            known = self._flows(past, period).of(_position(past, period.area_id))
            late = len(self._late(snapshot, past, period))
        sums = {line: sum(getattr(part.lines, line) for part in parts) - getattr(lines, line) for line in LINES}
        between = {line: count for line, count in sums.items() if count} if parts else {}
        return Statement(period, lines, parts, between, changes, known, late or 0)

    def behind(self, period: Period, figure: str) -> Crowd:
        """The persons behind a figure: a line of `LINES`, ``went_BEFORE_AFTER`` with two categories joined by a full
        stop, or `RESTATED`. The caller sees to it that the reader may see the area.

        Raises:
            NotFoundError: no such area. InvalidInputError: no such figure or period.
        """
        period.check()
        snapshot = self.figures.snapshot()
        position = _position(snapshot, period.area_id)
        divided = period.end if period.cells == "now" else None
        if figure == RESTATED:
            past = self._known(snapshot, period.known_on or period.end)
            return Crowd(snapshot, self._late(snapshot, past, period))
        if figure.startswith("went_"):
            before, _, after = figure.removeprefix("went_").partition(".")
            if not {before, after} <= set(CATEGORIES):
                raise InvalidInputError(field="List", reason="not a usable value")
            went = persons_who_went(snapshot, period.start, period.end, position, (before, after), divided_on=divided)
            return Crowd(snapshot, went.astype(np.int32))
        if figure in {"opening", "closing"}:
            day = period.start if figure == "opening" else period.end
            live = snapshot.residences.live(to_day(day))
            place = snapshot.place_of(live, to_day(divided or day))
            inside = np.append(snapshot.areas.below(position), False)[place]
            return Crowd(snapshot, snapshot.residences.person[live[inside]])
        if figure not in LINES:
            raise InvalidInputError(field="List", reason="not a usable value")
        residences = self._flows(snapshot, period).residences_behind(position, Flow[figure.upper()])
        return Crowd(snapshot, snapshot.residences.person[residences])

    def _flows(self, snapshot: Snapshot, period: Period) -> Flows:
        if snapshot is self.figures.snapshot() and period.cells == "then":
            return self.figures.flows(period.start, period.end, of=snapshot)
        return flows_between(snapshot, period.start, period.end, period.end if period.cells == "now" else None)

    def _known(self, now: Snapshot, day: date) -> Snapshot:
        """The register as it was known at the end of a day; kept as long as the register does not change."""
        with self._lock:
            held = self._past.get(day)
            if held is not None and held[0] is now:
                self._past.move_to_end(day)
                return held[1]
        with self.store.read() as unit:
            past = load_snapshot(unit, known_at=end_of(day))
        with self._lock:
            self._past[day] = (now, past)
            while len(self._past) > _KEPT:
                self._past.popitem(last=False)
        return past

    def _late(self, now: Snapshot, past: Snapshot, period: Period) -> NDArray[np.int32]:
        """The persons (of the snapshot of now) of whom the period tells something else than was known."""
        held = [self._booked(snapshot, period) for snapshot in (now, past)]
        differing = {person for person, _, _ in (held[0] - held[1]) + (held[1] - held[0])}
        ids = [bytes(key) for key in now.persons.ids.tolist()]
        places = [place for place, key in enumerate(ids) if key.ljust(16, b"\0") in differing]
        return np.array(places, dtype=np.int32)

    def _booked(self, snapshot: Snapshot, period: Period) -> Counter[tuple[bytes, int, int]]:
        """What an area was told of whom: lines of the period, and who was there at its beginning."""
        position = _position(snapshot, period.area_id)
        flows = self._flows(snapshot, period)
        inside = snapshot.areas.below(position)
        bookings = flows.bookings
        cancelled = (bookings.meeting >= 0) & inside[bookings.meeting]
        seen = np.flatnonzero(inside[bookings.area] & ~cancelled)
        person = snapshot.persons.ids[snapshot.residences.person[bookings.residence[seen]]]
        told = Counter(
            zip(
                (key.ljust(16, b"\0") for key in person.tolist()),
                bookings.flow[seen].tolist(),
                bookings.sign[seen].tolist(),
                strict=True,
            )
        )
        live = snapshot.residences.live(to_day(period.start))
        place = snapshot.place_of(live, to_day(period.end if period.cells == "now" else period.start))
        there = snapshot.residences.person[live[np.append(inside, False)[place]]]
        return told + Counter((key.ljust(16, b"\0"), -1, 0) for key in snapshot.persons.ids[there].tolist())


def _parts(snapshot: Snapshot, flows: Flows, position: int, period: Period) -> tuple[Part, ...]:
    """The areas under an area that were in force at some time of the period, and what lies in none of them."""
    tree = snapshot.areas
    children = np.flatnonzero(tree.parent == position)
    if period.cells == "now":
        lived = tree.in_force(to_day(period.end))
    else:
        lived = (tree.valid_from <= to_day(period.end)) & (to_day(period.start) < tree.valid_to)
    children = children[lived[children]]
    if not len(children):
        return ()
    parts = [Part(tree.ids[child], flows.of(int(child))) for child in children.tolist()]
    own = _own(flows, position, children)
    return (*parts, Part(None, own)) if _holds(own) else tuple(parts)


def _own(flows: Flows, position: int, children: NDArray[np.intp]) -> Reconciliation:
    """What an area holds outside its parts: bookings of the area itself, none of its parts seeing them."""
    tree, bookings = flows.snapshot.areas, flows.bookings
    inside = tree.below(position)
    for child in children.tolist():
        inside &= ~tree.below(int(child))
    seen = np.flatnonzero(inside[bookings.area])
    counts = {}
    for flow in Flow:
        mine = seen[bookings.flow[seen] == flow]
        signed = flow in {Flow.CORRECTIONS, Flow.BOUNDARY_CHANGES}
        counts[flow.name.lower()] = int(bookings.sign[mine].sum()) if signed else len(mine)
    opening = int(flows.opening[position] - flows.opening[children].sum())
    closing = int(flows.closing[position] - flows.closing[children].sum())
    return Reconciliation(flows.start, flows.end, opening, closing=closing, **counts)


def _holds(lines: Reconciliation) -> bool:
    return any(getattr(lines, field.name) for field in fields(lines) if field.name not in {"start", "end"})


def _position(snapshot: Snapshot, area_id: UUID) -> int:
    position = snapshot.areas.positions.get(area_id)
    if position is None:
        raise NotFoundError
    return position
