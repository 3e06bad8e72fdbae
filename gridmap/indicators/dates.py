"""Calendar rules of figures: completed years of age, month ends, a year before."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.columns import UNKNOWN_DAY
from gridmap.store.types import EPOCH, to_day

BAND_YEARS: Final = 5
BANDS: Final = (*(f"{age}_{age + BAND_YEARS - 1}" for age in range(0, 85, BAND_YEARS)), "85_up")
"""Age bands, youngest first."""

UNKNOWN_BAND: Final = len(BANDS)


def birthday_limit(day: date, age: int) -> date:
    """The latest date of birth of someone who has completed ``age`` years on a day.

    Someone born on 29 February completes a year on 1 March in common years.
    """
    year = day.year - age
    last = calendar.monthrange(year, day.month)[1]
    return date(year, day.month, min(day.day, last))


def bands_of(birth_day: NDArray[np.int32], day: int) -> NDArray[np.int64]:
    """Position in ``BANDS`` of each birth on a day; ``UNKNOWN_BAND`` where it is unknown or still to come."""
    today = date.fromordinal(EPOCH.toordinal() + day)
    limits = [to_day(birthday_limit(today, age)) for age in range(0, 90, BAND_YEARS) if today.year - age >= 1]
    earliest = limits[-1]
    table = np.searchsorted(-np.array(limits), -np.arange(earliest, day + 2), side="right") - 1
    table[-1] = UNKNOWN_BAND  # the day after: births still to come
    bands: NDArray[np.int64] = table[np.clip(birth_day, earliest, day + 1) - earliest]
    bands[birth_day == UNKNOWN_DAY] = UNKNOWN_BAND
    return bands


def year_before(day: date) -> date:
    """The same date a year earlier; 28 February for 29 February."""
    return birthday_limit(day, 1)


def month_ends(day: date, count: int) -> list[date]:
    """``count`` dates ending with ``day`` itself, before it the ends of the months before, oldest first."""
    found = [day]
    year, month = day.year, day.month
    while len(found) < count:
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
        found.append(date(year, month, calendar.monthrange(year, month)[1]))
    return found[::-1]
