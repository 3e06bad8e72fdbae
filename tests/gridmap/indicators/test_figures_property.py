"""Figures over random small histories, against figures counted a second time one record after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.indicators.cells import area_table, count_names
from gridmap.indicators.flows import Flow, flows_between
from gridmap.indicators.occupancy import population_at
from gridmap.indicators.registry import shipped_registry
from gridmap.indicators.snapshot import Snapshot, load_snapshot
from gridmap.indicators.transitions import ELSEWHERE, transitions_between
from gridmap.store.store import open_store
from tests.conftest import TEST_KEY
from tests.gridmap.indicators import oracle
from tests.gridmap.indicators.world import DAYS, START, Maker, World, fill, uuid

TERMS = shipped_registry().terms((30,))
NewStore = Callable[[str], str]
SEEDS = st.integers(0, 2**32)
DAY = st.integers(-5, DAYS + 40).map(lambda days: START + timedelta(days=days))


@contextmanager
def snapshot_of(new_store_url: NewStore, world: World, engine: str = "sqlite") -> Iterator[Snapshot]:
    store = open_store(new_store_url(engine), TEST_KEY)
    try:
        fill(store, world)
        with store.read() as unit:
            yield load_snapshot(unit)
    finally:
        store.close()


def all_counts(snapshot: Snapshot, world: World, day: date) -> dict[str, dict[str, int]]:
    """Every count that is not nothing, by code and beginning of each area in force."""
    table = area_table(snapshot, day, TERMS)
    result = {}
    for area in world.areas:
        if oracle.valid(area.valid_from, area.valid_to, day):
            row = table.row_of(snapshot.areas.positions[uuid(area.key)])
            counts = dict(zip(table.names, table.counts[row].tolist(), strict=True))
            result[area.code] = {name: count for name, count in counts.items() if count}
    return result


@settings(max_examples=50)
@given(seed=SEEDS, day=DAY)
def test_every_count_of_every_area(new_store_url: NewStore, seed: int, day: date) -> None:
    """Population, ages, presence, households and dwellings are what a patient clerk would count."""
    world = Maker(seed).make()
    with snapshot_of(new_store_url, world) as snapshot:
        found = all_counts(snapshot, world, day)
    expected = {
        area.code: oracle.counts(world, area, day, TERMS.unverified_days, TERMS.windows)
        for area in world.areas
        if oracle.valid(area.valid_from, area.valid_to, day)
    }
    assert found == expected


@settings(max_examples=35)
@given(seed=SEEDS, day=DAY, length=st.integers(0, 50))
def test_reconciliation(new_store_url: NewStore, seed: int, day: date, length: int) -> None:
    """For any two dates every line is what happened, and it closes in every area that ever was."""
    world = Maker(seed).make()
    end = day + timedelta(days=length)
    with snapshot_of(new_store_url, world) as snapshot:
        flows = flows_between(snapshot, day, end)
        for area in world.areas:
            position = snapshot.areas.positions[uuid(area.key)]
            found = flows.of(position)
            assert found.difference == 0
            assert found.opening == len(oracle.people(world, area, day))
            assert found.closing == len(oracle.people(world, area, end))
            lines = {flow.name.lower(): getattr(found, flow.name.lower()) for flow in Flow}
            assert {name: n for name, n in lines.items() if n} == oracle.flows(world, area, day, end)
            for flow in (Flow.BIRTHS, Flow.DEATHS, Flow.MOVES_IN, Flow.MOVES_OUT):
                assert len(flows.residences_behind(position, flow)) == lines[flow.name.lower()]


@settings(max_examples=25)
@given(seed=SEEDS, day=DAY, length=st.integers(0, 50))
def test_changes_of_category(new_store_url: NewStore, seed: int, day: date, length: int) -> None:
    """Every person of an area stands in one field; rows add up to the opening, columns to the closing population."""
    world = Maker(seed).make()
    end = day + timedelta(days=length)
    with snapshot_of(new_store_url, world) as snapshot:
        found = transitions_between(snapshot, day, end)
        opening, closing = population_at(snapshot, day), population_at(snapshot, end)
    for area in world.areas:
        position = snapshot.areas.positions[uuid(area.key)]
        assert found.of(position) == oracle.transitions(world, area, day, end)
        table = found.table[position]
        assert table[:ELSEWHERE].sum() == opening[position]
        assert table[:, :ELSEWHERE].sum() == closing[position]


@settings(max_examples=25)
@given(seed=SEEDS, day=DAY, divided=DAY)
def test_sums_up_the_tree(new_store_url: NewStore, seed: int, day: date, divided: date) -> None:
    """Children and the area's own line add up to the area, whatever is counted and whatever day divides it."""
    world = Maker(seed).make()
    with snapshot_of(new_store_url, world) as snapshot:
        table = area_table(snapshot, day, TERMS, divided)
        tree = snapshot.areas
        for row, position in enumerate(table.rows.tolist()):
            children = table.take(tree.children(position, table.occupancy.divided_on))
            assert (children.counts.sum(axis=0) + table.own[row] == table.counts[row]).all()
        assert table["population"].tolist() == population_at(snapshot, day, divided)[table.rows].tolist()
        for area in world.areas:
            if oracle.valid(area.valid_from, area.valid_to, divided):
                row = table.row_of(tree.positions[uuid(area.key)])
                assert table["population"][row] == len(oracle.people(world, area, day, divided))


def test_both_engines_give_the_same(new_store_url: NewStore) -> None:
    """The same register read from a file and from a server gives the same figures, and a later part of it too."""
    for seed in range(4):
        world = Maker(seed).make()
        with snapshot_of(new_store_url, world) as one, snapshot_of(new_store_url, world, "postgresql") as two:
            for day in (START, START + timedelta(days=30), START + timedelta(days=DAYS)):
                assert all_counts(one, world, day) == all_counts(two, world, day)
            first, second = (flows_between(s, START, START + timedelta(days=DAYS)) for s in (one, two))
            assert first.lines.tolist() == second.lines.tolist()
            assert one.parted == two.parted


def test_names_of_counts_are_those_of_a_table(new_store_url: NewStore) -> None:
    """What definitions may refer to is exactly what a table has; an empty register has a table too."""
    with snapshot_of(new_store_url, World()) as snapshot:
        table = area_table(snapshot, START, TERMS)
    assert table.names == count_names(TERMS)
    assert len(table) == 0
