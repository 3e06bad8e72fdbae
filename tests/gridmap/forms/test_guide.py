"""The guides on forms promise nothing that the program does not know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gridmap.forms.understanding import MARK
from gridmap.forms.vocabulary import Rows
from tests.gridmap.forms.books import WORDS

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("folder", ["zh-CN", "en"])
def test_every_placeholder_of_the_guide_is_known(folder: str) -> None:
    """By its name, and every mark of a repeated part, too."""
    text = (DOCS / folder / "guide" / "forms.md").read_text("utf-8")
    found = MARK.findall(text)
    assert len(found) > 30
    for mark, name in found:
        if mark:
            assert WORDS.kind(name) in set(Rows), name
        else:
            assert WORDS.placeholder(name, None).item is not None, name


def test_both_guides_name_the_same_commands() -> None:
    """What can be typed is the same in both languages."""
    commands = [
        re.findall(r"^gridmap form (\w+)", (DOCS / folder / "guide" / "forms.md").read_text("utf-8"), re.MULTILINE)
        for folder in ("zh-CN", "en")
    ]
    assert commands[0] == commands[1]
    assert len(commands[0]) == 7
