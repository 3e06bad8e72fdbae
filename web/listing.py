"""Pages of people: who they are comes from the figures in memory, what they are called from the records of one page.

No query sorts or counts the whole register for a page of fifty, and the list behind a figure has as many people as the
figure says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.accounts.actor import Actor
from gridmap.bootstrap import UnitOfWork
from gridmap.residents.service import MOST_PERSONS, ListFilter, list_persons, list_residents
from gridmap.residents.views import PersonView
from web.site import Site


@dataclass(frozen=True, slots=True)
class Wanted:
    """The people of an area who are counted in all of some figures at a date, narrowed by a part of their name."""

    area_id: UUID
    day: date
    figures: tuple[str, ...] = ("population",)
    base: date | None = None
    name: str = ""


def people_page(
    unit: UnitOfWork, site: Site, actor: Actor, wanted: Wanted, *, limit: int, offset: int
) -> tuple[list[PersonView], int]:
    """A page of people, masked, and how many there are; the read is audited.

    Raises:
        PermissionDeniedError, NotFoundError (area outside the actor's scope).
    """
    # The right to the area comes first: how long a list is says something too.
    require_area(unit, actor, Action.PERSON_LIST, wanted.area_id)
    crowd = site.figures.behind(wanted.area_id, wanted.day, wanted.figures, base=wanted.base)
    if wanted.name:
        whole = wanted.figures == ("population",)
        persons = None if whole else frozenset(ref.id for ref in crowd.page(0, MOST_PERSONS + 1))
        named = ListFilter(name=wanted.name, persons=persons)
        return list_residents(unit, actor, wanted.area_id, wanted.day, named, limit=limit, offset=offset)
    shown = [(ref.region, ref.id) for ref in crowd.page(offset, limit)]
    return list_persons(unit, actor, wanted.area_id, shown, wanted.day, " ".join(wanted.figures)), len(crowd)
