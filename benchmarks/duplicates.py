"""Records of one person: our search beside comparing, within each birth date, every two records one by one.

Both get the same invented residents: households with twins, brothers and people of the same name, a fifth of them
listed a second time with one fault each. Ours compares everybody by several keys, with whole columns, and weighs what
agrees; the peer takes the records of one birth date aside and asks difflib how alike the names are,
taking everything above 0.6 – what is usually written first. Precision and recall are told for the faults the weights
were set with and for those that were held out; seconds are those of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from random import Random

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.harness import Result, Size, result, seconds
from gridmap.duplicates.scoring import SCHEMA, find_pairs
from gridmap.residents.rules import check_ids
from tests.gridmap.duplicates.people import DEVELOPED, HELD_OUT, Fault, Record, listed_again, make_people, strangers

HOUSEHOLDS = {Size.SMALL: 2_000, Size.STREET: 12_000, Size.DISTRICT: 115_000, Size.CITY: 460_000}
"""With those listed twice and the strangers, about 4.4 records a household."""
ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Residents:
    """Records as they are compared, their numbers, and who is meant by each."""

    frame: pl.DataFrame
    numbers: list[str | None]
    truth: npt.NDArray[np.int64]
    again: int


def compared(size: Size) -> list[Result]:
    """Find the pairs, ours and the peer's, and count how many are right."""
    developed, held_out = (make_residents(HOUSEHOLDS[size], faults) for faults in (DEVELOPED, HELD_OUT))
    found: list[pl.DataFrame] = []
    ours = seconds(lambda: found.append(ours_of(developed)))
    theirs: list[list[tuple[int, int]]] = []
    peer = seconds(lambda: theirs.append(peer_of(developed)))
    other = ours_of(held_out)
    details = {
        "records": developed.frame.height,
        "listed again": developed.again,
        "ours, developed": quality(developed, found[0]["one"].to_numpy(), found[0]["other"].to_numpy()),
        "ours, held out": quality(held_out, other["one"].to_numpy(), other["other"].to_numpy()),
        "peer, developed": quality(developed, *np.array(theirs[0], dtype=np.int64).reshape(-1, 2).T),
    }
    return [
        result(
            "duplicates", size, (ours, peer), unit="s", peer_name="names one by one within a birth date (difflib)",
            packages=("polars", "numpy", "pypinyin"), details=details,
        )
    ]  # fmt: skip


def make_residents(households: int, faults: tuple[Fault, ...]) -> Residents:
    """People, a fifth of them twice, and as many strangers who resemble somebody."""
    random = Random(7)
    people = make_people(households, random)
    again = listed_again(people, faults, len(people) // 5, random)
    records = people + again + strangers(people, len(people) // 5, 10**8, random)
    numbers = check_ids(pl.Series([r.number for r in records], dtype=pl.String))["number"].to_list()
    return Residents(as_frame(records, numbers), numbers, np.array([r.truth for r in records]), len(again))


def as_frame(records: Sequence[Record], numbers: Sequence[str | None]) -> pl.DataFrame:
    """The columns that are compared."""
    columns = {
        "region": [1] * len(records),
        "birth_date": [r.born for r in records],
        "sex": [r.sex for r in records],
        "name": [r.name for r in records],
        "id_index": [n.encode() if n else None for n in numbers],
        "phone_index": [r.phone.encode() if r.phone else None for r in records],
        "dwelling_id": [r.home.to_bytes(16, "big") for r in records],
        "building_id": [(r.home // 60).to_bytes(16, "big") for r in records],
        "area_id": [b"a"] * len(records),
        "household_key": [r.household for r in records],
        "fresh": [True] * len(records),
    }
    return pl.DataFrame(columns, schema=SCHEMA)


def ours_of(residents: Residents) -> pl.DataFrame:
    """Our pairs."""
    return find_pairs(residents.frame, lambda rows: [residents.numbers[row] for row in rows])


def peer_of(residents: Residents) -> list[tuple[int, int]]:
    """The peer's pairs."""
    names = residents.frame["name"].to_list()
    days: dict[object, list[int]] = {}
    for row, day in enumerate(residents.frame["birth_date"].to_list()):
        days.setdefault(day, []).append(row)
    return [
        (a, b)
        for rows in days.values()
        for a, b in combinations(rows, 2)
        if SequenceMatcher(None, names[a], names[b]).ratio() > ALIKE
    ]


def quality(residents: Residents, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> str:
    """Precision and recall in words."""
    right = int((residents.truth[one] == residents.truth[other]).sum())
    return f"precision {right / max(1, len(one)):.4f}, recall {right / residents.again:.4f}"
