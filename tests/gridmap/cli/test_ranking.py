"""Rankings from the command line: shown, issued, and shown again as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from gridmap.buildings.models import Verification
from tests.conftest import ENGINES
from tests.gridmap.cli.conftest import Run
from tests.gridmap.town import STREET, NewStore, Town, town_in


@pytest.fixture(scope="module", params=ENGINES)
def town(request: pytest.FixtureRequest, new_store_url: NewStore) -> Iterator[Town]:
    """A town of its own: these tests change it."""
    with town_in(new_store_url(request.param)) as made:
        yield made


ENDED = ("--area", STREET, "--period", "quarter", "--day", "2026-08-01")


def test_communities_are_ranked_with_the_formula_beside_them(run: Run) -> None:
    found = json.loads(run("ranking", "show", *ENDED, "--json").output)
    assert (found["from"], found["to"]) == ("2026-07-01", "2026-09-30")
    ranks = [row["rank"] for row in found["standings"] if row["rank"]]
    assert ranks
    assert ranks == sorted(ranks)
    text = run("ranking", "show", *ENDED).output
    assert "Points = 100 × (value − floor) ÷ (target − floor)" in text
    assert "weight 30" in text


def test_an_issued_ranking_stays_and_late_records_are_shown_beside_it(run: Run, town: Town) -> None:
    issued = json.loads(run("ranking", "show", *ENDED, "--issue", "--json").output)
    same = json.loads(run("ranking", "issued", issued["issued"], "--json").output)
    assert [row["code"] for row in same["standings"]] == [row["code"] for row in issued["standings"]]
    assert same["restated"] == []
    with town.store.write() as unit:
        table = Verification.__table__
        unit.session.connection().execute(sa.delete(table))  # type: ignore[arg-type]
        unit.changed("register")
    later = json.loads(run("ranking", "issued", issued["issued"], "--json").output)
    assert later["standings"] == same["standings"]
    assert later["restated"]
    assert issued["issued"] in run("ranking", "issued").output
    assert "Restated since" in run("ranking", "issued", issued["issued"]).output


def test_a_period_that_goes_on_cannot_be_issued(run: Run) -> None:
    assert run("ranking", "show", "--area", STREET, "--issue").exit_code == 3
