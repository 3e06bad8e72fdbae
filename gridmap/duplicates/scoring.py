"""How likely it is that two records mean one person, with the reasons. Whole columns; nothing is read or written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.duplicates.blocks import candidate_pairs
from gridmap.duplicates.names import Names, Relation
from gridmap.duplicates.numbers import differing
from gridmap.duplicates.weights import Weights, weights

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Opener = Callable[[Sequence[int]], list[str | None]]
"""Gives the identity numbers of some rows; they are opened only for pairs that are otherwise alike."""

AT_ONCE = 1_000_000
"""Pairs that are judged together: what a judgement holds in memory at a time."""

SCHEMA = {
    "region": pl.Int64(), "birth_date": pl.Date(), "sex": pl.String(), "name": pl.String(), "id_index": pl.Binary(),
    "phone_index": pl.Binary(), "dwelling_id": pl.Binary(), "building_id": pl.Binary(), "area_id": pl.Binary(),
    "household_key": pl.String(), "fresh": pl.Boolean(),
}  # fmt: skip
"""Columns of the records that are compared. ``household_key`` is whatever tells one household from others."""


class Reason(StrEnum):
    """One thing that two records agree or disagree in."""

    NAME_SAME = "name_same"
    NAME_SOUND = "name_sound"
    NAME_SWAPPED = "name_swapped"
    NAME_SHAPE = "name_shape"
    NAME_SHORTER = "name_shorter"
    NAME_ONE_OTHER = "name_one_other"
    NAME_OTHER = "name_other"
    BIRTH_SAME = "birth_same"
    BIRTH_NEAR = "birth_near"
    BIRTH_OTHER = "birth_other"
    NUMBER_SAME = "number_same"
    NUMBER_NEAR = "number_near"
    NUMBER_OTHER = "number_other"
    SEX_OTHER = "sex_other"
    SAME_DWELLING = "same_dwelling"
    SAME_HOUSEHOLD = "same_household"
    SAME_BUILDING = "same_building"
    OTHER_PLACE = "other_place"
    PHONE_SAME = "phone_same"


_NAMES = {
    Relation.SAME: Reason.NAME_SAME,
    Relation.SOUND: Reason.NAME_SOUND,
    Relation.SWAPPED: Reason.NAME_SWAPPED,
    Relation.SHAPE: Reason.NAME_SHAPE,
    Relation.SHORTER: Reason.NAME_SHORTER,
    Relation.ONE_OTHER: Reason.NAME_ONE_OTHER,
    Relation.DIFFERENT: Reason.NAME_OTHER,
}


@dataclass(slots=True)
class _Evidence:
    """The pairs while their bits add up."""

    people: pl.DataFrame
    one: Ints
    other: Ints
    scale: Weights
    bits: Floats
    seen: list[tuple[Reason, Bools]]

    def column(self, name: str) -> tuple[pl.Series, pl.Series]:
        """A column for both sides."""
        values = self.people[name]
        return values.gather(self.one), values.gather(self.other)

    def equal(self, name: str) -> tuple[Bools, Bools]:
        """Where both sides have a value and whether it is the same."""
        one, other = self.column(name)
        both = (one.is_not_null() & other.is_not_null()).to_numpy()
        return both, (one == other).fill_null(value=False).to_numpy()

    def weigh(self, group: str, observation: str, where: Bools, reason: Reason | None = None) -> None:
        """Add what an observation is worth where it holds."""
        self.bits[where] += self.scale.bits(group, observation)
        if reason is not None:
            self.seen.append((reason, where))


def find_pairs(people: pl.DataFrame, opener: Opener | None = None, *, records: int | None = None) -> pl.DataFrame:
    """Pairs of records that likely mean one person.

    ``people`` has the columns of `SCHEMA`; only pairs with a ``fresh`` record are judged. ``records``: how many there
    are in all, where ``people`` is a selection. Returns ``one`` < ``other`` (rows), ``bits`` (log2 of the odds) and
    ``reasons`` (codes of `Reason`, what speaks most for it first), the likeliest first.
    """
    names = Names(people["name"])
    pairs = candidate_pairs(people, names)
    parts = [
        judge_pairs(people, names, part, opener, records=records or people.height)
        for part in pairs.iter_slices(AT_ONCE)
    ] or [judge_pairs(people, names, pairs, opener, records=people.height)]
    return pl.concat(parts).sort("bits", "one", "other", descending=[True, False, False])


def judge_pairs(
    people: pl.DataFrame, names: Names, pairs: pl.DataFrame, opener: Opener | None, *, records: int
) -> pl.DataFrame:
    """Judge given pairs; the form of the answer is that of `find_pairs`."""
    scale = weights()
    records = scale.population(max(records, people.height))
    one, other = (pairs[side].cast(pl.Int64).to_numpy() for side in ("one", "other"))
    bits = np.full(len(one), scale.prior(records))
    seen = _Evidence(people, one, other, scale, bits, [])
    together = _weigh_place(seen)
    related = _weigh_names(seen, names, records, together)
    _weigh_births(seen, together)
    _weigh_rest(seen, related)
    _weigh_numbers(seen, opener)
    keep = seen.bits >= scale.bits("threshold", "possible")
    reasons = pl.DataFrame({reason.value: where[keep] for reason, where in _merged(seen.seen)})
    told = [[name for name, holds in zip(reasons.columns, row, strict=True) if holds] for row in reasons.rows()]
    found = pl.DataFrame(
        {
            "one": one[keep],
            "other": other[keep],
            "bits": seen.bits[keep],
            "reasons": pl.Series(told, dtype=pl.List(pl.String)),
        }
    )
    return found.sort("bits", "one", "other", descending=[True, False, False])


def _merged(seen: list[tuple[Reason, Bools]]) -> list[tuple[Reason, Bools]]:
    merged: dict[Reason, Bools] = {}
    for reason, where in seen:
        merged[reason] = where | merged[reason] if reason in merged else where
    return [(reason, merged[reason]) for reason in Reason if reason in merged]


def _weigh_place(seen: _Evidence) -> Bools:
    """Weigh where they live; returns which pairs live together."""
    has_room, same_room = seen.equal("dwelling_id")
    _, same_household = seen.equal("household_key")
    has_building, same_building = seen.equal("building_id")
    has_area, same_area = seen.equal("area_id")
    together = same_room | same_household
    seen.weigh("place", "dwelling", same_room, Reason.SAME_DWELLING)
    seen.weigh("place", "household", same_household & ~same_room, Reason.SAME_HOUSEHOLD)
    near = same_building & ~together
    seen.weigh("place", "building", near, Reason.SAME_BUILDING)
    area = same_area & ~near & ~together
    seen.weigh("place", "area", area, Reason.OTHER_PLACE)
    far = (has_room | has_building | has_area) & ~together & ~near & ~area
    seen.weigh("place", "elsewhere", far, Reason.OTHER_PLACE)
    return together


def _weigh_names(seen: _Evidence, names: Names, records: int, together: Bools) -> Bools:
    """Weigh the names; returns which pairs may be relatives: they share a telephone without being one person."""
    relation = names.relations(seen.one, seen.other)
    count = np.bincount(names.at)[names.at] + seen.scale.bits("name", "unlisted")
    frequency = np.maximum(count[seen.one], count[seen.other]) / records
    most = seen.scale.bits("name", "most")
    same = np.minimum(np.log2(seen.scale.bits("name", "agreeing") / frequency), most)
    empty = seen.people["name"].is_null().to_numpy()
    known = ~(empty[seen.one] | empty[seen.other])
    different = relation == Relation.DIFFERENT
    seen.bits[known & ~different] += same[known & ~different]
    for kind in (Relation.SOUND, Relation.SWAPPED, Relation.SHAPE, Relation.SHORTER):
        seen.weigh("name", kind.name.lower(), relation == kind)
    one_other = relation == Relation.ONE_OTHER
    seen.weigh("name", "one_other_together", one_other & together)
    seen.weigh("name", "one_other_apart", one_other & ~together)
    seen.weigh("name", "different", different & known)
    seen.seen += [(reason, (relation == kind) & known) for kind, reason in _NAMES.items()]
    return np.asarray(together | one_other | different)


def _weigh_births(seen: _Evidence, together: Bools) -> None:
    both, same = seen.equal("birth_date")
    one, other = seen.column("birth_date")
    near = np.zeros(len(both), dtype=bool)
    where = np.flatnonzero(both & ~same)
    if len(where):
        near[where] = _near_days(one.gather(where), other.gather(where))
    seen.weigh("birth", "same_together", same & together, Reason.BIRTH_SAME)
    seen.weigh("birth", "same_apart", same & ~together, Reason.BIRTH_SAME)
    seen.weigh("birth", "near", near, Reason.BIRTH_NEAR)
    seen.weigh("birth", "other", both & ~same & ~near, Reason.BIRTH_OTHER)


def _near_days(one: pl.Series, other: pl.Series) -> Bools:
    """One of the eight digits is another, or day and month are exchanged."""
    texts = [series.dt.strftime("%Y%m%d").to_list() for series in (one, other)]
    a, b = (np.frombuffer("".join(text).encode(), dtype=np.uint8).reshape(-1, 8) for text in texts)
    few = (a != b).sum(axis=1) == 1
    turned = b[:, [0, 1, 2, 3, 6, 7, 4, 5]]
    return np.asarray(few | (a == turned).all(axis=1))


def _weigh_rest(seen: _Evidence, related: Bools) -> None:
    both, same = seen.equal("sex")
    seen.weigh("sex", "same", same)
    seen.weigh("sex", "other", both & ~same, Reason.SEX_OTHER)
    both, same = seen.equal("phone_index")
    seen.weigh("phone", "same_together", same & related, Reason.PHONE_SAME)
    seen.weigh("phone", "same_apart", same & ~related, Reason.PHONE_SAME)
    seen.weigh("phone", "other", both & ~same)


def _weigh_numbers(seen: _Evidence, opener: Opener | None) -> None:
    both, same = seen.equal("id_index")
    seen.weigh("number", "same", same, Reason.NUMBER_SAME)
    # Two who hold one number have to be looked at, whatever their names are.
    seen.bits[same] = np.maximum(seen.bits[same], seen.scale.bits("threshold", "possible"))
    other = both & ~same
    hopeful = np.flatnonzero(
        other & (seen.bits + seen.scale.bits("number", "near") >= seen.scale.bits("threshold", "possible"))
    )
    near, neighbour = np.zeros(len(both), dtype=bool), np.zeros(len(both), dtype=bool)
    if opener is not None and len(hopeful):
        rows = np.unique(np.concatenate([seen.one[hopeful], seen.other[hopeful]]))
        numbers = pl.Series(opener(rows.tolist()), dtype=pl.String)
        sides = [numbers.gather(np.searchsorted(rows, side[hopeful])) for side in (seen.one, seen.other)]
        count, same_day = differing(*sides)
        near[hopeful] = (count <= 2) & ~same_day
        neighbour[hopeful] = same_day
    seen.weigh("number", "near", near, Reason.NUMBER_NEAR)
    seen.weigh("number", "neighbour", neighbour, Reason.NUMBER_OTHER)
    seen.weigh("number", "other", other & ~near & ~neighbour, Reason.NUMBER_OTHER)
