"""Two small servers of the same tiles: our encoder, and PostGIS behind the same framework.

``python -m benchmarks.tile_servers ours|postgis PORT SIZE [DSN]``; started by :mod:`benchmarks.tiles`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

from benchmarks.buildings import Buildings, make_buildings
from benchmarks.harness import Size
from geodata.tiles import CachedTiles, TileCache, TileLayer, TileSet

ZOOMS = (13, 14, 15, 16)
POOL_SIZE = 10

TILE_SQL = """
SELECT ST_AsMVT(tile, 'buildings', 4096, 'geom', 'id') FROM (
    SELECT id, floors, use, year, dwellings,
           ST_AsMVTGeom(geom, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom
    FROM buildings
    WHERE geom && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096)
) AS tile WHERE geom IS NOT NULL
"""
"""The plain query of the PostGIS manual, over geometry stored in EPSG:3857 under a GiST index."""

_TYPE = "application/vnd.mapbox-vector-tile"


def make_tile_set(buildings: Buildings) -> TileSet:
    """The buildings as a layer of the measured zooms; nothing is dropped or simplified, as the peer does neither."""
    zooms = (ZOOMS[0], ZOOMS[-1])
    return TileSet([TileLayer("buildings", buildings.footprints, buildings.ids, buildings.attributes, zooms=zooms)])


def our_server(size: Size) -> FastAPI:
    """Tiles encoded for each request under /tiles, from the cache under /cached, and an /empty route as floor."""
    tiles = make_tile_set(make_buildings(size))
    tiles["buildings"].prepare()
    cached = CachedTiles(tiles, "1", TileCache(256_000_000))
    app = FastAPI()

    @app.get("/tiles/{z}/{x}/{y}")
    async def tile(z: int, x: int, y: int) -> Response:
        return Response(tiles.encode(z, x, y), media_type=_TYPE)

    @app.get("/cached/{z}/{x}/{y}")
    async def cached_tile(z: int, x: int, y: int) -> Response:
        found = cached.get(z, x, y)
        headers = {"content-encoding": "gzip", "etag": found.etag}
        return Response(found.body_gzip, media_type=_TYPE, headers=headers)

    @app.get("/empty/{z}/{x}/{y}")
    async def empty(z: int, x: int, y: int) -> Response:  # noqa: ARG001 - parses what the others parse
        return Response(b"", media_type=_TYPE)

    return app


def postgis_server(dsn: str) -> FastAPI:
    """Tiles from ST_AsMVT through a pool of asynchronous connections with prepared statements."""
    pool: asyncio.LifoQueue[psycopg.AsyncConnection[tuple[bytes]]] = asyncio.LifoQueue()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for _number in range(POOL_SIZE):
            connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=0)
            pool.put_nowait(connection)
        yield
        while not pool.empty():
            await pool.get_nowait().close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/tiles/{z}/{x}/{y}")
    async def tile(z: int, x: int, y: int) -> Response:
        connection = await pool.get()
        try:
            cursor = connection.cursor(binary=True)
            await cursor.execute(TILE_SQL, {"z": z, "x": x, "y": y})
            found = await cursor.fetchone()
        finally:
            pool.put_nowait(connection)
        return Response(bytes(found[0]) if found else b"", media_type=_TYPE)

    return app


def main() -> None:
    """Serve one of the two on a loopback port."""
    kind, port, size, *rest = sys.argv[1:]
    app = our_server(Size(size)) if kind == "ours" else postgis_server(rest[0])
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
