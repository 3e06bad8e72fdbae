"""Records that may mean one person: one pair at a time, to be merged, kept apart, left for later, or taken back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gridmap.access.policy import Action
from gridmap.bootstrap import UnitOfWork
from gridmap.duplicates.merging import FIELDS, KEPT, OTHER
from gridmap.duplicates.service import (
    APART,
    LATER,
    PairKey,
    decide,
    last_decision,
    list_pairs,
    merge_pair,
    preview,
    read_key,
    search_pairs,
    take_back,
)
from gridmap.errors import NotFoundError
from gridmap.residents.service import may_reveal
from web.answers import Context, page, see_other, writing
from web.frame import root_areas
from web.params import FormText, one_of, optional_id
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site
from web.views.duplicates import pair_rows, pair_view
from web.views.lists import option
from web.views.persons import purposes

router = APIRouter(prefix="/duplicates")
Merger = Annotated[Visit, guard(Action.PERSON_MERGE)]
QUEUE = 50
ACTIONS = ("same", APART, LATER)
SIDES = ("first", "second")


@router.get("")
async def show(request: Request, visit: Merger, pair: Annotated[str, Query(max_length=90)] = "") -> Response:
    """The pairs that wait, and one of them side by side. Reading them is recorded."""
    return await page(request, visit, "duplicates.html", "review", await writing(request, _context, visit, pair))


def _context(unit: UnitOfWork, site: Site, visit: Visit, wanted: str) -> Context:
    shown, total = list_pairs(unit, visit.actor, limit=QUEUE)
    key = read_key(wanted)
    at = next((number for number, pair in enumerate(shown) if pair.key == key), 0)
    current = None
    if shown:
        around = (shown[at - 1] if at else None, shown[at + 1] if at + 1 < len(shown) else None)
        planned = preview(unit, visit.actor, shown[at].key)
        current = pair_view(shown[at], planned, around, visit.text, may_reveal=may_reveal(visit.actor))
    tree = site.tree.current()
    return {
        "total": total,
        "pairs": pair_rows(shown, visit.text),
        "pair": current,
        "areas": [option(node, tree, visit.lang) for node in root_areas(visit.actor, tree, visit.today)],
        "may_undo": last_decision(unit, visit.actor) is not None,
        "purposes": purposes(visit.text),
        "reveal_seconds": site.settings.reveal_seconds,
    }


@router.post("")
async def search(request: Request, visit: Merger, area: FormText = "") -> Response:
    """Compare everybody of an area anew."""
    area_id = optional_id(area, "Area")
    if area_id is None:
        raise NotFoundError
    await writing(request, _search, visit, area_id)
    return see_other("/duplicates")


def _search(unit: UnitOfWork, _site: Site, visit: Visit, area_id: UUID) -> int:
    return search_pairs(unit, visit.actor, area_id)


@router.post("/undo")
async def undo(request: Request, visit: Merger) -> Response:
    """Take back the reader's last decision about a pair; where there is none, nothing happens."""
    await writing(request, _undo, visit)
    return see_other("/duplicates")


def _undo(unit: UnitOfWork, _site: Site, visit: Visit) -> None:
    change = last_decision(unit, visit.actor)
    if change is not None:
        take_back(unit, visit.actor, change)


@router.post("/{case_id}")
async def decide_pair(
    request: Request, visit: Merger, case_id: str, action: FormText = "", kept: FormText = "first"
) -> Response:
    """Merge the two records, say that they are two persons, or leave them for later."""
    key = read_key(case_id)
    if key is None:
        raise NotFoundError
    wanted = one_of(action, ACTIONS, "Decision")
    survivor = one_of(kept, SIDES, "Decision")
    form = await request.form()
    fields = {name: str(value) for name in (*FIELDS, "residence") if (value := form.get(f"field-{name}"))}
    chosen = {name: KEPT if one_of(side, SIDES, "Decision") == survivor else OTHER for name, side in fields.items()}
    await writing(request, _decide, visit, key, wanted, survivor, chosen)
    return see_other("/duplicates")


def _decide(
    unit: UnitOfWork, _site: Site, visit: Visit, key: PairKey, action: str, survivor: str, chosen: dict[str, str]
) -> None:
    if action == "same":
        merge_pair(unit, visit.actor, key, key.first if survivor == "first" else key.second, chosen)
    else:
        decide(unit, visit.actor, key, action)
