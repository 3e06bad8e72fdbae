"""Registers with known truth: rows as an office would hand them in, and the place that each can be known to mean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.linking.grammar import PARTS
from tests.messy.faults import DEVELOP, HELD_OUT, Part, World, other_names
from tests.messy.layouts import fields_of, layouts, write
from tests.messy.oracle import Oracle, bare
from tests.messy.parts import Parts
from tests.messy.stock import OLD_COMPOUNDS, OLD_ROADS

_WORDS = tomllib.loads(Path(__file__).with_name("places.toml").read_text(encoding="utf-8"))
# By whether they are held out: names of compounds that stand outside the stock, and other places of the country.
OUTSIDE: dict[bool, list[str]] = {False: _WORDS["develop"]["outside"], True: _WORDS["held_out"]["outside"]}
ELSEWHERE: dict[bool, list[str]] = {False: _WORDS["develop"]["elsewhere"], True: _WORDS["held_out"]["elsewhere"]}
SCENARIOS = ("format", "typos", "everything", "strangers")


@dataclass(frozen=True, slots=True)
class Messy:
    """``rows``: address and parts as written. ``building`` and ``dwelling``: what the row can mean for sure, -1 where
    nothing. ``neither``: another place may be meant just as well, so that the row says nothing about the linker."""

    rows: pl.DataFrame
    building: npt.NDArray[np.int64]
    dwelling: npt.NDArray[np.int64]
    neither: npt.NDArray[np.bool_]
    told: list[str]


def make_messy(oracle: Oracle, count: int, scenario: str, *, held_out: bool, seed: int = 1) -> Messy:
    """Write ``count`` rows of a scenario: ``format``, ``typos``, ``everything`` or ``strangers``."""
    random = Random(f"{seed} {scenario} {held_out}")
    stock = oracle.stock
    world = World(stock, random, held_out, other_names(stock))
    names = {
        "compound": {*stock.compound, *stock.name, *OLD_COMPOUNDS, *OUTSIDE[held_out]} - {""},
        "community": set(stock.community),
        "road": {*stock.road, *OLD_ROADS} - {""},
    }
    rows: list[dict[str, str]] = []
    truth: list[tuple[int, int, bool]] = []
    told: list[str] = []
    for _ in range(count):
        row, meant, how = _one(oracle, world, names, scenario)
        rows.append(row)
        truth.append(meant)
        told.append(how)
    columns: dict[str, Any] = {name: [row.get(name) for row in rows] for name in ("address", *PARTS)}
    building, dwelling, neither = zip(*truth, strict=True)
    return Messy(
        pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)),
        np.array(building, dtype=np.int64),
        np.array(dwelling, dtype=np.int64),
        np.array(neither, dtype=bool),
        told,
    )


def _one(
    oracle: Oracle, world: World, names: Mapping[str, set[str]], scenario: str
) -> tuple[dict[str, str], tuple[int, int, bool], str]:
    random = world.random
    part = HELD_OUT if world.held_out else DEVELOP
    at = random.randrange(len(oracle.places))
    parts = _parts_of(oracle, at)
    strange = _estrange(parts, oracle, world, at) if scenario == "strangers" else ""
    layout_name, layout = _layout(parts, world, scenario)
    # 海景花园2-501 is the room of a building: nobody leaves the building out there.
    parts.dashed = bool(re.search(r"\{b\}[-/.]|\{b\}\|\|-", str(layout)))
    # Where neither community nor road is written, a number without a compound says nothing to anybody.
    parts.placed = bool({"community", "road"} & fields_of(layout) & set(parts.facts))
    told = [layout_name, strange, *_spoil(parts, part, world, scenario)]
    columns = write(parts, layout)
    told += [fault.__name__ for fault in _text_faults(part, random, scenario) if fault(columns, world)]
    written = fields_of(layout)
    known = {name: value for name, value in parts.facts.items() if name in written}
    place = oracle.places[at]
    collides = any(new != getattr(place, name) and new in names[name] for name, new in parts.typed.items())
    return columns, _truth(oracle, known, strange, collides=collides), " ".join(filter(None, told))


def _truth(oracle: Oracle, known: Mapping[str, str], strange: str, *, collides: bool) -> tuple[int, int, bool]:
    """Building, dwelling, and whether the row may mean another place that exists."""
    if strange == "elsewhere":
        return -1, -1, collides
    if not strange:
        return *oracle.left(known), collides
    buildings, dwellings = oracle.all_left(known)
    exists = bool(dwellings if strange in {"room", "unit"} else buildings)
    if strange in {"compound", "building"}:
        return -1, -1, collides or exists
    rest = {name: value for name, value in known.items() if name not in {"room", "unit"}}
    return oracle.left(rest)[0], -1, collides or exists


def _parts_of(oracle: Oracle, at: int) -> Parts:
    place = oracle.places[at]
    stock = oracle.stock
    building = int(stock.building[at])
    named = {
        "community": place.community, "road": place.road, "compound": place.compound, "building": place.building,
        "unit": place.unit, "room": place.room,
    }  # fmt: skip
    return Parts(
        community=place.community, road=stock.road[building], road_no=stock.road_no[building], compound=place.compound,
        building=place.building, unit=place.unit, room=place.room,
        house_number=stock.number[building].endswith("号"),
        facts={name: value for name, value in named.items() if value},
    )  # fmt: skip


def _layout(parts: Parts, world: World, scenario: str) -> tuple[str, Any]:
    """A layout that says where the place is: one with the road where there is no compound."""
    which = "held_out" if world.held_out else "develop"
    kind = "split" if scenario in {"everything", "strangers"} and world.random.random() < 0.35 else "text"
    found = layouts(which, kind)
    if not parts.compound:
        found = {name: layout for name, layout in found.items() if "road" in fields_of(layout)} or {
            "road": layouts("develop", "text")["road"]
        }
    name = world.random.choice(sorted(found))
    return name, found[name]


def _spoil(parts: Parts, part: Part, world: World, scenario: str) -> list[str]:
    """Apply faults of a scenario to the parts; the names of those that found anything to spoil."""
    random = world.random
    chosen = random.sample(part.writing, k=random.choice([1, 2, 3] if scenario == "format" else [0, 1, 2]))
    if scenario != "format":
        missing, typo = random.random() < 0.5, random.random() < 0.5
        if scenario == "typos" and not (missing or typo):
            typo = True
        chosen += [random.choice(part.missing)] if missing else []
        chosen += [random.choice(part.typos)] if typo else []
    done = {fault.__name__ for fault in dict.fromkeys(chosen) if fault(parts, world)}
    if parts.before:
        parts.prefix = ""
    return sorted(done)


def _text_faults(part: Part, random: Random, scenario: str) -> list[Any]:
    found: list[Any] = [random.choice(part.texts)] if random.random() < 0.5 else []
    if scenario in {"everything", "strangers"} and random.random() < 0.25:
        found.append(random.choice(part.wrong_texts))
    return found


def _estrange(parts: Parts, oracle: Oracle, world: World, at: int) -> str:
    """Change the place into one that does not exist; what of it."""
    random, stock = world.random, oracle.stock
    kind = random.choice(["compound", "compound", "building", "room", "unit", "elsewhere"])
    if kind == "unit" and not parts.unit:
        kind = "room"
    if kind == "compound":
        parts.compound = parts.facts["compound"] = random.choice(OUTSIDE[world.held_out])
        parts.building, parts.house_number = parts.building or "2", False
        parts.facts["building"] = parts.building
        parts.facts.pop("road", None)
        parts.road = ""
    elif kind == "building":
        same = {bare(stock.number[b]) for b in range(len(stock.number)) if stock.compound[b] == parts.compound}
        parts.building = parts.facts["building"] = str(random.choice([n for n in range(2, 200) if str(n) not in same]))
        if not parts.compound:
            parts.compound = parts.facts["compound"] = random.choice(OUTSIDE[world.held_out])
    elif kind == "room":
        parts.room = parts.facts["room"] = f"{random.randint(1, 40)}{random.randint(11, 19)}"
    elif kind == "unit":
        parts.unit = parts.facts["unit"] = str(random.randint(11, 19))
    else:
        parts.before = random.choice(ELSEWHERE[world.held_out])
        if random.random() < 0.7:
            parts.community = ""
            parts.facts.pop("community", None)
    return kind
