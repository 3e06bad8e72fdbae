"""Pages, fragments and files for browsers: one module a subject, each with a ``router``."""

from web import api
from web.routes import account, audit, health, maps, people, register, session, tiles

PAGES = (session, maps, register, account, people, audit, tiles, health)
ROUTERS = (*(module.router for module in PAGES), *api.ROUTERS)
