"""A second, closer reading of the addresses that did not lead to a dwelling at once.

Names are compared by sound and shape with all names that the index knows; every place that may be meant is a candidate
with a cost, and what else the address says (number, unit, room, road, community) must agree with it. One candidate that
is clearly better than all others is linked; two that are equal are an ambiguity.
"""

from __future__ import annotations

import polars as pl

from gridmap.linking.exact import link_rooms
from gridmap.linking.index import DwellingIndex
from gridmap.linking.lexicon import MARGIN, near_names
from gridmap.linking.named_places import named_places
from gridmap.linking.readings import readings_of

# What it costs that a part is missing, or that roads differ; an equal road speaks for a place.
NO_COMPOUND, OTHER_ROAD, SAME_ROAD, NO_BUILDING = 0.3, 0.3, -0.15, 0.1
# What it costs that a first unit is named where the building has none.
FIRST_UNIT = 0.21
# A name that is farther than this from the known one is not told from its neighbours by a number, nor is a building
# without its room.
CLEARLY_LIKE = 0.55
_CLOSE = MARGIN + 1e-6
_PAIR = (
    "text", "reading", "community", "road", "road_no", "building", "unit", "room", "repair", "community_cost",
    "road_cost", "building_at", "there", "its_road", "its_road_no", "its_number", "how", "name_cost", "whole", "entry",
    "distance",
)  # fmt: skip
_WINNER = (
    "text", "building_at", "dwelling_at", "cost", "how", "other_road", "community_cost", "road_cost", "silent", "room",
    "unit",
)  # fmt: skip


def read_again(texts: pl.Series, index: DwellingIndex) -> pl.DataFrame:
    """What each text leads to: building_at, dwelling_at, cost, how, evidence, why, candidates.

    ``building_at`` and ``dwelling_at`` are null where there is no clear winner; ``candidates`` says how many are equal,
    ``why`` why there is a building but no dwelling. ``evidence``: the codes of what had to be overlooked, with commas.
    """
    close = _close_ones(_judged(_pairs(readings_of(texts, index), index)))
    rooms = _rooms(close, index)
    homes = _winners(rooms, "dwelling_at")
    # Several rooms of one building still tell the building.
    several = (pl.col("n") > 1) & pl.col("together")
    told = homes.with_columns(
        dwelling_at=pl.when(~several).then("dwelling_at"), n=pl.when(several).then(1).otherwise("n").cast(pl.Int64)
    )
    houses = close.filter(
        ((pl.col("building") != "") | pl.col("whole") | (pl.col("how") == "road"))
        & ((pl.col("room") == "") | ((pl.col("cost") <= CLEARLY_LIKE) & (pl.col("how") != "number")))
        & ~pl.col("text").is_in(told["text"].implode())
    )
    blocks = _winners(houses.with_columns(dwelling_at=pl.lit(None, dtype=pl.Int64)), "building_at")
    return _explained(texts, pl.concat([told, blocks]), index)


def _pairs(readings: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """Every reading with every building that it may mean: by the likeness of names, by road and number, or, where
    neither is named, by the number within the community."""
    buildings = index.buildings.select(
        "at", there="community", its_road="road", its_road_no="road_no", its_number="building"
    )
    names, placed = named_places(index)
    near = near_names(readings["asked"].unique().to_list(), names)
    by_name = (
        readings.filter(pl.col("asked") != "")
        .join(near, left_on="asked", right_on="written")
        .join(placed, on="entry")
        .rename({"cost": "name_cost"})
        .join(buildings, left_on="building_at", right_on="at")
    )
    nameless = {
        "whole": pl.lit(value=False),
        "entry": pl.lit(None, dtype=near.schema["entry"]),
        "distance": pl.lit(0.0),
    }
    silent = readings.filter(pl.col("asked") == "")
    by_road = (
        silent.filter((pl.col("road") != "") & (pl.col("road_no") != ""))
        .join(buildings, left_on=["road", "road_no"], right_on=["its_road", "its_road_no"])
        .rename({"at": "building_at"})
        .with_columns(its_road="road", its_road_no="road_no", how=pl.lit("road"), name_cost=pl.lit(0.0), **nameless)
    )
    by_number = (
        silent.filter((pl.col("road") == "") & (pl.col("community") != "") & (pl.col("building") != ""))
        .join(buildings, left_on=["community", "building"], right_on=["there", "its_number"])
        .rename({"at": "building_at"})
        .with_columns(
            there="community", its_number="building", how=pl.lit("number"), name_cost=pl.lit(NO_COMPOUND), **nameless
        )
    )
    return pl.concat([frame.select(_PAIR) for frame in (by_name, by_road, by_number)])


def _both_differ(one: str, other: str) -> pl.Expr:
    return (pl.col(one) != "") & (pl.col(other) != "") & (pl.col(one) != pl.col(other))


def _judged(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add the cost of each pair, and whether the number of the building agrees; other communities are left out."""
    other_road = _both_differ("road", "its_road") | (
        (pl.col("road") == pl.col("its_road")) & _both_differ("road_no", "its_road_no")
    )
    same_road = (
        (pl.col("how") != "road")
        & (pl.col("road") != "")
        & (pl.col("road") == pl.col("its_road"))
        & (pl.col("road_no") != "")
        & (pl.col("road_no") == pl.col("its_road_no"))
    )
    silent = (pl.col("building") == "") & ~pl.col("whole")
    # A house that is named by its road alone has no number of its own.
    own = (pl.col("its_number") == "") & (pl.col("how") == "road") & (pl.col("building") == "1")
    return pairs.filter(~_both_differ("community", "there")).with_columns(
        cost=pl.col("name_cost")
        + pl.col("repair")
        + pl.when(other_road).then(OTHER_ROAD).when(same_road).then(SAME_ROAD).otherwise(0.0)
        + pl.when(silent).then(NO_BUILDING).otherwise(0.0),
        other_road=other_road,
        silent=silent & (pl.col("how") != "road"),
        agrees=(pl.col("building") == pl.col("its_number")) | (pl.col("building") == "") | own,
    )


def _close_ones(judged: pl.DataFrame) -> pl.DataFrame:
    """The candidates that come near the best of their text and agree with its number.

    A place with a better name goes before all others also where it lacks the building: then it is a stranger's.
    """
    close = judged.filter(pl.col("cost") <= pl.col("cost").min().over("text") + _CLOSE)
    rivals = pl.col("entry").n_unique().over("text")
    vague = (pl.col("how") == "like") & (pl.col("distance") > CLEARLY_LIKE + 1e-6)
    return close.filter(~vague | (rivals == 1)).filter("agrees")


def _rooms(close: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """The rooms of the candidates that the address names."""
    asked, unit = pl.col("unit"), pl.col("its_unit")
    # A building without units has a first one at most; where the unit stands in for another part, it must be there.
    first_of_none = (asked == "1") & (unit == "") & (pl.col("how") != "number") & ~pl.col("silent")
    exact = (asked == "") | (asked == unit)
    return (
        close.filter(pl.col("room") != "")
        .join(index.dwellings.rename({"at": "dwelling_at", "unit": "its_unit"}), on=["building_at", "room"])
        .filter(exact | first_of_none)
        .with_columns(cost=pl.col("cost") + pl.when(exact).then(0.0).otherwise(FIRST_UNIT))
    )


def _winners(candidates: pl.DataFrame, what: str) -> pl.DataFrame:
    """The best candidate of every text, how many different ones are as good, and whether they share a building."""
    best = candidates.sort("cost", maintain_order=True).unique(["text", what], keep="first", maintain_order=True)
    close = best.filter(pl.col("cost") <= pl.col("cost").min().over("text") + _CLOSE)
    counted = close.with_columns(
        n=pl.len().over("text").cast(pl.Int64), together=pl.col("building_at").n_unique().over("text") == 1
    )
    return counted.unique("text", keep="first", maintain_order=True).select(*_WINNER, "n", "together")


def _explained(texts: pl.Series, winners: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """One row a text: its winner where there is only one, the codes of what was overlooked, and what is missing."""
    single = pl.col("n") == 1
    linked = texts.to_frame("text").join(winners, on="text", how="left", maintain_order="left")
    linked = linked.with_row_index("key").with_columns(
        pl.col("room").fill_null(""),
        pl.col("unit").fill_null(""),
        building_at=pl.when(single).then("building_at"),
        dwelling_at=pl.when(single).then("dwelling_at"),
        candidates=pl.col("n").fill_null(0),
        evidence=_evidence(),
        best=pl.when(single).then("dwelling_at"),
        dwelling_id=pl.lit(""),
        reason=pl.lit(None, dtype=pl.String),
    )
    # A unit that the building does not have is overlooked where all else is exact, but not here.
    missing = pl.when(pl.col("building_at").is_not_null()).then(pl.col("reason").fill_null("unit_unknown"))
    judged = link_rooms(linked.drop("n", "together"), index)
    return judged.with_columns(dwelling_at="best", why=pl.when(pl.col("best").is_null()).then(missing))


def _evidence() -> pl.Expr:
    """What had to be overlooked, as codes joined by commas."""
    codes = (
        (pl.col("how") == "like", "name_like"),
        (pl.col("how") == "short", "name_short"),
        (pl.col("how") == "long", "name_long"),
        (pl.col("how") == "number", "compound_missing"),
        (pl.col("community_cost") > 0, "community_like"),
        (pl.col("road_cost") > 0, "road_like"),
        (pl.col("other_road"), "road_differs"),
        (pl.col("silent"), "building_missing"),
    )
    said = [pl.when(condition).then(pl.lit(code)) for condition, code in codes]
    return pl.concat_str(said, separator=",", ignore_nulls=True)
