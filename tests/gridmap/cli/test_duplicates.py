"""Pairs of records of one person, decided from the command line, on both kinds of store."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.residents.models import Person, PersonAttribute, Residence
from gridmap.store.ids import uuid7
from tests.gridmap.cli.conftest import Run
from tests.gridmap.town import STREET, Town


@pytest.fixture
def twice(town: Town) -> tuple[UUID, UUID, str]:
    """Somebody of the town listed again without a number; both ids and the name."""
    with town.store.write() as unit:
        query = (
            sa.select(Person, PersonAttribute, Residence)
            .join(PersonAttribute, PersonAttribute.person_id == Person.id)
            .join(Residence, Residence.person_id == Person.id)
            .where(Residence.dwelling_id.is_not(None), Residence.valid_to.is_(None), Person.id_number.is_not(None))
            .order_by(Person.id)
            .limit(1)
        )
        known, state, stay = unit.session.execute(query).one()
        again = uuid7()
        unit.session.add(Person(region=known.region, id=again, sex=known.sex, birth_date=known.birth_date))
        unit.session.flush()
        dated = {"region": known.region, "person_id": again, "valid_from": stay.valid_from, "recorded_at": unit.now}
        unit.session.add(PersonAttribute(**dated, name=state.name))
        unit.session.add(Residence(**dated, building_id=stay.building_id, cause_in="initial"))
        unit.changed("register")
    return known.id, again, str(state.name)


def answer(run: Run, *words: str) -> dict[str, Any]:
    result = run("duplicates", *words, "--json", actor="keeper")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_pair_is_found_listed_merged_and_taken_back(run: Run, twice: tuple[UUID, UUID, str]) -> None:
    """From comparing everybody to having the two records as they were."""
    known, again, name = twice
    answer(run, "compare", "--area", STREET)
    mine = [pair for pair in answer(run, "list", "--limit", "500")["pairs"] if str(again) in pair["pair"]]
    (pair,) = mine
    assert {record["id"] for record in pair["records"]} == {str(known), str(again)}
    shown = run("duplicates", "list", "--limit", "500", actor="keeper")
    assert pair["pair"] in shown.output
    assert "the same name" in shown.output
    assert name not in shown.output
    planned = answer(run, "merge", pair["pair"], "--dry-run")
    assert (planned["kept"], planned["change"]) == (str(known), None)
    merged = answer(run, "merge", pair["pair"], "--keep", str(known))
    assert run("duplicates", "merge", pair["pair"], actor="keeper").exit_code == 3
    assert answer(run, "undo", merged["change"]) == {"undone": merged["change"]}
    later = answer(run, "later", pair["pair"])
    assert answer(run, "list", "--limit", "500")["pairs"][-1]["left_for_later"]
    answer(run, "apart", pair["pair"])
    assert pair["pair"] not in run("duplicates", "list", "--limit", "500", actor="keeper").output
    answer(run, "undo")
    assert answer(run, "undo") == {"undone": later["change"]}


@pytest.mark.parametrize("text", ["x", "1.2.3", f"99999.{UUID(int=1)}.{UUID(int=2)}", f"1.{UUID(int=1)}"])
def test_what_names_no_pair_is_refused(run: Run, text: str) -> None:
    assert run("duplicates", "apart", text, actor="keeper").exit_code == 3


def test_who_may_not_merge_is_told_so(run: Run) -> None:
    assert run("duplicates", "list", actor="officer").exit_code == 4
    assert run("duplicates", "merge", f"1.{UUID(int=1)}.{UUID(int=2)}", actor="keeper").exit_code == 4
