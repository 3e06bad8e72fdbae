"""Rows that are repeated take along what refers to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.forms.shifting import Edit, Place, RowMap, shift_formula, shift_merges, shift_range

THREE = Edit(5, 5, 5, 5, 3)
"""Row 5 three times."""
PAIRS = Edit(4, 9, 5, 8, 2)
"""Rows 5 to 8 twice, rows 4 and 9 hold the marks."""


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUM(C5:C5)", "SUM(C5:C7)"),
        ("SUM(C2:C5)", "SUM(C2:C7)"),
        ("SUM($C$5:$C$5)/C6", "SUM($C$5:$C$7)/C8"),
        ("C4+C6", "C4+C8"),
        ("SUM(C:C)", "SUM(C:C)"),
        ("SUM(5:5)", "SUM(5:7)"),
        ("SUM(C6:C2)", "SUM(C8:C2)"),
        ("IF(A1=\"C5:C5\",'别表'!C6,表1!C6)", "IF(A1=\"C5:C5\",'别表'!C6,表1!C8)"),
        ("总数+LOG10(C6)", "总数+LOG10(C8)"),
    ],
)
def test_formulas_follow_their_rows(formula: str, expected: str) -> None:
    """Ranges that end in a repeated row reach to its last copy; texts, names and other sheets stay."""
    assert shift_formula(formula, Place("表1"), {"表1": RowMap((THREE,)), "别表": RowMap()}) == expected


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("C5/D5", "C7/D7"),
        ("C5/C6", "C7/C8"),
        ("SUM(C5:F5)", "SUM(C7:F7)"),
        ("SUM(C$5:C5)", "SUM(C$5:C7)"),
        ("C5/$C$2", "C7/$C$2"),
    ],
)
def test_formulas_of_a_copy_look_at_their_own_row(formula: str, expected: str) -> None:
    """Relative references to the repeated row are to the copy's own; all others mean what they meant."""
    assert shift_formula(formula, Place("表1", THREE, 2), {"表1": RowMap((THREE,))}) == expected


def test_rows_with_nothing_but_marks_give_way() -> None:
    """What stood below moves up or down by what became of the repeated part."""
    map_ = RowMap((PAIRS,))
    assert [map_.start(row) for row in (3, 5, 8, 10)] == [3, 4, 7, 12]
    assert [map_.end(row) for row in (3, 5, 8, 10)] == [3, 8, 11, 12]
    assert shift_range("B5:B8 C10", map_) == "B4:B11 C12"


def test_merged_cells_come_with_each_copy() -> None:
    """Merges inside are repeated, merges around grow, merges elsewhere move."""
    merges = [(1, 5, 2, 5), (1, 3, 1, 7), (3, 10, 4, 10)]
    assert shift_merges(merges, RowMap((THREE,))) == [
        (1, 5, 2, 5), (1, 6, 2, 6), (1, 7, 2, 7), (1, 3, 1, 9), (3, 12, 4, 12),
    ]  # fmt: skip


def test_free_rows_are_used_before_rows_are_added() -> None:
    """A table with ten empty rows keeps them for eight records and grows for twelve."""
    few, many = Edit(4, 13, 4, 4, 8, 10), Edit(4, 13, 4, 4, 12, 10)
    assert (RowMap((few,)).start(14), RowMap((many,)).start(14)) == (14, 16)
    assert shift_range("C4:C13", RowMap((many,))) == "C4:C15"


@given(
    first=st.integers(1, 40), spare=st.integers(0, 5), height=st.integers(1, 4), copies=st.integers(0, 30),
    rows=st.lists(st.integers(1, 80), min_size=2, max_size=2),
)  # fmt: skip
def test_order_is_kept(first: int, spare: int, height: int, copies: int, rows: list[int]) -> None:
    """No edit lets two rows change places, and a range never turns round."""
    edit = Edit(first, first + height - 1 + spare, first, first + height - 1, copies, height + spare if spare else 0)
    map_, (low, high) = RowMap((edit,)), sorted(rows)
    assert map_.start(low) <= map_.start(high)
    assert map_.end(low) <= map_.end(high)
    assert map_.start(low) <= map_.end(low)
    assert map_.start(edit.last + 1) == map_.begin(edit) + edit.out
