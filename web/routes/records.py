"""The pages of single records: what is recorded, what can be done, who changed what and when."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from gridmap.access.policy import Action, allows
from gridmap.bootstrap import UnitOfWork
from gridmap.duplicates.service import survivor_of
from gridmap.editing.fields import Record, fields_of
from gridmap.editing.history import dwelling_history, household_history, organisation_history, person_history
from gridmap.editing.places import dwelling_sheet, household_sheet, organisation_sheet
from gridmap.editing.showing import person_sheet
from web.answers import Context, page, reading, see_other, writing
from web.edits.parts import said_value
from web.params import RegionNumber
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site
from web.views.records import STATES, Act, Fact, history_rows, person_acts, person_facts

router = APIRouter(prefix="/records")
Reader = Annotated[Visit, guard(Action.PERSON_LIST)]
Surveyor = Annotated[Visit, guard(Action.BUILDING_READ)]


@router.get("/person/{region}/{person_id}")
async def person(request: Request, visit: Reader, region: RegionNumber, person_id: UUID) -> Response:
    """A person, masked, with everything that was recorded of them; the reading is logged. A record that was merged
    into another one leads there."""
    if (survivor := await reading(request, _survivor, visit, region, person_id)) is not None:
        return see_other(f"/records/person/{region}/{survivor}")
    context = await writing(request, _person, visit, region, person_id)
    return await page(request, visit, "record.html", "register", context)


def _survivor(unit: UnitOfWork, _site: Site, visit: Visit, region: int, person_id: UUID) -> UUID | None:
    return survivor_of(unit, visit.actor, region, person_id)


def _person(unit: UnitOfWork, _site: Site, visit: Visit, region: int, person_id: UUID) -> Context:
    sheet = person_sheet(unit, visit.actor, region, person_id)
    entries = person_history(unit, visit.actor, region, person_id)
    href = None
    if sheet.building_id is not None:
        href = f"/map?sel=building:{region}:{sheet.building_id}"
        href += f"&room={sheet.dwelling_id}" if sheet.dwelling_id else ""
    return {
        "title": sheet.values["name"] or visit.text.gettext("(no name)"),
        "state": visit.text.gettext(STATES[sheet.state]),
        "here": sheet.state == "here",
        "place": sheet.place,
        "place_href": href,
        "since": sheet.since,
        "until": sheet.until,
        "disputed": sheet.disputed,
        "facts": person_facts(sheet, visit.text),
        "acts": person_acts(sheet, visit.text),
        "history": history_rows(entries, Record.RESIDENT, visit.text),
        "own_href": f"/records/person/{region}/{person_id}",
    }


@router.get("/dwelling/{region}/{dwelling_id}")
async def dwelling(request: Request, visit: Surveyor, region: RegionNumber, dwelling_id: UUID) -> Response:
    """A dwelling with its history; nobody's data."""
    context = await reading(request, _dwelling, visit, region, dwelling_id)
    return await page(request, visit, "record.html", "", context)


def _dwelling(unit: UnitOfWork, _site: Site, visit: Visit, region: int, dwelling_id: UUID) -> Context:
    sheet = dwelling_sheet(unit, visit.actor, region, dwelling_id)
    base = f"/edit/dwelling/{region}/{dwelling_id}"
    acts = [Act(visit.text.gettext("Edit dwelling"), f"{base}/details"),
            Act(visit.text.gettext("Take out the dwelling"), f"{base}/remove", danger=True)]  # fmt: skip
    entries = dwelling_history(unit, visit.actor, region, dwelling_id)
    context = _place(visit, sheet.label, sheet.values, Record.DWELLING, acts)
    return {
        **context,
        "place_href": f"/map?sel=building:{region}:{sheet.building_id}&room={dwelling_id}",
        "history": history_rows(entries, Record.DWELLING, visit.text),
        "own_href": f"/records/dwelling/{region}/{dwelling_id}",
    }


@router.get("/household/{region}/{household_id}")
async def household(request: Request, visit: Surveyor, region: RegionNumber, household_id: UUID) -> Response:
    """A household with its history, without saying who is in it."""
    context = await reading(request, _household, visit, region, household_id)
    return await page(request, visit, "record.html", "", context)


def _household(unit: UnitOfWork, _site: Site, visit: Visit, region: int, household_id: UUID) -> Context:
    sheet = household_sheet(unit, visit.actor, region, household_id)
    acts = [Act(visit.text.gettext("Edit household"), f"/edit/household/{region}/{household_id}/details")]
    entries = household_history(unit, visit.actor, region, household_id)
    context = _place(visit, sheet.label, sheet.values, Record.HOUSEHOLD, acts if sheet.record_id else [])
    room = f"&room={sheet.record_id}" if sheet.record_id else ""
    return {
        **context,
        "title": visit.text.gettext("Household"),
        "place": sheet.label,
        "place_href": f"/map?sel=building:{region}:{sheet.building_id}{room}",
        "history": history_rows(entries, Record.HOUSEHOLD, visit.text),
        "own_href": f"/records/household/{region}/{household_id}",
    }


@router.get("/organisation/{region}/{organisation_id}")
async def organisation(request: Request, visit: Surveyor, region: RegionNumber, organisation_id: UUID) -> Response:
    """An organisation with its history."""
    context = await reading(request, _organisation, visit, region, organisation_id)
    return await page(request, visit, "record.html", "", context)


def _organisation(unit: UnitOfWork, _site: Site, visit: Visit, region: int, organisation_id: UUID) -> Context:
    sheet = organisation_sheet(unit, visit.actor, region, organisation_id)
    acts = [Act(visit.text.gettext("Edit organisation"), f"/edit/organisation/{region}/{organisation_id}/details")]
    entries = organisation_history(unit, visit.actor, region, organisation_id)
    context = _place(visit, sheet.values["name"], sheet.values, Record.ORGANISATION, acts if sheet.current else [])
    return {
        **context,
        "place": sheet.label,
        "place_href": f"/map?sel=building:{region}:{sheet.building_id}",
        "history": history_rows(entries, Record.ORGANISATION, visit.text),
        "own_href": f"/records/organisation/{region}/{organisation_id}",
    }


def _place(visit: Visit, title: str, values: dict[str, str], record: Record, acts: list[Act]) -> Context:
    """What the pages of places share."""
    described = fields_of(record)
    facts = [
        Fact(visit.text.gettext(spec.label), said_value(visit.text, spec, values[name], masked=False))
        for name, spec in described.items()
        if values.get(name)
    ]
    return {
        "title": title,
        "state": None,
        "here": True,
        "place": "",
        "since": None,
        "until": None,
        "disputed": False,
        "facts": facts,
        "acts": acts if allows(visit.actor, Action.RECORD_EDIT) else [],
    }
