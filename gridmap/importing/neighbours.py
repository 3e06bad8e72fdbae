"""Do new cells overlap cells that are there already, of whatever community?"""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import shapely
import sqlalchemy as sa

from geodata.crs import metric_crs, project
from geodata.issues import Issue, Severity
from gridmap.areas.models import Area
from gridmap.areas.node import CELL
from gridmap.importing.placing import frame_of
from gridmap.store.store import UnitOfWork


def overlaps_with_others(
    unit: UnitOfWork, frame: gpd.GeoDataFrame, codes: Collection[str], tolerance_m: float
) -> list[Issue]:
    """Findings about the cells of ``frame`` (lon/lat) that overlap cells in force which are not among ``codes``.

    An overlap narrower than the tolerance (2 · area / perimeter, in metres) is a slip of drawing and is not reported.
    """
    rows = unit.session.execute(
        sa.select(Area.code, Area.geometry).where(
            Area.level == CELL, Area.valid_to.is_(None), Area.geometry.is_not(None)
        )
    ).all()
    rows = [row for row in rows if row.code not in codes]
    if not rows:
        return []
    west, south, east, north = (float(value) for value in frame.total_bounds)
    crs = metric_crs((west, south, east, north))
    fresh = project(np.asarray(frame.geometry.array, dtype=object), crs)
    others = project(np.asarray(frame_of(row.geometry for row in rows).geometry.array, dtype=object), crs)
    new, old = shapely.STRtree(others).query(fresh, predicate="intersects")
    shared = shapely.intersection(fresh[new], others[old])
    area, length = shapely.area(shared), shapely.length(shared)
    wide = (area > 0) & (2 * area >= tolerance_m * length)
    return [
        Issue(
            "cell_overlaps_other",
            "The cell overlaps the existing cell {code} by {area} m².",
            "Move one of the borders, or give the day of the re-division with --valid-from.",
            int(frame.index[position]),
            severity=Severity.WARNING,
            params={"code": rows[other].code, "area": round(float(size))},
        )
        for position, other, size in zip(new[wide].tolist(), old[wide].tolist(), area[wide].tolist(), strict=True)
    ]
