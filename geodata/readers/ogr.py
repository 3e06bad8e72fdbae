"""Reading through GDAL: only the drivers named here, and only after the caller has looked at the file's first bytes.

GDAL picks a driver by content, so a file that merely bears the right suffix could be a virtual dataset that
opens other files or addresses. Each format therefore checks the signature first and names its driver here.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio import errors as ogr_errors

from geodata.errors import DamagedFileError, NoGeometryError, TooManyFeaturesError, WrongContentError
from geodata.issues import Issue, Severity
from geodata.readers.registry import LayerInfo, RawLayer
from geodata.readers.settings import ReadLimits

DRIVERS: Final = frozenset({"GPKG", "ESRI Shapefile", "FlatGeobuf", "LIBKML", "KML"})
_FAULTS: Final = (
    ogr_errors.DataSourceError,
    ogr_errors.DataLayerError,
    ogr_errors.FeatureError,
    ogr_errors.GeometryError,
    ogr_errors.FieldError,
    ogr_errors.CRSError,
)


@contextmanager
def damaged(name: str) -> Iterator[None]:
    """Turn what GDAL raises into one sentence about the file ``name``, and keep its grumbling to itself.

    What it warns of (a ring left open, a value too long for its field) is found and told again by feature.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    # UnboundLocalError: what pyogrio raises when GDAL cannot say what a broken CRS is.
    except (*_FAULTS, UnicodeDecodeError, UnboundLocalError, shapely.errors.GEOSException) as cause:
        raise DamagedFileError(name=name) from cause


@contextmanager
def _plain(path: Path) -> Iterator[Path]:
    """The file under a path that pyogrio does not take for an address inside an archive."""
    if "!" not in str(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="layer-") as temporary:
        copy = Path(temporary) / f"{path.stem.replace('!', '_')}{path.suffix}"
        shutil.copyfile(path, copy)
        yield copy


def list_layers(path: Path, name: str, **options: Any) -> list[LayerInfo]:
    """Layers of a file whose signature was checked; ``name`` is the file name to speak of."""
    with _plain(path) as file, damaged(name):
        layers: list[LayerInfo] = []
        for layer, geometry_type in pyogrio.list_layers(file):
            info = pyogrio.read_info(file, layer=layer, force_feature_count=True, **options)
            if info["driver"] not in DRIVERS:
                raise WrongContentError(name=name, format=path.suffix.lstrip(".").upper())
            layers.append(LayerInfo(str(layer), int(info["features"]), geometry_type, info["crs"]))
        return layers


def read(path: Path, layer: str, limits: ReadLimits, *, name: str, **options: Any) -> RawLayer:
    """All features of a layer, in file order. ``options`` go to the driver (``encoding`` to pyogrio).

    Raises NoGeometryError, TooManyFeaturesError, DamagedFileError.
    """
    with _plain(path) as file, damaged(name):
        meta, _, wkb, columns = pyogrio.raw.read(file, layer=layer, max_features=limits.max_features + 1, **options)
    if wkb is None:
        raise NoGeometryError(layer=layer, name=name)
    if len(wkb) > limits.max_features:
        raise TooManyFeaturesError(name=name, limit=limits.max_features)
    attributes = pd.DataFrame(
        {str(field): values for field, values in zip(meta["fields"], columns, strict=True)},
        index=pd.RangeIndex(len(wkb)),
    )
    geometries, issues = _geometries(np.asarray(wkb, dtype=object))
    return RawLayer(attributes, geometries, meta["crs"], issues)


def _geometries(wkb: NDArray[np.object_]) -> tuple[NDArray[np.object_], list[Issue]]:
    """Geometries of WKB values; rings left open are closed, what cannot be understood becomes None, both said."""
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    present = np.array([value is not None for value in wkb], dtype=bool)
    broken = np.flatnonzero(present & shapely.is_missing(shapes))
    issues: list[Issue] = []
    if len(broken):
        fixed = np.asarray(shapely.from_wkb(wkb[broken], on_invalid="fix"), dtype=object)
        shapes[broken] = fixed
        issues = [
            open_ring(int(i) + 1) if shape is not None else unreadable(int(i) + 1)
            for i, shape in zip(broken, fixed, strict=True)
        ]
    return shapes, issues


def open_ring(number: int) -> Issue:
    """The issue of a polygon whose outline was not closed in the file."""
    return Issue(
        "ring_open",
        "The outline was not closed and was closed for you.",
        "Compare the feature with the source; a corner may be missing.",
        row=number,
        severity=Severity.WARNING,
    )


def unreadable(number: int) -> Issue:
    """The issue of a geometry that could not be understood at all."""
    return Issue(
        "geometry_unreadable",
        "The geometry of the feature could not be understood; the feature was left out.",
        "Draw the feature again.",
        row=number,
    )
