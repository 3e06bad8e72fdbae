"""Which counts of a table are published, and as what.

A table is areas × categories. Lines add up twice: the areas below an area (and what it holds itself) make the area, and
the parts of a category make the category. Anybody can solve such lines for a number that is left out, so leaving out is
done in three steps:

1. *Primary*: a count above 0 and below the threshold (10 persons, 3 households) is withheld.
2. *Rounding*: every other count is published as the nearest multiple of 5, so each may be two more or two less.
3. *Complementary*: as long as a withheld count can be told to within ``protection`` from the lines it stands in, the
   smallest other count of the line that tells most is withheld too.

Step 3 works on bounds: what each count can be at least and at most, given what is published and that lines add up. The
bounds that it finds are no narrower than what linear programming finds for one line at a time; lines together are
tested by linear programming. Deterministic: the same counts are published the same way in every table and every time.
Source of the method: A. Hundepool and others, *Statistical Disclosure Control*, 2012, chapters 4 and 5 (cell
suppression, rounding).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

PERSONS: Final = 10
HOUSEHOLDS: Final = 3
BASE: Final = 5
PROTECTION: Final = 3
"""How far from a withheld count, downwards and upwards, what can be told must reach at least."""

_ROUNDS: Final = 200


@dataclass(frozen=True, slots=True)
class Lines:
    """Sums that anybody can check: ``total[i]`` is the position of a count that the counts ``parts[i]`` add up to."""

    total: tuple[int, ...]
    parts: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.total)


@dataclass(frozen=True, slots=True)
class Published:
    """What may leave, by position: ``value`` is rounded; where ``withheld`` it says nothing. ``primary`` marks what is
    withheld because it is small itself."""

    value: Ints
    withheld: Flags
    primary: Flags


def protect(counts: Ints, lines: Lines, threshold: int | Ints = PERSONS, protection: int = PROTECTION) -> Published:
    """Decide what of some counts is published.

    Args:
        counts: every count of the table, totals included; not negative.
        lines: which of them add up.
        threshold: counts above 0 and below it are small; one for all, or one a count.
        protection: how far bounds must reach from every withheld count.
    """
    primary = (counts > 0) & (counts < threshold)
    withheld = primary.copy()
    value = (counts + BASE // 2) // BASE * BASE
    if not len(lines) or not withheld.any():
        return Published(value, withheld, primary)
    structure = _Structure.of(lines, len(counts))
    for _ in range(_ROUNDS):
        low, high = _bounds(counts, value, withheld, structure)
        exposed = withheld & ((counts - low < np.minimum(protection, counts)) | (high - counts < protection))
        more = _complements(counts, withheld, exposed, structure)
        if not more:
            break
        withheld[more] = True
    return Published(value, withheld, primary)


@dataclass(frozen=True, slots=True)
class _Structure:
    """Lines as arrays: for each entry its line and position, the total of each line, and the lines of each position."""

    line: NDArray[np.intp]
    position: NDArray[np.intp]
    total: NDArray[np.intp]
    parts: tuple[tuple[int, ...], ...]
    lines_of: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, lines: Lines, count: int) -> _Structure:
        """Prepare lines over ``count`` positions."""
        of_position: list[list[int]] = [[] for _ in range(count)]
        for number, (total, parts) in enumerate(zip(lines.total, lines.parts, strict=True)):
            for position in (total, *parts):
                of_position[position].append(number)
        return cls(
            np.repeat(np.arange(len(lines)), [len(parts) for parts in lines.parts]),
            np.fromiter((part for parts in lines.parts for part in parts), np.intp),
            np.array(lines.total, dtype=np.intp),
            lines.parts,
            tuple(tuple(numbers) for numbers in of_position),
        )


def _bounds(counts: Ints, value: Ints, withheld: Flags, structure: _Structure) -> tuple[Ints, Ints]:
    """What each count can be at least and at most, told line by line until nothing more is learnt."""
    ceiling = int(counts.max(initial=0)) * 2 + 1000
    low = np.where(withheld, 0, np.maximum(value - BASE // 2, 0))
    high = np.where(withheld, ceiling, value + BASE // 2)
    for _ in range(_ROUNDS):
        sums_low = np.bincount(structure.line, weights=low[structure.position], minlength=len(structure.total))
        sums_high = np.bincount(structure.line, weights=high[structure.position], minlength=len(structure.total))
        new_low, new_high = low.copy(), high.copy()
        np.maximum.at(new_low, structure.total, sums_low.astype(np.int64))
        np.minimum.at(new_high, structure.total, sums_high.astype(np.int64))
        total = structure.total[structure.line]
        rest_low = (sums_low[structure.line] - low[structure.position]).astype(np.int64)
        rest_high = (sums_high[structure.line] - high[structure.position]).astype(np.int64)
        np.maximum.at(new_low, structure.position, low[total] - rest_high)
        np.minimum.at(new_high, structure.position, high[total] - rest_low)
        if (new_low == low).all() and (new_high == high).all():
            break
        low, high = new_low, new_high
    return low, high


def _complements(counts: Ints, withheld: Flags, exposed: Flags, structure: _Structure) -> list[int]:
    """For each exposed count one more to withhold, the smallest that still says something, in the line with the fewest
    withheld; a total only where nothing else is left."""
    more: list[int] = []
    chosen = withheld.copy()
    for position in np.flatnonzero(exposed).tolist():
        best: tuple[tuple[int, int, int], int] | None = None
        for number in structure.lines_of[position]:
            total = int(structure.total[number])
            members: Sequence[int] = (*structure.parts[number], total)
            hidden = sum(1 for member in members if chosen[member])
            for member in members:
                if not chosen[member] and counts[member] > 0:
                    rank = (hidden, int(member == total), int(counts[member]))
                    if best is None or rank < best[0]:
                        best = (rank, member)
        if best is not None and not chosen[best[1]]:
            chosen[best[1]] = True
            more.append(best[1])
    return more
