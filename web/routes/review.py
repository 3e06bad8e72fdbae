"""The review queue: rows that a person has to decide, one at a time."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gridmap.access.policy import Action
from gridmap.areas.node import AreaNode
from gridmap.bootstrap import UnitOfWork
from gridmap.buildings.service import building_detail, building_names
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.review import (
    Case,
    CaseKey,
    choices,
    decided_since,
    list_cases,
    name_alias,
    place,
    skip,
    waiting,
    written_compound,
)
from gridmap.linking.aliases import AliasEntry
from web.answers import Context, page, see_other, writing
from web.frame import root_areas
from web.params import FormText, one_of
from web.routes.maps import map_config
from web.security.marker import guard
from web.security.visit import Visit
from web.site import OFFICE_ZONE, Site
from web.views.lists import Option
from web.views.review import case_key, case_rows, review_case

router = APIRouter(prefix="/review")
Decider = Annotated[Visit, guard(Action.REVIEW_DECIDE)]
QUEUE = 50
ACTIONS = ("choose", "skip", "alias")


@router.get("")
async def show(
    request: Request, visit: Decider, case: Annotated[str, Query(max_length=80)] = "",
    source: Annotated[str, Query(max_length=36)] = "",
) -> Response:  # fmt: skip
    """The queue, and one case with its candidates. Reading it is recorded."""
    context = await writing(request, _context, visit, case, source)
    return await page(request, visit, "review.html", "review", context)


def _context(unit: UnitOfWork, site: Site, visit: Visit, wanted: str, source: str) -> Context:
    roots = root_areas(visit.actor, site.tree.current(), visit.today)
    cases = [case for node in roots for case in _cases(unit, visit, node)]
    sources = {str(case.key.batch_id): case.file_name for case in cases}
    shown = [case for case in cases if source in ("", str(case.key.batch_id))][:QUEUE]
    key = case_key(wanted)
    at = next((number for number, case in enumerate(shown) if case.key == key), 0)
    midnight = datetime.combine(visit.today, time(), OFFICE_ZONE)
    return {
        "total": waiting(unit, visit.actor),
        "done_today": decided_since(unit, visit.actor.user_id, midnight),
        "learned": 0,
        "sources": [Option(batch, name) for batch, name in sources.items()],
        "source": source,
        "cases": case_rows(shown, visit.text),
        "case": _case(unit, site, visit, shown, at) if shown else None,
        "may_decide": True,
        "map_config": map_config(site, visit) if shown else None,
    }


def _cases(unit: UnitOfWork, visit: Visit, node: AreaNode) -> list[Case]:
    return list_cases(unit, visit.actor, node.code, limit=QUEUE)[0]


def _case(unit: UnitOfWork, site: Site, visit: Visit, shown: list[Case], at: int) -> object:
    case = shown[at]
    found = choices(unit, visit.actor, case.key)
    names = building_names(unit, [(choice.region, choice.building_id) for choice in found])
    around = (shown[at - 1] if at else None, shown[at + 1] if at + 1 < len(shown) else None)
    return review_case(case, around, found, names, site.layers.current(), visit.text)


@router.post("/{case_id}")
async def decide(
    request: Request, visit: Decider, case_id: str, action: FormText = "", candidate: FormText = ""
) -> Response:
    """Place the row in a dwelling, remember a name, or leave the row as it is."""
    key = case_key(case_id)
    if key is None:
        raise NotFoundError
    wanted = one_of(action, ACTIONS, "Decision")
    await writing(request, _decide, visit, key, wanted, candidate)
    return see_other("/review")


def _decide(unit: UnitOfWork, _site: Site, visit: Visit, key: CaseKey, action: str, candidate: str) -> None:
    if action == "skip":
        skip(unit, visit.actor, key)
        return
    chosen = _chosen(candidate)
    if action == "choose":
        place(unit, visit.actor, key, chosen)
        return
    found = next((c for c in choices(unit, visit.actor, key) if chosen in (c.dwelling_id, c.building_id)), None)
    if found is None:
        raise NotFoundError
    official = building_detail(unit, visit.actor, found.region, found.building_id, visit.today).compound
    written = written_compound(unit, visit.actor, key)
    if not official or not written:
        raise InvalidInputError(field="Other name", reason="the row or the building names no compound")
    name_alias(unit, visit.actor, key, AliasEntry("compound", official, written))


def _chosen(candidate: str) -> UUID:
    _, _, text = candidate.rpartition(":")
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInputError(field="Candidate", reason="choose a place") from None
