"""Map tiles, their description, and the plan on the page to sign in. No personal data, the same for everybody."""

from __future__ import annotations

from typing import Any, Final
from xml.sax.saxutils import quoteattr

from fastapi import APIRouter, Request
from starlette.responses import Response

from geodata.tiles import EncodedTile
from gridmap.access.policy import Action
from gridmap.buildings.plan import Plan
from gridmap.errors import NotFoundError
from gridmap.layers.service import MapLayers
from web.answers import json_response
from web.security.marker import guard, public
from web.site import Site, site_of

router = APIRouter()
map_reader = guard(Action.MAP_READ)

MVT: Final = "application/vnd.mapbox-vector-tile"
FOREVER: Final = "private, max-age=31536000, immutable"
"""A version of a layer never changes; only browsers keep it, no cache in between."""

LAYERS: Final = ("areas", "cells", "buildings", "ground", "labels")


def tile_url(name: str, version: str) -> str:
    """The address of a layer's tiles."""
    return f"/tiles/{name}/{version}/{{z}}/{{x}}/{{y}}.mvt"


def layer_sources(layers: MapLayers) -> dict[str, dict[str, Any]]:
    """Where the map's page finds each layer."""
    sources = {}
    for name in LAYERS:
        first, last = layers.zooms(name)
        sources[name] = {"url": tile_url(name, layers.version), "minzoom": first, "maxzoom": last}
    return sources


@router.get("/tiles/{layer}.json", dependencies=[map_reader])
async def tilejson(request: Request, layer: str) -> Response:
    """TileJSON 3.0 of a layer, with the address of its current version."""
    site = site_of(request)
    described = await site.runner.read(_tilejson, site, layer, str(request.base_url).rstrip("/"))
    return json_response(described, headers={"cache-control": "private, no-cache"})


def _tilejson(site: Site, layer: str, base: str) -> dict[str, Any]:
    layers = site.layers.current()
    return {**layers.tilejson(layer), "tiles": [base + tile_url(layer, layers.version)]}


@router.get("/tiles/{layer}/{version}/{z}/{x}/{y}.mvt", dependencies=[map_reader])
async def tile(request: Request, layer: str, version: str, z: int, x: int, y: int) -> Response:
    """A vector tile; another version than the current one is not found."""
    site = site_of(request)
    found = await site.runner.read(_tile, site, layer, version, (z, x, y))
    headers = {"etag": found.etag, "cache-control": FOREVER, "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    if not found.body_gzip:
        return Response(status_code=204, headers=headers)
    return Response(found.body_gzip, media_type=MVT, headers={**headers, "content-encoding": "gzip"})


def _tile(site: Site, layer: str, version: str, address: tuple[int, int, int]) -> EncodedTile:
    layers = site.layers.current()
    if version != layers.version:
        # Another process may have written since this one last looked.
        layers = site.layers.current(at_once=True)
    if layer not in layers.names:
        raise NotFoundError
    return layers.tile(layer, version, *address)


@router.get("/login/plan.svg", dependencies=[public])
async def plan(request: Request) -> Response:
    """The street as a quiet drawing: cells, outlines, buildings; no names, no figures."""
    site = site_of(request)
    drawing = await site.runner.read(site.plan.current)
    if not drawing.cells:
        raise NotFoundError
    headers = {"cache-control": "private, max-age=300"}
    return Response(plan_svg(drawing), media_type="image/svg+xml", headers=headers)


def plan_svg(drawing: Plan) -> str:
    """The drawing as a document that carries its own colours: an image knows nothing of the page's style."""
    cells = "".join(f"<path d={quoteattr(cell.path)}/>" for cell in drawing.cells)
    outlines = "".join(f"<path d={quoteattr(outline)}/>" for outline in drawing.outlines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width} {drawing.height}"'
        f' preserveAspectRatio="xMidYMid slice"><g fill="#eef2f3" stroke="#c3ced3" stroke-width="1">{cells}</g>'
        f'<path fill="#d3dde1" d={quoteattr(drawing.buildings)}/>'
        f'<g fill="none" stroke="#94a8b2" stroke-width="2.5" stroke-linejoin="round">{outlines}</g></svg>'
    )
