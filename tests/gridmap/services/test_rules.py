"""Conditions of eligibility judge what is known, say where it is not, and are never code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.services.rules import ConditionError, parse_condition

# Four residents: a widow of 70, a man of 64 who is away, a child let in, somebody of whom little is known.
PEOPLE = {
    "age": np.array([70.0, 64.0, 3.0, np.nan]),
    "sex": np.array([2, 1, 1, 2]),
    "presence": np.array([1, 2, 3, 0]),
    "marital": np.array([3, 2, 1, 0]),
    "tenure": np.array([1, 1, 2, 0]),
}


@pytest.mark.parametrize(
    ("text", "yes", "unknown"),
    [
        ("age >= 65", [0], [3]),
        ("60 <= age < 70", [1], [3]),
        ("sex == 'female'", [0, 3], []),
        ("presence in ('registered_present', 'floating')", [0, 2], [3]),
        ("presence not in ('registered_away',)", [0, 2], [3]),
        ("age >= 65 and sex == 'female'", [0], [3]),
        ("age >= 65 or sex == 'female'", [0, 3], []),
        ("age < 6 or tenure != 'owner'", [2], [3]),
        ("not (age >= 65)", [1, 2], [3]),
        ("age >= 65 and sex == 'male'", [], []),
    ],
)
def test_what_is_not_known_is_neither_so_nor_not_so(text: str, yes: list[int], unknown: list[int]) -> None:
    found = parse_condition(text)(PEOPLE)
    assert np.flatnonzero(found.yes).tolist() == yes
    assert np.flatnonzero(found.unknown).tolist() == unknown
    assert not (found.yes & found.no).any()


@pytest.mark.parametrize(
    "text",
    [
        "", "age", "65", "age >= '65'", "age in (1, 2)", "sex == 'other'", "sex >= 'male'", "sex in 'male'",
        "sex in ()",
        "name == 'x'", "age == age", "age >= height", "f(age) > 3", "age >= 65 if age else 0", "age.real > 3",
        "pregnant == 'yes'", "__import__('os') == 1", "'male' in sex", "x" * 600, "not " * 40 + "age > 1",
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse_condition(text)
    assert str(refused.value)


ATOMS = st.sampled_from(["age >= 65", "age < 18", "sex == 'male'", "presence != 'floating'", "marital in ('widowed',)"])
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda text: f"(not {text})"),
    ),
    max_leaves=6,
)


@given(CONDITIONS)
def test_every_resident_is_judged_once_and_not_turns_it_round(text: str) -> None:
    found, turned = parse_condition(text)(PEOPLE), parse_condition(f"not {text}")(PEOPLE)
    assert (found.yes.astype(int) + found.no + found.unknown == 1).all()
    assert (found.yes == turned.no).all()
    assert (found.unknown == turned.unknown).all()
