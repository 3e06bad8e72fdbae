"""Principal residences that overlap, which should not be: each person is still counted once.

While two are open at a date the one that began last holds; when it ends before the other, the other holds again. So
nobody with an open principal residence is lost and nobody is counted twice.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.keys import sorted_by
from gridmap.indicators.words import CauseIn, CauseOut

Table = dict[str, NDArray[Any]]


def without_overlaps(rows: Table) -> tuple[Table, int]:
    """The residences with intervals that do not overlap, and of how many persons they had to be parted.

    ``rows`` are columns with ``person``, ``valid_from``, ``valid_to``, ``cause_in`` and ``cause_out``; empty intervals
    are left out. The order of the result is not that of the input.
    """
    kept = np.flatnonzero(rows["valid_from"] < rows["valid_to"])
    order = kept[sorted_by(rows["person"][kept], rows["valid_from"][kept])]
    rows = {name: values[order] for name, values in rows.items()}
    person, start, end = rows["person"], rows["valid_from"], rows["valid_to"]
    clash = (person[1:] == person[:-1]) & (end[:-1] > start[1:])
    if not clash.any():
        return rows, 0
    persons = np.unique(person[1:][clash])
    troubled = np.isin(person, persons)
    parts = _parted(rows, np.flatnonzero(troubled))
    calm = {name: values[~troubled] for name, values in rows.items()}
    return {name: np.concatenate([calm[name], parts[name]]) for name in rows}, len(persons)


def _parted(rows: Table, members: NDArray[np.intp]) -> Table:
    """Cut the intervals of persons whose residences overlap at every day on which one begins or ends."""
    person = rows["person"][members]
    pieces: list[tuple[int, int, int]] = []
    for group in np.split(members, np.flatnonzero(np.diff(person)) + 1):
        pieces += _sweep(group.tolist(), rows["valid_from"][group].tolist(), rows["valid_to"][group].tolist())
    source = np.array([piece[0] for piece in pieces], dtype=np.intp)
    result = {name: values[source] for name, values in rows.items()}
    start, end = (np.array([piece[side] for piece in pieces], dtype=np.int32) for side in (1, 2))
    # Where a cut was made that the register does not know, the person went from one place to the other.
    result["cause_in"] = np.where(start == result["valid_from"], result["cause_in"], CauseIn.MOVE_WITHIN)
    result["cause_out"] = np.where(end == result["valid_to"], result["cause_out"], CauseOut.MOVE_WITHIN)
    return result | {"valid_from": start, "valid_to": end}


def _sweep(members: list[int], starts: list[int], ends: list[int]) -> list[tuple[int, int, int]]:
    """Pieces (row, from, to) of one person's intervals, which are in order of their beginnings."""
    days = sorted({*starts, *ends})
    pieces: list[tuple[int, int, int]] = []
    for day, until in pairwise(days):
        holds = [row for row, start, end in zip(members, starts, ends, strict=True) if start <= day < end]
        if not holds:
            continue
        if pieces and pieces[-1][0] == holds[-1] and pieces[-1][2] == day:
            pieces[-1] = (holds[-1], pieces[-1][1], until)
        else:
            pieces.append((holds[-1], day, until))
    return pieces


def neighbours(person: NDArray[Any], start: NDArray[Any], end: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """For each residence the one of the same person that ends as it begins, and the one that begins as it ends."""
    order = sorted_by(person, start)
    touches = (person[order[1:]] == person[order[:-1]]) & (end[order[:-1]] == start[order[1:]])
    before, after = order[:-1][touches], order[1:][touches]
    previous, following = (np.full(len(person), -1, dtype=np.int32) for _ in range(2))
    previous[after] = before
    following[before] = after
    return previous, following
