"""Values of cells: dates in the forms people write, names, plain text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import polars as pl

from gridmap.residents.rules import real_days

# Day 0 of spreadsheets that count from 1900; right from 1 March 1900 on, for they take 1900 for a leap year.
_SPREADSHEET_EPOCH = np.datetime64("1899-12-30")
_FULL = (
    r"^([0-9]{4})\s*[-/.年·]\s*([0-9]{1,2})\s*[-/.月·]\s*([0-9]{1,2})\s*[日号]?"
    r"(?:[T\s]*[0-9]{1,2}:[0-9]{2}.*|[T\s]+0+)?$"
)
_COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
_SERIAL = r"^([1-7][0-9]{4})(?:\.[0-9]+)?$"
_INCOMPLETE = r"^[0-9]{4}(?:\s*[-/.年]\s*[0-9]{1,2}\s*月?)?年?$|^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])$"


def half_width(values: pl.Series) -> pl.Series:
    """NFKC where it changes anything: full-width digits, letters and punctuation become half width."""
    wide = values.str.contains(r"[\u{FF01}-\u{FFEF}\u{3000}\u{00A0}\u{2460}-\u{24FF}\u{2160}-\u{217F}]").fill_null(
        value=False
    )
    if not wide.any():
        return values
    return values.scatter(wide.arg_true(), values.filter(wide).str.normalize("NFKC"))


def parse_dates(values: pl.Series) -> pl.DataFrame:
    """Read dates: ``1980-05-06``, ``1980/5/6``, ``1980.5.6``, ``1980年5月6日``, ``19800506``, with or without a time of
    day, and spreadsheet day numbers (1900 system, five digits).

    Returns ``date`` (Date, null where empty or not read) and ``problem``: null, ``date_impossible`` (31 February),
    ``date_incomplete`` (only a year or a year and a month; no day is invented, and ``1980.1`` may be October) or
    ``date_unclear`` (anything else, such as ``5/6/80``).
    """
    texts = values.drop_nulls().unique()
    if texts.is_empty():
        return pl.DataFrame({"date": pl.Series([None] * len(values), dtype=pl.Date)}).with_columns(
            problem=pl.lit(None, dtype=pl.String)
        )
    plain = half_width(texts).str.strip_chars()
    parts = [
        plain.str.extract(_FULL, place).fill_null(plain.str.extract(_COMPACT, place)).cast(pl.Int64)
        for place in (1, 2, 3)
    ]
    years, months, days = (part.fill_null(0).to_numpy() for part in parts)
    real, dates = real_days(years, months, days)
    serials = plain.str.extract(_SERIAL, 1).cast(pl.Int64)
    is_serial = serials.is_not_null().to_numpy()
    dates = np.where(is_serial, _SPREADSHEET_EPOCH + serials.fill_null(0).to_numpy(), dates)
    written = parts[0].is_not_null().to_numpy()
    incomplete = plain.str.contains(_INCOMPLETE).to_numpy()
    problems = np.select([real | is_serial, written, incomplete], [0, 1, 2], default=3)
    names: list[str | None] = [None, "date_impossible", "date_incomplete", "date_unclear"]
    table = pl.DataFrame(
        {
            "text": texts,
            "date": pl.Series(dates.astype("datetime64[D]")).cast(pl.Date),
            "problem": pl.Series(names, dtype=pl.String).gather(problems),
        }
    )
    return (
        values.alias("text")
        .to_frame()
        .join(table, on="text", how="left", maintain_order="left")
        .select("date", "problem")
    )


def read_days(texts: Iterable[str]) -> dict[str, date | None]:
    """The date that each of the texts says, in every form of `parse_dates`; None where it is empty or says none."""
    distinct = pl.Series(sorted(set(texts)), dtype=pl.String)
    return dict(zip(distinct.to_list(), parse_dates(distinct)["date"].to_list(), strict=True))


def tidy_names(values: pl.Series) -> pl.Series:
    """Names of persons: half width, one form of the middle dot, no spaces between Chinese characters."""
    plain = half_width(values).str.strip_chars().str.replace_all(r"[·•・‧∙.．]", "·")
    chinese = plain.str.contains(r"\p{Han}").fill_null(value=False)
    if chinese.any():
        squeezed = plain.str.replace_all(r"\s+", "")
        plain = pl.select(pl.when(chinese).then(squeezed).otherwise(plain.str.replace_all(r"\s+", " "))).to_series()
    return pl.select(pl.when(plain != "").then(plain)).to_series().alias(values.name)


def tidy_texts(values: pl.Series) -> pl.Series:
    """Free text: half width, single spaces; a lone stroke or 无 is no value."""
    plain = half_width(values).str.strip_chars().str.replace_all(r"\s+", " ")
    empty = plain.str.contains(r"^(?:无|没有|暂无|/|-+|—+|不详)?$")
    return pl.select(pl.when(~empty).then(plain)).to_series().alias(values.name)
