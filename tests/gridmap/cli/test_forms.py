"""Forms from the command line, on both kinds of store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridmap.cli.app import make_app
from tests.gridmap.cli.conftest import Run
from tests.gridmap.forms.books import cells, sheet_of
from tests.gridmap.town import AS_OF, FIRST, SECOND, STREET

DAY = ("--date", AS_OF.isoformat())


@pytest.fixture
def form(tmp_path: Path) -> Path:
    """A form with a figure, a row a community and a slip."""
    path = tmp_path / "月报.xlsx"
    path.write_bytes(cells(A1="{{area}} {{date}}", A2="{{population}}", A4="{{row.name}}", B4="{{row.population}}"))
    return path


def test_a_form_is_filled_and_says_how_many_rows(run: Run, form: Path, tmp_path: Path) -> None:
    """The same figures as everywhere."""
    target = tmp_path / "out.xlsx"
    result = run("form", "fill", str(form), "--area", STREET, *DAY, "-o", str(target), "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    sheet = sheet_of(target.read_bytes())
    assert said == {"file": str(target), "form": "月报", "as_of": AS_OF.isoformat(), "rows": said["rows"]}
    assert sum(sheet[f"B{row}"].value for row in range(4, 4 + said["rows"]["children"])) == sheet["A2"].value


def test_persons_are_written_in_full_for_a_purpose_only(run: Run, tmp_path: Path) -> None:
    """Masked without one."""
    path, target = tmp_path / "名册.xlsx", tmp_path / "out.xlsx"
    path.write_bytes(cells(A1="姓名", B1="身份证号", C1="现住址"))
    words = ("form", "fill", str(path), "--area", FIRST, *DAY, "-o", str(target))
    assert run(*words, actor="officer").exit_code == 0
    masked = sheet_of(target.read_bytes())["A2"].value
    assert run(*words, "--reveal", "service", actor="officer").exit_code == 0
    assert "*" in masked
    assert "*" not in sheet_of(target.read_bytes())["A2"].value
    assert run(*words, "--reveal", "other", actor="officer").exit_code == 3


def test_slips_are_named_before_anything_is_filled(run: Run, tmp_path: Path) -> None:
    """Each with its cell and what looks like it; the command ends with 1."""
    path = tmp_path / "form.xlsx"
    path.write_bytes(cells(A1="{{population}}", B7="{{常住人囗}}", C1="{{孕情}}"))
    result = run("form", "check", str(path), "--area", STREET, *DAY)
    assert result.exit_code == 1
    assert "表1!B7" in result.stdout
    assert "常住人口" in result.stdout
    assert "never stored" in result.stdout
    lines = json.loads(run("form", "check", str(path), "--area", STREET, *DAY, "--json").stdout)["lines"]
    assert [line["standing"] for line in lines] == ["filled", "never", "unknown"]
    path.write_bytes(cells(A1="{{population}}"))
    assert run("form", "check", str(path), "--area", STREET, *DAY).exit_code == 0


def test_forms_are_kept_listed_filled_by_name_and_deleted(run: Run, form: Path, tmp_path: Path) -> None:
    """A form is handed in once and filled for every month."""
    assert run("form", "keep", str(form), "--area", STREET).exit_code == 0
    (kept,) = json.loads(run("form", "list", "--json").stdout)
    assert (kept["form"], kept["version"], kept["area"]) == ("月报", 1, STREET)
    assert "月报" in run("form", "list").stdout
    target = tmp_path / "again.xlsx"
    result = run("form", "fill", "月报", "--area", FIRST, *DAY, "-o", str(target), actor="officer")
    assert result.exit_code == 0, result.output
    assert sheet_of(target.read_bytes())["A1"].value.endswith(AS_OF.isoformat())
    assert run("form", "delete", "月报", actor="officer").exit_code == 4
    assert run("form", "delete", "月报").exit_code == 0
    assert json.loads(run("form", "list", "--json").stdout) == []


def test_what_may_not_be_is_refused(run: Run, form: Path, tmp_path: Path) -> None:
    """Another's area, a role without the right, a file that is no form, one that is not there."""
    target = str(tmp_path / "out.xlsx")
    assert run("form", "fill", str(form), "--area", SECOND, *DAY, "-o", target, actor="officer").exit_code == 4
    assert run("form", "fill", str(form), "--area", STREET, *DAY, "-o", target, actor="auditor").exit_code == 4
    (tmp_path / "text.xlsx").write_text("no workbook", encoding="utf-8")
    for wrong in (str(tmp_path / "text.xlsx"), str(tmp_path / "missing.xlsx")):
        assert run("form", "fill", wrong, "--area", STREET, *DAY, "-o", target).exit_code == 3
    assert run("form", "fill", "没有这张表", "--area", STREET, *DAY, "-o", target).exit_code == 4
    assert not Path(target).exists()


def test_an_example_needs_no_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form to begin with, in the language of the command line."""
    monkeypatch.setenv("GRIDMAP_LANG", "zh-CN")
    for kind, text in (("figures", "{{街道}}人口与房屋情况统计表"), ("roster", "居民名册")):
        target = tmp_path / f"{kind}.xlsx"
        result = CliRunner().invoke(make_app(wanted="form"), ["form", "example", kind, "-o", str(target)])
        assert result.exit_code == 0, result.output
        assert sheet_of(target.read_bytes())["A1"].value == text
