"""The town of these tests, in a store of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from gridmap.cli.app import make_app
from tests.conftest import ENGINES, TEST_KEY
from tests.gridmap.town import NewStore, Town, town_in

Run = Callable[..., Result]


@pytest.fixture(scope="package", params=ENGINES)
def town(request: pytest.FixtureRequest, new_store_url: NewStore) -> Iterator[Town]:
    """A small town."""
    with town_in(new_store_url(request.param)) as made:
        yield made


@pytest.fixture
def run(town: Town, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the town as somebody, in English."""
    monkeypatch.setenv("GRIDMAP_KEY", TEST_KEY.secret.hex())
    monkeypatch.setenv("GRIDMAP_LANG", "en")

    def command(*words: str, actor: str = "chief") -> Result:
        return CliRunner().invoke(make_app(wanted=words[0]), [*words, "--db", town.location, "--as", actor])

    return command
