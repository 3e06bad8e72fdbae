"""Killed at any moment of an import, an edit, a merge or an undo, a register has lost nothing and is not torn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from gridmap.audit import service as audit
from gridmap.store.keys import MasterKey
from gridmap.store.store import open_store
from tests.kill.harness import RESTART_S, Kills, TornError, look, run, undisturbed
from tests.kill.town import furnish
from tests.postgres import Cluster


def test_a_file_survives_kills(new_store_url: Callable[[str], str], store_key: MasterKey, tmp_path: Path) -> None:
    """The encrypted file: 36 processes killed."""
    template = Path(new_store_url("sqlite"))
    furnish(str(template), store_key)
    numbers = count()

    def copy() -> str:
        path = tmp_path / f"{next(numbers)}.gridmap"
        shutil.copyfile(template, path)
        return str(path)

    found = run(copy, store_key, kills=36, rehearsal=copy())
    assert found.kills == 36
    assert found.deeds >= 10
    assert found.slowest_restart_s < RESTART_S


def test_a_database_survives_the_death_of_its_clients(
    postgres: Cluster, new_store_url: Callable[[str], str], store_key: MasterKey
) -> None:
    """PostgreSQL: 14 processes killed; what they had in hand is rolled back by the server."""
    template = new_store_url("postgresql")
    furnish(template, store_key)
    name = template.rpartition("/")[2].partition("?")[0]
    numbers = count()
    rehearsal = new_store_url("sqlite")
    furnish(rehearsal, store_key)

    def copy() -> str:
        return postgres.create_database(f"{name}_kill{next(numbers)}", name)

    found = run(copy, store_key, kills=14, seed=2, rehearsal=rehearsal)
    assert found.kills == 14
    assert found.deeds >= 3


def test_a_torn_register_would_be_found(
    new_store_url: Callable[[str], str], store_key: MasterKey, tmp_path: Path
) -> None:
    """A state that no deed leads to, and a deed that was acknowledged and is not there."""
    location = new_store_url("sqlite")
    furnish(location, store_key)
    copy = shutil.copyfile(location, tmp_path / "copy")
    states, _ = undisturbed(str(copy), store_key, 3, 1)
    assert look(location, store_key, states, 0, Kills()) == 0
    with pytest.raises(TornError, match="state after deed 0"):
        look(location, store_key, states, 2, Kills())
    store = open_store(location, store_key)
    with store.write() as unit:
        audit.record(unit, None, "torn.apart")
    store.close()
    with pytest.raises(TornError, match="state after deed None"):
        look(location, store_key, states, 0, Kills())


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_deeds_say_the_same_on_two_copies(
    seed: int, new_store_url: Callable[[str], str], store_key: MasterKey, tmp_path: Path
) -> None:
    """Without which a kill would prove nothing. And they do something: hardly a deed leaves the register as it was."""
    template = Path(new_store_url("sqlite"))
    furnish(str(template), store_key)
    states = []
    for name in ("a", "b"):
        shutil.copyfile(template, tmp_path / name)
        states.append(undisturbed(str(tmp_path / name), store_key, 14, seed)[0])
    assert states[0] == states[1]
    assert len(set(states[0])) > 9
