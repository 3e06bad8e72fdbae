"""What a linker made of a messy register, counted against the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridmap.linking.grammar import PARTS, parse_addresses
from gridmap.linking.index import DwellingIndex
from gridmap.linking.link import LinkResult, link_addresses
from tests.messy.registers import Messy


@dataclass(frozen=True, slots=True)
class Level:
    """Counts of one level: how many rows were linked, how many of them rightly, how many could be."""

    linked: int
    right: int
    possible: int

    @property
    def precision(self) -> float:
        """The share of the links that are right."""
        return self.right / self.linked if self.linked else 1.0

    @property
    def recall(self) -> float:
        """The share of what can be known that was found."""
        return self.right / self.possible if self.possible else 1.0


@dataclass(frozen=True, slots=True)
class Score:
    """``stays``: of the rows that cannot be linked (further), the share that is not."""

    rows: int
    building: Level
    dwelling: Level
    unlinkable: int
    stays: float


def link(messy: Messy, index: DwellingIndex) -> LinkResult:
    """Link the rows as the import does: what stands in a column of its own goes before what is read from the text."""
    rows = messy.rows
    read = parse_addresses(rows["address"])
    return link_addresses(rows.with_columns(rows[part].fill_null(read[part]) for part in PARTS), index)


def score(messy: Messy, links: LinkResult) -> Score:
    """Count; rows that may mean another place just as well count for neither side."""
    counts = ~messy.neither
    building, dwelling = links.building[counts], links.dwelling[counts]
    true_building, true_dwelling = messy.building[counts], messy.dwelling[counts]
    lost = true_dwelling < 0
    kept = (dwelling < 0) & ((true_building >= 0) | (building < 0))
    return Score(
        int(counts.sum()),
        _level(building, true_building),
        _level(dwelling, true_dwelling),
        int(lost.sum()),
        float(kept[lost].mean()) if lost.any() else 1.0,
    )


def _level(found: np.ndarray, true: np.ndarray) -> Level:
    return Level(int((found >= 0).sum()), int(((found == true) & (found >= 0)).sum()), int((true >= 0).sum()))
