"""Identity survives a move: who comes back is the same person, also to those who never saw them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.changes import service as changes
from gridmap.editing import events
from gridmap.editing.errors import FormFaultsError
from gridmap.editing.events import Entry
from gridmap.residents.models import Person, PersonAttribute, PersonKey
from gridmap.store.ids import uuid7
from gridmap.store.store import Store
from tests.gridmap.editing.town import act, event, reconciled
from tests.web.sample import Sample, make_sample


@pytest.fixture
def sample(store: Store) -> Sample:
    """The small register."""
    return make_sample(store)


def vacant_room(sample: Sample, cell: str) -> UUID:
    """A room in which nobody lives."""
    return sample.dwellings[sample.buildings[cell][0].id][5].id


def test_who_had_left_another_cell_comes_back_as_the_same_person(store: Store, sample: Sample) -> None:
    """Number and name say who it is, also to a worker who never saw them; another name with the number does not."""
    gone = sample.of("c3")[0]
    left = sample.today - timedelta(days=30)
    told = {"name": gone.name, "id_number": gone.id_number, "work_unit": "新单位"}
    with store.write() as unit:
        events.record_move_out(unit, act(unit, sample, "worker3"), 1, [gone.id], event(left))
    with store.write() as unit:
        worker, room = act(unit, sample, "worker1"), vacant_room(sample, "c1")
        wrong = {**told, "name": "别人"}
        with pytest.raises(FormFaultsError) as refused:
            events.record_move_in(unit, worker, 1, room, wrong, Entry(), event(sample.today))
        assert refused.value.faults[0].field == "id_number"
        unit.session.rollback()
    with store.write() as unit:
        saved = events.record_move_in(unit, worker, 1, room, told, Entry(), event(sample.today))
        assert saved.record_id == gone.id
        assert not unit.session.get_one(Person, (1, gone.id)).disputed
        states = sa.select(PersonAttribute.work_unit).where(PersonAttribute.person_id == gone.id)
        assert set(unit.session.scalars(states)) == {gone.work_unit, "新单位"}
    line = reconciled(store, sample, left - timedelta(days=1), sample.today)["a"]
    assert (line.moves_out, line.moves_in, line.difference) == (1, 1, 0)


def test_a_number_follows_its_person_into_another_sub_district(store: Store, sample: Sample) -> None:
    """There the person has a record of its own, for records never change their region; the number is not disputed."""
    gone = sample.of("c4")[0]
    told = {"name": gone.name, "id_number": gone.id_number}
    with store.write() as unit:
        street = Actor(uuid7(), "everywhere", "", (RoleGrant(Role.DATA_MANAGER, None),))
        events.record_move_out(unit, street, gone.region, [gone.id], event(sample.today - timedelta(days=9)))
        saved = events.record_move_in(unit, street, 1, vacant_room(sample, "c1"), told, Entry(), event(sample.today))
        assert saved.record_id not in (None, gone.id)
        person = unit.session.get_one(Person, (1, saved.record_id or uuid7()))
        assert not person.disputed
        assert unit.session.get_one(PersonKey, person.id_index).person_id == person.id
        assert saved.change_id is not None
        changes.undo(unit, street, saved.change_id)
        assert unit.session.get_one(PersonKey, unit.vault.index(gone.id_number, "id")).person_id == gone.id
