"""Link read addresses to dwellings: only a unique match is linked, everything else says why it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.linking.keys import community_key, keys, name_key, number_key

NAME_PARTS = ("community", "compound", "road")
NUMBER_PARTS = ("road_no", "building", "unit", "room")
LINK_COLUMNS = (*NAME_PARTS, *NUMBER_PARTS, "dwelling_id", "building_id")

_KEYS: Mapping[str, Callable[[str], str]] = {
    "community": community_key,
    "compound": name_key,
    "road": name_key,
    "name": name_key,
    "building": name_key,
}

# Reasons for which a row that names a place has none, or has a building only.
REASONS = (
    "address_missing",
    "address_unreadable",
    "compound_unknown",
    "building_missing",
    "building_unknown",
    "building_ambiguous",
    "community_differs",
    "room_missing",
    "room_unknown",
    "unit_unknown",
    "room_ambiguous",
    "dwelling_id_unknown",
    "building_id_unknown",
    "ids_disagree",
)


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
    """

    buildings: pl.DataFrame
    dwellings: pl.DataFrame
    building_ids: pl.DataFrame
    dwelling_ids: pl.DataFrame
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        buildings: Buildings,
        dwellings: Dwellings,
        *,
        aliases: Mapping[str, Mapping[str, str]] | None = None,
        building_ids: Mapping[str, int] | None = None,
        dwelling_ids: Mapping[str, int] | None = None,
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
                "room": keys(_texts(dwellings.room), number_key),
            }
        ).with_row_index("at")
        return cls(
            buildings=building_frame.rename({"number": "building"}),
            dwellings=dwelling_frame.with_columns(pl.col("at").cast(pl.Int64)),
            building_ids=_ids(buildings.external_id, building_ids or {}),
            dwelling_ids=_ids(dwellings.external_id, dwelling_ids or {}),
            aliases={
                kind: {_KEYS[kind](alias): _KEYS[kind](official) for alias, official in names_of.items()}
                for kind, names_of in (aliases or {}).items()
            },
        )


@dataclass(frozen=True, slots=True)
class LinkResult:
    """Row by row: positions in the index (-1 where none), how it was found, why not further, among how many."""

    dwelling: npt.NDArray[np.int64]
    building: npt.NDArray[np.int64]
    method: pl.Series
    reason: pl.Series
    candidates: npt.NDArray[np.int64]


def link_addresses(parsed: pl.DataFrame, index: DwellingIndex) -> LinkResult:
    """Link every row of ``parsed`` (String columns of `LINK_COLUMNS`, those that are missing count as empty).

    External ids win; where both an id of a dwelling and one of another building are given, they disagree and nothing
    is linked. Else the building is looked for by compound and number, then by road and number, then by its own name,
    always within the named community; then the dwelling by unit and room. A missing unit does no harm where the room
    decides; a missing room leaves the row with its building. Two equal candidates are never chosen between.
    """
    asked = _keyed(parsed, index.aliases)
    distinct = asked.unique(maintain_order=True).with_row_index("key")
    found = _link_dwellings(_link_buildings(distinct, index), index)
    rows = asked.join(found, on=asked.columns, how="left", nulls_equal=True, maintain_order="left")
    return LinkResult(
        dwelling=rows.get_column("dwelling_at").fill_null(-1).to_numpy(),
        building=rows.get_column("building_at").fill_null(-1).to_numpy(),
        method=rows.get_column("method"),
        reason=rows.get_column("reason"),
        candidates=rows.get_column("candidates").fill_null(0).to_numpy(),
    )


def _texts(values: Sequence[str]) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


def _ids(external: Sequence[str], further: Mapping[str, int]) -> pl.DataFrame:
    own = pl.DataFrame({"id": _texts(external), "at": np.arange(len(external), dtype=np.int64)})
    more = pl.DataFrame({"id": _texts(list(further)), "at": pl.Series(list(further.values()), dtype=pl.Int64)})
    both = pl.concat([own, more]).filter(pl.col("id") != "").unique()
    # An id that two things carry identifies neither.
    return both.filter(pl.len().over("id") == 1)


def _keyed(parsed: pl.DataFrame, aliases: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    empty = pl.Series([""], dtype=pl.String)
    columns: dict[str, pl.Series] = {}
    for part in (*NAME_PARTS, *NUMBER_PARTS):
        if part not in parsed.columns:
            columns[part] = empty.new_from_index(0, parsed.height)
            continue
        key = keys(parsed.get_column(part), _KEYS[part] if part in NAME_PARTS else number_key)
        known = aliases.get(part, {})
        columns[part] = key.replace(list(known), list(known.values())) if known else key
    for part in ("dwelling_id", "building_id"):
        given = parsed.get_column(part) if part in parsed.columns else empty.new_from_index(0, parsed.height)
        columns[part] = given.fill_null("").str.strip_chars()
    if "road" in columns and (names := aliases.get("building", {})):
        columns["compound"] = columns["compound"].replace(list(names), list(names.values()))
    return pl.DataFrame(columns)


def _link_buildings(asked: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """Add building_at, method, reason, candidates; ``dwelling_at`` too where an id names the dwelling."""
    by_id = asked.join(
        index.dwelling_ids.rename({"id": "dwelling_id", "at": "dwelling_at"}), on="dwelling_id", how="left"
    )
    by_id = by_id.join(
        index.dwellings.select(dwelling_at="at", of_dwelling="building_at"), on="dwelling_at", how="left"
    ).join(index.building_ids.rename({"id": "building_id", "at": "by_id"}), on="building_id", how="left")
    chosen = by_id.join(_by_address(asked, index), on="key", how="left").sort("key")
    wants_dwelling, wants_building = pl.col("dwelling_id") != "", pl.col("building_id") != ""
    disagree = (
        pl.col("of_dwelling").is_not_null() & pl.col("by_id").is_not_null() & (pl.col("of_dwelling") != pl.col("by_id"))
    )
    lost_dwelling = wants_dwelling & pl.col("of_dwelling").is_null()
    lost_building = wants_building & pl.col("by_id").is_null() & pl.col("of_dwelling").is_null()
    by_ids = pl.coalesce("of_dwelling", "by_id")
    return chosen.with_columns(
        reason=pl.when(disagree)
        .then(pl.lit("ids_disagree"))
        .when(lost_dwelling & pl.col("address_at").is_null() & pl.col("by_id").is_null())
        .then(pl.lit("dwelling_id_unknown"))
        .when(lost_building & pl.col("address_at").is_null())
        .then(pl.lit("building_id_unknown"))
        .when(by_ids.is_null())
        .then(pl.col("address_reason")),
        building_at=pl.when(~disagree).then(pl.coalesce("of_dwelling", "by_id", "address_at")),
        dwelling_at=pl.when(~disagree).then(pl.col("dwelling_at")),
        method=pl.when(disagree)
        .then(None)
        .when(pl.col("of_dwelling").is_not_null())
        .then(pl.lit("dwelling_id"))
        .when(pl.col("by_id").is_not_null())
        .then(pl.lit("building_id"))
        .otherwise(pl.col("address_method")),
        candidates=pl.when(by_ids.is_not_null()).then(1).otherwise(pl.col("address_count")),
    ).drop("of_dwelling", "by_id", "address_at", "address_reason", "address_method", "address_count")


_WAYS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    # method, columns of the address, columns of the building
    ("compound", ("compound", "building"), ("compound", "building")),
    ("road", ("road", "road_no", "building"), ("road", "road_no", "building")),
    ("road_number", ("road", "road_no"), ("road", "road_no")),
    ("name", ("compound",), ("name",)),
)


def _by_address(asked: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """One row a key: address_at (null unless unique), address_method, address_reason, address_count."""
    open_keys = asked
    parts: list[pl.DataFrame] = []
    for method, left, right in _WAYS:
        decided = _try_way(open_keys, index.buildings, method, left, right)
        parts.append(decided)
        open_keys = open_keys.join(decided, on="key", how="anti")
    compounds = index.buildings.select("compound").unique().with_columns(compound_known=pl.lit(value=True))
    rest = open_keys.join(compounds, on="compound", how="left")
    named = pl.any_horizontal(pl.col(part) != "" for part in (*NAME_PARTS, *NUMBER_PARTS))
    no_place = (pl.col("compound") == "") & (pl.col("road") == "")
    reason = (
        pl.when(~named)
        .then(pl.lit("address_missing"))
        .when(no_place)
        .then(pl.lit("address_unreadable"))
        .when((pl.col("compound") != "") & pl.col("compound_known").is_null())
        .then(pl.lit("compound_unknown"))
        .when((pl.col("building") == "") & (pl.col("compound") != ""))
        .then(pl.lit("building_missing"))
        .otherwise(pl.lit("building_unknown"))
    )
    parts.append(
        rest.select(
            "key",
            address_at=pl.lit(None, dtype=pl.Int64),
            address_method=pl.lit(None, dtype=pl.String),
            address_reason=reason,
            address_count=pl.lit(0, dtype=pl.Int64),
        )
    )
    return pl.concat(parts)


def _try_way(
    asked: pl.DataFrame, buildings: pl.DataFrame, method: str, left: tuple[str, ...], right: tuple[str, ...]
) -> pl.DataFrame:
    """The keys for which this way finds any building: unique, ambiguous, or in another community than named."""
    # The number of a building may be empty in the second way only: 海府路12号 without a building.
    must = [column for column in left if column != "building" or method == "compound"]
    usable = asked.filter(pl.all_horizontal(pl.col(column) != "" for column in must))
    if method == "name":
        usable = usable.filter(pl.col("building") == "")
    targets = buildings.filter(
        pl.all_horizontal(pl.col(column) != "" for column in right if column in must or column == "name")
    )
    on = [f"_{i}" for i in range(len(left))]
    asked_also = {f"asked_{column}": column for column in ("community", "compound", "building")}
    there_also = ("community", "compound", "building")
    pairs = usable.select("key", *_renamed(left, on), **asked_also).join(
        targets.select("at", *there_also, *_renamed(right, on)), on=on, how="inner"
    )
    if method.startswith("road"):
        # What stands beside the road must not contradict: another compound, another building at the same number.
        silent_compound = (pl.col("compound") == "") if method == "road" else pl.lit(value=False)
        pairs = pairs.filter(
            ((pl.col("asked_compound") == "") | (pl.col("asked_compound") == pl.col("compound")) | silent_compound)
            & (
                (pl.col("asked_building") == "")
                | (pl.col("building") == "")
                | (pl.col("asked_building") == pl.col("building"))
            )
        )
    silent = (pl.col("asked_community") == "") | (pl.col("community") == "")
    pairs = pairs.with_columns(here=silent | (pl.col("asked_community") == pl.col("community")))
    counted = pairs.group_by("key").agg(
        n=pl.len().cast(pl.Int64), here=pl.col("here").sum().cast(pl.Int64), at=pl.col("at").filter("here").first()
    )
    return counted.select(
        "key",
        address_at=pl.when(pl.col("here") == 1).then(pl.col("at")),
        address_method=pl.when(pl.col("here") == 1).then(pl.lit(method)),
        address_reason=pl.when(pl.col("here") == 0)
        .then(pl.lit("community_differs"))
        .when(pl.col("here") > 1)
        .then(pl.lit("building_ambiguous")),
        address_count=pl.when(pl.col("here") > 0).then(pl.col("here")).otherwise(pl.col("n")),
    )


def _renamed(columns: Sequence[str], names: Sequence[str]) -> list[pl.Expr]:
    return [pl.col(column).alias(name) for column, name in zip(columns, names, strict=True)]


def _link_dwellings(asked: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """Find the dwelling within each building by room, and by unit where it is named."""
    open_rows = asked.filter(
        pl.col("building_at").is_not_null() & pl.col("dwelling_at").is_null() & (pl.col("room") != "")
    )
    pairs = open_rows.select("key", "building_at", "room", asked_unit="unit").join(
        index.dwellings.rename({"at": "room_at"}), on=["building_at", "room"], how="inner"
    )
    same_unit = (pl.col("asked_unit") == "") | (pl.col("asked_unit") == pl.col("unit")) | (pl.col("unit") == "")
    counted = (
        pairs.with_columns(fits=same_unit)
        .group_by("key")
        .agg(
            fits=pl.col("fits").sum().cast(pl.Int64),
            rooms=pl.len().cast(pl.Int64),
            room_at=pl.col("room_at").filter("fits").first(),
        )
    )
    judged = asked.join(counted, on="key", how="left")
    placed, by_id = pl.col("building_at").is_not_null(), pl.col("dwelling_at").is_not_null()
    reason = (
        pl.when(pl.col("reason").is_not_null() | ~placed | by_id)
        .then(pl.col("reason"))
        .when(pl.col("room") == "")
        .then(pl.lit("room_missing"))
        .when(pl.col("rooms").is_null())
        .then(pl.lit("room_unknown"))
        .when(pl.col("fits") == 0)
        .then(pl.lit("unit_unknown"))
        .when(pl.col("fits") > 1)
        .then(pl.lit("room_ambiguous"))
    )
    unique = pl.col("fits") == 1
    return judged.with_columns(
        reason=reason,
        dwelling_at=pl.when(by_id).then(pl.col("dwelling_at")).when(placed & unique).then(pl.col("room_at")),
        candidates=pl.when(pl.col("fits") > 1).then(pl.col("fits")).otherwise(pl.col("candidates")),
    ).drop("key", "fits", "rooms", "room_at")
