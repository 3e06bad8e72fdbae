"""GeoPackage: one layer in a new file."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio

from geodata.writers.registry import Writer


def write(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    """Write the frame; the file's own key and geometry columns step aside for columns of the frame."""
    names = {str(c).lower() for c in frame.columns.drop(frame.geometry.name)}
    options = {"FID": _free("fid", names), "GEOMETRY_NAME": _free("geom", names)}
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", layer_options=options)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"gpkg_{name}"
    return name


WRITER = Writer("gpkg", "GeoPackage", (".gpkg",), "application/geopackage+sqlite3", write)
