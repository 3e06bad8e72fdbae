"""Placing buildings in cells: by largest overlap of the footprint, dated, whenever cells or buildings change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import geopandas as gpd
import numpy as np
import shapely
import sqlalchemy as sa

from geodata.assign import Assignment, assign_by_overlap, nearest_cell_distance_m
from geodata.issues import Issue, Severity
from gridmap.areas.models import Area
from gridmap.areas.node import BEGINNING, CELL
from gridmap.buildings.models import Building, BuildingCell
from gridmap.buildings.repository import valid_at
from gridmap.changes.journal import Journal
from gridmap.store.bulk import bulk_insert
from gridmap.store.store import UnitOfWork

LONLAT = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class Placement:
    """Which buildings changed their cells, and the buildings that need a look."""

    placed: int
    changed: int
    straddlers: int
    orphans: int
    issues: list[Issue]


def cells_in_force(unit: UnitOfWork, day: date) -> tuple[list[UUID], gpd.GeoDataFrame]:
    """Ids and polygons (lon/lat) of all cells on a day, in the order of their codes."""
    rows = unit.session.execute(
        sa.select(Area.id, Area.geometry)
        .where(Area.level == CELL, Area.geometry.is_not(None), valid_at(Area, day))
        .order_by(Area.code, Area.id)
    ).all()
    return [row[0] for row in rows], frame_of([row[1] for row in rows])


def frame_of(shapes: Iterable[bytes | None]) -> gpd.GeoDataFrame:
    """A frame of WKB geometries in lon/lat."""
    geometries = shapely.from_wkb(np.array(list(shapes), dtype=object))
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(list(geometries), crs=LONLAT))


def place_buildings(
    unit: UnitOfWork, regions: Iterable[int], day: date = BEGINNING, *, journal: Journal | None = None
) -> Placement:
    """Bring ``building_cell`` of some regions up to date from ``day`` on; what is replaced is kept in the journal.

    A building belongs whole to the cell with the largest share; the other shares are kept as information. Buildings
    whose cells did not change keep their rows.
    """
    wanted = sorted(set(regions))
    rows = unit.session.execute(
        sa.select(Building.region, Building.id, Building.footprint)
        .where(Building.region.in_(wanted), Building.footprint.is_not(None))
        .order_by(Building.region, Building.id)
    ).all()
    cells, grid = cells_in_force(unit, max(day, unit.now.date()) if day == BEGINNING else day)
    if not rows:
        return Placement(0, 0, 0, 0, [])
    footprints = frame_of([row[2] for row in rows])
    if not cells:
        return Placement(len(rows), 0, 0, len(rows), [])
    found = assign_by_overlap(footprints, grid)
    keys = [(row[0], row[1]) for row in rows]
    changed = _write(unit, journal, wanted, (keys, cells, found), day)
    return Placement(
        placed=len(rows),
        changed=changed,
        straddlers=len(found.straddlers),
        orphans=len(found.orphans),
        issues=_findings(footprints, grid, found),
    )


def _shares(
    keys: list[tuple[int, UUID]], cells: list[UUID], found: Assignment
) -> dict[tuple[int, UUID], dict[UUID, tuple[float, bool]]]:
    """Building → cell → (share, main)."""
    result: dict[tuple[int, UUID], dict[UUID, tuple[float, bool]]] = {}
    straddling = set(found.straddlers.tolist())
    for position in np.flatnonzero(found.cell >= 0).tolist():
        if position not in straddling:
            result[keys[position]] = {cells[int(found.cell[position])]: (float(found.share[position]), True)}
    pieces = found.pieces
    triples = zip(pieces["feature"].tolist(), pieces["cell"].tolist(), pieces["share"].tolist(), strict=True)
    for feature, cell, share in triples:
        result.setdefault(keys[feature], {})[cells[cell]] = (share, bool(cell == found.cell[feature]))
    return result


def _write(
    unit: UnitOfWork,
    journal: Journal | None,
    regions: list[int],
    placed: tuple[list[tuple[int, UUID]], list[UUID], Assignment],
    day: date,
) -> int:
    keys, cells, found = placed
    fresh = _shares(keys, cells, found)
    columns = (
        BuildingCell.region,
        BuildingCell.building_id,
        BuildingCell.cell_id,
        BuildingCell.share,
        BuildingCell.main,
    )
    open_rows = unit.session.execute(
        sa.select(*columns).where(BuildingCell.region.in_(regions), BuildingCell.valid_to.is_(None))
    )
    now: dict[tuple[int, UUID], dict[UUID, tuple[float, bool]]] = {}
    for region, building_id, cell_id, share, main in open_rows:
        now.setdefault((region, building_id), {})[cell_id] = (share, main)
    stale = [key for key in keys if not _same(now.get(key, {}), fresh.get(key, {}))]
    _end(unit, journal, [key for key in stale if key in now], day)
    rows = [
        (region, building_id, cell, share, main)
        for region, building_id in stale
        for cell, (share, main) in fresh.get((region, building_id), {}).items()
    ]
    if rows:
        names = ("region", "building_id", "cell_id", "share", "main")
        values = dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))
        bulk_insert(unit, BuildingCell, {**values, "valid_from": day})
        if journal is not None:
            made = zip(values["region"], values["building_id"], values["cell_id"], strict=True)
            journal.created(
                BuildingCell,
                [{"region": r, "building_id": b, "cell_id": cell, "valid_from": day} for r, b, cell in made],
            )
    return len(stale)


def _same(left: dict[UUID, tuple[float, bool]], right: dict[UUID, tuple[float, bool]]) -> bool:
    return left.keys() == right.keys() and all(
        abs(left[cell][0] - right[cell][0]) < 1e-6 and left[cell][1] == right[cell][1] for cell in left
    )


def _end(unit: UnitOfWork, journal: Journal | None, keys: list[tuple[int, UUID]], day: date) -> None:
    """End the open rows of some buildings on a day; rows that would end before they began are removed."""
    table: Any = BuildingCell.__table__
    for start in range(0, len(keys), 400):
        part = keys[start : start + 400]
        for region in sorted({key[0] for key in part}):
            ids = [key[1] for key in part if key[0] == region]
            mine = sa.and_(table.c.region == region, table.c.building_id.in_(ids), table.c.valid_to.is_(None))
            if journal is not None:
                _keep(
                    journal, [dict(row) for row in unit.session.execute(sa.select(table).where(mine)).mappings()], day
                )
            unit.session.execute(sa.delete(table).where(mine, table.c.valid_from >= day))
            unit.session.execute(sa.update(table).where(mine).values(valid_to=day))


def _keep(journal: Journal, rows: list[dict[str, Any]], day: date) -> None:
    """Tell the journal which rows end and which go."""
    for row in rows:
        if row["valid_from"] >= day:
            journal.removed(BuildingCell, row)
        else:
            journal.replaced(BuildingCell, row, {"valid_to": row["valid_to"]})


def _findings(footprints: gpd.GeoDataFrame, grid: gpd.GeoDataFrame, found: Assignment) -> list[Issue]:
    issues: list[Issue] = []
    lost = found.orphans
    if len(lost):
        distances = nearest_cell_distance_m(footprints.iloc[lost], grid)
        points = shapely.point_on_surface(np.asarray(footprints.geometry.array, dtype=object)[lost])
        issues += [
            Issue(
                "building_orphan",
                "A building lies in no cell; the nearest is {metres} m away.",
                "Extend the cell, or check the building's place.",
                severity=Severity.WARNING,
                params={"metres": round(float(distance))},
                x=float(point.x),
                y=float(point.y),
            )
            for distance, point in zip(distances, points, strict=True)
        ]
    for position in found.straddlers.tolist():
        point = shapely.point_on_surface(footprints.geometry.iloc[position])
        issues.append(
            Issue(
                "building_straddler",
                "A building lies in {cells} cells; it is counted in the one with {share} % of it.",
                "Nothing needs to be done, unless the border should run around the building.",
                severity=Severity.INFO,
                params={"cells": int(found.touched[position]), "share": round(100 * float(found.share[position]), 1)},
                x=float(point.x),
                y=float(point.y),
            )
        )
    return issues
