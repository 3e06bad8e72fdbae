"""The arithmetic of a ranking, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.indicators.registry import shipped_registry
from gridmap.ranking.rules import Criterion, Measured, Period, Scheme, period_before, period_of, rank_areas, schemes

TWO = Scheme("two", "Two", date(2020, 1, 1), (Criterion("a", 60, 100, 3, 10), Criterion("b", 10, 0, 1)))


def area(code: str, a: float | None, b: float, n: int = 100) -> tuple[str, str, tuple[Measured, ...]]:
    return code, code.upper(), (Measured(a, 0, n), Measured(b, 0, n))


def test_points_and_scores_by_the_formula() -> None:
    (one,) = rank_areas(TWO, [area("x", 90, 5)])
    assert one.points == (Decimal(75), Decimal(50))
    assert one.score == Decimal("68.75")


def test_points_stay_between_nothing_and_all() -> None:
    (one,) = rank_areas(TWO, [area("x", 20, -3)])
    assert one.points == (0, 100)


def test_equal_scores_share_a_rank_and_the_next_is_left_out() -> None:
    found = rank_areas(TWO, [area("d", 70, 5), area("c", 90, 5), area("b", 90, 5), area("a", 100, 5)])
    assert [(one.code, one.rank) for one in found] == [("a", 1), ("b", 2), ("c", 2), ("d", 4)]


def test_with_too_little_to_judge_by_an_area_is_not_ranked_but_named() -> None:
    found = rank_areas(TWO, [area("a", 100, 5, n=9), area("b", 70, 5), area("c", None, 5)])
    assert [(one.code, one.rank) for one in found] == [("b", 1), ("a", None), ("c", None)]


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (Period.MONTH, date(2026, 2, 1), date(2026, 2, 28)),
        (Period.QUARTER, date(2026, 1, 1), date(2026, 3, 31)),
        (Period.HALF_YEAR, date(2026, 1, 1), date(2026, 6, 30)),
        (Period.YEAR, date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_calendar_periods(period: Period, start: date, end: date) -> None:
    assert period_of(period, date(2026, 2, 14)) == (start, end)
    before = period_before(start, period)
    assert (start - before[1]).days == 1
    assert period_of(period, before[0]) == before


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 20)), min_size=1, max_size=12))
def test_a_better_value_is_never_ranked_lower(values: list[tuple[float, float]]) -> None:
    found = rank_areas(TWO, [area(f"{number:02d}", a, b) for number, (a, b) in enumerate(values)])
    scores = [one.score for one in found if one.score is not None]
    assert scores == sorted(scores, reverse=True)
    assert [one.rank for one in found] == [scores.index(score) + 1 for score in scores]


def test_shipped_schemes_look_at_indicators_that_exist() -> None:
    for scheme in schemes().values():
        assert sum(criterion.weight for criterion in scheme.criteria) == 100
        for criterion in scheme.criteria:
            assert shipped_registry().indicators[criterion.indicator].denominator
            assert criterion.target != criterion.floor
