"""Dated events: what they write, what they refuse, and that every figure closes after each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.audit import service as audit
from gridmap.changes import service as changes
from gridmap.editing import events, households
from gridmap.editing.errors import FormFaultsError
from gridmap.editing.events import Entry
from gridmap.editing.saving import Saved
from gridmap.errors import NotFoundError, PermissionDeniedError
from gridmap.residents.models import Household, Person, PersonAttribute, Residence
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork
from tests.gridmap.editing.town import act, event, fingerprint, on_each_store, open_residence, reconciled
from tests.web.sample import Sample, Someone, make_sample


@pytest.fixture
def sample(store: Store) -> Sample:
    """The small register, on each engine."""
    return make_sample(store)


def household_of(unit: UnitOfWork, someone: Someone) -> UUID:
    """The household of somebody."""
    found = open_residence(unit, someone.id)
    assert found is not None
    assert found.household_id is not None
    return found.household_id


def vacant_room(sample: Sample, cell: str) -> UUID:
    """A room in which nobody lives."""
    return sample.dwellings[sample.buildings[cell][0].id][5].id


def test_a_birth_adds_one_person_and_one_birth(store: Store, sample: Sample) -> None:
    """The register holds of the child what was said of it, and counts it from its birth on."""
    parent = sample.of("c1")[0]
    born = sample.today - timedelta(days=3)
    child = {"name": "", "sex": "2", "birth_date": born.isoformat(), "relationship": "30"}
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        home = household_of(unit, parent)
        saved = events.record_birth(unit, worker, 1, parent.dwelling_id or uuid7(), home, child, uuid7())
        assert saved.record_id is not None
        person = unit.session.get_one(Person, (1, saved.record_id))
        assert (person.sex, person.birth_date, person.id_number) == ("2", born, None)
        attribute = unit.session.scalars(sa.select(PersonAttribute).where(PersonAttribute.person_id == person.id)).one()
        filled = {c.name for c in PersonAttribute.__table__.columns if getattr(attribute, c.name) is not None}
        assert filled == {"region", "id", "person_id", "valid_from", "recorded_at", "batch_id"}
        residence = open_residence(unit, person.id)
        assert residence is not None
        assert (residence.valid_from, residence.cause_in, residence.household_id) == (born, "birth", home)
    figures = reconciled(store, sample, born - timedelta(days=1), sample.today)
    assert [(figures[k].births, figures[k].difference) for k in ("c1", "k1", "a", "c3")] == [(1, 0)] * 3 + [(0, 0)]


def test_a_birth_lies_in_the_past(store: Store, sample: Sample) -> None:
    """No day, a day in the future, and a day before the register's time are refused beside the field."""
    parent = sample.of("c1")[0]
    for born in ("", (sample.today + timedelta(days=1)).isoformat(), "1900-01-01"):
        child = {"name": "新", "birth_date": born}
        with store.write() as unit, pytest.raises(FormFaultsError) as refused:
            events.record_birth(
                unit, act(unit, sample, "worker1"), 1, parent.dwelling_id or uuid7(), household_of(unit, parent), child,
                uuid7(),
            )  # fmt: skip
        assert [fault.field for fault in refused.value.faults] == ["birth_date"]


@on_each_store
def test_a_death_ends_every_residence_and_asks_for_a_head(store: Store, sample: Sample) -> None:
    """Also the second home; the household that stays without a head is named as work left to do."""
    head = sample.of("c1")[0]
    with store.write() as unit:
        second = sample.dwellings[sample.buildings["c2"][0].id][0]
        unit.session.add(
            Residence(region=1, person_id=head.id, dwelling_id=second.id, building_id=second.building_id,
                      principal=False, valid_from=date(2024, 3, 1), recorded_at=unit.now)
        )  # fmt: skip
    day = sample.today - timedelta(days=1)
    with store.write() as unit:
        saved = events.record_death(unit, act(unit, sample, "worker1"), 1, head.id, event(day))
        assert open_residence(unit, head.id) is None
        assert len(saved.notes) == 1
    figures = reconciled(store, sample, day - timedelta(days=1), sample.today)
    assert [(figures[k].deaths, figures[k].difference) for k in ("c1", "a", "c2")] == [(1, 0), (1, 0), (0, 0)]


def test_moving_out_and_coming_back_is_the_same_person(store: Store, sample: Sample) -> None:
    """Out is a move out, back a move in; in between the person is in no figure, and no second record is made."""
    someone = sample.of("c1")[1]
    left, back = sample.today - timedelta(days=20), sample.today - timedelta(days=5)
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        before = unit.session.scalar(sa.select(sa.func.count()).select_from(Person))
        events.record_move_out(unit, worker, 1, [someone.id], event(left))
        with pytest.raises(FormFaultsError) as early:
            events.record_move_in(
                unit, worker, 1, vacant_room(sample, "c1"), someone.id, Entry(), event(left - timedelta(days=1))
            )
        assert early.value.faults[0].field == "on"
        events.record_move_in(unit, worker, 1, vacant_room(sample, "c1"), someone.id, Entry(number="新户"), event(back))
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(Person)) == before
    line = reconciled(store, sample, left - timedelta(days=1), sample.today)["c1"]
    assert (line.moves_out, line.moves_in, line.closing - line.opening, line.difference) == (1, 1, 0, 0)


def test_who_lives_here_or_has_died_does_not_move_in(store: Store, sample: Sample) -> None:
    """The one moves within, the other is undone first."""
    here, dead = sample.of("c1")[:2]
    room = vacant_room(sample, "c1")
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        events.record_death(unit, worker, 1, dead.id, event(sample.today))
        for person in (here, dead):
            with pytest.raises(FormFaultsError) as refused:
                events.record_move_in(unit, worker, 1, room, person.id, Entry(), event(sample.today))
            assert refused.value.faults[0].field == "who"


@on_each_store
def test_a_whole_household_takes_itself_along(store: Store, sample: Sample) -> None:
    """All members keep their household, which is in the new room from then on; the community saw no move."""
    members = sample.of("c1")[:2]
    target = vacant_room(sample, "c2")
    day = sample.today - timedelta(days=2)
    with store.write() as unit:
        officer = act(unit, sample, "community")
        home = household_of(unit, members[0])
        events.record_move_within(unit, officer, 1, [m.id for m in members], target, None, event(day))
        assert {household_of(unit, member) for member in members} == {home}
        assert unit.session.get_one(Household, (1, home)).dwelling_id == target
    figures = reconciled(store, sample, day - timedelta(days=1), sample.today)
    assert (figures["c1"].moves_out, figures["c2"].moves_in) == (2, 2)
    assert (figures["k1"].moves_out, figures["k1"].moves_in, figures["k1"].difference) == (0, 0, 0)


def test_some_of_a_household_found_a_new_one_or_join_another(store: Store, sample: Sample) -> None:
    """Without a household at the new place theirs is new; with one they join it, with the relationship given."""
    (first, second), host = sample.of("c1")[:2], sample.of("c1")[4]
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        old, joined = household_of(unit, first), household_of(unit, host)
        events.record_move_within(
            unit, worker, 1, [second.id], vacant_room(sample, "c1"), None, event(sample.today - timedelta(days=9))
        )
        fresh = household_of(unit, second)
        assert fresh not in (old, joined)
        events.record_move_within(
            unit, worker, 1, [second.id], host.dwelling_id or uuid7(), Entry(joined, "", "97"), event(sample.today)
        )
        residence = open_residence(unit, second.id)
        assert residence is not None
        assert (residence.household_id, residence.relationship) == (joined, "97")


def test_nobody_moves_to_where_they_are_or_before_they_came(store: Store, sample: Sample) -> None:
    """Each is said beside its field, and nothing is written."""
    someone = sample.of("c1")[0]
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        before = fingerprint(unit)
        for room, day, name in (
            (someone.dwelling_id, sample.today, "to"),
            (vacant_room(sample, "c1"), date(2024, 3, 1), "on"),
            (vacant_room(sample, "c1"), sample.today + timedelta(days=1), "on"),
        ):
            with pytest.raises(FormFaultsError) as refused:
                events.record_move_within(unit, worker, 1, [someone.id], room or uuid7(), None, event(day))
            assert refused.value.faults[0].field == name
            unit.session.rollback()
        assert fingerprint(unit) == before


@on_each_store
def test_splitting_and_merging_a_household_moves_nobody(store: Store, sample: Sample) -> None:
    """No area sees anything of it; after both all are in one household again."""
    head, other = sample.of("c1")[:2]
    split_on, merged_on = sample.today - timedelta(days=8), sample.today - timedelta(days=4)
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        home = household_of(unit, head)
        saved = households.split_household(unit, worker, 1, home, {other.id: "02"}, "3-2", event(split_on))
        assert saved.record_id == household_of(unit, other) != home
        assert saved.notes == ()
        merged = households.merge_households(unit, worker, 1, saved.record_id, home, {other.id: "12"}, event(merged_on))
        assert merged.change_id is not None
        residence = open_residence(unit, other.id)
        assert residence is not None
        assert (residence.household_id, residence.relationship) == (home, "12")
    for start, end in ((split_on - timedelta(days=1), sample.today), (split_on, merged_on)):
        for line in reconciled(store, sample, start, end).values():
            assert (line.moves_in, line.moves_out, line.corrections, line.difference) == (0, 0, 0, 0)
            assert line.opening == line.closing


def test_a_household_has_one_head(store: Store, sample: Sample) -> None:
    """Two are refused wherever they come from."""
    head, other = sample.of("c1")[:2]
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        home = household_of(unit, head)
        base = households.household_values(unit, 1, home)
        with pytest.raises(FormFaultsError):
            households.edit_household(unit, worker, 1, home, base, {**base, str(other.id): "01"}, uuid7())
        everybody = {head.id: "02", other.id: "12"}
        with pytest.raises(FormFaultsError):
            households.split_household(unit, worker, 1, home, everybody, "", event(sample.today))
        households.edit_household(
            unit, worker, 1, home, base, {str(head.id): "51", str(other.id): "02", "number": "0007"}, uuid7()
        )
        assert households.household_values(unit, 1, home) == {"number": "0007", str(head.id): "51", str(other.id): "02"}


def test_a_correction_of_the_day_restates_the_past(store: Store, sample: Sample) -> None:
    """Somebody lives here for longer than was believed: the earlier figure is another one now, the old belief stays."""
    someone = sample.of("c1")[0]
    earlier = date(2023, 5, 1)
    with store.write() as unit:
        events.correct_residence(unit, act(unit, sample, "worker1"), 1, someone.id, None, earlier, uuid7())
        rows = list(unit.session.scalars(sa.select(Residence).where(Residence.person_id == someone.id)))
        assert sorted((row.valid_from, row.superseded_at is None) for row in rows) == [
            (earlier, True), (date(2024, 3, 1), False),
        ]  # fmt: skip
    line = reconciled(store, sample, date(2023, 12, 31), sample.today)["c1"]
    assert (line.opening, line.difference) == (1, 0)


def test_who_never_was_here_is_a_correction_of_the_count(store: Store, sample: Sample) -> None:
    """Neither a death nor a move: the line of corrections."""
    someone = sample.of("c1")[0]
    with store.write() as unit:
        events.strike_out(unit, act(unit, sample, "worker1"), 1, someone.id, event(sample.today))
    line = reconciled(store, sample, sample.today - timedelta(days=1), sample.today)["c1"]
    assert (line.corrections, line.moves_out, line.deaths, line.difference) == (-1, 0, 0, 0)


@on_each_store
def test_events_are_for_those_who_keep_the_records_and_their_areas(store: Store, sample: Sample) -> None:
    """Other roles may not at all; persons, rooms and households elsewhere do not exist."""
    here, there = sample.of("c1")[0], sample.of("c3")[0]
    with store.write() as unit:
        for username in ("district", "analyst", "auditor", "admin", "nobody"):
            with pytest.raises(PermissionDeniedError):
                events.record_death(unit, act(unit, sample, username), 1, here.id, event(sample.today))
        worker = act(unit, sample, "worker1")
        before = fingerprint(unit)
        day, inside, outside = event(sample.today), here.dwelling_id or uuid7(), there.dwelling_id or uuid7()
        attempts: list[Callable[[], Saved]] = [
            lambda: events.record_death(unit, worker, 1, there.id, day),
            lambda: events.record_move_out(unit, worker, 1, [here.id, there.id], day),
            lambda: events.record_move_within(unit, worker, 1, [here.id], outside, None, day),
            lambda: events.record_move_within(unit, worker, 1, [there.id], inside, None, day),
            lambda: events.record_move_in(unit, worker, 1, outside, {"name": "某"}, Entry(), day),
            lambda: events.record_move_in(unit, worker, 1, inside, there.id, Entry(), day),
            lambda: events.record_move_in(
                unit, worker, 1, inside, {"name": "某"}, Entry(household_of(unit, there)), day
            ),
            lambda: events.record_birth(
                unit, worker, 1, inside, household_of(unit, there), {"birth_date": "2026-01-01"}, uuid7()
            ),
            lambda: households.split_household(unit, worker, 1, household_of(unit, there), {there.id: ""}, "", day),
            lambda: events.strike_out(unit, worker, 1, there.id, day),
            lambda: events.correct_residence(unit, worker, 1, there.id, None, date(2023, 1, 1), uuid7()),
        ]
        for attempt in attempts:
            with pytest.raises(NotFoundError):
                attempt()
        unit.session.rollback()
        assert fingerprint(unit) == before


@on_each_store
def test_an_event_sent_twice_happens_once(store: Store, sample: Sample) -> None:
    """The second answer is the same as the first; the journal and the log have one entry."""
    parent = sample.of("c1")[0]
    key, child = uuid7(), {"name": "新", "birth_date": sample.today.isoformat()}
    answers = []
    for _ in range(2):
        with store.write() as unit:
            answers.append(
                events.record_birth(
                    unit, act(unit, sample, "worker1"), 1, parent.dwelling_id or uuid7(), household_of(unit, parent),
                    child, key,
                )
            )  # fmt: skip
    assert [(one.change_id, one.again) for one in answers] == [(key, False), (key, True)]
    with store.read() as unit:
        assert len([one for one in audit.entries(unit) if one.action == "record.edit"]) == 1
        residences = unit.session.scalars(sa.select(Residence).where(Residence.cause_in == "birth"))
        assert len(list(residences)) == 1


@on_each_store
def test_two_at_once_are_one_after_the_other(store: Store, sample: Sample) -> None:
    """The same form sent by two clicks at one moment makes one child; two who report one move out make one move."""
    parent, leaver = sample.of("c1")[0], sample.of("c1")[3]
    key, child = uuid7(), {"name": "新", "birth_date": sample.today.isoformat()}

    def birth() -> bool:
        with store.write() as unit:
            home = household_of(unit, parent)
            room = parent.dwelling_id or uuid7()
            return events.record_birth(unit, act(unit, sample, "worker1"), 1, room, home, child, key).again

    def leave() -> bool:
        try:
            with store.write() as unit:
                day = event(sample.today)
                return events.record_move_out(unit, act(unit, sample, "worker1"), 1, [leaver.id], day).change_id is None
        except FormFaultsError:
            return True

    with ThreadPoolExecutor(4) as pool:
        for happen in (birth, leave):
            assert sorted(pool.map(lambda _, what=happen: what(), range(4))) == [False, True, True, True]
    figures = reconciled(store, sample, sample.today - timedelta(days=1), sample.today)["c1"]
    assert (figures.births, figures.moves_out, figures.difference) == (1, 1, 0)


@on_each_store
def test_every_event_is_undone_exactly(store: Store, sample: Sample) -> None:
    """One after the other, and back again in reverse."""
    first, second = sample.of("c1")[:2]
    room, states, made = vacant_room(sample, "c1"), [], []
    born, split, moved, died, came, struck = (event(sample.today - timedelta(days=6 - step)) for step in range(6))
    child = {"name": "新生", "sex": "1", "birth_date": (sample.today - timedelta(days=6)).isoformat()}
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        home = household_of(unit, first)
        steps: list[Callable[[], Saved]] = [
            lambda: events.record_birth(unit, worker, 1, first.dwelling_id or uuid7(), home, child, born.key),
            lambda: households.split_household(unit, worker, 1, home, {second.id: "02"}, "", split),
            lambda: events.record_move_within(unit, worker, 1, [second.id], room, None, moved),
            lambda: events.record_death(unit, worker, 1, first.id, died),
            lambda: events.record_move_in(unit, worker, 1, room, {"name": "外来"}, Entry(), came),
            lambda: events.strike_out(unit, worker, 1, second.id, struck),
        ]
        for happen in steps:
            states.append(fingerprint(unit))
            saved = happen()
            assert saved.change_id is not None
            made.append(saved.change_id)
    for change, before in zip(reversed(made), reversed(states), strict=True):
        with store.write() as unit:
            changes.undo(unit, act(unit, sample, "worker1"), change)
            unit.session.expire_all()
            assert fingerprint(unit) == before
