"""Lists of residents, masked, and one of them in full for a purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gridmap.access.policy import Action
from gridmap.accounts.actor import Actor
from gridmap.areas.node import AreaNode
from gridmap.areas.tree import AreaTree
from gridmap.bootstrap import UnitOfWork
from gridmap.codes.lists import code_list
from gridmap.errors import NotFoundError, PermissionDeniedError, PurposeRequiredError
from gridmap.i18n import Translator
from gridmap.residents.service import may_reveal, one_resident, reveal
from gridmap.residents.views import PersonView
from web.answers import Context, fragment, page, writing
from web.errors import status_of
from web.frame import place_name, root_areas
from web.listing import Wanted, people_page
from web.params import FormText, day_of, one_of, optional_id, region_of, visible_areas
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site, site_of
from web.views.lists import Option, area_options, page_of
from web.views.persons import STATES, PersonRow, label, person_row, purposes
from web.words import FIGURES

router = APIRouter()
Reader = Annotated[Visit, guard(Action.PERSON_LIST)]
ROOMS = {"located": "room_known", "unlocated": "room_unknown"}


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A resident and where they live."""

    person: PersonRow
    dwelling: dict[str, str | None] | None
    area_name: str
    category: str | None
    since: date | None


class Filters(BaseModel):
    """What is chosen above the list; nothing of it is personal, so it may stand in an address."""

    area: str = Field(default="", max_length=36)
    category: str = Field(default="", max_length=32)
    state: str = Field(default="", max_length=16)
    sort: str = Field(default="", max_length=16)
    as_of: str = Field(default="", max_length=10)
    base: str = Field(default="", max_length=10)
    list: str = Field(default="", max_length=16)


class Search(Filters):
    """The same with words that may be a name."""

    q: str = Field(default="", max_length=32)


class Chosen(Filters):
    """The same as it stands in an address."""

    page: int = Field(default=1, ge=1, le=100_000)


@router.get("/register")
async def register(request: Request, visit: Reader, chosen: Annotated[Chosen, Query()]) -> Response:
    """The residents of an area, or the people behind one of its figures."""
    return await _show(request, visit, chosen, "", chosen.page)


@router.post("/register")
async def search(request: Request, visit: Reader, chosen: Annotated[Search, Form()]) -> Response:
    """The same, narrowed by a name, which must not stand in an address."""
    return await _show(request, visit, chosen, chosen.q.strip(), 1)


async def _show(request: Request, visit: Visit, chosen: Filters, name: str, number: int) -> Response:
    context = await writing(request, _list, visit, chosen, name, number)
    return await page(request, visit, "register.html", "register", context)


def _list(unit: UnitOfWork, site: Site, visit: Visit, chosen: Filters, name: str, number: int) -> Context:
    tree = site.tree.current()
    node = _area(tree, visit, chosen.area)
    size = site.settings.page_size
    day = day_of(chosen.as_of, visit.today)
    people, total = _people(unit, site, visit, node, chosen, name, (number - 1) * size)
    kept = {**chosen.model_dump(exclude={"q", "page"}), "area": str(node.id)}
    position = page_of("/register", kept, number=number, size=size, total=total)
    return {
        "areas": area_options(tree, visit.today, visit.lang, visible_areas(unit, visit.actor, Action.PERSON_LIST)),
        "filters": {**kept, "q": name},
        "categories": categories(visit.text),
        "people": [_row(person, _place(site, person, node, day), tree, visit.text, visit.actor) for person in people],
        # A name may not stand in an address, so a list narrowed by one has no further pages: narrow it more.
        "page": position if not name else page_of("/register", {}, number=1, size=max(total, 1), total=len(people)),
        "export_href": None,
        "purposes": purposes(visit.text),
        "reveal_seconds": site.settings.reveal_seconds,
        "list_title": visit.text.gettext(FIGURES[chosen.list]) if chosen.list else None,
        "area_name": place_name(tree, node, visit.lang),
        "as_of": day,
    }


def _people(
    unit: UnitOfWork, site: Site, visit: Visit, node: AreaNode, chosen: Filters, name: str, offset: int
) -> tuple[list[PersonView], int]:
    """A page of the people that are asked for, and how many there are."""
    base = day_of(chosen.base, visit.today, "Date to compare with") if chosen.base else None
    wanted = Wanted(node.id, day_of(chosen.as_of, visit.today), tuple(_figures(chosen)), base, name)
    return people_page(unit, site, visit.actor, wanted, limit=site.settings.page_size, offset=offset)


def _figures(chosen: Filters) -> list[str]:
    """The figures whose people are asked for, all at once: the first gives the order."""
    if chosen.list:
        return [one_of(chosen.list, FIGURES, "List")]
    figures = ["population"]
    if chosen.category:
        figures.append(f"presence_{one_of(chosen.category, code_list('presence').codes, 'Category')}")
    if chosen.state in ROOMS:
        figures.append(ROOMS[chosen.state])
    elif chosen.state:
        figures.append(f"state_{one_of(chosen.state, STATES, 'State')}")
    return figures


def _area(tree: AreaTree, visit: Visit, wanted: str) -> AreaNode:
    area_id = optional_id(wanted, "Area")
    if area_id is None:
        roots = root_areas(visit.actor, tree, visit.today)
        if not roots:
            raise NotFoundError
        return roots[0]
    node = tree.get(area_id)
    if node is None:
        raise NotFoundError
    return node


def categories(text: Translator) -> list[Option]:
    """Registered or not, living here or not."""
    presence = code_list("presence")
    return [Option(code, presence.label(code, text.language)) for code in presence.codes]


def _place(site: Site, person: PersonView, node: AreaNode, day: date) -> AreaNode:
    """The area a person counts in: the cell of their building, the area they are known under, else the list's own."""
    area_id = person.area_id
    if person.building_id is not None:
        area_id = site.figures.area_of_building(person.region, person.building_id, day) or area_id
    return (site.tree.current().get(area_id) if area_id else None) or node


def _row(person: PersonView, node: AreaNode, tree: AreaTree, text: Translator, actor: Actor) -> RegisterRow:
    href = None
    if person.building_id is not None:
        href = f"/map?sel=building:{person.region}:{person.building_id}"
        href += f"&room={person.dwelling_id}" if person.dwelling_id else ""
    return RegisterRow(
        person=person_row(person, text, may_reveal=may_reveal(actor)),
        dwelling=None if person.place is None else {"label": person.place, "href": href},
        area_name=place_name(tree, node, text.language),
        category=label("presence", person.presence, text.language),
        since=person.since,
    )


@router.post("/fragments/reveal")
async def reveal_person(
    request: Request, visit: Annotated[Visit, guard(Action.PERSON_REVEAL)], person: FormText = "",
    region: FormText = "", purpose: FormText = "", note: FormText = "", as_of: FormText = "",
) -> Response:  # fmt: skip
    """One person in full for a purpose; the answer leaves after the entry in the log is durable."""
    person_id = optional_id(person, "Person")
    number = region_of(region)
    if person_id is None or number is None:
        raise NotFoundError
    day = day_of(as_of, visit.today)
    try:
        found = await writing(request, _reveal, visit, number, person_id, (purpose, note), day)
    except (PermissionDeniedError, PurposeRequiredError) as error:
        return await _refusal(request, visit, number, person_id, error)
    return _person(request, visit, found)


def _reveal(
    unit: UnitOfWork, _site: Site, visit: Visit, region: int, person_id: UUID, why: tuple[str, str], day: date
) -> PersonRow:
    purpose, note = why
    found = reveal(unit, visit.actor, region, person_id, purpose=purpose, note=note, as_of=day)
    return person_row(found, visit.text, may_reveal=True)


def _person(request: Request, visit: Visit, row: PersonRow, status: int = 200) -> Response:
    context = {
        "person": row,
        "purposes": purposes(visit.text),
        "reveal_seconds": site_of(request).settings.reveal_seconds,
    }
    return fragment(request, visit, "fragments/person.html", context, status)


async def _refusal(
    request: Request, visit: Visit, region: int, person_id: UUID, error: PermissionDeniedError | PurposeRequiredError
) -> Response:
    """The row as it was, with the reason."""
    said = visit.text.error(error)
    row = await writing(request, _masked, visit, region, person_id, f"{said.message} {said.hint}")
    return _person(request, visit, row, status_of(error))


def _masked(unit: UnitOfWork, _site: Site, visit: Visit, region: int, person_id: UUID, refusal: str) -> PersonRow:
    found = one_resident(unit, visit.actor, region, person_id, visit.today)
    return person_row(found, visit.text, may_reveal=may_reveal(visit.actor), refusal=refusal)
