"""Names, identity numbers and phones of people who do not exist, made so that they cannot be anybody's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.demo.housing import rank_within
from gridmap.demo.words import Words

Ints = npt.NDArray[np.int64]

# ISO 7064 MOD 11-2 as GB 11643-1999 uses it.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
# Chinese mobile numbers begin with 13 to 19; 100… is the range of short service numbers, so that eleven digits
# beginning with 100 reach nobody.
PHONE_BASE = 10_000_000_000


def identity_numbers(region: Ints, birth: npt.NDArray[np.datetime64], male: npt.NDArray[np.bool_]) -> pl.Series:
    """Unique 18-digit numbers: region of first issue, birth date, sequence (odd male, even female), check.

    At most 500 people may share region, birth date and sex; more raise ``ValueError``.
    """
    days = birth.astype("datetime64[D]").astype(np.int64)
    year = birth.astype("datetime64[Y]").astype(np.int64) + 1970
    month = birth.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = days - birth.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + 1
    group = (region * 100_000 + days + 40_000) * 2 + male
    rank = rank_within(group)
    if len(rank) and int(rank.max()) >= 500:
        raise ValueError("too many people of one region, birth date and sex")
    # Spread over the 500 numbers: 7 and 500 share no factor, so that ranks stay apart.
    sequence = ((rank * 7 + group * 131) % 500) * 2 + male
    body = region * 10**11 + (year * 10_000 + month * 100 + day) * 1000 + sequence
    total = np.zeros(len(body), dtype=np.int64)
    for place, weight in enumerate(WEIGHTS):
        total += body // 10 ** (16 - place) % 10 * weight
    check = np.array(list(CHECKS))[total % 11]
    return pl.Series(body).cast(pl.String) + pl.Series(check)


def phone_numbers(count: int, random: np.random.Generator) -> pl.Series:
    """Unique 11-digit strings that are no phone numbers."""
    step = 61_234_567  # odd and no multiple of 5: visits all 10^8 endings before any comes again
    start = int(random.integers(0, 10**8))
    return pl.Series(PHONE_BASE + (start + np.arange(count) * step) % 10**8).cast(pl.String)


def full_names(
    surname: npt.NDArray[np.object_],
    male: npt.NDArray[np.bool_],
    old: npt.NDArray[np.bool_],
    words: Words,
    random: np.random.Generator,
) -> pl.Series:
    """Surname and a given name of one or two characters, by sex and era."""
    count = len(surname)
    given = np.empty((2, count), dtype=object)
    for sex, is_male in (("male", True), ("female", False)):
        for era, is_old in (("old", True), ("young", False)):
            chosen = np.flatnonzero((male == is_male) & (old == is_old))
            letters = np.array(list(words.given[f"{sex}_{era}"]), dtype=object)
            given[:, chosen] = letters[random.integers(0, len(letters), (2, len(chosen)))]
    given[1, (random.random(count) < words.given["single_share"]) | (given[0] == given[1])] = ""
    parts = pl.DataFrame({"s": surname.astype(str), "a": given[0].astype(str), "b": given[1].astype(str)})
    return parts.select(pl.concat_str("s", "a", "b")).to_series()
