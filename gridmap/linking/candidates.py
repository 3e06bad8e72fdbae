"""Which places an address that leads nowhere may mean: for a person to choose from, never chosen by the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

import polars as pl

from gridmap.linking.index import DwellingIndex
from gridmap.linking.keys import name_key, number_key

# What agreement is worth: the name of the place, the number of the building, the room.
_NAME, _BUILDING, _ROOM = 0.5, 0.3, 0.2
_LEAST_NAME = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place by its positions in the index (``dwelling`` -1 where the building has no such room), a score of 0 to 1,
    and what of the address agrees."""

    building: int
    dwelling: int
    score: float
    name_similarity: float
    same_building: bool
    same_room: bool


@cache
def _sound(text: str) -> str:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - a dictionary that only the review needs

    return " ".join(lazy_pinyin(text))


@cache
def similarity(one: str, other: str) -> float:
    """How alike two names are, 0 to 1, by their characters or by their sound, whichever is more."""
    if one == other:
        return 1.0
    shape = SequenceMatcher(None, one, other).ratio()
    sound = SequenceMatcher(None, _sound(one), _sound(other)).ratio()
    return max(shape, 0.96 * sound)


def suggest(parts: Mapping[str, str | None], index: DwellingIndex, *, limit: int = 4) -> list[Candidate]:
    """The most likely places for the parts of one address, the best first.

    Names are compared by shape and sound with the compounds, roads and buildings of the index; of equal names the
    building's number and the room decide.
    """
    asked = name_key(parts.get("compound") or "") or name_key(parts.get("road") or "")
    number = number_key(parts.get("building") or "")
    if not asked and not number:
        return []
    buildings = index.buildings.select("at", "compound", "road", "name", "building")
    names = pl.concat([buildings["compound"], buildings["road"], buildings["name"]]).unique().to_list()
    worth = {name: similarity(asked, name) for name in names if name} if asked else {}
    close = {name: value for name, value in worth.items() if value >= _LEAST_NAME}
    scored = buildings.with_columns(
        name_similarity=pl.max_horizontal(
            pl.col(column).replace_strict(list(close), list(close.values()), default=0.0, return_dtype=pl.Float64)
            if close
            else pl.lit(0.0)
            for column in ("compound", "road", "name")
        ),
        same_building=(pl.col("building") == number) & pl.lit(number != ""),
    )
    scored = scored.filter((pl.col("name_similarity") > 0) if asked else pl.col("same_building"))
    scored = scored.with_columns(base=_NAME * pl.col("name_similarity") + _BUILDING * pl.col("same_building"))
    best = scored.sort("base", descending=True, maintain_order=True).head(limit * 4)
    rooms = _rooms(parts, index, best.select(building_at="at"))
    found = best.join(rooms, left_on="at", right_on="building_at", how="left", maintain_order="left")
    ranked = found.with_columns(
        same_room=pl.col("dwelling_at").is_not_null(),
        score=pl.col("base") + pl.when(pl.col("dwelling_at").is_not_null()).then(_ROOM).otherwise(0.0),
    ).sort("score", descending=True, maintain_order=True)
    return [
        Candidate(
            building=row["at"],
            dwelling=-1 if row["dwelling_at"] is None else row["dwelling_at"],
            score=round(row["score"], 2),
            name_similarity=round(row["name_similarity"], 2),
            same_building=row["same_building"],
            same_room=row["same_room"],
        )
        for row in ranked.head(limit).to_dicts()
    ]


def _rooms(parts: Mapping[str, str | None], index: DwellingIndex, buildings: pl.DataFrame) -> pl.DataFrame:
    """The rooms of these buildings that the address names; a unit that is named must agree."""
    room, unit = number_key(parts.get("room") or ""), number_key(parts.get("unit") or "")
    inside = index.dwellings.join(buildings, on="building_at", how="semi")
    same = inside.filter((pl.col("room") == room) & pl.lit(room != ""))
    if unit:
        same = same.filter((pl.col("unit") == unit) | (pl.col("unit") == ""))
    return same.select("building_at", dwelling_at="at")
