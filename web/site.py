"""Everything the routes work with, made once by the application and found on its state. There are no globals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from fastapi import Request

from gridmap.accounts.passwords import Passwords
from gridmap.areas.tree import AreaTree
from gridmap.bootstrap import Store
from gridmap.buildings.plan import Plan
from gridmap.compliance.service import Assessment
from gridmap.indicators.cache import Followed
from gridmap.indicators.service import Figures
from gridmap.layers.service import LayerCache
from gridmap.rosters.service import Rosters
from web.desk import Desk
from web.render import Renderer
from web.runner import Runner
from web.security.throttle import Throttle
from web.settings import Settings
from web.static_files import StaticFiles

OFFICE_ZONE = timezone(timedelta(hours=8))
"""China has one zone and no daylight saving."""


@dataclass(slots=True)
class Site:
    """The parts of a running server."""

    store: Store
    settings: Settings
    runner: Runner
    passwords: Passwords
    throttle: Throttle
    strangers: Throttle
    """Names that are nobody's: they lock as accounts do, lest the lock tell which names are somebody's."""
    tree: Followed[AreaTree]
    layers: LayerCache
    plan: Followed[Plan]
    figures: Figures
    rosters: Rosters
    assessment: Assessment
    desk: Desk
    renderer: Renderer
    static: StaticFiles


def office_today() -> date:
    """Today where the offices are (UTC+8)."""
    return datetime.now(OFFICE_ZONE).date()


def site_of(request: Request) -> Site:
    """The site that answers a request."""
    site: Site = request.app.state.site
    return site
