"""Editing residents, dwellings and organisations: validation, stale forms, what is dated, history and undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.buildings.models import Dwelling, DwellingState, Organisation, Verification
from gridmap.changes import service as changes
from gridmap.changes.service import ChangedSinceError
from gridmap.editing import dwellings, events, organisations
from gridmap.editing.draft import Draft, open_draft, seal_draft
from gridmap.editing.errors import FormExpiredError, FormFaultsError, StaleFormError
from gridmap.editing.fields import Nature, Record
from gridmap.editing.history import dwelling_history, organisation_history, person_history
from gridmap.editing.persons import Edit, edit_resident, resident_values
from gridmap.editing.saving import Saved
from gridmap.editing.undo import conflicts_of, undo_by_hand
from gridmap.errors import NotFoundError, PermissionDeniedError
from gridmap.residents.models import Person, PersonAttribute, PersonKey
from gridmap.residents.search import search_persons
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork
from tests.gridmap.editing.town import act, edit, event, fingerprint, on_each_store, open_residence
from tests.web.sample import Sample, id_number, make_sample

RESIDENT = Record.RESIDENT


@pytest.fixture
def sample(store: Store) -> Sample:
    """The small register, on each engine."""
    return make_sample(store)


def states_of(unit: UnitOfWork, person: UUID) -> list[PersonAttribute]:
    """Everything that was ever believed of what changes about a person, in order of recording."""
    query = sa.select(PersonAttribute).where(PersonAttribute.person_id == person)
    return list(unit.session.scalars(query.order_by(PersonAttribute.recorded_at, PersonAttribute.valid_from)))


def change(saved: Saved) -> UUID:
    """The change that was made."""
    assert saved.change_id is not None
    return saved.change_id


# --- residents -------------------------------------------------------------------------------------------------------


@on_each_store
def test_names_are_corrected_and_telephones_change(store: Store, sample: Sample) -> None:
    """The old name was wrong from the beginning, the old number was right until the day."""
    someone = sample.of("c1")[0]
    on = sample.today - timedelta(days=3)
    with store.write() as unit:
        wanted = replace(edit(unit, someone.id, name="赵改", phone="13900000001"), on=on)
        edit_resident(unit, act(unit, sample, "worker1"), 1, someone.id, wanted)
        first, *rest = states_of(unit, someone.id)
        assert (first.name, first.superseded_at is not None) == (someone.name, True)
        until, since = sorted(rest, key=lambda row: row.valid_from)
        assert (until.name, until.valid_to, since.valid_from, since.valid_to) == ("赵改", on, on, None)
        phones = [unit.vault.open(row.phone, "person_attribute.phone") for row in (until, since)]
        assert phones == [someone.phone, "13900000001"]
        assert unit.session.get_one(Person, (1, someone.id)).version == 2
        assert resident_values(unit, 1, someone.id) == wanted.wanted
        found, _ = search_persons(unit, act(unit, sample, "worker1"), "13900000001")
        assert [one.id for one in found] == [someone.id]


@pytest.mark.parametrize(("nature", "superseded"), [(Nature.CHANGE, 0), (Nature.CORRECTION, 1)])
def test_the_form_may_say_what_a_change_means(store: Store, sample: Sample, nature: Nature, superseded: int) -> None:
    someone = sample.of("c1")[0]
    with store.write() as unit:
        wanted = replace(edit(unit, someone.id, name="赵改", marital_status="30"), nature=nature)
        edit_resident(unit, act(unit, sample, "worker1"), 1, someone.id, wanted)
        rows = states_of(unit, someone.id)
        assert sum(row.superseded_at is not None for row in rows) == superseded
        assert [row.valid_from for row in rows if row.superseded_at is None and row.valid_to is None] == [
            sample.today if nature is Nature.CHANGE else date(2024, 3, 1)
        ]


def test_a_change_does_not_begin_before_what_it_changes(store: Store, sample: Sample) -> None:
    someone = sample.of("c1")[0]
    for on in (date(2024, 2, 1), sample.today + timedelta(days=1)):
        with store.write() as unit:
            wanted = replace(edit(unit, someone.id, presence="floating"), on=on)
            worker = act(unit, sample, "worker1")
            with pytest.raises(FormFaultsError) as refused:
                edit_resident(unit, worker, 1, someone.id, wanted)
            unit.session.rollback()
        assert refused.value.faults[0].field == "on"


@on_each_store
def test_a_number_of_somebody_else_is_refused_then_disputed(store: Store, sample: Sample) -> None:
    """Said to be right, it is kept with both, and both are marked; the directory keeps who had it first. Of somebody in
    another's area nothing is changed."""
    someone, other, foreign = sample.of("c1")[0], sample.of("c1")[2], sample.of("c3")[0]
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        taken = resident_values(unit, 1, other.id)
        same = {name: taken[name] for name in ("id_number", "birth_date", "sex")}
        with pytest.raises(FormFaultsError) as refused:
            edit_resident(unit, worker, 1, someone.id, edit(unit, someone.id, 1, **same))
        assert refused.value.faults[0].field == "id_number"
        unit.session.rollback()
    with store.write() as unit:
        edit_resident(unit, worker, 1, someone.id, replace(edit(unit, someone.id, 1, **same), disputed=True))
        persons = [unit.session.get_one(Person, (1, one.id)) for one in (someone, other)]
        assert [person.disputed for person in persons] == [True, True]
        assert unit.session.get_one(PersonKey, persons[0].id_index).person_id == other.id
    with store.write() as unit:
        far = resident_values(unit, 1, foreign.id)
        same = {name: far[name] for name in ("id_number", "birth_date", "sex")}
        edit_resident(unit, worker, 1, someone.id, replace(edit(unit, someone.id, 1, **same), disputed=True))
        assert not unit.session.get_one(Person, (1, foreign.id)).disputed
        assert not unit.session.get_one(Person, (1, other.id)).disputed


def test_a_number_that_is_corrected_is_free_again(store: Store, sample: Sample) -> None:
    someone = sample.of("c1")[0]
    fresh = id_number(77, date(1970, 1, 2), "1")
    with store.write() as unit:
        old = unit.session.get_one(Person, (1, someone.id)).id_index
        wanted = edit(unit, someone.id, 1, id_number=fresh, birth_date="1970-01-02", sex="1")
        saved = edit_resident(unit, act(unit, sample, "worker1"), 1, someone.id, wanted)
        assert unit.session.get(PersonKey, old) is None
        assert unit.session.get_one(PersonKey, unit.vault.index(fresh, "id")).person_id == someone.id
    with store.write() as unit:
        undo_by_hand(unit, act(unit, sample, "worker1"), change(saved))
        assert unit.session.get_one(PersonKey, old).person_id == someone.id
        assert resident_values(unit, 1, someone.id)["id_number"] == someone.id_number


@on_each_store
def test_a_stale_form_shows_what_each_made_of_it(store: Store, sample: Sample) -> None:
    """What only one side changed can be told from what both did; after another look the form is saved."""
    someone = sample.of("c1")[0]
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        mine = edit(unit, someone.id, name="赵甲", marital_status="30")
        theirs = edit(unit, someone.id, name="赵乙", presence="registered_away")
        edit_resident(unit, worker, 1, someone.id, theirs)
    with store.write() as unit, pytest.raises(StaleFormError) as stale:
        edit_resident(unit, worker, 1, someone.id, mine)
    shown = {one.field: (one.before, one.theirs, one.mine, one.clashes) for one in stale.value.differences}
    assert shown == {
        "name": (someone.name, "赵乙", "赵甲", True),
        "marital_status": ("20", "20", "30", False),
        "presence": ("registered_present", "registered_away", "registered_present", False),
    }
    with store.write() as unit:
        current = stale.value.current
        merged = Edit(mine.key, current, {**current, "name": "赵甲", "marital_status": "30"})
        edit_resident(unit, worker, 1, someone.id, merged)
        values = resident_values(unit, 1, someone.id)
    assert (values["name"], values["marital_status"], values["presence"]) == ("赵甲", "30", "registered_away")


def test_a_form_that_changes_nothing_leaves_nothing(store: Store, sample: Sample) -> None:
    someone = sample.of("c1")[0]
    with store.write() as unit:
        before = fingerprint(unit)
        saved = edit_resident(unit, act(unit, sample, "worker1"), 1, someone.id, edit(unit, someone.id))
        assert (saved.change_id, changes.own_changes(unit, sample.users["worker1"].id)) == (None, [])
        assert fingerprint(unit) == before


def test_a_draft_is_for_one_user_one_form_and_one_record(store: Store, sample: Sample) -> None:
    """And cannot be read or altered on its way."""
    someone, other = sample.of("c1")[:2]
    with store.read() as unit:
        worker, officer = act(unit, sample, "worker1"), act(unit, sample, "community")
        draft = Draft("resident", 1, someone.id, worker.user_id, base={"name": someone.name}, shown="visit")
        text = seal_draft(unit, draft)
        assert open_draft(unit, worker, text, "resident", 1, someone.id) == draft
        assert someone.name not in text
        for actor, about, region, record, sent in (
            (officer, "resident", 1, someone.id, text),
            (worker, "death", 1, someone.id, text),
            (worker, "resident", 2, someone.id, text),
            (worker, "resident", 1, other.id, text),
            (worker, "resident", 1, someone.id, text[:-4] + "AAAA"),
            (worker, "resident", 1, someone.id, ""),
            (worker, "resident", 1, someone.id, "ä"),
        ):
            with pytest.raises(FormExpiredError):
                open_draft(unit, actor, sent, about, region, record)


# --- dwellings and organisations -------------------------------------------------------------------------------------


@on_each_store
def test_a_dwelling_is_corrected_let_and_verified(store: Store, sample: Sample) -> None:
    room = sample.dwellings[sample.buildings["c1"][0].id][0]
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        base = dwellings.dwelling_values(unit, 1, room.id)
        assert base == {"unit": "1", "floor": "1", "room": "101", "floor_area_m2": "", "use": "residential",
                        "tenure": "owner"}  # fmt: skip
        wanted = {**base, "unit": "2", "room": "109", "floor_area_m2": "88.5", "tenure": "let"}
        dwellings.edit_dwelling(unit, worker, 1, room.id, Edit(uuid7(), base, wanted), verified=True)
        assert dwellings.dwelling_values(unit, 1, room.id) == wanted
        states = list(unit.session.scalars(sa.select(DwellingState).where(DwellingState.dwelling_id == room.id)))
        assert sorted((s.tenure, s.valid_from, s.valid_to) for s in states if s.superseded_at is None) == [
            ("let", sample.today, None), ("owner", date(2023, 1, 1), sample.today),
        ]  # fmt: skip
        visits = unit.session.scalars(sa.select(Verification.verified_on).where(Verification.dwelling_id == room.id))
        assert sample.today in set(visits)
        entry = dwelling_history(unit, worker, 1, room.id)[0]
        assert {one.field for one in entry.fields} == {"room", "floor_area_m2", "tenure", "verified_on"}


@on_each_store
def test_a_building_has_each_room_once(store: Store, sample: Sample) -> None:
    building = sample.buildings["c1"][0]
    new = {"unit": "1", "floor": "4", "room": "401", "use": "residential"}
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        with pytest.raises(FormFaultsError):
            dwellings.add_dwelling(unit, worker, 1, building.id, {**new, "room": "101"}, uuid7())
        before = fingerprint(unit)
        saved = dwellings.add_dwelling(unit, worker, 1, building.id, new, uuid7())
        assert saved.record_id is not None
        gone = dwellings.remove_dwelling(unit, worker, 1, saved.record_id, uuid7())
        assert unit.session.get(Dwelling, (1, saved.record_id)) is None
        undo_by_hand(unit, worker, change(gone))
        undo_by_hand(unit, worker, change(saved))
        unit.session.expire_all()
        assert fingerprint(unit) == before
        lived_in = sample.of("c1")[0].dwelling_id or uuid7()
        with pytest.raises(FormFaultsError):
            dwellings.remove_dwelling(unit, worker, 1, lived_in, uuid7())


def test_an_organisation_is_added_renamed_and_ended(store: Store, sample: Sample) -> None:
    building = sample.buildings["c1"][1]
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        new = {"name": "便民超市", "kind": "商铺", "valid_from": "2025-01-01", "valid_to": ""}
        made = organisations.add_organisation(unit, worker, 1, building.id, new, uuid7()).record_id or uuid7()
    with store.write() as unit:
        base = organisations.organisation_values(unit, 1, made)
        ended = {**base, "name": "便民超市二店", "valid_to": sample.today.isoformat()}
        saved = organisations.edit_organisation(unit, worker, 1, made, Edit(uuid7(), base, ended))
        assert saved.record_id is not None
        beliefs = list(unit.session.scalars(sa.select(Organisation).where(Organisation.building_id == building.id)))
        assert sorted((o.name, o.superseded_at is None) for o in beliefs) == [
            ("便民超市", False),
            ("便民超市二店", True),
        ]
        history = organisation_history(unit, worker, 1, saved.record_id)
        assert [entry.kind for entry in history] == ["organisation.edit", "organisation.add"]
        with pytest.raises(NotFoundError):
            organisations.edit_organisation(unit, worker, 1, made, Edit(uuid7(), base, ended))


# --- history and undo ------------------------------------------------------------------------------------------------


@on_each_store
def test_the_history_says_who_changed_what_and_masks_it(store: Store, sample: Sample) -> None:
    someone = sample.of("c1")[0]
    room = sample.dwellings[sample.buildings["c1"][0].id][5].id
    with store.write() as unit:
        wanted = edit(unit, someone.id, name="赵新名", sex="1", marital_status="30")
        first = edit_resident(unit, act(unit, sample, "worker1"), 1, someone.id, wanted)
    with store.write() as unit:
        day = sample.today - timedelta(days=1)
        events.record_move_within(unit, act(unit, sample, "community"), 1, [someone.id], room, None, event(day))
    with store.write() as unit:
        entries = person_history(unit, act(unit, sample, "worker1"), 1, someone.id)
        assert [(entry.kind, entry.by) for entry in entries] == [
            ("resident.move_within", "工号community"), ("resident.edit", "工号worker1"), ("", None),
        ]  # fmt: skip
        moved, edited, began = entries
        assert moved.ended == ("move_within", day)
        assert [one.field for one in moved.fields] == ["place"]
        shown = {one.field: (one.before, one.after) for one in edited.fields}
        assert shown["marital_status"] == ("20", "30")
        assert shown["name"] == (someone.name[0] + "**" + someone.name[-1], "赵*名")
        assert "place" in {one.field for one in began.fields}
        assert not any(token in repr(entries) for token in someone.tokens[1:])
        assert [entry.may_undo for entry in entries] == [True, True, False]
        undo_by_hand(unit, act(unit, sample, "community"), change(first))
        undone = person_history(unit, act(unit, sample, "district"), 1, someone.id)[1]
        assert (undone.undone_by, undone.may_undo, undone.fields) == ("工号community", False, ())


@on_each_store
def test_undoing_is_for_those_responsible_for_all_of_it(store: Store, sample: Sample) -> None:
    """A worker may not take back what touches another's cell, and nobody what is not a change by hand."""
    someone = sample.of("c1")[0]
    room = sample.dwellings[sample.buildings["c2"][0].id][5].id
    with store.write() as unit:
        officer = act(unit, sample, "community")
        day = event(sample.today - timedelta(days=1))
        moved = change(events.record_move_within(unit, officer, 1, [someone.id], room, None, day))
        refused: list[Callable[[], object]] = [
            lambda: undo_by_hand(unit, act(unit, sample, "worker1"), moved),
            lambda: undo_by_hand(unit, act(unit, sample, "worker3"), moved),
            lambda: undo_by_hand(unit, officer, uuid7()),
        ]
        for attempt in refused:
            with pytest.raises(NotFoundError):
                attempt()
        with pytest.raises(PermissionDeniedError):
            undo_by_hand(unit, act(unit, sample, "district"), moved)
        assert conflicts_of(unit, officer, moved) == []
        undo_by_hand(unit, officer, moved)
        residence = open_residence(unit, someone.id)
        assert residence is not None
        assert residence.dwelling_id == someone.dwelling_id


def test_what_was_changed_since_is_named_before_it_is_torn(store: Store, sample: Sample) -> None:
    someone = sample.of("c1")[0]
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        first = change(edit_resident(unit, worker, 1, someone.id, edit(unit, someone.id, name="赵一")))
        second = change(edit_resident(unit, worker, 1, someone.id, edit(unit, someone.id, name="赵二")))
        assert [one.change_id for one in conflicts_of(unit, worker, first)] == [second]
        with pytest.raises(ChangedSinceError):
            undo_by_hand(unit, worker, first)
        undo_by_hand(unit, worker, second)
        undo_by_hand(unit, worker, first)
        assert resident_values(unit, 1, someone.id)["name"] == someone.name
