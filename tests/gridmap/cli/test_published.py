"""What may leave the office, from the command line."""

from __future__ import annotations

import io

import pandas as pd

from tests.gridmap.cli.conftest import Run
from tests.gridmap.town import AS_OF

PUBLISHED = ("stats", "--published", "--as-of", AS_OF.isoformat(), "--level", "cell")


def test_small_numbers_are_missing_and_every_reader_gets_the_same(run: Run) -> None:
    def read(actor: str) -> pd.DataFrame:
        result = run(*PUBLISHED, "--format", "csv", actor=actor)
        assert result.exit_code == 0, result.output
        return pd.read_csv(io.BytesIO(result.stdout_bytes), dtype={"code": str}).set_index("code")

    chief, officer = read("chief"), read("officer")
    assert 0 < len(officer) < len(chief)
    pd.testing.assert_frame_equal(chief.loc[officer.index], officer, check_dtype=False)
    ages = chief[[name for name in chief if name.startswith("age_")]]
    assert ages.isna().any(axis=None)
    assert ((ages.isna()) | (ages == 0) | (ages >= 10)).all(axis=None)
    assert "status" not in chief
    assert "Population" in run(*PUBLISHED).output


def test_no_area_can_be_cut_out(run: Run) -> None:
    assert run(*PUBLISHED, "--area", "460108001001").exit_code == 3
