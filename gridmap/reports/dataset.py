"""Figures as a plain table: one row an area, one column a figure, names that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.accounts.actor import Actor
from gridmap.areas.service import levels
from gridmap.audit import service as audit
from gridmap.compliance.rules import Status
from gridmap.compliance.service import Assessment
from gridmap.errors import InvalidInputError
from gridmap.indicators.cells import AreaTable
from gridmap.indicators.registry import Registry
from gridmap.reports.division import divide
from gridmap.reports.registry import permitted_area
from gridmap.store.store import UnitOfWork

UNLOCATED: Final = "unlocated"
"""The level of a row for what lies in no area below the one it names."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: the areas of a level, of those that are visible (``None``: all) and lie under an area (or all)."""

    level: str
    visible: frozenset[UUID] | None = None
    under: UUID | None = None


def read_figures(
    unit: UnitOfWork, actor: Actor, assessment: Assessment, as_of: date, *, level: str, area: str | None = None
) -> pd.DataFrame:
    """The figures that an actor may see, as :func:`area_figures` gives them; the reading is logged.

    Args:
        unit: must be writing, for the log.
        level: one row an area of this level.
        area: only what lies under it: a code or a unique name path.

    Raises:
        InvalidInputError: no such level, or nothing of it there.
        PermissionDeniedError, NotFoundError, AreaNotFoundError, AreaAmbiguousError: as for reports.
    """
    if level not in levels().names:
        raise InvalidInputError(field="Level", reason=" | ".join(levels().names))
    scope = scope_of(actor, Action.STATISTICS_READ)
    node = permitted_area(unit, actor, area, as_of, Action.STATISTICS_READ) if area else None
    visible = None if scope.everywhere else scope.area_ids(unit)
    frame = area_figures(assessment, as_of, Wanted(level, visible, node.id if node else None))
    if frame.empty:
        raise InvalidInputError(field="Level", reason="there is no area of this level there")
    audit.record(
        unit,
        actor,
        Action.STATISTICS_READ.value,
        region=(node.region if node else None) or audit.INSTALLATION_REGION,
        details={"area": node.code if node else None, "level": level, "as_of": as_of.isoformat()},
    )
    return frame


def area_figures(assessment: Assessment, as_of: date, wanted: Wanted) -> pd.DataFrame:
    """The figures of every wanted area at a date, and a row of level ``unlocated`` for what lies in none of them.

    The index holds the ids of areas. Columns: ``as_of, code, name, name_en, level, parent_code, kind``; every count of
    the area table (persons by sex, age band, presence and marital status, households, dwellings by state and use,
    buildings); ``area_km2``; each indicator under its id (unrounded; empty where it cannot be told); ``status`` and
    ``failing`` (how many rules are failed) of areas. The rows of all levels and their ``unlocated`` rows add up to what
    is above them.
    """
    verdicts = assessment.verdicts(as_of)
    table = verdicts.table
    inside = _inside(table, wanted)
    division = divide(table, wanted.level, inside)
    registry = assessment.figures.registry
    level = _frame(division.level, registry)
    rows = [table.row_of(row) for row in division.level.rows.tolist()]
    level["status"] = [Status(status).word for status in verdicts.status[rows].tolist()] if rows else []
    level["failing"] = verdicts.failing[rows] if rows else []
    own = _frame(division.own, registry)
    own["parent_code"] = own["code"]
    own["level"] = UNLOCATED
    own["status"], own["failing"] = None, None
    whole = pd.concat([level.astype({"failing": object}), own]) if len(own) else level
    return whole.sort_values("code", kind="stable")


def _inside(table: AreaTable, wanted: Wanted) -> NDArray[np.bool_]:
    tree = table.occupancy.snapshot.areas
    inside = np.ones(len(tree), dtype=np.bool_)
    if wanted.under is not None:
        inside &= tree.below(tree.positions[wanted.under])
    if wanted.visible is not None:
        inside &= np.fromiter((area in wanted.visible for area in tree.ids), np.bool_, len(tree))
    return inside


def _frame(table: AreaTable, registry: Registry) -> pd.DataFrame:
    tree, rows = table.occupancy.snapshot.areas, table.rows.tolist()
    parents = [int(tree.parent[row]) for row in rows]
    columns: dict[str, Sequence[object] | NDArray[np.generic]] = {
        "as_of": [table.as_of.isoformat()] * len(rows),
        "code": [tree.codes[row] for row in rows],
        "name": [tree.names[row] for row in rows],
        "name_en": [tree.english[row] for row in rows],
        "level": [tree.levels[row] for row in rows],
        "parent_code": [tree.codes[parent] if parent >= 0 else None for parent in parents],
        "kind": [tree.kinds[row] for row in rows],
    }
    columns |= {name: table[name] for name in table.names}
    columns["area_km2"] = table.area_km2
    for name in registry.indicators:
        if name not in columns:  # population and households are counts already
            columns[name] = registry.values(table, name).value
    return pd.DataFrame(columns, index=pd.Index([tree.ids[row] for row in rows], name="area_id", dtype=object))
