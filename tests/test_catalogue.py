"""The Chinese catalogue: every message has words, every entry is a message, and both are filled alike."""

from __future__ import annotations

from pathlib import Path

from tools.word_sources import Message, every_message
from tools.words import CATALOGUE, ROOT, faults, read, write


def test_the_catalogue_is_in_step_with_the_program() -> None:
    """Chinese readers meet no English, and nothing is translated that nobody sees."""
    assert faults(every_message(ROOT), read(CATALOGUE)) == []


def test_every_kind_of_fault_is_found(tmp_path: Path) -> None:
    """Missing, unused, filled differently, without its plural: each is said."""
    messages = {
        "A {name}": Message("A {name}", None, "a.py:1"),
        "Missing": Message("Missing", None, "a.py:2"),
        "%(num)s day": Message("%(num)s day", "%(num)s days", "a.html:1"),
    }
    entries = {"A {name}": (None, "甲"), "%(num)s day": (None, "%(num)s 天"), "Old": (None, "旧")}
    said = faults(messages, entries)
    assert [fault.split(":")[0] for fault in said] == [
        "not translated", "used nowhere", "filled differently", "plural differs",
    ]  # fmt: skip
    path = tmp_path / "zh.po"
    write(path, {"%(num)s day": ("%(num)s days", "%(num)s 天"), "A {name}": (None, "甲 {name}")})
    assert read(path) == {"%(num)s day": ("%(num)s days", "%(num)s 天"), "A {name}": (None, "甲 {name}")}
