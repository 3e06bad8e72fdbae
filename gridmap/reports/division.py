"""An area divided by the areas of one level below it, without losing anybody: what lies in none of them is a line of
its own under the area that knows it. So the rows always add up to the area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.cells import AreaTable

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Division:
    """``level``: the areas of the level; ``own``: what areas above have outside them, only where there is something.

    Land areas of ``own`` are unknown.
    """

    level: AreaTable
    own: AreaTable


def divide(table: AreaTable, level: str, inside: Flags) -> Division:
    """Divide what lies in some areas (flags by position) by one level."""
    tree, day = table.occupancy.snapshot.areas, table.occupancy.divided_on
    at_level = np.zeros(len(tree), dtype=np.bool_)
    at_level[tree.at_level(level, day)] = True
    covered = np.append(at_level, False)[tree.lineage].any(axis=1)  # a line ends with -1: the entry appended
    force = np.zeros(len(tree), dtype=np.bool_)
    force[table.rows] = True
    rest = np.flatnonzero(inside & force & ~covered)
    return Division(table.take(np.flatnonzero(inside & force & at_level)), _own(table, rest))


def _own(table: AreaTable, positions: NDArray[np.intp]) -> AreaTable:
    found = table.take(positions)
    kept = found.own.any(axis=1)
    own = found.own[kept]
    return AreaTable(
        table.occupancy, table.terms, table.names, found.rows[kept], own, own, np.full(int(kept.sum()), np.nan)
    )
