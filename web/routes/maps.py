"""The map's page and the pieces that its drawer shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from gridmap.access.policy import Action, allows
from gridmap.access.service import workers_of
from gridmap.bootstrap import UnitOfWork
from gridmap.buildings.plan import draw_plan
from gridmap.buildings.service import building_detail, building_names, search_places
from gridmap.errors import NotFoundError
from gridmap.indicators.figures import BuildingFigures
from gridmap.residents.service import dwelling_residents, may_reveal
from gridmap.residents.views import DwellingResidents
from gridmap.services.agreements import of_dwellings
from web.answers import Context, fragment, page, reading, see_other, writing
from web.frame import allowed_entries, home_area, home_bounds, user_view
from web.params import DayText, FormText, RegionNumber, day_of, optional_id, visible_areas
from web.routes.tiles import layer_sources
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site, site_of
from web.views.agreements import agreement_words
from web.views.area import AreaReader, AreaView, area_view
from web.views.building import UNVERIFIED_CLASSES, BuildingView, building_view
from web.views.compare import compare_view
from web.views.persons import DwellingView, dwelling_view, purposes
from web.views.rules import verdict_view
from web.views.search import hits
from web.views.still import StillMap, still_map

router = APIRouter()
Reader = Annotated[Visit, guard(Action.MAP_READ)]
FigureReader = Annotated[Visit, guard(Action.STATISTICS_READ)]
BuildingReader = Annotated[Visit, guard(Action.BUILDING_READ)]

HISTORY: Final = timedelta(days=366 * 2)


@router.get("/")
async def start(visit: Annotated[Visit, guard(Action.OWN_ACCOUNT)]) -> Response:
    """Where a user's work begins: the map, or for those without figures their own page."""
    entries = allowed_entries(visit.actor)
    if allows(visit.actor, Action.STATISTICS_READ):
        return see_other("/map")
    others = [entry for entry in ("people", "audit") if entry in entries]
    return see_other(f"/{others[0]}" if others else "/account")


@router.get("/map")
async def show_map(request: Request, visit: Reader) -> Response:
    """The map; what is chosen stands in the address and is read by the page itself."""
    return await page(request, visit, "map.html", "map", await reading(request, _map, visit))


def _map(unit: UnitOfWork, site: Site, visit: Visit) -> Context:
    home = home_area(visit.actor, site.tree.current(), visit.today)
    return {
        "map_config": map_config(site, visit),
        "street": None if home is None else _area(unit, site, visit, home.id, visit.today),
        "purposes": purposes(visit.text),
        "reveal_seconds": site.settings.reveal_seconds,
    }


def map_config(site: Site, visit: Visit) -> dict[str, Any]:
    """What the map's script is given."""
    tree, today = site.tree.current(), visit.today
    roots = tree.children(None, today)
    first = home_area(visit.actor, tree, today) or (roots[0] if roots else None)
    user = user_view(visit, tree)
    return {
        "lang": visit.lang,
        "theme": visit.theme,
        "as_of": today.isoformat(),
        "dates": {"min": (today - HISTORY).isoformat(), "max": today.isoformat(), "today": today.isoformat()},
        "bounds": list(home_bounds(visit.actor, tree, today) or (73.0, 18.0, 135.0, 54.0)),
        "layers": layer_sources(site.layers.current()),
        "user": {"name": user.name, "initial": user.initial, "roles": user.roles, "home_area": user.home_area},
        "home": {
            "kind": "area",
            "region": None if first is None else first.region,
            "id": "" if first is None else str(first.id),
        },
        "has_cells": any(node.level == "cell" and node.in_force(today) for node in tree.nodes),
        "unverified_classes": list(UNVERIFIED_CLASSES),
    }


@router.get("/fragments/street")
async def street(request: Request, visit: FigureReader, as_of: DayText = "") -> Response:
    """The user's own area."""
    return await _area_fragment(request, visit, None, as_of)


@router.get("/fragments/area/{area_id}")
async def area(request: Request, visit: FigureReader, area_id: UUID, as_of: DayText = "") -> Response:
    """An area."""
    return await _area_fragment(request, visit, area_id, as_of)


async def _area_fragment(request: Request, visit: Visit, area_id: UUID | None, as_of: str) -> Response:
    day = day_of(as_of, visit.today)
    view = await reading(request, _area, visit, area_id, day)
    return fragment(request, visit, "fragments/area.html", {"view": view, "as_of": day})


def _area(unit: UnitOfWork, site: Site, visit: Visit, area_id: UUID | None, day: date) -> AreaView:
    tree = site.tree.current()
    if area_id is None:
        home = home_area(visit.actor, tree, visit.today)
        if home is None:
            raise NotFoundError
        area_id = home.id
    visible = visible_areas(unit, visit.actor)
    summary = site.figures.area_summary(area_id, day, visible=visible)
    node = tree.get(area_id)
    if node is None:
        raise NotFoundError
    names = building_names(unit, [(need.region, need.id) for need in summary.buildings])
    workers = workers_of(unit, area_id) if node.level == "cell" else []
    reader = AreaReader(
        tree=tree,
        text=visit.text,
        visible=visible,
        may_list=_may(unit, visit, Action.PERSON_LIST, area_id),
        may_export=_may(unit, visit, Action.REPORT_READ, area_id),
        workers=workers,
        building_names=names,
    )
    verdict = verdict_view(site.assessment.area(area_id, day), day, site.figures.registry, visit.text)
    statuses = site.assessment.statuses(day, visible=visible)
    return area_view(summary, verdict, statuses, reader)


def _may(unit: UnitOfWork, visit: Visit, action: Action, area_id: UUID) -> bool:
    areas = visible_areas(unit, visit.actor, action)
    return areas is None or area_id in areas


@router.get("/fragments/building/{region}/{building_id}")
async def building(
    request: Request,
    visit: BuildingReader,
    region: RegionNumber,
    building_id: UUID,
    as_of: DayText = "",
    room: str = "",
) -> Response:
    """A building with its dwellings; with a room, also who lives there (an audited read)."""
    day, room_id = day_of(as_of, visit.today), optional_id(room, "Dwelling")
    with_people = room_id is not None and allows(visit.actor, Action.PERSON_LIST)
    run = writing if with_people else reading
    view = await run(request, _building, visit, region, building_id, room_id if with_people else None, day)
    return fragment(request, visit, "fragments/building.html", {"view": view, **_reveal(request, visit), "as_of": day})


def _building(
    unit: UnitOfWork, site: Site, visit: Visit, region: int, building_id: UUID, room_id: UUID | None, day: date
) -> BuildingView:
    detail = building_detail(unit, visit.actor, region, building_id, day)
    figures = site.figures.building(region, building_id, day)
    selected = None
    if room_id is not None and room_id in figures.states:
        selected = _dwelling(unit, visit, region, room_id, day, figures)
    reader = AreaReader(
        tree=site.tree.current(),
        text=visit.text,
        visible=visible_areas(unit, visit.actor),
        may_list=allows(visit.actor, Action.PERSON_LIST),
        may_export=False,
        workers=[],
        building_names={},
    )
    view = building_view(detail, figures, reader, selected)
    return replace(view, edit_href=f"/edit/building/{region}/{building_id}") if may_edit(visit) else view


def may_edit(visit: Visit) -> bool:
    """Whether the reader's roles change records."""
    return allows(visit.actor, Action.RECORD_EDIT)


def _dwelling(
    unit: UnitOfWork, visit: Visit, region: int, dwelling_id: UUID, day: date, figures: BuildingFigures
) -> DwellingView:
    return _seen(unit, visit, dwelling_residents(unit, visit.actor, region, dwelling_id, day), day, figures)


def _seen(
    unit: UnitOfWork, visit: Visit, found: DwellingResidents, day: date, figures: BuildingFigures
) -> DwellingView:
    """A room that may be seen, with the state and the agreement it has on a day."""
    region, dwelling_id = found.region, found.dwelling_id
    state = figures.states.get(dwelling_id, "unverified")
    tenure = "let" if state == "let" else None
    held = of_dwellings(unit, region, [dwelling_id], day).get(dwelling_id, [])
    agreement = agreement_words(held, day, visit.text, let=tenure == "let")
    return dwelling_view(
        found, state, tenure, visit.text, may_reveal=may_reveal(visit.actor), agreement=agreement,
        may_edit=may_edit(visit),
    )  # fmt: skip


@router.get("/fragments/dwelling/{region}/{dwelling_id}")
async def dwelling(
    request: Request,
    visit: Annotated[Visit, guard(Action.PERSON_LIST)],
    region: RegionNumber,
    dwelling_id: UUID,
    as_of: DayText = "",
) -> Response:
    """The people of a room, masked; audited before the answer leaves."""
    day = day_of(as_of, visit.today)
    view = await writing(request, _room, visit, region, dwelling_id, day)
    return fragment(request, visit, "fragments/dwelling.html", {"view": view, **_reveal(request, visit), "as_of": day})


def _room(unit: UnitOfWork, site: Site, visit: Visit, region: int, dwelling_id: UUID, day: date) -> DwellingView:
    found = dwelling_residents(unit, visit.actor, region, dwelling_id, day)
    return _seen(unit, visit, found, day, site.figures.building(region, found.building_id, day))


def _reveal(request: Request, visit: Visit) -> dict[str, Any]:
    return {"purposes": purposes(visit.text), "reveal_seconds": site_of(request).settings.reveal_seconds}


@router.post("/fragments/search")
async def search(request: Request, visit: Annotated[Visit, guard(Action.SEARCH_PLACES)], q: FormText = "") -> Response:
    """Places that some words may mean."""
    words = q.strip()[:80]
    results = await reading(request, _search, visit, words)
    context = {"results": results, "total": len(results), "query": words, "note": None}
    return fragment(request, visit, "fragments/search.html", context)


def _search(unit: UnitOfWork, site: Site, visit: Visit, words: str) -> Any:
    return hits(search_places(unit, visit.actor, words), site.layers.current(), visit.text)


@router.get("/fragments/compare")
async def compare(
    request: Request, visit: FigureReader, area: UUID, base: DayText = "", as_of: DayText = ""
) -> Response:
    """What changed between two dates."""
    day = day_of(as_of, visit.today)
    since = day_of(base, visit.today, "Date to compare with")
    view = await reading(request, _compare, visit, area, min(since, day), day)
    return fragment(request, visit, "fragments/compare.html", {"view": view, "as_of": day})


def _compare(unit: UnitOfWork, site: Site, visit: Visit, area_id: UUID, base: date, day: date) -> Any:
    visible = visible_areas(unit, visit.actor)
    summary = site.figures.area_summary(area_id, day, visible=visible, base=base)
    values = site.figures.cell_values(day, by="change", base=base, visible=visible)
    return compare_view(summary, values, site.tree.current(), visit.text, visible)


@router.get("/fragments/fallback-map")
async def still(request: Request, visit: Reader, as_of: DayText = "", by: str = "compliance") -> Response:
    """A still map with its table, for browsers that cannot draw the other."""
    day = day_of(as_of, visit.today)
    view = await reading(request, _still, visit, day, "population" if by == "population" else "compliance")
    return fragment(request, visit, "fragments/fallback-map.html", {"view": view, "as_of": day})


def _still(unit: UnitOfWork, site: Site, visit: Visit, day: date, by: str) -> StillMap:
    tree, visible = site.tree.current(), visible_areas(unit, visit.actor)
    values = site.figures.cell_values(day, visible=visible)
    statuses = site.assessment.cell_statuses(day, visible=visible)
    seen = [area for area, word in zip(statuses.area_ids, statuses.statuses, strict=True) if word is not None]
    verdicts = {
        area: verdict_view(site.assessment.area(area, day), day, site.figures.registry, visit.text) for area in seen
    }
    return still_map(draw_plan(unit, tree, day), tree, by, values, statuses, verdicts, visit.text)
