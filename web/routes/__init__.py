"""Pages, fragments and files for browsers: one module a subject, each with a ``router``."""

from web import api
from web.routes import (
    account,
    audit,
    duplicates,
    dwellings,
    editing,
    forms,
    health,
    imports,
    maps,
    people,
    reconciliation,
    records,
    register,
    reports,
    residents,
    review,
    session,
    tiles,
)

PAGES = (
    session, maps, records, editing, residents, dwellings, reconciliation, register, reports, forms, review, duplicates,
    account, people, audit, imports, tiles, health,
)  # fmt: skip
ROUTERS = (*(module.router for module in PAGES), *api.ROUTERS)
