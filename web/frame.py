"""What stands around every page: who is here, where they belong, what they may open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from gridmap.access.policy import Action, allows
from gridmap.accounts.actor import Actor
from gridmap.areas.node import AreaNode
from gridmap.areas.tree import AreaTree, Bounds
from gridmap.i18n import Translator
from web.security.visit import Visit
from web.words import RAIL, ROLES

NAMED_AREAS = 3


@dataclass(frozen=True, slots=True)
class User:
    """The user as the rail shows them."""

    name: str
    username: str
    initial: str
    roles: list[str]
    home_area: str | None
    areas_label: str


def allowed_entries(actor: Actor) -> list[str]:
    """The entries of the rail that a user may open."""
    return [entry for entry, actions in RAIL.items() if any(allows(actor, action) for action in actions)]


def root_areas(actor: Actor, tree: AreaTree, day: date) -> list[AreaNode]:
    """The areas that a user's roles are over, highest first; the roots of the tree for roles over everything."""
    named = {grant.area_id for grant in actor.grants if grant.area_id is not None}
    whole = any(grant.area_id is None for grant in actor.grants)
    nodes = [node for area_id in named if (node := tree.get(area_id)) is not None]
    if whole:
        nodes += [node for node in tree.children(None, day) if node.id not in named]
    return sorted(nodes, key=lambda node: (len(tree.path(node.id)), node.code))


def home_area(actor: Actor, tree: AreaTree, day: date) -> AreaNode | None:
    """Where a user starts: their highest area; below a lone chain (province, city) the first that branches."""
    if not allows(actor, Action.STATISTICS_READ):
        return None
    roots = root_areas(actor, tree, day)
    if not roots:
        return None
    home = roots[0]
    while len(below := tree.children(home.id, day)) == 1 and home.level not in {"street", "community", "cell"}:
        home = below[0]
    return home


def home_bounds(actor: Actor, tree: AreaTree, day: date) -> Bounds | None:
    """The box around everything a user looks after, else around everything there is."""
    roots = root_areas(actor, tree, day) or tree.children(None, day)
    boxes = [box for node in roots if (box := tree.extent(node.id)) is not None]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def areas_label(actor: Actor, tree: AreaTree, text: Translator, day: date) -> str:
    """The user's areas in words."""
    if any(grant.area_id is None for grant in actor.grants):
        return text.text("the whole installation")
    roots = root_areas(actor, tree, day)
    names = [place_name(tree, node, text.language) for node in roots[:NAMED_AREAS]]
    if len(roots) > NAMED_AREAS:
        return text.text("{names} and {count} more", names=names, count=len(roots) - NAMED_AREAS)
    return text.text("{names}", names=names) if names else text.text("no area yet")


def place_name(tree: AreaTree, node: AreaNode, language: str) -> str:
    """A cell with the name of its community, which says where it is; any other area by its own name."""
    parent = tree.get(node.parent_id) if node.parent_id is not None else None
    own = tree.name(node, language)
    if node.level == "cell" and parent is not None and not own.startswith(parent.name):
        return f"{tree.name(parent, language)} {own}" if language == "en" else f"{parent.name}{own}"
    return own


def street_name(home: AreaNode | None, tree: AreaTree, language: str, day: date) -> str:
    """The name of the installation's street: of the home area, else of the only root, else the product's."""
    path = tree.path(home.id) if home is not None else []
    street = next((node for node in path if node.level == "street"), path[0] if path else None)
    if street is None:
        roots = tree.children(None, day)
        while len(roots) == 1 and roots[0].level != "street" and (below := tree.children(roots[0].id, day)):
            roots = below
        street = roots[0] if len(roots) == 1 else None
    return "gridmap" if street is None else tree.name(street, language)


def user_view(visit: Visit, tree: AreaTree) -> User:
    """The signed-in user as the rail shows them."""
    actor = visit.actor
    home = home_area(actor, tree, visit.today)
    name = actor.display_name or actor.username
    return User(
        name=name,
        username=actor.username,
        initial=name[0].upper(),
        roles=[visit.text.gettext(ROLES[role]) for role in sorted(actor.roles, key=list(ROLES).index)],
        home_area=None if home is None else str(home.id),
        areas_label=areas_label(actor, tree, visit.text, visit.today),
    )


def frame(visit: Visit, tree: AreaTree, active: str, *, review_count: int | None = None) -> dict[str, Any]:
    """The context of ``base.html`` for a signed-in user."""
    home = home_area(visit.actor, tree, visit.today)
    return {
        "theme": visit.theme,
        "csrf": visit.csrf,
        "user": user_view(visit, tree),
        "active": active,
        "allowed": allowed_entries(visit.actor),
        "review_count": review_count,
        "street_name": street_name(home, tree, visit.lang, visit.today),
        "as_of": visit.today,
    }


def bare_frame(theme: str, csrf: str = "", street: str = "gridmap") -> dict[str, Any]:
    """The context of ``base.html`` for somebody unknown."""
    return {
        "theme": theme,
        "csrf": csrf,
        "user": None,
        "active": "",
        "allowed": [],
        "review_count": None,
        "street_name": street,
    }


def visible_area(area_id: UUID, visible: frozenset[UUID] | None) -> bool:
    """Whether an area is among those a user sees the figures of (``None``: all)."""
    return visible is None or area_id in visible
