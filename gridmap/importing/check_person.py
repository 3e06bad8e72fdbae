"""Check what the cells of a row say of a person: number, name, birth date, age, sex, telephone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.codes import code_list
from gridmap.importing.checking import Checking, missing
from gridmap.importing.values import (
    fits_written,
    half_width,
    parse_ages,
    parse_dates,
    tidy_names,
    without_nobody,
    without_nothing,
)
from gridmap.residents.rules import ages_on, check_ids, normalise_phones

AGE_TOLERANCE_YEARS = 2
_MASK = r"[*＊#?？X×]"
_ONE_PHONE = r"(?:^|[^0-9])\+?[0-9][0-9\s()（）\-]{6,}"


@dataclass(frozen=True, slots=True)
class Clock:
    """``today``: later dates lie in the future. ``on``: the day that the file describes, for ages. ``from_1904``: the
    rows whose day numbers count from 1904-01-01."""

    today: date
    on: date
    from_1904: npt.NDArray[np.bool_] | None = None


def check_person(
    checking: Checking, raw: Mapping[str, pl.Series], typed: npt.NDArray[np.bool_] | None, clock: Clock
) -> None:
    """Fill in ``id_number``, ``id_pattern``, ``name``, ``birth_date``, ``sex``, ``phone`` and ``head``.

    ``typed``: the numbers that a workbook holds as numbers; ``None`` where the file does not tell. A masked number is
    never one: ``id_pattern`` keeps its visible ends, with one ``*`` between them.
    """
    given = without_nothing(raw.get("id_number", missing(checking.height)))
    ids = check_ids(given, typed)
    for problem in ("lost_digits", "masked", "length", "characters", "birth_date", "checksum"):
        checking.find(f"id_{problem}", "id_number", ids["problem"] == problem, given)
    old = given.str.count_matches("[0-9０-９]") == 15
    for code, where in (("id_from_15", old), ("id_read", ~old)):
        checking.note_reading(code, "id_number", pl.select(pl.when(where).then(given)).to_series(), ids["number"])
    checking.find("id_birth_future", "id_number", ids["birth_date"] > clock.today, given)
    births = _births(checking, raw, ids["birth_date"], clock)
    pattern = _pattern(given, ids["problem"])
    sexes = _sexes(checking, raw, ids["sex"], pattern)
    _check_pattern_birth(checking, raw, pattern, births)
    _check_age(checking, raw, births, clock)
    checking.columns |= {
        "id_number": ids["number"],
        "id_pattern": pattern,
        "name": _names(checking, raw, "name"),
        "birth_date": births,
        "sex": sexes,
        "phone": _phones(checking, raw),
        "head": _names(checking, raw, "head"),
    }


def _births(checking: Checking, raw: Mapping[str, pl.Series], from_id: pl.Series, clock: Clock) -> pl.Series:
    """The birth date as written, else that of the number; where no whole date is written, the two must not disagree."""
    written = without_nothing(raw.get("birth_date", missing(checking.height)))
    births = parse_dates(written, from_1904=clock.from_1904, today=clock.today)
    born = births["date"]
    checking.find("birth_date_impossible", "birth_date", births["problem"] == "date_impossible", written)
    half = births["problem"].is_in(["date_incomplete", "date_unclear"]).fill_null(value=False)
    fits = fits_written(pl.select(pl.when(half).then(written)).to_series(), from_id)
    for problem in ("incomplete", "unclear"):
        where = (births["problem"] == f"date_{problem}") & fits.is_null()
        checking.find(f"birth_date_{problem}", "birth_date", where, written)
    checking.find("birth_date_future", "birth_date", born > clock.today, written)
    differs = (born != from_id).fill_null(value=False) | (~fits).fill_null(value=False)
    checking.find("birth_differs", "birth_date", differs, written)
    read = pl.select(pl.when(births["way"].is_not_null()).then(born.dt.to_string("iso"))).to_series()
    checking.note_reading("date_read", "birth_date", written, read)
    return born.fill_null(from_id)


def _sexes(checking: Checking, raw: Mapping[str, pl.Series], from_id: pl.Series, pattern: pl.Series) -> pl.Series:
    written = raw.get("sex", missing(checking.height))
    sex = code_list("sex").lookup(written)
    stated = sex.is_in(["1", "2"]).fill_null(value=False)
    # The last but one of a number is odd for men; a masked number that shows it says the sex too.
    digit = pattern.str.extract(r"\*[0-9]*([0-9])[0-9X]$", 1).cast(pl.Int64)
    shown = pl.select(pl.when(digit % 2 == 1).then(pl.lit("1")).when(digit.is_not_null()).then(pl.lit("2"))).to_series()
    checking.find("sex_differs", "sex", stated & (sex != from_id.fill_null(shown)), written)
    return pl.select(pl.when(stated).then(sex).otherwise(pl.coalesce(from_id, sex))).to_series()


def _pattern(given: pl.Series, problem: pl.Series) -> pl.Series:
    """The visible ends of masked numbers: ``110105*002X``."""
    hidden = (problem == "masked").fill_null(value=False)
    if not hidden.any():
        return missing(len(given))
    plain = half_width(given).str.replace_all(r"\s", "").str.to_uppercase()
    start = plain.str.extract(r"^([0-9]*)", 1).fill_null("")
    # An X is the last character of a number only after a digit; else it is one more sign of masking.
    end = plain.str.extract(_MASK + r"([0-9]+X?)$", 1).fill_null("")
    return pl.select(pl.when(hidden).then(pl.concat_str(start, pl.lit("*"), end))).to_series()


def _check_pattern_birth(
    checking: Checking, raw: Mapping[str, pl.Series], pattern: pl.Series, births: pl.Series
) -> None:
    """What a masked number shows of the birth date must be the one that is written."""
    if not pattern.is_not_null().any():
        return
    frame = pl.DataFrame({"pattern": pattern, "birth": births.dt.strftime("%Y%m%d")})
    start = pl.col("pattern").str.extract(r"^[0-9]{6}([0-9]{1,8})", 1)
    end = pl.col("pattern").str.extract(r"\*[0-9]*?([0-9]{1,8})[0-9]{3}[0-9X]$", 1)
    wrong = frame.select(
        (~pl.col("birth").str.starts_with(start)).fill_null(value=False)
        | (~pl.col("birth").str.ends_with(end)).fill_null(value=False)
    ).to_series()
    checking.find("birth_differs", "birth_date", wrong, raw.get("birth_date"))


def _check_age(checking: Checking, raw: Mapping[str, pl.Series], births: pl.Series, clock: Clock) -> None:
    """An age is compared with the birth date, and never made into one."""
    given = raw.get("age")
    if given is None:
        return
    ages = parse_ages(without_nothing(given))
    completed = pl.Series(ages_on(births.to_numpy().astype("datetime64[D]"), clock.on))
    apart = births.is_not_null() & ((completed - ages).abs() > AGE_TOLERANCE_YEARS)
    checking.find("age_differs", "age", apart, given)
    checking.find("age_only", "age", ages.is_not_null() & births.is_null(), given)


def _names(checking: Checking, raw: Mapping[str, pl.Series], field: str) -> pl.Series:
    given = raw.get(field)
    if given is None:
        return missing(checking.height)
    names = tidy_names(without_nobody(given))
    checking.note_reading("name_read", field, given, names)
    return names


def _phones(checking: Checking, raw: Mapping[str, pl.Series]) -> pl.Series:
    given = without_nothing(raw.get("phone", missing(checking.height)))
    phones = normalise_phones(given)
    found = phones["phone"]
    checking.find("phone_wrong", "phone", phones["problem"].is_not_null(), given)
    several = (given.str.count_matches(_ONE_PHONE) > 1).fill_null(value=False)
    checking.find("phone_several", "phone", several & found.is_not_null(), found)
    checking.note_reading("phone_read", "phone", pl.select(pl.when(~several).then(given)).to_series(), found)
    return found
