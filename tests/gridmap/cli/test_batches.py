"""Imports listed, shown, taken back and mended from the command line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from gridmap.access.service import grant_role
from gridmap.accounts.actor import Actor, Role
from gridmap.accounts.models import User
from gridmap.cli.app import make_app
from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.store.store import Store
from tests.conftest import TEST_KEY
from tests.gridmap.importing.registers import Street, counted, make_manager, make_street, person, write_csv

UNDER = "460108001001"


@pytest.fixture
def street(store: Store) -> Street:
    return make_street(store)


@pytest.fixture
def manager(store: Store, street: Street) -> Actor:
    actor = make_manager(store)
    with store.write() as unit:
        user = unit.session.get_one(User, actor.user_id)
        user.username = "keeper"
        grant_role(unit, user, Role.DATA_MANAGER, None)
    return actor


@pytest.fixture
def run(store: Store, manager: Actor, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("GRIDMAP_KEY", TEST_KEY.secret.hex())
    monkeypatch.setenv("GRIDMAP_LANG", "en")

    def command(*words: str) -> Result:
        return CliRunner().invoke(make_app(wanted=words[0]), [*words, "--db", store.location, "--as", "keeper"])

    return command


def hand_in(store: Store, manager: Actor, path: Path, *rows: dict[str, str], month: int = 1) -> BatchResult:
    return import_register(store, manager, write_csv(path, rows), UNDER, RegisterOptions(date(2025, month, 1)))


def test_a_batch_is_listed_shown_and_undone(store: Store, manager: Actor, run: Any, tmp_path: Path) -> None:
    first = hand_in(store, manager, tmp_path / "a.csv", person("王芳", 2), person("李伟", 3))
    later = hand_in(store, manager, tmp_path / "b.csv", person("王芳", 2, "海景花园2号楼1单元101室"), month=5)
    listed = run("batch", "list")
    assert listed.exit_code == 0, listed.output
    assert "2 rows = inserted 2" in listed.output
    assert listed.output.index("b.csv") < listed.output.index("a.csv")
    assert "2 of 2 batches" in listed.output
    shown = run("batch", "show", first.batch_id.hex[-8:])
    assert "register imported: changed 2 records (M)" in shown.output
    assert "Population of the area: 0 → 2" in shown.output
    refused = run("batch", "undo", str(first.batch_id))
    assert refused.exit_code == 1
    assert "b.csv" in refused.output
    assert counted(store)["person"] == 2
    machine = json.loads(run("batch", "undo", str(first.batch_id), "--json").stdout)
    assert [one["change"] for one in machine["obstacles"]] == [str(later.batch_id)]
    done = run("batch", "undo", str(first.batch_id), "--together")
    assert done.exit_code == 0, done.output
    assert counted(store) == {"person": 0, "person_attribute": 0, "person_key": 0, "household": 0, "residence": 0}
    assert "Undone on" in run("batch", "show", str(first.batch_id)).output
    again = run("batch", "undo", str(first.batch_id))
    assert again.exit_code == 3
    statuses = [batch["status"] for batch in json.loads(run("batch", "list", "--json").stdout)["batches"]]
    assert statuses == ["undone", "undone"]


def test_the_workbook_is_written_again(store: Store, manager: Actor, run: Any, tmp_path: Path) -> None:
    """Also long after the file is gone; mended and handed in, its rows are taken."""
    bad = hand_in(
        store, manager, tmp_path / "a.csv", person("王芳", 2), person("李伟", 3, 公民身份号码="46010819800506003Y")
    )
    (tmp_path / "a.csv").unlink()
    target = tmp_path / "mend.xlsx"
    assert "Rows to mend: 1" in run("batch", "show", str(bad.batch_id)).output
    wrote = run("batch", "workbook", bad.batch_id.hex[:12], str(target))
    assert wrote.exit_code == 0, wrote.output
    book = openpyxl.load_workbook(target)
    sheet = book.active
    column = next(cell.column for cell in sheet[1] if cell.value == "公民身份号码")
    assert sheet.cell(2, column).comment is not None
    sheet.cell(2, column).value = person("李伟", 3)["公民身份号码"]
    book.save(target)
    mended = import_register(store, manager, target, UNDER, RegisterOptions(date(2025, 1, 1)))
    assert mended.counts["inserted"] == 1
    assert counted(store)["person"] == 2


def test_what_cannot_be_written_or_found_is_said_first(store: Store, manager: Actor, run: Any, tmp_path: Path) -> None:
    done = hand_in(store, manager, tmp_path / "a.csv", person("王芳", 2))
    assert run("batch", "workbook", str(done.batch_id), str(tmp_path)).exit_code == 3
    assert run("batch", "workbook", str(done.batch_id), str(tmp_path / "none.xlsx")).exit_code != 0
    assert run("batch", "show", "00000000").exit_code != 0
