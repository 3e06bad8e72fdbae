"""The description of the interface (OpenAPI), made from the routes themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.responses import Response

from gridmap.access.policy import Action
from web.answers import json_response
from web.render import product_version
from web.security.marker import guard
from web.security.visit import Visit

router = APIRouter(prefix="/api/v1", tags=["description"])
PREFIX = "/api/"


@router.get("/openapi.json")
async def openapi(request: Request, _visit: Annotated[Visit, guard(Action.OWN_ACCOUNT)]) -> Response:
    """OpenAPI 3.1 of every address under /api/."""
    routes = [route for route in request.app.routes if isinstance(route, APIRoute) and route.path.startswith(PREFIX)]
    described = get_openapi(title="gridmap", version=product_version(), routes=routes)
    # Signing in is a matter of the whole interface, not of each address.
    described["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "gridmap"},
        "token": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "For everything but GET"},
    }
    described["security"] = [{"session": [], "token": []}]
    return json_response(described)
