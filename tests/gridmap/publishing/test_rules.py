"""Nobody who solves the published lines comes close to a number that was withheld."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import lil_matrix

from gridmap.publishing.rules import BASE, PERSONS, Lines, Published, protect

Ints = NDArray[np.int64]


def table(cells: Ints, groups: int) -> tuple[Ints, Lines]:
    """A district of communities of cells × categories, with every total: its counts and its lines.

    ``cells``: (cells, categories); the cells are dealt out to ``groups`` communities.
    """
    owner = np.arange(len(cells)) % groups
    communities = np.array([cells[owner == group].sum(axis=0) for group in range(groups)])
    areas = np.vstack([cells, communities, communities.sum(axis=0)])
    whole = np.column_stack([areas, areas.sum(axis=1)])
    width = whole.shape[1]
    at = np.arange(whole.size).reshape(whole.shape)
    first, last = len(cells), len(whole) - 1
    total, parts = [], []
    for column in range(width):
        for group in range(groups):
            total.append(int(at[first + group, column]))
            parts.append(tuple(at[: len(cells)][owner == group][:, column].tolist()))
        total.append(int(at[last, column]))
        parts.append(tuple(at[first:last, column].tolist()))
    for row in range(len(whole)):
        total.append(int(at[row, -1]))
        parts.append(tuple(at[row, :-1].tolist()))
    return whole.ravel(), Lines(tuple(total), tuple(parts))


def attack(counts: Ints, lines: Lines, published: Published, most: int | None = None) -> list[tuple[int, float, float]]:
    """The least and the greatest that each withheld count can be, by linear programming over all lines at once;
    ``most`` of them, drawn at random."""
    matrix = lil_matrix((len(lines), len(counts)))
    for number, (total, parts) in enumerate(zip(lines.total, lines.parts, strict=True)):
        matrix[number, total] = -1
        for part in parts:
            matrix[number, part] = 1
    half = BASE // 2
    limits = [
        (0, None) if hidden else (max(value - half, 0), value + half)
        for value, hidden in zip(published.value.tolist(), published.withheld.tolist(), strict=True)
    ]
    found = []
    aims = np.flatnonzero(published.withheld)
    if most is not None and len(aims) > most:
        aims = np.random.default_rng(3).choice(aims, most, replace=False)
    for position in aims.tolist():
        aim = np.zeros(len(counts))
        ends = []
        for sign in (1, -1):
            aim[position] = sign
            solved = linprog(aim, A_eq=matrix.tocsr(), b_eq=np.zeros(len(lines)), bounds=limits, method="highs")
            ends.append(np.inf if solved.status == 3 else sign * solved.fun)
        found.append((position, ends[0], ends[1]))
    return found


def told(counts: Ints, found: list[tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """The withheld counts that an attacker knows to within two."""
    return [
        (int(counts[position]), low, high)
        for position, low, high in found
        if low >= counts[position] - 2 - 1e-6 and high <= counts[position] + 2 + 1e-6
    ]


@given(st.integers(0, 10_000), st.integers(2, 9), st.integers(2, 4), st.integers(1, 3), st.sampled_from([6, 20, 60]))
@settings(max_examples=40, deadline=None)
def test_no_withheld_count_is_told_to_within_two(
    seed: int, cells: int, categories: int, groups: int, mean: int
) -> None:
    random = np.random.default_rng(seed)
    counts, lines = table(random.poisson(mean, (cells, categories)).astype(np.int64), min(groups, cells))
    published = protect(counts, lines)
    assert (published.withheld >= ((counts > 0) & (counts < PERSONS))).all()
    assert told(counts, attack(counts, lines, published)) == []


def test_what_is_large_and_safe_is_published_rounded() -> None:
    counts, lines = table(np.full((4, 3), 120, dtype=np.int64), 2)
    published = protect(counts, lines)
    assert not published.withheld.any()
    assert (published.value % BASE == 0).all()
    assert (abs(published.value - counts) <= 2).all()


def test_one_small_count_takes_others_with_it_and_never_everything() -> None:
    cells = np.full((6, 3), 200, dtype=np.int64)
    cells[0, 0] = 4
    counts, lines = table(cells, 2)
    published = protect(counts, lines)
    assert published.primary.sum() == 1
    assert 1 <= published.withheld.sum() <= 6


def test_the_same_counts_are_published_the_same_way() -> None:
    random = np.random.default_rng(5)
    counts, lines = table(random.poisson(15, (8, 4)).astype(np.int64), 2)
    first, second = protect(counts, lines), protect(counts.copy(), lines)
    assert (first.withheld == second.withheld).all()


@pytest.mark.parametrize("threshold", [3, 10])
def test_nobody_is_no_small_number(threshold: int) -> None:
    counts, lines = table(np.zeros((3, 2), dtype=np.int64), 1)
    assert not protect(counts, lines, threshold).withheld.any()
