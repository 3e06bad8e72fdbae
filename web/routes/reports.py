"""Reports: choose, preview, download."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gridmap.access.policy import Action
from gridmap.audit import service as audit
from gridmap.audit.service import EntryFilter
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import NotFoundError
from gridmap.reports.kinds import Format
from gridmap.reports.model import Report
from gridmap.reports.registry import build, format_of, formats, report_of, reports
from web.answers import Context, fragment, page, reading, writing
from web.frame import home_area
from web.params import day_of, optional_id, visible_areas
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site, site_of
from web.views.accounts import local
from web.views.lists import Option, area_options
from web.views.reports import PERIODS, ReportChoice, ending_options, period_options, preview

router = APIRouter()
Reader = Annotated[Visit, guard(Action.REPORT_READ)]
MADE = "report.make"
RECENT = 8


class Choice(BaseModel):
    """What is chosen; nothing of it is personal."""

    report: str = Field(default="", max_length=32)
    area: str = Field(default="", max_length=36)
    period: str = Field(default="month", max_length=8)
    ending: str = Field(default="", max_length=10)
    format: str = Field(default="", max_length=16)


@dataclass(frozen=True, slots=True)
class Recent:
    """A report that was made."""

    name: str
    by: str
    at: Any
    format: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choice with everything left open filled in."""

    report: str
    area: UUID
    period: str
    ending: date
    format: str


@router.get("/reports")
async def show(request: Request, visit: Reader, choice: Annotated[Choice, Query()]) -> Response:
    """Choose a report and see it."""
    chosen = _chosen(site_of(request), visit, choice)
    context = await reading(request, _context, visit, chosen)
    view = preview(await _build(request, visit, chosen), visit.text)
    return await page(request, visit, "reports.html", "reports", {**context, "preview": view, "as_of": chosen.ending})


@router.get("/fragments/report-preview")
async def report_preview(request: Request, visit: Reader, choice: Annotated[Choice, Query()]) -> Response:
    """The report that is chosen now."""
    chosen = _chosen(site_of(request), visit, choice)
    view = preview(await _build(request, visit, chosen), visit.text)
    return fragment(request, visit, "fragments/report.html", {"preview": view, "as_of": chosen.ending})


@router.post("/reports/download")
async def download(request: Request, visit: Reader, choice: Annotated[Choice, Form()]) -> Response:
    """The report as a file; its making is recorded."""
    chosen = _chosen(site_of(request), visit, choice)
    wanted = format_of(chosen.format)
    report = await _build(request, visit, chosen)
    body = await site_of(request).runner.read(wanted.write, report)
    await writing(request, _note, visit, chosen, report)
    return _file(body, wanted, report.file_name)


def _file(body: bytes, wanted: Format, stem: str) -> Response:
    name = quote(f"{stem}{wanted.suffix}")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(body, media_type=wanted.media_type, headers=headers)


def _chosen(site: Site, visit: Visit, choice: Choice) -> Chosen:
    known = [kind.code for kind in reports().values() if kind.listed]
    home = home_area(visit.actor, site.tree.current(), visit.today)
    area = optional_id(choice.area, "Area") or (home.id if home else None)
    if area is None:
        raise NotFoundError
    return Chosen(
        report=report_of(choice.report or known[0]).code,
        area=area,
        period=choice.period if choice.period in PERIODS else "month",
        ending=day_of(choice.ending, visit.today, "Ending"),
        format=choice.format or next(iter(formats())),
    )


async def _build(request: Request, visit: Visit, chosen: Chosen) -> Report:
    """Count first, then open the transaction that records the reading, lest others wait for the figures."""
    site = site_of(request)
    await site.runner.read(site.assessment.verdicts, chosen.ending)
    report: Report = await writing(request, _report, visit, chosen)
    return report


def _report(unit: UnitOfWork, site: Site, visit: Visit, chosen: Chosen) -> Report:
    return build(
        chosen.report, unit, visit.actor, chosen.area, chosen.ending, assessment=site.assessment, words=visit.text
    )


def _note(unit: UnitOfWork, _site: Site, visit: Visit, chosen: Chosen, report: Report) -> None:
    details = {"report": chosen.report, "area": str(chosen.area), "as_of": chosen.ending, "format": chosen.format,
               "name": report.title}  # fmt: skip
    audit.record(unit, visit.actor, MADE, details=details)


def _context(unit: UnitOfWork, site: Site, visit: Visit, chosen: Chosen) -> Context:
    text = visit.text
    codes = list(formats())
    return {
        "reports": [
            ReportChoice(kind.code, text.gettext(kind.name), codes, kind.personal)
            for kind in reports().values()
            if kind.listed
        ],
        "areas": area_options(
            site.tree.current(), visit.today, visit.lang, visible_areas(unit, visit.actor, Action.REPORT_READ)
        ),
        "chosen": {
            "report": chosen.report, "area": str(chosen.area), "period": chosen.period,
            "ending": chosen.ending.isoformat(), "format": chosen.format, "options": [],
        },
        "periods": period_options(text),
        "endings": ending_options(chosen.period, visit.today, text),
        "formats": [Option(entry.code, entry.code.upper(), text.gettext(entry.name)) for entry in formats().values()],
        "recent": _recent(unit, visit),
    }  # fmt: skip


def _recent(unit: UnitOfWork, visit: Visit) -> list[Recent]:
    """What the user has made lately."""
    entries = audit.entries(unit, EntryFilter(actor_name=visit.actor.username, action=MADE), limit=RECENT)
    found = []
    for entry in entries:
        details: dict[str, str] = json.loads(entry.details)
        named = {name: details[name] for name in ("report", "area", "format")}
        query = urlencode({**named, "ending": details["as_of"]})
        found.append(
            Recent(details["name"], visit.actor.display_name, local(entry.at), details["format"], f"/reports?{query}")
        )
    return found
