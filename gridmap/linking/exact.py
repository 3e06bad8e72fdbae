"""Link addresses whose parts are exactly those of one building and dwelling: joins over whole columns."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from gridmap.linking.index import NAME_PARTS, NUMBER_PARTS, DwellingIndex


def link_exactly(asked: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """Link distinct rows of keys (with ``key``): building_at, dwelling_at, method, reason and candidates beside them.

    External ids win; where both an id of a dwelling and one of another building are given, they disagree and nothing
    is linked. Else the building is looked for by compound and number, then by road and number, then by its own name,
    always within the named community; then the dwelling by unit and room.
    """
    return link_rooms(_link_buildings(asked, index), index)


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
                | ((pl.col("building") == "") & (pl.col("asked_building") == "1"))
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


def link_rooms(asked: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
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
