"""Sessions by cookie, and the tokens that prove a change was asked for by a page of this site."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from gridmap.access.service import actor_of, local_today
from gridmap.accounts import service as accounts
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import NotFoundError, NotSignedInError
from gridmap.i18n import Translator, language_of, translator
from web.errors import ForgedRequestError
from web.security.visit import Visit
from web.settings import Settings
from web.site import Site, site_of

THEMES: Final = ("auto", "light", "dark")
YEAR_S: Final = 31_536_000
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


def cookie_name(settings: Settings, name: str = "gridmap") -> str:
    """The cookie's name: with HTTPS a browser itself binds ``__Host-`` cookies to this host."""
    return f"__Host-{name}" if settings.secure else name


def set_cookie(response: Response, settings: Settings, name: str, value: str, *, max_age: int | None = None) -> None:
    """Set a cookie that scripts cannot read and other sites cannot make a browser send."""
    response.set_cookie(
        cookie_name(settings, name), value, max_age=max_age, path="/", secure=settings.secure, httponly=True,
        samesite="strict",
    )  # fmt: skip


def drop_cookie(response: Response, settings: Settings, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(
        cookie_name(settings, name), path="/", secure=settings.secure, httponly=True, samesite="strict"
    )


def theme_of(request: Request) -> str:
    """The theme that the browser chose."""
    chosen = request.cookies.get(cookie_name(site_of(request).settings, "theme"), "auto")
    return chosen if chosen in THEMES else "auto"


def language_before_sign_in(request: Request) -> Translator:
    """The language of somebody unknown: what they chose here, else what their browser prefers."""
    chosen = request.cookies.get(cookie_name(site_of(request).settings, "lang"))
    return translator(language_of([chosen], request.headers.get("accept-language")))


async def visit_of(request: Request) -> Visit:
    """The visit of a signed-in user; read once a request.

    Raises:
        NotSignedInError: no session, or it has ended.
    """
    known: Visit | None = getattr(request.state, "visit", None)
    if known is not None:
        return known
    site = site_of(request)
    token = request.cookies.get(cookie_name(site.settings))
    if not token:
        raise NotSignedInError
    visit, stale = await site.runner.read(_open, site, token, request.state.request_id, theme_of(request))
    if stale:
        site.runner.later(_touch, site, visit)
    request.state.visit = visit
    return visit


def _open(site: Site, token: str, request_id: str, theme: str) -> tuple[Visit, bool]:
    with site.store.read() as unit:
        signed_in = accounts.session_of(unit, token)
        try:
            actor = actor_of(unit, signed_in.user_id, request_id=request_id)
        except NotFoundError:
            raise NotSignedInError from None
        stale = accounts.needs_touch(unit, signed_in.session_id)
        text = translator(language_of([signed_in.language]))
        return Visit(
            actor, signed_in.session_id, signed_in.csrf, signed_in.must_change_password, local_today(unit), text, theme
        ), stale


def _touch(site: Site, visit: Visit) -> None:
    with site.store.write() as unit:
        accounts.touch_session(unit, visit.session_id)


def peek(unit: UnitOfWork, token: str) -> bool:
    """Whether a token opens a session."""
    try:
        accounts.session_of(unit, token)
    except NotSignedInError:
        return False
    return True


async def check_token(request: Request, expected: str) -> None:
    """Refuse a change that does not carry the session's token or comes from elsewhere.

    Raises:
        ForgedRequestError: always the same, whatever was wrong.
    """
    check_origin(request)
    given = request.headers.get("x-csrf-token")
    if given is None and request.headers.get("content-type", "").split(";")[0].strip().lower() in FORMS:
        form: FormData = await request.form(max_files=4, max_fields=200)
        field = form.get("csrf")
        given = field if isinstance(field, str) else None
    if given is None or not secrets.compare_digest(given.encode(), expected.encode()):
        await request.close()  # an uploaded file that came with it
        raise ForgedRequestError


def check_origin(request: Request) -> None:
    """Refuse a change that a browser says another site asked for.

    Raises:
        ForgedRequestError: the ``Origin`` or ``Sec-Fetch-Site`` header names another site.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")
    if site not in {"same-origin", "none"} or foreign:
        raise ForgedRequestError
