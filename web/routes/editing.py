"""Changing records by hand: forms, dated events, and taking a change back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from gridmap.access.policy import Action
from gridmap.bootstrap import UnitOfWork
from gridmap.changes.service import ChangedSinceError, Conflict
from gridmap.editing.draft import Draft
from gridmap.editing.errors import FormFaultsError, StaleFormError
from gridmap.editing.reach import person_in_reach
from gridmap.editing.saving import Saved
from gridmap.editing.undo import conflicts_of, undo_by_hand
from gridmap.errors import GridmapError, NotFoundError, PurposeRequiredError
from gridmap.residents.reading import said_purpose
from web.answers import Context, json_response, page, safe_path, see_other, writing
from web.edits import persons, places, rooms
from web.edits.parts import At, Form, FormView, Typed, all_faults, errors_left, typed_of, with_problem
from web.errors import status_of
from web.params import RegionNumber
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site, site_of
from web.views.persons import purposes
from web.views.records import ConflictRow, conflict_rows

router = APIRouter()
Keeper = Annotated[Visit, guard(Action.RECORD_EDIT)]
HOUSEHOLD_FORMS: Mapping[str, Form] = {"details": rooms.HouseholdDetails()}
_ROOM_FORMS: Mapping[str, Form] = {**rooms.FORMS, **places.ROOM_FORMS}


@router.get("/edit/person/{region}/{person_id}/{person_form}")
async def show_person(
    request: Request, visit: Keeper, region: RegionNumber, person_id: UUID, person_form: str
) -> Response:
    """A form about a person, masked."""
    return await _show(request, visit, _form(persons.FORMS, person_form), f"person-{person_form}", region, person_id)


@router.post("/edit/person/{region}/{person_id}/{person_form}")
async def save_person(
    request: Request, visit: Keeper, region: RegionNumber, person_id: UUID, person_form: str
) -> Response:
    """Save a form about a person."""
    return await _save(request, visit, _form(persons.FORMS, person_form), f"person-{person_form}", region, person_id)


@router.post("/edit/person/{region}/{person_id}/details/reveal")
async def reveal_person(
    request: Request, visit: Annotated[Visit, guard(Action.PERSON_REVEAL)], region: RegionNumber, person_id: UUID
) -> Response:
    """The form of a resident in full for a purpose; the answer leaves after the entry in the log is durable."""
    typed = await typed_of(request)
    form, path = persons.FORMS["details"], request.url.path.removesuffix("/reveal")
    said = said_purpose(typed.text("purpose"), typed.text("note"))

    def job(unit: UnitOfWork, site: Site) -> FormView:
        person_in_reach(unit, visit.actor, region, person_id)
        if said is None:
            raise PurposeRequiredError
        return form.show(At(unit, site, visit, "person-details", region, person_id, path, purpose=said))

    return await _page(request, visit, await writing(request, job))


@router.get("/edit/dwelling/{region}/{dwelling_id}/{room_form}")
async def show_room(
    request: Request, visit: Keeper, region: RegionNumber, dwelling_id: UUID, room_form: str
) -> Response:
    """A form about a room or its people, masked."""
    return await _show(request, visit, _form(_ROOM_FORMS, room_form), f"room-{room_form}", region, dwelling_id)


@router.post("/edit/dwelling/{region}/{dwelling_id}/{room_form}")
async def save_room(
    request: Request, visit: Keeper, region: RegionNumber, dwelling_id: UUID, room_form: str
) -> Response:
    """Save a form about a room or its people."""
    return await _save(request, visit, _form(_ROOM_FORMS, room_form), f"room-{room_form}", region, dwelling_id)


@router.get("/edit/household/{region}/{household_id}/{household_form}")
async def show_household(
    request: Request, visit: Keeper, region: RegionNumber, household_id: UUID, household_form: str
) -> Response:
    """The number of a household and who is what in it."""
    form = _form(HOUSEHOLD_FORMS, household_form)
    return await _show(request, visit, form, f"household-{household_form}", region, household_id)


@router.post("/edit/household/{region}/{household_id}/{household_form}")
async def save_household(
    request: Request, visit: Keeper, region: RegionNumber, household_id: UUID, household_form: str
) -> Response:
    """Save a household."""
    form = _form(HOUSEHOLD_FORMS, household_form)
    return await _save(request, visit, form, f"household-{household_form}", region, household_id)


@router.get("/edit/building/{region}/{building_id}/{building_form}")
async def show_building(
    request: Request, visit: Keeper, region: RegionNumber, building_id: UUID, building_form: str
) -> Response:
    """What can be added to a building."""
    form = _form(places.BUILDING_FORMS, building_form)
    return await _show(request, visit, form, f"building-{building_form}", region, building_id)


@router.post("/edit/building/{region}/{building_id}/{building_form}")
async def save_building(
    request: Request, visit: Keeper, region: RegionNumber, building_id: UUID, building_form: str
) -> Response:
    """Add something to a building."""
    form = _form(places.BUILDING_FORMS, building_form)
    return await _save(request, visit, form, f"building-{building_form}", region, building_id)


@router.get("/edit/organisation/{region}/{organisation_id}/{organisation_form}")
async def show_organisation(
    request: Request, visit: Keeper, region: RegionNumber, organisation_id: UUID, organisation_form: str
) -> Response:
    """What is recorded of an organisation."""
    form = _form(places.ORGANISATION_FORMS, organisation_form)
    return await _show(request, visit, form, f"organisation-{organisation_form}", region, organisation_id)


@router.post("/edit/organisation/{region}/{organisation_id}/{organisation_form}")
async def save_organisation(
    request: Request, visit: Keeper, region: RegionNumber, organisation_id: UUID, organisation_form: str
) -> Response:
    """Save an organisation."""
    form = _form(places.ORGANISATION_FORMS, organisation_form)
    return await _save(request, visit, form, f"organisation-{organisation_form}", region, organisation_id)


def _form(forms: Mapping[str, Form], name: str) -> Form:
    if name not in forms:
        raise NotFoundError
    return forms[name]


# --- a form comes and goes -------------------------------------------------------------------------------------------


async def _show(request: Request, visit: Visit, form: Form, about: str, region: int, record_id: UUID) -> Response:
    def job(unit: UnitOfWork, site: Site) -> FormView:
        return form.show(At(unit, site, visit, about, region, record_id, request.url.path))

    return await _page(request, visit, await writing(request, job))


async def _save(request: Request, visit: Visit, form: Form, about: str, region: int, record_id: UUID) -> Response:
    typed = await typed_of(request)
    kept: dict[str, Draft | None] = {}

    def job(unit: UnitOfWork, site: Site) -> Saved:
        at = At(unit, site, visit, about, region, record_id, request.url.path, typed)
        if "draft" not in typed.values:
            form.show(replace(at, typed=Typed()))  # a record out of reach answers as one that is not there
        draft = kept["draft"] = at.opened()
        try:
            return form.save(at, draft)
        except StaleFormError:
            kept["draft"] = at.draft
            raise

    try:
        saved = await writing(request, job)
    except (FormFaultsError, StaleFormError) as error:
        which = (about, region, record_id, request.url.path)
        view = await writing(request, _again, visit, form, which, (typed, kept.get("draft"), error))
        return await _page(request, visit, view, status_of(error))
    return await _done(request, visit, saved, typed)


def _again(
    unit: UnitOfWork,
    site: Site,
    visit: Visit,
    form: Form,
    which: tuple[str, int, UUID, str],
    came: tuple[Typed, Draft | None, FormFaultsError | StaleFormError],
) -> FormView:
    """The form as it came, with what is wrong with it."""
    about, region, record_id, action = which
    typed, draft, error = came
    faults = all_faults(error, visit.text) if isinstance(error, FormFaultsError) else {}
    stale = error if isinstance(error, StaleFormError) else None
    at = At(unit, site, visit, about, region, record_id, action, typed, faults, stale, draft)
    view = form.show(at)
    said = visit.text.error(error)
    return with_problem(view, " ".join(part for part in (said.message, errors_left(faults, view.groups)) if part))


async def _page(request: Request, visit: Visit, view: FormView, status: int = 200) -> Response:
    site = site_of(request)
    context: Context = {
        "form": view,
        "purposes": purposes(visit.text),
        "csrf": visit.csrf,
        "as_of": visit.today,
    }
    if request.headers.get("hx-request"):
        return HTMLResponse(site.renderer.html("fragments/edit-form.html", visit.lang, context), status)
    return await page(request, visit, "edit.html", "", context, status)


async def _done(request: Request, visit: Visit, saved: Saved, typed: Typed) -> Response:
    """To the page it came from, or for a script what to say and how to take it back."""
    notes = [visit.text.text(note.message, **note.params) for note in saved.notes]
    said = visit.text.gettext("Saved.") if saved.change_id else visit.text.gettext("Nothing was changed.")
    if request.headers.get("hx-request"):
        undo = f"/undo/{saved.change_id}" if saved.change_id else None
        return json_response({"saved": said, "notes": notes, "undo": undo, "undo_label": visit.text.gettext("Undo")})
    return see_other(safe_path(typed.text("back"), "/map"))


# --- undo ------------------------------------------------------------------------------------------------------------


@router.post("/undo/{change_id}")
async def undo(request: Request, visit: Keeper, change_id: UUID) -> Response:
    """Take a change by hand back, or say what was built on it since."""
    typed = await typed_of(request)
    try:
        await writing(request, _undo, visit, change_id)
    except ChangedSinceError as error:
        return await _in_the_way(request, visit, change_id, error, typed)
    if request.headers.get("hx-request"):
        return json_response({"saved": visit.text.gettext("Undone."), "notes": [], "undo": None})
    return see_other(safe_path(typed.text("back"), "/map"))


def _undo(unit: UnitOfWork, _site: Site, visit: Visit, change_id: UUID) -> None:
    undo_by_hand(unit, visit.actor, change_id)


async def _in_the_way(request: Request, visit: Visit, change_id: UUID, error: GridmapError, typed: Typed) -> Response:
    rows = await writing(request, _conflicts, visit, change_id)
    said = visit.text.error(error)
    context: dict[str, Any] = {
        "conflicts": rows,
        "message": said.message,
        "hint": said.hint,
        "change_id": str(change_id),
        "back": safe_path(typed.text("back"), "/map"),
    }
    if request.headers.get("hx-request"):
        html = site_of(request).renderer.html(
            "fragments/undo-conflicts.html", visit.lang, {**context, "as_of": visit.today, "csrf": visit.csrf}
        )
        return HTMLResponse(html, status_of(error))
    return await page(request, visit, "undo.html", "", context, status_of(error))


def _conflicts(unit: UnitOfWork, _site: Site, visit: Visit, change_id: UUID) -> list[ConflictRow]:
    found: list[Conflict] = conflicts_of(unit, visit.actor, change_id)
    return conflict_rows(unit, found, visit.text)
