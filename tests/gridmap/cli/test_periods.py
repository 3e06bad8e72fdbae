"""The indicators of a period from the command line, on both kinds of store."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from gridmap.importing.statistics import import_statistics
from tests.gridmap.cli.conftest import Run
from tests.gridmap.town import FIRST, STREET, Town

PERIOD = ("--from", "2026-01-01", "--to", "2026-06-30")


@pytest.fixture
def reported(town: Town, tmp_path: Path) -> None:
    figures = {"births": 40, "population_opening": 9_900, "population_closing": 10_100}
    lines = [f"{STREET},2026-01-01,2026-06-30,{name},{value}" for name, value in figures.items()]
    path = tmp_path / "figures.csv"
    path.write_text("\n".join(["area_code,period_start,period_end,measure,value", *lines]), encoding="utf-8")
    import_statistics(town.store, town.actors["keeper"], path)


@pytest.mark.usefixtures("reported")
def test_rates_of_a_period_with_what_is_behind_them(run: Run) -> None:
    result = run("period", "--area", STREET, *PERIOD, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert found["days"] == 181
    assert found["values"]["crude_birth_rate"]["value"] == pytest.approx(4.0)
    assert found["values"]["sex_ratio_at_birth"]["missing"] == ["reported.births_female", "reported.births_male"]
    table = run("period", "--area", STREET, *PERIOD)
    assert "Crude birth rate" in table.output


def test_the_register_side_is_its_reconciliation(run: Run, town: Town) -> None:
    found = json.loads(run("period", "--area", FIRST, *PERIOD, "--json").output)
    flows = town.assessment.figures.flows(date(2025, 12, 31), date(2026, 6, 30))
    line = flows.of(flows.snapshot.areas.positions[_id(town, FIRST)])
    assert found["figures"]["register.births"] == line.births
    assert found["figures"]["register.opening"] == line.opening
    average = (line.opening + line.closing) / 2
    assert found["values"]["register_birth_rate"]["value"] == pytest.approx(line.births / average * 1000 * 365 / 181)


@pytest.mark.parametrize(("first", "last"), [("2026-06-30", "2026-01-01"), ("2026-01-01", "2999-01-01")])
def test_a_period_that_cannot_be_is_refused(run: Run, first: str, last: str) -> None:
    assert run("period", "--area", STREET, "--from", first, "--to", last).exit_code == 3


def test_figures_of_others_are_not_shown(run: Run) -> None:
    assert run("period", "--area", STREET, *PERIOD, actor="officer").exit_code in {3, 4}


def _id(town: Town, code: str) -> UUID:
    tree = town.assessment.figures.snapshot().areas
    return tree.ids[tree.codes.index(code)]
