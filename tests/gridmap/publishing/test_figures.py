"""What is published of a town cannot be solved for what was withheld, whatever tables are laid side by side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from gridmap.publishing.figures import person_counts, protected, published
from gridmap.publishing.rules import PERSONS
from tests.gridmap.publishing.test_rules import attack, told
from tests.gridmap.town import AS_OF, NewStore, Town, town_in


@pytest.fixture(scope="module")
def town(new_store_url: NewStore) -> Iterator[Town]:
    with town_in(new_store_url("sqlite")) as made:
        yield made


def test_the_lines_are_true_of_the_counts(town: Town) -> None:
    table = town.assessment.figures.table(AS_OF)
    names = person_counts()
    _, lines = protected(table, names, PERSONS)
    counts = np.vstack(
        [np.column_stack([table[name] for name in names]), np.column_stack([table.own_line(name) for name in names])]
    ).ravel()
    for total, parts in zip(lines.total, lines.parts, strict=True):
        assert counts[total] == counts[list(parts)].sum()


def test_small_counts_are_missing_and_the_rest_is_rounded(town: Town) -> None:
    table = town.assessment.figures.table(AS_OF)
    found = published(table)
    for name in person_counts():
        column, counts = found.frame[name], table[name]
        small = (counts > 0) & (counts < PERSONS)
        assert column[small].isna().all(), name
        shown = column.notna().to_numpy()
        assert (abs(column[shown].astype(int).to_numpy() - counts[shown]) <= 2).all()
    assert 0 < found.withheld < found.of


def test_no_withheld_count_of_the_town_is_told_to_within_two(town: Town) -> None:
    """Every published count of persons, of every area of every level, laid side by side."""
    table = town.assessment.figures.table(AS_OF)
    names = person_counts()
    result, lines = protected(table, names, PERSONS)
    counts = np.vstack(
        [np.column_stack([table[name] for name in names]), np.column_stack([table.own_line(name) for name in names])]
    ).ravel().astype(np.int64)  # fmt: skip
    assert told(counts, attack(counts, lines, result, most=60)) == []
