"""Which records are compared at all: those that share a key. No key is shared by so many that pairs explode."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from gridmap.duplicates.names import Names

LARGEST = 120
"""Records of one key that are compared with each other; larger groups are split by the whole sound of the name."""

_PAIR = {"one": pl.UInt32, "other": pl.UInt32}


def candidate_pairs(people: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Pairs ``one`` < ``other`` (rows of ``people``) that share a key and of which one at least is ``fresh``, in order.

    ``people`` holds ``region``, ``birth_date``, ``dwelling_id``, ``household_key``, ``id_index``, ``phone_index`` and
    ``fresh``; ``names`` are its names. The keys: the number; the telephone; the dwelling or household with the sound of
    the surname; and, where one of the two has no number, the birth date with one sound of the name and the whole sound
    of the name with the year or the day of birth – two sound numbers that differ outweigh all that these keys can say.
    """
    rows = people.select(
        "region", "birth_date", "dwelling_id", "household_key", "id_index", "phone_index", "fresh",
        row=pl.int_range(pl.len(), dtype=pl.UInt32),
        numbered=pl.col("id_index").is_not_null(),
        name=pl.Series(names.at),
        sounding=pl.Series(names.sounding()[names.at]),
        surname=pl.Series(names.surnames()[names.at]),
    )  # fmt: skip
    found = pl.concat([_as_one_number(pairs) for pairs in _pairs(rows, names)])
    pair = found.unique("pair").sort("pair")["pair"]
    return pl.DataFrame(
        {"one": (pair // (1 << 32)).cast(pl.UInt32), "other": (pair % (1 << 32)).cast(pl.UInt32)}, schema=_PAIR
    )


def _as_one_number(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select(pair=pl.col("one").cast(pl.UInt64) * (1 << 32) + pl.col("other").cast(pl.UInt64))


def _pairs(rows: pl.DataFrame, names: Names) -> Iterator[pl.DataFrame]:
    """The pairs of one kind of key after the other."""
    day, named = pl.col("birth_date"), pl.col("surname") >= 0
    yield _by(rows, "id_index")
    yield _by(rows, "phone_index")
    yield _by(rows.filter(named), "dwelling_id", "surname")
    yield _by(rows.filter(named), "household_key", "surname")
    within = day.dt.month().cast(pl.Int32) * 100 + day.dt.day()
    dated = rows.filter(named & day.is_not_null()).with_columns(year=day.dt.year(), within=within)
    yield _by(dated, "sounding", "year", unnumbered=True)
    yield _by(dated, "sounding", "within", unnumbered=True)
    # A name alone is no key where most have a birth date: it is one for those that have none.
    bare = rows.filter(named & day.is_null()).select("sounding").unique()
    yield _by(rows.filter(named).join(bare, on="sounding", how="semi"), "sounding", unnumbered=True)
    days = dated.filter((pl.len().over("region", "birth_date") > 1) & _open("region", "birth_date"))
    shared = days.join(names.syllables(), on="name", how="inner", maintain_order="left")
    yield _by(shared, "birth_date", "syllable", unnumbered=True)


def _open(*keys: str) -> pl.Expr:
    """Groups in which somebody has no number."""
    return (~pl.col("numbered")).any().over(*keys)


def _by(rows: pl.DataFrame, *keys: str, unnumbered: bool = False) -> pl.DataFrame:
    """Pairs that share these columns and the region; ``unnumbered``: only those of which one has no number."""
    on = ["region", *keys]
    usable = rows.filter(pl.all_horizontal(pl.col(key).is_not_null() for key in keys))
    wanted = pl.col("fresh").any().over(on)
    if unnumbered:
        wanted &= _open(*on)
    several = usable.filter((pl.len().over(on) > 1) & wanted).with_columns(size=pl.len().over(on))
    parts = [_joined(several.filter(pl.col("size") <= LARGEST), on, unnumbered=unnumbered)]
    large = several.filter(pl.col("size") > LARGEST)
    if large.height:
        finer = list(dict.fromkeys([*on, "sounding"]))
        split = large.filter(pl.len().over(finer) <= LARGEST)
        parts.append(_joined(split, finer, unnumbered=unnumbered))
    return pl.concat(parts)


def _joined(keyed: pl.DataFrame, on: list[str], *, unnumbered: bool) -> pl.DataFrame:
    if not unnumbered:
        return _met(keyed.filter("fresh"), keyed, on)
    bare = keyed.filter(~pl.col("numbered"))
    return pl.concat([_met(bare.filter("fresh"), keyed, on), _met(keyed.filter("fresh"), bare, on)])


def _met(fresh: pl.DataFrame, others: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    pairs = fresh.select("row", *on).join(others.select(*on, met="row"), on=on, how="inner")
    one, other = pl.min_horizontal("row", "met"), pl.max_horizontal("row", "met")
    return pairs.filter(pl.col("row") != pl.col("met")).select(one=one, other=other).unique()
