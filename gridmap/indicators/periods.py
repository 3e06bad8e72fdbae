"""Indicators of a period: from what offices reported, and from what the register saw happen.

Reported figures are kept as reported, for exactly the area and the period they were reported for: they are neither
added up nor divided. An indicator one of whose figures was not reported has no value.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.flows import Flow, Flows
from gridmap.indicators.registry import parsed
from gridmap.statistics.measures import measures
from gridmap.statistics.service import figures_of
from gridmap.store.store import UnitOfWork

DAYS_OF_A_YEAR: Final = 365
REPORTED, REGISTER = "reported.", "register."
_LINES: Final = (Flow.BIRTHS, Flow.DEATHS, Flow.MOVES_IN, Flow.MOVES_OUT)

Columns = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class PeriodIndicator:
    """One indicator of a period; see ``periods.toml``. ``minimum``: a smaller denominator gives no steady value."""

    id: str
    name: str
    numerator: str
    denominator: str
    unit: str
    source: str
    factor: float = 1.0
    direction: str = "none"
    per_year: bool = False
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class PeriodValue:
    """An indicator of one area and period. ``value`` is ``None`` where a figure is missing or the denominator is
    nothing; ``missing`` names the figures that were not reported; ``unsteady`` where the denominator is below the
    indicator's minimum."""

    indicator: PeriodIndicator
    numerator: float | None
    denominator: float | None
    value: float | None
    missing: tuple[str, ...] = ()
    unsteady: bool = False


@cache
def _shipped() -> tuple[Mapping[str, PeriodIndicator], Mapping[str, str]]:
    data = tomllib.loads(resources.files("gridmap.indicators").joinpath("periods.toml").read_text("utf-8"))
    found = [PeriodIndicator(**row) for row in data["indicator"]]
    return MappingProxyType({one.id: one for one in found}), MappingProxyType(data["measure"])


def period_indicators() -> Mapping[str, PeriodIndicator]:
    """The indicators of a period that ship, by id."""
    return _shipped()[0]


def names_read(text: str) -> frozenset[str]:
    """The figures that an expression reads, those of the measures in it included."""
    between = _shipped()[1]
    names: set[str] = set()
    for name in parsed(text).names:
        names |= names_read(between[name]) if name in between else {name}
    return frozenset(names)


def known_names() -> frozenset[str]:
    """Everything an expression may read."""
    register = {"opening", "closing", *(line.name.lower() for line in _LINES)}
    return frozenset({f"{REPORTED}{name}" for name in measures()} | {f"{REGISTER}{name}" for name in register})


def days_of(start: date, end: date) -> int:
    """The length of a period, both days included."""
    return (end - start).days + 1


def reported_columns(unit: UnitOfWork, area_ids: Sequence[UUID], start: date, end: date) -> Columns:
    """What was reported for areas and exactly one period: a column a measure, NaN where nothing was reported."""
    columns = {f"{REPORTED}{name}": np.full(len(area_ids), np.nan) for name in measures()}
    rows = {area_id: row for row, area_id in enumerate(area_ids)}
    for (area_id, measure, first, last), value in figures_of(unit, area_ids).items():
        if (first, last) == (start, end) and f"{REPORTED}{measure}" in columns:
            columns[f"{REPORTED}{measure}"][rows[area_id]] = value
    return columns


def register_columns(flows: Flows, positions: Sequence[int]) -> Columns:
    """What the register saw between the two dates of ``flows``, for areas by their position in the tree."""
    at = np.asarray(positions, dtype=np.intp)
    columns = {
        f"{REGISTER}opening": flows.opening[at].astype(np.float64),
        f"{REGISTER}closing": flows.closing[at].astype(np.float64),
    }
    return columns | {f"{REGISTER}{line.name.lower()}": flows.lines[at, line].astype(np.float64) for line in _LINES}


def period_values(columns: Columns, days: int, indicator_id: str) -> list[PeriodValue]:
    """An indicator of every row; KeyError for an unknown indicator."""
    indicator = period_indicators()[indicator_id]
    numerator = _evaluated(indicator.numerator, columns)
    denominator = _evaluated(indicator.denominator, columns)
    factor = indicator.factor * (DAYS_OF_A_YEAR / days if indicator.per_year else 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(denominator > 0, numerator * factor / denominator, np.nan)
    read = sorted(names_read(indicator.numerator) | names_read(indicator.denominator))
    gone = np.column_stack([np.isnan(columns[name]) for name in read])
    return [
        PeriodValue(
            indicator,
            _number(numerator[row]),
            _number(denominator[row]),
            _number(value[row]),
            tuple(name for name, missing in zip(read, gone[row], strict=True) if missing),
            unsteady=bool(denominator[row] < indicator.minimum),
        )
        for row in range(len(value))
    ]


def _evaluated(text: str, columns: Columns) -> NDArray[np.float64]:
    between = _shipped()[1]

    def column(name: str) -> NDArray[np.float64]:
        return _evaluated(between[name], columns) if name in between else columns[name]

    return parsed(text)(column)


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
