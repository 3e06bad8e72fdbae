"""The programming interface, version 1, under ``/api/v1``."""

from web.api import describe, records, values

ROUTERS = (values.router, records.router, describe.router)
