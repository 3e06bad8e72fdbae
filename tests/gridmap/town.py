"""A small town in a store: two communities of nine cells with invented residents, and people who may see some of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache

from geodata.city import City, make_city
from gridmap.access.service import actor_of, grant_role
from gridmap.accounts.actor import Actor, Role
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import create_user, find_user
from gridmap.areas.service import find_area
from gridmap.compliance.service import Assessment, make_figures
from gridmap.demo.load import load_city
from gridmap.demo.model import Population
from gridmap.demo.population import make_population
from gridmap.i18n import translator
from gridmap.indicators.cache import SnapshotCache
from gridmap.reports import registry
from gridmap.reports.model import Report
from gridmap.store.store import Store, open_store
from tests.conftest import TEST_KEY

AS_OF = date(2026, 11, 20)
STREET, FIRST, SECOND = "460108001", "460108001001", "460108001002"
CHEAP = Passwords(cheap=True)
NewStore = Callable[[str], str]

ROLES = {
    "chief": (Role.STREET_OFFICER, STREET),
    "officer": (Role.COMMUNITY_OFFICER, FIRST),
    "keeper": (Role.DATA_MANAGER, None),
    "auditor": (Role.AUDITOR, None),
}


@cache
def _city() -> City:
    return make_city("small")


@cache
def _population() -> Population:
    return make_population(_city(), as_of=AS_OF)


@dataclass(frozen=True)
class Town:
    """An open register with the town, its location, the figures and the actors by user name."""

    store: Store
    location: str
    assessment: Assessment
    actors: dict[str, Actor]

    def report(
        self, area: str = STREET, *, actor: str = "chief", language: str = "en", code: str = "coverage"
    ) -> Report:
        """Build a report as somebody."""
        with self.store.write() as unit:
            return registry.build(
                code, unit, self.actors[actor], area, AS_OF, assessment=self.assessment, words=translator(language)
            )


@contextmanager
def town_in(location: str) -> Iterator[Town]:
    """Fill an empty register."""
    store = open_store(location, TEST_KEY)
    try:
        with store.write() as unit:
            load_city(unit, _city(), _population())
            for name, (role, area) in ROLES.items():
                user = create_user(unit, CHEAP, username=name, display_name=name.title(), password=None)
                grant_role(unit, user, role, find_area(unit, area).id if area else None, valid_from=date(2020, 1, 1))
        with store.read() as unit:
            actors = {name: actor_of(unit, find_user(unit, name).id) for name in ROLES}
        yield Town(store, location, Assessment(make_figures(SnapshotCache(store))), actors)
    finally:
        store.close()
