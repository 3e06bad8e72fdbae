"""The list of residents: filtered, sorted, searched; filters that users keep."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from pydantic import Field
from starlette.responses import Response

from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.bootstrap import UnitOfWork
from gridmap.i18n import Translator
from gridmap.indicators.dates import year_before
from gridmap.indicators.reconciling import LINES, RESTATED, Period
from gridmap.indicators.transitions import CATEGORIES
from gridmap.residents.service import may_reveal
from gridmap.rosters.export import MOST_ROWS, Draft, Order, export_people, said_filter
from gridmap.rosters.filters import PeopleFilter, read_filter
from gridmap.rosters.saved import forget_filter, save_filter, saved_filters
from gridmap.rosters.service import PeopleWanted, Words
from web.answers import Context, handed_over, page, reading, see_other, writing
from web.choices import Code, ResidentChoice
from web.frame import place_name
from web.params import day_of, one_of, visible_areas
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site
from web.views.lists import area_options, chosen_area, page_of
from web.views.persons import purposes
from web.views.reconciliation import category_label
from web.views.rosters import (
    filter_fields,
    filter_links,
    list_tabs,
    resident_row,
    sort_heads,
)
from web.words import FIGURES

router = APIRouter()
Reader = Annotated[Visit, guard(Action.PERSON_LIST)]
PATH = "/residents"


class Filters(ResidentChoice):
    """What is chosen above the list, or the figure whose people are listed, with the date it is compared with."""

    base: Code = ""
    list: Annotated[str, Field(max_length=64)] = ""
    cells: Code = ""
    known: Code = ""


class Search(Filters):
    """The same with words that may be somebody's name or number, and why they are looked for."""

    q: str = Field(default="", max_length=80)
    purpose: str = Field(default="", max_length=32)
    note: str = Field(default="", max_length=200)
    resort: str = Field(default="", max_length=36)

    def texts(self) -> dict[str, str]:
        """What is chosen, by field, without the page and the words; a column's head says how to sort from now on."""
        chosen = self.model_dump(exclude={"page", "q", "purpose", "note", "resort"})
        sort, _, order = self.resort.partition(".")
        return {
            name: text for name, text in {**chosen, **({"sort": sort, "order": order} if sort else {})}.items() if text
        }


@router.get(PATH)
async def residents(request: Request, visit: Reader, chosen: Annotated[Filters, Query()]) -> Response:
    """The residents of an area that fit a filter, or the people behind one of its figures."""
    context = await writing(request, _list, visit, chosen, Words())
    return await page(request, visit, "residents.html", "register", context)


@router.post(PATH)
async def search(request: Request, visit: Reader, chosen: Annotated[Search, Form()]) -> Response:
    """The same, narrowed by words that must not stand in an address; without words it goes on to the address."""
    words = Words(chosen.q.strip(), chosen.purpose, chosen.note)
    if not words.text:
        kept = chosen.texts()
        return see_other(f"{PATH}?{urlencode(kept)}" if kept else PATH)
    context = await writing(request, _list, visit, chosen, words)
    return await page(request, visit, "residents.html", "register", context)


@router.get("/register")
async def register(request: Request, _visit: Reader) -> Response:
    """Where the list was before: addresses that people kept still lead to it."""
    old = dict(request.query_params)
    state = old.pop("state", "")
    if state in {"located", "unlocated"}:
        old["room"] = "known" if state == "located" else "unknown"
    elif state:
        old["state"] = state
    if "category" in old:
        old["presence"] = old.pop("category")
    kept = {name: text for name, text in old.items() if text and name in Filters.model_fields and name != "sort"}
    return see_other(f"{PATH}?{urlencode(kept)}" if kept else PATH)


def wanted_people(site: Site, visit: Visit, chosen: Filters, words: Words) -> PeopleWanted:
    """What a list of residents is asked for.

    Raises:
        InvalidInputError, NotFoundError (no such area).
    """
    node = chosen_area(site.tree.current(), visit, chosen.area)
    day = day_of(chosen.as_of, visit.today)
    base = day_of(chosen.base, visit.today, "Date to compare with") if chosen.base else None
    known = day_of(chosen.known, visit.today, "Known on") if chosen.known else None
    period = None
    if chosen.list in (*LINES, RESTATED) or chosen.list.startswith("went_"):
        period = Period(node.id, base or year_before(day), day, chosen.cells or "then", known)
    figures = (_figure(chosen.list),) if chosen.list else ()
    return PeopleWanted(node.id, day, read_filter(PeopleFilter, chosen.texts()), figures, base, words, period)


def _figure(name: str) -> str:
    """A figure whose people can be listed."""
    before, _, after = name.removeprefix("went_").partition(".")
    if name.startswith("went_") and {before, after} <= set(CATEGORIES):
        return name
    return one_of(name, FIGURES, "List")


def _title(name: str, text: Translator) -> str:
    """What the list behind a figure is called."""
    if not name.startswith("went_"):
        return text.gettext(FIGURES[name])
    before, _, after = name.removeprefix("went_").partition(".")
    return f"{category_label(before, text)} → {category_label(after, text)}"


def _list(unit: UnitOfWork, site: Site, visit: Visit, chosen: Filters, words: Words) -> Context:
    wanted = wanted_people(site, visit, chosen, words)
    tree, text, size = site.tree.current(), visit.text, site.settings.page_size
    offset = (chosen.page - 1) * size
    people, total = site.rosters.people_page(unit, visit.actor, wanted, limit=size, offset=offset)
    node = chosen_area(tree, visit, chosen.area)
    texts = chosen.texts()
    kept = {**texts, "area": str(node.id)}
    return {
        "tabs": list_tabs("residents", str(node.id), visit),
        "areas": area_options(tree, visit.today, visit.lang, visible_areas(unit, visit.actor, Action.PERSON_LIST)),
        "chosen": {"area": str(node.id), **texts},
        "fields": filter_fields(PeopleFilter, texts, text),
        "said": said_filter(wanted.filter, text),
        "heads": sort_heads(PATH, kept, wanted.filter, HEADS, text),
        "people": [resident_row(person, site, visit, node, wanted.day) for person in people],
        "page": page_of(PATH, kept, number=chosen.page, size=size, total=total),
        "number": chosen.page,
        "words": words,
        "saved": filter_links(PATH, saved_filters(unit, visit.actor, "residents"), texts),
        "query": texts,
        "purposes": purposes(text),
        "may_reveal": may_reveal(visit.actor),
        "reveal_seconds": site.settings.reveal_seconds,
        "most_rows": MOST_ROWS,
        "list_title": _title(chosen.list, text) if chosen.list else None,
        "area_name": place_name(tree, node, visit.lang),
        "as_of": wanted.day,
    }


HEADS = (
    ("person", "name"), ("age", "age"), ("dwelling", "place"), ("grid", None), ("category", "presence"),
    ("since", "since"),
)  # fmt: skip
"""Columns, and what they are sorted by."""


class Export(Search):
    """A list to be written into a file."""

    format: str = Field(default="xlsx", max_length=8)
    full: str = Field(default="", max_length=1)

    def texts(self) -> dict[str, str]:
        """What is chosen, by field, without how it is to be written."""
        return {name: text for name, text in super().texts().items() if name not in {"format", "full"}}


@router.post("/residents/export")
async def export(request: Request, visit: Reader, chosen: Annotated[Export, Form()]) -> Response:
    """The whole list as a file; everybody in it is in the log before it leaves."""
    words = Words(chosen.q.strip(), chosen.purpose, chosen.note)
    order = Order(chosen.format, chosen.full == "1", chosen.purpose, chosen.note)
    return await handed_over(request, visit, await reading(request, _export, visit, chosen, words, order))


def _export(unit: UnitOfWork, site: Site, visit: Visit, chosen: Filters, words: Words, order: Order) -> Draft:
    wanted = wanted_people(site, visit, chosen, words)
    return export_people(unit, site.rosters, visit.actor, wanted, order, visit.text)


class Named(Filters):
    """A filter with the name it is kept under."""

    name: str = Field(default="", max_length=200)


@router.post("/residents/filters")
async def keep(request: Request, visit: Reader, chosen: Annotated[Named, Form()]) -> Response:
    """Keep the filter under a name, for oneself."""
    texts = {name: text for name, text in chosen.texts().items() if name != "name"}
    read_filter(PeopleFilter, texts)
    await writing(request, _keep, visit, chosen.name, texts)
    return see_other(f"{PATH}?{urlencode(texts)}")


def _keep(unit: UnitOfWork, site: Site, visit: Visit, name: str, texts: dict[str, str]) -> None:
    node = chosen_area(site.tree.current(), visit, texts.get("area", ""))
    require_area(unit, visit.actor, Action.PERSON_LIST, node.id)
    save_filter(unit, visit.actor, "residents", name, texts)


@router.post("/filters/{filter_id}/delete")
async def forget(request: Request, visit: Annotated[Visit, guard(Action.OWN_ACCOUNT)], filter_id: UUID) -> Response:
    """Delete one of one's own filters."""
    of = await writing(request, _forget, visit, filter_id)
    return see_other(f"/{of}")


def _forget(unit: UnitOfWork, _site: Site, visit: Visit, filter_id: UUID) -> str:
    return forget_filter(unit, visit.actor, filter_id)
