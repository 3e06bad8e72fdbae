"""Small layers that tests of geometry build on, and files written the way other programs write them."""

from __future__ import annotations

import struct
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely import box

#: A corner of Haikou; tests place their unit squares here, a thousandth of a degree (about 100 m) a side.
ORIGIN = (110.34, 20.03)
STEP = 1e-3


def placed(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    """Shapes in units of about a hundred metres, as a lon/lat frame indexed 0, 1, …"""
    moved = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy * STEP + ORIGIN)
    return gpd.GeoDataFrame(geometry=list(moved), crs="EPSG:4326")


def lattice(rows: int, columns: int, jitter: float = 0.0, seed: int = 0) -> gpd.GeoDataFrame:
    """A valid coverage of quadrangles whose inner corners are moved by up to ``jitter`` of a side."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    x[1:-1, 1:-1] += rng.uniform(-jitter, jitter, x[1:-1, 1:-1].shape)
    y[1:-1, 1:-1] += rng.uniform(-jitter, jitter, y[1:-1, 1:-1].shape)
    corner = np.stack([x, y], axis=-1)
    rings = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2)
    return placed(*shapely.polygons(rings.reshape(-1, 4, 2)))


def houses() -> gpd.GeoDataFrame:
    """Three buildings with Chinese columns; the third has no geometry."""
    shapes = [*placed(box(0, 0, 1, 1), box(2, 0, 3, 1)).geometry, None]
    columns = {"楼栋号": ["一号楼", "联通大厦", "三"], "层数": ["六层", "11+1", None], "n": [1, 2, 3]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4490")


def write_shapefile(frame: gpd.GeoDataFrame, path: Path, *, encoding: str, cpg: str | None) -> Path:
    """A shapefile in ``encoding`` whose .cpg says ``cpg`` (None: there is none), as desktop programs leave it."""
    with warnings.catch_warnings():
        # The writer talks about names it had to cut.
        warnings.simplefilter("ignore")
        frame.to_file(path, driver="ESRI Shapefile", encoding=encoding)
    stated = path.with_suffix(".cpg")
    stated.unlink(missing_ok=True)
    table = path.with_suffix(".dbf")
    head = bytearray(table.read_bytes())
    head[29] = 0  # the language byte would give the encoding away
    table.write_bytes(bytes(head))
    if cpg is not None:
        stated.write_text(cpg)
    return path


def zipped(shapefile: Path, target: Path, folder: str = "") -> Path:
    """All parts of a shapefile in one .zip."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(shapefile.parent.glob(f"{shapefile.stem}.*")):
            if part != target:
                archive.write(part, folder + part.name)
    return target


def shapefile_records(path: Path) -> int:
    """How many records the table of a shapefile announces."""
    return int(struct.unpack("<I", path.with_suffix(".dbf").read_bytes()[4:8])[0])
