"""The measures that can be reported, as data, and what makes a reported figure implausible."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of figure. See ``measures.toml``."""

    name: str
    zh: str
    en: str
    integer: bool
    lowest_level: str
    whole: str | None = None
    complement: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@cache
def measures() -> Mapping[str, Measure]:
    """Every measure by name."""
    data = tomllib.loads(files("gridmap.statistics").joinpath("measures.toml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: Measure(
                name=name,
                zh=entry["zh"],
                en=entry["en"],
                integer=entry["integer"],
                lowest_level=entry["lowest_level"],
                whole=entry.get("whole"),
                complement=tuple(entry.get("complement", ())),
                also=tuple(entry.get("also", ())),
            )
            for name, entry in data.items()
        }
    )


def measure_of(text: str) -> Measure | None:
    """A measure by its name, its label or another name it goes by."""
    wanted = text.strip().lower()
    for measure in measures().values():
        if wanted in {measure.name, measure.zh, measure.en, *measure.also}:
            return measure
    return None


def part_exceeds_whole(values: Mapping[str, float]) -> list[str]:
    """The measures of one area and period that exceed the figure they are a part of, alone or together."""
    wrong: list[str] = []
    for name in values:
        measure = measures().get(name)
        whole = values.get(measure.whole) if measure and measure.whole else None
        if measure is None or whole is None:
            continue
        together = sum(values.get(part, 0.0) for part in measure.complement)
        if values[name] > whole or together > whole:
            wrong.append(name)
    return wrong
