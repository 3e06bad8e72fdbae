"""Pages, fragments and files for browsers: one module a subject, each with a ``router``."""

from web.routes import health, session

ROUTERS = (session.router, health.router)
