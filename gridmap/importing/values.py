"""Values of cells: dates in the forms people write, names, plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.residents.rules import real_days

_Ints = npt.NDArray[np.int64]
# Day 0 of spreadsheets that count from 1900; right from 1 March 1900 on, for they take 1900 for a leap year.
_SPREADSHEET_EPOCH = np.datetime64("1899-12-30")
_FROM_1904 = np.datetime64("1904-01-01")
_SEPARATOR = r"\s*[-/.年·、,]\s*"
_BETWEEN = r"\s*[-/.月·、,]\s*"
_END = r"\s*[日号]?[生.]?(?:[T\s]*[0-9]{1,2}:[0-9]{2}.*|[T\s]+0+)?$"
_FULL = r"^([0-9]{4})" + _SEPARATOR + r"([0-9]{1,2})" + _BETWEEN + r"([0-9]{1,2})" + _END
_SPACED = r"^([0-9]{4})\s+([0-9]{1,2})\s+([0-9]{1,2})$"
_COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
# The year last: read only where the middle or the first part can be no month (see `_year_last`).
_YEAR_LAST = r"^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})$"
# Years of two digits: above 31, so that they can be no day.
_SHORT = r"^([0-9]{2})(?:" + _SEPARATOR + r"|)([0-9]{1,2})(?:" + _BETWEEN + r"|)([0-9]{1,2})\s*[日号]?[生.]?$"
_SHORT_SHAPE = r"^(?:[0-9]{6}|[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}[日号]?[生.]?)$"
_SERIAL = r"^([1-7][0-9]{4})(?:\.[0-9]+)?$"
_INCOMPLETE = (
    r"^[0-9]{4}(?:\s*[-/.年·、,]\s*[0-9]{1,2}\s*月?)?[年生]?$"
    r"|^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])$|^[0-9]{4}年[0-9]{1,2}月生$"
)
_NOTHING = (
    r"^\s*(?:无|没有|暂无|不详|未知|不明|未办理?|无证|无证件|无身份证|未登记|未填|空"
    r"|/+|\\+|-+|—+|－+|–+|\.+|N/?A|n/?a|none|null)?\s*$"
)
_NOBODY = r"^\s*(?:空户|空房|空置|空关|空|无人|无人居住|无人住|无|不详|未知|待核实|待查|/+|-+|—+)\s*$"
_WIDE = r"[\u{FF01}-\u{FFEF}\u{3000}\u{00A0}\u{2460}-\u{24FF}\u{2160}-\u{217F}]"
_NUMERALS = "〇○零一二三四五六七八九"
_NUMERAL_RUN = re.compile("[〇○零一二三四五六七八九十廿]+")


def half_width(values: pl.Series) -> pl.Series:
    """NFKC where it changes anything: full-width digits, letters and punctuation become half width."""
    wide = values.str.contains(_WIDE).fill_null(value=False)
    if not wide.any():
        return values
    # Not written into the series itself: it belongs to whoever asks.
    return values.clone().scatter(wide.arg_true(), values.filter(wide).str.normalize("NFKC"))


def parse_dates(
    values: pl.Series, *, from_1904: npt.NDArray[np.bool_] | None = None, today: date | None = None
) -> pl.DataFrame:
    """Read dates: ``1980-05-06``, ``1980/5/6``, ``1980.5.6``, ``1980年5月6日``, ``一九八〇年五月六日``, ``19800506``,
    ``31/12/1980``, with or without a time of day, spreadsheet day numbers (five digits), and, where ``today`` is given,
    years of two digits that leave one century open (``800506``).

    ``from_1904``: the rows whose day numbers count from 1904-01-01 and not from 1900. Returns ``date`` (Date, null
    where empty or not read), ``problem``: null, ``date_impossible`` (31 February), ``date_incomplete`` (only a year or
    a year and a month; no day is invented, and ``1980.1`` may be October) or ``date_unclear`` (anything else, such as
    ``5/6/80``); and ``way``: how a date was read that does not say itself: ``serial``, ``century`` or ``numerals``.
    """
    if from_1904 is not None and from_1904.any():
        mask = pl.Series(from_1904)
        ways = (parse_dates(values, today=today), _from_1904(parse_dates(values, today=today)))
        return (
            pl.select(pl.when(mask).then(ways[1].to_struct()).otherwise(ways[0].to_struct()))
            .to_series()
            .struct.unnest()
        )
    texts = values.drop_nulls().unique()
    if texts.is_empty():
        empty = pl.DataFrame({"date": pl.Series([None] * len(values), dtype=pl.Date)})
        return empty.with_columns(problem=pl.lit(None, dtype=pl.String), way=pl.lit(None, dtype=pl.String))
    table = _read_dates(texts, today)
    return (
        values.alias("text")
        .to_frame()
        .join(table, on="text", how="left", maintain_order="left")
        .select("date", "problem", "way")
    )


def _from_1904(dates: pl.DataFrame) -> pl.DataFrame:
    shift = pl.duration(days=int((_FROM_1904 - _SPREADSHEET_EPOCH).astype(int)))
    return dates.with_columns(date=pl.when(pl.col("way") == "serial").then(pl.col("date") + shift).otherwise("date"))


def _read_dates(texts: pl.Series, today: date | None) -> pl.DataFrame:
    """Distinct texts: text, date, problem, way."""
    plain = half_width(texts).str.strip_chars()
    numerals = plain.str.contains(f"^[{_NUMERALS}]{{2,4}}年").fill_null(value=False)
    if numerals.any():
        said = [_NUMERAL_RUN.sub(_numeral, text) for text in plain.filter(numerals).to_list()]
        plain = plain.scatter(numerals.arg_true(), said)
    parts = [
        pl.select(
            pl.coalesce(*(plain.str.extract(form, place) for form in (_FULL, _COMPACT, _SPACED)))
        ).to_series().cast(pl.Int64)
        for place in (1, 2, 3)
    ]  # fmt: skip
    written = parts[0].is_not_null().to_numpy()
    years, months, days = (part.fill_null(0).to_numpy().copy() for part in parts)
    _year_last(plain, years, months, days)
    short = _short_years(plain, years, months, days, today)
    real, dates = real_days(years, months, days)
    serials = plain.str.extract(_SERIAL, 1).cast(pl.Int64)
    is_serial = serials.is_not_null().to_numpy()
    dates = np.where(is_serial, _SPREADSHEET_EPOCH + serials.fill_null(0).to_numpy(), dates)
    incomplete = plain.str.contains(_INCOMPLETE).to_numpy()
    problems = np.select([real | is_serial, written, incomplete], [0, 1, 2], default=3)
    ways = np.select([is_serial, short & real, numerals.to_numpy() & real], [1, 2, 3], default=0)
    names: list[str | None] = [None, "date_impossible", "date_incomplete", "date_unclear"]
    return pl.DataFrame(
        {
            "text": texts,
            "date": pl.Series(dates.astype("datetime64[D]")).cast(pl.Date),
            "problem": pl.Series(names, dtype=pl.String).gather(problems),
            "way": pl.Series([None, "serial", "century", "numerals"], dtype=pl.String).gather(ways),
        }
    )


def _numeral(found: re.Match[str]) -> str:
    """Chinese numerals as digits: 一九八〇 digit by digit, 二十五 and 廿五 as a number."""
    text = found.group().replace("廿", "二十")
    if "十" not in text:
        return "".join(str(max(_NUMERALS.index(sign) - 2, 0)) for sign in text)
    tens, _, ones = text.partition("十")
    values = [_NUMERALS.index(part[-1]) - 2 if part else default for part, default in ((tens, 1), (ones, 0))]
    return str(max(values[0], 0) * 10 + max(values[1], 0))


def _year_last(plain: pl.Series, years: _Ints, months: _Ints, days: _Ints) -> None:
    """Fill in what is written with the year last, where only one order of day and month is a date."""
    first, second, year = (plain.str.extract(_YEAR_LAST, place).cast(pl.Int64) for place in (1, 2, 3))
    if not year.is_not_null().any():
        return
    a, b = first.fill_null(0).to_numpy(), second.fill_null(0).to_numpy()
    found = year.is_not_null().to_numpy() & ((a > 12) != (b > 12))
    years[found] = year.fill_null(0).to_numpy()[found]
    months[found] = np.minimum(a, b)[found]
    days[found] = np.maximum(a, b)[found]


def _short_years(
    plain: pl.Series, years: _Ints, months: _Ints, days: _Ints, today: date | None
) -> npt.NDArray[np.bool_]:
    """Fill in what is written with a year of two digits that can lie in one century only, and mark it."""
    shaped = plain.str.contains(_SHORT_SHAPE).fill_null(value=False).to_numpy()
    if today is None or not shaped.any():
        return np.zeros(len(plain), dtype=bool)
    year, month, day = (
        plain.str.extract(_SHORT, place).cast(pl.Int64).fill_null(0).to_numpy() for place in (1, 2, 3)
    )  # fmt: skip
    # Later than this year is the last century; 31 and less may be a day, and 1912 or 2012.
    found = shaped & (year > max(today.year % 100, 31)) & (years == 0)
    years[found], months[found], days[found] = year[found] + 1900, month[found], day[found]
    return np.asarray(found)


def fits_written(values: pl.Series, dates: pl.Series) -> pl.Series:
    """Whether a date fits what is written where no whole date could be read: 1980.5, 1980年, 120506, 5/6/1980. Null
    where it cannot be told, or where either is missing."""
    plain = half_width(values).str.strip_chars()
    frame = pl.DataFrame({"text": plain, "date": dates.cast(pl.Date)})
    text, day = pl.col("text"), pl.col("date")
    year = text.str.extract(r"^([0-9]{4})(?:[^0-9]|$)", 1).cast(pl.Int64)
    month = text.str.extract(r"^[0-9]{4}\s*[-/.年·、,]\s*([0-9]{1,2})\s*月?[生年]?$", 1).cast(pl.Int64)
    october = (month == 1) & text.str.contains(r"\.1$") & (day.dt.month() == 10)
    by_month = (year == day.dt.year()) & (month.is_null() | (month == day.dt.month()) | october)
    six = text.str.extract(r"^([0-9]{6})$", 1)
    by_six = pl.any_horizontal(six == day.dt.strftime(form) for form in ("%y%m%d", "%Y%m", "%d%m%y", "%m%d%y"))
    parts = [text.str.extract(r"^([0-9]{1,2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,4})日?$", at).cast(pl.Int64)
             for at in (1, 2, 3)]  # fmt: skip
    own = [day.dt.day().cast(pl.Int64), day.dt.month().cast(pl.Int64), day.dt.year().cast(pl.Int64)]
    orders = (
        ((parts[0] == own[0]) & (parts[1] == own[1])) | ((parts[0] == own[1]) & (parts[1] == own[0]))
    ) & ((parts[2] == own[2]) | (parts[2] == own[2] % 100))  # fmt: skip
    reverse = (parts[0] == own[2] % 100) & (parts[1] == own[1]) & (parts[2] == own[0])
    answer = (
        pl.when(year.is_not_null()).then(by_month)
        .when(six.is_not_null()).then(by_six)
        .when(parts[0].is_not_null()).then(orders | reverse)
    )  # fmt: skip
    return frame.select(pl.when(day.is_not_null()).then(answer)).to_series()


def parse_ages(values: pl.Series) -> pl.Series:
    """Ages in completed years (Int64): ``45``, ``45岁``, ``八个月`` and other words are null, ``8个月`` is 0."""
    plain = half_width(values).str.replace_all(r"\s+", "")
    years = plain.str.extract(r"^(?:虚岁|周岁)?([0-9]{1,3})(?:\.0+)?(?:周?岁)?(?:[0-9]{1,2}个?月)?$", 1).cast(pl.Int64)
    months = plain.str.contains(r"^[0-9]{1,2}(?:个?月|天|日龄)$")
    return pl.select(pl.when(months).then(0).when(years <= 150).then(years)).to_series()


def read_days(texts: Iterable[str]) -> dict[str, date | None]:
    """The date that each of the texts says, in every form of `parse_dates`; None where it is empty or says none."""
    distinct = pl.Series(sorted(set(texts)), dtype=pl.String)
    return dict(zip(distinct.to_list(), parse_dates(distinct)["date"].to_list(), strict=True))


def tidy_names(values: pl.Series) -> pl.Series:
    """Names of persons: half width, one form of the middle dot, no spaces between Chinese characters."""
    # NFKC makes the one dot a full stop and the other a katakana dot: all of them are the dot of minority names.
    plain = half_width(values).str.strip_chars().str.replace_all(r"[·•・‧∙⋅･᛫⸱]", "·")
    chinese = plain.str.contains(r"\p{Han}").fill_null(value=False)
    if chinese.any():
        squeezed = plain.str.replace_all(r"\s+", "").str.replace_all(r"[.．。]", "·").str.strip_chars("·")
        squeezed = squeezed.str.replace_all("·+", "·")
        plain = pl.select(pl.when(chinese).then(squeezed).otherwise(plain.str.replace_all(r"\s+", " "))).to_series()
    return pl.select(pl.when(plain != "").then(plain)).to_series().alias(values.name)


def without_nothing(values: pl.Series) -> pl.Series:
    """Values without those that say that there is none: 无, 不详, a stroke."""
    nothing = values.str.contains(_NOTHING).fill_null(value=False)
    return pl.select(pl.when(~nothing).then(values)).to_series().alias(values.name) if nothing.any() else values


def without_nobody(values: pl.Series) -> pl.Series:
    """Names without those that say that nobody is there: 空户, 无人居住."""
    nobody = values.str.contains(_NOBODY).fill_null(value=False)
    return pl.select(pl.when(~nobody).then(values)).to_series().alias(values.name) if nobody.any() else values


def tidy_texts(values: pl.Series) -> pl.Series:
    """Free text: half width, single spaces; a lone stroke or 无 is no value."""
    plain = half_width(values).str.strip_chars().str.replace_all(r"\s+", " ")
    empty = plain.str.contains(r"^(?:无|没有|暂无|/|-+|—+|不详)?$")
    return pl.select(pl.when(~empty).then(plain)).to_series().alias(values.name)
