"""Sign in and out; language and theme."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, Response

from geodata.errors import ExplainedError
from gridmap.access.policy import Action
from gridmap.access.service import actor_of
from gridmap.accounts import service as accounts
from gridmap.accounts.service import IDLE
from gridmap.audit import service as audit
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import AccountLockedError, NotFoundError, SignInError
from gridmap.i18n import LANGUAGES
from web.answers import explain, reading, safe_path, see_other, wants_json, writing
from web.errors import status_of
from web.frame import bare_frame, street_name
from web.security.forms import check_either, check_form, form_token, hand_token
from web.security.marker import guard, public
from web.security.session import (
    THEMES,
    YEAR_S,
    cookie_name,
    drop_cookie,
    language_before_sign_in,
    peek,
    set_cookie,
    theme_of,
)
from web.security.visit import Visit
from web.site import Site, office_today, site_of

router = APIRouter()
Text = Annotated[str, Form(max_length=512)]


@router.get("/login", dependencies=[public])
async def login_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name of the parameter
    """The page to sign in; who is signed in already goes on."""
    site = site_of(request)
    token = request.cookies.get(cookie_name(site.settings))
    if token and await reading(request, _is_open, token):
        return see_other(safe_path(next))
    return await _show(request, next=safe_path(next))


@router.post("/login", dependencies=[public])
async def login(request: Request, username: Text = "", password: Text = "", next: Text = "/") -> Response:  # noqa: A002
    """Check name and password, open a session."""
    await check_form(request)
    site = site_of(request)
    address = request.client.host if request.client else "-"
    try:
        site.throttle.check(address)
        token, must_change = await writing(request, _sign_in, username.strip(), password, request.state.request_id)
    except (SignInError, AccountLockedError) as error:
        await writing(request, _note_failure, username.strip(), error.code, request.state.request_id)
        return await _refuse(request, error, username, next)
    if token is None:
        site.throttle.failed(address)
        return await _refuse(request, SignInError(), username, next)
    response = see_other("/account" if must_change else safe_path(next))
    set_cookie(response, site.settings, "gridmap", token)
    drop_cookie(response, site.settings, "gridmap-form")
    return response


@router.post("/logout")
async def logout(request: Request, visit: Annotated[Visit, guard(Action.OWN_ACCOUNT)]) -> Response:
    """End the session and let the browser forget what it holds of it."""
    await writing(request, _sign_out, visit)
    response = see_other("/login")
    drop_cookie(response, site_of(request).settings, "gridmap")
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


@router.post("/language", dependencies=[public])
async def language(request: Request, lang: Text = "", next: Text = "/") -> Response:  # noqa: A002
    """Speak another language from now on."""
    visit = await check_either(request)
    chosen = lang if lang in LANGUAGES else "zh-CN"
    if visit is not None:
        await writing(request, _remember_language, visit, chosen)
    response = see_other(safe_path(next))
    set_cookie(response, site_of(request).settings, "lang", chosen, max_age=YEAR_S)
    return response


@router.post("/theme", dependencies=[public])
async def theme(request: Request, theme: Text = "") -> Response:
    """Light, dark or as the system."""
    await check_either(request)
    response = Response(status_code=204)
    set_cookie(response, site_of(request).settings, "theme", theme if theme in THEMES else "auto", max_age=YEAR_S)
    return response


async def _show(request: Request, *, next: str, username: str = "", error: ExplainedError | None = None) -> Response:  # noqa: A002
    site, text = site_of(request), language_before_sign_in(request)
    tree = await site.runner.read(site.tree.current)
    token = form_token(request)
    said = None if error is None else text.error(error)
    context = {
        **bare_frame(theme_of(request), token, street_name(None, tree, text.language, office_today())),
        "error": None if said is None else f"{said.message} {said.hint}",
        "username": username[:64],
        "next": next,
        "sso_href": None,
        "idle_minutes": int(IDLE.total_seconds() // 60),
        "plan": any(node.level == "cell" for node in tree.nodes),
        "as_of": None,
    }
    html = site.renderer.html("login.html", text.language, context)
    response = HTMLResponse(html, 200 if error is None else status_of(error))
    hand_token(request, response, token)
    return response


async def _refuse(request: Request, error: ExplainedError, username: str, next: str) -> Response:  # noqa: A002
    if wants_json(request):
        return await explain(request, error)
    return await _show(request, next=safe_path(next), username=username, error=error)


def _is_open(unit: UnitOfWork, _site: Site, token: str) -> bool:
    return peek(unit, token)


def _sign_in(unit: UnitOfWork, site: Site, username: str, password: str, request_id: str) -> tuple[str | None, bool]:
    """Give the token; ``None`` after a failure, which is counted and recorded like a success."""
    stranger = not accounts.is_known(unit, username)
    if stranger:
        site.strangers.check(username)
    user = accounts.check_password(unit, site.passwords, username, password)
    if user is None:
        if stranger:
            site.strangers.failed(username)
        _note_failure(unit, site, username, SignInError.code, request_id)
        return None, False
    token = accounts.open_session(unit, user)
    audit.record(unit, actor_of(unit, user.id, request_id=request_id), "session.sign_in")
    return token, user.must_change_password


def _note_failure(unit: UnitOfWork, _site: Site, username: str, reason: str, request_id: str) -> None:
    """Record a failure. A name that is nobody's is not written down: people type passwords into the wrong field."""
    details = {"reason": reason, "request": request_id}
    try:
        details["username"] = accounts.find_user(unit, username).username
    except NotFoundError:
        details["username"] = "-"
    audit.record(unit, None, "session.sign_in_failed", details=details)


def _sign_out(unit: UnitOfWork, _site: Site, visit: Visit) -> None:
    accounts.end_session(unit, visit.session_id)
    audit.record(unit, visit.actor, "session.sign_out")


def _remember_language(unit: UnitOfWork, _site: Site, visit: Visit, chosen: str) -> None:
    accounts.set_language(unit, visit.actor.user_id, chosen.split("-", maxsplit=1)[0])
