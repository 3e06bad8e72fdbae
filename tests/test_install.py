"""``make install``: done once, done again when something changed, made anew after an interruption or a move."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tools import install


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An empty checkout, and a record of the slow steps instead of the steps themselves."""
    made: list[str] = []
    environment = tmp_path / ".venv"
    for name in install.INPUTS:
        (tmp_path / name).write_text(name, encoding="utf-8")

    def make_environment() -> None:
        made.append("environment")
        for path in environment.glob("*"):
            path.unlink()
        environment.mkdir(exist_ok=True)

    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "ENVIRONMENT", environment)
    monkeypatch.setattr(install, "STAMP", environment / "stamp")
    monkeypatch.setattr(install, "UNFINISHED", environment / "unfinished")
    monkeypatch.setattr(install, "environment_works", environment.is_dir)
    monkeypatch.setattr(install, "make_environment", make_environment)
    monkeypatch.setattr(install, "install", lambda extras: made.append("+".join(extras) or "plain"))
    monkeypatch.setattr(sys, "argv", ["install"])
    return made


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the program with arguments."""
    monkeypatch.setattr(sys, "argv", ["install", *arguments])
    return install.main()


def test_a_second_run_does_nothing(calls: list[str]) -> None:
    """What is up to date is left alone."""
    assert install.main() == 0
    assert install.main() == 0
    assert calls == ["environment", "plain"]


def test_the_test_group_is_added_once_and_kept(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Going back and forth between 'make demo' and 'make test' installs nothing again."""
    run(monkeypatch)
    run(monkeypatch, "--extra", "test")
    run(monkeypatch)
    run(monkeypatch, "--extra", "test")
    assert calls == ["environment", "plain", "test"]


@pytest.mark.parametrize("name", install.INPUTS)
def test_a_changed_input_installs_again_with_the_same_groups(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A new pin, dependency or front-end file is picked up in the environment that is there."""
    run(monkeypatch, "--extra", "test")
    (install.ROOT / name).write_text("changed", encoding="utf-8")
    run(monkeypatch)
    assert calls == ["environment", "test", "test"]


def test_an_interrupted_installation_is_made_anew(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Since pip takes a half-written package for a whole one, nothing of an interrupted run is trusted."""
    recorded = install.install

    def interrupted(extras: list[str]) -> None:
        recorded(extras)
        raise KeyboardInterrupt

    monkeypatch.setattr(install, "install", interrupted)
    assert install.main() == 130
    monkeypatch.setattr(install, "install", recorded)
    assert install.main() == 0
    assert install.main() == 0
    assert calls == ["environment", "plain", "environment", "plain"]


def test_a_moved_checkout_gets_a_new_environment(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts in an environment hold its path."""
    install.main()
    stamp = json.loads(install.STAMP.read_text(encoding="utf-8"))
    install.STAMP.write_text(json.dumps(stamp | {"root": "/elsewhere"}), encoding="utf-8")
    install.main()
    assert calls == ["environment", "plain", "environment", "plain"]


def test_an_environment_of_the_developers_own_is_used(calls: list[str]) -> None:
    """A working .venv that another tool made is filled, not deleted."""
    install.ENVIRONMENT.mkdir()
    install.main()
    assert calls == ["plain"]
