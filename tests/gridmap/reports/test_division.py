"""An area divided by a level never loses or doubles anybody, whatever its history."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.indicators.cells import area_table
from gridmap.indicators.registry import shipped_registry
from gridmap.indicators.snapshot import load_snapshot
from gridmap.reports.division import divide
from gridmap.store.store import open_store
from tests.conftest import TEST_KEY
from tests.gridmap.indicators.world import DAYS, START, Maker, fill
from tests.gridmap.town import NewStore

LEVELS = ("district", "street", "community", "cell")


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), days=st.integers(0, DAYS), level=st.sampled_from(LEVELS))
def test_rows_add_up_to_every_area_that_is_divided(new_store_url: NewStore, seed: int, days: int, level: str) -> None:
    """Areas of the level and own lines together are the area, for every count and every area above the level."""
    store = open_store(new_store_url("sqlite"), TEST_KEY)
    try:
        fill(store, Maker(seed).make())
        with store.read() as unit:
            snapshot = load_snapshot(unit)
    finally:
        store.close()
    table = area_table(snapshot, START + timedelta(days=days), shipped_registry().terms())
    tree = snapshot.areas
    for row, position in enumerate(table.rows.tolist()):
        if LEVELS.index(tree.levels[position]) > LEVELS.index(level):
            continue
        division = divide(table, level, tree.below(position))
        total = division.level.counts.sum(axis=0) + division.own.counts.sum(axis=0)
        assert np.array_equal(total, table.counts[row])
