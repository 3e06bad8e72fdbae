"""Pages, fragments and files for browsers: one module a subject, each with a ``router``."""

from web import api
from web.routes import (
    account,
    audit,
    duplicates,
    health,
    imports,
    maps,
    people,
    register,
    reports,
    review,
    session,
    tiles,
)

PAGES = (session, maps, register, reports, review, duplicates, account, people, audit, imports, tiles, health)
ROUTERS = (*(module.router for module in PAGES), *api.ROUTERS)
