"""Reconciliations as people check them: they close in every view, name everybody, and tell what was recorded late."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.changes.journal import recording
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.indicators.cache import SnapshotCache
from gridmap.indicators.flows import flows_between
from gridmap.indicators.past import end_of
from gridmap.indicators.reconciling import ELSEWHERE_WORD, LINES, RESTATED, Period, Reconciler
from gridmap.indicators.service import Figures
from gridmap.indicators.snapshot import Snapshot, load_snapshot
from gridmap.indicators.transitions import transitions_between
from gridmap.residents.models import PersonAttribute, Residence
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork, open_store
from tests.conftest import TEST_KEY
from tests.gridmap.indicators import oracle
from tests.gridmap.indicators.world import DAYS, START, Maker, World, fill, uuid

NewStore = Callable[[str], str]
SEEDS = st.integers(0, 2**32)
DAY = st.integers(-5, DAYS + 20).map(lambda days: START + timedelta(days=days))
SINCE = datetime(2025, 1, 1, tzinfo=UTC)


def filled(new_store_url: NewStore, world: World, engine: str = "sqlite") -> Store:
    store = open_store(new_store_url(engine), TEST_KEY)
    fill(store, world)
    return store


@settings(max_examples=15)
@given(seed=SEEDS, day=DAY, length=st.integers(0, 50))
def test_every_view_closes_and_names_everybody(new_store_url: NewStore, seed: int, day: date, length: int) -> None:
    """By the cells of then and of now: lines, parts, categories; the list behind a figure is as long as the figure."""
    world = Maker(seed).make()
    end = day + timedelta(days=length)
    store = filled(new_store_url, world)
    reconciler = Reconciler(store, Figures(SnapshotCache(store)))
    for area in world.areas:
        for cells in ("then", "now"):
            period = Period(uuid(area.key), day, end, cells)
            found = reconciler.statement(period)
            assert found.closes
            divided = end if cells == "now" else None
            assert found.lines.opening == len(oracle.people(world, area, day, divided))
            assert found.lines.closing == len(oracle.people(world, area, end))
            if cells == "now":
                assert found.lines.boundary_changes == 0
            for line in set(LINES) - {"corrections", "boundary_changes"}:
                assert len(reconciler.behind(period, line)) == getattr(found.lines, line), line
            for (before, after), count in found.changes.items():
                assert len(reconciler.behind(period, f"went_{before}.{after}")) == count
    store.close()


def everything(snapshot: Snapshot, world: World, start: date, end: date) -> dict[str, Any]:
    """Lines and categories of every area, by code."""
    flows = flows_between(snapshot, start, end)
    changes = transitions_between(snapshot, start, end)
    return {
        f"{area.code} {area.valid_from}": (flows.of(position), changes.of(position))
        for area in world.areas
        for position in [snapshot.areas.positions[uuid(area.key)]]
    }


def change_something(unit: UnitOfWork, rng: random.Random) -> None:
    """Record something late, in one of the ways in which the program records."""
    stays = [row for row in unit.session.scalars(sa.select(Residence)) if row.superseded_at is None and row.principal]
    states = [row for row in unit.session.scalars(sa.select(PersonAttribute)) if row.superseded_at is None]
    with recording(unit, None, "test.change", region=1):
        stay = rng.choice(stays)
        match rng.randint(0, 4):
            case 0:  # an end, written into the record
                stay.valid_to = stay.valid_from + timedelta(days=rng.randint(1, 60))
                stay.cause_out = rng.choice(["death", "move_out", "correction"])
            case 1:  # an end taken back
                stay.valid_to, stay.cause_out = None, None
            case 2:  # a record believed wrong and replaced
                stay.superseded_at = unit.now
                unit.session.flush()
                unit.session.add(
                    copy(stay, valid_from=stay.valid_from + timedelta(days=rng.randint(-20, 20)), now=unit.now)
                )
            case 3:  # a state that ended, and the next
                state = rng.choice(states)
                day = state.valid_from + timedelta(days=rng.randint(1, 40))
                state.valid_to = day
                unit.session.add(
                    PersonAttribute(region=state.region, person_id=state.person_id, name=state.name, valid_from=day,
                                    presence=rng.choice(["floating", "registered_present"]), recorded_at=unit.now)
                )  # fmt: skip
            case 4:  # a move of which we hear later
                day = stay.valid_from + timedelta(days=rng.randint(1, 40))
                other = rng.choice([row for row in stays if row.region == stay.region])
                stay.valid_to, stay.cause_out = day, "move_within"
                unit.session.flush()
                unit.session.add(copy(stay, valid_from=day, now=unit.now, place=other))
    unit.changed("register")


def copy(stay: Residence, *, valid_from: date, now: datetime, place: Residence | None = None) -> Residence:
    where = place or stay
    return Residence(
        region=stay.region, id=uuid7(), person_id=stay.person_id, dwelling_id=where.dwelling_id,
        building_id=where.building_id, area_id=where.area_id, relationship=stay.relationship, principal=True,
        valid_from=valid_from, valid_to=None, cause_in=stay.cause_in if place is None else "move_within",
        recorded_at=now,
    )  # fmt: skip


@settings(max_examples=8)
@given(seed=SEEDS)
def test_what_was_known_is_told_exactly_later(new_store_url: NewStore, seed: int) -> None:
    """After every late record the register as it was known before each of them tells what it told then."""
    check_past(new_store_url, seed, "sqlite", changes=6)


@pytest.mark.parametrize("seed", [3])
def test_what_was_known_is_told_by_a_server_too(new_store_url: NewStore, seed: int) -> None:
    """The same on PostgreSQL."""
    check_past(new_store_url, seed, "postgresql", changes=6)


def check_past(new_store_url: NewStore, seed: int, engine: str, changes: int) -> None:
    world, rng = Maker(seed).make(), random.Random(seed)
    if len([stay for stay in world.residences if stay.principal and not stay.superseded]) < 2:
        return
    store = filled(new_store_url, world, engine)
    start, end = START + timedelta(days=3), START + timedelta(days=DAYS)
    told: list[tuple[datetime, dict[str, Any]]] = []
    with time_machine.travel(SINCE, tick=False) as clock:
        for number in range(changes):
            clock.move_to(SINCE + timedelta(days=number))
            with store.read() as unit:
                told.append((unit.now + timedelta(hours=1), everything(load_snapshot(unit), world, start, end)))
            clock.move_to(SINCE + timedelta(days=number, hours=2))
            with store.write() as unit:
                change_something(unit, rng)
    with store.read() as unit:
        for moment, expected in told:
            assert everything(load_snapshot(unit, known_at=moment), world, start, end) == expected
        assert everything(load_snapshot(unit, known_at=datetime.now(UTC)), world, start, end) == everything(
            load_snapshot(unit), world, start, end
        )
    store.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_late_death_restates_the_period_and_names_the_person(new_store_url: NewStore, engine: str) -> None:
    """Reported on time: 0 deaths; heard of later: 1, one less at the end, and whose it is."""
    world = Maker(5).make()
    store = filled(new_store_url, world, engine)
    reconciler = Reconciler(store, Figures(SnapshotCache(store, poll_s=0)))
    start, end = START + timedelta(days=1), START + timedelta(days=DAYS)
    with time_machine.travel(SINCE, tick=False), store.write() as unit:
        area, stay = next(
            (area, row)
            for area in world.areas
            if area.parent is None
            for row in unit.session.scalars(sa.select(Residence).where(Residence.valid_to.is_(None)))
            if row.superseded_at is None and row.principal and row.valid_from < start and sole(unit, row.person_id)
            and row.person_id in {ref.id for ref in people(reconciler, Period(uuid(area.key), start, end), "closing")}
        )  # fmt: skip
        period = Period(uuid(area.key), start, end, known_on=(SINCE - timedelta(days=1)).date())
        before = reconciler.statement(period)
        assert (before.known, before.late) == (before.lines, 0)
        with recording(unit, None, "test.death", region=stay.region):
            stay.valid_to, stay.cause_out = start + timedelta(days=9), "death"
        unit.changed("register")
    after = reconciler.statement(period)
    assert after.known == before.lines
    assert (after.lines.deaths, after.lines.closing) == (before.lines.deaths + 1, before.lines.closing - 1)
    assert after.closes
    assert after.late == 1
    assert [ref.id for ref in people(reconciler, period, RESTATED)] == [stay.person_id]
    store.close()


def sole(unit: UnitOfWork, person_id: UUID) -> bool:
    return len(unit.session.scalars(sa.select(Residence.id).where(Residence.person_id == person_id)).all()) == 1


def people(reconciler: Reconciler, period: Period, figure: str) -> list[Any]:
    crowd = reconciler.behind(period, figure)
    return list(crowd.page(0, len(crowd)))


def test_what_cannot_be_reconciled_is_refused(new_store_url: NewStore) -> None:
    """No area, not one's own, an end before the beginning, unknown words."""
    world = Maker(5).make()
    store = filled(new_store_url, world)
    reconciler = Reconciler(store, Figures(SnapshotCache(store)))
    area = uuid(world.areas[0].key)
    with pytest.raises(NotFoundError):
        reconciler.statement(Period(uuid7(), START, START))
    with pytest.raises(NotFoundError):
        reconciler.statement(Period(area, START, START), visible=frozenset({uuid7()}))
    for period in (Period(area, START, START - timedelta(days=1)), Period(area, START, START, "other")):
        with pytest.raises(InvalidInputError):
            reconciler.statement(period)
    for figure in ("x", "went_x.floating", f"went_{ELSEWHERE_WORD}", "difference"):
        with pytest.raises(InvalidInputError):
            reconciler.behind(Period(area, START, START), figure)
    store.close()


def test_a_day_ends_where_the_offices_are() -> None:
    """Midnight in China is 16:00 UTC."""
    assert end_of(date(2026, 3, 31)) == datetime(2026, 3, 31, 16, tzinfo=UTC)
