"""Numbers in words never contradict the verdict beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.i18n import translator
from gridmap.reports import wording
from gridmap.reports.model import Column, Kind, Limits, Rate

LIMITS = Limits(0.95, 0.9)
ENGLISH, CHINESE = translator("en"), translator("zh-CN")


@given(whole=st.integers(1, 20_000), data=st.data())
def test_a_rate_is_printed_on_its_side_of_every_limit(whole: int, data: st.DataObject) -> None:
    """Below 95 % is never printed as 95 %, and only all of it is 100 %, for a street's numbers."""
    part = data.draw(st.integers(0, whole))
    printed = float(wording.percent(part / whole, ENGLISH, LIMITS).removesuffix("%"))
    for limit in (90, 95, 100):
        assert (printed < limit) == (part * 100 < limit * whole)
    assert abs(printed - 100 * part / whole) <= 0.05 + 1e-9


@pytest.mark.parametrize(
    ("share", "english", "chinese"),
    [(0.928, "92.8%", "92.8 %"), (0.94996, "94.996%", "94.996 %"), (1.0, "100.0%", "100.0 %"), (None, "–", "–")],
)
def test_percentages_follow_the_language(share: float | None, english: str, chinese: str) -> None:
    """A thin space in Chinese, none in English, a dash for nothing."""
    assert wording.percent(share, ENGLISH, LIMITS) == english
    assert wording.percent(share, CHINESE, LIMITS) == chinese


def test_values_as_one_text() -> None:
    """Every kind of value has a text, and what is not known is not zero."""
    rate = Column("", Kind.RATE)
    assert wording.shown(Rate(1830, 2000), rate, ENGLISH) == "91.5% (1,830/2,000)"
    assert wording.shown(Rate(0, 0), rate, ENGLISH) == "–"
    assert wording.shown(Rate(258, None), rate, ENGLISH) == "258"
    assert wording.shown(None, Column(""), ENGLISH) == "–"
    assert wording.shown(0, Column(""), ENGLISH) == "0"
    assert wording.shown("at_risk", Column("", Kind.STATUS), ENGLISH) == "At risk"
    assert wording.shown(2.5, Column("", Kind.NUMBER, decimals=2), ENGLISH) == "2.50"
