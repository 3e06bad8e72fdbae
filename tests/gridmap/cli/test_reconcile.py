"""``gridmap reconcile`` on both kinds of store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from tests.conftest import ENGINES
from tests.gridmap.cli.conftest import Run
from tests.gridmap.town import AS_OF, FIRST, STREET, NewStore, Town, town_in

START = AS_OF - timedelta(days=200)
DAYS = ("--from", START.isoformat(), "--to", AS_OF.isoformat())


@pytest.fixture(scope="module", params=ENGINES)
def town(request: pytest.FixtureRequest, new_store_url: NewStore) -> Iterator[Town]:
    """A town of its own, of which nobody else records anything late."""
    with town_in(new_store_url(request.param)) as made:
        yield made


def test_an_area_closes_with_its_parts_and_categories(run: Run) -> None:
    """For machines: every line, what moved between the parts, the categories; sums worked out here."""
    result = run("reconcile", "--area", STREET, *DAYS, "--known", AS_OF.isoformat(), "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    lines = found["lines"]
    assert (
        lines["opening"]
        + lines["births"]
        + lines["moves_in"]
        - lines["deaths"]
        - lines["moves_out"]
        + lines["corrections"]
        + lines["boundary_changes"]
        == lines["closing"]
    )
    assert lines["births"] > 0
    for line, count in lines.items():
        assert sum(part[line] for part in found["parts"]) - found["between"].get(line, 0) == count
    assert sum(row["persons"] for row in found["categories"] if row["before"] != "elsewhere") == lines["opening"]
    assert sum(row["persons"] for row in found["categories"] if row["after"] != "elsewhere") == lines["closing"]
    assert (found["closes"], found["area"], found["late"]) == (True, STREET, 0)
    assert found["known"] == lines


def test_it_is_printed_and_written(run: Run, tmp_path: Path) -> None:
    """A table for people, a workbook for the file."""
    shown = run("reconcile", "--area", FIRST, *DAYS, "--cells", "now")
    assert shown.exit_code == 0, shown.output
    file = tmp_path / "r.xlsx"
    written = run("reconcile", "--area", FIRST, *DAYS, "--cells", "now", "--out", str(file))
    assert written.exit_code == 0, written.output
    sheets = openpyxl.load_workbook(file).worksheets
    closing = [row[2] for row in sheets[0].iter_rows(values_only=True) if isinstance(row[2], int)][-1]
    assert f"{closing:,}" in shown.stdout


def test_outside_is_nowhere(run: Run) -> None:
    """The officer of one community reconciles no other; who reads no figures none."""
    assert run("reconcile", "--area", STREET, *DAYS, actor="officer").exit_code == 4
    assert run("reconcile", "--area", FIRST, *DAYS, actor="officer").exit_code == 0
    assert run("reconcile", "--area", FIRST, *DAYS, actor="auditor").exit_code == 4
    assert run("reconcile", "--area", FIRST, "--from", "x", "--to", "2026-01-01").exit_code == 3
    assert run("reconcile", "--area", FIRST, "--from", "2026-02-01", "--to", "2026-01-01").exit_code == 3
