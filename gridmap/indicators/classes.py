"""Classes of a map's legend: natural breaks for sizes, seven steps around zero for changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_CLASSES: Final = 6
_MOST_VALUES: Final = 256
"""Distinct values beyond which neighbours are joined before breaks are sought; the breaks hardly move."""

_STEPS: Final = (1, 2, 3, 5)


@dataclass(frozen=True, slots=True)
class LegendClass:
    """Whole numbers from ``start`` to ``end``, both included; ``None`` is without limit."""

    start: int | None
    end: int | None
    count: int


def natural_classes(values: NDArray[np.int64], classes: int = MAX_CLASSES) -> list[LegendClass]:
    """Fisher-Jenks natural breaks of whole numbers: the classes with the least squared deviation from their means.

    W. D. Fisher, "On grouping for maximum homogeneity", JASA 53 (1958). Each class is given by the least and the
    greatest value in it; fewer classes than asked for when there are fewer distinct values.
    """
    if not len(values):
        return []
    distinct, counts = np.unique(values, return_counts=True)
    group = _joined(counts)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    weight = np.add.reduceat(counts, starts).astype(np.float64)
    total = np.add.reduceat(counts * distinct, starts).astype(np.float64)
    squares = np.add.reduceat(counts * distinct.astype(np.float64) ** 2, starts)
    first = starts[_breaks(weight, total, squares, min(classes, len(starts)))]
    last = np.append(first[1:], len(distinct)) - 1
    sizes = np.add.reduceat(counts, first)
    return [
        LegendClass(int(distinct[low]), int(distinct[high]), int(size))
        for low, high, size in zip(first, last, sizes, strict=True)
    ]


def _joined(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group distinct values in order so that at most ``_MOST_VALUES`` groups of about equal size are left."""
    if len(counts) <= _MOST_VALUES:
        return np.arange(len(counts))
    return (np.cumsum(counts) - 1) * _MOST_VALUES // int(counts.sum())


def _breaks(
    weight: NDArray[np.float64], total: NDArray[np.float64], squares: NDArray[np.float64], classes: int
) -> NDArray[np.intp]:
    """Where each of the best ``classes`` classes of ordered groups begins (dynamic programme, O(classes · n²))."""
    count = len(weight)
    w, s, q = (np.concatenate([[0.0], np.cumsum(column)]) for column in (weight, total, squares))
    # cost[i, j]: squared deviation of groups i .. j-1 taken as one class
    spread = np.maximum(w[None, :] - w[:, None], 1.0)
    cost = (q[None, :] - q[:, None]) - (s[None, :] - s[:, None]) ** 2 / spread
    cost[np.tril_indices(count + 1)] = np.inf
    best = cost[0].copy()
    begun = np.zeros((classes, count + 1), dtype=np.intp)
    for number in range(1, classes):
        choices = best[:, None] + cost
        begun[number] = choices.argmin(axis=0)
        best = choices.min(axis=0)
    starts, end = [], count
    for number in range(classes - 1, -1, -1):
        end = int(begun[number, end])
        starts.append(end)
    return np.array(starts[::-1], dtype=np.intp)


def change_limits(changes: NDArray[np.int64]) -> tuple[int, int, int]:
    """Three round limits for seven classes of change: about nine of ten changes lie within the widest."""
    size = np.abs(changes)
    wanted = float(np.quantile(size, 0.9)) if len(size) else 0.0
    widest = _round_up(max(wanted, 5.0))
    middle = max(_round_down(widest / 3), 2)
    return max(_round_down(widest / 10), 1), middle, widest


def change_classes(changes: NDArray[np.int64]) -> list[LegendClass]:
    """Seven classes from the strongest fall to the strongest rise, the middle one around zero."""
    narrow, middle, widest = change_limits(changes)
    edges = [-widest, -middle, -narrow, narrow + 1, middle + 1, widest + 1]
    counts = np.bincount(np.searchsorted(edges, changes, side="right"), minlength=7).tolist()
    starts: list[int | None] = [None, *edges]
    ends: list[int | None] = [*(edge - 1 for edge in edges), None]
    return [LegendClass(*limits) for limits in zip(starts, ends, counts, strict=True)]


def _round_up(value: float) -> int:
    decade = 1
    while True:
        for step in _STEPS:
            if step * decade >= value:
                return step * decade
        decade *= 10


def _round_down(value: float) -> int:
    found, decade = 1, 1
    while decade <= value:
        found = max(step * decade for step in _STEPS if step * decade <= value)
        decade *= 10
    return found
