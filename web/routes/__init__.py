"""Pages, fragments and files for browsers: one module a subject, each with a ``router``."""

from web.routes import account, audit, health, people, register, session

ROUTERS = (session.router, account.router, people.router, audit.router, register.router, health.router)
