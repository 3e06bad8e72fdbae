"""What happened to the population of every area between two dates, so that it closes exactly.

Opening + births + moves in − deaths − moves out ± corrections ± boundary changes = closing.

A person's way through the areas is cut where a residence begins or ends, and where the ground under it comes to
another area. Each cut is booked by the causes recorded with it: out of the place before, into the place after. Where
one residence follows another on the same day, the two bookings meet in every area that holds both places and cancel
there: moving between two cells of a community is out of one and into the other and nothing to the community. A
residence that is first recorded (nobody knew the person before), ends without a cause, or is corrected is a
*correction* of the count. The same residence in another area than the day before is a *boundary change*.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.occupancy import population_at
from gridmap.indicators.snapshot import Snapshot
from gridmap.indicators.tree import Ints, Places
from gridmap.indicators.words import CauseIn, CauseOut
from gridmap.store.types import to_day


class Flow(IntEnum):
    """A line of the reconciliation."""

    BIRTHS = 0
    MOVES_IN = 1
    DEATHS = 2
    MOVES_OUT = 3
    CORRECTIONS = 4
    BOUNDARY_CHANGES = 5


_IN = np.array([Flow.CORRECTIONS, Flow.BIRTHS, Flow.MOVES_IN, Flow.MOVES_IN, Flow.CORRECTIONS], dtype=np.int8)
"""The line of each ``CauseIn``."""

_OUT = np.array([Flow.CORRECTIONS, Flow.DEATHS, Flow.MOVES_OUT, Flow.MOVES_OUT, Flow.CORRECTIONS], dtype=np.int8)
"""The line of each ``CauseOut``."""

_SIGNED = (Flow.CORRECTIONS, Flow.BOUNDARY_CHANGES)


@dataclass(frozen=True, slots=True)
class Bookings:
    """One entry for each person that came into or went out of an area.

    ``residence`` is the position of the residence, ``area`` the area itself, ``meeting`` the lowest area that saw
    nothing of it because the person only went from one part of it to another (-1 when all above saw it), ``flow`` the
    line, ``sign`` +1 for in and -1 for out.
    """

    residence: NDArray[np.intp]
    area: Places
    meeting: Places
    flow: NDArray[np.int8]
    sign: NDArray[np.int8]

    @staticmethod
    def joined(parts: list[Bookings]) -> Bookings:
        """Several lists as one."""
        return Bookings(
            np.concatenate([part.residence for part in parts]).astype(np.intp),
            np.concatenate([part.area for part in parts]).astype(np.int32),
            np.concatenate([part.meeting for part in parts]).astype(np.int32),
            np.concatenate([part.flow for part in parts]).astype(np.int8),
            np.concatenate([part.sign for part in parts]).astype(np.int8),
        )


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The reconciliation of one area. Corrections and boundary changes are signed; ``difference`` is what is left over
    (0 unless the program is wrong)."""

    start: date
    end: date
    opening: int
    births: int
    moves_in: int
    deaths: int
    moves_out: int
    corrections: int
    boundary_changes: int
    closing: int

    @property
    def difference(self) -> int:
        """Closing less what the lines before it make."""
        made = self.opening + self.births + self.moves_in - self.deaths - self.moves_out
        return self.closing - made - self.corrections - self.boundary_changes


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows after ``start`` up to and including ``end`` for every area that ever was.

    ``lines`` is ``(areas, flows)``, everything below each area included; ``opening`` and ``closing`` are the
    populations of the two days by the areas of those days.
    """

    snapshot: Snapshot
    start: date
    end: date
    opening: Ints
    closing: Ints
    lines: Ints
    bookings: Bookings

    def of(self, position: int) -> Reconciliation:
        """The reconciliation of an area by its position in the tree."""
        births, moves_in, deaths, moves_out, corrections, boundary = self.lines[position].tolist()
        opening, closing = int(self.opening[position]), int(self.closing[position])
        return Reconciliation(
            self.start, self.end, opening, births, moves_in, deaths, moves_out, corrections, boundary, closing
        )

    def residences_behind(self, position: int, flow: Flow) -> NDArray[np.intp]:
        """The residences behind a line of an area, one for each person counted in it."""
        tree, bookings = self.snapshot.areas, self.bookings
        inside = tree.below(position)
        seen = (bookings.flow == flow) & inside[bookings.area]
        # An area that holds the place where both ends of a move meet saw nothing of it.
        cancelled = (bookings.meeting >= 0) & inside[bookings.meeting]
        behind: NDArray[np.intp] = bookings.residence[seen & ~cancelled]
        return behind


def flows_between(snapshot: Snapshot, start: date, end: date, divided_on: date | None = None) -> Flows:
    """Reconcile two dates. ``divided_on`` counts everything by the cells of one day, so that no boundary changes;
    by default each day is counted by its own. ValueError when ``end`` lies before ``start``."""
    if end < start:
        raise ValueError("a period ends before it starts")
    first, last = to_day(start), to_day(end)
    if divided_on is None:
        division = None
        bookings = Bookings.joined([*_ends(snapshot, first, last, division), *_boundary_changes(snapshot, first, last)])
    else:
        division = to_day(divided_on)
        bookings = Bookings.joined(_ends(snapshot, first, last, division))
    return Flows(
        snapshot=snapshot,
        start=start,
        end=end,
        opening=population_at(snapshot, start, divided_on),
        closing=population_at(snapshot, end, divided_on),
        lines=_lines(snapshot, bookings),
        bookings=bookings,
    )


def _ends(snapshot: Snapshot, first: int, last: int, division: int | None) -> list[Bookings]:
    """Bookings of residences that begin or end in the period."""
    residences = snapshot.residences
    gone = np.flatnonzero((first < residences.valid_to) & (residences.valid_to <= last))
    come = np.flatnonzero((first < residences.valid_from) & (residences.valid_from <= last))
    if division is None:
        left = _place_on_days(snapshot, gone, residences.valid_to[gone] - 1)
        reached = _place_on_days(snapshot, come, residences.valid_from[come])
    else:
        left, reached = snapshot.place_of(gone, division), snapshot.place_of(come, division)
    meeting_out, meeting_in = _meetings(snapshot, (gone, left), (come, reached))
    cause_out = _moved(residences.cause_out[gone], residences.following[gone] >= 0, CauseOut.UNKNOWN, CauseOut.MOVE_OUT)
    cause_in = _moved(residences.cause_in[come], residences.previous[come] >= 0, CauseIn.INITIAL, CauseIn.MOVE_IN)
    return [
        _placed(Bookings(gone, left, meeting_out, _OUT[cause_out], np.full(len(gone), -1, dtype=np.int8))),
        _placed(Bookings(come, reached, meeting_in, _IN[cause_in], np.full(len(come), 1, dtype=np.int8))),
    ]


def _moved(cause: NDArray[np.int8], linked: NDArray[np.bool_], blank: int, move: int) -> NDArray[np.int8]:
    """A residence that directly follows another of the same person is a move, though no cause was recorded."""
    return np.where(linked & (cause == blank), np.int8(move), cause).astype(np.int8)


def _meetings(
    snapshot: Snapshot, out: tuple[NDArray[np.intp], Places], into: tuple[NDArray[np.intp], Places]
) -> tuple[Places, Places]:
    """Where the way out of one residence and the way into the next meet; -1 for those that stand alone."""
    residences = snapshot.residences
    (gone, left), (come, reached) = out, into
    place_in = np.full(len(residences), -1, dtype=np.int32)
    place_in[come] = reached
    linked = np.flatnonzero(residences.following[gone] >= 0)
    following = residences.following[gone[linked]]
    meeting_out = np.full(len(gone), -1, dtype=np.int32)
    meeting_out[linked] = snapshot.areas.meeting(left[linked], place_in[following])
    meeting_of = np.full(len(residences), -1, dtype=np.int32)
    meeting_of[following] = meeting_out[linked]
    return meeting_out, meeting_of[come]


def _place_on_days(snapshot: Snapshot, residences: NDArray[np.intp], days: NDArray[np.int32]) -> Places:
    """The area each residence counts in on a day of its own."""
    place = np.full(len(residences), -1, dtype=np.int32)
    epochs = np.searchsorted(snapshot.change_days, days, side="right")
    for epoch in np.unique(epochs):
        members = np.flatnonzero(epochs == epoch)
        place[members] = snapshot.place_of(residences[members], int(days[members[0]]))
    return place


def _boundary_changes(snapshot: Snapshot, first: int, last: int) -> list[Bookings]:
    """Bookings of residences that stay while their ground comes to another area."""
    changes = snapshot.change_days
    result = []
    for day in changes[(first < changes) & (changes <= last)].tolist():
        (before, stood), (after, stands) = snapshot.places(day - 1), snapshot.places(day)
        if np.array_equal(before, after) and np.array_equal(stood, stands):
            continue
        residences = snapshot.residences
        stay = np.flatnonzero((residences.valid_from < day) & (day < residences.valid_to))
        left, reached = snapshot.place_of(stay, day - 1), snapshot.place_of(stay, day)
        other = np.flatnonzero(left != reached)
        stay, left, reached = stay[other], left[other], reached[other]
        meeting = snapshot.areas.meeting(left, reached)
        flow = np.full(len(stay), Flow.BOUNDARY_CHANGES, dtype=np.int8)
        for place, sign in ((left, -1), (reached, 1)):
            result.append(_placed(Bookings(stay, place, meeting, flow, np.full(len(stay), sign, dtype=np.int8))))
    return result


def _placed(bookings: Bookings) -> Bookings:
    """Without the bookings of no area."""
    kept = bookings.area >= 0
    columns: list[Any] = [
        bookings.residence, bookings.area, bookings.meeting, bookings.flow, bookings.sign,
    ]  # fmt: skip
    return Bookings(*(column[kept] for column in columns))


def _lines(snapshot: Snapshot, bookings: Bookings) -> Ints:
    areas, flows = len(snapshot.areas), len(Flow)
    signed = np.isin(bookings.flow, _SIGNED)
    amount = np.where(signed, bookings.sign, 1)
    meets = np.flatnonzero(bookings.meeting >= 0)
    area = np.concatenate([bookings.area, bookings.meeting[meets]]).astype(np.int64)
    flow = np.concatenate([bookings.flow, bookings.flow[meets]])
    weights = np.concatenate([amount, -amount[meets]]).astype(np.float64)
    own = np.bincount(area * flows + flow, weights=weights, minlength=areas * flows)
    return snapshot.areas.roll_up(np.rint(own).astype(np.int64).reshape(areas, flows))
