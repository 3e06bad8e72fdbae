"""How well each cell is kept: the hidden grade behind verification and completeness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FRESH_DAYS = 90
GOOD, WATCH, POOR = 0, 1, 2
# Shares of the cells with homes: well kept, worth watching; the rest are poor.
SHARES = (0.62, 0.22)


@dataclass(frozen=True, slots=True)
class Grades:
    """By cell: grade, share of dwellings verified within 90 days, share of residents with something missing."""

    grade: Ints
    fresh: Floats
    incomplete: Floats


def grade_cells(inhabited: npt.NDArray[np.bool_], random: np.random.Generator) -> Grades:
    """Grade the cells so that the shares come out as set, whatever the seed."""
    count = len(inhabited)
    order = random.permutation(np.flatnonzero(inhabited))
    bounds = np.round(np.cumsum(SHARES) * len(order)).astype(np.int64)
    grade = np.full(count, WATCH, dtype=np.int64)
    grade[order] = np.searchsorted(bounds, np.arange(len(order)), side="right")
    low = np.array([0.957, 0.905, 0.72])[grade]
    high = np.array([0.996, 0.947, 0.89])[grade]
    fresh = low + (high - low) * random.random(count)
    missing_low = np.array([0.018, 0.026, 0.042])[grade]
    missing_high = np.array([0.042, 0.060, 0.090])[grade]
    return Grades(grade, fresh, missing_low + (missing_high - missing_low) * random.random(count))


def visits(cell: Ints, grades: Grades, as_of: int, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Dates of visits to dwellings over two years, as (dwelling, day since 1970), sorted by both.

    Exactly the graded share of each cell's dwellings was visited within the last 90 days.
    """
    count = len(cell)
    place = np.where(cell >= 0, cell, 0)
    share = np.where(cell >= 0, grades.fresh[place], 0.5)
    order = np.lexsort((random.random(count), cell))
    ordered = cell[order]
    first = np.searchsorted(ordered, ordered, side="left")
    size = np.searchsorted(ordered, ordered, side="right") - first
    rank = np.empty(count, dtype=np.float64)
    rank[order] = (np.arange(count) - first + 0.5) / size
    fresh = rank < share
    stale = ~fresh & (random.random(count) < 0.72)
    last = np.where(fresh, as_of - 1 - random.integers(0, FRESH_DAYS - 2, count), 0)
    last = np.where(stale, as_of - FRESH_DAYS - 3 - np.floor(random.gamma(1.4, 70, count)).astype(np.int64), last)
    seen = np.flatnonzero(fresh | stale)
    days, dwellings = [last[seen]], [seen]
    for _ in range(5):
        seen = seen[random.random(len(seen)) < 0.62]
        last = last - random.integers(70, 190, count)
        days.append(last[seen])
        dwellings.append(seen)
    dwelling, day = np.concatenate(dwellings), np.concatenate(days)
    kept = day > as_of - 731
    dwelling, day = dwelling[kept], day[kept]
    order = np.lexsort((day, dwelling))
    return dwelling[order], day[order]
