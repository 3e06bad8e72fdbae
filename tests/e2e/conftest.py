"""The invented city of the smallest size, served by the real server, and readers of every role at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from geodata.city import City, make_city
from gridmap.accounts.passwords import Passwords
from gridmap.demo.load import load_city
from gridmap.demo.model import Population
from gridmap.demo.population import make_population
from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, open_store
from tests.conftest import ENGINES
from tests.e2e.steps import Look, Reader, opened, sign_in
from tests.live import served
from web.app import create_app
from web.demo import renew_users
from web.server import Listen, settings_for
from web.site import office_today

REVEAL_S = 5
expect.set_options(timeout=15_000)  # two busy cores draw a map without a graphics card
NewStore = Callable[[str], str]


@dataclass
class Town:
    """A served register: where, its store, and the passwords of its users by name."""

    origin: str
    store: Store
    passwords: dict[str, str]
    browser: Browser
    states: dict[tuple[str, Look], Any] = field(default_factory=dict)

    @contextmanager
    def reader(self, username: str, look: Look | None = None) -> Iterator[Reader]:
        """Somebody who is signed in; each user signs in by the form once a look, later windows share the session."""
        look = look or Look()
        known = self.states.get((username, look))
        with opened(self.browser, self.origin, look, known) as reader:
            if known is None:
                sign_in(reader, username, self.passwords[username], "/account", look.language)
                self.states[username, look] = reader.page.context.storage_state()
            yield reader

    def stranger(self, look: Look | None = None) -> AbstractContextManager[Reader]:
        """Somebody who is not signed in."""
        return opened(self.browser, self.origin, look)


@pytest.fixture(scope="session")
def city() -> tuple[City, Population]:
    """A city of two communities with its register, as of today."""
    made = make_city("small")
    return made, make_population(made, as_of=office_today())


@contextmanager
def town_in(store: Store, browser: Browser) -> Iterator[Town]:
    """Serve a register with the demonstration's users."""
    passwords = renew_users(store, Passwords(cheap=True))
    settings = settings_for(Listen(), cheap_passwords=True, reveal_seconds=REVEAL_S)
    with served(create_app(store, settings)) as origin:
        yield Town(origin, store, passwords, browser)


@contextmanager
def loaded_town(
    engine: str, new_store_url: NewStore, key: MasterKey, city: tuple[City, Population], browser: Browser
) -> Iterator[Town]:
    """A fresh register with the city in it, served."""
    store = open_store(new_store_url(engine), key)
    try:
        with store.write() as unit:
            load_city(unit, *city)
        with town_in(store, browser) as town:
            yield town
    finally:
        store.close()


@pytest.fixture(scope="session", params=ENGINES)
def town(
    request: pytest.FixtureRequest, new_store_url: NewStore, store_key: MasterKey, city: tuple[City, Population],
    browser: Browser,
) -> Iterator[Town]:  # fmt: skip
    """The city on each kind of store, for tests that change no record."""
    with loaded_town(request.param, new_store_url, store_key, city, browser) as town:
        yield town


@pytest.fixture(scope="session")
def file_town(
    new_store_url: NewStore, store_key: MasterKey, city: tuple[City, Population], browser: Browser
) -> Iterator[Town]:
    """The city in a file, for what the kind of store makes no difference to."""
    with loaded_town("sqlite", new_store_url, store_key, city, browser) as town:
        yield town


@pytest.fixture(params=ENGINES)
def own_town(
    request: pytest.FixtureRequest, new_store_url: NewStore, store_key: MasterKey, city: tuple[City, Population],
    browser: Browser,
) -> Iterator[Town]:  # fmt: skip
    """The city on each kind of store, for one test alone."""
    with loaded_town(request.param, new_store_url, store_key, city, browser) as town:
        yield town
