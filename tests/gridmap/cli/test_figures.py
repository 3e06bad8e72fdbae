"""Figures, reports and maps from the command line, on both kinds of store."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa

from gridmap.audit.models import AuditEntry
from gridmap.indicators.cells import AreaTable
from tests.gridmap.cli.conftest import Run
from tests.gridmap.town import AS_OF, FIRST, SECOND, STREET, Town

DAY = ("--as-of", AS_OF.isoformat())


def stats(run: Run, *words: str, actor: str = "chief") -> pd.DataFrame:
    """The figures that a command prints as CSV."""
    result = run("stats", *DAY, "--format", "csv", *words, actor=actor)
    assert result.exit_code == 0, result.output
    return pd.read_csv(io.BytesIO(result.stdout_bytes), dtype={"code": str, "parent_code": str})


def table(town: Town) -> AreaTable:
    return town.assessment.figures.table(AS_OF)


def test_every_cell_has_every_count_of_the_snapshot(run: Run, town: Town) -> None:
    """One row a cell, one column a count, under the names that stay."""
    found = stats(run, "--level", "cell")
    cells = table(town).cells
    rows = found[found["level"] == "cell"]
    tree = cells.occupancy.snapshot.areas
    assert rows["code"].tolist() == [tree.codes[row] for row in cells.rows.tolist()]
    for name in cells.names:
        assert rows[name].tolist() == cells[name].tolist(), name
    assert set(rows["status"]) <= {"meets", "at_risk", "fails", "no_data"}
    verdicts = town.assessment.cell_statuses(AS_OF)
    assert rows["status"].tolist() == list(verdicts.statuses)
    assert rows["failing"].tolist() == list(verdicts.failing)


def test_rates_follow_from_the_counts_beside_them(run: Run) -> None:
    """A reader can check each indicator with the columns of its row."""
    found = stats(run, "--level", "community")
    rows = found[found["level"] == "community"]
    coverage = 100 * rows["dwellings_verified_90"] / rows["dwellings"]
    assert rows["registration_coverage"].tolist() == pytest.approx(coverage.tolist(), abs=1e-6)
    known = rows["population"] - rows["presence_unknown"]
    assert rows["floating_share"].tolist() == pytest.approx((100 * rows["floating"] / known).tolist(), abs=1e-6)


def test_levels_add_up(run: Run, town: Town) -> None:
    """Cells and their lines of those in no cell are the communities; these and theirs are the street."""
    names = [name for name in table(town).names if name != "buildings"]
    totals = {level: stats(run, "--level", level)[names].sum().tolist() for level in ("cell", "community", "street")}
    assert totals["cell"] == totals["community"] == totals["street"]
    assert (stats(run, "--level", "cell")["level"] == "unlocated").any()


def test_json_holds_the_same(run: Run) -> None:
    """Empty values are null, counts whole numbers."""
    result = run("stats", *DAY, "--level", "community", "--format", "json")
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    frame = stats(run, "--level", "community")
    assert [row["population"] for row in rows] == frame["population"].tolist()
    assert all(isinstance(row["population"], int) for row in rows)
    unlocated = next(row for row in rows if row["level"] == "unlocated")
    assert unlocated["status"] is None
    assert unlocated["area_km2"] is None


def test_excel_gets_its_mark_and_nobody_else(run: Run) -> None:
    """UTF-8 with a byte order mark only where it is asked for."""
    words = ("stats", *DAY, "--level", "street", "--format", "csv")
    assert run(*words).stdout_bytes.startswith(b"as_of,code,name")
    assert run(*words, "--excel").stdout_bytes.startswith(b"\xef\xbb\xbfas_of,code,name")


def test_a_table_for_the_eye_keeps_its_numbers_whole(run: Run, town: Town) -> None:
    """Population of each community as it is, with thousands apart, and the status in a word."""
    result = run("stats", *DAY, "--level", "community")
    for number in table(town).at_level("community")["population"].tolist():
        assert f"{number:,}" in result.stdout
    assert "in no area below" in result.stdout
    assert "…" not in result.stdout


def test_one_area_alone(run: Run) -> None:
    """Only what lies under it."""
    found = stats(run, "--level", "cell", "--area", SECOND)
    assert all(code.startswith(SECOND) for code in found["code"])
    assert set(found["level"]) == {"cell", "unlocated"}


def test_an_officer_sees_the_own_community_only(run: Run) -> None:
    """Other communities are not in the figures, and asking for one is asking for nothing."""
    found = stats(run, "--level", "cell", actor="officer")
    assert set(found["code"].str[:12]) == {FIRST}
    assert stats(run, "--level", "community", actor="officer")["code"].tolist() == [FIRST]
    for words in (("stats", "--area", SECOND), ("report", "coverage", "--area", SECOND), ("map", "--area", STREET)):
        result = run(*words, *DAY, actor="officer")
        assert result.exit_code == 4, result.output
    assert run("stats", *DAY, "--level", "street", actor="officer").exit_code == 3


def test_an_auditor_sees_no_figures(run: Run, tmp_path: Path) -> None:
    """Auditors read the log, not the register; nothing is written."""
    file = tmp_path / "a.xlsx"
    assert run("stats", *DAY, actor="auditor").exit_code == 4
    assert run("report", "coverage", "--area", STREET, "--out", str(file), actor="auditor").exit_code == 4
    assert not file.exists()


def test_a_report_becomes_the_file_its_name_says(run: Run, tmp_path: Path) -> None:
    """A workbook or a page; the answer names it."""
    for name, begin in (("a.xlsx", b"PK"), ("a.html", b"<!doctype html>")):
        file = tmp_path / name
        result = run("report", "coverage", "--area", STREET, *DAY, "--out", str(file), "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["file"] == str(file)
        assert file.read_bytes().startswith(begin)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a.xlsx"]


def test_a_workbook_from_the_command_line_holds_the_snapshot(run: Run, town: Town, tmp_path: Path) -> None:
    """The total of the communities is the street."""
    file = tmp_path / "coverage.xlsx"
    run("report", "coverage", "--area", STREET, *DAY, "--format", "xlsx", "--out", str(file))
    page = openpyxl.load_workbook(file, data_only=True).worksheets[1]
    last = [cell.value for cell in page[page.max_row]]
    street = table(town).at_level("street")
    assert last[0] == STREET
    assert last[7:10] == [int(street[name][0]) for name in ("population", "households", "dwellings")]


def test_a_map_is_coloured_as_asked(run: Run, tmp_path: Path) -> None:
    """The wanted colours come first."""
    for word in ("population", "compliance"):
        file = tmp_path / f"{word}.html"
        assert run("map", "--area", FIRST, "--color-by", word, *DAY, "--out", str(file)).exit_code == 0
        assert f'data-first="{word}"' in file.read_text("utf-8")


def test_without_a_name_the_file_says_what_it_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Report, area and date."""
    monkeypatch.chdir(tmp_path)
    assert run("report", "coverage", "--area", FIRST, *DAY).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == [f"coverage_{FIRST}_{AS_OF.isoformat()}.xlsx"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stats", "--level", "planet"), "province | city"),
        (("stats", "--as-of", "yesterday"), "yesterday"),
        (("report", "weather", "--area", STREET), "coverage"),
        (("report", "coverage", "--area", STREET, "--out", "a.docx"), "html | xlsx"),
        (("report", "coverage", "--area", STREET, "--format", "pdf"), "html | xlsx"),
        (("report", "coverage", "--area", "999"), "999"),
        (("report", "coverage", "--area", STREET, "--out", "no/such/folder/a.xlsx"), "--out"),
    ],
)
def test_what_cannot_be_is_explained(run: Run, words: tuple[str, ...], said: str) -> None:
    """One sentence that names what can be, and code 3."""
    result = run(*words)
    assert result.exit_code == 3
    assert said in result.output
    assert "Traceback" not in result.output


def test_every_reading_is_in_the_log(run: Run, town: Town, tmp_path: Path) -> None:
    """Figures, reports and maps: who, which area, which date, and no person."""
    run("stats", *DAY, "--area", FIRST, "--level", "cell")
    run("map", "--area", FIRST, *DAY, "--out", str(tmp_path / "m.html"))
    with town.store.read() as unit:
        newest = list(unit.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.at.desc()).limit(2)))[::-1]
    assert [entry.action for entry in newest] == ["statistics.read", "report.read"]
    for entry in newest:
        details = json.loads(entry.details)
        assert (entry.actor_name, json.loads(entry.subjects)) == ("chief", [])
        assert (details["area"], details["as_of"]) == (FIRST, AS_OF.isoformat())
