"""The town of these tests: one for all, nobody writes to it but the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gridmap.town import NewStore, Town, town_in


@pytest.fixture(scope="session")
def town(new_store_url: NewStore) -> Iterator[Town]:
    """A small town in an encrypted file."""
    with town_in(new_store_url("sqlite")) as made:
        yield made
