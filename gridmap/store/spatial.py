"""One interface over R*Tree (SQLite) and GiST (PostGIS): which records of a layer meet a bounding box?"""

from __future__ import annotations

from uuid import UUID

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

Bbox = tuple[float, float, float, float]
SPATIAL_LAYERS = {"area": "geometry", "building": "footprint"}


def reindex(session: Session, layer: str) -> None:
    """Bring the R*Tree of a layer up to date after its geometries changed. On PostGIS the engine has done it."""
    column = SPATIAL_LAYERS[layer]
    if session.get_bind().dialect.name == "postgresql":
        return
    region = "region" if layer != "area" else "0"
    rows = session.execute(text(f"SELECT {region}, id, {column} FROM {layer} WHERE {column} IS NOT NULL")).all()
    session.execute(text(f"DELETE FROM {layer}_rtree"))
    if not rows:
        return
    bounds = shapely.bounds(shapely.from_wkb(np.array([row[2] for row in rows], dtype=object)))
    session.connection().exec_driver_sql(
        f"INSERT INTO {layer}_rtree (minx, miny, maxx, maxy, region, record) VALUES (?, ?, ?, ?, ?, ?)",
        [(*box, row[0], row[1]) for box, row in zip(bounds.tolist(), rows, strict=True)],
    )


def meeting(session: Session, layer: str, bbox: Bbox, *, limit: int = 10_000) -> list[tuple[int, UUID]]:
    """Return ``(region, id)`` of the records of ``layer`` whose bounds meet ``bbox`` (lon/lat)."""
    column = SPATIAL_LAYERS[layer]
    if session.get_bind().dialect.name == "postgresql":
        region = "region" if layer != "area" else "0"
        statement = (
            f"SELECT {region}, id FROM {layer} WHERE {column} && ST_MakeEnvelope(:minx, :miny, :maxx, :maxy, 4326) "
            "LIMIT :limit"
        )
    else:
        statement = (
            f"SELECT region, record FROM {layer}_rtree "
            "WHERE minx <= :maxx AND maxx >= :minx AND miny <= :maxy AND maxy >= :miny LIMIT :limit"
        )
    names = ("minx", "miny", "maxx", "maxy")
    found = session.execute(text(statement), {**dict(zip(names, bbox, strict=True)), "limit": limit})
    return [(row[0], row[1] if isinstance(row[1], UUID) else UUID(bytes=bytes(row[1]))) for row in found]
