"""What is said of the parts of a form: message ids, and problems as sentences."""

from __future__ import annotations

from typing import Final

from gridmap.forms.understanding import Problem
from gridmap.i18n import Translator

REASONS: Final = {
    "never": "never stored, by decision: it is about births and plans for them; the field stays empty",
    "unknown": "not known; it stays empty",
    "absent": "not kept in the register in this way; it stays empty",
    "left": "left empty by choice",
    "repeated": "another column is filled with this already",
}
"""Why a placeholder or a column stays empty."""


def place_of(sheet: str, at: str) -> str:
    """A cell with its sheet, as spreadsheet programs write it."""
    return "!".join(part for part in (sheet, at) if part)


def said(problem: Problem, words: Translator) -> str:
    """A problem with its place, in the reader's language."""
    place = place_of(problem.sheet, problem.at)
    return (
        words.text("{place}: {what}", place=place, what=problem.what)
        if place
        else words.text("{what}", what=problem.what)
    )
