"""The sample register behind the application, made once a module for each kind of store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI

from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, open_store
from tests.conftest import ENGINES
from tests.web.client import Visitor, visitor
from tests.web.sample import Sample, make_sample
from web.app import create_app
from web.settings import Settings

SETTINGS = Settings(cheap_passwords=True, read_apart=False)


@pytest.fixture(scope="module", params=ENGINES)
def filled(
    request: pytest.FixtureRequest, new_store_url: Callable[[str], str], store_key: MasterKey
) -> Iterator[tuple[Store, Sample]]:
    """A store with the sample in it; tests of a module share it and undo nothing, so they must not build on order."""
    store = open_store(new_store_url(request.param), store_key)
    yield store, make_sample(store)
    store.close()


@pytest.fixture(scope="module")
def sample(filled: tuple[Store, Sample]) -> Sample:
    """What is in the register."""
    return filled[1]


@pytest.fixture(scope="module")
def web_store(filled: tuple[Store, Sample]) -> Store:
    """The store of the sample."""
    return filled[0]


@pytest.fixture(scope="module")
def app(web_store: Store) -> FastAPI:
    """The application over the sample."""
    return create_app(web_store, SETTINGS)


@pytest.fixture
def sign_in(app: FastAPI) -> Callable[[str], Visitor]:
    """Make a visitor who is signed in under a name of the sample."""
    return lambda username: visitor(app, username)


@pytest.fixture
def stranger(app: FastAPI) -> Visitor:
    """A visitor who is not signed in."""
    return visitor(app)
