"""Tiles of buildings, z13 to z16, beside PostGIS: served to ten clients, encoded by one caller, and from the cache."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import mapbox_vector_tile
import numpy as np
import psycopg
import shapely
from pyproj import Transformer

from benchmarks.buildings import Buildings, make_buildings
from benchmarks.harness import Result, Size, alternate, result, seconds
from benchmarks.load import Load, load
from benchmarks.tile_servers import TILE_SQL, ZOOMS, make_tile_set
from geodata.tiles import TileSet, tiles_of_bounds
from tests.postgres import private_postgres

CLIENTS = 10
ROUNDS = 3
LEAST_S = 1.0
SAMPLE = {13: 40, 14: 120, 15: 300, 16: 600}
"""Different tiles asked for at each zoom, at most: enough that PostGIS needs a second or two for them."""

PACKAGES = ("numpy", "shapely", "fastapi", "starlette", "uvicorn", "psycopg")

Address = tuple[int, int, int]


class BenchmarkError(RuntimeError):
    """The two sides do not do the same, or a server failed: the figures would mean nothing."""


def served(size: Size) -> list[Result]:
    """Requests a second for tiles encoded on each request, ten clients, one server process each."""
    buildings = make_buildings(size)
    tiles = make_tile_set(buildings)
    results = []
    with database(buildings) as dsn, server("ours", size) as ours, server("postgis", size, dsn) as peer:
        for z in ZOOMS:
            addresses = addresses_of(tiles, z)
            check_equal(tiles, dsn, addresses)
            paths = [f"/tiles/{z}/{x}/{y}" for z, x, y in addresses]
            figures, loads = rates(ours, peer, paths)
            details = {"different tiles": len(paths)} | described(*loads)
            name, peer_name = f"tiles z{z}", "ST_AsMVT, psycopg pool"
            results.append(
                result(name, size, figures, unit="requests/s", peer_name=peer_name, packages=PACKAGES, details=details)
            )
    return results


def warm(size: Size) -> list[Result]:
    """Requests a second for tiles from the cache, beside a route that answers nothing."""
    tiles = make_tile_set(make_buildings(size))
    results = []
    with server("ours", size) as ours:
        for z in ZOOMS:
            addresses = addresses_of(tiles, z)
            paths = [f"/cached/{z}/{x}/{y}" for z, x, y in addresses]
            load(ours.port, paths, clients=1, least_s=0)
            figures, loads = rates(ours, ours, paths, [path.replace("cached", "empty") for path in paths])
            name, peer_name = f"tiles warm z{z}", "empty route"
            results.append(
                result(
                    name,
                    size,
                    figures,
                    unit="requests/s",
                    peer_name=peer_name,
                    packages=PACKAGES,
                    details=described(*loads),
                )
            )
    return results


def encoded(size: Size) -> list[Result]:
    """Milliseconds a tile for one caller without HTTP; and the seconds it takes to lay out each zoom beforehand."""
    buildings = make_buildings(size)
    tiles = make_tile_set(buildings)
    results = []
    with database(buildings) as dsn, psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as connection:
        for z in ZOOMS:
            layout_s = seconds(lambda z=z: tiles["buildings"].prepare([z]))  # type: ignore[misc]
            addresses = addresses_of(tiles, z)
            check_equal(tiles, dsn, addresses)

            def ours(addresses: list[Address] = addresses) -> float:
                return seconds(lambda: [tiles.encode(*address) for address in addresses]) * 1e3 / len(addresses)

            def peer(addresses: list[Address] = addresses) -> float:
                return seconds(lambda: [postgis_tile(connection, a) for a in addresses]) * 1e3 / len(addresses)

            figures = alternate(ours, peer, rounds=ROUNDS)
            details = {"seconds to lay out the zoom": round(layout_s, 3), "different tiles": len(addresses)}
            name, peer_name = f"tiles encode z{z}", "ST_AsMVT, one connection"
            results.append(
                result(name, size, figures, unit="ms", peer_name=peer_name, packages=PACKAGES, details=details)
            )
    return results


# --- the two sides ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    """A server process listening on a loopback port."""

    port: int


@contextlib.contextmanager
def server(kind: str, size: Size, *rest: str) -> Iterator[Server]:
    """Start a server of :mod:`benchmarks.tile_servers` and end it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "benchmarks.tile_servers", kind, str(port), size.value, *rest]
    with subprocess.Popen(command) as process:
        try:
            wait_for(process, port)
            yield Server(port)
        finally:
            process.terminate()


def wait_for(process: subprocess.Popen[bytes], port: int, patience_s: float = 120.0) -> None:
    """Return once the port answers; raises BenchmarkError if the process ends or takes too long."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise BenchmarkError("a tile server did not start")


@contextlib.contextmanager
def database(buildings: Buildings) -> Iterator[str]:
    """A private PostGIS with the buildings stored in EPSG:3857, ordered along the index, vacuumed; gives its DSN."""
    with private_postgres() as cluster:
        cluster.create_database("tiles")
        dsn = f"host='{cluster.host}' port={cluster.port} dbname=tiles user=gridmap"
        transformer = Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True)
        metres = shapely.transform(
            buildings.footprints, lambda points: np.stack(transformer.transform(*points.T), axis=1)
        )
        columns = [buildings.ids.tolist(), *(column.tolist() for column in buildings.attributes.values())]
        shapes = shapely.to_wkb(shapely.set_srid(metres, 3857), hex=True, include_srid=True).tolist()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE buildings (id integer PRIMARY KEY, floors integer, use integer, year integer,"
                " dwellings integer, geom geometry(Polygon, 3857))"
            )
            with connection.cursor().copy("COPY buildings FROM STDIN") as copy:
                for row in zip(*columns, shapes, strict=True):
                    copy.write_row(row)
            connection.execute("CREATE INDEX place ON buildings USING gist (geom)")
            connection.execute("CLUSTER buildings USING place")
            connection.execute("VACUUM ANALYZE buildings")
        yield dsn


def postgis_tile(connection: psycopg.Connection[tuple[bytes]], address: Address) -> bytes:
    """One tile from PostGIS."""
    z, x, y = address
    found = connection.cursor(binary=True).execute(TILE_SQL, {"z": z, "x": x, "y": y}).fetchone()
    return bytes(found[0]) if found else b""


# --- what is measured ------------------------------------------------------------------------------------------------


def addresses_of(tiles: TileSet, z: int) -> list[Address]:
    """Up to SAMPLE tiles of a zoom that hold buildings, the same ones each time."""
    bounds = tiles.bounds()
    assert bounds is not None
    columns, rows = tiles_of_bounds(bounds, z)
    every = [(z, x, y) for x in columns for y in rows]
    chosen = np.random.default_rng(z).permutation(len(every))
    filled = (every[number] for number in chosen.tolist() if tiles.encode(*every[number]))
    return [address for address, _ in zip(filled, range(SAMPLE[z]), strict=False)]


def check_equal(tiles: TileSet, dsn: str, addresses: list[Address]) -> None:
    """Both sides must hold the same buildings, but for those that only touch the edge of the buffer."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for address in addresses[:3]:
            ours, peer = (
                {feature["id"] for feature in mapbox_vector_tile.decode(tile)["buildings"]["features"]}
                for tile in (tiles.encode(*address), postgis_tile(connection, address))
            )
            if len(ours ^ peer) > max(3, 0.02 * len(peer)):
                raise BenchmarkError(f"tile {address}: {len(ours)} buildings here, {len(peer)} in PostGIS")


def rates(
    ours: Server, peer: Server, paths: list[str], peer_paths: list[str] | None = None
) -> tuple[tuple[float, float], tuple[Load, Load]]:
    """Requests a second of both sides, taking turns, and the last load of each."""
    last: dict[str, Load] = {}

    def measured(side: str, target: Server, asked: list[str]) -> float:
        found = load(target.port, asked, clients=CLIENTS, least_s=LEAST_S)
        if found.failures:
            raise BenchmarkError(f"{found.failures} requests failed")
        last[side] = found
        return found.rate

    def measure_ours() -> float:
        return measured("ours", ours, paths)

    def measure_peer() -> float:
        return measured("peer", peer, peer_paths or paths)

    measure_ours(), measure_peer()
    return alternate(measure_ours, measure_peer, rounds=ROUNDS), (last["ours"], last["peer"])


def described(ours: Load, peer: Load) -> dict[str, object]:
    """Answer times and sizes of the last round."""
    return {
        f"{side} p50/p99 ms, bytes a tile": (
            round(found.percentile_ms(50), 2),
            round(found.percentile_ms(99), 2),
            found.body_bytes // len(found.latencies_s),
        )
        for side, found in (("ours", ours), ("peer", peer))
    }
