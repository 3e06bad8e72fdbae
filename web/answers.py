"""Answers: pages, fragments, JSON, and what an error becomes for each kind of reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Final, ParamSpec
from urllib.parse import quote

import orjson
from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from geodata.errors import ExplainedError
from gridmap.access.policy import Action, allows
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import NotFoundError, NotSignedInError
from gridmap.i18n import Translator, translator
from gridmap.reviewing.queue import waiting_for
from gridmap.rosters.export import Draft, File, hand_over
from web.errors import PasswordChangeRequiredError, status_of
from web.frame import areas_label, bare_frame, frame
from web.security.session import language_before_sign_in, theme_of
from web.security.visit import Visit
from web.site import Site, site_of

P = ParamSpec("P")
PROBLEM: Final = "application/problem+json"
PIECE: Final = 65_536
Context = dict[str, Any]
TITLES: Final = {401: "Please sign in", 403: "Not allowed", 404: "Not found"}


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON by orjson; arrays of numbers are written as they are."""
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    return Response(body, status, media_type="application/json", headers=headers)


async def reading(
    request: Request, job: Callable[Concatenate[UnitOfWork, Site, P], Any], /, *args: P.args, **kwargs: P.kwargs
) -> Any:
    """Run a job in a reading unit of work."""
    site = site_of(request)

    def run() -> Any:
        with site.store.read() as unit:
            return job(unit, site, *args, **kwargs)

    return await site.runner.read(run)


async def writing(
    request: Request, job: Callable[Concatenate[UnitOfWork, Site, P], Any], /, *args: P.args, **kwargs: P.kwargs
) -> Any:
    """Run a job in a unit of work that commits at its end: the audit entry is durable before the answer leaves."""
    site = site_of(request)

    def run() -> Any:
        with site.store.write() as unit:
            return job(unit, site, *args, **kwargs)

    return await site.runner.write(run)


async def page(
    request: Request, visit: Visit, template: str, active: str, context: Context, status: int = 200
) -> Response:
    """A whole page for a signed-in user."""
    site = site_of(request)
    around = await site.runner.read(_around, site, visit, active)
    return HTMLResponse(site.renderer.html(template, visit.lang, {**around, **context}), status)


def _around(site: Site, visit: Visit, active: str) -> Context:
    count = None
    if allows(visit.actor, Action.REVIEW_DECIDE):
        with site.store.read() as unit:
            count = waiting_for(unit, visit.actor).total
    return frame(visit, site.tree.current(), active, review_count=count)


def fragment(request: Request, visit: Visit, template: str, context: Context, status: int = 200) -> Response:
    """A piece of a page."""
    renderer = site_of(request).renderer
    return HTMLResponse(renderer.html(template, visit.lang, {"as_of": visit.today, **context}), status)


async def handed_over(request: Request, visit: Visit, draft: Draft) -> Response:
    """A list as a file, in pieces, after its entry in the log is durable."""
    return file_response(await writing(request, lambda unit, _site: hand_over(unit, visit.actor, draft)))


def file_response(file: File) -> Response:
    """A file to be kept, in pieces."""
    content = file.content
    pieces = (content[start : start + PIECE] for start in range(0, len(content), PIECE))
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "content-length": str(len(content)),
    }
    return StreamingResponse(pieces, media_type=file.media_type, headers=headers)


def see_other(path: str) -> Response:
    """Go on to a page after a form."""
    return RedirectResponse(path, 303)


def safe_path(path: str | None, default: str = "/") -> str:
    """A path on this server; anything else becomes the default."""
    plain = path is not None and path.startswith("/") and not path.startswith(("//", "/\\"))
    if path is None or not plain or any(ord(character) < 32 for character in path):
        return default
    return path


# --- errors ----------------------------------------------------------------------------------------------------------


async def explain(request: Request, error: ExplainedError) -> Response:
    """An error as this reader can use it: JSON for programs, a fragment for the drawer, else a page."""
    status = status_of(error)
    path = request.url.path
    if path.startswith(("/api/", "/tiles/")) or wants_json(request):
        return problem(request, error, status)
    signed_out = isinstance(error, NotSignedInError)
    if request.headers.get("hx-request") or path.startswith("/fragments/"):
        response = await _error_fragment(request, error, status)
        if signed_out:
            response.headers["hx-redirect"] = "/login"
        return response
    if isinstance(error, PasswordChangeRequiredError):
        return see_other("/account")
    if signed_out and request.method in {"GET", "HEAD"}:
        return _to_login(request)
    return await _error_page(request, error, status)


def wants_json(request: Request) -> bool:
    """Whether a program asks."""
    accept = request.headers.get("accept", "")
    return "json" in accept and "html" not in accept


def problem(request: Request, error: ExplainedError, status: int) -> Response:
    """RFC 9457 problem details."""
    said = _text(request).error(error)
    body = {"status": status, "code": said.code, "title": said.message, "message": said.message, "hint": said.hint}
    return Response(orjson.dumps(body), status, media_type=PROBLEM)


def _text(request: Request) -> Translator:
    visit: Visit | None = getattr(request.state, "visit", None)
    return visit.text if visit is not None else language_before_sign_in(request)


def _to_login(request: Request) -> Response:
    """Ask to sign in and come back. A link followed from another program carries no strict cookie: then the page is
    asked for once more from here, which does."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        return HTMLResponse('<!doctype html><meta http-equiv="refresh" content="0"><title>gridmap</title>')
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return see_other("/login" if here == "/" else f"/login?next={quote(here, safe='/?&=:,')}")


async def _denied(request: Request, text: Translator) -> Context:
    site, visit = site_of(request), request.state.visit
    tree = await site.runner.read(site.tree.current)
    label = areas_label(visit.actor, tree, text, visit.today)
    return {"what": text.gettext("What this link leads to"), "areas_label": label, "ask": None, "home_href": "/"}


async def _error_fragment(request: Request, error: ExplainedError, status: int) -> Response:
    text = _text(request)
    said = text.error(error)
    renderer = site_of(request).renderer
    known = getattr(request.state, "visit", None) is not None
    if isinstance(error, NotFoundError) and known:
        html = renderer.html("fragments/no-access.html", text.language, {"denied": await _denied(request, text)})
    else:
        shown = {"code": said.code, "message": said.message, "hint": said.hint, "retry_href": _retry(request, status)}
        html = renderer.html("fragments/error.html", text.language, {"error": shown})
    return HTMLResponse(html, status)


def _retry(request: Request, status: int) -> str | None:
    return request.url.path if status >= 500 and request.method == "GET" else None


async def _error_page(request: Request, error: ExplainedError, status: int) -> Response:
    site, text = site_of(request), _text(request)
    visit: Visit | None = getattr(request.state, "visit", None)
    shown = _shown(error, status, text)
    denied = await _denied(request, text) if visit is not None and status == 403 else None
    around = bare_frame(theme_of(request))
    if visit is not None and status < 500:  # a store that does not answer must not spoil the answer that says so
        around = await site.runner.read(_around, site, visit, "")
    html = site.renderer.html("error.html", text.language, {**around, "error": shown, "denied": denied, "as_of": None})
    return HTMLResponse(html, status)


def _shown(error: ExplainedError, status: int, text: Translator) -> Context:
    said = text.error(error)
    title = TITLES.get(status, "The server could not answer" if status >= 500 else "This did not work")
    return {
        "status": status,
        "code": said.code,
        "title": text.gettext(title),
        "message": said.message,
        "hint": said.hint,
        "id": error.params.get("id"),
    }


def explain_plainly(site: Site, language: str, theme: str, error: ExplainedError, *, as_json: bool) -> Response:
    """An error answered from outside the application, with nothing but the error itself."""
    status = status_of(error)
    said = translator(language).error(error)
    if as_json:
        body = {"status": status, "code": said.code, "title": said.message, "message": said.message, "hint": said.hint}
        return Response(orjson.dumps(body), status, media_type=PROBLEM)
    shown = _shown(error, status, translator(language))
    context = {**bare_frame(theme), "error": shown, "denied": None, "as_of": None}
    return HTMLResponse(site.renderer.html("error.html", language, context), status)
