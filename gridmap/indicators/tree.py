"""The area tree as arrays: who is in force when, who is above whom, and sums from the bottom up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.columns import OPEN

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
NOWHERE = -1
CELL = "cell"


@dataclass(frozen=True)
class AreaTree:
    """All areas that ever were, sorted by (code, id). The position of an area is its ``map_id``.

    ``parent`` holds positions, -1 at the top; ``valid_from`` and ``valid_to`` are day numbers; ``area_km2`` is the
    land area in a metric CRS, NaN without a geometry.
    """

    ids: tuple[UUID, ...]
    codes: tuple[str, ...]
    names: tuple[str, ...]
    english: tuple[str | None, ...]
    levels: tuple[str, ...]
    kinds: tuple[str | None, ...]
    region: NDArray[np.int32]
    parent: Places
    valid_from: NDArray[np.int32]
    valid_to: NDArray[np.int32]
    area_km2: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def positions(self) -> dict[UUID, int]:
        """Position by id."""
        return {area_id: position for position, area_id in enumerate(self.ids)}

    @cached_property
    def depth(self) -> NDArray[np.int32]:
        """Steps below the top of each area; areas in a circle would never end, so they are refused."""
        depth = np.zeros(len(self), dtype=np.int32)
        above = self.parent.copy()
        for _ in range(len(self) + 1):
            inside = above >= 0
            if not inside.any():
                return depth
            depth[inside] += 1
            above[inside] = self.parent[above[inside]]
        raise ValueError("the area tree has a circle")

    @cached_property
    def lineage(self) -> Places:
        """``(areas, depths)``: the ancestor of each area at each depth, itself at its own, -1 below it."""
        deepest = int(self.depth.max(initial=0))
        lines = np.full((len(self), deepest + 1), NOWHERE, dtype=np.int32)
        at = np.arange(len(self), dtype=np.int32)
        rows = np.arange(len(self))
        while len(rows):
            lines[rows, self.depth[at]] = at
            at = self.parent[at]
            rows, at = rows[at >= 0], at[at >= 0]
        return lines

    @cached_property
    def _steps(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp], Places]]:
        """From the deepest level up: children ordered by parent, where each parent's begin, and the parents."""
        steps = []
        for depth in range(int(self.depth.max(initial=0)), 0, -1):
            members = np.flatnonzero(self.depth == depth)
            members = members[np.argsort(self.parent[members], kind="stable")]
            parents, starts = np.unique(self.parent[members], return_index=True)
            steps.append((members, starts, parents))
        return steps

    def roll_up(self, direct: NDArray[Any]) -> NDArray[Any]:
        """Add what each area holds itself to all areas above it; the first axis is areas."""
        total = direct.copy()
        for members, starts, parents in self._steps:
            total[parents] += np.add.reduceat(total[members], starts, axis=0)
        return total

    def in_force(self, day: int) -> NDArray[np.bool_]:
        """Which areas exist on a day."""
        force: NDArray[np.bool_] = (self.valid_from <= day) & (day < self.valid_to)
        return force

    def standing(self, day: int) -> Places:
        """For each area itself, or the nearest area above it that is in force on the day; -1 when there is none."""
        force = self.in_force(day)
        at = np.arange(len(self), dtype=np.int32)
        for _ in range(int(self.depth.max(initial=0)) + 1):
            lost = np.flatnonzero((at >= 0) & ~force[at])
            if not len(lost):
                break
            at[lost] = self.parent[at[lost]]
        return at

    def meeting(self, first: Places, second: Places) -> Places:
        """The lowest area that is above (or is) both of each pair; -1 when there is none or one of them is nowhere."""
        meet = np.full(len(first), NOWHERE, dtype=np.int32)
        both = np.flatnonzero((first >= 0) & (second >= 0))
        one, two = self.lineage[first[both]], self.lineage[second[both]]
        shared = ((one == two) & (one >= 0)).sum(axis=1)
        found = shared > 0
        meet[both[found]] = one[found, shared[found] - 1]
        return meet

    def below(self, position: int) -> NDArray[np.bool_]:
        """Which areas are an area or lie under it."""
        inside: NDArray[np.bool_] = self.lineage[:, self.depth[position]] == position
        return inside

    def children(self, position: int, day: int) -> NDArray[np.intp]:
        """The areas in force directly under an area, by code."""
        return np.flatnonzero((self.parent == position) & self.in_force(day))

    def at_level(self, level: str, day: int) -> NDArray[np.intp]:
        """The areas of a level in force on a day, by code."""
        wanted = np.fromiter((name == level for name in self.levels), np.bool_, len(self))
        return np.flatnonzero(wanted & self.in_force(day))

    def change_days(self) -> NDArray[np.int32]:
        """The days on which an area begins or ends."""
        days = np.unique(np.concatenate([self.valid_from, self.valid_to]))
        ended: NDArray[np.int32] = days[days != OPEN]
        return ended
