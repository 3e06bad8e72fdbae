"""The demo's word lists, read from the package's own data file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Words:
    """Word lists; see ``words.toml``."""

    surnames: Mapping[str, float]
    given: Mapping[str, Any]
    ethnic: Mapping[str, float]
    registered: Mapping[str, Any]
    origins: list[tuple[int, str, float]]
    organisations: Mapping[str, list[str]]


@cache
def demo_words() -> Words:
    """The word lists of the demo."""
    table = tomllib.loads(files("gridmap.demo").joinpath("words.toml").read_text(encoding="utf-8"))
    table["origins"] = [tuple(row) for row in table["origins"]["rows"]]
    return Words(**table)


def drawn(weights: Mapping[str, float], count: int, random: np.random.Generator) -> npt.NDArray[np.object_]:
    """Draw ``count`` keys by weight."""
    share = np.cumsum(np.array(list(weights.values())))
    place = np.searchsorted(share / share[-1], random.random(count), side="right")
    return np.array(list(weights), dtype=object)[place]
