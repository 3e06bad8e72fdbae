"""The town of these tests, on each store: one for all, nobody writes to it but the log and the forms that are kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import ENGINES
from tests.gridmap.town import NewStore, Town, town_in


@pytest.fixture(scope="session", params=ENGINES)
def town(new_store_url: NewStore, request: pytest.FixtureRequest) -> Iterator[Town]:
    """A small town."""
    with town_in(new_store_url(request.param)) as made:
        yield made
