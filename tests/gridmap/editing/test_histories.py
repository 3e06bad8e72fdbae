"""Random histories of events: every figure of every area closes, over the whole time and over every part of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.accounts.actor import Actor
from gridmap.changes import service as changes
from gridmap.editing import events, households
from gridmap.editing.errors import FormFaultsError
from gridmap.editing.events import Entry
from gridmap.editing.saving import Event, Saved
from gridmap.errors import NotFoundError
from gridmap.residents.models import Household, Person, Residence
from gridmap.store.ids import uuid7
from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, UnitOfWork, open_store
from tests.conftest import ENGINES
from tests.gridmap.editing.town import act, event, open_residence, reconciled
from tests.web.sample import Sample, make_sample

REFUSED = (FormFaultsError, NotFoundError, changes.ChangedSinceError)
SPANS = ((400, 0), (400, 200), (200, 100), (100, 30), (30, 0))
"""Parts of the time, days ago."""


@dataclass
class History:
    """What happens in the sample, one step after the other; what the register refuses does not happen."""

    store: Store
    sample: Sample
    made: list[UUID] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)

    def step(self, what: str, day: date, which: int) -> None:
        """One step; ``which`` chooses whom and where to."""
        try:
            with self.store.write() as unit:
                saved = STEPS[what](self, Moment(unit, self.sample, day, which))
                if saved is not None and saved.change_id is not None:
                    self.made.append(saved.change_id)
                    self.happened[what] += 1
        except REFUSED:
            return

    def undo(self, at: Moment) -> Saved | None:
        """Take the last step back."""
        if self.made:
            changes.undo(at.unit, at.actor, self.made.pop())
            self.happened["undo"] += 1
        return None


class Moment:
    """Somebody, somewhere, on a day."""

    def __init__(self, unit: UnitOfWork, sample: Sample, day: date, which: int) -> None:
        self.unit, self.day, self.which = unit, day, which
        self.actor: Actor = act(unit, sample, "manager")
        self.event: Event = event(day)
        people = sorted(unit.session.scalars(sa.select(Person.id).where(Person.region == 1)), key=str)
        self.person = people[which * 7 % len(people)]
        residence = open_residence(unit, self.person)
        self.dwelling = residence.dwelling_id if residence else None
        self.home = (residence.household_id if residence else None) or uuid7()
        rooms = [d.id for cell in ("c1", "c2", "c3") for b in sample.buildings[cell] for d in sample.dwellings[b.id]]
        self.room = rooms[which * 5 % len(rooms)]
        there = unit.session.scalars(sa.select(Household.id).where(Household.dwelling_id == self.room))
        self.hosts = [household for household in there if household != self.home]


def birth(_: History, at: Moment) -> Saved | None:
    """A child in the household of somebody."""
    child = {"name": "新", "birth_date": at.day.isoformat()}
    dwelling = at.dwelling or uuid7()
    return events.record_birth(at.unit, at.actor, 1, dwelling, at.home, child, at.event.key)


def within(_: History, at: Moment) -> Saved | None:
    """To another room, alone or into a household there."""
    entry = Entry(at.hosts[0]) if at.hosts and at.which % 2 else None
    return events.record_move_within(at.unit, at.actor, 1, [at.person], at.room, entry, at.event)


def merge(_: History, at: Moment) -> Saved | None:
    """Into a household of the same room."""
    if not at.hosts:
        return None
    return households.merge_households(at.unit, at.actor, 1, at.home, at.hosts[0], {}, at.event)


def correct(_: History, at: Moment) -> Saved | None:
    """Another day, or another room too."""
    room = at.room if at.which % 2 else None
    return events.correct_residence(at.unit, at.actor, 1, at.person, room, at.day, at.event.key)


STEPS: dict[str, Callable[[History, Moment], Saved | None]] = {
    "birth": birth,
    "death": lambda _, at: events.record_death(at.unit, at.actor, 1, at.person, at.event),
    "out": lambda _, at: events.record_move_out(at.unit, at.actor, 1, [at.person], at.event),
    "back": lambda _, at: events.record_move_in(at.unit, at.actor, 1, at.room, at.person, Entry(), at.event),
    "within": within,
    "split": lambda _, at: households.split_household(at.unit, at.actor, 1, at.home, {at.person: ""}, "", at.event),
    "merge": merge,
    "correct": correct,
    "strike": lambda _, at: events.strike_out(at.unit, at.actor, 1, at.person, at.event),
    "undo": History.undo,
}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_reconciliation_closes_after_any_history(
    engine: str, new_store_url: Callable[[str], str], store_key: MasterKey
) -> None:
    """Whatever happens to whom, in whatever order, recorded late or not: opening and closing of every area meet, and
    nobody lives in two places at once."""
    store = open_store(new_store_url(engine), store_key)
    history = History(store, make_sample(store))
    today = history.sample.today

    @settings(max_examples=12 if engine == "sqlite" else 4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.sampled_from(list(STEPS)), st.integers(0, 400), st.integers(0, 99)), max_size=12))
    def live(steps: list[tuple[str, int, int]]) -> None:
        for what, ago, which in steps:
            history.step(what, today - timedelta(days=ago), which)
        for start, end in SPANS:
            lines = reconciled(store, history.sample, *(today - timedelta(days=ago) for ago in (start, end)))
            assert {key: line.difference for key, line in lines.items() if line.difference} == {}
        with store.read() as unit:
            assert overlaps(unit) == 0

    try:
        live()
    finally:
        store.close()
    # Histories in which the register refused nearly everything would prove nothing.
    assert len(history.happened) >= len(STEPS) // 2, history.happened


def overlaps(unit: UnitOfWork) -> int:
    """How often two principal residences of one person hold on one day."""
    query = sa.select(Residence.person_id, Residence.valid_from, Residence.valid_to).where(
        Residence.superseded_at.is_(None), Residence.principal
    )
    last = date.max
    rows = sorted((str(row[0]), row[1], row[2] or last) for row in unit.session.execute(query))
    held = [row for row in rows if row[1] < row[2]]
    return sum(one[0] == other[0] and one[2] > other[1] for one, other in pairwise(held))
