"""The sizes of the synthetic city and the names it is made of, read from the package's own data files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


class Size(StrEnum):
    """How large a synthetic city to make."""

    SMALL = "small"
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"


@dataclass(frozen=True, slots=True)
class Profile:
    """What one size is made of; see ``profiles.toml`` for units."""

    streets: tuple[int, int]
    cells: tuple[int, ...]
    purposes: Mapping[str, int]
    dwellings_mean: float
    dwellings_spread: float
    village_share: float
    plot_area_m2: float
    trees: int
    straddlers: int
    orphans: int
    communities: tuple[str, ...] = ()
    outline: tuple[tuple[float, float], ...] = ()
    extent_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Names:
    """Word lists and fixed codes; see ``names.toml``."""

    origin: tuple[float, float]
    pilot: Mapping[str, Any]
    invented: Mapping[str, Any]
    roads: Mapping[str, list[str]]
    compounds: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("geodata.city").joinpath(name).read_text(encoding="utf-8"))


@cache
def profile_of(size: Size) -> Profile:
    """The profile of a size."""
    table = _table("profiles.toml")[size.value]
    table = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Profile(**table)


@cache
def city_names() -> Names:
    """The word lists."""
    table = _table("names.toml")
    table["origin"] = tuple(table["origin"])
    return Names(**table)
