"""Changes of category between two dates: who was registered or floating and who is now, for every area.

Every person of an area at either date stands in exactly one field of its table: rows are what the person was at the
first date, columns what it is at the second, and *elsewhere* is one of both. So rows add up to the opening and columns
to the closing population by category, and the difference of a category is in its row and its column, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.occupancy import attributes_at
from gridmap.indicators.snapshot import Snapshot
from gridmap.indicators.tree import Ints, Places
from gridmap.indicators.words import Presence
from gridmap.store.types import to_day

ELSEWHERE: Final = len(Presence)
"""The category of someone who is not in the area."""

CATEGORIES: Final = (*(word.name.lower() for word in Presence), "elsewhere")
"""The categories by number."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """``table[area, before, after]`` persons, everything below each area included; nobody is elsewhere both times."""

    snapshot: Snapshot
    start: date
    end: date
    table: Ints

    def of(self, position: int) -> dict[tuple[str, str], int]:
        """The fields of one area that are not empty, by (before, after)."""
        found = self.table[position]
        return {
            (CATEGORIES[before], CATEGORIES[after]): int(found[before, after])
            for before, after in np.argwhere(found).tolist()
        }


def transitions_between(snapshot: Snapshot, start: date, end: date, divided_on: date | None = None) -> Transitions:
    """The changes of category of every area between two dates, by the areas of those dates or of ``divided_on``."""
    before, was = _standing(snapshot, to_day(start), divided_on)
    after, now = _standing(snapshot, to_day(end), divided_on)
    meeting = snapshot.areas.meeting(before, after)
    elsewhere = np.full(len(was), ELSEWHERE, dtype=np.int64)
    # Seen from below the meeting a person left or came; from there upwards both ends are inside.
    table = _counted(snapshot, before, was, elsewhere) + _counted(snapshot, after, elsewhere, now)
    table += _counted(snapshot, meeting, was, now)
    table -= _counted(snapshot, meeting, was, elsewhere) + _counted(snapshot, meeting, elsewhere, now)
    return Transitions(snapshot, start, end, snapshot.areas.roll_up(table))


def persons_who_went(
    snapshot: Snapshot, start: date, end: date, position: int, went: tuple[str, str], *, divided_on: date | None = None
) -> NDArray[np.intp]:
    """The persons in one field (before, after; words of ``CATEGORIES``) of the table of an area, by position.

    KeyError for a word that is no category.
    """
    codes = {word: code for code, word in enumerate(CATEGORIES)}
    inside = np.append(snapshot.areas.below(position), False)
    standing = []
    for day in (start, end):
        place, category = _standing(snapshot, to_day(day), divided_on)
        standing.append(np.where(inside[place], category, ELSEWHERE))
    chosen: NDArray[np.intp] = np.flatnonzero((standing[0] == codes[went[0]]) & (standing[1] == codes[went[1]]))
    return chosen


def _standing(snapshot: Snapshot, day: int, divided_on: date | None = None) -> tuple[Places, NDArray[np.int64]]:
    """The area of every person on a day (-1: none) and the category it has."""
    live = snapshot.residences.live(day)
    place = np.full(len(snapshot.persons), -1, dtype=np.int32)
    division = day if divided_on is None else to_day(divided_on)
    place[snapshot.residences.person[live]] = snapshot.place_of(live, division)
    return place, (attributes_at(snapshot, day) & 3).astype(np.int64)


def _counted(snapshot: Snapshot, place: Places, before: NDArray[np.int64], after: NDArray[np.int64]) -> Ints:
    areas, width = len(snapshot.areas), len(CATEGORIES)
    told = place >= 0
    code = (place[told].astype(np.int64) * width + before[told]) * width + after[told]
    return np.bincount(code, minlength=areas * width * width).reshape(areas, width, width)
