"""Floors as people write them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.floors import parse_floor, parse_floors

HAN = "零一二三四五六七八九"


def han(number: int) -> str:
    """A number below 100 in Chinese."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{HAN[tens]}十") + (HAN[ones] if ones or not tens else "")


@pytest.mark.parametrize(
    ("text", "floors"),
    [
        ("7", (7, 0)), ("7.0", (7, 0)), (" 7 ", (7, 0)), ("７", (7, 0)), ("六层", (6, 0)), ("六", (6, 0)),
        ("两层", (2, 0)), ("十层", (10, 0)), ("二十三层", (23, 0)), ("廿四层", (24, 0)), ("一百零二层", (102, 0)),
        ("18F", (18, 0)), ("18f", (18, 0)), ("18层", (18, 0)), ("18楼", (18, 0)), ("共18层", (18, 0)),
        ("18 floors", (18, 0)), ("3 storeys", (3, 0)), ("1 storey", (1, 0)), ("6.5", (6, 0)), ("平房", (1, 0)),
        ("11+1", (12, 0)), ("11+1/-1", (12, 1)), ("G+6", (7, 0)), ("1-7", (7, 0)), ("地上18", (18, 0)),
        ("地上7地下1", (7, 1)), ("地上7层，地下1层", (7, 1)), ("地下一层 地上十八层", (18, 1)),
        ("7层(地下1层)", (7, 1)), ("地上18/地下2", (18, 2)), ("7/-1", (7, 1)), ("7F/-1F", (7, 1)), ("7F/B1", (7, 1)),
        ("18F+2D", (18, 2)),
        ("-2至18", (18, 2)), ("B2-18F", (18, 2)), ("-1F", (0, 1)), ("-1", (0, 1)), ("B1", (0, 1)), ("负一楼", (0, 1)),
    ],
)  # fmt: skip
def test_understood(text: str, floors: tuple[int, int]) -> None:
    """(above, below)."""
    assert parse_floor(text) == floors


@pytest.mark.parametrize(
    "text", ["", "多层", "高层", "7,8", "7 8", "7-1", "18/2", "0", "500", "-99", "abc", "层", "1e5"]
)
def test_not_understood(text: str) -> None:
    """Words without a figure, two figures that could mean anything, figures beyond any building."""
    assert parse_floor(text) is None


@given(above=st.integers(1, 99), below=st.integers(1, 9))
def test_every_form_of_a_building_agrees(above: int, below: int) -> None:
    """Figures, Chinese numbers, above and below, in either order."""
    assert parse_floor(f"{han(above)}层") == parse_floor(f"{above}F") == (above, 0)
    both = [f"地上{above}地下{below}", f"地上{han(above)}层，地下{han(below)}层", f"地下{below}层地上{above}层",
            f"{above}/-{below}", f"B{below}-{above}F", f"-{below}~{above}"]  # fmt: skip
    assert {parse_floor(text) for text in both} == {(above, below)}


@given(st.text(max_size=12))
def test_any_text_is_understood_or_not_but_never_fails(text: str) -> None:
    """No exception, and no floors beyond any building."""
    found = parse_floor(text)
    assert found is None or (0 <= found[0] <= 160 and 0 <= found[1] <= 15 and sum(found) > 0)


def test_column() -> None:
    """Aligned to the index; missing is missing, what is not understood has an issue with its row."""
    column = pd.Series(
        ["六层", None, 7.0, "多层", "", np.nan, 11, "地上7地下1"], index=range(2, 10), name="层数", dtype=object
    )
    floors = parse_floors(column)
    assert floors.above.tolist() == [6, pd.NA, 7, pd.NA, pd.NA, pd.NA, 11, 7]
    assert floors.below.fillna(-1).tolist() == [0, -1, 0, -1, -1, -1, 0, 1]
    assert list(floors.above.index) == list(column.index)
    assert [(i.row, i.column, i.params["value"]) for i in floors.issues] == [(5, "层数", "多层")]


@pytest.mark.parametrize("values", [[7, 8], [7.0, np.nan], ["7", None], pd.Series([7, None], dtype="Int64"), []])
def test_columns_of_any_type(values: object) -> None:
    """Whole numbers, fractions with gaps, texts, nullable numbers, nothing."""
    floors = parse_floors(values)  # type: ignore[arg-type]
    assert str(floors.above.dtype) == "Int64"
    assert floors.issues == []
