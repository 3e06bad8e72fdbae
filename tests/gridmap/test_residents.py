"""Reading people: masked, in scope, audited with exactly the persons that were shown."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from gridmap.access.service import actor_of
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.audit.models import AuditEntry
from gridmap.audit.service import EntryFilter
from gridmap.errors import NotFoundError, PermissionDeniedError, PurposeRequiredError
from gridmap.residents.models import Residence
from gridmap.residents.search import search_persons
from gridmap.residents.service import (
    dwelling_residents,
    list_persons,
    reveal,
    roomless_residents,
)
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork
from tests.web.sample import Sample, Someone, make_sample


@pytest.fixture
def sample(store: Store) -> Sample:
    """The small register, on each engine."""
    return make_sample(store)


def act(unit: UnitOfWork, sample: Sample, username: str) -> Actor:
    """An actor of the sample."""
    return actor_of(unit, sample.users[username].id)


def last_entry(unit: UnitOfWork) -> AuditEntry:
    """The newest audit entry."""
    return audit.entries(unit, EntryFilter(regions=[1]), limit=1)[0]


def one_of(sample: Sample, cell: str) -> Someone:
    """Somebody of a cell."""
    return sample.of(cell)[0]


def test_a_room_shows_masked_people_and_logs_exactly_them(store: Store, sample: Sample) -> None:
    """First six and last one of the number, first three and last two of the phone; the log names those shown."""
    someone = one_of(sample, "c1")
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        found = dwelling_residents(unit, worker, 1, someone.dwelling_id or uuid7(), sample.today)
        members = [member for household in found.households for member in household.members]
        shown = next(member for member in members if member.id == someone.id)
        assert shown.id_number == f"{someone.id_number[:6]}***********{someone.id_number[-1]}"
        assert shown.phone == f"{someone.phone[:3]}******{someone.phone[-2:]}"
        assert shown.name != someone.name
        assert (shown.birth_date, shown.registered_address, shown.revealed) == (None, None, False)
        entry = last_entry(unit)
        assert set(json.loads(entry.subjects)) == {str(member.id) for member in members}
        assert (entry.actor_name, entry.action) == ("worker1", "person.list")
        text = repr(found) + entry.details + entry.subjects
        assert not [token for token in someone.tokens[1:] if token in text]


@pytest.mark.parametrize("username", ["admin", "auditor", "analyst", "nobody"])
def test_roles_without_the_right_read_nobody(store: Store, sample: Sample, username: str) -> None:
    """The action is refused, whatever the record."""
    someone = one_of(sample, "c1")
    with store.write() as unit:
        actor = act(unit, sample, username)
        for attempt in (
            lambda: dwelling_residents(unit, actor, 1, someone.dwelling_id or uuid7(), sample.today),
            lambda: reveal(unit, actor, 1, someone.id, purpose="visit"),
            lambda: search_persons(unit, actor, someone.name),
            lambda: list_persons(unit, actor, sample.areas["c1"].id, [(1, someone.id)], sample.today, "births"),
        ):
            with pytest.raises(PermissionDeniedError):
                attempt()


def test_outside_is_the_same_as_nowhere(store: Store, sample: Sample) -> None:
    """A worker asking for another cell's room, person, building or list is told what is told about nothing."""
    other = one_of(sample, "c2")
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        for dwelling in (other.dwelling_id or uuid7(), uuid7()):
            with pytest.raises(NotFoundError):
                dwelling_residents(unit, worker, 1, dwelling, sample.today)
        for person in (other.id, uuid7()):
            with pytest.raises(NotFoundError):
                reveal(unit, worker, 1, person, purpose="visit")
        for building in (other.building_id, uuid7()):
            with pytest.raises(NotFoundError):
                roomless_residents(unit, worker, 1, building, sample.today)
        for area in ("c2", "k1", "a", "c4"):
            with pytest.raises(NotFoundError):
                list_persons(unit, worker, sample.areas[area].id, [(1, other.id)], sample.today, "births")
        for words in (other.name, other.id_number, other.phone):
            assert search_persons(unit, worker, words) == ([], False)


def test_showing_in_full_needs_a_purpose_and_is_logged_with_it(store: Store, sample: Sample) -> None:
    """No purpose, no data; the log keeps the purpose and one person."""
    someone = one_of(sample, "c1")
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        for purpose, note in (("", ""), ("curious", ""), ("other", "abc")):
            with pytest.raises(PurposeRequiredError):
                reveal(unit, worker, 1, someone.id, purpose=purpose, note=note)
        found = reveal(unit, worker, 1, someone.id, purpose="other", note="核对社保资料")
        assert (found.name, found.id_number, found.phone) == (someone.name, someone.id_number, someone.phone)
        assert found.registered_address == someone.address
        entry = last_entry(unit)
        assert (entry.action, entry.purpose) == ("person.reveal", "other: 核对社保资料")
        assert json.loads(entry.subjects) == [str(someone.id)]
        with pytest.raises(PermissionDeniedError):
            reveal(unit, act(unit, sample, "district"), 1, someone.id, purpose="visit")


def test_somebody_who_moved_away_is_the_new_workers_alone(store: Store, sample: Sample) -> None:
    """After a move the old worker reads nothing of the person, at whatever date; the past keeps its count."""
    mover, target = one_of(sample, "c1"), one_of(sample, "c3")
    moved = sample.today - timedelta(days=10)
    before = moved - timedelta(days=30)
    with store.write() as unit:
        unit.session.execute(
            sa.update(Residence).where(Residence.region == 1, Residence.person_id == mover.id)
            .values(valid_to=moved, cause_out="move_within")
        )  # fmt: skip
        unit.session.add(
            Residence(region=1, person_id=mover.id, dwelling_id=target.dwelling_id, building_id=target.building_id,
                      valid_from=moved, cause_in="move_within", recorded_at=unit.now)
        )  # fmt: skip
    with store.write() as unit:
        old, new = act(unit, sample, "worker1"), act(unit, sample, "worker3")
        room = dwelling_residents(unit, old, 1, mover.dwelling_id or uuid7(), before)
        assert mover.id not in {member.id for household in room.households for member in household.members}
        assert room.elsewhere == 1
        assert str(mover.id) not in last_entry(unit).subjects
        with pytest.raises(NotFoundError):
            reveal(unit, old, 1, mover.id, purpose="visit", as_of=before)
        assert reveal(unit, new, 1, mover.id, purpose="visit").name == mover.name
