"""What a rule is, and how a file of rules is read: every fault is named at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import IntEnum
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from gridmap.areas.service import levels
from gridmap.errors import DefinitionFileError
from gridmap.indicators.registry import Registry, shipped_registry


class Status(IntEnum):
    """The status of an area, in order of precedence: the highest number of its rules holds.

    An area that fails one rule fails, though another cannot be told; an area is short of data when that is its only
    problem, or when no rule applies to it.
    """

    MEETS = 0
    NO_DATA = 1
    AT_RISK = 2
    FAILS = 3

    @property
    def word(self) -> str:
        """The status as it is written everywhere."""
        return self.name.lower()


NO_DATA: Final = "no_data"
SKIP: Final = "skip"
"""What a rule says where there are fewer than its minimum to judge by: not enough data, or nothing at all."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; see ``rules.toml`` for what each part means. ``meets`` and ``at_risk`` belong to a share rule,
    ``range`` to a range rule."""

    id: str
    name: str
    indicator: str
    action: str
    valid_from: date
    kinds: tuple[str, ...]
    levels: tuple[str, ...]
    meets: float | None = None
    at_risk: float | None = None
    range: tuple[int, int] | None = None
    direction: str = "up"
    days: int | None = None
    minimum: int = 1
    few: str = NO_DATA
    action_above: str | None = None

    def limit(self, value: float, factor: float) -> Fraction:
        """A limit in the indicator's unit as an exact share, so that 95 of 100 is not a hair below 95 %."""
        return Fraction(str(value)) / Fraction(str(factor))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a deployment, those of other years included."""

    rules: tuple[Rule, ...]

    def on(self, day: date) -> tuple[Rule, ...]:
        """The rules that hold on a day: of each id the one that began last."""
        held: dict[str, Rule] = {}
        for rule in sorted(self.rules, key=lambda rule: rule.valid_from):
            if rule.valid_from <= day:
                held[rule.id] = rule
        order = list(dict.fromkeys(rule.id for rule in self.rules))
        return tuple(held[name] for name in order if name in held)

    @property
    def windows(self) -> tuple[int, ...]:
        """The numbers of days the rules ask for."""
        return tuple(sorted({rule.days for rule in self.rules if rule.days is not None}))


@cache
def shipped_rules() -> RuleSet:
    """The rules that ship with the program."""
    text = resources.files("gridmap.compliance").joinpath("rules.toml").read_text("utf-8")
    return _rules("rules.toml", tomllib.loads(text), shipped_registry())


def load_rules(path: Path | None = None, registry: Registry | None = None) -> RuleSet:
    """The rules of a deployment's own file, which hold instead of the shipped ones; these without a file.

    Raises:
        DefinitionFileError: the file cannot be read, or says something that cannot be; all faults are named.
    """
    if path is None:
        return shipped_rules()
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DefinitionFileError(file=path.name, faults=str(error)) from error
    return _rules(path.name, data, registry or shipped_registry())


_ALLOWED: Final = {field.name for field in fields(Rule)}
_NEEDED: Final = ("id", "name", "indicator", "action", "valid_from", "kinds", "levels")
_LISTS: Final = ("kinds", "levels", "range")


def _rules(file: str, data: Mapping[str, Any], registry: Registry) -> RuleSet:
    faults: list[str] = [f"unknown table {name}" for name in data if name != "rule"]
    rows = data.get("rule", [])
    if not isinstance(rows, list) or not rows:
        faults.append("there is no [[rule]]")
        rows = []
    rules = []
    for number, row in enumerate(rows, start=1):
        wrong = _faults(row, registry)
        faults += [f"rule {row.get('id', number)}: {fault}" for fault in wrong]
        if not wrong:
            parts: dict[str, Any] = {key: tuple(value) if key in _LISTS else value for key, value in row.items()}
            rules.append(Rule(**parts))
    seen = [(rule.id, rule.valid_from) for rule in rules]
    faults += [f"rule {name}: stands there twice from {day}" for name, day in set(seen) if seen.count((name, day)) > 1]
    if faults:
        raise DefinitionFileError(file=file, faults="; ".join(faults))
    return RuleSet(tuple(rules))


def _faults(row: Mapping[str, Any], registry: Registry) -> list[str]:
    faults = [f"unknown key {key}" for key in row if key not in _ALLOWED]
    faults += [f"{key} is missing" for key in _NEEDED if not row.get(key)]
    if faults:
        return faults
    faults += _limit_faults(row)
    if row["indicator"] not in registry.indicators:
        faults.append(f"there is no indicator {row['indicator']}")
    elif "range" not in row and registry.indicators[row["indicator"]].denominator is None:
        faults.append(f"the indicator {row['indicator']} is a plain count: give a range")
    faults += _unknown("kind", row["kinds"], levels().cell_kinds)
    faults += _unknown("level", row["levels"], levels().names)
    if type(row["valid_from"]) is not date:
        faults.append("valid_from must be a date")
    for key in ("days", "minimum"):
        if key in row and (not isinstance(row[key], int) or row[key] < 1):
            faults.append(f"{key} must be a whole number from 1 upwards")
    if row.get("few", NO_DATA) not in {NO_DATA, SKIP}:
        faults.append(f"few must be {NO_DATA} or {SKIP}")
    faults += [
        f"{key} must say {{count}}" for key in ("action", "action_above") if key in row and "{count}" not in row[key]
    ]
    return faults


def _limit_faults(row: Mapping[str, Any]) -> list[str]:
    limits = [row.get("meets"), row.get("at_risk")]
    if "range" in row:
        low_high = row["range"]
        if limits != [None, None]:
            return ["give either range, or meets and at_risk"]
        whole = isinstance(low_high, list) and len(low_high) == 2 and all(isinstance(n, int) for n in low_high)
        return [] if whole and low_high[0] <= low_high[1] else ["range must be two whole numbers, the lower first"]
    if not all(isinstance(limit, int | float) for limit in limits):
        return ["give meets and at_risk as numbers, or a range"]
    direction = row.get("direction", "up")
    if direction not in ("up", "down"):
        return ["direction must be up or down"]
    meets, at_risk = float(limits[0]), float(limits[1])  # type: ignore[arg-type]
    if (direction == "up" and meets < at_risk) or (direction == "down" and meets > at_risk):
        return ["meets must be the stricter limit"]
    return []


def _unknown(what: str, names: object, known: Iterable[str]) -> list[str]:
    if not isinstance(names, list):
        return [f"{what}s must be a list"]
    return [f"there is no {what} {name}" for name in names if name not in set(known)]
