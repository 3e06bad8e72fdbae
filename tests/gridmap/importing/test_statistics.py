"""Import of reported figures and of aliases: one verdict a row, implausible figures are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.buildings.models import Building, Compound
from gridmap.errors import PermissionDeniedError
from gridmap.importing.aliases import import_aliases
from gridmap.importing.outcome import ImportOutcome, Verdict
from gridmap.importing.statistics import import_statistics
from gridmap.linking.aliases import alias_keys, withdraw_alias
from gridmap.linking.models import Alias
from gridmap.statistics.models import PeriodStatistic
from gridmap.store.ids import uuid7
from gridmap.store.store import Store
from tests.gridmap.importing.registers import make_manager, make_street

HEAD = "area_code,period_start,period_end,measure,value"
PERIOD = "2025-10-01,2026-03-31"


@pytest.fixture
def manager(store: Store) -> Actor:
    make_street(store)
    return make_manager(store)


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def said(outcome: ImportOutcome) -> dict[str, int]:
    return {verdict.value: count for verdict, count in outcome.verdicts.items() if count}


def test_a_real_report_is_kept_once(store: Store, manager: Actor, tmp_path: Path) -> None:
    figures = {
        "population_closing": 511851,
        "births": 3118,
        "births_male": 1682,
        "births_female": 1436,
        "births_in_line": 2836,
    }
    path = table(tmp_path / "s.csv", HEAD, *(f"460108,{PERIOD},{name},{value}" for name, value in figures.items()))
    assert said(import_statistics(store, manager, path)) == {"inserted": 5}
    assert said(import_statistics(store, manager, path)) == {"unchanged": 5}
    with store.read() as unit:
        kept = {row.measure: row.value for row in unit.session.scalars(sa.select(PeriodStatistic))}
    assert kept == figures
    corrected = table(tmp_path / "c.csv", HEAD, f"460108,{PERIOD},population,511852")
    assert said(import_statistics(store, manager, corrected)) == {"updated": 1}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"999,{PERIOD},births,5", "area_unknown"),
        (f"460108001,{PERIOD},pregnancies,5", "measure_unknown"),
        (f"460108001001,{PERIOD},births_in_line,5", "measure_too_fine"),
        ("460108001,2026-03-31,2025-10-01,births,5", "period_wrong"),
        ("460108001,2026-01-01,2999-01-01,births,5", "period_wrong"),
        (f"460108001,{PERIOD},births,-1", "value_wrong"),
        (f"460108001,{PERIOD},births,2.5", "value_wrong"),
        (f"460108001,{PERIOD},births,nan", "value_wrong"),
    ],
)
def test_implausible_rows_are_refused_with_the_reason(
    store: Store, manager: Actor, tmp_path: Path, line: str, code: str
) -> None:
    outcome = import_statistics(store, manager, table(tmp_path / "s.csv", HEAD, line, f"460108001,{PERIOD},deaths,3"))
    assert said(outcome) == {"inserted": 1, "rejected": 1}
    assert [(issue.code, issue.row) for issue in outcome.errors] == [(code, 2)]


def test_a_part_is_never_more_than_its_whole(store: Store, manager: Actor, tmp_path: Path) -> None:
    path = table(
        tmp_path / "s.csv",
        HEAD,
        f"460108,{PERIOD},births,10",
        f"460108,{PERIOD},births_in_line,11",
        f"460108,{PERIOD},births_male,6",
        f"460108,{PERIOD},births_female,3",
    )
    outcome = import_statistics(store, manager, path)
    assert said(outcome) == {"inserted": 3, "rejected": 1}
    assert {issue.code for issue in outcome.issues} == {"part_exceeds_whole", "parts_do_not_add_up"}
    more = table(tmp_path / "m.csv", HEAD, f"460108,{PERIOD},births_female,5")
    assert said(import_statistics(store, manager, more)) == {"rejected": 1}


def test_aliases_are_known_once_and_come_back_when_withdrawn(store: Store, manager: Actor, tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv",
        "kind,official,alias",
        "compound,海景花园,海京花园",
        "道路,海府路,海府大道",
        "compound,海景花园,海景 花园",
        "planet,a,b",
    )
    assert said(import_aliases(store, manager, path)) == {"inserted": 2, "rejected": 2}
    assert said(import_aliases(store, manager, path)) == {"unchanged": 2, "rejected": 2}
    with store.write() as unit:
        row = unit.session.scalars(sa.select(Alias).where(Alias.kind == "compound")).one()
        assert withdraw_alias(unit, row.id)
        assert alias_keys(unit)["compound"] == {}
    assert import_aliases(store, manager, path).verdicts[Verdict.INSERTED] == 1


def test_an_alias_of_a_name_that_nothing_carries_is_kept_and_said(store: Store, manager: Actor, tmp_path: Path) -> None:
    """It would be silent otherwise: no address ever leads there, and nobody knows why."""
    with store.write() as unit:
        compound = unit.session.scalars(sa.select(Compound)).first()
        assert compound is not None
        unit.session.add(Building(region=compound.region, id=uuid7(), road="海府路", number="商住楼"))
    path = table(
        tmp_path / "a.csv",
        "kind,official,alias",
        "compound,海景 花园,海京花园",
        "compound,海景花圆,海景苑",
        "road,海府路,海府大道",
        "road,海景花园,海府大街",
        "building,商住楼,综合楼",
    )
    outcome = import_aliases(store, manager, path)
    assert said(outcome) == {"inserted": 5}
    assert [(issue.code, issue.row, issue.severity.value) for issue in outcome.issues] == [
        ("alias_official_unknown", 3, "warning"),
        ("alias_official_unknown", 5, "warning"),
    ]


def test_only_those_who_may_import(store: Store, manager: Actor, tmp_path: Path) -> None:
    analyst = Actor(manager.user_id, "a", "A", (RoleGrant(Role.ANALYST, None),))
    with pytest.raises(PermissionDeniedError):
        import_statistics(store, analyst, table(tmp_path / "s.csv", HEAD, f"460108,{PERIOD},births,1"))
    with pytest.raises(PermissionDeniedError):
        import_aliases(store, analyst, table(tmp_path / "a.csv", "kind,official,alias", "compound,x,y"))
