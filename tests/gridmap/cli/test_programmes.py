"""Programmes from the command line."""

from __future__ import annotations

import json

from tests.gridmap.cli.conftest import Run


def test_a_programme_is_kept_listed_and_counted(run: Run) -> None:
    eligible = "age >= 60 and presence != 'registered_away'"
    kept = run("programme", "keep", "old_age", "--name", "高龄津贴", "--eligible", eligible, "--from", "2026-01-01",
               actor="keeper")  # fmt: skip
    assert kept.exit_code == 0, kept.output
    found = json.loads(run("programme", "list", "--json").output)
    assert "old_age" in {row["code"] for row in found["programmes"]}
    assert "高龄津贴" in run("programme", "list").output
    figures = json.loads(run("stats", "--level", "community", "--as-of", "2026-11-20", "--format", "json").stdout_bytes)
    older = [row["age_60_64"] + row["age_65_69"] for row in figures]
    assert all(row["programmes_eligible"] > 0 for row, old in zip(figures, older, strict=True) if old > 10)


def test_a_condition_that_cannot_be_is_explained(run: Run) -> None:
    refused = run("programme", "keep", "x1", "--name", "X", "--eligible", "income > 5", actor="keeper")
    assert refused.exit_code == 3
    assert "compare one of age, sex" in refused.output
