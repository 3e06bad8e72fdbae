"""The still map with its table, where a browser cannot draw the interactive one, and for prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from gridmap.areas.tree import AreaTree
from gridmap.buildings.plan import Plan
from gridmap.compliance.service import CellStatuses
from gridmap.i18n import Translator
from gridmap.indicators.figures import CellValues
from gridmap.layers.sources import cell_number
from web.frame import place_name
from web.views.rules import RuleRow, Verdict
from web.views.values import class_of


@dataclass(frozen=True, slots=True)
class StillCell:
    """A cell on the sheet with its class."""

    id: str
    map_id: int
    path: str
    x: float
    y: float
    short: str
    name: str
    status: str | None
    step: int | None


@dataclass(frozen=True, slots=True)
class StillRow:
    """A cell in the table."""

    id: str
    region: int | None
    name: str
    rules: list[RuleRow]
    population: int | None


@dataclass(frozen=True, slots=True)
class StillMap:
    """A still map and its table."""

    width: int
    height: int
    cells: list[StillCell]
    outlines: list[str]
    rows: list[StillRow]
    rule_names: list[str]
    legend: list[dict[str, object]]
    by: str


def still_map(
    plan: Plan, tree: AreaTree, by: str, values: CellValues, statuses: CellStatuses,
    verdicts: Mapping[UUID, Verdict], text: Translator,
) -> StillMap:  # fmt: skip
    """Colour the plan and list the cells that the reader sees, the worst first."""
    status = dict(zip(statuses.area_ids, statuses.statuses, strict=True))
    number = dict(zip(values.area_ids, values.values, strict=True))
    population = dict(zip(values.area_ids, values.population, strict=True))
    cells = []
    for cell in plan.cells:
        node = tree.get(cell.id)
        if node is None:
            continue
        step = class_of(values.legend.classes, number.get(cell.id)) if by == "population" else None
        told = status.get(cell.id) if by == "compliance" else None
        cells.append(
            StillCell(str(cell.id), tree.map_id(cell.id), cell.path, cell.x, cell.y, cell_number(node),
                      place_name(tree, node, text.language), told, step)
        )  # fmt: skip
    order = ("fails", "at_risk", "no_data", "meets")
    ordered = sorted(verdicts, key=lambda area: (order.index(verdicts[area].status), tree.positions[area]))
    rule_ids = list(dict.fromkeys(rule.id for verdict in verdicts.values() for rule in _by_id(verdict)))
    names = {rule.id: rule.name for verdict in verdicts.values() for rule in verdict.rules}
    return StillMap(
        width=plan.width,
        height=plan.height,
        cells=cells,
        outlines=list(plan.outlines),
        rows=[_row(area, verdicts[area], rule_ids, tree, population.get(area), text) for area in ordered],
        rule_names=[names[rule_id] for rule_id in rule_ids],
        legend=[{"status": word, "count": count} for word, count in statuses.legend.items()],
        by=by,
    )


def _by_id(verdict: Verdict) -> list[RuleRow]:
    return sorted(verdict.rules, key=lambda rule: rule.id)


def _row(
    area: UUID, verdict: Verdict, rule_ids: list[str], tree: AreaTree, population: int | None, text: Translator
) -> StillRow:
    node = tree.nodes[tree.positions[area]]
    found = {rule.id: rule for rule in verdict.rules}
    rules = [found.get(rule_id) or _blank(rule_id) for rule_id in rule_ids]
    return StillRow(str(area), node.region, place_name(tree, node, text.language), rules, population)


def _blank(rule_id: str) -> RuleRow:
    """A rule that is not for this kind of cell."""
    return RuleRow(rule_id, "", "no_data", None, None, None, None, "", None, None, None)
