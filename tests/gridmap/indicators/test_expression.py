"""Expressions are arithmetic over named columns, and never code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.indicators.expression import ExpressionError, parse

COLUMNS = {"a": np.array([1.0, 2.0]), "b": np.array([4.0, 0.0]), "reported.births": np.array([3.0, 5.0])}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", [9, 2]),
        ("-(a - b) / 2", [1.5, -1]),
        ("a / b", [0.25, np.nan]),
        ("reported.births * 1000", [3000, 5000]),
        ("min(a, b, 3) + max(a, b)", [5, 2]),
        ("7", 7),
    ],
)
def test_arithmetic_over_columns(text: str, value: object) -> None:
    np.testing.assert_allclose(parse(text)(COLUMNS.__getitem__), np.asarray(value, dtype=float))


def test_an_age_range_is_the_sum_of_its_bands() -> None:
    assert parse("age(60)").names == {f"age_{band}" for band in ("60_64", "65_69", "70_74", "75_79", "80_84", "85_up")}
    assert parse("age(0, 14)").names == {"age_0_4", "age_5_9", "age_10_14"}
    ones = parse("age(15, 64)")(lambda _: np.ones(3))
    assert ones.tolist() == [10, 10, 10]


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "a.b.c", "a[0]", "a if b else c", "lambda: a", "a and b", "a ** b", "a // b", "'x'", "True",
        "f(a)", "min(a)", "min(a, key=b)", "age()", "age(a)", "age(3)", "age(0, 15)", "age(90)", "[a]", "a := b", "a b",
        "",
        "(" * 60 + "a" + ")" * 60 + "+" , "a" * 600, "-" * 200 + "a", "1 + " * 60 + "1j",
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert str(refused.value)


@given(st.text(alphabet="ab.0123456789+-*/() ,minaxge_[]'", max_size=40))
def test_any_text_is_an_expression_or_an_explained_fault(text: str) -> None:
    try:
        found = parse(text)
    except ExpressionError:
        return
    assert found(lambda _: np.ones(2)).dtype == np.float64
