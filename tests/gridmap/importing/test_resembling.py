"""What an import says of persons who resemble others, and what it does not say of those beyond the reach."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from gridmap.accounts.actor import Actor
from gridmap.audit.models import AuditEntry
from gridmap.changes.models import Change
from gridmap.changes.service import undo
from gridmap.duplicates.models import DuplicatePair
from gridmap.duplicates.service import count_waiting, list_pairs, merge_pair, pair_key
from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.residents.models import Person
from gridmap.store.store import Store
from tests.gridmap.importing.registers import (
    Street,
    counted,
    id_number,
    make_manager,
    make_street,
    person,
    population,
    residences,
    write_csv,
)

FIRST, SECOND = "460108001001", "460108001002"
HOME = "海景花园1号楼1单元101室"
BARE = {"公民身份号码": "", "出生日期": "1980-05-06", "联系电话": ""}


@pytest.fixture
def street(store: Store) -> Street:
    return make_street(store)


@pytest.fixture
def manager(store: Store) -> Actor:
    return make_manager(store)


def bring_in(
    store: Store, actor: Actor, folder: Path, *rows: dict[str, str], under: str = FIRST, on: date = date(2026, 1, 1)
) -> BatchResult:
    number = len(list(folder.glob("*.csv")))
    return import_register(store, actor, write_csv(folder / f"{number}.csv", rows), under, RegisterOptions(on))


def codes(result: BatchResult) -> list[tuple[int, str, int | None]]:
    return result.issues.select("row", "code", "other").rows()


def pairs(store: Store) -> list[DuplicatePair]:
    with store.read() as unit:
        return list(unit.session.scalars(sa.select(DuplicatePair)))


def test_a_new_person_who_resembles_another_is_stored_and_the_pair_waits(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """Within the file and against the register; the row says so, and undoing the import takes the pairs along."""
    bring_in(store, manager, tmp_path, person("符海燕", 2, HOME))
    later = bring_in(
        store, manager, tmp_path,
        person("符海雁", 2, HOME, **BARE), person("王伟", 3, "海景花园2号楼201"),
        person("王玮", 3, "海景花园2号楼201", **BARE), on=date(2026, 2, 1),
    )  # fmt: skip
    assert later.verdicts["verdict"].to_list() == ["inserted"] * 3
    assert (2, "alike_known", None) in codes(later)
    assert (4, "alike_row", 3) in codes(later)
    assert [set(json.loads(pair.reasons)) >= {"name_sound", "same_dwelling"} for pair in pairs(store)] == [True, True]
    with store.write() as unit:
        assert count_waiting(unit, manager) == 2
        undo(unit, manager, later.batch_id)
    assert pairs(store) == []


def test_the_same_file_again_finds_nothing_new(store: Store, street: Street, manager: Actor, tmp_path: Path) -> None:
    rows = (person("符海燕", 2, HOME), person("符海雁", 2, HOME, **BARE))
    bring_in(store, manager, tmp_path, *rows)
    again = bring_in(store, manager, tmp_path, *rows, on=date(2026, 2, 1))
    assert again.verdicts["verdict"].to_list() == ["unchanged"] * 2
    assert len(pairs(store)) == 1


def test_a_preview_says_the_same_and_writes_no_pair(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "p.csv", [person("符海燕", 2, HOME), person("符海雁", 2, HOME, **BARE)])
    shown = import_register(store, manager, path, FIRST, RegisterOptions(date(2026, 1, 1), dry_run=True))
    assert (3, "alike_row", 2) in codes(shown)
    assert pairs(store) == []


@pytest.mark.parametrize("slip", ["digit", "neighbours"])
def test_a_wrong_number_is_told_whose_it_nearly_is(
    store: Store, street: Street, manager: Actor, tmp_path: Path, slip: str
) -> None:
    """By the check character one knows which of the two is wrong; names that differ say nothing."""
    right = id_number(sequence=2)
    wrong = right[:16] + "9" + right[17:] if slip == "digit" else right[:10] + right[11] + right[10] + right[12:]
    assert wrong != right
    row = person("符海雁", 2, HOME, 公民身份号码=wrong)
    in_file = bring_in(
        store, manager, tmp_path, person("符海燕", 2, HOME), row, person("赵钱", 2, HOME, 公民身份号码=wrong)
    )
    assert in_file.verdicts["verdict"].to_list() == ["inserted", "rejected", "rejected"]
    assert in_file.verdicts["reason"].to_list()[1:] != ["id_near_row"] * 2
    assert in_file.verdicts["reason"].to_list()[1] == "id_near_row"
    assert right not in "".join(in_file.issues["message"].to_list())
    known = bring_in(store, manager, tmp_path, row, on=date(2026, 2, 1))
    assert known.verdicts["reason"].to_list() == ["id_near_known"]
    assert counted(store)["person"] == 1


def test_one_number_with_a_miswritten_name_is_one_person(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """Twice in one file: the later row waits for somebody to say which is right; nobody is disputed."""
    twice = bring_in(store, manager, tmp_path, person("符海燕", 2, HOME), person("符海雁", 2, HOME))
    assert twice.verdicts["verdict"].to_list() == ["inserted", "needs_review"]
    assert twice.verdicts["reason"].to_list() == [None, "repeat_differs"]
    assert counted(store)["person"] == 1


def test_a_merged_record_leads_later_files_to_the_survivor(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """By either number; the merge is not undone behind somebody's back by the next file."""
    one = person("符海燕", 2, HOME)
    two = person("符海燕", 44, "海景花园2号楼201")
    result = bring_in(store, manager, tmp_path, one, two)
    ids = result.verdicts["person_id"].to_list()
    with store.write() as unit:
        from uuid import UUID  # noqa: PLC0415

        kept, other = map(UUID, ids)
        merge_pair(unit, manager, pair_key(street.region, kept, other), kept)
    for row in (one, two):
        again = bring_in(store, manager, tmp_path, row, on=date(2026, 3, 1))
        assert again.verdicts["person_id"].to_list() == [str(kept)]
    assert counted(store)["person"] == 2
    assert population(store, street, date(2026, 4, 1)) == 1


# --- beyond the reach ------------------------------------------------------------------------------------------------


def test_a_number_of_somebody_beyond_the_reach_is_neither_confirmed_nor_marked(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """Under the same name, under another one, and as a slip: the foreign record stays as it was, and the row only says
    that somebody with more areas has to decide. That somebody sees whose number it is."""
    neighbour = person("符海燕", 2, "银湖花园1栋1单元101室")
    bring_in(store, manager, tmp_path, neighbour, under=SECOND)
    narrow = make_manager(store, street.community)
    before, rows = counted(store), residences(store, street)
    with store.read() as unit:
        versions = list(unit.session.execute(sa.select(Person.id, Person.version, Person.disputed)))
    right = neighbour["公民身份号码"]
    for claim in (person("符海燕", 2, HOME), person("赵丽", 2, HOME)):
        result = bring_in(store, narrow, tmp_path, claim, on=date(2026, 3, 1))
        assert result.verdicts.select("verdict", "reason", "person_id", "other", "value").rows() == [
            ("needs_review", "not_responsible", None, None, None)
        ]
        assert {code for _, code, _ in codes(result)} <= {"not_responsible"}
    slip = person("符海燕", 2, HOME, 公民身份号码=right[:16] + "9" + right[17:])
    assert bring_in(store, narrow, tmp_path, slip).verdicts["reason"].to_list() == ["id_checksum"]
    assert counted(store) == before
    assert [row.id for row in residences(store, street)] == [row.id for row in rows]
    with store.read() as unit:
        assert list(unit.session.execute(sa.select(Person.id, Person.version, Person.disputed))) == versions
        told = [change.details for change in unit.session.scalars(sa.select(Change))]
        told += [entry.subjects for entry in unit.session.scalars(sa.select(AuditEntry).where(
            AuditEntry.actor_name == narrow.username, AuditEntry.actor_id == narrow.user_id))]  # fmt: skip
        assert not any(str(key) in text for key, _, _ in versions for text in told)
    seen = bring_in(store, manager, tmp_path, person("赵丽", 2, HOME), on=date(2026, 3, 1))
    assert seen.verdicts["reason"].to_list() == ["id_disputed"]


def test_a_number_of_another_street_is_told_only_to_who_answers_for_both(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    from gridmap.areas.service import add_area, find_area  # noqa: PLC0415

    with store.write() as unit:
        other = add_area(unit, code="460108002", name="蓝天街道", level="street", parent=find_area(unit, "460108"))
        add_area(unit, code="460108002001", name="万华社区", level="community", parent=other)
    away = person("符海燕", 2, "")
    bring_in(store, manager, tmp_path, away, under="460108002001")
    claim = person("符海燕", 2, HOME)
    with store.read() as unit:
        whole_street = find_area(unit, "460108001").id
    for area in (street.community, whole_street):
        result = bring_in(store, make_manager(store, area), tmp_path, claim)
        assert result.verdicts["reason"].to_list() == ["not_responsible"]
    assert bring_in(store, manager, tmp_path, claim).verdicts["reason"].to_list() == ["elsewhere"]


def test_a_resemblance_to_somebody_beyond_the_reach_is_noted_for_who_answers_for_both(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """The row says nothing of it; the pair waits for the data manager of the street."""
    bring_in(store, manager, tmp_path, person("符海燕", 2, "银湖花园1栋1单元101室"), under=SECOND)
    narrow = make_manager(store, street.community)
    result = bring_in(store, narrow, tmp_path, person("符海燕", 2, HOME, **BARE), on=date(2026, 3, 1))
    assert result.verdicts["verdict"].to_list() == ["inserted"]
    assert codes(result) == []
    with store.write() as unit:
        assert list_pairs(unit, narrow) == ([], 0)
        assert list_pairs(unit, manager)[1] == 1
