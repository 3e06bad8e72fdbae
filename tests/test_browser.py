"""The shipped map library, in the browser that the tests use, under the product's kind of content security policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.browser import DESK, watched_page
from tests.live import served

pytestmark = pytest.mark.browser

VENDOR = Path(__file__).resolve().parent.parent / "web" / "static" / "vendor"
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css"}
POLICY = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'"
MAP_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>t</title>
<link rel="stylesheet" href="/vendor/maplibre-gl.css"><div id="map"></div>
<script type="module" src="/map.mjs"></script>"""
MAP_SCRIPT = """
import * as maplibregl from '/vendor/maplibre-gl.mjs';
const map = document.getElementById('map');
map.style.width = '100%'; map.style.height = '400px';
const square = {type: 'Feature', id: 1, properties: {name: '第一网格'}, geometry: {type: 'Polygon',
  coordinates: [[[110.34, 20.03], [110.35, 20.03], [110.35, 20.04], [110.34, 20.04], [110.34, 20.03]]]}};
const instance = new maplibregl.Map({container: 'map', center: [110.345, 20.035], zoom: 14,
  style: {version: 8, sources: {cells: {type: 'geojson', data: {type: 'FeatureCollection', features: [square]}}},
    layers: [{id: 'fill', type: 'fill', source: 'cells', paint: {'fill-color': '#3366aa'}},
      {id: 'name', type: 'symbol', source: 'cells',
       layout: {'text-field': ['get', 'name'], 'text-font': ['Noto Sans CJK SC', 'sans-serif']}}]}});
instance.on('error', event => { document.body.dataset.failed = String(event.error); });
instance.on('idle', () => {
  const drawn = instance.queryRenderedFeatures({layers: ['fill', 'name']}).map(feature => feature.layer.id);
  document.body.dataset.drawn = [...new Set(drawn)].sort().join(' '); });
"""


def _answer(body: str, media_type: str) -> Response:
    return Response(body, media_type=media_type, headers={"Content-Security-Policy": POLICY})


def _vendor(request: Request) -> Response:
    path = VENDOR / request.path_params["name"]
    return Response(path.read_bytes(), media_type=TYPES[path.suffix])


def _page(body: str) -> Route:
    return Route("/", lambda request: HTMLResponse(body, headers={"Content-Security-Policy": POLICY}))


@pytest.fixture(scope="module")
def map_origin() -> Iterator[str]:
    """A server of one page with a map, and of the shipped library."""
    script = Route("/map.mjs", lambda request: _answer(MAP_SCRIPT, "text/javascript"))
    icon = Route("/favicon.ico", lambda request: Response(status_code=204))
    with served(Starlette(routes=[_page(MAP_PAGE), script, icon, Route("/vendor/{name}", _vendor)])) as origin:
        yield origin


def test_map_draws_cells_and_chinese_names_offline_under_the_strict_policy(page: Page, map_origin: str) -> None:
    """WebGL2 works without a graphics card, and names are drawn from local fonts with no font server."""
    page.goto(map_origin)
    page.wait_for_selector("body[data-drawn]", timeout=30_000)
    assert page.get_attribute("body", "data-failed") is None
    assert page.get_attribute("body", "data-drawn") == "fill name"


def test_phone_page_is_a_phone(phone_page: Page, map_origin: str) -> None:
    """The phone fixture has the width, the touch and the language of a phone in the field."""
    phone_page.goto(map_origin)
    assert phone_page.evaluate("[window.innerWidth, navigator.maxTouchPoints > 0, navigator.language]") == [
        phone_page.viewport_size["width"] if phone_page.viewport_size else 0, True, "zh-CN",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<img src='http://192.0.2.1/tile.png' alt=''>", r"request outside the served origin: http://192\.0\.2\.1/"),
        ("<script>void 0</script>", "Content Security Policy"),
        ("<script type=module src=/broken.mjs></script>", "page error: .*nothing_like_it"),
    ],
)
def test_a_page_that_misbehaves_fails_its_test(browser: Browser, body: str, complaint: str) -> None:
    """A foreign request, a broken policy and an error in a script are each told apart and fail the test."""
    broken = Route("/broken.mjs", lambda request: _answer("nothing_like_it();", "text/javascript"))
    icon = Route("/favicon.ico", lambda request: Response(status_code=204))
    policy = POLICY if "img" not in body else "img-src *"
    first = Route("/", lambda request: HTMLResponse(body, headers={"Content-Security-Policy": policy}))
    with served(Starlette(routes=[first, broken, icon])) as origin:
        pages = watched_page(browser, DESK, touch=False)
        opened = next(pages)
        opened.goto(origin)
        opened.wait_for_load_state("networkidle")
        with pytest.raises(pytest.fail.Exception, match=re.compile(complaint)):
            next(pages)
