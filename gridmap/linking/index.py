"""What an address may lead to: the buildings and dwellings of a place, by keys, with their other names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.linking.keys import community_key, keys, name_key, number_key, room_key

NAME_PARTS = ("community", "compound", "road")
NUMBER_PARTS = ("road_no", "building", "unit", "room")
LINK_COLUMNS = (*NAME_PARTS, *NUMBER_PARTS, "dwelling_id", "building_id")

_KEYS: Mapping[str, Callable[[str], str]] = {
    "community": community_key,
    "compound": name_key,
    "road": name_key,
    "name": name_key,
    "room": room_key,
}
_ADMIN_END = re.compile("(?:街道办事处|街道|特别行政区|自治区|自治州|自治县|省|市|区|县)$")
_ALIAS_KEYS = {**_KEYS, "building": name_key}


@dataclass(frozen=True, slots=True)
class Buildings:
    """Parallel arrays of the buildings to choose from. Unknown texts are ``""``."""

    community: Sequence[str]
    compound: Sequence[str]
    number: Sequence[str]
    name: Sequence[str]
    road: Sequence[str]
    road_no: Sequence[str]
    external_id: Sequence[str]


@dataclass(frozen=True, slots=True)
class Dwellings:
    """Parallel arrays of the dwellings; ``building`` are positions in `Buildings`."""

    building: npt.NDArray[np.int64]
    unit: Sequence[str]
    room: Sequence[str]
    external_id: Sequence[str]


@dataclass(frozen=True, slots=True)
class DwellingIndex:
    """Where an address may lead. Names and numbers are compared by their keys; ``aliases`` by kind lead from the key
    of an alias to the key of the official name. Several external ids of one building or dwelling are extra pairs.
    ``admin``: by level (province, city, district, street) the names of the areas above, all their names.
    """

    buildings: pl.DataFrame
    dwellings: pl.DataFrame
    building_ids: pl.DataFrame
    dwelling_ids: pl.DataFrame
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    admin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def admin_words(self, *levels: str) -> list[str]:
        """The names of the areas above (of these levels, else of all), and their stems: 海口市, 海口."""
        names = [name for level, found in self.admin.items() if not levels or level in levels for name in found]
        stems = [_ADMIN_END.sub("", name) for name in names]
        return [*names, *(stem for stem in stems if len(stem) >= 2)]

    @classmethod
    def build(
        cls,
        buildings: Buildings,
        dwellings: Dwellings,
        *,
        aliases: Mapping[str, Mapping[str, str]] | None = None,
        building_ids: Mapping[str, int] | None = None,
        dwelling_ids: Mapping[str, int] | None = None,
        admin: Mapping[str, Iterable[str]] | None = None,
    ) -> DwellingIndex:
        """Make the index from plain arrays."""
        names = {part: keys(_texts(getattr(buildings, part)), _KEYS[part]) for part in (*NAME_PARTS, "name")}
        numbers = {part: keys(_texts(getattr(buildings, part)), number_key) for part in ("number", "road_no")}
        building_frame = (
            pl.DataFrame({**names, **numbers}).with_row_index("at").with_columns(pl.col("at").cast(pl.Int64))
        )
        dwelling_frame = pl.DataFrame(
            {
                "building_at": pl.Series(dwellings.building, dtype=pl.Int64),
                "unit": keys(_texts(dwellings.unit), number_key),
                "room": keys(_texts(dwellings.room), room_key),
            }
        ).with_row_index("at")
        return cls(
            buildings=building_frame.rename({"number": "building"}),
            dwellings=dwelling_frame.with_columns(pl.col("at").cast(pl.Int64)),
            building_ids=_ids(buildings.external_id, building_ids or {}),
            dwelling_ids=_ids(dwellings.external_id, dwelling_ids or {}),
            aliases={
                kind: {_ALIAS_KEYS[kind](alias): _ALIAS_KEYS[kind](official) for alias, official in names_of.items()}
                for kind, names_of in (aliases or {}).items()
            },
            admin={level: tuple(dict.fromkeys(map(name_key, names))) for level, names in (admin or {}).items()},
        )


def _texts(values: Sequence[str]) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


def _ids(external: Sequence[str], further: Mapping[str, int]) -> pl.DataFrame:
    own = pl.DataFrame({"id": _texts(external), "at": np.arange(len(external), dtype=np.int64)})
    more = pl.DataFrame({"id": _texts(list(further)), "at": pl.Series(list(further.values()), dtype=pl.Int64)})
    both = pl.concat([own, more]).filter(pl.col("id") != "").unique()
    # An id that two things carry identifies neither.
    return both.filter(pl.len().over("id") == 1)


def keyed(parsed: pl.DataFrame, aliases: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    """The columns of `LINK_COLUMNS` as keys, other names replaced by the official ones; what is missing is ``""``."""
    empty = pl.Series([""], dtype=pl.String)
    columns: dict[str, pl.Series] = {}
    for part in (*NAME_PARTS, *NUMBER_PARTS):
        if part not in parsed.columns:
            columns[part] = empty.new_from_index(0, parsed.height)
            continue
        key = keys(parsed.get_column(part), _KEYS.get(part, number_key))
        known = aliases.get(part, {})
        columns[part] = key.replace(list(known), list(known.values())) if known else key
    for part in ("dwelling_id", "building_id"):
        given = parsed.get_column(part) if part in parsed.columns else empty.new_from_index(0, parsed.height)
        columns[part] = given.fill_null("").str.strip_chars()
    if "road" in columns and (names := aliases.get("building", {})):
        columns["compound"] = columns["compound"].replace(list(names), list(names.values()))
    return pl.DataFrame(columns)
