"""GeoJSON (RFC 7946), read by ourselves so that every feature and every open ring is accounted for.

Without a ``crs`` member the coordinates are longitude and latitude by definition; the member of the older
specification is honoured, since Chinese desktop software still writes it.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.errors import DamagedFileError, TooManyFeaturesError, UnsupportedCrsError, WrongContentError
from geodata.issues import Issue, Severity
from geodata.readers.ogr import open_ring, unreadable
from geodata.readers.registry import Format, LayerInfo, RawLayer
from geodata.readers.settings import ReadLimits

_GEOMETRIES: Final = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)


@contextmanager
def _no_collection() -> Iterator[None]:
    """No garbage collection meanwhile: millions of new lists would be searched again and again, all in use."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _load(path: Path) -> tuple[dict[str, Any], list[Issue]]:
    """The root object; text that is not UTF-8 is tried as GB18030 and said so."""
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    issues: list[Issue] = []
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            data = data.decode("gb18030").encode("utf-8")
        except UnicodeDecodeError as cause:
            raise WrongContentError(name=path.name, format="GeoJSON") from cause
        issues.append(
            Issue(
                "encoding_not_utf8",
                "The text is in GB18030 and not in UTF-8 as GeoJSON demands; it was read as GB18030.",
                "Nothing is to be done if the names look right.",
                severity=Severity.WARNING,
            )
        )
    try:
        with _no_collection():
            root = orjson.loads(data)
    except orjson.JSONDecodeError as cause:
        if data.lstrip()[:1] == b"{":
            raise DamagedFileError(name=path.name) from cause
        raise WrongContentError(name=path.name, format="GeoJSON") from cause
    if not isinstance(root, dict):
        raise WrongContentError(name=path.name, format="GeoJSON")
    return root, issues


def _features(root: dict[str, Any], name: str) -> list[Any]:
    kind = root.get("type")
    if kind == "FeatureCollection" and isinstance(root.get("features"), list):
        return list(root["features"])
    if kind == "Feature":
        return [root]
    if kind in _GEOMETRIES:
        return [{"type": "Feature", "geometry": root, "properties": {}}]
    raise WrongContentError(name=name, format="GeoJSON")


def _stated_crs(root: dict[str, Any]) -> str:
    member = root.get("crs")
    if member is None:
        return "OGC:CRS84"
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        raise UnsupportedCrsError(crs=str(member)[:80])
    return name


def list_layers(path: Path, limits: ReadLimits) -> list[LayerInfo]:  # noqa: ARG001 - every format's signature
    """The one layer, named like the file."""
    root, _ = _load(path)
    features = _features(root, path.name)
    first: dict[str, Any] = next(
        (f["geometry"] for f in features if isinstance(f, dict) and isinstance(f.get("geometry"), dict)), {}
    )
    return [LayerInfo(path.stem, len(features), str(first.get("type", "Unknown")), _stated_crs(root))]


def read(path: Path, layer: str, limits: ReadLimits) -> RawLayer:  # noqa: ARG001 - every format's signature
    """All features in file order."""
    root, issues = _load(path)
    features = _features(root, path.name)
    if len(features) > limits.max_features:
        raise TooManyFeaturesError(name=path.name, limit=limits.max_features)
    members = [f if isinstance(f, dict) else {} for f in features]
    shapes, more = _geometries([f.get("geometry") for f in members])
    return RawLayer(_attributes(members), shapes, _stated_crs(root), issues + more)


def _geometries(values: list[Any]) -> tuple[NDArray[np.object_], list[Issue]]:
    shapes = np.full(len(values), None, dtype=object)
    present = np.array([v is not None for v in values], dtype=bool)
    texts = np.array([orjson.dumps(v).decode() if v is not None else None for v in values], dtype=object)
    shapes[:] = shapely.from_geojson(texts, on_invalid="ignore")
    issues: list[Issue] = []
    for i in np.flatnonzero(present & shapely.is_missing(shapes)):
        closed, was_open = _closed(values[i])
        shapes[i] = shapely.from_geojson(orjson.dumps(closed).decode(), on_invalid="ignore")
        mended = was_open and shapes[i] is not None
        issues.append(open_ring(int(i) + 1) if mended else unreadable(int(i) + 1))
    return shapes, issues


def _closed(geometry: Any) -> tuple[Any, bool]:
    """The geometry with every ring of its polygons closed, and whether any was open."""
    if not isinstance(geometry, dict):
        return geometry, False
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
        parts = [_closed(g) for g in geometry["geometries"]]
        return {"type": kind, "geometries": [g for g, _ in parts]}, any(was for _, was in parts)
    if kind not in {"Polygon", "MultiPolygon"} or not isinstance(coordinates, list):
        return geometry, False
    polygons = [coordinates] if kind == "Polygon" else coordinates
    rings = [r for p in polygons if isinstance(p, list) for r in p if isinstance(r, list) and len(r) > 2]
    open_rings = [r for r in rings if r[0] != r[-1]]
    for ring in open_rings:
        ring.append(ring[0])
    return geometry, bool(open_rings)


def _attributes(features: list[dict[str, Any]]) -> pd.DataFrame:
    """Properties as columns in order of first sight; the feature's own id joins them where none is named so."""
    rows = [p if isinstance(p := f.get("properties"), dict) else {} for f in features]
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: _column([row.get(name) for row in rows]) for name in names}
    if "id" not in columns and any(f.get("id") is not None for f in features):
        columns["id"] = _column([f.get("id") for f in features])
    return pd.DataFrame(columns, index=pd.RangeIndex(len(features)))


def _column(values: list[Any]) -> Any:
    """Whole numbers stay whole beside gaps, nested values become JSON text, mixed values become text."""
    kinds = {type(v) for v in values} - {type(None)}
    if kinds & {dict, list}:
        values = [json.dumps(v, ensure_ascii=False) if isinstance(v, dict | list) else v for v in values]
        kinds = {type(v) for v in values} - {type(None)}
    if kinds == {int} and all(v is None or -(2**63) <= v < 2**63 for v in values):
        return pd.array(values, dtype="Int64") if None in values else np.array(values, dtype=np.int64)
    if kinds and kinds <= {int, float}:
        return np.array([np.nan if v is None else float(v) for v in values])
    if kinds == {bool}:
        return pd.array(values, dtype="boolean")
    return np.array([None if v is None else str(v) for v in values], dtype=object)


FORMAT = Format("geojson", "GeoJSON", (".geojson", ".json"), list_layers, read, one_layer=True)
