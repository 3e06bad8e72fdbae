"""Import of rental agreements: one verdict a row, known again by number, taken back as a whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.accounts.actor import Actor
from gridmap.changes import service as changes
from gridmap.errors import PermissionDeniedError
from gridmap.importing.agreements import import_agreements
from gridmap.importing.outcome import ImportOutcome
from gridmap.services.agreements import Standing, of_dwellings, standing
from gridmap.services.models import RentalAgreement
from gridmap.store.store import Store
from tests.gridmap.importing.registers import Street, make_manager, make_street

STREET = "460108001"
HEAD = "地址,合同编号,房东姓名,签订日期,到期日期"


@pytest.fixture
def street(store: Store) -> Street:
    return make_street(store)


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def said(outcome: ImportOutcome) -> dict[str, int]:
    return {verdict.value: count for verdict, count in outcome.verdicts.items() if count}


def address(street: Street, at: int = 0) -> str:
    return sorted(street.rooms)[at]


def test_agreements_are_kept_once_and_changes_are_new_beliefs(store: Store, street: Street, tmp_path: Path) -> None:
    manager = make_manager(store)
    first = table(tmp_path / "a.csv", HEAD, f"{address(street)},租001,王秀英,2026-01-01,2027-01-01")
    assert said(import_agreements(store, manager, first, STREET)) == {"inserted": 1}
    assert said(import_agreements(store, manager, first, STREET)) == {"unchanged": 1}
    renewed = table(tmp_path / "b.csv", HEAD, f"{address(street)},租001,,2026-01-01,2028-01-01")
    assert said(import_agreements(store, manager, renewed, STREET)) == {"updated": 1}
    with store.read() as unit:
        views = of_dwellings(unit, street.region, [street.rooms[address(street)]], date(2026, 6, 1))
        (view,) = views[street.rooms[address(street)]]
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(RentalAgreement)) == 2
    assert (view.until, view.standing, view.landlord) == (date(2028, 1, 1), Standing.HOLDS, "王*英")


def test_every_row_has_one_verdict_and_a_reason(store: Store, street: Street, tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv",
        HEAD,
        f"{address(street)},1,,2026-01-01,",
        "没有这个小区9栋999室,2,,2026-01-01,",
        f"{address(street)},3,,,",
        f"{address(street)},4,,去年,",
        f"{address(street)},5,,2026-05-01,2026-04-01",
    )
    outcome = import_agreements(store, make_manager(store), path, STREET)
    assert said(outcome) == {"inserted": 1, "rejected": 4}
    assert [(issue.code, issue.row) for issue in outcome.errors] == [
        ("agreement_place_unknown", 3),
        ("agreement_unsigned", 4),
        ("date_not_understood", 5),
        ("ends_before_it_begins", 6),
    ]


def test_an_import_of_agreements_is_taken_back(store: Store, street: Street, tmp_path: Path) -> None:
    manager = make_manager(store)
    path = table(tmp_path / "a.csv", HEAD, f"{address(street)},租001,王秀英,2026-01-01,2027-01-01")
    import_agreements(store, manager, path, STREET)
    path = table(tmp_path / "b.csv", HEAD, f"{address(street)},租001,李建国,2026-01-01,2027-01-01")
    second = import_agreements(store, manager, path, STREET)
    with store.write() as unit:
        changes.undo(unit, manager, second.batch_id)
    with store.read() as unit:
        views = of_dwellings(unit, street.region, [street.rooms[address(street)]], date(2026, 6, 1))
    assert [view.landlord for view in views[street.rooms[address(street)]]] == ["王*英"]


def test_dwellings_outside_the_area_are_not_known(store: Store, street: Street, tmp_path: Path) -> None:
    """A manager of one community can neither place nor learn of agreements elsewhere."""
    manager = make_manager(store, street.community)
    with pytest.raises(PermissionDeniedError):
        import_agreements(store, _nobody(), table(tmp_path / "a.csv", HEAD), STREET)
    path = table(tmp_path / "b.csv", HEAD, "白坡里银湖花园1栋2单元101室,9,,2026-01-01,")
    assert said(import_agreements(store, manager, path, "460108001001")) == {"rejected": 1}


@pytest.mark.parametrize(
    ("signed", "expires", "ended", "expected"),
    [
        (date(2026, 7, 1), None, None, Standing.AHEAD),
        (date(2026, 1, 1), None, None, Standing.HOLDS),
        (date(2026, 1, 1), date(2026, 6, 1), None, Standing.ENDED),
        (date(2026, 1, 1), date(2026, 7, 1), None, Standing.EXPIRING),
        (date(2026, 1, 1), date(2027, 1, 1), date(2026, 5, 1), Standing.ENDED),
    ],
)
def test_how_an_agreement_stands(signed: date, expires: date | None, ended: date | None, expected: Standing) -> None:
    row = RentalAgreement(signed_on=signed, expires_on=expires, ended_on=ended)
    assert standing(row, date(2026, 6, 1), 30) is expected


def _nobody() -> Actor:
    return Actor(UUID(int=5), "nobody", "Nobody", ())
