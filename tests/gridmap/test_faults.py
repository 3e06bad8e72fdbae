"""A fault of the program is told without what it was about."""

from __future__ import annotations

import pytest
import typer

from gridmap.cli.frame import OWN_FAULT, handled
from gridmap.faults import trace

SECRET = "匿名测试人员甲乙丙"


def broken() -> None:
    """Fail with a message that holds a value, because of another one."""
    try:
        int(SECRET)
    except ValueError as error:
        raise RuntimeError(f"not usable: {SECRET}") from error


def test_kinds_and_places_are_named_messages_are_not() -> None:
    """What a developer needs to find the line, and nothing of a record."""
    with pytest.raises(RuntimeError) as failure:
        broken()
    said = trace(failure.value)
    assert "RuntimeError at broken" in said
    assert "ValueError at broken" in said
    assert SECRET not in said


def test_commands_tell_developers_no_value(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """People are asked to send this output on."""
    monkeypatch.setenv("GRIDMAP_DEBUG", "1")
    with pytest.raises(typer.Exit) as left:
        handled(broken)()
    assert left.value.exit_code == OWN_FAULT
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert SECRET not in said
