"""Rules about persons: the resident identity number (GB 11643-1999), telephone numbers, age, and masks.

An identity number is 18 characters: 6 of the area of first issue, 8 of the birth date, 3 of a sequence whose last is
odd for men and even for women, and a check character by ISO 7064 MOD 11-2. Numbers of 15 (before 1999) lack the
century and the check. Permits of Hong Kong, Macao and Taiwan residents start with 81, 82, 83 and the card of foreign
permanent residents of 2023 with 9; both keep birth date, sex and check in the same places.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
ID_CHECKS = "10X98765432"
_CHECK_BYTES = np.frombuffer(ID_CHECKS.encode(), dtype=np.uint8)
_DAYS_IN_MONTH = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

_PROBLEMS: list[str | None] = [None, "checksum", "birth_date", "lost_digits", "length", "characters", "masked"]
_KINDS: list[str | None] = [None, "resident", "hmt", "foreign"]

# Separators and invisible characters that come with copied numbers; a leading apostrophe forces text in a spreadsheet.
_ID_NOISE = r"[\s'’‘`\-‐‑–—·.,，。_\u{200b}-\u{200f}\u{feff}]"
# Area code and number, a number without area code, or a service number.
_FIXED_LINE = r"(?:^|[^0-9])(?:\+?86)?(0[0-9]{2,3}[2-9][0-9]{6,7}|[2-9][0-9]{6,7}|[48]00[0-9]{7})(?:[^0-9]|$)"
_PHONE_NOISE = r"[\s()（）\-‐‑–—.]"


def id_check_character(body: str) -> str:
    """The check character of the first 17 digits, e.g. ``11010519491231002`` → ``X``."""
    total = sum(int(weight) * int(digit) for weight, digit in zip(ID_WEIGHTS, body, strict=True))
    return ID_CHECKS[total % 11]


def normalise_id(text: str) -> str:
    """One number in the form in which numbers are compared: half width, no spaces, capital X, 18 characters."""
    return str(normalise_ids(pl.Series([text], dtype=pl.String))[0] or "")


def normalise_ids(values: pl.Series) -> pl.Series:
    """Normalise numbers (String): half width, no separators, capital X; 15 digits become 18. Null stays null."""
    name = values.name
    regular = values.str.contains(r"^[0-9]{17}[0-9X]$")
    if bool(regular.all(ignore_nulls=True)):
        return values
    plain = values.str.normalize("NFKC").str.replace_all(_ID_NOISE, "").str.to_uppercase()
    plain = pl.select(pl.when(plain != "").then(plain)).to_series()
    old = plain.str.contains(r"^[0-9]{15}$").fill_null(value=False)
    if old.any():
        bodies = plain.filter(old)
        bodies = bodies.str.slice(0, 6) + "19" + bodies.str.slice(6)
        checks = pl.Series(_check_characters(_digits(bodies, 17)))
        plain = plain.scatter(old.arg_true(), bodies + checks)
    return plain.alias(name)


def _digits(values: pl.Series, width: int) -> npt.NDArray[np.int64]:
    """Values of exactly ``width`` ASCII characters as an (n, width) array of character codes minus ``0``."""
    joined = "".join(values.to_list()).encode("ascii")
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(values), width).astype(np.int64) - 48


def _check_characters(digits: npt.NDArray[np.int64]) -> list[str]:
    return list(_CHECK_BYTES[(digits @ ID_WEIGHTS) % 11].tobytes().decode("ascii"))


def real_days(
    years: npt.NDArray[np.int64], months: npt.NDArray[np.int64], days: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.datetime64]]:
    """Which of these are days of the Gregorian calendar, and the days (``NaT`` where they are not)."""
    leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    fits = (months >= 1) & (months <= 12) & (years >= 1) & (years <= 9999)
    longest = _DAYS_IN_MONTH[np.where(fits, months, 0)] + (leap & (months == 2))
    real = fits & (days >= 1) & (days <= longest)
    months_since = np.where(real, (years - 1970) * 12 + months - 1, 0)
    dates = months_since.astype("datetime64[M]").astype("datetime64[D]") + np.where(real, days - 1, 0)
    dates[~real] = np.datetime64("NaT")
    return real, dates


def check_ids(values: pl.Series, typed_numbers: npt.NDArray[np.bool_] | None = None) -> pl.DataFrame:
    """Check identity numbers, all at once.

    ``values`` are texts as typed; ``typed_numbers`` marks cells that a workbook holds as numbers of more than 15
    digits (``None`` where the source does not tell, as in a text file). Returns, row by row:

    - ``number``: the normalised number, null where there is a problem or none was given;
    - ``problem``: null, ``masked``, ``lost_digits``, ``length``, ``characters``, ``birth_date`` or ``checksum``;
    - ``kind``: ``resident``, ``hmt`` (81, 82, 83) or ``foreign`` (9), null where there is no number;
    - ``birth_date`` (Date) and ``sex`` (``1`` male, ``2`` female) as the number says them.
    """
    given = normalise_ids(values)
    shaped = given.str.contains(r"^[0-9]{17}[0-9X]$").fill_null(value=False)
    where = shaped.arg_true().to_numpy()
    digits = _digits(given.filter(shaped), 18)
    check_fits = _CHECK_BYTES[(digits[:, :17] @ ID_WEIGHTS) % 11] == digits[:, 17] + 48
    real, births = real_days(
        digits[:, 6:10] @ np.array([1000, 100, 10, 1]),
        digits[:, 10:12] @ np.array([10, 1]),
        digits[:, 12:14] @ np.array([10, 1]),
    )
    problem = np.zeros(len(given), dtype=np.int64)
    problem[where[~check_fits]] = _PROBLEMS.index("checksum")
    problem[where[~real]] = _PROBLEMS.index("birth_date")
    zeros = where[(digits[:, 15:18] == 0).all(axis=1)]
    lost = _lost_digits(values, typed_numbers, zeros, bool((problem[zeros] > 0).any()))
    problem[lost] = _PROBLEMS.index("lost_digits")
    unshaped = ~shaped.to_numpy() & given.is_not_null().to_numpy() & ~lost
    if unshaped.any():
        problem[unshaped] = _shape_problems(given.filter(pl.Series(unshaped)))

    birth_dates = np.full(len(given), np.datetime64("NaT"), dtype="datetime64[D]")
    birth_dates[where] = births
    sexes = np.zeros(len(given), dtype=np.int64)
    sexes[where] = np.where(digits[:, 16] % 2 == 1, 1, 2)
    kinds = np.zeros(len(given), dtype=np.int64)
    hmt = (digits[:, 0] == 8) & (digits[:, 1] >= 1) & (digits[:, 1] <= 3)
    kinds[where] = np.where(digits[:, 0] == 9, 3, np.where(hmt, 2, 1))
    result = pl.DataFrame(
        {
            "number": given,
            "problem": pl.Series(_PROBLEMS, dtype=pl.String).gather(problem),
            "kind": pl.Series(_KINDS, dtype=pl.String).gather(kinds),
            "birth_date": pl.Series(birth_dates).cast(pl.Date),
            "sex": pl.Series([None, "1", "2"], dtype=pl.String).gather(sexes),
        }
    )
    sound = pl.col("problem").is_null()
    return result.with_columns(pl.when(sound).then(pl.col(name)) for name in ("number", "kind", "birth_date", "sex"))


def _lost_digits(
    values: pl.Series, typed_numbers: npt.NDArray[np.bool_] | None, zeros: npt.NDArray[np.int64], any_wrong: bool
) -> npt.NDArray[np.bool_]:
    """Which numbers a spreadsheet has cut to 15 digits. ``zeros`` are the rows that end in 000, ``any_wrong`` says
    whether one of them is wrong."""
    lost = values.str.contains(r"^\s*[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]+\s*$").fill_null(value=False).to_numpy().copy()
    if typed_numbers is not None:
        lost |= typed_numbers
    elif any_wrong:
        # A text file does not tell numbers from text, but one number cut to 15 digits means that the column was.
        lost[zeros] = True
    return lost


def _shape_problems(values: pl.Series) -> npt.NDArray[np.int64]:
    masked = values.str.contains(r"[*＊#?？]|X{2,}|×").to_numpy()
    plain = values.str.contains(r"^[0-9]+X?$").to_numpy()
    found = np.where(plain, _PROBLEMS.index("length"), _PROBLEMS.index("characters"))
    found[masked] = _PROBLEMS.index("masked")
    return found


def normalise_phones(values: pl.Series) -> pl.DataFrame:
    """Return ``phone`` and ``problem`` (null or ``phone``) for each text.

    Mobile numbers lose ``+86`` and separators; fixed lines keep their area code. Of several numbers in one cell the
    first that is a number is kept.
    """
    plain = values.str.normalize("NFKC").str.replace_all(_PHONE_NOISE, "")
    plain = pl.select(pl.when(plain.str.contains(r"[0-9]")).then(plain)).to_series()
    mobile = plain.str.extract(r"(?:^|[^0-9])(?:\+|00)?(?:86)?(1[3-9][0-9]{9})(?:[^0-9]|$)", 1)
    fixed = plain.str.extract(_FIXED_LINE, 1)
    phone = pl.select(pl.coalesce(mobile, fixed)).to_series()
    bad = values.is_not_null() & phone.is_null() & ~values.str.contains(r"^\s*(?:无|没有|/|-+|—+|暂无)\s*$")
    return pl.DataFrame({"phone": phone, "bad": bad}).select(
        "phone", problem=pl.when(pl.col("bad")).then(pl.lit("phone"))
    )


def normalise_phone(text: str) -> str:
    """One number as it is stored and searched; empty where the text holds none."""
    return str(normalise_phones(pl.Series([text], dtype=pl.String))["phone"][0] or "")


def age_on(birth_date: date, day: date) -> int:
    """Completed years on a day. Born on 29 February, one turns older on 1 March of a common year."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def ages_on(birth_dates: npt.NDArray[np.datetime64], day: date) -> npt.NDArray[np.int64]:
    """Completed years on a day for an array of birth dates; -1 where the date is unknown (``NaT``)."""
    known = ~np.isnat(birth_dates)
    months = np.where(known, birth_dates, np.datetime64("1970-01-01")).astype("datetime64[M]")
    within = (np.where(known, birth_dates, np.datetime64("1970-01-01")) - months).astype(np.int64)
    passed = months.astype(np.int64)
    here = (day.year - 1970) * 12 + day.month - 1
    whole = here - passed - (day.day - 1 < within)
    return np.where(known, whole // 12, -1)


def mask_id(number: str) -> str:
    """First six and last one: what is between gives away birth date and sex."""
    if len(number) < 8:
        return "*" * len(number)
    return number[:6] + "*" * (len(number) - 7) + number[-1]


def mask_phone(phone: str) -> str:
    """First three and last two."""
    if len(phone) < 7:
        return "*" * len(phone)
    return phone[:3] + "*" * (len(phone) - 5) + phone[-2:]


def mask_name(name: str) -> str:
    """The family name stays, of longer names the last character too: 王*, 符*燕."""
    if len(name) < 2:
        return "*" * len(name)
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]
