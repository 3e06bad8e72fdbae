"""Lists of residents and dwellings as pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Final
from urllib.parse import urlencode

from gridmap.access.policy import Action, allows
from gridmap.areas.node import AreaNode
from gridmap.i18n import Translator
from gridmap.residents.service import may_reveal
from gridmap.residents.views import PersonView
from gridmap.rosters.export import value_label
from gridmap.rosters.filters import FIELD_WORDS, VALUE_WORDS, WORDS, DwellingFilter, PeopleFilter
from gridmap.rosters.saved import Kept
from gridmap.rosters.service import DwellingRow
from web.frame import place_name
from web.security.visit import Visit
from web.site import Site
from web.views.lists import Option
from web.views.persons import PersonRow, label, person_row, room_label

HEAD_WORDS: Final = {
    "person": "Person",
    "age": "Age",
    "dwelling": "Dwelling",
    "grid": "Grid",
    "category": "Category",
    "since": "Since",
    "state": "State",
    "tenure": "Tenure",
    "use": "Use",
    "residents": "Residents",
    "visit": "Last visit",
}
"""Message ids of the heads of columns."""

_SKIPPED: Final = {"sort", "order"}


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the lists."""

    label: str
    href: str
    active: bool


@dataclass(frozen=True, slots=True)
class FilterField:
    """A field of a filter. Without options it takes a date or a number."""

    name: str
    label: str
    kind: str
    chosen: str
    options: list[Option]


@dataclass(frozen=True, slots=True)
class SortHead:
    """The head of a column. ``name`` is None for one that cannot be sorted by; ``order`` is that of the next click."""

    label: str
    name: str | None
    href: str | None
    order: str
    state: str | None


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A kept filter."""

    id: str
    name: str
    href: str
    active: bool


@dataclass(frozen=True, slots=True)
class ResidentRow:
    """A resident and where they live."""

    person: PersonRow
    dwelling: dict[str, str | None] | None
    area_name: str
    category: str | None
    since: date | None


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A dwelling in a list."""

    label: str
    href: str
    area_name: str
    state: str
    tenure: str | None
    use: str | None
    people: int
    households: int
    verified_on: date | None


def list_tabs(active: str, area: str, visit: Visit) -> list[Tab]:
    """The lists that the reader may open."""
    text = visit.text
    tabs = [
        ("residents", text.gettext("Residents"), Action.PERSON_LIST),
        ("dwellings", text.gettext("Dwellings"), Action.BUILDING_READ),
        ("reconciliation", text.gettext("Reconciliation"), Action.STATISTICS_READ),
    ]
    return [
        Tab(label, f"/{name}?{urlencode({'area': area})}", name == active)
        for name, label, action in tabs
        if allows(visit.actor, action)
    ]


def filter_fields(
    kind: type[PeopleFilter | DwellingFilter], texts: Mapping[str, str], text: Translator
) -> list[FilterField]:
    """The fields that a list can be narrowed by, with what is chosen."""
    found = []
    for name in (field.name for field in fields(kind)):
        if name in _SKIPPED:
            continue
        words = WORDS[kind].get(name, ())
        options = [Option(word, value_label(name, word, text)) for word in words]
        plain = "date" if name == "verified_before" else "number"
        title = text.gettext(FIELD_WORDS[name])
        found.append(FilterField(name, title, "choice" if words else plain, texts.get(name, ""), options))
    return found


def sort_heads(
    path: str,
    query: Mapping[str, str],
    wanted: PeopleFilter | DwellingFilter,
    heads: Sequence[tuple[str, str | None]],
    text: Translator,
) -> list[SortHead]:
    """The heads of columns; clicking one that is sorted by turns its order."""
    found = []
    for column, name in heads:
        active = name is not None and wanted.sort == name
        order = "down" if active and wanted.order == "up" else "up"
        href = None
        if name is not None:
            chosen = {**{key: value for key, value in query.items() if key != "page"}, "sort": name, "order": order}
            href = f"{path}?{urlencode(chosen)}"
        state = {"up": "ascending", "down": "descending"}[wanted.order] if active else None
        found.append(SortHead(text.gettext(HEAD_WORDS[column]), name, href, order, state))
    return found


def filter_links(path: str, kept: Sequence[Kept], texts: Mapping[str, str]) -> list[FilterLink]:
    """Kept filters as links."""
    return [
        FilterLink(str(one.id), one.name, f"{path}?{urlencode(one.query)}" if one.query else path, one.query == texts)
        for one in kept
    ]


def resident_row(person: PersonView, site: Site, visit: Visit, node: AreaNode, day: date) -> ResidentRow:
    """A resident as a row: the area they count in is the cell of their building, else the one they are known under."""
    area_id = person.area_id
    if person.building_id is not None:
        area_id = site.figures.area_of_building(person.region, person.building_id, day) or area_id
    tree = site.tree.current()
    area = (tree.get(area_id) if area_id else None) or node
    href = None
    if person.building_id is not None:
        href = f"/map?sel=building:{person.region}:{person.building_id}"
        href += f"&room={person.dwelling_id}" if person.dwelling_id else ""
    return ResidentRow(
        person=person_row(person, visit.text, may_reveal=may_reveal(visit.actor)),
        dwelling=None if person.place is None else {"label": person.place, "href": href},
        area_name=place_name(tree, area, visit.lang),
        category=label("presence", person.presence, visit.lang),
        since=person.since,
    )


def dwelling_row(row: DwellingRow, site: Site, visit: Visit, node: AreaNode) -> RoomRow:
    """A dwelling as a row."""
    tree, text = site.tree.current(), visit.text
    area = (tree.get(row.area_id) if row.area_id else None) or node
    return RoomRow(
        label=f"{row.building} {room_label(row.unit, row.room)}",
        href=f"/map?sel=building:{row.region}:{row.building_id}&room={row.id}",
        area_name=place_name(tree, area, visit.lang),
        state=row.state,
        tenure=None if row.tenure == "unknown" else text.gettext(VALUE_WORDS[row.tenure]),
        use=text.gettext(VALUE_WORDS[row.use]) if row.use in VALUE_WORDS else row.use,
        people=row.people,
        households=row.households,
        verified_on=row.verified_on,
    )
