"""The one way in: choose the layer, read it, bring it to lon/lat, repair it, and account for every feature."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.crs import parse_crs, to_lonlat
from geodata.errors import (
    DamagedFileError,
    EmptyLayerError,
    FileTooLargeError,
    GeodataError,
    LayerChoiceError,
    MissingCrsError,
    MissingFileError,
    NoGeometryError,
    UnknownLayerError,
)
from geodata.issues import Issue, Severity
from geodata.readers.registry import LayerInfo, RawLayer, format_of
from geodata.readers.settings import ReadLimits
from geodata.repair import repair_geometries

_DEFAULT: Final = ReadLimits()
_RESERVED: Final = ("geometry", "feature")


@dataclass(frozen=True, slots=True)
class LayerRead:
    """A layer in lon/lat (EPSG:4326). ``frame`` is indexed by the 1-based number of the feature in the file.

    ``features`` is how many the file holds: ``len(frame) + dropped == features``, and every dropped feature has
    an issue of severity error with its number.
    """

    frame: gpd.GeoDataFrame
    issues: list[Issue]
    source_crs: str
    layer_name: str
    format: str
    features: int

    @property
    def dropped(self) -> int:
        """How many features could not be used."""
        return self.features - len(self.frame)


def list_layers(path: str | Path, *, limits: ReadLimits = _DEFAULT) -> list[LayerInfo]:
    """The layers of a file, in its order. Raises MissingFileError, FileTooLargeError and what its format raises."""
    file = _checked(Path(path), limits)
    entry = format_of(file)
    with _hostile(file.name):
        return entry.list_layers(file, limits)


def read_layer(
    path: str | Path, *, layer: str | None = None, crs: str | None = None, limits: ReadLimits = _DEFAULT
) -> LayerRead:
    """Read one layer of a file.

    ``layer`` may be left out when the file has one layer with geometry; ``crs`` overrides what the file says
    (``EPSG:4549``, WKT, ``GCJ-02`` …). Every failure is one GeodataError.
    """
    file = _checked(Path(path), limits)
    entry = format_of(file)
    with _hostile(file.name):
        listed = [LayerInfo(file.stem, 0, "Unknown", None)] if entry.one_layer else entry.list_layers(file, limits)
        name = _choose(file, listed, layer)
        raw = entry.read(file, name, limits)
    if not len(raw.geometries):
        raise EmptyLayerError(layer=name, name=file.name)
    stated = crs or raw.crs
    if stated is None:
        raise MissingCrsError
    issues = [*raw.issues, *_crs_issues(crs, raw.crs)]
    whole = to_lonlat(_frame(raw), stated)
    geometries = np.asarray(whole.geometry.array, dtype=object)
    # What the format reader already reported as unreadable must not be reported again as empty.
    told = {issue.row for issue in issues if issue.severity is Severity.ERROR}
    geometries, strays = _without_strays(geometries)
    issues.extend(strays)
    told |= {issue.row for issue in strays}
    repaired = repair_geometries(geometries, np.arange(1, len(geometries) + 1))
    issues.extend(issue for issue in repaired.issues if issue.row not in told or issue.severity is not Severity.ERROR)
    if not repaired.kept.any():
        raise EmptyLayerError(layer=name, name=file.name)
    frame = whole.set_geometry(gpd.GeoSeries(repaired.geometries, index=whole.index, crs=whole.crs))
    issues.sort(key=lambda issue: issue.row or 0)
    return LayerRead(
        frame=frame[repaired.kept],
        issues=issues,
        source_crs=parse_crs(stated).name,
        layer_name=name,
        format=entry.name,
        features=len(raw.geometries),
    )


@contextmanager
def _hostile(name: str) -> Iterator[None]:
    """Whatever broken bytes make a decoder stumble over, the file is damaged; a format's own errors pass."""
    try:
        yield
    except (ValueError, LookupError, ArithmeticError, EOFError, RuntimeError, OSError, struct.error) as cause:
        raise DamagedFileError(name=name) from cause


def _checked(path: Path, limits: ReadLimits) -> Path:
    # An address such as /vsicurl/… is no file either, so it ends here.
    if not path.is_file():
        raise MissingFileError(name=path.name)
    if path.stat().st_size > limits.max_file_bytes:
        raise FileTooLargeError(name=path.name, limit_mb=limits.max_file_bytes // 1024**2)
    return path


def _choose(file: Path, layers: list[LayerInfo], wanted: str | None) -> str:
    names = ", ".join(info.name for info in layers)
    if wanted is not None:
        if all(info.name != wanted for info in layers):
            raise UnknownLayerError(name=file.name, layer=wanted, layers=names)
        return wanted
    drawn = [info for info in layers if info.geometry_type is not None]
    if not layers:
        raise EmptyLayerError(layer="-", name=file.name)
    if not drawn:
        raise NoGeometryError(layer=names, name=file.name)
    if len(drawn) > 1:
        raise LayerChoiceError(name=file.name, count=len(drawn), layers=", ".join(info.name for info in drawn))
    return drawn[0].name


def _frame(raw: RawLayer) -> gpd.GeoDataFrame:
    index = pd.RangeIndex(1, len(raw.geometries) + 1, name="feature")
    attributes = raw.attributes.rename(columns={name: f"{name}_" for name in _RESERVED})
    attributes = attributes.infer_objects().set_axis(index)
    return gpd.GeoDataFrame(attributes, geometry=gpd.GeoSeries(raw.geometries, index=index))


def _crs_issues(given: str | None, in_file: str | None) -> list[Issue]:
    """A word when the user's CRS overrides another one that the file states."""
    if given is None or in_file is None:
        return []
    ours = parse_crs(given)
    try:
        theirs = parse_crs(in_file)
        same = ours.shift is None and ours.crs.equals(theirs.crs, ignore_axis_order=True)
        label = theirs.name
    except GeodataError:
        # The file's own word is refused or unknown, which is why it was overridden.
        same, label = False, in_file[:80]
    if same:
        return []
    return [
        Issue(
            "crs_overridden",
            "The file says “{theirs}”; it was read as “{ours}”, as you asked.",
            "Leave out --crs if the file is right.",
            severity=Severity.WARNING,
            params={"theirs": label, "ours": ours.name},
        )
    ]


def _without_strays(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], list[Issue]]:
    """Take out features whose finite coordinates are no longitudes and latitudes: slips within a good layer."""
    box = shapely.bounds(geometries)
    with np.errstate(invalid="ignore"):
        stray = (np.abs(box[:, [0, 2]]) > 180).any(axis=1) | (np.abs(box[:, [1, 3]]) > 90).any(axis=1)
    stray &= np.isfinite(box).all(axis=1)
    result = geometries.copy()
    result[stray] = None
    issues = [
        Issue(
            "feature_outside",
            "The feature lies outside the world of its coordinate system and was left out.",
            "Check its coordinates in the source.",
            row=int(i) + 1,
        )
        for i in np.flatnonzero(stray)
    ]
    return result, issues
