"""Is the server alive? And its static files."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from gridmap.errors import NotFoundError
from web.answers import json_response
from web.security.marker import public
from web.site import Site, site_of

router = APIRouter()
FOREVER = "public, max-age=31536000, immutable"


@router.get("/healthz", dependencies=[public])
async def healthz(request: Request) -> Response:
    """Whether the store answers; says nothing else."""
    await site_of(request).runner.read(_probe, site_of(request))
    return json_response({"status": "ok"})


def _probe(site: Site) -> None:
    site.store.change_numbers()


@router.get("/static/{version}/{path:path}", dependencies=[public])
async def static(request: Request, version: str, path: str) -> Response:
    """A file of the front end; under another version than the current one it is not kept by browsers."""
    files = site_of(request).static
    file = files.files.get(path)
    if file is None:
        raise NotFoundError
    headers = {"etag": file.etag, "cache-control": FOREVER if version == files.version else "no-cache",
               "vary": "accept-encoding"}  # fmt: skip
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    packed = file.body_gzip if "gzip" in request.headers.get("accept-encoding", "") else None
    if packed is not None:
        headers["content-encoding"] = "gzip"
    return Response(packed or file.body, media_type=file.media_type, headers=headers)
