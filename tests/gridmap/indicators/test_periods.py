"""Indicators of a period come out as an office published them, and say what they are made of."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from gridmap.indicators.periods import (
    days_of,
    known_names,
    names_read,
    period_indicators,
    period_values,
)

START, END = date(2025, 10, 1), date(2026, 3, 31)
# A real half-year report: total population 511,851, births 3,118 of which 1,682 boys, 2,836 in line with statute. The
# opening population is not in it; 498,850 follows from the published rate of 6.17 ‰.
REPORT = {
    "births": 3118,
    "births_male": 1682,
    "births_female": 1436,
    "births_in_line": 2836,
    "population_opening": 498_850,
    "population_closing": 511_851,
    "budget_yuan": 16_000_000,
    "special_funds_yuan": 6_050_000,
}


def columns(**figures: float) -> dict[str, np.ndarray]:
    return {name: np.array([figures.get(name.partition(".")[2], np.nan)]) for name in known_names()}


@pytest.mark.parametrize(
    ("indicator", "published"),
    [
        ("sex_ratio_at_birth", 117.13),
        ("births_in_line_share", 90.96),
        ("crude_birth_rate", 6.17),
        ("funding_per_head", 31.26),
    ],
)
def test_a_published_half_year_comes_out_exactly(indicator: str, published: float) -> None:
    (found,) = period_values(columns(**REPORT), days_of(START, END), indicator)
    assert found.value is not None
    assert round(found.value, 2) == published
    assert found.missing == ()


def test_a_rate_per_year_stands_beside_the_rate_of_the_period() -> None:
    days = days_of(START, END)
    assert days == 182
    (period,) = period_values(columns(**REPORT), days, "crude_birth_rate")
    (year,) = period_values(columns(**REPORT), days, "crude_birth_rate_annualised")
    assert period.value is not None
    assert year.value == pytest.approx(period.value * 365 / 182)
    assert (period.numerator, period.denominator) == (3118, 505_350.5)


def test_what_was_not_reported_is_named_and_gives_no_value() -> None:
    some = {name: value for name, value in REPORT.items() if name != "population_opening"}
    (found,) = period_values(columns(**some), 182, "crude_birth_rate")
    assert found.value is None
    assert found.missing == ("reported.population_opening",)


def test_few_births_make_an_unsteady_ratio() -> None:
    (found,) = period_values(columns(births_male=60, births_female=50), 182, "sex_ratio_at_birth")
    assert found.unsteady
    assert found.value == 120
    (nothing,) = period_values(columns(births_male=3, births_female=0), 182, "sex_ratio_at_birth")
    assert nothing.value is None


def test_every_shipped_definition_reads_figures_that_exist() -> None:
    for indicator in period_indicators().values():
        assert names_read(indicator.numerator) | names_read(indicator.denominator) <= known_names(), indicator.id
        assert indicator.name
        assert indicator.source
        assert indicator.unit
