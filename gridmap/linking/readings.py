"""The ways to read an address, with its community and road brought to names that are known."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from gridmap.linking.grammar import parse_addresses
from gridmap.linking.index import DwellingIndex, keyed
from gridmap.linking.lexicon import nearest
from gridmap.linking.named_places import worded_numbers

_SUFFIXES = ("社区居民委员会", "社区居委会", "社区", "居委会", "村委会", "")
_HOUSE = r"^(?P<name>.*?[^0-9]|)(?P<number>[0-9]{1,3}|[A-Z])号?$"
_ROAD_LIKE = r"^(?P<front>\p{Han}{2,6})(?P<house>[0-9]{1,4})号(?P<rest>(?:\p{Han}.+)?)$"


def readings_of(texts: pl.Series, index: DwellingIndex) -> pl.DataFrame:
    """Every way to read each text: text, reading, the parts as keys, ``asked`` (what may be a compound's name), and
    what the likeness of community and road costs (``community_cost``, ``road_cost``, together ``repair``)."""
    found = _with_words(_with_communities(_readings(texts, index), index), index).with_row_index("reading")
    names, roads = index.aliases.get("community", {}), index.aliases.get("road", {})
    known = [name for name in index.buildings["community"].unique().to_list() if name]
    found = _mended(
        found.with_columns(pl.col("community").replace(list(names), list(names.values()))), "community", known
    )
    found = _mended(found, "road", sorted({*index.buildings["road"].to_list(), *roads} - {""}))
    return found.with_columns(
        pl.col("road").replace(list(roads), list(roads.values())),
        repair=pl.col("community_cost") + pl.col("road_cost"),
    )


def _readings(texts: pl.Series, index: DwellingIndex) -> pl.DataFrame:
    """One row a way to read a text: text, reading, and the parts as keys."""
    parsed = parse_addresses(texts, closely=True)
    first = keyed(parsed, index.aliases).with_columns(text=texts).drop("dwelling_id", "building_id")
    no_house = pl.col("building") == ""
    # 龙峰上村31号501: a village counts its houses as a road does.
    as_village = first.filter(
        no_house & (pl.col("compound") == "") & (pl.col("road") != "") & (pl.col("road_no") != "")
    ).with_columns(compound=pl.col("road"), building=pl.col("road_no"), road=pl.lit(""), road_no=pl.lit(""))
    # 福地露49号宝岛家园: a road whose own word is misspelt.
    split = first.filter(pl.col("road") == "").with_columns(
        pl.col("compound").str.extract_groups(_ROAD_LIKE).alias("w")
    )
    split = split.unnest("w").filter(pl.col("rest").is_not_null())
    on_road = split.with_columns(road=pl.col("front"), road_no=pl.col("house"), compound=pl.col("rest"))
    found = pl.concat([first, as_village, on_road.select(first.columns)])
    behind = found.filter(pl.col("building") == "").with_columns(
        pl.col("compound").str.extract_groups(_HOUSE).alias("w")
    )
    behind = behind.unnest("w").filter(pl.col("name").is_not_null())
    numbered = behind.with_columns(compound=pl.col("name"), building=pl.col("number"))
    return pl.concat([found, numbered.select(first.columns)])


def _with_words(readings: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """Add readings in which a word is the building's number: 农贸市场商住楼2-301 is the second unit of 商住楼."""
    words = worded_numbers(index)
    if not words:
        return readings
    split = readings.with_columns(
        pl.col("asked").str.extract_groups(rf"^(?P<front>.*?)(?P<word>{_pattern(words)})楼?$").alias("w")
    )
    split = split.unnest("w").filter(
        pl.col("word").is_not_null() & ((pl.col("building") == "") | (pl.col("unit") == ""))
    )
    unit = pl.when(pl.col("unit") == "").then("building").otherwise("unit")
    worded = split.with_columns(asked=pl.col("front"), building=pl.col("word"), unit=unit)
    return pl.concat([readings, worded.select(readings.columns)])


def _pattern(words: Iterable[str]) -> str:
    found = sorted({word for word in words if word}, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(found) + ")" if found else "(?:$^)"


def _with_communities(readings: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """Find the community wherever it stands; add ``asked``: what is left to be a compound's name."""
    communities = [name for name in index.buildings["community"].unique().to_list() if name]
    others = [name for name, official in index.aliases.get("community", {}).items() if official in set(communities)]
    known = _pattern([*communities, *others])
    admin = _pattern(index.admin_words())
    start = rf"^(?:{admin}|{known}(?:{'|'.join(word for word in _SUFFIXES if word)}))+"
    named = readings.with_columns(
        # 海口美兰东湖里: what stands before a community that is known is no part of its name.
        pl.col("community").str.extract(rf"^(.*?)({known})$", 2).alias("inner"),
        pl.col("community").str.extract(rf"^(.*?)({known})$", 1).alias("before"),
    ).with_columns(
        community=pl.coalesce("inner", "community"),
        asked=pl.concat_str(
            pl.when(pl.col("compound") == "").then(pl.col("before")).fill_null("").str.replace(rf"^{admin}+", ""),
            pl.col("compound"),
        ),
    )
    stripped = named.with_columns(
        inner=pl.col("asked").str.extract(start, 0).str.extract(rf".*({known})", 1),
        bare=pl.col("asked").str.replace(start, ""),
    )
    return stripped.with_columns(
        community=pl.when(pl.col("community") == "").then(pl.col("inner").fill_null("")).otherwise(pl.col("community")),
        asked=pl.when(pl.col("bare") != "").then(pl.col("bare")).otherwise(pl.col("asked")),
    ).drop("inner", "before", "bare")


def _mended(readings: pl.DataFrame, part: str, known: list[str]) -> pl.DataFrame:
    """Replace unknown names of a part by the one known name that they are like; add ``<part>_cost``."""
    written = readings.filter(~pl.col(part).is_in(known) & (pl.col(part) != ""))[part].unique().to_list()
    found = nearest(written, known, short_too=part == "community")
    costs = {text: cost for text, (_, cost) in found.items()}
    names = {text: name for text, (name, _) in found.items()}
    return readings.with_columns(
        pl.col(part)
        .replace_strict(list(costs), list(costs.values()), default=0.0, return_dtype=pl.Float64)
        .alias(f"{part}_cost")
        if costs
        else pl.lit(0.0).alias(f"{part}_cost"),
        pl.col(part).replace(list(names), list(names.values())),
    )
