"""The names that an index knows, and which of them a written name may mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl

from gridmap.linking.likeness import UNRELATED, folded, name_costs, sounds_of, taken_for

SHORTENED, LENGTHENED, SLIP = 0.4, 0.15, 0.5
# How far a written name may be from the known one, by the length of the known one.
_REACH = ((2, 0.5), (3, 0.55), (5, 0.85))
_SHORT_REACH = ((2, 0.5), (5, 0.85))
_FAR = 1.2
MARGIN = 0.2
_LENGTHS_APART = 3


@cache
def words() -> Mapping[str, Any]:
    """The words of addresses that stand in the data file."""
    return tomllib.loads(files("gridmap.linking").joinpath("words.toml").read_text(encoding="utf-8"))


def reach(names: pl.Expr, *, short_too: bool = False) -> pl.Expr:
    """The largest cost at which a name is still taken to be meant; ``short_too``: one of two characters may be like."""
    length = names.str.len_chars()
    found = pl.lit(_FAR)
    for limit, cost in reversed(_SHORT_REACH if short_too else _REACH):
        found = pl.when(length <= limit).then(pl.lit(cost)).otherwise(found)
    return found


def core_of(name: str) -> str:
    """A name without its general word, or all of it where too little would be left."""
    for word in words()["general"]:
        if name.endswith(word) and len(name) - len(word) >= 2:
            return name[: -len(word)]
    return name


def without_added(name: str) -> str:
    """A name without a word that people add behind names."""
    cut = next((name[: -len(w)] for w in words()["added"] if name.endswith(w) and len(name) - len(w) >= 3), None)
    if cut is None and len(name) >= 5 and _like_estate(name[-2:]):
        cut = name[:-2]
    return name if cut is None else without_added(cut)


def _like_estate(word: str) -> bool:
    """Is this 小区 with one of its characters misspelt?"""
    first, second = word[0] == "小", word[1] == "区"
    return (first and word[1] in taken_for("区")) or (second and word[0] in taken_for("小"))


def near_names(written: Sequence[str], known: pl.DataFrame, *, short_too: bool = False) -> pl.DataFrame:
    """Which known names each written one may mean: written, entry, cost, distance, how.

    ``known``: ``entry`` (whatever the name stands for) and ``name``. ``how``: ``same``, ``like``, ``short`` (the
    general word is left out) or ``long`` (a general word is added).
    """
    forms = _forms(known)
    asked = _asked(written)
    pairs = _worth_comparing(asked, forms)
    if pairs.is_empty():
        return pl.DataFrame(
            schema={
                "written": pl.String,
                "entry": known.schema["entry"],
                "cost": pl.Float64,
                "distance": pl.Float64,
                "how": pl.String,
            }
        )
    compared = _forgiven(_compared(pairs))
    total = compared.with_columns(cost=pl.col("distance") + pl.col("asked_extra") + pl.col("extra"))
    fits = total.filter(
        (pl.col("distance") <= reach(pl.col("form"), short_too=short_too) + 1e-6)
        # 海景小区 is not 海景花园: a general word is left out or added, never exchanged.
        & ~((pl.col("asked_extra") > 0) & (pl.col("extra") > 0))
    )
    how = (
        pl.when(pl.col("distance") > 0).then(pl.lit("like"))
        .when(pl.col("extra") > 0).then(pl.lit("short"))
        .when(pl.col("asked_extra") > 0).then(pl.lit("long"))
        .otherwise(pl.lit("same"))
    )  # fmt: skip
    return (
        fits.select("written", "entry", "cost", "distance", how=how)
        .sort("cost", maintain_order=True)
        .unique(["written", "entry"], keep="first", maintain_order=True)
    )


def nearest(written: Sequence[str], known: Sequence[str], *, short_too: bool = False) -> dict[str, tuple[str, float]]:
    """For each written name the one known name that it means, and its cost; unclear ones are missing."""
    entries = sorted(set(known) - {""})
    found = near_names(
        [name for name in written if name], pl.DataFrame({"entry": entries, "name": entries}), short_too=short_too
    )
    if found.is_empty():
        return {}
    ranked = found.with_columns(least=pl.col("cost").min().over("written"))
    close = ranked.filter(pl.col("cost") <= pl.col("least") + MARGIN)
    single = close.filter(pl.len().over("written") == 1)
    return {text: (name, cost) for text, name, cost in single.select("written", "entry", "cost").rows()}


def _forgiven(pairs: pl.DataFrame) -> pl.DataFrame:
    """Where what tells names apart is there letter by letter, one slip in the general word behind it costs less.

    海景花圈 is 海景花园; but 海景家园 is not, for 家园 is another general word.
    """
    general = words()["general"]
    begins = pl.col("asked").str.starts_with(pl.col("core")) & (pl.col("form") != pl.col("core"))
    other = pl.col("asked").str.slice(pl.col("core").str.len_chars()).is_in(general)
    slip = begins & ~other & (pl.col("distance") <= UNRELATED)
    return pairs.with_columns(
        distance=pl.when(begins & other & (pl.col("distance") > 0))
        .then(pl.lit(9.0))
        .when(slip)
        .then(pl.min_horizontal("distance", pl.lit(SLIP)))
        .otherwise("distance")
    )


def _forms(known: pl.DataFrame) -> pl.DataFrame:
    """Each known name as it is, and without its general word: entry, form, core, extra."""
    names = known["name"].unique().to_list()
    cores = {name: core_of(name) for name in names}
    whole = known.with_columns(form=pl.col("name"), core=pl.col("name").replace(cores), extra=pl.lit(0.0))
    short = whole.filter(pl.col("core") != pl.col("form")).with_columns(form=pl.col("core"), extra=pl.lit(SHORTENED))
    return pl.concat([whole, short]).select("entry", "form", "core", "extra")


def _asked(written: Sequence[str]) -> pl.DataFrame:
    texts = sorted(set(written) - {""})
    bare = [without_added(text) for text in texts]
    whole = pl.DataFrame(
        {"written": texts, "asked": texts, "asked_extra": 0.0}, schema_overrides={"asked_extra": pl.Float64}
    )
    cut = pl.DataFrame({"written": texts, "asked": bare, "asked_extra": LENGTHENED}).filter(
        pl.col("written") != pl.col("asked")
    )
    return pl.concat([whole, cut], how="vertical_relaxed")


def _symbols(texts: pl.Series) -> pl.DataFrame:
    """text, place, symbol: the characters of every text and how they sound."""
    unique = texts.unique()
    letters = (
        pl.DataFrame({"text": unique, "symbol": unique.str.split("")})
        .explode("symbol", empty_as_null=False, keep_nulls=False)
        .filter(pl.col("symbol") != "")
        .with_columns(place=pl.int_range(pl.len()).over("text"))
    )
    alphabet = letters["symbol"].unique().to_list()
    heard = [
        (character, sound)
        for character in alphabet
        for sound in {folded(sound) + "." for sound in (() if character.isascii() else sounds_of(character))}
    ]
    spoken = pl.DataFrame(heard, schema={"symbol": pl.String, "sound": pl.String}, orient="row")
    said = letters.join(spoken, on="symbol").select("text", "place", symbol="sound")
    return pl.concat([letters.select("text", "place", "symbol"), said])


def _worth_comparing(asked: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """Pairs that share at least half of what tells the known name from others, in characters or sounds."""
    if asked.is_empty() or forms.is_empty():
        return pl.DataFrame(schema={**asked.schema, **forms.schema})
    left = _symbols(asked["asked"]).select(asked="text", symbol="symbol").unique()
    right = _symbols(forms["core"]).select(core="text", place="place", symbol="symbol")
    shared = (
        left.join(right, on="symbol")
        .select("asked", "core", "place")
        .unique()
        .group_by("asked", "core")
        .agg(shared=pl.len())
        .filter(pl.col("shared") * 2 >= pl.col("core").str.len_chars())
        .drop("shared")
    )
    apart = (pl.col("asked").str.len_chars().cast(pl.Int32) - pl.col("form").str.len_chars().cast(pl.Int32)).abs()
    return asked.join(shared, on="asked").join(forms, on="core").filter(apart <= _LENGTHS_APART)


def _compared(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add ``distance``: each pair of texts is compared once."""
    distinct = pairs.select("asked", "form").unique()
    left, right = distinct["asked"].unique().sort(), distinct["form"].unique().sort()
    positions = (
        left.search_sorted(distinct["asked"]).to_numpy().astype(np.int64),
        right.search_sorted(distinct["form"]).to_numpy().astype(np.int64),
    )
    costs = name_costs(left.to_list(), right.to_list(), positions)
    return pairs.join(
        distinct.with_columns(distance=pl.Series(costs, dtype=pl.Float32).cast(pl.Float64).round(3)),
        on=["asked", "form"],
    )
