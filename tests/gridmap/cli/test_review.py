"""Rows that wait, decided from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gridmap.access.service import grant_role
from gridmap.accounts.actor import Actor, Role
from gridmap.accounts.models import User
from gridmap.cli.app import make_app
from gridmap.store.store import Store
from tests.conftest import TEST_KEY
from tests.gridmap.importing.registers import Street, make_manager, make_street
from tests.gridmap.reviewing.cases import unknown_compound


@pytest.fixture
def waiting(store: Store, tmp_path: Path) -> Iterator[tuple[Street, Callable[..., Result]]]:
    """Four rows that wait, and a way to run commands as their data manager."""
    street, manager = make_street(store), make_manager(store)
    unknown_compound(store, manager, tmp_path)
    name = name_of(store, manager)

    def run(*arguments: str) -> Result:
        wanted = [*arguments, "--db", store.location, "--as", name]
        return CliRunner().invoke(make_app(wanted=arguments[0]), wanted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRIDMAP_KEY", TEST_KEY.secret.hex())
        patch.setenv("GRIDMAP_LANG", "en")
        yield street, run


def name_of(store: Store, actor: Actor) -> str:
    """The name of the manager, who is granted the role in the register as well."""
    with store.write() as unit:
        user = unit.session.get(User, actor.user_id)
        assert user is not None
        grant_role(unit, user, Role.DATA_MANAGER, None)
        return user.username


def answer(result: Result) -> dict[str, object]:
    """What a command printed as JSON."""
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_cases_are_listed_shown_decided_and_undone(waiting: tuple[Street, Callable[..., Result]]) -> None:
    """Masked everywhere; a dry run changes nothing; an undone decision waits again."""
    street, run = waiting
    listed = answer(run("review", "list", "--json"))
    assert listed["waiting"] == 4
    first = listed["cases"][0]  # type: ignore[index]
    assert first["alike"] == 2
    assert "4 cases wait." in run("review", "list").output
    shown = answer(run("review", "show", first["case"], "--json"))
    assert shown["content"]["name"] == "王*"  # type: ignore[index]
    assert "王芳" not in run("review", "show", first["case"]).output
    room = str(street.rooms["海景花园1-1-101"])
    place = ("review", "decide", first["case"], "place", "--place", room, "--for", "alike")
    assert answer(run(*place, "--dry-run", "--json"))["cases"] == 2
    assert answer(run("review", "list", "--json"))["waiting"] == 4
    done = run(*place)
    assert "海景花园1号楼" in done.output
    assert "Rows settled: 2" in done.output
    change = done.output.split("gridmap review undo ")[1].split()[0]
    assert answer(run("review", "list", "--json"))["waiting"] == 2
    assert change in run("review", "decisions").output
    assert "Undone; 4 cases wait." in run("review", "undo", change).output
    assert run("review", "undo", change).exit_code == 3
    assert "undone" in run("review", "decisions").output


def test_what_is_no_case_or_decision_is_refused(waiting: tuple[Street, Callable[..., Result]]) -> None:
    _, run = waiting
    assert run("review", "show", "x").exit_code == 4
    assert run("review", "undo", "00000000-0000-0000-0000-000000000007").exit_code == 4
    assert run("review", "decide", "x", "burn").exit_code == 3
    assert run("review", "decide", "1.00000000-0000-0000-0000-000000000007.1", "skip").exit_code == 4
