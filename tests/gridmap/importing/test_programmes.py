"""Import of enrolments and deliveries: found by identity number among one's own, one verdict a row, taken back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from gridmap.accounts.actor import Actor
from gridmap.areas.service import find_area
from gridmap.changes import service as changes
from gridmap.errors import PermissionDeniedError
from gridmap.importing.outcome import ImportOutcome
from gridmap.importing.programmes import import_deliveries, import_enrolments
from gridmap.importing.register import import_register
from gridmap.services.models import Delivery, Enrolment
from gridmap.services.programmes import EligibilityError, ProgrammeFacts, keep_programme, programme_of
from gridmap.store.store import Store
from tests.gridmap.importing.registers import id_number, make_manager, make_street, person, write_csv

STREET = "460108001"
OLD_AGE = ProgrammeFacts("old_age", "高龄津贴", "age >= 80", date(2026, 1, 1))


@pytest.fixture
def manager(store: Store, tmp_path: Path) -> Actor:
    make_street(store)
    manager = make_manager(store)
    rows = [person(number=2), person("李明", 3, "白坡里银湖花园1栋1单元101室")]
    import_register(store, manager, write_csv(tmp_path / "people.csv", rows), STREET)
    with store.write() as unit:
        keep_programme(unit, manager, OLD_AGE)
    return manager


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def said(outcome: ImportOutcome) -> dict[str, int]:
    return {verdict.value: count for verdict, count in outcome.verdicts.items() if count}


def test_enrolments_are_kept_once_and_an_end_is_a_new_belief(store: Store, manager: Actor, tmp_path: Path) -> None:
    head = "项目,身份证号,参加日期,退出日期"
    first = table(tmp_path / "a.csv", head, f"高龄津贴,{id_number(sequence=2)},2026-02-01,")
    assert said(import_enrolments(store, manager, first, STREET)) == {"inserted": 1}
    assert said(import_enrolments(store, manager, first, STREET)) == {"unchanged": 1}
    ended = table(tmp_path / "b.csv", head, f"old_age,{id_number(sequence=2)},2026-02-01,2026-06-01")
    second = import_enrolments(store, manager, ended, STREET)
    assert said(second) == {"updated": 1}
    with store.write() as unit:
        changes.undo(unit, manager, second.batch_id)
    with store.read() as unit:
        (row,) = unit.session.scalars(sa.select(Enrolment).where(Enrolment.superseded_at.is_(None)))
    assert (row.valid_from, row.valid_to) == (date(2026, 2, 1), None)


def test_every_row_has_one_verdict_and_a_reason(store: Store, manager: Actor, tmp_path: Path) -> None:
    known = id_number(sequence=2)
    path = table(
        tmp_path / "a.csv",
        "项目,身份证号,发放日期,发放金额",
        f"old_age,{known},2026-03-01,300.50元",
        f"old_age,{known},2026-03-01,300.50",
        f"old_age,{known.lower()},2026-04-01,",
        f"no_such,{known},2026-03-01,1",
        f"old_age,{id_number(sequence=9)},2026-03-01,1",
        f"old_age,{known},spring,1",
        f"old_age,{known},2026-05-01,1.005",
        f"old_age,{known},2026-05-01,-1",
    )
    outcome = import_deliveries(store, manager, path, STREET)
    assert said(outcome) == {"inserted": 2, "unchanged": 1, "rejected": 5}
    assert [issue.code for issue in outcome.errors] == [
        "programme_unknown", "person_not_found", "date_not_understood", "amount_wrong", "amount_wrong",
    ]  # fmt: skip
    assert not [issue for issue in outcome.errors if known in str(issue)]
    with store.read() as unit:
        assert unit.session.scalar(sa.select(sa.func.sum(Delivery.amount_fen))) == 30050


def test_a_number_of_another_area_is_answered_like_one_that_does_not_exist(
    store: Store, manager: Actor, tmp_path: Path
) -> None:
    with store.read() as unit:
        community = find_area(unit, "460108001001").id
    narrow = make_manager(store, community)
    head = "项目,身份证号,参加日期"
    foreign, nobody = id_number(sequence=3), id_number(sequence=77)
    path = table(tmp_path / "a.csv", head, *(f"old_age,{number},2026-02-01" for number in (foreign, nobody)))
    outcome = import_enrolments(store, narrow, path, "460108001001")
    first, second = outcome.errors
    assert (first.code, first.message, first.remedy) == (second.code, second.message, second.remedy)
    assert said(outcome) == {"rejected": 2}


def test_programmes_are_checked_and_are_for_those_who_manage_everything(store: Store, manager: Actor) -> None:
    with store.write() as unit:
        with pytest.raises(EligibilityError, match="compare one of"):
            keep_programme(unit, manager, ProgrammeFacts("x1", "X", "income > 5", date(2026, 1, 1)))
        keep_programme(unit, manager, ProgrammeFacts("old_age", "高龄补贴", "age >= 70", date(2026, 1, 1)))
        assert programme_of(unit, "高龄补贴").version == 2
        with pytest.raises(PermissionDeniedError):
            keep_programme(unit, Actor(manager.user_id, "m", "M", ()), OLD_AGE)
