"""Figures: values for the map, trends, areas and their summaries."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gridmap.access.policy import Action
from gridmap.areas.node import AreaNode
from gridmap.areas.tree import AreaTree
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import NotFoundError
from gridmap.indicators.figures import CellValues
from web.answers import json_response, reading
from web.params import DayText, day_of, visible_areas
from web.schemas import values as schemas
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site

PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": schemas.Problem} for status in (401, 403, 404, 422)}
router = APIRouter(prefix="/api/v1", tags=["figures"], responses=PROBLEMS)
# Everybody may see the map; whose cells carry values is decided by the areas, cell by cell.
Reader = Annotated[Visit, guard(Action.MAP_READ)]
FigureReader = Annotated[Visit, guard(Action.STATISTICS_READ)]
By = Literal["population", "change", "compliance"]


@router.get("/values/cells", responses={200: {"model": schemas.CellValues}})
async def cells(
    request: Request, visit: Reader, as_of: DayText = "", by: By = "population", base: DayText = ""
) -> Response:
    """A value for every cell at a date; null outside the reader's areas."""
    day = day_of(as_of, visit.today)
    since = min(day_of(base, visit.today, "Date to compare with"), day) if base else None
    return json_response(await reading(request, _cells, visit, day, by, since))


def _cells(unit: UnitOfWork, site: Site, visit: Visit, day: date, by: By, base: date | None) -> dict[str, Any]:
    visible = visible_areas(unit, visit.actor)
    if by == "compliance":
        return _compliance(site, day, visible)
    found = site.figures.cell_values(day, by=by, base=base, visible=visible)
    legend: dict[str, Any] = {
        "kind": "classes",
        "total": found.legend.total,
        "classes": [{"from": step.start, "to": step.end, "count": step.count} for step in found.legend.classes],
    }
    if found.legend.dedicated:
        legend["dedicated"] = found.legend.dedicated
    answer = {**_frame(found), "by": by, "values": found.values, "legend": legend}
    return answer if found.base is None else {**answer, "base": found.base}


def _frame(found: CellValues) -> dict[str, Any]:
    return {
        "as_of": found.as_of,
        "level": "cell",
        "ids": found.map_ids,
        "counts": {"households": found.households, "population": found.population},
    }


def _compliance(site: Site, day: date, visible: frozenset[UUID] | None) -> dict[str, Any]:
    found = site.figures.cell_values(day, visible=visible)
    judged = site.assessment.cell_statuses(day, visible=visible)
    return {
        **_frame(found),
        "by": "compliance",
        "values": found.population,
        "statuses": judged.statuses,
        "failing": judged.failing,
        "legend": {"kind": "states", "total": sum(judged.legend.values()), "states": judged.legend},
    }


@router.get("/values/buildings", responses={200: {"model": schemas.BuildingValues}})
async def buildings(request: Request, visit: Reader, as_of: DayText = "") -> Response:
    """Figures of every building at a date; null outside the reader's areas."""
    return json_response(await reading(request, _buildings, visit, day_of(as_of, visit.today)))


def _buildings(unit: UnitOfWork, site: Site, visit: Visit, day: date) -> dict[str, Any]:
    found = site.figures.building_values(day, visible=visible_areas(unit, visit.actor, Action.BUILDING_READ))
    return {
        "as_of": found.as_of,
        "ids": found.map_ids,
        "unverified_share": found.unverified_share,
        "unverified": found.unverified,
        "population": found.population,
        "dwellings": found.dwellings,
    }


@router.get("/trend", responses={200: {"model": schemas.Trend}})
async def trend(request: Request, visit: FigureReader, area: UUID, as_of: DayText = "") -> Response:
    """Population of an area at the last month ends."""
    return json_response(await reading(request, _trend, visit, area, day_of(as_of, visit.today)))


def _trend(unit: UnitOfWork, site: Site, visit: Visit, area: UUID, day: date) -> dict[str, Any]:
    visible = visible_areas(unit, visit.actor)
    if visible is not None and area not in visible:
        raise NotFoundError
    found = site.figures.trend(area, day)
    return {"dates": found.dates, "population": found.population}


@router.get("/areas", responses={200: {"model": list[schemas.Area]}})
async def areas(
    request: Request,
    visit: Reader,
    as_of: DayText = "",
    level: Annotated[str, Query(max_length=16, description="One level only")] = "",
) -> Response:
    """The area tree at a date. It is the same for everybody: areas are public, their figures are not."""
    day = day_of(as_of, visit.today)
    return json_response(await reading(request, _areas, day, level))


def _areas(_unit: UnitOfWork, site: Site, day: date, level: str) -> list[dict[str, Any]]:
    tree = site.tree.current()
    return [area_json(tree, node) for node in tree.nodes if node.in_force(day) and level in ("", node.level)]


def area_json(tree: AreaTree, node: AreaNode) -> dict[str, Any]:
    """An area as the interface gives it."""
    return {
        "id": node.id,
        "code": node.code,
        "name": node.name,
        "name_en": tree.english.get(node.id),
        "level": node.level,
        "kind": node.kind,
        "parent": node.parent_id,
        "region": node.region,
        "map_id": tree.map_id(node.id),
        "bounds": tree.extent(node.id),
        "valid_from": node.valid_from,
        "valid_to": node.valid_to,
    }


@router.get("/areas/{area_id}/summary", responses={200: {"description": "Every figure of the area's drawer"}})
async def summary(request: Request, visit: FigureReader, area_id: UUID, as_of: DayText = "") -> Response:
    """All figures of an area at a date: population, dwellings, pyramid, indicators, reconciliation of the last year."""
    return json_response(await reading(request, _summary, visit, area_id, day_of(as_of, visit.today)))


def _summary(unit: UnitOfWork, site: Site, visit: Visit, area_id: UUID, day: date) -> dict[str, Any]:
    found = site.figures.area_summary(area_id, day, visible=visible_areas(unit, visit.actor))
    return asdict(found)
