"""What a register is understood as, from the command line: shown, corrected, remembered, applied, forgotten."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from gridmap.access.service import grant_role
from gridmap.accounts.actor import Role
from gridmap.accounts.service import create_user
from gridmap.cli.app import make_app
from gridmap.store.store import open_store
from tests.conftest import TEST_KEY
from tests.gridmap.importing.registers import id_number, make_street
from tests.gridmap.town import CHEAP, NewStore

UNDER = "460108001"


class Line:
    """The command line on a small street."""

    def __init__(self, location: str) -> None:
        self.location = location

    def __call__(self, *words: str | Path, code: int = 0) -> Result:
        said = [str(word) for word in words]
        result = CliRunner().invoke(
            make_app(wanted="import"), ["import", *said, "--db", self.location, "--as", "keeper"]
        )
        assert result.exit_code == code, result.output
        return result


@pytest.fixture
def line(new_store_url: NewStore, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setenv("GRIDMAP_KEY", TEST_KEY.secret.hex())
    monkeypatch.setenv("GRIDMAP_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")
    location = new_store_url("sqlite")
    store = open_store(location, TEST_KEY)
    make_street(store)
    with store.write() as unit:
        user = create_user(unit, CHEAP, username="keeper", display_name="Keeper", password=None)
        grant_role(unit, user, Role.DATA_MANAGER, None)
    store.close()
    return Line(location)


def table(path: Path, *rows: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_register_is_shown_corrected_and_remembered(line: Line, tmp_path: Path) -> None:
    head = [("登记表（截至2025年3月31日）",), ("姓名", "栏一", "来源")]
    first = table(
        tmp_path / "a.csv", *head, ("王芳", id_number(sequence=2), "海景花园1号楼1单元101"), ("合计", "1", "")
    )
    shown = line("understand", first, "--under", UNDER)
    assert all(text in shown.output for text in ("4 rows = ", "subtotal 1", "2025-03-31", "row 2", "not known"))
    assert "王芳" not in shown.output
    maps = ("--map", "B=id_number", "--map", "来源=address")
    done = line("register", first, "--under", UNDER, *maps, "--remember", "月报", "--json")
    answer = json.loads(done.stdout)
    assert (answer["read"], answer["inserted"]) == (1, 1)
    assert answer["skipped"] == {"a": {"title": 1, "header": 1, "subtotal": 1}}
    second = table(tmp_path / "b.csv", *head, ("李伟", id_number(sequence=3), "海景花园2号楼101"))
    sheet = json.loads(line("understand", second, "--under", UNDER, "--json").stdout)["sheets"][0]
    assert sheet["layout"] == "月报"
    assert [column["field"] for column in sheet["columns"]] == ["name", "id_number", "address"]
    assert "月报" in line("layouts").output
    assert "月报" not in line("layouts", "--forget", "月报").output
    line("layouts", "--forget", "月报", code=3)


def test_the_rows_of_the_headings_can_be_said(line: Line, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ("姓名", "住址"), ("甲", "乙"), ("王芳", id_number(sequence=2)))
    options = ("--under", UNDER, "--header-row", "2", "--map", "甲=name", "--map", "乙=id_number")
    sheet = json.loads(line("understand", path, *options, "--json").stdout)["sheets"][0]
    assert (sheet["header_rows"], sheet["residents"]) == ([2], 1)
    bare = table(tmp_path / "b.csv", ("王芳", id_number(sequence=2)), ("李伟", "123"))
    options = ("--under", UNDER, "--header-row", "0", "--map", "A=name", "--map", "B=id_number")
    errors = tmp_path / "errors.xlsx"
    done = json.loads(line("register", bare, *options, "--errors", errors, "--json").stdout)
    assert (done["read"], done["inserted"] + done["needs_review"], done["rejected"]) == (2, 1, 1)
    values = [cell.value for row in openpyxl.load_workbook(errors).active.iter_rows() for cell in row]
    assert "123" in values


@pytest.mark.parametrize("wrong", ["B", "B=colour", "Z=name", "=name"])
def test_a_wrong_mapping_is_refused_in_words(line: Line, tmp_path: Path, wrong: str) -> None:
    path = table(tmp_path / "a.csv", ("姓名", "住址"), ("王芳", "x"))
    assert "--map" in line("register", path, "--under", UNDER, "--map", wrong, code=3).stderr
