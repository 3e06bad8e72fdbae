"""The token of forms that somebody uses before signing in: the same random value in a cookie and in the form."""

from __future__ import annotations

import secrets
from typing import Final

from fastapi import Request
from starlette.responses import Response

from gridmap.errors import NotSignedInError
from web.errors import ForgedRequestError
from web.security.session import check_token, cookie_name, set_cookie, visit_of
from web.security.visit import Visit
from web.site import site_of

COOKIE: Final = "gridmap-form"


def form_token(request: Request) -> str:
    """The token the browser already has, or a new one."""
    known = request.cookies.get(cookie_name(site_of(request).settings, COOKIE), "")
    return known if len(known) == 43 else secrets.token_urlsafe(32)


def hand_token(request: Request, response: Response, token: str) -> None:
    """Let the browser keep the token until it is closed."""
    set_cookie(response, site_of(request).settings, COOKIE, token)


async def check_form(request: Request) -> None:
    """Refuse a form that does not carry the token of its own cookie.

    Raises:
        ForgedRequestError: no cookie, no token, or they differ.
    """
    expected = request.cookies.get(cookie_name(site_of(request).settings, COOKIE), "")
    if not expected:
        raise ForgedRequestError
    await check_token(request, expected)


async def check_either(request: Request) -> Visit | None:
    """Check a form that both the signed in and the unknown may send; give the visit of the signed in.

    Raises:
        ForgedRequestError: the token fits neither.
    """
    try:
        visit = await visit_of(request)
    except NotSignedInError:
        await check_form(request)
        return None
    await check_token(request, visit.csrf)
    return visit
