"""GeoJSON after RFC 7946: longitude and latitude, outlines counter-clockwise, no ``crs`` member."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from geodata.writers.registry import Writer


def write(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    """Write the frame with its coordinates to the last digit, so that shared borders stay shared."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    shapes = shapely.orient_polygons(shapely.force_2d(shapes))
    geometries = [None if g is None else orjson.Fragment(g) for g in shapely.to_geojson(shapes)]
    attributes = frame.drop(columns=frame.geometry.name)
    names = [str(c) for c in attributes.columns]
    columns = [_values(attributes.iloc[:, i]) for i in range(len(names))]
    rows = zip(*columns, strict=True) if columns else ((),) * len(frame)
    features = [
        {"type": "Feature", "properties": dict(zip(names, row, strict=True)), "geometry": geometry}
        for row, geometry in zip(rows, geometries, strict=True)
    ]
    document = {"type": "FeatureCollection", "name": layer, "features": features}
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY))


def _values(column: pd.Series) -> list[Any]:
    """Plain values, None where missing; times as ISO 8601 text."""
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.map(pd.Timestamp.isoformat, na_action="ignore")
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return values


WRITER = Writer("geojson", "GeoJSON", (".geojson", ".json"), "application/geo+json", write, lonlat_only=True)
