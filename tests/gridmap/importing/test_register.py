"""The import of a register: one verdict a row, all or nothing, the same file again changes nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from gridmap.access.service import actor_of, grant_role
from gridmap.accounts.actor import Actor, Role
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import create_user
from gridmap.areas.service import find_area
from gridmap.audit.models import AuditEntry
from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing import register
from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.residents.models import Person, PersonAttribute, Residence
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

UNDER = "460108001001"


@pytest.fixture
def street(store: Store) -> Street:
    return make_street(store)


@pytest.fixture
def manager(store: Store) -> Actor:
    return make_manager(store)


def verdicts(result: BatchResult) -> list[str]:
    return result.verdicts["verdict"].to_list()


def adds_up(result: BatchResult) -> bool:
    parts = ("inserted", "updated", "unchanged", "needs_review", "rejected")
    return result.counts["rows"] == sum(result.counts[part] for part in parts) == result.verdicts.height


def test_a_clean_file_is_inserted_and_the_same_file_again_changes_nothing(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "register.csv",
        [
            person("符海燕", 2, "东湖里社区海景花园1号楼1单元101室"),
            person("王伟", 3, "海景花园1-1-101", 与户主关系="配偶"),
            person("李娜", 4, "海景花园二栋一单元二零一"),
            person("陈明", 5, "海府路12号202室"),
        ],
    )
    first = import_register(store, manager, path, UNDER, RegisterOptions(date(2026, 1, 1)))
    assert verdicts(first) == ["inserted"] * 4
    assert adds_up(first)
    assert first.population == (0, 4)
    expected = [street.rooms[k] for k in ("海景花园1-1-101", "海景花园1-1-101", "海景花园2-1-201", "海景花园2-1-202")]
    assert sorted(row.dwelling_id.hex for row in residences(store, street)) == sorted(room.hex for room in expected)
    assert {row.cause_in for row in residences(store, street)} == {"initial"}
    before = counted(store)
    assert before["household"] == 3
    numbers = store.change_numbers()
    second = import_register(store, manager, path, UNDER, RegisterOptions(date(2026, 2, 1)))
    assert verdicts(second) == ["unchanged"] * 4
    assert second.population == (4, 4)
    assert counted(store) == before
    assert store.change_numbers() == numbers


def test_every_kind_of_row_gets_its_verdict_and_the_counts_add_up(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    lost = id_number(sequence=100)[:15] + "000"
    path = write_csv(
        tmp_path / "register.csv",
        [
            person("王芳", 2),
            person("李伟", 3, 公民身份号码=lost),
            person("张三", 5, 公民身份号码=id_number(sequence=5)[:-1] + "Y"),
            person("赵六", 7, "没有的花园1号楼101"),
            person("钱七", 9, ""),
            person("孙八", 11, "海景花园1号楼"),
            {"姓名": "周九", "现住址": "海景花园1号楼1单元102室"},
            {"姓名": "", "现住址": "海景花园1号楼1单元102室"},
            {},
            person("吴十", 13, 性别="女"),
            person("郑一", 15, "海景花园1号楼101"),
        ],
    )
    result = import_register(store, manager, path, UNDER)
    assert adds_up(result)
    assert result.blank_rows == 1
    by_row = dict(result.verdicts.select("row", "verdict").rows())
    reasons = dict(result.verdicts.select("row", "reason").rows())
    assert by_row == {
        2: "inserted", 3: "rejected", 4: "rejected", 5: "needs_review", 6: "inserted", 7: "inserted",
        8: "needs_review", 9: "rejected", 11: "rejected", 12: "needs_review",
    }  # fmt: skip
    assert reasons[3] == "id_lost_digits"
    assert reasons[5] == "compound_unknown"
    assert reasons[8] == "person_unclear"
    assert reasons[9] == "person_unknown"
    assert reasons[11] == "sex_differs"
    assert reasons[12] == "room_ambiguous"
    # Known persons without a room count under the area or the building; the unclear row counts nowhere.
    assert population(store, street, date(2100, 1, 1)) == 5
    assert result.population[1] == 5


def test_a_person_without_room_is_unlocated_under_the_named_cell(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "r.csv", [person("王芳", 2, "", 网格="东湖里第2网格"), person("李伟", 3, "")])
    import_register(store, manager, path, UNDER)
    assert {row.area_id for row in residences(store, street)} == {street.cells[1], street.community}
    assert all(row.building_id is None for row in residences(store, street))


def test_a_move_closes_the_old_residence_and_opens_the_new_one(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    first = write_csv(tmp_path / "1.csv", [person("王芳", 2, "海景花园1号楼1单元101室")])
    second = write_csv(tmp_path / "2.csv", [person("王芳", 2, "海景花园2号楼301室")])
    import_register(store, manager, first, UNDER, RegisterOptions(date(2026, 1, 1)))
    result = import_register(store, manager, second, UNDER, RegisterOptions(date(2026, 3, 15)))
    assert verdicts(result) == ["updated"]
    old, new = residences(store, street)
    assert (old.dwelling_id, old.valid_to, old.cause_out) == (
        street.rooms["海景花园1-1-101"], date(2026, 3, 15), "move_within",
    )  # fmt: skip
    assert (new.dwelling_id, new.valid_from, new.cause_in, new.valid_to) == (
        street.rooms["海景花园2-1-301"], date(2026, 3, 15), "move_within", None,
    )  # fmt: skip
    assert [population(store, street, day) for day in (date(2026, 3, 14), date(2026, 3, 15))] == [1, 1]
    # A file that says where the person lived before the known move needs a decision, and moves nobody.
    back = import_register(store, manager, first, UNDER, RegisterOptions(date(2026, 2, 1)))
    assert verdicts(back) == ["needs_review"]
    assert back.verdicts["reason"].to_list() == ["date_before_current"]
    assert len(residences(store, street)) == 2


def test_changed_facts_close_the_dated_row_and_missing_ones_keep_it(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    first = write_csv(tmp_path / "1.csv", [person("王芳", 2)])
    second = write_csv(tmp_path / "2.csv", [person("王芳", 2, 婚姻状况="丧偶", 联系电话="", 人员类别="")])
    import_register(store, manager, first, UNDER, RegisterOptions(date(2026, 1, 1)))
    result = import_register(store, manager, second, UNDER, RegisterOptions(date(2026, 5, 1)))
    assert verdicts(result) == ["updated"]
    with store.read() as unit:
        rows = list(unit.session.scalars(sa.select(PersonAttribute).order_by(PersonAttribute.valid_from)))
        assert [(r.marital_status, r.presence, r.valid_from, r.valid_to) for r in rows] == [
            ("20", "registered_present", date(2026, 1, 1), date(2026, 5, 1)),
            ("30", "registered_present", date(2026, 5, 1), None),
        ]
        assert [unit.vault.open(r.phone, "person_attribute.phone") for r in rows] == ["13800000002"] * 2


def test_a_miswritten_name_is_corrected_and_the_old_belief_kept(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    import_register(
        store, manager, write_csv(tmp_path / "1.csv", [person("符海燕", 2)]), UNDER, RegisterOptions(date(2026, 1, 1))
    )
    result = import_register(store, manager, write_csv(tmp_path / "2.csv", [person("付海燕", 2)]), UNDER)
    assert verdicts(result) == ["updated"]
    with store.read() as unit:
        rows = list(unit.session.scalars(sa.select(PersonAttribute)))
    assert {(r.name, r.superseded_at is None, r.valid_from) for r in rows} == {
        ("符海燕", False, date(2026, 1, 1)),
        ("付海燕", True, date(2026, 1, 1)),
    }


def test_one_number_of_two_persons_is_stored_disputed_and_reviewed(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    number = id_number(sequence=2)
    import_register(store, manager, write_csv(tmp_path / "1.csv", [person("王芳", 2)]), UNDER)
    claim = write_csv(tmp_path / "2.csv", [person("赵丽", 2, "海景花园2号楼101", 公民身份号码=number)])
    result = import_register(store, manager, claim, UNDER)
    assert verdicts(result) == ["needs_review"]
    assert result.verdicts["reason"].to_list() == ["id_disputed"]
    assert result.verdicts["person_id"][0] is not None
    with store.read() as unit:
        assert [row.disputed for row in unit.session.scalars(sa.select(Person))] == [True, True]
    again = import_register(store, manager, claim, UNDER)
    assert counted(store)["person"] == 2
    assert adds_up(again)


def test_two_rows_with_one_number_in_one_file(store: Store, street: Street, manager: Actor, tmp_path: Path) -> None:
    same = person("王芳", 2)
    other = person("赵丽", 2, "海景花园2号楼101")
    twice = person("李伟", 3, "海景花园2号楼102")
    elsewhere = person("李伟", 3, "海景花园2号楼201")
    result = import_register(
        store, manager, write_csv(tmp_path / "1.csv", [same, same, other, twice, twice, elsewhere]), UNDER
    )
    assert result.verdicts["reason"].to_list() == ["id_conflict"] * 3 + [None, None, "repeat_differs"]
    assert verdicts(result) == ["needs_review"] * 3 + ["inserted", "unchanged", "needs_review"]
    assert counted(store)["person"] == 3
    assert counted(store)["person_key"] == 2


def test_without_a_number_name_birth_and_room_tell_a_person(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    child = {
        "姓名": "王小宝",
        "性别": "男",
        "出生日期": "2024年2月29日",
        "与户主关系": "之子",
        "现住址": "海景花园1号楼1单元101",
    }
    path = write_csv(tmp_path / "1.csv", [child])
    assert verdicts(import_register(store, manager, path, UNDER)) == ["inserted"]
    assert verdicts(import_register(store, manager, path, UNDER)) == ["unchanged"]
    born = "20240229"
    numbered = write_csv(tmp_path / "2.csv", [child | {"公民身份号码": id_number(born, 1)}])
    assert verdicts(import_register(store, manager, numbered, UNDER)) == ["updated"]
    assert verdicts(import_register(store, manager, numbered, UNDER)) == ["unchanged"]
    assert counted(store)["person"] == counted(store)["person_key"] == 1


def test_a_dry_run_says_the_same_and_writes_nothing(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "1.csv", [person("王芳", 2), person("李伟", 3, "乱写")])
    preview = import_register(store, manager, path, UNDER, RegisterOptions(dry_run=True))
    assert set(counted(store).values()) == {0}
    done = import_register(store, manager, path, UNDER)
    assert preview.counts == done.counts
    assert preview.population == done.population
    assert preview.verdicts.drop("person_id").equals(done.verdicts.drop("person_id"))


def test_complete_files_list_absentees_and_move_nobody_out(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    both = write_csv(tmp_path / "1.csv", [person("王芳", 2), person("李伟", 3, "海景花园2号楼101")])
    one = write_csv(tmp_path / "2.csv", [person("王芳", 2)])
    import_register(store, manager, both, UNDER)
    result = import_register(store, manager, one, UNDER, RegisterOptions(complete=True))
    assert verdicts(result) == ["unchanged"]
    assert result.counts["absent"] == 1
    assert adds_up(result)
    assert all(row.valid_to is None for row in residences(store, street))
    with store.read() as unit:
        absent = list(unit.session.scalars(sa.select(ImportRow).where(ImportRow.verdict == "absent")))
    assert [(row.seq, row.row, row.person_id is not None) for row in absent] == [(1, 0, True)]


def test_forbidden_columns_are_named_and_leave_no_trace(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    secret = "已上环XQ7"
    path = write_csv(
        tmp_path / "1.csv",
        [
            person("王芳", 2, 孕检情况=secret, 备注=secret),
            person("李伟", 3, "乱写", 独生子女证号=secret, 与户主关系="独生子"),
        ],
    )
    result = import_register(store, manager, path, UNDER)
    assert [column.heading for column in result.never_stored] == ["孕检情况", "独生子女证号"]
    with store.read() as unit:
        contents = [
            unit.vault.open(row.content, "import_row.content")
            for row in unit.session.scalars(sa.select(ImportRow))
            if row.content is not None
        ]
        stored = json.dumps(contents, ensure_ascii=False)
        relationships = set(unit.session.scalars(sa.select(Residence.relationship)))
    assert len(contents) == 1
    assert secret not in stored
    assert "独生" not in stored
    assert relationships == {"02", "20"}


def test_the_batch_keeps_what_is_needed_and_one_audit_entry_without_names(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "1.csv", [person("王芳", 2), person("李伟", 3, "乱写1号")])
    result = import_register(store, manager, path, UNDER)
    with store.read() as unit:
        batch = unit.session.scalars(sa.select(ImportBatch)).one()
        rows = list(unit.session.scalars(sa.select(ImportRow).order_by(ImportRow.seq)))
        entries = list(unit.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "register.import")))
    assert (batch.id, batch.region, json.loads(batch.counts)["rows"]) == (result.batch_id, street.region, 2)
    assert [(row.row, row.verdict, row.content is None) for row in rows] == [
        (2, "inserted", True),
        (3, "needs_review", False),
    ]
    assert len(entries) == 1
    assert str(result.batch_id) in entries[0].details
    assert "王芳" not in entries[0].details + entries[0].subjects


def test_what_was_read_otherwise_is_kept_as_it_was_written(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """Of a row that is accepted only the cells that were read otherwise, sealed; of one that reads as it is written,
    nothing. What was noted is counted with the batch, and shown."""
    number = id_number(sequence=2)
    odd = person("王　芳", 2, 公民身份号码=f" {number[:6]} {number[6:]}", 核实日期="45000", 联系电话="138-0000-0002")
    result = import_register(store, manager, write_csv(tmp_path / "1.csv", [odd, person("李伟", 3)]), UNDER)
    assert verdicts(result) == ["inserted", "inserted"]
    assert result.notes == {"date_read": 1, "id_read": 1, "name_read": 1, "phone_read": 1}
    with store.read() as unit:
        rows = list(unit.session.scalars(sa.select(ImportRow).order_by(ImportRow.seq)))
        assert rows[1].content is None
        kept = json.loads(unit.vault.open(rows[0].content, "import_row.content") or "")
        batch = unit.session.scalars(sa.select(ImportBatch)).one()
    assert kept == {"name": "王　芳", "id_number": odd["公民身份号码"], "verified_on": "45000"}
    outcome = json.loads(batch.outcome)
    assert (outcome["notes"], outcome["skipped"]) == (result.notes, {"1": {"header": 1}})


def test_states_and_verifications_are_written_once(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    row = person("王芳", 2, 房屋状态="出租", 核实日期="2026/3/1")
    path = write_csv(
        tmp_path / "1.csv", [row, person("李伟", 3, 与户主关系="配偶", 房屋状态="出租", 核实日期="2026/3/1")]
    )
    import_register(store, manager, path, UNDER, RegisterOptions(date(2026, 3, 1)))
    changed = write_csv(tmp_path / "2.csv", [row | {"房屋状态": "自住", "核实日期": "2026-06-01"}])
    again = import_register(store, manager, path, UNDER, RegisterOptions(date(2026, 3, 1)))
    assert verdicts(again) == ["unchanged", "unchanged"]
    assert verdicts(import_register(store, manager, changed, UNDER)) == ["updated"]
    with store.read() as unit:
        states = unit.session.execute(
            sa.text("SELECT tenure, valid_to IS NULL FROM dwelling_state ORDER BY valid_from")
        ).all()
        visits = unit.session.scalar(sa.text("SELECT count(*) FROM verification"))
    assert [tuple(map(str, state)) for state in states] in (
        [("let", "0"), ("owner", "1")],
        [("let", "False"), ("owner", "True")],
    )
    assert visits == 2


def test_the_office_own_ids_win(store: Store, street: Street, manager: Actor, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "1.csv",
        [person("王芳", 2, "乱写", 房屋编码="D-0001"), person("李伟", 3, "", 楼栋编码="B1", 房号="301")],
    )
    result = import_register(store, manager, path, UNDER)
    assert verdicts(result) == ["inserted"] * 2
    assert result.verdicts["dwelling_id"].to_list() == ["D-0001", str(street.rooms["海景花园2-1-301"])]
    assert result.verdicts["building_id"].to_list() == ["B0", "B1"]


def test_nobody_imports_outside_their_areas(store: Store, street: Street, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "1.csv", [person()])
    outsider = make_manager(store, street.community)
    with pytest.raises(NotFoundError):
        import_register(store, outsider, path, "460108001002")
    with pytest.raises(InvalidInputError):
        import_register(store, outsider, path, UNDER, RegisterOptions(date(2999, 1, 1)))
    assert set(counted(store).values()) == {0}


def test_a_failure_in_the_middle_leaves_nothing(
    store: Store, street: Street, manager: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(register, "write_rows", fail)
    path = write_csv(tmp_path / "1.csv", [person()])
    with pytest.raises(RuntimeError):
        import_register(store, manager, path, UNDER)
    assert set(counted(store).values()) == {0}
    with store.read() as unit:
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(ImportBatch)) == 0


def test_households_follow_numbers_heads_and_order(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    home = "海景花园1号楼2单元301"
    path = write_csv(
        tmp_path / "1.csv",
        [
            person("王芳", 2, home),
            person("王伟", 3, home, 与户主关系="配偶"),
            person("李娜", 4, home),
            person("李强", 5, home, 与户主关系="之子"),
        ],
    )
    import_register(store, manager, path, UNDER)
    groups = pl.DataFrame([{"h": str(row.household_id), "r": row.relationship} for row in residences(store, street)])
    assert groups.group_by("h").len()["len"].to_list() == [2, 2]
    late = write_csv(tmp_path / "2.csv", [person("王芳", 2, home), person("王小宝", 7, home, 与户主关系="之子")])
    import_register(store, manager, late, UNDER)
    assert counted(store)["household"] == 2


@pytest.mark.parametrize("told", ["number", "household"])
def test_an_import_takes_nobody_from_those_responsible_for_them(
    store: Store, street: Street, manager: Actor, tmp_path: Path, told: str
) -> None:
    """The data manager of one community who knows a number, or a name, a birth date and a household, of somebody in
    another one gets neither the person nor a key to the record; the one of the street moves the person."""
    neighbour = person("符海燕", 2, "银湖花园1栋1单元101室", 户编号="H7")
    home = write_csv(tmp_path / "home.csv", [neighbour])
    assert verdicts(import_register(store, manager, home, "460108001002", RegisterOptions(date(2026, 1, 1)))) == [
        "inserted"
    ]
    before = residences(store, street)
    claim = {**neighbour, "现住址": "海景花园1-1-101"}
    if told == "household":
        claim |= {"公民身份号码": "", "出生日期": "1980-05-06"}
    path = write_csv(tmp_path / "claim.csv", [claim])
    with store.write() as unit:
        user = create_user(unit, Passwords(cheap=True), username="narrow", display_name="narrow", password=None)
        grant_role(unit, user, Role.DATA_MANAGER, find_area(unit, UNDER).id)
        narrow = actor_of(unit, user.id)
    for dry in (True, False):
        claimed = import_register(store, narrow, path, UNDER, RegisterOptions(date(2026, 3, 1), dry_run=dry))
        assert verdicts(claimed) == ["needs_review"]
        assert claimed.verdicts["reason"].to_list() == ["not_responsible"]
        assert claimed.verdicts["person_id"].to_list() == [None]
    assert [(row.dwelling_id, row.valid_to) for row in residences(store, street)] == [
        (row.dwelling_id, row.valid_to) for row in before
    ]
    assert verdicts(import_register(store, manager, path, UNDER, RegisterOptions(date(2026, 3, 1)))) == ["updated"]
