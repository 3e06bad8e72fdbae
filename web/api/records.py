"""Records: who am I, buildings, rooms with their people, search, and one person in full."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gridmap.access.policy import POLICY, Action, allows
from gridmap.bootstrap import UnitOfWork
from gridmap.buildings.service import building_detail, search_places
from gridmap.residents.search import search_persons
from gridmap.residents.service import dwelling_residents, reveal
from gridmap.rosters.filters import DwellingFilter, PeopleFilter, read_filter
from gridmap.rosters.service import DwellingsWanted, PeopleWanted
from web.answers import json_response, reading, writing
from web.api.values import PROBLEMS
from web.choices import DwellingChoice, ResidentChoice
from web.params import DayText, RegionNumber, day_of
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site

router = APIRouter(prefix="/api/v1", tags=["records"], responses=PROBLEMS)
PersonReader = Annotated[Visit, guard(Action.PERSON_LIST)]


class Words(BaseModel):
    """What is looked for; in a body, because it may be a name."""

    model_config = ConfigDict(extra="forbid")
    q: str = Field(min_length=1, max_length=80)


class Clues(Words):
    """What is known of somebody, and why they are sought where it is the end of a number."""

    purpose: str = Field(default="", max_length=32, description="visit, service, correction, or other with a note")
    note: str = Field(default="", max_length=200)


class Reason(BaseModel):
    """Why a person is shown in full."""

    model_config = ConfigDict(extra="forbid")
    purpose: str = Field(max_length=32, description="visit, service, correction, or other with a note")
    note: str = Field(default="", max_length=200)


@router.get("/me")
async def me(visit: Annotated[Visit, guard(Action.OWN_ACCOUNT)]) -> Response:
    """Who is signed in, with which rights."""
    actor = visit.actor
    return json_response(
        {
            "username": actor.username,
            "name": actor.display_name,
            "language": visit.lang,
            "csrf": visit.csrf,
            "grants": [{"role": grant.role, "area": grant.area_id} for grant in actor.grants],
            "actions": [action.value for action in POLICY if allows(actor, action)],
        }
    )


@router.get("/buildings/{region}/{building_id}")
async def building(
    request: Request, visit: Annotated[Visit, guard(Action.BUILDING_READ)], region: RegionNumber, building_id: UUID,
    as_of: DayText = "",
) -> Response:  # fmt: skip
    """A building: address, footprint, dwellings with their states, organisations; no people."""
    day = day_of(as_of, visit.today)
    return json_response(await reading(request, _building, visit, region, building_id, day))


def _building(unit: UnitOfWork, site: Site, visit: Visit, region: int, building_id: UUID, day: date) -> Any:
    detail = building_detail(unit, visit.actor, region, building_id, day)
    figures = site.figures.building(region, building_id, day)
    found = {name: getattr(detail, name) for name in (
        "region", "id", "name", "compound", "address", "use", "floors_above", "floors_below", "height_m", "geometry",
    )}  # fmt: skip
    rooms = [
        {**asdict(place), "state": figures.states.get(place.id), "people": figures.people.get(place.id, 0),
         "households": figures.households_in.get(place.id, 0)}
        for place in detail.dwellings
    ]  # fmt: skip
    return {
        **found,
        "as_of": day,
        "map_id": figures.map_id,
        "cell": None if detail.cell is None else detail.cell.id,
        "codes": [{"scheme": scheme, "value": value} for scheme, value in detail.codes],
        "population": figures.population,
        "households": figures.households,
        "dwellings": rooms,
        "organisations": [asdict(place) for place in detail.organisations],
    }


@router.get("/dwellings/{region}/{dwelling_id}")
async def dwelling(
    request: Request, visit: PersonReader, region: RegionNumber, dwelling_id: UUID, as_of: DayText = ""
) -> Response:
    """The people of a room, masked; audited."""
    day = day_of(as_of, visit.today)
    return json_response(await writing(request, _dwelling, visit, region, dwelling_id, day))


def _dwelling(unit: UnitOfWork, _site: Site, visit: Visit, region: int, dwelling_id: UUID, day: date) -> Any:
    return asdict(dwelling_residents(unit, visit.actor, region, dwelling_id, day))


@router.get("/areas/{area_id}/residents")
async def residents(
    request: Request, visit: PersonReader, area_id: UUID, chosen: Annotated[ResidentChoice, Query()]
) -> Response:
    """A page of the residents of an area that fit a filter, in order, masked; audited."""
    return json_response(await writing(request, _residents, visit, area_id, chosen))


def _residents(unit: UnitOfWork, site: Site, visit: Visit, area_id: UUID, chosen: ResidentChoice) -> Any:
    size = site.settings.page_size
    wanted = PeopleWanted(area_id, day_of(chosen.as_of, visit.today), read_filter(PeopleFilter, chosen.texts()))
    offset = (chosen.page - 1) * size
    people, total = site.rosters.people_page(unit, visit.actor, wanted, limit=size, offset=offset)
    return {"total": total, "page": chosen.page, "size": size, "residents": [asdict(person) for person in people]}


@router.get("/areas/{area_id}/dwellings")
async def dwellings(
    request: Request, visit: Annotated[Visit, guard(Action.BUILDING_READ)], area_id: UUID,
    chosen: Annotated[DwellingChoice, Query()],
) -> Response:  # fmt: skip
    """A page of the dwellings of an area that fit a filter, in order: places, states and counts, nobody's name."""
    return json_response(await reading(request, _dwellings, visit, area_id, chosen))


def _dwellings(unit: UnitOfWork, site: Site, visit: Visit, area_id: UUID, chosen: DwellingChoice) -> Any:
    size = site.settings.page_size
    wanted = DwellingsWanted(area_id, day_of(chosen.as_of, visit.today), read_filter(DwellingFilter, chosen.texts()))
    offset = (chosen.page - 1) * size
    rows, total = site.rosters.dwellings_page(unit, visit.actor, wanted, limit=size, offset=offset)
    return {"total": total, "page": chosen.page, "size": size, "dwellings": [asdict(row) for row in rows]}


@router.post("/search")
async def search(request: Request, visit: Annotated[Visit, guard(Action.SEARCH_PLACES)], words: Words) -> Response:
    """Areas, compounds, buildings and organisations that some words may mean."""
    return json_response(await reading(request, _search, visit, words.q))


def _search(unit: UnitOfWork, _site: Site, visit: Visit, words: str) -> Any:
    return {"results": [asdict(hit) for hit in search_places(unit, visit.actor, words)]}


@router.post("/persons/search")
async def persons(request: Request, visit: Annotated[Visit, guard(Action.SEARCH_PERSONS)], clues: Clues) -> Response:
    """Residents by a part of the name, pinyin, initials, a number or its end, or an address; masked, audited.

    The best fits come first. Where too many fit equally well, none of them is shown.
    """
    return json_response(await writing(request, _persons, visit, clues))


def _persons(unit: UnitOfWork, _site: Site, visit: Visit, clues: Clues) -> Any:
    found, too_many = search_persons(unit, visit.actor, clues.q, purpose=clues.purpose, note=clues.note)
    return {"results": [asdict(person) for person in found], "too_many": too_many}


@router.post("/persons/{region}/{person_id}/reveal")
async def reveal_person(
    request: Request, visit: Annotated[Visit, guard(Action.PERSON_REVEAL)], region: RegionNumber, person_id: UUID,
    reason: Reason,
) -> Response:  # fmt: skip
    """One person in full for a purpose; audited with it."""
    return json_response(await writing(request, _reveal, visit, region, person_id, reason))


def _reveal(unit: UnitOfWork, _site: Site, visit: Visit, region: int, person_id: UUID, reason: Reason) -> Any:
    return asdict(reveal(unit, visit.actor, region, person_id, purpose=reason.purpose, note=reason.note))
