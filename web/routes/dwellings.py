"""The list of dwellings: filtered and sorted; nobody's name is in it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from pydantic import Field
from starlette.responses import Response

from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.bootstrap import UnitOfWork
from gridmap.rosters.export import MOST_ROWS, Draft, Order, export_dwellings, said_filter
from gridmap.rosters.filters import DwellingFilter, read_filter
from gridmap.rosters.saved import save_filter, saved_filters
from gridmap.rosters.service import DwellingsWanted
from web.answers import Context, handed_over, page, reading, see_other, writing
from web.choices import DwellingChoice
from web.frame import place_name
from web.params import day_of, visible_areas
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site
from web.views.lists import area_options, chosen_area, page_of
from web.views.rosters import dwelling_row, filter_fields, filter_links, list_tabs, sort_heads

router = APIRouter()
Reader = Annotated[Visit, guard(Action.BUILDING_READ)]
PATH = "/dwellings"
HEADS = (
    ("dwelling", "place"), ("grid", None), ("state", "state"), ("tenure", "tenure"), ("use", None),
    ("residents", "people"), ("visit", "verified"),
)  # fmt: skip
"""Columns, and what they are sorted by."""


class Export(DwellingChoice):
    """A list to be written into a file."""

    format: str = Field(default="xlsx", max_length=8)


class Named(DwellingChoice):
    """A filter with the name it is kept under."""

    name: str = Field(default="", max_length=200)


@router.get(PATH)
async def dwellings(request: Request, visit: Reader, chosen: Annotated[DwellingChoice, Query()]) -> Response:
    """The dwellings of an area that fit a filter."""
    context = await reading(request, _list, visit, chosen)
    return await page(request, visit, "dwellings.html", "register", context)


def wanted_dwellings(site: Site, visit: Visit, chosen: DwellingChoice) -> DwellingsWanted:
    """What a list of dwellings is asked for.

    Raises:
        InvalidInputError, NotFoundError (no such area).
    """
    node = chosen_area(site.tree.current(), visit, chosen.area)
    return DwellingsWanted(node.id, day_of(chosen.as_of, visit.today), read_filter(DwellingFilter, chosen.texts()))


def _list(unit: UnitOfWork, site: Site, visit: Visit, chosen: DwellingChoice) -> Context:
    wanted = wanted_dwellings(site, visit, chosen)
    tree, text, size = site.tree.current(), visit.text, site.settings.page_size
    offset = (chosen.page - 1) * size
    rows, total = site.rosters.dwellings_page(unit, visit.actor, wanted, limit=size, offset=offset)
    node = chosen_area(tree, visit, chosen.area)
    texts = chosen.texts()
    kept = {**texts, "area": str(node.id)}
    return {
        "tabs": list_tabs("dwellings", str(node.id), visit),
        "areas": area_options(tree, visit.today, visit.lang, visible_areas(unit, visit.actor, Action.BUILDING_READ)),
        "chosen": {"area": str(node.id), **texts},
        "fields": filter_fields(DwellingFilter, texts, text),
        "said": said_filter(wanted.filter, text),
        "heads": sort_heads(PATH, kept, wanted.filter, HEADS, text),
        "dwellings": [dwelling_row(row, site, visit, node) for row in rows],
        "page": page_of(PATH, kept, number=chosen.page, size=size, total=total),
        "number": chosen.page,
        "saved": filter_links(PATH, saved_filters(unit, visit.actor, "dwellings"), texts),
        "query": texts,
        "most_rows": MOST_ROWS,
        "area_name": place_name(tree, node, visit.lang),
        "as_of": wanted.day,
    }


@router.post("/dwellings/export")
async def export(request: Request, visit: Reader, chosen: Annotated[Export, Form()]) -> Response:
    """The whole list as a file."""
    return await handed_over(request, visit, await reading(request, _export, visit, chosen))


def _export(unit: UnitOfWork, site: Site, visit: Visit, chosen: Export) -> Draft:
    wanted = wanted_dwellings(site, visit, chosen)
    return export_dwellings(unit, site.rosters, visit.actor, wanted, Order(chosen.format), visit.text)


@router.post("/dwellings/filters")
async def keep(request: Request, visit: Reader, chosen: Annotated[Named, Form()]) -> Response:
    """Keep the filter under a name, for oneself."""
    texts = {name: text for name, text in chosen.texts().items() if name != "name"}
    read_filter(DwellingFilter, texts)
    await writing(request, _keep, visit, chosen.name, texts)
    return see_other(f"{PATH}?{urlencode(texts)}")


def _keep(unit: UnitOfWork, site: Site, visit: Visit, name: str, texts: dict[str, str]) -> None:
    node = chosen_area(site.tree.current(), visit, texts.get("area", ""))
    require_area(unit, visit.actor, Action.BUILDING_READ, node.id)
    save_filter(unit, visit.actor, "dwellings", name, texts)
