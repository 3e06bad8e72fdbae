"""Identity numbers that may be one number miswritten.

The check character (ISO 7064 MOD 11-2) tells every single wrong character and every pair of neighbours that changed
places, so that of two numbers one of which is such a slip of the other at most one is sound: that one is right.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.residents.rules import ID_WEIGHTS, check_ids, normalise_ids

LENGTH = 18
_CHECKED = 17


def repairs(numbers: pl.Series, today: date) -> pl.DataFrame:
    """Every sound number that a wrong one becomes when one character is changed or two neighbours change places.

    Returns ``at`` (position in ``numbers``) and ``number``; about twenty rows for each number of 18 characters whose
    check is wrong, none for a sound one or one of another form. Birth dates after ``today`` are left out.
    """
    given = normalise_ids(numbers)
    shaped = given.str.contains(r"^[0-9]{17}[0-9X]$").fill_null(value=False)
    at = shaped.arg_true().to_numpy().astype(np.int64)
    if not len(at):
        return pl.DataFrame(schema={"at": pl.Int64, "number": pl.String})
    digits = _digits(given.filter(shaped))
    weights = np.append(ID_WEIGHTS, 1)
    # The whole number, check character included (X is 10), leaves 1 when divided by 11.
    rest = (digits @ weights) % 11
    wrong = rest != 1
    digits, at, rest = digits[wrong], at[wrong], rest[wrong]
    parts = [_changed(digits, at, rest, place, int(weights[place])) for place in range(LENGTH)]
    parts += [_swapped(digits, at, place) for place in range(LENGTH - 1)]
    found = pl.concat(parts)
    judged = check_ids(found["number"], np.zeros(found.height, dtype=bool))
    sound = judged["problem"].is_null() & (judged["birth_date"] <= today)
    return found.filter(sound).unique(["at", "number"], maintain_order=True)


def _digits(numbers: pl.Series) -> npt.NDArray[np.int64]:
    joined = "".join(numbers.to_list()).encode("ascii")
    digits = np.frombuffer(joined, dtype=np.uint8).reshape(len(numbers), LENGTH).astype(np.int64) - 48
    digits[digits == ord("X") - 48] = 10
    return digits


def _texts(digits: npt.NDArray[np.int64]) -> list[str]:
    characters = np.frombuffer(b"0123456789X", dtype=np.uint8)[digits]
    joined = characters.tobytes().decode("ascii")
    return [joined[start : start + LENGTH] for start in range(0, len(joined), LENGTH)]


def _changed(
    digits: npt.NDArray[np.int64], at: npt.NDArray[np.int64], rest: npt.NDArray[np.int64], place: int, weight: int
) -> pl.DataFrame:
    """The one other character at a place that makes the check right, where there is one."""
    instead = (digits[:, place] + (1 - rest) * pow(weight, -1, 11)) % 11
    fits = instead <= (10 if place == _CHECKED else 9)
    mended = digits[fits].copy()
    mended[:, place] = instead[fits]
    return pl.DataFrame({"at": at[fits], "number": pl.Series(_texts(mended), dtype=pl.String)})


def _swapped(digits: npt.NDArray[np.int64], at: npt.NDArray[np.int64], place: int) -> pl.DataFrame:
    """Neighbours that changed places; an X stands at the end only."""
    left, right = digits[:, place], digits[:, place + 1]
    fits = (left != right) & ((right <= 9) | (place + 1 < _CHECKED))
    mended = digits[fits].copy()
    mended[:, [place, place + 1]] = mended[:, [place + 1, place]]
    return pl.DataFrame({"at": at[fits], "number": pl.Series(_texts(mended), dtype=pl.String)})


def differing(one: pl.Series, other: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """How many of the 18 characters of sound numbers differ (18 where one is missing), and whether the first 14 (area
    and birth date) are the same."""
    both = (one.str.len_chars() == LENGTH) & (other.str.len_chars() == LENGTH)
    both = both.fill_null(value=False)
    where = both.arg_true().to_numpy()
    count = np.full(len(one), LENGTH, dtype=np.int64)
    same_day = np.zeros(len(one), dtype=bool)
    if len(where):
        differs = _digits(one.filter(both)) != _digits(other.filter(both))
        count[where] = differs.sum(axis=1)
        same_day[where] = ~differs[:, :14].any(axis=1)
    return count, same_day
