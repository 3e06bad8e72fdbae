"""Indicators as data: what is divided by what, in which unit, and where the definition comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import DefinitionFileError
from gridmap.indicators.cells import AreaTable, Terms, count_names
from gridmap.indicators.expression import Expression, ExpressionError, parse
from gridmap.indicators.records import FIELDS

AREA_MEASURE: Final = "area_km2"
_DAYS: Final = "{days}"
_DIRECTIONS: Final = ("up", "down", "none")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator. ``name``, ``unit`` and ``source`` are message ids; ``days`` fills ``{days}`` in measures and
    source; ``direction`` says which way is better (``up``, ``down``, ``none``)."""

    id: str
    name: str
    numerator: str
    unit: str
    source: str
    denominator: str | None = None
    unknown: str | None = None
    factor: float = 1.0
    direction: str = "none"
    days: int | None = None

    def measure(self, name: str, days: int | None = None) -> str:
        """The name of a measure with the indicator's days (or others) filled in."""
        number = self.days if days is None else days
        return name if number is None else name.replace(_DAYS, str(number))


@dataclass(frozen=True, slots=True)
class Value:
    """An indicator of one area: ``numerator`` of ``denominator`` (``None`` for a plain count), the value as it is
    shown (``None`` when the denominator is nothing), and how many could not be told."""

    indicator: str
    numerator: float
    denominator: float | None
    value: float | None
    unknown: int


@dataclass(frozen=True, slots=True)
class Values:
    """An indicator of every row of a table; ``value`` is NaN where the denominator is nothing or not known."""

    indicator: Indicator
    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64] | None
    value: NDArray[np.float64]
    unknown: NDArray[np.int64]

    def row(self, row: int) -> Value:
        """The value of one row."""
        value = float(self.value[row])
        return Value(
            self.indicator.id,
            float(self.numerator[row]),
            None if self.denominator is None else float(self.denominator[row]),
            None if np.isnan(value) else value,
            int(self.unknown[row]),
        )


@dataclass(frozen=True, slots=True)
class Registry:
    """The indicators by id, the measures they are made of (expressions), and the terms of the counts."""

    indicators: Mapping[str, Indicator]
    measures: Mapping[str, str]
    unverified_days: int
    required: tuple[str, ...]
    expiring_days: int = 30

    def terms(self, more_windows: Iterable[int] = ()) -> Terms:
        """The terms a table must be counted on so that every indicator can be read from it."""
        windows = {indicator.days for indicator in self.indicators.values() if indicator.days is not None}
        return Terms(tuple(sorted({*windows, *more_windows})), self.unverified_days, self.required, self.expiring_days)

    def measure(self, table: AreaTable, text: str) -> NDArray[np.float64]:
        """A measure, or any expression over measures and counts, of every row of a table."""

        def column(name: str) -> NDArray[np.float64]:
            if name in self.measures:
                return self.measure(table, self.measures[name])
            return table.area_km2 if name == AREA_MEASURE else table[name].astype(np.float64)

        return np.broadcast_to(parsed(text)(column), len(table)).astype(np.float64)

    def values(self, table: AreaTable, indicator_id: str, days: int | None = None) -> Values:
        """An indicator of every row of a table; ``days`` instead of the indicator's own. KeyError if unknown."""
        indicator = self.indicators[indicator_id]
        numerator = self.measure(table, indicator.measure(indicator.numerator, days))
        unknown = self._unknown(table, indicator)
        if indicator.denominator is None:
            return Values(indicator, numerator, None, numerator * indicator.factor, unknown)
        denominator = self.measure(table, indicator.measure(indicator.denominator, days))
        known = denominator > 0
        value = np.full(len(table), np.nan)
        np.divide(numerator * indicator.factor, denominator, out=value, where=known)
        return Values(indicator, numerator, denominator, value, unknown)

    def _unknown(self, table: AreaTable, indicator: Indicator) -> NDArray[np.int64]:
        if indicator.unknown is None:
            return np.zeros(len(table), dtype=np.int64)
        return self.measure(table, indicator.unknown).astype(np.int64)


@cache
def parsed(text: str) -> Expression:
    """An expression, read once.

    Raises:
        ExpressionError.
    """
    return parse(text)


@cache
def shipped_registry() -> Registry:
    """The indicators that ship with the program."""
    text = resources.files("gridmap.indicators").joinpath("registry.toml").read_text("utf-8")
    return _registry("registry.toml", tomllib.loads(text), None)


def load_registry(path: Path | None = None) -> Registry:
    """The shipped indicators, with those of a deployment's own file added or put in their place.

    Raises:
        DefinitionFileError: the file cannot be read, or says something that cannot be; all faults are named.
    """
    if path is None:
        return shipped_registry()
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DefinitionFileError(file=path.name, faults=str(error)) from error
    return _registry(path.name, data, shipped_registry())


def _registry(file: str, data: Mapping[str, Any], base: Registry | None) -> Registry:
    faults: list[str] = []
    terms = data.get("terms", {})
    unverified = terms.get("unverified_days", base.unverified_days if base else 0)
    required = tuple(terms.get("required", base.required if base else ()))
    measures = dict(base.measures) if base else {}
    measures |= {name: str(text) for name, text in data.get("measure", {}).items()}
    indicators = dict(base.indicators) if base else {}
    for row in data.get("indicator", ()):
        found = _indicator(row, faults)
        if found is not None:
            indicators[found.id] = found
    expiring = terms.get("expiring_days", base.expiring_days if base else 30)
    registry = Registry(indicators, measures, unverified, required, expiring)
    faults += _faults(registry)
    if faults:
        raise DefinitionFileError(file=file, faults="; ".join(faults))
    return registry


def _indicator(row: Mapping[str, Any], faults: list[str]) -> Indicator | None:
    name = str(row.get("id", "?"))
    allowed, needed = set(Indicator.__dataclass_fields__), ("id", "name", "numerator", "unit", "source")
    wrong = [f"indicator {name}: unknown key {key}" for key in row if key not in allowed]
    wrong += [f"indicator {name}: {key} is missing" for key in needed if not row.get(key)]
    faults += wrong
    return None if wrong else Indicator(**row)


def _faults(registry: Registry) -> list[str]:
    faults = []
    if not (isinstance(registry.unverified_days, int) and registry.unverified_days > 0):
        faults.append("terms: unverified_days must be a number of days greater than 0")
    if not (isinstance(registry.expiring_days, int) and registry.expiring_days > 0):
        faults.append("terms: expiring_days must be a number of days greater than 0")
    faults += [f"terms: required names an unknown field {name}" for name in registry.required if name not in FIELDS]
    if faults:
        return faults
    counted = {*count_names(registry.terms()), AREA_MEASURE}
    faults += _measure_faults(registry.measures, counted)
    known = counted | set(registry.measures)
    for indicator in registry.indicators.values():
        faults += _indicator_faults(indicator, known)
    return faults


def _measure_faults(measures: Mapping[str, str], counted: set[str]) -> list[str]:
    """Measures may use counts and the measures that stand before them, so none can lead back to itself."""
    faults, known = [], set(counted)
    for name, text in measures.items():
        faults += [f"measure {name}: {fault}" for fault in expression_faults(text, known)]
        known.add(name)
    return faults


def expression_faults(text: str, known: Collection[str]) -> list[str]:
    """What is wrong with an expression: it cannot be read, or names something that is not counted."""
    try:
        names = parsed(text).names
    except ExpressionError as error:
        return [str(error)]
    faults = []
    for name in sorted(names - set(known)):
        near = get_close_matches(name, known, n=1)
        faults.append(f"nothing is counted as {name}" + (f"; did you mean {near[0]}?" if near else ""))
    return faults


def _indicator_faults(indicator: Indicator, known: set[str]) -> list[str]:
    parts = [indicator.numerator, indicator.denominator, indicator.unknown]
    faults = [
        f"indicator {indicator.id}: {fault}"
        for text in parts
        if text is not None
        for fault in expression_faults(indicator.measure(text), known)
    ]
    if indicator.direction not in _DIRECTIONS:
        faults.append(f"indicator {indicator.id}: direction must be one of {', '.join(_DIRECTIONS)}")
    if indicator.days is not None and (not isinstance(indicator.days, int) or indicator.days <= 0):
        faults.append(f"indicator {indicator.id}: days must be greater than 0")
    return faults
