"""The drawer of an area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from gridmap.areas.node import AreaNode
from gridmap.areas.service import levels
from gridmap.areas.tree import AreaTree, Bounds
from gridmap.compliance.rules import Status
from gridmap.i18n import Translator
from gridmap.indicators.figures import AreaSummary, Child, Pyramid
from gridmap.indicators.figures import BuildingNeed as Need
from gridmap.indicators.flows import Reconciliation
from web.views.rules import RuleRow, Verdict
from web.words import CELL_KINDS, FIGURES

STATES: Final = ("registered", "floating", "let", "several", "vacant", "unverified")


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of a path."""

    label: str
    kind: str | None
    id: str | None
    region: int | None
    href: str | None


@dataclass(frozen=True, slots=True)
class DwellingCounts:
    """Dwellings by their one state; the states add up to the total."""

    total: int
    registered: int
    floating: int
    let: int
    several: int
    vacant: int
    unverified: int


@dataclass(frozen=True, slots=True)
class BuildingNeed:
    """A building to begin with."""

    region: int
    id: str
    map_id: int
    name: str
    unverified: int
    dwellings: int


@dataclass(frozen=True, slots=True)
class ChildRow:
    """An area directly below."""

    id: str
    region: int
    map_id: int
    name: str
    population: int | None
    change: int | None
    status: str | None


@dataclass(frozen=True, slots=True)
class AreaView:
    """Everything the drawer shows of an area."""

    id: str
    region: int | None
    map_id: int
    name: str
    code: str
    level: str
    kind_label: str | None
    path: list[Crumb]
    bounds: Bounds | None
    status: str | None
    failing: int
    area_km2: float | None
    worker: str | None
    facts: list[str]
    as_of: date
    population: int
    population_change: int
    change_base: date
    households: int
    household_range: tuple[int, int] | None
    household_size: float | None
    registered: int
    floating: int
    density: float | None
    lists: dict[str, str]
    unlocated: int
    rules_label: str
    rules: list[RuleRow]
    dwellings: DwellingCounts
    pyramid: Pyramid
    buildings: list[BuildingNeed]
    buildings_total: int
    children: list[ChildRow]
    children_label: str
    reconciliation: Reconciliation
    may_export: bool


@dataclass(frozen=True, slots=True)
class AreaReader:
    """Who reads an area: what they may open from it, and in which words."""

    tree: AreaTree
    text: Translator
    visible: frozenset[UUID] | None
    may_list: bool
    may_export: bool
    workers: list[str]
    building_names: Mapping[tuple[int, UUID], str]


def crumbs(path: list[AreaNode], reader: AreaReader) -> list[Crumb]:
    """The way down to an area, itself left out; areas the reader sees no figures of are not linked."""
    return [crumb(node, reader.tree, reader.text, reader.visible) for node in path]


def crumb(node: AreaNode, tree: AreaTree, text: Translator, visible: frozenset[UUID] | None) -> Crumb:
    """One area as a step of a path."""
    name = tree.name(node, text.language)
    if visible is not None and node.id not in visible:
        return Crumb(name, None, None, None, None)
    return Crumb(name, "area", str(node.id), node.region, f"/map?sel=area:{node.region}:{node.id}")


def dwelling_counts(states: Mapping[str, int]) -> DwellingCounts:
    """Counts by state."""
    return DwellingCounts(total=sum(states.values()), **{state: states.get(state, 0) for state in STATES})


def area_view(summary: AreaSummary, verdict: Verdict, statuses: Mapping[UUID, Status], reader: AreaReader) -> AreaView:
    """Present an area."""
    text, tree = reader.text, reader.tree
    size = summary.indicators["household_size"].value if "household_size" in summary.indicators else None
    return AreaView(
        id=str(summary.id),
        region=summary.region,
        map_id=summary.map_id,
        name=_name(summary, text),
        code=summary.code,
        level=summary.level,
        kind_label=text.gettext(CELL_KINDS.get(summary.kind, summary.kind)) if summary.kind else None,
        path=crumbs(tree.path(summary.id)[:-1], reader),
        bounds=tree.extent(summary.id),
        status=verdict.status,
        failing=verdict.failing,
        area_km2=summary.area_km2,
        worker=text.text("{names}", names=reader.workers) if reader.workers else None,
        facts=facts(summary.levels_below, text),
        as_of=summary.as_of,
        population=summary.population,
        population_change=summary.population_change,
        change_base=summary.change_base,
        households=summary.households,
        household_range=levels().cell_households.get(summary.kind or ""),
        household_size=size,
        registered=summary.registered,
        floating=summary.floating,
        density=summary.population / summary.area_km2 if summary.area_km2 and summary.level != "cell" else None,
        lists=lists(summary) if reader.may_list else {},
        unlocated=summary.unlocated,
        rules_label=text.text("rules of {year}", year=verdict.year),
        rules=verdict.rules,
        dwellings=dwelling_counts(summary.dwellings),
        pyramid=summary.pyramid,
        buildings=[_need(need, reader) for need in summary.buildings],
        buildings_total=summary.buildings_total,
        children=[_child(child, statuses, text) for child in summary.children],
        children_label=_children_label(summary, text),
        reconciliation=summary.reconciliation,
        may_export=reader.may_export,
    )


def facts(levels_below: Mapping[str, int], text: Translator) -> list[str]:
    """How many communities and cells lie below."""
    words: dict[str, tuple[str, str]] = {
        "street": ("%(num)s sub-district", "%(num)s sub-districts"),
        "community": ("%(num)s community", "%(num)s communities"),
        "cell": ("%(num)s grid", "%(num)s grids"),
    }
    return [
        text.ngettext(*words[level], levels_below[level]) % {"num": levels_below[level]}
        for level in words
        if levels_below.get(level)
    ]


def lists(summary: AreaSummary) -> dict[str, str]:
    """Where the list behind each figure is."""
    dates = {"as_of": summary.as_of, "base": summary.change_base}
    return {figure: f"/residents?{urlencode({'area': str(summary.id), 'list': figure, **dates})}" for figure in FIGURES}


def _name(part: AreaSummary | Child, text: Translator) -> str:
    return part.english if part.english and text.language == "en" else part.name


def _need(need: Need, reader: AreaReader) -> BuildingNeed:
    name = reader.building_names.get((need.region, need.id), "–")
    return BuildingNeed(need.region, str(need.id), need.map_id, name, need.unverified, need.dwellings)


def _child(child: Child, statuses: Mapping[UUID, Status], text: Translator) -> ChildRow:
    status = statuses.get(child.id)
    return ChildRow(
        id=str(child.id),
        region=child.region,
        map_id=child.map_id,
        name=_name(child, text),
        population=child.population,
        change=child.change,
        status=None if status is None else status.word,
    )


def _children_label(summary: AreaSummary, text: Translator) -> str:
    level = summary.children[0].level if summary.children else ""
    words: dict[str, str] = {
        "city": "By city",
        "district": "By district",
        "street": "By sub-district",
        "community": "By community",
        "cell": "By grid",
    }
    return text.gettext(words.get(level, "By area"))
