"""What changed between two dates, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from gridmap.areas.tree import AreaTree
from gridmap.i18n import Translator
from gridmap.indicators.classes import LegendClass
from gridmap.indicators.figures import AreaSummary, CellValues
from gridmap.indicators.flows import Reconciliation
from web.frame import place_name
from web.views.area import Crumb, crumb

SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class StepRow:
    """A class of change: −3 the strongest fall, 3 the strongest rise."""

    label: str
    count: int
    step: int


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A cell and its change."""

    id: str
    region: int | None
    map_id: int
    name: str
    change: int
    share: float | None


@dataclass(frozen=True, slots=True)
class CompareView:
    """Two dates of an area compared."""

    path: list[Crumb]
    name: str
    base: date
    as_of: date
    note: str | None
    classes: list[StepRow]
    rises: list[ChangeRow]
    falls: list[ChangeRow]
    reconciliation: Reconciliation


def compare_view(
    summary: AreaSummary, values: CellValues, tree: AreaTree, text: Translator, visible: frozenset[UUID] | None
) -> CompareView:
    """Present the change of an area's cells."""
    inside = {node.id for node in tree.cells(summary.id, summary.as_of)}
    rows = [
        _row(area_id, map_id, change, population, tree, text)
        for area_id, map_id, change, population in zip(
            values.area_ids, values.map_ids, values.values, values.population, strict=True
        )
        if area_id in inside and change is not None and population is not None
    ]
    ordered = sorted(rows, key=lambda row: (row.change, row.name))
    node = tree.get(summary.id)
    return CompareView(
        path=[crumb(above, tree, text, visible) for above in tree.path(summary.id)],
        name=summary.name if node is None else tree.name(node, text.language),
        base=summary.change_base,
        as_of=summary.as_of,
        note=None,
        classes=[
            StepRow(class_label(step), step.count, position - 3) for position, step in enumerate(values.legend.classes)
        ],
        rises=[row for row in ordered[::-1] if row.change > 0][:SHOWN],
        falls=[row for row in ordered if row.change < 0][:SHOWN],
        reconciliation=summary.reconciliation,
    )


def class_label(step: LegendClass) -> str:
    """The limits of a class of change in numbers."""
    if step.start is None:
        return f"≤ {_signed(step.end)}"
    if step.end is None:
        return f"≥ {_signed(step.start)}"
    if step.start == -step.end:
        return f"±{step.end}"
    return f"{_signed(step.start)} … {_signed(step.end)}"


def _signed(number: int | None) -> str:
    if number is None:
        return ""
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "0"


def _row(area_id: UUID, map_id: int, change: int, population: int, tree: AreaTree, text: Translator) -> ChangeRow:
    node = tree.get(area_id)
    before = population - change
    return ChangeRow(
        id=str(area_id),
        region=None if node is None else node.region,
        map_id=map_id,
        name="–" if node is None else place_name(tree, node, text.language),
        change=change,
        share=change / before if before > 0 else None,
    )
