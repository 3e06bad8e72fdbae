"""Events by hand from the command line, on both kinds of store, and back again."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.residents.models import Residence
from tests.gridmap.cli.conftest import Run
from tests.gridmap.town import Town


@pytest.fixture
def home(town: Town) -> tuple[str, UUID]:
    """A room as people write it, which no other is, and somebody who lives in it."""
    with town.store.read() as unit:
        rows = unit.session.execute(
            sa.select(Compound.name, Building.number, Unit.name, Dwelling.room, Residence.person_id)
            .join(Building, Building.compound_id == Compound.id)
            .join(Dwelling, Dwelling.building_id == Building.id)
            .join(Unit, Unit.id == Dwelling.unit_id)
            .join(Residence, Residence.dwelling_id == Dwelling.id)
            .where(Residence.valid_to.is_(None), Residence.superseded_at.is_(None), Residence.principal)
            .where(Unit.name != "", Residence.household_id.is_not(None))
            .order_by(Compound.name, Building.number, Unit.name, Dwelling.room)
        ).all()
    compound, number, staircase, room, person = next(row for row in rows if (row[1] or "").endswith("号楼"))
    return f"{compound}{number}{staircase}单元{room}", person


def answer(run: Run, *words: str) -> dict[str, Any]:
    """What a command prints for machines."""
    result = run("record", *words, "--json", actor="keeper")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_events_are_recorded_listed_and_taken_back(run: Run, home: tuple[str, UUID]) -> None:
    """A birth and a death; the history names both, and undoing leaves the person as before."""
    room, person = home
    born = answer(run, "birth", room, "--sex", "2", "--relationship", "30")
    died = answer(run, "death", str(person))
    kinds = [(one["kind"], one["undone_at"] is None) for one in answer(run, "changes", "--limit", "2")["changes"]]
    assert kinds == [("resident.death", True), ("resident.birth", True)]
    for change in (died["change"], born["change"]):
        assert answer(run, "undo", change)["records"] > 0
    history = answer(run, "history", str(person))["history"]
    assert [one["undone_at"] is not None for one in history if one["kind"] == "resident.death"] == [True]
    shown = run("record", "history", str(person), actor="keeper")
    assert "Death" in shown.output


def test_what_cannot_be_is_said_of_its_option(run: Run, home: tuple[str, UUID]) -> None:
    """The same reasons as beside the fields of the form."""
    room, person = home
    future = run("record", "death", str(person), "--on", "2999-01-01", actor="keeper")
    assert future.exit_code == 3
    assert "--on: This day lies in the future." in future.output
    wrong = run("record", "move-in", room, "--name", "某人", "--id-number", "110105194912310021", actor="keeper")
    assert wrong.exit_code == 3
    assert "--id-number" in wrong.output
    assert "110105194912310021" not in wrong.output
    nowhere = run("record", "move-in", "没有小区1号楼1单元101", "--name", "某人", actor="keeper")
    assert "there is no such dwelling" in nowhere.output
    assert run("record", "undo", str(person), actor="keeper").exit_code != 0
    assert run("record", "death", str(person), actor="auditor").exit_code == 4
