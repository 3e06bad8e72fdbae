"""The arithmetic of a ranking.

points = 100 × (value − floor) ÷ (target − floor), not below 0 and not above 100
score = Σ weight × points ÷ Σ weight, rounded half up to two decimals
rank: by score, the higher the better; equal scores share a rank and the next one is left out (1, 2, 2, 4)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One indicator of a scheme; see ``schemes.toml``."""

    indicator: str
    floor: float
    target: float
    weight: int
    minimum: int = 1

    def points(self, value: float) -> Decimal:
        """Points of a value, 0 to 100. A target below the floor rewards less of it."""
        low, high = Decimal(str(self.floor)), Decimal(str(self.target))
        points = 100 * (Decimal(str(value)) - low) / (high - low)
        return min(max(points, Decimal(0)), Decimal(100))


@dataclass(frozen=True, slots=True)
class Scheme:
    """What areas are ranked by from a day on, and how many of the first and the last are named."""

    id: str
    name: str
    valid_from: date
    criteria: tuple[Criterion, ...]
    top: int = 3
    bottom: int = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """What a criterion found in an area: value (``None`` where it cannot be told), n and N."""

    value: float | None
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Standing:
    """An area in a ranking. ``score`` and ``rank`` are ``None`` where there is too little to judge it by, ``points``
    one a criterion."""

    code: str
    name: str
    measured: tuple[Measured, ...]
    points: tuple[Decimal | None, ...]
    score: Decimal | None
    rank: int | None


class Period(StrEnum):
    """How long a ranking looks back."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"

    @property
    def months(self) -> int:
        """Its length in months."""
        return {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[self.value]


def period_of(period: Period, day: date) -> tuple[date, date]:
    """The first and the last day of the calendar period that a day lies in."""
    first = (day.month - 1) // period.months * period.months + 1
    start = date(day.year, first, 1)
    return start, _months_later(start, period.months) - timedelta(days=1)


def period_before(start: date, period: Period) -> tuple[date, date]:
    """The period before the one that begins on a day."""
    return period_of(period, start - timedelta(days=1))


def _months_later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def rank_areas(scheme: Scheme, areas: Sequence[tuple[str, str, tuple[Measured, ...]]]) -> list[Standing]:
    """Rank areas (code, name, what each criterion found), the best first; those not ranked last, by code."""
    scored = [_scored(scheme, *area) for area in areas]
    scores = sorted((one.score for one in scored if one.score is not None), reverse=True)
    ranked = [
        Standing(
            one.code, one.name, one.measured, one.points, one.score,
            None if one.score is None else scores.index(one.score) + 1,
        )
        for one in scored
    ]  # fmt: skip
    return sorted(ranked, key=lambda one: (one.rank is None, one.rank or 0, one.code))


def _scored(scheme: Scheme, code: str, name: str, measured: tuple[Measured, ...]) -> Standing:
    points: list[Decimal | None] = []
    for criterion, found in zip(scheme.criteria, measured, strict=True):
        enough = found.value is not None and found.denominator >= criterion.minimum
        points.append(criterion.points(found.value) if enough and found.value is not None else None)
    if any(one is None for one in points):
        return Standing(code, name, measured, tuple(points), None, None)
    weights = sum(criterion.weight for criterion in scheme.criteria)
    total = sum(
        (criterion.weight * one for criterion, one in zip(scheme.criteria, points, strict=True) if one is not None),
        Decimal(0),
    )
    return Standing(code, name, measured, tuple(points), (total / weights).quantize(CENT, rounding=ROUND_HALF_UP), None)


@cache
def schemes() -> Mapping[str, Scheme]:
    """The schemes that ship, by id."""
    data = tomllib.loads(resources.files("gridmap.ranking").joinpath("schemes.toml").read_text("utf-8"))
    found = {}
    for row in data["scheme"]:
        criteria = tuple(Criterion(**criterion) for criterion in row.pop("criterion"))
        found[row["id"]] = Scheme(criteria=criteria, **row)
    return MappingProxyType(found)
