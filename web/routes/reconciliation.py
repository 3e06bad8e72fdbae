"""The reconciliation of an area between two dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.bootstrap import UnitOfWork
from gridmap.indicators.dates import year_before
from gridmap.indicators.reconciling import Period, Statement
from gridmap.rosters.export import File
from gridmap.rosters.statement import division_said, export_statement
from web.answers import Context, file_response, page, reading, writing
from web.choices import Code
from web.frame import place_name
from web.params import day_of, visible_areas
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site
from web.views.lists import area_options, chosen_area
from web.views.reconciliation import statement_view
from web.views.rosters import list_tabs

router = APIRouter()
Reader = Annotated[Visit, guard(Action.STATISTICS_READ)]
PATH = "/reconciliation"


class Chosen(BaseModel):
    """What is reconciled: an area after one day up to another, by which cells, as known when."""

    model_config = ConfigDict(populate_by_name=True)
    area: Code = ""
    start: Code = Field(default="", alias="from")
    end: Code = Field(default="", alias="to")
    cells: Code = ""
    known: Code = ""

    def texts(self) -> dict[str, str]:
        """What is chosen, as it stands in an address."""
        return {name: text for name, text in self.model_dump(by_alias=True).items() if text}


@router.get(PATH)
async def reconciliation(request: Request, visit: Reader, chosen: Annotated[Chosen, Query()]) -> Response:
    """Opening, births, moves, deaths, corrections, boundary changes and closing of an area; they add up."""
    context = await reading(request, _context, visit, chosen)
    return await page(request, visit, "reconciliation.html", "register", context)


@router.get(f"{PATH}.xlsx")
async def workbook(request: Request, visit: Reader, chosen: Annotated[Chosen, Query()]) -> Response:
    """The same as a workbook."""
    found = await reading(request, _statement, visit, chosen)
    return file_response(await writing(request, _export, visit, found))


def _export(unit: UnitOfWork, site: Site, visit: Visit, found: Statement) -> File:
    return export_statement(unit, visit.actor, found, site.figures.snapshot().areas, visit.text)


def _statement(unit: UnitOfWork, site: Site, visit: Visit, chosen: Chosen) -> Statement:
    """Reconcile what is asked for.

    Raises:
        InvalidInputError, NotFoundError (no such area, or outside the reader's).
    """
    node = chosen_area(site.tree.current(), visit, chosen.area)
    require_area(unit, visit.actor, Action.STATISTICS_READ, node.id)
    start, end = _days(chosen, visit.today)
    known = day_of(chosen.known, visit.today, "Known on") if chosen.known else None
    return site.rosters.reconciler.statement(Period(node.id, start, end, chosen.cells or "then", known))


def _days(chosen: Chosen, today: date) -> tuple[date, date]:
    """The two days; by default from the end of last year until today."""
    end = day_of(chosen.end, today, "Until")
    start = day_of(chosen.start, today, "From") if chosen.start else date(end.year - 1, 12, 31)
    return start, end


def _context(unit: UnitOfWork, site: Site, visit: Visit, chosen: Chosen) -> Context:
    found = _statement(unit, site, visit, chosen)
    tree = site.tree.current()
    node = chosen_area(tree, visit, str(found.period.area_id))
    period = found.period
    kept = {
        "area": str(node.id), "from": period.start.isoformat(), "to": period.end.isoformat(), "cells": period.cells,
        **({"known": period.known_on.isoformat()} if period.known_on else {}),
    }  # fmt: skip
    return {
        "tabs": list_tabs("reconciliation", str(node.id), visit),
        "areas": area_options(tree, visit.today, visit.lang, visible_areas(unit, visit.actor)),
        "chosen": kept,
        "view": statement_view(found, tree, visit),
        "division": division_said(found, visit.text),
        "today": visit.today,
        "year_ago": year_before(visit.today),
        "user_name": visit.actor.display_name or visit.actor.username,
        "area_name": place_name(tree, node, visit.lang),
        "as_of": period.end,
    }
