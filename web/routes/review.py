"""The review queue: rows that a person has to decide, one at a time."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from geodata.errors import ExplainedError
from gridmap.access.policy import Action
from gridmap.areas.node import AreaNode
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.reviewing.cases import AlreadyDecidedError, CaseClaimedError, CaseKey
from gridmap.reviewing.choosing import areas_to_choose, find_places, guess_alias
from gridmap.reviewing.deciding import decide, preview
from gridmap.reviewing.decision import EXTENTS, NAMED, ONE, Decision, Effect
from gridmap.reviewing.history import count_learned, decisions, last_of, learned, undo, withdraw
from gridmap.reviewing.new_places import NewPlace
from gridmap.reviewing.queue import Filter, decided_since
from gridmap.reviewing.showing import Open, keep, show
from web.answers import Context, fragment, page, see_other, writing
from web.params import FormText, fields_of, one_of, optional_day, optional_id, region_of
from web.routes.maps import map_config
from web.security.marker import guard
from web.security.visit import Visit
from web.site import OFFICE_ZONE, Site
from web.views.review import (
    ReviewCase,
    batch_options,
    candidate_lines,
    effect_view,
    last_line,
    learned_rows,
    link_to,
    queue_lines,
    reason_options,
    review_case,
    taken_rows,
)

router = APIRouter(prefix="/review")
Decider = Annotated[Visit, guard(Action.REVIEW_DECIDE)]
CaseText = Annotated[str, Query(max_length=80)]
_FIRST_FOUND = 6
"""Places that were looked for are numbered after those that were offered, as far as there are keys."""


@router.get("")
async def show_case(
    request: Request, visit: Decider, case: CaseText = "", after: CaseText = "",
    source: Annotated[str, Query(max_length=36)] = "", reason: Annotated[str, Query(max_length=64)] = "",
) -> Response:  # fmt: skip
    """One case with what it may mean, and the queue around it. Reading it is recorded."""
    kept = {"source": source, "reason": reason}
    try:
        context = await writing(request, _context, visit, CaseKey.read(case), CaseKey.read(after), kept)
    except AlreadyDecidedError as late:
        return await _next(request, visit, CaseKey.read(case), kept, late, 200)
    return await page(request, visit, "review.html", "review", context)


async def _next(
    request: Request, visit: Visit, key: CaseKey | None, kept: dict[str, str], why: ExplainedError, status: int
) -> Response:
    """Go on to the next case, and say why."""
    context = await writing(request, _context, visit, None, key, kept)
    said = visit.text.error(why)
    return await page(request, visit, "review.html", "review", {**context, "notice": said}, status)


def _context(
    unit: UnitOfWork, site: Site, visit: Visit, key: CaseKey | None, after: CaseKey | None, kept: dict[str, str]
) -> Context:
    wanted = Filter(optional_id(kept["source"], "Source"), kept["reason"] or None)
    desk = show(unit, visit.actor, key, wanted, after=after)
    midnight = datetime.combine(visit.today, time(), OFFICE_ZONE)
    opened = desk.open
    areas = areas_to_choose(unit, visit.actor, opened.case.key) if opened and opened.case.content else []
    return {
        "total": desk.waiting.total,
        "wanted": desk.wanted.total,
        "done_today": decided_since(unit, visit.actor, midnight),
        "learned": count_learned(unit),
        "last": last_line(last_of(unit, visit.actor), visit.text),
        "sources": batch_options(desk.waiting),
        "reasons": reason_options(desk.waiting, visit.text),
        "source": kept["source"],
        "reason": kept["reason"],
        "cases": queue_lines(desk.queue, visit.text, kept),
        "case": _case(opened, areas, site, visit, kept) if opened else None,
        "notice": None,
        "as_of": visit.today,
        "map_config": map_config(site, visit) if opened and opened.choices else None,
    }


def _case(opened: Open, areas: list[AreaNode], site: Site, visit: Visit, kept: dict[str, str]) -> ReviewCase:
    named = [(str(area.id), area.name) for area in areas]
    return review_case(opened, named, site.layers.current(), visit.today, visit.text, kept)


# --- decisions that were taken --------------------------------------------------------------------------------------


@router.get("/decisions")
async def show_decisions(request: Request, visit: Decider) -> Response:
    """What was decided, to be taken back, and the names that were learned."""
    context = await writing(request, _decisions, visit)
    return await page(request, visit, "review-decisions.html", "review", context)


def _decisions(unit: UnitOfWork, _site: Site, visit: Visit) -> Context:
    return {
        "decisions": taken_rows(decisions(unit, visit.actor), visit.text),
        "learned": learned_rows(learned(unit, visit.actor), visit.text),
    }


@router.post("/undo")
async def take_back(request: Request, visit: Decider, change: FormText = "", back: FormText = "") -> Response:
    """Take a decision back, and look at its case again."""
    change_id = _change(change)
    key = await writing(request, _undo, visit, change_id)
    return see_other("/review/decisions" if back == "decisions" or key is None else link_to(case=key))


def _undo(unit: UnitOfWork, _site: Site, visit: Visit, change_id: UUID) -> CaseKey | None:
    return undo(unit, visit.actor, change_id).key


@router.post("/names/withdraw")
async def forget(request: Request, visit: Decider, name: FormText = "") -> Response:
    """Take a learned name out of force."""
    await writing(request, _withdraw, visit, _change(name))
    return see_other("/review/decisions")


def _withdraw(unit: UnitOfWork, _site: Site, visit: Visit, alias_id: UUID) -> None:
    withdraw(unit, visit.actor, alias_id)


def _change(text: str) -> UUID:
    found = optional_id(text, "Decision")
    if found is None:
        raise InvalidInputError(field="Decision", reason="not a usable value")
    return found


# --- one case --------------------------------------------------------------------------------------------------------


@router.post("/{case_id}")
async def decide_case(request: Request, visit: Decider, case_id: str) -> Response:
    """Carry a decision out and go on to the next case."""
    key, answers = _key(case_id), await fields_of(request)
    kept = {name: answers.get(name, "")[:64] for name in ("source", "reason")}
    try:
        await writing(request, _decide, visit, key, answers)
    except (AlreadyDecidedError, CaseClaimedError) as late:
        return await _next(request, visit, key, kept, late, 409)
    return see_other(link_to(after=key, **kept))


def _decide(unit: UnitOfWork, _site: Site, visit: Visit, key: CaseKey, answers: dict[str, str]) -> Effect:
    return decide(unit, visit.actor, key, _decision(unit, visit, key, answers))


@router.post("/{case_id}/effect")
async def say_effect(request: Request, visit: Decider, case_id: str) -> Response:
    """What a decision would do, said before it is done."""
    key, answers = _key(case_id), await fields_of(request)
    try:
        view: dict[str, Any] = await writing(request, _effect, visit, key, answers)
    except ExplainedError as error:
        said = visit.text.error(error)
        view = {"error": said.message, "hint": said.hint}
    return fragment(request, visit, "fragments/review-effect.html", {"effect": view})


def _effect(unit: UnitOfWork, _site: Site, visit: Visit, key: CaseKey, answers: dict[str, str]) -> dict[str, Any]:
    found = preview(unit, visit.actor, key, _decision(unit, visit, key, answers))
    return effect_view(found, found.on.isoformat(), visit.text)


@router.post("/{case_id}/places")
async def look_for_places(request: Request, visit: Decider, case_id: str, q: FormText = "") -> Response:
    """Places of the user's areas that a text may mean, to be chosen for the case."""
    context = await writing(request, _places, visit, _key(case_id), q)
    return fragment(request, visit, "fragments/review-places.html", context)


def _places(unit: UnitOfWork, site: Site, visit: Visit, key: CaseKey, text: str) -> Context:
    found = find_places(unit, visit.actor, key, text)
    lines = candidate_lines(found, site.layers.current(), {"room": text}, visit.text, _FIRST_FOUND)
    return {"found": lines, "query": text}


@router.post("/{case_id}/keep")
async def keep_case(request: Request, visit: Decider, case_id: str) -> Response:
    """Keep the case for a user who is still looking at it; say so where it was lost."""
    try:
        holder = await writing(request, _keep, visit, _key(case_id))
    except AlreadyDecidedError as late:
        said = visit.text.error(late)
        return fragment(request, visit, "fragments/review-effect.html", {"effect": {"error": said.message, "hint": ""}})
    if holder is None:
        return Response(status_code=204)
    lost = visit.text.text("{who} has this case open just now.", who=holder)
    return fragment(request, visit, "fragments/review-effect.html", {"effect": {"error": lost, "hint": ""}})


def _keep(unit: UnitOfWork, _site: Site, visit: Visit, key: CaseKey) -> str | None:
    other = keep(unit, visit.actor, key)
    return other.name if other else None


# --- reading forms ---------------------------------------------------------------------------------------------------


def _key(text: str) -> CaseKey:
    key = CaseKey.read(text)
    if key is None:
        raise NotFoundError
    return key


def _decision(unit: UnitOfWork, visit: Visit, key: CaseKey, answers: dict[str, str]) -> Decision:
    """A decision from the fields of a form.

    Raises `InvalidInputError`, `NotFoundError`, `AlreadyDecidedError`.
    """
    kind = answers.get("action", "")
    building, dwelling = _place(answers.get("candidate", ""), key)
    if kind == "choose":
        kind = "place" if dwelling is not None or building is None else "building"
    if kind == "leave":
        kind = one_of(answers.get("cause", ""), ("move_out", "death"), "Reason")
    kind = one_of(kind, tuple(EXTENTS), "Decision")
    extent = answers.get("extent") or ONE
    alias = None
    if kind == "alias":
        if building is None:
            raise InvalidInputError(field="Candidate", reason="choose a place")
        alias, extent = guess_alias(unit, visit.actor, key, building), NAMED
    if kind == "building" and building is None:
        raise InvalidInputError(field="Candidate", reason="choose a place")
    return Decision(
        kind=kind,
        extent=extent if extent in EXTENTS[kind] else ONE,
        building_id=building,
        dwelling_id=dwelling if kind in {"place", "alias"} else None,
        new=_new_place(answers, key) if kind == "new_place" else None,
        alias=alias,
        person=_person(answers.get("person", "")) if kind == "same_person" else None,
        on=optional_day(answers.get("on", ""), "Date"),
    )


def _place(text: str, key: CaseKey) -> tuple[UUID | None, UUID | None]:
    """Building and dwelling of a candidate; both empty where none is chosen or it is another region's."""
    region, _, rest = text.partition(":")
    building, _, dwelling = rest.partition(":")
    if region_of(region) != key.region:
        return None, None
    return optional_id(building, "Candidate"), optional_id(dwelling, "Candidate")


def _person(text: str) -> tuple[int, UUID]:
    region, _, person = text.partition(":")
    number, found = region_of(region), optional_id(person, "Person")
    if number is None or found is None:
        raise InvalidInputError(field="Person", reason="choose a person")
    return number, found


def _new_place(answers: dict[str, str], key: CaseKey) -> NewPlace:
    def field(name: str) -> str:
        return " ".join(answers.get(name, "").split())[:200]

    building, _ = _place(answers.get("where", ""), key)
    if building is not None:
        return NewPlace(room=field("room"), unit=field("unit"), building_id=building)
    return NewPlace(
        room=field("room"),
        unit=field("unit"),
        compound=field("compound"),
        number=field("building"),
        road=field("road"),
        road_no=field("road_no"),
        area_id=optional_id(answers.get("area", ""), "Area"),
    )
