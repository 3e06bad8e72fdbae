"""The one way out: make the values plain, choose the writer, write beside the target and put it in place."""

from __future__ import annotations

import json
import tempfile
from enum import Enum
from pathlib import Path
from uuid import UUID

import geopandas as gpd
import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_object_dtype
from pyogrio import errors as ogr_errors

from geodata.crs import from_lonlat, require_lonlat
from geodata.errors import LonlatFormatError, UnwritableFrameError
from geodata.writers.registry import writer_of

_FAULTS = (
    OSError,
    ogr_errors.DataSourceError,
    ogr_errors.DataLayerError,
    ogr_errors.FeatureError,
    ogr_errors.GeometryError,
    ogr_errors.FieldError,
    ogr_errors.CRSError,
)


def write_layer(frame: gpd.GeoDataFrame, path: str | Path, *, layer: str | None = None, crs: str | None = None) -> Path:
    """Write a lon/lat frame to ``path`` in the format of its suffix and give back the path.

    ``layer`` names the layer (the file's stem by default). ``crs`` (``EPSG:4490``, ``EPSG:4549`` …) writes in
    another CRS than EPSG:4326 where the format can hold one. The index is not written. Keys that are UUIDs become
    text, nested values JSON text. An existing file is replaced only when the new one is whole. Raises
    UnwritableFormatError, UnwritableFrameError, LonlatFormatError, UnsupportedCrsError, MissingCrsError.
    """
    target = Path(path)
    writer = writer_of(target)
    require_lonlat(frame)
    plain = _plain(frame)
    if crs is not None:
        if writer.lonlat_only:
            raise LonlatFormatError(format=writer.title)
        plain = from_lonlat(plain, crs)
    try:
        # Beside the target, so that putting it in place is a rename within one file system.
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target.parent) as temporary:
            draft = Path(temporary) / f"layer{target.suffix.lower()}"
            writer.write(plain, draft, layer or target.stem)
            draft.replace(target)
    except _FAULTS as cause:
        raise UnwritableFrameError(name=target.name) from cause
    return target


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A copy without index whose columns hold only numbers, texts, truth values and times."""
    plain = frame.reset_index(drop=True)
    for name in plain.columns.drop(plain.geometry.name):
        if is_object_dtype(plain[name]) or isinstance(plain[name].dtype, pd.CategoricalDtype):
            plain[name] = _texts(plain[name].astype(object))
    return plain


def _texts(column: pd.Series) -> pd.Series:
    """Object values made plain, one distinct value at a time where they can be told apart."""
    present = column.dropna()
    if len(present) and present.map(type).isin([bool, int, float]).all():
        inferred = present.infer_objects()
        if is_bool_dtype(inferred):
            return column.astype("boolean")
        if not is_object_dtype(inferred):
            return column.astype("Int64" if is_integer_dtype(inferred) else float)
    return pd.Series([_text(v) for v in column], index=column.index, name=column.name, dtype=object)


def _text(value: object) -> object:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, dict | list | tuple | set):
        return json.dumps(sorted(value) if isinstance(value, set) else value, ensure_ascii=False, default=str)
    if isinstance(value, UUID | str):
        return str(value)
    return None if pd.isna(value) else str(value)
