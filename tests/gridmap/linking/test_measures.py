"""How well messy registers are linked, by the truth beside each row: what was developed on, and what never was."""

from __future__ import annotations

from functools import cache

import pytest

from gridmap.linking.index import DwellingIndex
from tests.messy.oracle import Oracle
from tests.messy.registers import make_messy
from tests.messy.scoring import Score, link, score
from tests.messy.stock import make_stock

ROWS = 4000
PRECISION, STAYS = 0.995, 0.99
RECALL = {"format": 0.98, "typos": 0.95, "everything": 0.92}


@cache
def stock() -> tuple[Oracle, DwellingIndex]:
    """One stock for all: making it takes longer than linking."""
    made = make_stock()
    return Oracle(made), made.index()


def measured(scenario: str, *, held_out: bool) -> Score:
    oracle, index = stock()
    messy = make_messy(oracle, ROWS, scenario, held_out=held_out)
    return score(messy, link(messy, index))


@pytest.mark.parametrize("held_out", [False, True], ids=["developed_on", "held_out"])
@pytest.mark.parametrize("scenario", sorted(RECALL))
def test_messy_registers_are_linked_as_promised(scenario: str, *, held_out: bool) -> None:
    """What is linked is right at every level, and little of what can be known is missed."""
    found = measured(scenario, held_out=held_out)
    assert found.dwelling.possible > ROWS / 2
    for level in (found.building, found.dwelling):
        assert level.precision >= PRECISION, level
        assert level.recall >= RECALL[scenario], level
    assert found.stays >= STAYS


@pytest.mark.parametrize("held_out", [False, True], ids=["developed_on", "held_out"])
def test_strangers_stay_unlinked(*, held_out: bool) -> None:
    """Addresses that do not exist lead to no dwelling; where the building exists, they lead to it at most."""
    found = measured("strangers", held_out=held_out)
    assert found.unlinkable > ROWS / 2
    assert found.stays >= STAYS
    assert found.building.precision >= PRECISION
    assert found.building.recall >= 0.85


@pytest.mark.parametrize("scenario", ["typos", "everything", "strangers"])
def test_every_row_without_a_dwelling_says_why(scenario: str) -> None:
    """And no row with one does; a place that was not named letter by letter says what was overlooked."""
    oracle, index = stock()
    messy = make_messy(oracle, ROWS, scenario, held_out=True, seed=5)
    found = link(messy, index)
    lost = found.dwelling < 0
    assert (found.reason.is_null().to_numpy() == ~lost).all()
    assert found.method.filter(found.building < 0).is_null().all()
    like = found.method.is_in(["like", "short", "long", "number"]).fill_null(value=False).to_numpy()
    assert like.sum() > 100
    assert found.evidence.filter(like).str.len_chars().fill_null(0).gt(0).all()
