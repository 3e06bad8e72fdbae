"""Counts of every cell at a date: our arrays beside PostgreSQL's GROUP BY over the same tables.

Both sides are checked to give the same figures for every cell before anything is timed.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from datetime import date
from uuid import UUID

import numpy as np
import psycopg
from sqlalchemy import make_url

from benchmarks.harness import Result, Size, alternate, result, seconds
from geodata.city import make_city
from gridmap.demo.load import load_city
from gridmap.demo.population import make_population
from gridmap.indicators.cells import AreaTable, area_table
from gridmap.indicators.dates import BAND_YEARS, BANDS, birthday_limit
from gridmap.indicators.registry import shipped_registry
from gridmap.indicators.snapshot import Snapshot, load_snapshot
from gridmap.store.keys import MasterKey
from gridmap.store.migrate import upgrade
from gridmap.store.store import Store, open_store
from tests.postgres import private_postgres

AS_OF = date(2026, 11, 20)
REGISTRY = shipped_registry()
TERMS = REGISTRY.terms()
COVERAGE_DAYS, FRESH_DAYS = 90, 180
PACKAGES = ("numpy", "pandas", "psycopg")
Connection = psycopg.Connection[tuple[object, ...]]

_AT = "{0}.valid_from <= date '2026-11-20' AND ({0}.valid_to IS NULL OR {0}.valid_to > date '2026-11-20')"
_LIVE = f"""
    SELECT r.region, r.person_id, r.household_id, r.building_id, r.dwelling_id, r.relationship,
           coalesce(c.cell_id, b.area_id, r.area_id) AS place
    FROM residence r
    LEFT JOIN building b ON b.region = r.region AND b.id = r.building_id
    LEFT JOIN building_cell c ON c.region = r.region AND c.building_id = r.building_id AND c.main AND {_AT.format("c")}
    WHERE r.principal AND r.superseded_at IS NULL AND {_AT.format("r")}
"""
_VISITED = """
    SELECT region, dwelling_id, max(verified_on) AS day FROM verification
    WHERE verified_on <= date '2026-11-20' GROUP BY region, dwelling_id
"""


def _people_sql() -> tuple[str, tuple[str, ...]]:
    """Everything about persons, and the names of its columns."""
    limits = [birthday_limit(AS_OF, age) for age in range(BAND_YEARS * (len(BANDS) - 1), 0, -BAND_YEARS)]
    days = ", ".join(f"date '{limit}' + 1" for limit in limits)
    oldest = len(BANDS) - 1
    tests = {
        "population": "true",
        "male": "sex = '1'",
        "female": "sex = '2'",
        **{f"age_{name}": f"band = {oldest - number}" for number, name in enumerate(BANDS)},
        "age_unknown": "band IS NULL",
        **{name: f"presence = '{name}'" for name in ("registered_present", "registered_away", "floating")},
        "marital_single": "marital_status = '10'",
        "marital_married": "marital_status IN ('20', '21', '22', '23')",
        "marital_widowed": "marital_status = '30'",
        "marital_divorced": "marital_status = '40'",
        "located": "dwelling_id IS NOT NULL",
        "complete": "name IS NOT NULL AND sex IS NOT NULL AND birth_date IS NOT NULL AND id_number IS NOT NULL"
        " AND relationship IS NOT NULL AND presence IS NOT NULL",
    }
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests.values())
    return (
        f"""
        SELECT place, {counts}
        FROM (
            SELECT live.place, live.dwelling_id, live.relationship, p.sex, p.birth_date, p.id_number, a.name,
                   a.presence, a.marital_status, width_bucket(p.birth_date, ARRAY[{days}]) AS band
            FROM ({_LIVE}) live
            JOIN person p ON p.region = live.region AND p.id = live.person_id
            LEFT JOIN person_attribute a ON a.region = live.region AND a.person_id = live.person_id
                 AND a.superseded_at IS NULL AND {_AT.format("a")}
        ) person GROUP BY place
        """,
        tuple(tests),
    )


def _household_sql() -> tuple[str, tuple[str, ...]]:
    return (
        f"""
        SELECT place, count(*), count(*) FILTER (WHERE day >= date '2026-11-20' - {FRESH_DAYS})
        FROM (
            SELECT DISTINCT live.region, live.household_id, live.place, live.dwelling_id FROM ({_LIVE}) live
            WHERE live.household_id IS NOT NULL
        ) home LEFT JOIN ({_VISITED}) visited USING (region, dwelling_id)
        GROUP BY place
        """,
        ("households", f"households_verified_{FRESH_DAYS}"),
    )


def _dwelling_sql() -> tuple[str, tuple[str, ...]]:
    fresh = f"day >= date '2026-11-20' - {COVERAGE_DAYS}"
    let, several = "tenure = 'let'", "households >= 2"
    tests = {
        "dwellings": "true",
        "state_unverified": f"({fresh}) IS NOT TRUE",
        "state_several": f"{fresh} AND {several}",
        "state_let": f"{fresh} AND ({several}) IS NOT TRUE AND {let}",
        "state_floating": f"{fresh} AND ({several}) IS NOT TRUE AND ({let}) IS NOT TRUE AND floating > 0",
        "state_registered": f"{fresh} AND ({several}) IS NOT TRUE AND ({let}) IS NOT TRUE AND floating = 0",
        "state_vacant": f"{fresh} AND ({let}) IS NOT TRUE AND people IS NULL",
        "dwellings_let": let,
        "dwellings_occupied": f"({let}) IS NOT TRUE AND people > 0",
        "dwellings_vacant": f"({let}) IS NOT TRUE AND people IS NULL AND (tenure = 'vacant' OR {fresh})",
        f"dwellings_verified_{COVERAGE_DAYS}": fresh,
    }
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests.values())
    return (
        f"""
        SELECT place, {counts}
        FROM (
            SELECT coalesce(c.cell_id, b.area_id) AS place, visited.day, s.tenure, living.people, living.households,
                   living.floating
            FROM dwelling d
            JOIN building b ON b.region = d.region AND b.id = d.building_id
            LEFT JOIN building_cell c ON c.region = b.region AND c.building_id = b.id AND c.main AND {_AT.format("c")}
            LEFT JOIN ({_VISITED}) visited ON visited.region = d.region AND visited.dwelling_id = d.id
            LEFT JOIN dwelling_state s ON s.region = d.region AND s.dwelling_id = d.id AND s.superseded_at IS NULL
                 AND {_AT.format("s")}
            LEFT JOIN (
                SELECT live.region, live.dwelling_id, count(*) AS people,
                       count(DISTINCT live.household_id) AS households,
                       count(*) FILTER (WHERE a.presence = 'floating') AS floating
                FROM ({_LIVE}) live
                LEFT JOIN person_attribute a ON a.region = live.region AND a.person_id = live.person_id
                     AND a.superseded_at IS NULL AND {_AT.format("a")}
                WHERE live.dwelling_id IS NOT NULL GROUP BY live.region, live.dwelling_id
            ) living ON living.region = d.region AND living.dwelling_id = d.id
            WHERE (b.valid_from IS NULL OR b.valid_from <= date '2026-11-20')
              AND (b.valid_to IS NULL OR b.valid_to > date '2026-11-20')
        ) room GROUP BY place
        """,
        tuple(tests),
    )


QUERIES = (_people_sql(), _household_sql(), _dwelling_sql())


def cells_at_a_date(size: Size) -> list[Result]:
    """All counts of all cells and the shipped indicators from them, beside three GROUP BY queries."""
    with register(size) as (store, connection):
        loading = seconds(lambda: _load(store))
        snapshot = _load(store)
        table = _ours(snapshot)
        _compare(table, _peer(connection))
        figures = alternate(lambda: seconds(lambda: _ours(snapshot)), lambda: seconds(lambda: _peer(connection)))
    return [
        result(
            "stats",
            size,
            (figures[0] * 1e3, figures[1] * 1e3),
            unit="ms",
            peer_name="PostgreSQL GROUP BY",
            packages=PACKAGES,
            details={
                "residents": int(table["population"].sum()),
                "cells": len(table),
                "counts": len(table.names),
                "counts of the peer": sum(len(names) for _, names in QUERIES),
                "reading the register into arrays, s": round(loading, 2),
            },
        )
    ]


@contextlib.contextmanager
def register(size: Size) -> Iterator[tuple[Store, Connection]]:
    """The synthetic city of a size in a private PostgreSQL, vacuumed, and a connection with room to work in memory."""
    city = make_city(size.value)
    population = make_population(city, as_of=AS_OF)
    with private_postgres() as cluster:
        location = cluster.create_database("stats")
        store = open_store(location, MasterKey(secrets.token_bytes(32)))
        try:
            upgrade(store)
            with store.write() as unit:
                load_city(unit, city, population)
            url = make_url(location).set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("SET work_mem = '256MB'")
                yield store, connection
        finally:
            store.close()


def _load(store: Store) -> Snapshot:
    with store.read() as unit:
        return load_snapshot(unit)


def _ours(snapshot: Snapshot) -> AreaTable:
    cells = area_table(snapshot, AS_OF, TERMS).cells
    for name in REGISTRY.indicators:
        REGISTRY.values(cells, name)
    return cells


def _peer(connection: Connection) -> list[list[tuple[object, ...]]]:
    return [connection.execute(query).fetchall() for query, _ in QUERIES]


def _compare(table: AreaTable, peer: list[list[tuple[object, ...]]]) -> None:
    """Every count of the peer for every cell is ours."""
    tree = table.occupancy.snapshot.areas
    place = {tree.ids[position]: row for row, position in enumerate(table.rows.tolist())}
    for rows, (_, names) in zip(peer, QUERIES, strict=True):
        found = np.zeros((len(table), len(names)), dtype=np.int64)
        for area, *counts in rows:
            if isinstance(area, UUID) and area in place:
                found[place[area]] = np.array(counts, dtype=np.int64)
        for column, name in enumerate(names):
            if not np.array_equal(found[:, column], table[name]):
                raise AssertionError(f"the two sides differ in {name}")
