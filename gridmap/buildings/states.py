"""Reading the state of a dwelling as offices write it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def _words() -> dict[str, dict[str, str]]:
    data = tomllib.loads(resources.files("gridmap.buildings").joinpath("states.toml").read_text("utf-8"))
    return {kind: {word: value for value, words in lists.items() for word in words} for kind, lists in data.items()}


def uses() -> tuple[str, ...]:
    """The uses of dwellings that are told apart."""
    return tuple(dict.fromkeys(_words()["use"].values()))


def read_state(*texts: str) -> tuple[str | None, str | None, str | None]:
    """Read use and tenure from the state and tenure columns of a row.

    Returns ``(use, tenure, not understood)``: a word may stand in either column; missing stays ``None``.
    """
    use = tenure = unknown = None
    for text in texts:
        word = text.strip().lower()
        if not word:
            continue
        if word in _words()["use"]:
            use = use or _words()["use"][word]
        elif word in _words()["tenure"]:
            tenure = tenure or _words()["tenure"][word]
        else:
            unknown = unknown or text.strip()
    return use, tenure, unknown
