"""Two records of one person become one, exactly as shown before, and can be told apart again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.access.scope import Scope
from gridmap.accounts.actor import Role, RoleGrant
from gridmap.audit.models import AuditEntry
from gridmap.changes.service import ChangedSinceError
from gridmap.duplicates import repository
from gridmap.duplicates.service import (
    APART,
    LATER,
    AlreadyMergedError,
    PairKey,
    count_waiting,
    decide,
    last_decision,
    list_pairs,
    merge_pair,
    pair_key,
    preview,
    search_pairs,
    survivor_of,
    take_back,
)
from gridmap.duplicates.timeline import Remark
from gridmap.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from gridmap.residents.models import PersonKey
from gridmap.residents.repository import list_everywhere
from gridmap.services.models import Delivery, Enrolment
from gridmap.store.ids import uuid7
from tests.gridmap.duplicates.conftest import Place
from tests.gridmap.importing.registers import id_number, make_manager

NUMBER = id_number(sequence=2)
WHOLE = Scope(frozenset(), everywhere=True)


def key_of(place: Place, one: UUID, other: UUID) -> PairKey:
    return pair_key(place.street.region, one, other)


def merged(place: Place, one: UUID, other: UUID, kept: UUID | None = None, **choices: str) -> UUID:
    with place.store.write() as unit:
        return merge_pair(unit, place.manager, key_of(place, one, other), kept, choices)


def test_the_record_with_the_number_survives_with_the_other_ones_facts(place: Place) -> None:
    """The more complete record stays; what it lacks comes from the other; nobody counts twice."""
    full = place.add("符海燕", number=NUMBER, since=date(2025, 1, 1), marital_status="20")
    bare = place.add("符海雁", "海景花园2-1-201", since=date(2026, 3, 1), phone="13800000001", work_unit="糖厂")
    merged(place, full, bare)
    (state,) = place.states(full)
    assert (state.name, state.marital_status, state.work_unit) == ("符海燕", "20", "糖厂")
    assert state.phone_index is not None
    assert place.states(bare) == []
    old, new = place.street.rooms["海景花园1-1-101"], place.street.rooms["海景花园2-1-201"]
    assert place.stays(full) == [
        (old, date(2025, 1, 1), date(2026, 3, 1), "initial", "move_within"),
        (new, date(2026, 3, 1), None, "move_within", None),
    ]
    assert place.stays(bare) == []
    with place.store.read() as unit:
        day = date(2026, 6, 1)
        people, count = list_everywhere(unit, WHOLE, day, day, [], limit=9, offset=0)
        assert count == 1
        assert [one.person_id for one in people] == [full]
        assert repository.surviving(unit, place.street.region, [bare]) == {bare: full}


def test_a_merge_is_undone_exactly(place: Place) -> None:
    """Every record is what it was, byte for byte; then the pair can be merged again."""
    full = place.add("符海燕", number=NUMBER, marital_status="20")
    bare = place.add("符海雁", "海景花园2-1-201", since=date(2026, 3, 1), phone="13800000001", marital_status="30")
    with place.store.write() as unit:
        search_pairs(unit, place.manager, place.street.community)
    before = place.everything()
    change = merged(place, full, bare)
    assert place.everything() != before
    with place.store.write() as unit:
        assert last_decision(unit, place.manager) == change
        take_back(unit, place.manager, change)
        assert last_decision(unit, place.manager) is None
    assert place.everything() == before
    merged(place, full, bare, kept=bare)
    assert place.person(bare).id_index == place.person(full).id_index


def test_what_somebody_signed_up_for_goes_with_them(place: Place) -> None:
    full, bare = place.add("符海燕", number=NUMBER), place.add("符海雁", "海景花园2-1-201", since=date(2026, 3, 1))
    with place.store.write() as unit:
        facts = {"region": place.street.region, "person_id": bare, "programme_id": uuid7(), "recorded_at": unit.now}
        unit.session.add(Enrolment(id=uuid7(), valid_from=date(2026, 1, 1), **facts))
        unit.session.add(Delivery(id=uuid7(), served_on=date(2026, 2, 1), amount_fen=100, **facts))
    change = merged(place, full, bare)

    def holders() -> set[UUID]:
        with place.store.read() as unit:
            return {
                *unit.session.scalars(sa.select(Enrolment.person_id)),
                *unit.session.scalars(sa.select(Delivery.person_id)),
            }

    assert holders() == {full}
    with place.store.write() as unit:
        take_back(unit, place.manager, change)
    assert holders() == {bare}


def test_a_merge_that_was_built_upon_is_not_torn(sqlite_place: Place) -> None:
    """A later merge has to be taken back first; then both can be."""
    place = sqlite_place
    before, people = [], []
    for name, room in (("符海燕", "101"), ("符海雁", "102"), ("符海艳", "201")):
        people.append(place.add(name, f"海景花园1-1-{room}"))
    before = place.everything()
    first = merged(place, people[0], people[1], kept=people[0])
    second = merged(place, people[0], people[2], kept=people[2])
    with place.store.read() as unit:
        lead = repository.surviving(unit, place.street.region, people)
    assert lead == {people[0]: people[2], people[1]: people[2]}
    with pytest.raises(ChangedSinceError), place.store.write() as unit:
        take_back(unit, place.manager, first)
    for change in (second, first):
        with place.store.write() as unit:
            take_back(unit, place.manager, change)
    assert place.everything() == before


def test_each_field_can_be_chosen_and_a_later_state_is_a_change_not_a_correction(place: Place) -> None:
    one = place.add("王芳", since=date(2024, 1, 1), number=NUMBER, marital_status="20", ethnic_group="01")
    two = place.add("王方", since=date(2026, 2, 1), marital_status="30", ethnic_group="19", sex=None)
    with place.store.write() as unit:
        shown = preview(unit, place.manager, key_of(place, one, two), kept=one)
    assert set(shown.open) == {"name", "marital_status", "ethnic_group"}
    assert (shown.chosen["name"], shown.chosen["marital_status"]) == ("kept", "other")
    merged(place, one, two, kept=one, name="other", ethnic_group="kept")
    states = [(s.name, s.marital_status, s.ethnic_group, s.valid_from, s.valid_to) for s in place.states(one)]
    assert states == [
        ("王芳", "20", "01", date(2024, 1, 1), date(2026, 2, 1)),
        ("王方", "30", "01", date(2026, 2, 1), None),
    ]


def test_what_says_only_that_nothing_is_known_gives_way(sqlite_place: Place) -> None:
    place = sqlite_place
    one = place.add("王芳", since=date(2024, 1, 1), number=NUMBER, marital_status="20")
    two = place.add("王芳", since=date(2026, 2, 1), marital_status="90", sex="9")
    with place.store.write() as unit:
        assert preview(unit, place.manager, key_of(place, one, two)).open == ()
    merged(place, one, two, kept=two)
    assert {state.marital_status for state in place.states(two)} == {"20"}
    assert place.person(two).sex == "2"


def test_what_was_known_earlier_of_the_other_record_is_taken_over_with_its_dates(place: Place) -> None:
    one = place.add("王芳", since=date(2025, 1, 1), number=NUMBER, work_unit="糖厂")
    two = place.add("王芳", "海景花园2-1-201", since=date(2020, 1, 1), work_unit="船厂")
    merged(place, one, two, kept=one)
    assert [(s.work_unit, s.valid_from, s.valid_to) for s in place.states(one)] == [
        ("船厂", date(2020, 1, 1), date(2025, 1, 1)),
        ("糖厂", date(2025, 1, 1), None),
    ]
    assert [(start, end) for _, start, end, _, _ in place.stays(one)] == [
        (date(2020, 1, 1), date(2025, 1, 1)), (date(2025, 1, 1), None),
    ]  # fmt: skip


def test_both_numbers_lead_to_the_survivor_and_a_dispute_between_the_two_is_settled(place: Place) -> None:
    other_number = id_number(sequence=44)
    one = place.add("王芳", number=NUMBER, disputed=True)
    two = place.add("王芳", number=NUMBER, disputed=True)
    three = place.add("王芳", "海景花园2-1-201", number=other_number)
    merged(place, one, two, kept=one)
    assert not place.person(one).disputed
    merged(place, one, three, kept=one, id_number="other")
    with place.store.read() as unit:
        for number in (NUMBER, other_number):
            held = unit.session.get(PersonKey, unit.vault.index(number, "id"))
            assert held is not None
            assert held.person_id == one
        assert unit.vault.open(place.person(one).id_number, "person.id_number") == other_number


def test_a_dispute_with_a_third_stays(sqlite_place: Place) -> None:
    place = sqlite_place
    one, two, _ = (place.add("王芳", room, number=NUMBER, disputed=True) for room in
                   ("海景花园1-1-101", "海景花园1-1-102", "海景花园2-1-201"))  # fmt: skip
    merged(place, one, two, kept=one)
    assert place.person(one).disputed


def test_what_becomes_of_the_residences_is_said_before(sqlite_place: Place) -> None:
    place = sqlite_place
    one = place.add("王芳", number=NUMBER)
    two = place.add("王芳", "海景花园2-1-201")
    with place.store.write() as unit:
        shown = preview(unit, place.manager, key_of(place, one, two))
    assert shown.kept == one
    assert shown.remarks == ((Remark.DROPPED, date(2024, 1, 1)),)
    merged(place, one, two, residence="other")
    assert [room for room, *_ in place.stays(one)] == [place.street.rooms["海景花园2-1-201"]]


def test_two_persons_are_never_proposed_again_until_it_is_taken_back(place: Place) -> None:
    one, two = place.add("符海燕"), place.add("符海雁")
    key = key_of(place, one, two)
    with place.store.write() as unit:
        assert search_pairs(unit, place.manager, place.street.community) == 1
        change = decide(unit, place.manager, key, APART)
        assert list_pairs(unit, place.manager) == ([], 0)
        assert search_pairs(unit, place.manager, place.street.community) == 0
        take_back(unit, place.manager, change)
        assert count_waiting(unit, place.manager) == 1
        decide(unit, place.manager, key, LATER)
        (shown,), total = list_pairs(unit, place.manager)
        assert (total, shown.put_off, count_waiting(unit, place.manager)) == (1, True, 0)
        decide(unit, place.manager, key, APART)
        assert list_pairs(unit, place.manager)[1] == 0


def test_pairs_are_masked_and_each_reading_and_decision_is_audited(sqlite_place: Place) -> None:
    place = sqlite_place
    one, two = place.add("符海燕", number=NUMBER, phone="13800000001"), place.add("符海雁")
    with place.store.write() as unit:
        search_pairs(unit, place.manager, place.street.community)
        (pair,), _ = list_pairs(unit, place.manager)
    assert pair.word == "likely"
    assert "name_sound" in pair.reasons
    assert not {"符海燕", "符海雁", NUMBER, "13800000001"} & {
        str(v) for v in vars_of(pair.first) | vars_of(pair.second)
    }
    change = merged(place, one, two)
    with place.store.write() as unit:
        take_back(unit, place.manager, change)
        actions = list(unit.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)))
        subjects = unit.session.scalars(sa.select(AuditEntry.subjects).where(AuditEntry.action == "person.pairs")).one()
    assert actions == ["person.compare", "person.pairs", "person.merge", "change.undo"]
    assert str(one) in subjects
    assert str(two) in subjects


def vars_of(view: object) -> set[object]:
    return {getattr(view, name) for name in view.__slots__}  # type: ignore[attr-defined]


def test_only_who_is_responsible_for_both_sees_a_pair_and_decides(place: Place) -> None:
    """For anybody else the other record is as if it did not exist."""
    mine, theirs = place.add("符海燕"), place.add("符海燕", "银湖花园1b-1-101")
    here = make_manager(place.store, place.street.community)
    key = key_of(place, mine, theirs)
    with place.store.write() as unit:
        assert search_pairs(unit, here, place.street.community) == 0
        assert list_pairs(unit, here) == ([], 0)
        assert count_waiting(unit, place.manager) == 1
        for act in (lambda: merge_pair(unit, here, key), lambda: decide(unit, here, key, APART),
                    lambda: preview(unit, here, key)):  # fmt: skip
            with pytest.raises(NotFoundError):
                act()
        change = merge_pair(unit, place.manager, key, theirs)
        assert survivor_of(unit, place.manager, place.street.region, mine) == theirs
        assert survivor_of(unit, place.manager, place.street.region, theirs) is None
        assert survivor_of(unit, here, place.street.region, mine) is None
    with place.store.write() as unit:
        with pytest.raises(NotFoundError):
            take_back(unit, here, change)
        with pytest.raises(PermissionDeniedError):
            list_pairs(unit, replace(here, grants=(RoleGrant(Role.ANALYST, None),)))


def test_what_cannot_be_merged_is_refused(sqlite_place: Place) -> None:
    place = sqlite_place
    one, two = place.add("符海燕"), place.add("符海雁")
    key = key_of(place, one, two)
    with place.store.write() as unit:
        for choices in ({"name": "both"}, {"secret": "kept"}, {"residence": "x"}):
            with pytest.raises(InvalidInputError):
                merge_pair(unit, place.manager, key, None, choices)
        with pytest.raises(InvalidInputError):
            decide(unit, place.manager, key, "maybe")
        with pytest.raises(NotFoundError):
            merge_pair(unit, place.manager, replace(key, second=UUID(int=5)))
        with pytest.raises(NotFoundError):
            merge_pair(unit, place.manager, replace(key, second=key.first))
        merge_pair(unit, place.manager, key, one)
        with pytest.raises(AlreadyMergedError):
            merge_pair(unit, place.manager, key, one)
        with pytest.raises(NotFoundError):
            take_back(unit, place.manager, UUID(int=5))
