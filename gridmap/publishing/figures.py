"""The figures of a date as they may leave the office: one table that every publication of that date is a part of.

Withholding is decided once over all areas of all levels and all published counts together, so that no two
publications of a date can be played off against each other. Areas are those of the tree only; nothing else can be
asked for. Persons are never part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.indicators.cells import AreaTable
from gridmap.indicators.dates import BANDS
from gridmap.publishing.rules import HOUSEHOLDS, PERSONS, Lines, Published, protect

OWN: Final = "own"
"""Marks the rows of what an area holds outside all areas below it."""

_AGES: Final = tuple(f"age_{band}" for band in (*BANDS, "unknown"))
PARTITIONS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "population": (
        ("male", "female", "sex_unknown"),
        _AGES,
        ("registered_present", "registered_away", "floating", "presence_unknown"),
        ("marital_single", "marital_married", "marital_widowed", "marital_divorced", "marital_unknown"),
        ("located", "building_only", "area_only"),
    ),
    "male": (tuple(f"male_{name}" for name in (*BANDS, "unknown")),),
    "female": (tuple(f"female_{name}" for name in (*BANDS, "unknown")),),
    "sex_unknown": (tuple(f"sex_unknown_{name}" for name in (*BANDS, "unknown")),),
    **{f"age_{name}": ((f"male_{name}", f"female_{name}", f"sex_unknown_{name}"),) for name in (*BANDS, "unknown")},
}
"""Counts of persons that are published, and the parts that add up to each."""

HOUSEHOLD_COUNTS: Final = ("households",)
STOCK_COUNTS: Final = ("dwellings", "buildings")
"""Counts of things, not of people: published as they are counted."""


@dataclass(frozen=True)
class Publication:
    """What may leave of one date: ``frame`` has a row an area (``area_id``, ``code``, ``name``, ``level``), a column a
    count; what is withheld is missing. ``withheld`` says how many figures are, ``of`` how many there are."""

    frame: pd.DataFrame
    withheld: int
    of: int


def person_counts() -> tuple[str, ...]:
    """The names of the counts of persons, totals first."""
    names = ["population"]
    for total, partitions in PARTITIONS.items():
        names += [total, *(part for parts in partitions for part in parts)]
    return tuple(dict.fromkeys(names))


def published(table: AreaTable) -> Publication:
    """The publication of a date: every area in force, small numbers withheld, the rest rounded."""
    tree, rows = table.occupancy.snapshot.areas, table.rows
    persons, households = person_counts(), HOUSEHOLD_COUNTS
    decided = protected(table, persons, PERSONS), protected(table, households, HOUSEHOLDS)
    columns: dict[str, Sequence[object] | NDArray[np.generic]] = {
        "code": [tree.codes[row] for row in rows.tolist()],
        "name": [tree.names[row] for row in rows.tolist()],
        "level": [tree.levels[row] for row in rows.tolist()],
    }
    withheld = 0
    for (result, _), names in zip(decided, (persons, households), strict=True):
        values = result.value.reshape(-1, len(names))[: len(rows)]
        hidden = result.withheld.reshape(-1, len(names))[: len(rows)]
        withheld += int(hidden.sum())
        shown = np.where(hidden, np.nan, values)
        columns |= {name: pd.array(shown[:, at], dtype="Int64") for at, name in enumerate(names)}
    columns |= {name: table[name] for name in STOCK_COUNTS}
    frame = pd.DataFrame(columns, index=pd.Index([tree.ids[row] for row in rows.tolist()], name="area_id"))
    return Publication(frame, withheld, len(rows) * (len(persons) + len(households)))


def protected(table: AreaTable, names: Sequence[str], threshold: int) -> tuple[Published, Lines]:
    """Decide counts of all rows of a table, and of what each area holds outside those below it, together.

    Positions are row-major: first the rows of the table, then their own lines; a column a name.
    """
    whole = np.column_stack([table[name] for name in names])
    own = np.column_stack([table.own_line(name) for name in names])
    counts = np.vstack([whole, own]).ravel().astype(np.int64)
    lines = _lines(table, names)
    return protect(counts, lines, threshold), lines


def _lines(table: AreaTable, names: Sequence[str]) -> Lines:
    tree, count, width = table.occupancy.snapshot.areas, len(table), len(names)
    at = np.arange(2 * count * width).reshape(2 * count, width)
    column = {name: number for number, name in enumerate(names)}
    row_of = {int(position): row for row, position in enumerate(table.rows.tolist())}
    below: dict[int, list[int]] = {}
    for row, position in enumerate(table.rows.tolist()):
        above = _above(tree.parent, int(position), row_of)
        if above is not None:
            below.setdefault(above, []).append(row)
    total: list[int] = []
    parts: list[tuple[int, ...]] = []
    for row in range(count):
        members = [*below.get(row, ()), count + row]
        for number in range(width):
            total.append(int(at[row, number]))
            parts.append(tuple(at[members, number].tolist()))
    for name, partitions in PARTITIONS.items():
        for partition in partitions:
            if name in column and column.keys() >= set(partition):
                chosen = [column[part] for part in partition]
                total += at[:, column[name]].tolist()
                parts += [tuple(line) for line in at[:, chosen].tolist()]
    return Lines(tuple(total), tuple(parts))


def _above(parent: NDArray[np.int32], position: int, row_of: Mapping[int, int]) -> int | None:
    """The row of the nearest area above that is in the table."""
    above = int(parent[position])
    while above >= 0 and above not in row_of:
        above = int(parent[above])
    return row_of.get(above)
