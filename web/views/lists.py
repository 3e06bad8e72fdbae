"""Pieces that lists share: options, pages, areas to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from gridmap.areas.node import AreaNode
from gridmap.areas.tree import AreaTree
from gridmap.errors import NotFoundError
from web.frame import root_areas
from web.params import optional_id
from web.security.visit import Visit


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose."""

    code: str
    label: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class AreaOption:
    """An area to choose, indented by its depth."""

    id: str
    name: str
    depth: int


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of how many are shown, and the ways to the others."""

    first: int
    last: int
    total: int
    prev_href: str | None
    next_href: str | None


def page_of(path: str, query: Mapping[str, object], *, number: int, size: int, total: int) -> Page:
    """The page ``number`` (from 1) of a list; ``query`` must hold nothing personal, it goes into addresses."""
    first = (number - 1) * size
    last = min(first + size, total)

    def href(other: int) -> str:
        chosen = {name: str(value) for name, value in query.items() if value not in (None, "")}
        return f"{path}?{urlencode({**chosen, 'page': other})}"

    return Page(
        first=first + 1 if total > first else 0,
        last=last if total > first else 0,
        total=total,
        prev_href=href(number - 1) if number > 1 else None,
        next_href=href(number + 1) if last < total else None,
    )


def area_options(
    tree: AreaTree, day: date, language: str, visible: frozenset[UUID] | None, *, cells: bool = True
) -> list[AreaOption]:
    """The areas a user may choose, as a table of contents; the depth counts from the highest that is visible."""
    options: list[AreaOption] = []
    depths: dict[UUID | None, int] = {}
    for _, node in tree.walk(None, day):
        if (visible is not None and node.id not in visible) or (node.level == "cell" and not cells):
            continue
        depth = depths[node.id] = depths.get(node.parent_id, -1) + 1
        options.append(AreaOption(str(node.id), tree.name(node, language), depth))
    return options


def option(node: AreaNode, tree: AreaTree, language: str) -> AreaOption:
    """One area to choose."""
    return AreaOption(str(node.id), tree.name(node, language), 0)


def chosen_area(tree: AreaTree, visit: Visit, wanted: str) -> AreaNode:
    """The area that is asked for, else the reader's own. Whether they may see it is for the service.

    Raises:
        InvalidInputError: no id.
        NotFoundError: no such area, or the reader has none.
    """
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
