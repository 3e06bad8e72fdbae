"""GeoPackage: an SQLite file, opened read-only and never trusted to run what its schema says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from geodata.errors import DamagedFileError, UnknownLayerError, UnsafeLayerError, WrongContentError
from geodata.readers import ogr
from geodata.readers.registry import Format, LayerInfo, RawLayer
from geodata.readers.settings import ReadLimits

_SIGNATURE: Final = b"SQLite format 3\x00"


def _tables(path: Path) -> dict[str, str]:
    """Name → type (table, view) of everything in the schema; refuses what is not a whole GeoPackage."""
    with path.open("rb") as file:
        head = file.read(100)
    if head[:16] != _SIGNATURE:
        raise WrongContentError(name=path.name, format="GeoPackage")
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema=OFF")
            tables = dict(database.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
            if "gpkg_contents" not in tables:
                raise WrongContentError(name=path.name, format="GeoPackage")
            size = database.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            if size.fetchone()[0] > path.stat().st_size:
                raise DamagedFileError(name=path.name)
            if database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise DamagedFileError(name=path.name)
    except sqlite3.DatabaseError as cause:
        raise DamagedFileError(name=path.name) from cause
    return tables


def _options(path: Path) -> dict[str, str]:
    # A write-ahead log beside the file means that another program has it open: then its latest state is read.
    in_use = path.with_name(path.name + "-wal").exists()
    return {"LIST_ALL_TABLES": "NO"} if in_use else {"LIST_ALL_TABLES": "NO", "IMMUTABLE": "YES"}


def list_layers(path: Path, limits: ReadLimits) -> list[LayerInfo]:  # noqa: ARG001 - every format's signature
    """Layers that the GeoPackage registers; a view is listed too, and refused when it is read."""
    _tables(path)
    return ogr.list_layers(path, path.name, **_options(path))


def read(path: Path, layer: str, limits: ReadLimits) -> RawLayer:
    """One layer; a view is refused, for it may compute anything."""
    kind = _tables(path).get(layer)
    if kind is None:
        raise UnknownLayerError(name=path.name, layer=layer, layers="")
    if kind != "table":
        raise UnsafeLayerError(name=path.name, layer=layer)
    return ogr.read(path, layer, limits, name=path.name, **_options(path))


FORMAT = Format("gpkg", "GeoPackage", (".gpkg",), list_layers, read)
