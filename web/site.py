"""Everything the routes work with, made once by the application and found on its state. There are no globals."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from fastapi import Request

from gridmap.accounts.passwords import Passwords
from gridmap.areas.tree import AreaTree, load_tree
from gridmap.bootstrap import Store
from web.render import Renderer
from web.runner import Runner
from web.security.throttle import Throttle
from web.settings import Settings
from web.static_files import StaticFiles

POLL_S = 1.0
OFFICE_ZONE = timezone(timedelta(hours=8))
"""China has one zone and no daylight saving."""


class TreeCache:
    """The area tree, read again when the geometry's change number has moved."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._tree: AreaTree | None = None
        self._number = -1
        self._looked = 0.0

    def current(self) -> AreaTree:
        """The tree as it is now, at most a second old."""
        with self._lock:
            if self._tree is None or time.monotonic() - self._looked > POLL_S:
                self._refresh()
            assert self._tree is not None  # noqa: S101 - _refresh has just set it
            return self._tree

    def _refresh(self) -> None:
        number = self._store.change_numbers().get("geometry", 0)
        if self._tree is None or number != self._number:
            with self._store.read() as unit:
                self._tree = load_tree(unit)
            self._number = number
        self._looked = time.monotonic()


@dataclass(slots=True)
class Site:
    """The parts of a running server."""

    store: Store
    settings: Settings
    runner: Runner
    passwords: Passwords
    throttle: Throttle
    tree: TreeCache
    renderer: Renderer
    static: StaticFiles

    def today(self) -> date:
        """Today where the offices are (UTC+8)."""
        return datetime.now(OFFICE_ZONE).date()


def site_of(request: Request) -> Site:
    """The site that answers a request."""
    site: Site = request.app.state.site
    return site
