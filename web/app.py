"""The application: made from a store and settings, never at import time."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from geodata.errors import ExplainedError
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import ATTEMPTS_BEFORE_LOCK, LOCK
from gridmap.areas.tree import load_tree
from gridmap.batches.waiting import waiting_folder
from gridmap.bootstrap import Store
from gridmap.buildings.plan import draw_plan
from gridmap.compliance.rules import load_rules
from gridmap.compliance.service import Assessment, make_figures
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.indicators.cache import Followed, SnapshotCache
from gridmap.layers.service import LayerCache
from gridmap.rosters.service import Rosters
from web.answers import explain, explain_plainly, wants_json
from web.desk import Desk
from web.errors import MethodError, UnexpectedError
from web.render import Renderer, product_version
from web.routes import ROUTERS
from web.runner import Runner
from web.security.marker import require_markers
from web.security.session import language_before_sign_in, theme_of
from web.security.shield import Shield
from web.security.throttle import Throttle
from web.settings import Settings
from web.site import Site, office_today
from web.static_files import StaticFiles


def create_app(store: Store, settings: Settings | None = None) -> FastAPI:
    """Make the application that serves a register.

    Raises:
        UnmarkedRouteError: a route does not say who may call it.
    """
    settings = settings or Settings()
    site = make_site(store, settings)
    app = FastAPI(
        title="gridmap", version=product_version(), openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan
    )
    # Routes are laid flat into the application, so that one walk over app.routes sees every one of them.
    app.router.routes.clear()
    app.router.redirect_slashes = False
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    require_markers(app.routes)
    app.state.site = site
    app.add_exception_handler(ExplainedError, _explained)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(Shield, settings=settings, answer=_answer)
    return app


def make_site(store: Store, settings: Settings) -> Site:
    """Put the parts of a server together."""
    static = StaticFiles()
    rules = load_rules(settings.rules_file)
    tree = Followed(store, ("geometry",), lambda unit, _: load_tree(unit))
    figures = make_figures(SnapshotCache(store), rules=rules)
    return Site(
        store=store,
        settings=settings,
        runner=Runner(store.dialect, settings.read_threads),
        passwords=Passwords(cheap=settings.cheap_passwords),
        throttle=Throttle(),
        strangers=Throttle(ATTEMPTS_BEFORE_LOCK, LOCK.total_seconds()),
        tree=tree,
        layers=LayerCache(store, office_today, max_bytes=settings.tile_cache_mb * 1_048_576),
        plan=Followed(
            store, ("geometry",), lambda unit, _: draw_plan(unit, load_tree(unit), office_today(), with_buildings=True)
        ),
        figures=figures,
        rosters=Rosters(store, figures),
        assessment=Assessment(figures, rules),
        desk=Desk(store, upload_folder(store, settings), upload_mb=settings.upload_mb, apart=settings.read_apart),
        renderer=Renderer(static.url),
        static=static,
    )


def upload_folder(store: Store, settings: Settings) -> Path:
    """Where uploads wait: beside the register's file, or beside the key of a database; where that cannot be written to,
    in a private temporary folder, which a new start does not find again."""
    if settings.upload_folder is not None:
        return settings.upload_folder
    folder = waiting_folder(store.location)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="gridmap-uploads-"))
    return folder


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    site: Site = app.state.site
    site.runner.ahead(_warm_up, site)
    yield
    await site.runner.close()
    site.desk.close()


def _warm_up(site: Site) -> None:
    """Read what the first map needs, so that the first reader need not wait for it."""
    today = office_today()
    site.layers.current()
    site.assessment.verdicts(today)
    site.plan.current()


def _answer(scope: Scope, error: ExplainedError, request_id: str) -> ASGIApp:
    """The response to what reached the outermost layer."""
    request = StarletteRequest(scope)
    request.state.request_id = request_id
    as_json = scope["path"].startswith(("/api/", "/tiles/")) or wants_json(request)
    language = language_before_sign_in(request).language
    return explain_plainly(request.app.state.site, language, theme_of(request), error, as_json=as_json)


async def _explained(request: Request, error: Exception) -> Response:
    assert isinstance(error, ExplainedError)  # noqa: S101 - registered for this class alone
    return await explain(request, error)


async def _http_exception(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: unknown addresses, wrong methods, unreadable bodies."""
    if isinstance(error.__cause__, ExplainedError):  # what stopped the reading of a body
        return await explain(request, error.__cause__)
    status = error.status_code if isinstance(error, HTTPException) else 500
    known: dict[int, ExplainedError] = {404: NotFoundError(), 405: MethodError()}
    unreadable = InvalidInputError(field="Request", reason="cannot be read")
    if status >= 500:
        return await explain(request, UnexpectedError(id=request.state.request_id))
    return await explain(request, known.get(status, unreadable))


async def _invalid(request: Request, error: Exception) -> Response:
    """A parameter of the wrong kind. In a path it names nothing; elsewhere the field is named, never the value."""
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    first = problems[0] if problems else {"loc": ("body",)}
    place = [str(part) for part in first["loc"]]
    if place[0] == "path":
        return await explain(request, NotFoundError())
    return await explain(request, InvalidInputError(field=place[-1], reason="not a usable value"))
