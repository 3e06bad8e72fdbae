"""Which records are compared at all: those that share a key. No key is shared by so many that pairs explode."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from gridmap.duplicates.names import Names

LARGEST = 120
"""Records of one key that are compared with each other; larger groups are split by the whole sound of the name."""


def candidate_pairs(people: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Pairs ``one`` < ``other`` (rows of ``people``) that share a key and of which one at least is ``fresh``.

    ``people`` holds ``region``, ``birth_date``, ``dwelling_id``, ``household_key``, ``id_index``, ``phone_index`` and
    ``fresh``; ``names`` are its names. The keys: the number; the telephone; the birth date with one sound of the name;
    the whole sound of the name with the year of birth or the day of birth; the dwelling or household with the sound of
    the surname.
    """
    rows = people.select(
        "region", "birth_date", "dwelling_id", "household_key", "id_index", "phone_index", "fresh",
        row=pl.int_range(pl.len(), dtype=pl.UInt32),
        name=pl.Series(names.at),
        sounding=pl.Series(names.sounding()[names.at]),
        surname=pl.Series(names.surnames()[names.at]),
    )  # fmt: skip
    found = [_within(keyed) for keyed in _keyed(rows, names)]
    return pl.concat(found).unique(["one", "other"])


def _keyed(rows: pl.DataFrame, names: Names) -> Iterator[pl.DataFrame]:
    """The rows with their ``key``, for one kind of key after the other."""
    day, named = pl.col("birth_date"), pl.col("surname") >= 0
    yield _by(rows, "id_index")
    yield _by(rows, "phone_index")
    yield _by(rows.filter(named), "dwelling_id", "surname")
    yield _by(rows.filter(named), "household_key", "surname")
    dated = rows.filter(named & day.is_not_null())
    yield _by(dated.with_columns(year=day.dt.year()), "sounding", "year")
    yield _by(dated.with_columns(within=day.dt.strftime("%m%d")), "sounding", "within")
    # A name alone is no key where most have a birth date: it is one for those that have none.
    bare = rows.filter(named & day.is_null()).select("sounding").unique()
    yield _by(rows.filter(named).join(bare, on="sounding", how="semi"), "sounding")
    again = pl.len().over("region", "birth_date") > 1
    shared = dated.filter(again).join(names.syllables(), on="name", how="inner", maintain_order="left")
    yield _by(shared, "birth_date", "syllable")


def _by(rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Rows with ``key`` for those that share these columns (and the region) with another one."""
    usable = rows.filter(pl.all_horizontal(pl.col(key).is_not_null() for key in keys))
    several = usable.filter((pl.len().over("region", *keys) > 1) & pl.col("fresh").any().over("region", *keys))
    return several.select("row", "fresh", "sounding", key=pl.struct("region", *keys).rank("dense"))


def _within(keyed: pl.DataFrame) -> pl.DataFrame:
    sized = keyed.with_columns(size=pl.len().over("key"))
    small = sized.filter(pl.col("size") <= LARGEST)
    large = sized.filter(pl.col("size") > LARGEST)
    parts = [_joined(small, ["key"])]
    if large.height:
        finer = large.with_columns(size=pl.len().over("key", "sounding"))
        parts.append(_joined(finer.filter(pl.col("size") <= LARGEST), ["key", "sounding"]))
    return pl.concat(parts)


def _joined(keyed: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    fresh = keyed.filter("fresh").select("row", *on)
    everyone = keyed.select("fresh", *on, met="row")
    pairs = fresh.join(everyone, on=on, how="inner").filter(
        (pl.col("row") < pl.col("met")) | (~pl.col("fresh") & (pl.col("row") != pl.col("met")))
    )
    one = pl.min_horizontal("row", "met")
    other = pl.max_horizontal("row", "met")
    return pairs.select(one=one, other=other).unique()
