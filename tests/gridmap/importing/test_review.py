"""The review of rows that a person has to decide."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from gridmap.accounts.actor import Actor
from gridmap.audit.models import AuditEntry
from gridmap.errors import NotFoundError
from gridmap.importing import review
from gridmap.importing.register import import_register
from gridmap.importing.result import RegisterOptions
from gridmap.importing.review import AlreadyDecidedError, NoPersonError
from gridmap.linking.aliases import AliasEntry
from gridmap.store.store import Store
from tests.gridmap.importing.registers import Street, make_manager, make_street, person, residences, write_csv

UNDER = "460108001001"
DAY = date(2026, 1, 1)


@pytest.fixture
def street(store: Store) -> Street:
    return make_street(store)


@pytest.fixture
def manager(store: Store) -> Actor:
    return make_manager(store)


@pytest.fixture
def waiting(store: Store, street: Street, manager: Actor, tmp_path: Path) -> Street:
    """Three rows at two unknown addresses and one whose person is not clear."""
    rows = [
        person("王芳", 2, "海京花园1号楼1单元101"),
        person("王伟", 3, "海京花园1号楼1单元101", 与户主关系="配偶"),
        person("李娜", 4, "海京花园2号楼201"),
        {"姓名": "周九", "现住址": "海京花园2号楼202"},
    ]
    import_register(store, manager, write_csv(tmp_path / "r.csv", rows), UNDER, RegisterOptions(DAY))
    return street


def test_cases_are_listed_masked_and_the_reading_is_audited(store: Store, waiting: Street, manager: Actor) -> None:
    with store.write() as unit:
        cases, total = review.list_cases(unit, manager, UNDER)
    assert total == len(cases) == 4
    assert [case.reason for case in cases] == ["compound_unknown"] * 3 + ["person_unclear"]
    assert cases[0].content["name"] == "王*"
    assert cases[0].content["id_number"].count("*") == 11
    assert [case.alike for case in cases] == [2, 2, 1, 1]
    with store.write() as unit:
        assert len(review.list_cases(unit, manager, UNDER, limit=1, offset=3)[0]) == 1
    with store.read() as unit:
        entry = unit.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "review.read")).first()
    assert entry is not None
    assert str(cases[0].person_id) in entry.subjects


def test_the_likeliest_place_sounds_alike_and_has_the_room(store: Store, waiting: Street, manager: Actor) -> None:
    with store.write() as unit:
        cases, _ = review.list_cases(unit, manager, UNDER)
        found = review.choices(unit, manager, cases[0].key)
    assert found[0].dwelling_id == waiting.rooms["海景花园1-1-101"]
    assert found[0].candidate.same_building
    assert found[0].candidate.score > found[1].candidate.score


def test_placing_one_case_places_everybody_at_its_address(store: Store, waiting: Street, manager: Actor) -> None:
    room = waiting.rooms["海景花园1-1-101"]
    with store.write() as unit:
        cases, _ = review.list_cases(unit, manager, UNDER)
        assert review.place(unit, manager, cases[0].key, room) == 2
    placed = [row for row in residences(store, waiting) if row.dwelling_id == room]
    assert len(placed) == 2
    assert {row.valid_from for row in placed} == {DAY}
    assert {row.cause_in for row in placed} == {"initial"}
    assert len({row.household_id for row in placed}) == 1
    assert len(residences(store, waiting)) == 3
    with store.write() as unit, pytest.raises(AlreadyDecidedError):
        review.place(unit, manager, cases[1].key, room)
    with store.write() as unit:
        assert review.list_cases(unit, manager, UNDER)[1] == 2


def test_an_alias_settles_every_case_that_it_makes_clear(
    store: Store, waiting: Street, manager: Actor, tmp_path: Path
) -> None:
    entry = AliasEntry("compound", "海景花园", "海京花园")
    with store.write() as unit:
        cases, _ = review.list_cases(unit, manager, UNDER)
        assert review.name_alias(unit, manager, cases[2].key, entry) == 3
    assert {row.dwelling_id for row in residences(store, waiting)} == {
        waiting.rooms["海景花园1-1-101"],
        waiting.rooms["海景花园2-1-201"],
    }
    late = write_csv(tmp_path / "late.csv", [person("陈明", 5, "海京花园2号楼301")])
    assert import_register(store, manager, late, UNDER).counts["inserted"] == 1


def test_a_case_can_be_skipped_and_an_unclear_person_not_placed(store: Store, waiting: Street, manager: Actor) -> None:
    with store.write() as unit:
        cases, _ = review.list_cases(unit, manager, UNDER)
        with pytest.raises(NoPersonError):
            review.place(unit, manager, cases[3].key, waiting.rooms["海景花园1-1-101"])
        review.skip(unit, manager, cases[3].key)
    with store.write() as unit:
        assert review.list_cases(unit, manager, UNDER)[1] == 3
    assert len(residences(store, waiting)) == 3


def test_an_absent_person_leaves_on_a_date_only_by_decision(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    import_register(store, manager, write_csv(tmp_path / "1.csv", [person("王芳", 2)]), UNDER, RegisterOptions(DAY))
    other = write_csv(tmp_path / "2.csv", [person("李伟", 3, "海景花园2号楼101")])
    import_register(store, manager, other, UNDER, RegisterOptions(date(2026, 6, 1), complete=True))
    with store.write() as unit:
        (case,), _ = review.list_cases(unit, manager, UNDER)
        assert case.verdict == "absent"
        review.leave(unit, manager, case.key, "move_out", date(2026, 5, 20))
    gone = next(row for row in residences(store, street) if row.dwelling_id == street.rooms["海景花园1-1-101"])
    assert (gone.valid_to, gone.cause_out) == (date(2026, 5, 20), "move_out")


def test_a_file_that_places_the_person_settles_the_old_case(
    store: Store, waiting: Street, manager: Actor, tmp_path: Path
) -> None:
    mended = write_csv(tmp_path / "mended.csv", [person("李娜", 4, "海景花园2号楼201")])
    result = import_register(store, manager, mended, UNDER)
    assert result.counts["updated"] == 1
    with store.write() as unit:
        cases, total = review.list_cases(unit, manager, UNDER)
    assert total == 3
    assert "海京花园2号楼201" not in {case.address for case in cases}


def test_nobody_decides_or_reads_outside_their_areas(store: Store, waiting: Street, manager: Actor) -> None:
    with store.write() as unit:
        (case, *_), _ = review.list_cases(unit, manager, UNDER)
    elsewhere = make_manager(store, waiting.cells[0])
    with store.write() as unit, pytest.raises(NotFoundError):
        review.list_cases(unit, elsewhere, UNDER)
    with store.write() as unit, pytest.raises(NotFoundError):
        review.place(unit, elsewhere, case.key, waiting.rooms["海景花园1-1-101"])
    with store.write() as unit, pytest.raises(NotFoundError):
        review.choices(unit, elsewhere, case.key)
