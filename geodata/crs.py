"""The only chooser and transformer of coordinate reference systems.

Everything inside the program is longitude and latitude in degrees, x = lon and y = lat, carried as EPSG:4326.
CGCS2000 (EPSG:4490) and WGS 84 (EPSG:4326) are treated as one: they differ by centimetres, and PROJ itself has
nothing but the identity between them. Beijing 54 and Xi'an 80 are refused by their datum, whatever the
projection, because PROJ silently takes the identity for them too and leaves the layer tens of metres off.
Areas and distances are measured in the 3-degree CGCS2000 zone of the place inside China and in UTM outside.
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.enums import TransformDirection
from pyproj.exceptions import CRSError, ProjError

from geodata.errors import (
    DegreesAsMetresError,
    MetresAsDegreesError,
    MissingCrsError,
    OutsideCrsError,
    RefusedDatumError,
    SwappedAxesError,
    UnknownCrsError,
    UnsupportedCrsError,
    ZoneNumberError,
)
from geodata.shifts import SHIFTS, Shift

Bounds = tuple[float, float, float, float]
Geometries = NDArray[np.object_]

#: Longitude and latitude; the one CRS of every frame inside the program.
LONLAT: Final = CRS.from_epsg(4326)
#: Where 3-degree CGCS2000 zones are the metric CRS (lon, lat): minx, miny, maxx, maxy.
_CHINA: Final[Bounds] = (73.0, 3.0, 136.5, 54.5)
_LONGEST_TEXT: Final = 20_000
#: How far outside its official area a CRS is still believed, in degrees: offices use the neighbouring zone.
_MARGIN_DEG: Final = 1.6
#: Degrees never get this large, metres of a projected system nearly always do.
_SURELY_METRES: Final = 400.0


@dataclass(frozen=True, slots=True)
class SourceCrs:
    """What the coordinates of a layer mean: a CRS of PROJ or a named shift (``gcj02``, ``bd09``)."""

    name: str
    crs: CRS
    shift: str | None = None


@cache
def _names() -> dict[str, Any]:
    return tomllib.loads(resources.files("geodata").joinpath("crs.toml").read_text(encoding="utf-8"))


def _fold(text: str) -> str:
    """Letters and digits only, in lower case: the form in which CRS names are compared."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def _listed(section: str, folded: str) -> str | None:
    """The key of ``section`` in whose list ``folded`` stands."""
    return next((key for key, names in _names()[section].items() if folded in names), None)


def parse_crs(text: str | CRS) -> SourceCrs:
    """Understand a CRS as a person or a file writes it.

    Accepts ``EPSG:4549``, ``4549``, a name, WKT (also ESRI's), ``GCJ-02`` and ``BD-09`` in any spelling.
    Raises UnknownCrsError, RefusedDatumError for Beijing 54 and Xi'an 80, UnsupportedCrsError for a
    system that has no datum.
    """
    if isinstance(text, CRS):
        return _checked(text)
    folded = _fold(text)
    shift = _listed("shifts", folded)
    if shift is not None:
        return SourceCrs(name={"gcj02": "GCJ-02", "bd09": "BD-09"}[shift], crs=LONLAT, shift=shift)
    short = text.strip()[:80]
    # Grid files and old init files would be opened by PROJ from a path that the text chooses.
    if not folded or len(text) > _LONGEST_TEXT or "grids" in folded or "+init" in text.lower():
        raise UnknownCrsError(crs=short)
    try:
        crs = CRS.from_user_input(_listed("aliases", folded) or text.strip())
    except (CRSError, ValueError) as cause:
        raise UnknownCrsError(crs=short) from cause
    return _checked(crs)


def _checked(crs: CRS) -> SourceCrs:
    """Peel off heights and bound transformations, refuse what must not be trusted."""
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    base = crs.geodetic_crs
    if base is None or crs.is_geocentric or not (crs.is_geographic or crs.is_projected):
        raise UnsupportedCrsError(crs=crs.name)
    folded = [_fold(n) for n in (crs.name, base.name, base.datum.name if base.datum else "")]
    for datum, names in _names()["refused"].items():
        if any(name in text for name in names for text in folded):
            raise RefusedDatumError(crs=crs.name, datum=datum)
    if base.ellipsoid is not None and base.to_epsg() is None:
        by_shape = _listed("refused_ellipsoids", _fold(base.ellipsoid.name))
        if by_shape is not None:
            raise RefusedDatumError(crs=crs.name, datum=by_shape)
    return SourceCrs(name=crs.name, crs=crs)


@cache
def _transformer(crs: CRS) -> Transformer:
    """From ``crs`` to lon/lat; only ways of known accuracy, except the documented identity of datums."""
    base = crs.geodetic_crs
    identity = base is not None and base.datum is not None and _listed("identity", _fold(base.datum.name))
    try:
        if identity:
            return Transformer.from_crs(crs, base, always_xy=True)
        return Transformer.from_crs(crs, LONLAT, always_xy=True, allow_ballpark=False)
    except ProjError as cause:
        raise UnsupportedCrsError(crs=crs.name) from cause


def _shift_of(source: SourceCrs) -> Shift | None:
    """The function on (x, y) arrays that brings ``source`` to lon/lat; None where nothing is to be done."""
    if source.shift is not None:
        return SHIFTS[source.shift][0]
    if source.crs.is_geographic and source.crs.to_epsg() in {4326, 4490}:
        return None
    forward = _transformer(source.crs)

    def apply(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        lon, lat = forward.transform(x, y)
        return np.asarray(lon), np.asarray(lat)

    return apply


def to_lonlat(frame: gpd.GeoDataFrame, crs: str | CRS | None = None) -> gpd.GeoDataFrame:
    """The frame in longitude and latitude (EPSG:4326, which stands for EPSG:4490 too); the input is not changed.

    ``crs`` overrides what the frame says of itself, which is how a GCJ-02 layer labelled WGS 84 is put right.
    Raises MissingCrsError when neither says anything, RefusedDatumError, SwappedAxesError,
    MetresAsDegreesError, DegreesAsMetresError, ZoneNumberError, OutsideCrsError, UnsupportedCrsError.
    """
    stated = crs if crs is not None else frame.crs
    if stated is None:
        raise MissingCrsError
    source = parse_crs(stated)
    geometries = np.asarray(frame.geometry.array, dtype=object)
    check_plausible(geometries, source)
    move = _shift_of(source)
    if move is not None:
        geometries = shapely.transform(geometries, move, interleaved=False)
    # A new array: set_crs would refuse where the frame was labelled otherwise.
    return frame.set_geometry(gpd.GeoSeries(geometries, index=frame.index, crs=LONLAT))


def from_lonlat(frame: gpd.GeoDataFrame, crs: str | CRS) -> gpd.GeoDataFrame:
    """A lon/lat frame in another CRS of PROJ, for writing; EPSG:4490 only changes the label.

    Raises UnknownCrsError, RefusedDatumError, UnsupportedCrsError (named shifts are for reading only).
    """
    geometries = require_lonlat(frame)
    source = parse_crs(crs)
    if source.shift is not None:
        raise UnsupportedCrsError(crs=source.name)
    if source.crs.to_epsg() not in {4326, 4490}:
        back = _transformer(source.crs)

        def apply(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            moved_x, moved_y = back.transform(x, y, direction=TransformDirection.INVERSE)
            return np.asarray(moved_x), np.asarray(moved_y)

        geometries = shapely.transform(geometries, apply, interleaved=False)
    return frame.set_geometry(gpd.GeoSeries(geometries, index=frame.index, crs=source.crs))


def check_plausible(geometries: Geometries, source: SourceCrs) -> None:
    """Refuse coordinates that cannot be what ``source`` says; the middle of the layer decides, not an outlier."""
    xy = shapely.get_coordinates(geometries)
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return
    x, y = (float(v) for v in np.median(xy, axis=0))
    place = {"x": round(float(xy[0, 0]), 6), "y": round(float(xy[0, 1]), 6)}
    if source.crs.is_geographic:
        _check_degrees(x, y, source, place)
    else:
        _check_metres(x, y, source, place)


def _check_degrees(x: float, y: float, source: SourceCrs, place: dict[str, float]) -> None:
    if max(abs(x), abs(y)) > _SURELY_METRES:
        raise MetresAsDegreesError(crs=source.name, **place)
    # A Chinese site read as (lat, lon) lies north of every inhabited place: lat >= 73, lon 3 to 54.
    chinese_site = 3 <= x <= 54 and 73 <= y <= 136
    if chinese_site or (abs(y) > 90 and abs(x) <= 90 and abs(y) <= 180):
        raise SwappedAxesError(**place)
    if abs(x) > 180 or abs(y) > 90 or not _in_area(source.crs, x, y):
        raise OutsideCrsError(crs=source.name, **place)


def _check_metres(x: float, y: float, source: SourceCrs, place: dict[str, float]) -> None:
    if abs(x) <= 180 and abs(y) <= 180:
        raise DegreesAsMetresError(crs=source.name, **place)
    forward = _transformer(source.crs)
    if _in_area(source.crs, *forward.transform(x, y)):
        return
    if _in_area(source.crs, *forward.transform(y, x)):
        raise SwappedAxesError(**place)
    other = _other_zone_form(source.crs, x)
    if other is not None and _in_area(other, *_transformer(other).transform(x, y)):
        raise ZoneNumberError(x=place["x"], crs=source.name, other=other.name, code=f"EPSG:{other.to_epsg()}")
    raise OutsideCrsError(crs=source.name, **place)


def _in_area(crs: CRS, lon: float, lat: float) -> bool:
    """Whether a lon/lat lies in (or near) the area ``crs`` was made for; True where that is not known."""
    if not (np.isfinite(lon) and np.isfinite(lat)) or abs(lon) > 180 or abs(lat) > 90:
        return False
    area = crs.area_of_use
    if area is None and (code := crs.to_epsg()) is not None:
        area = CRS.from_epsg(code).area_of_use
    if area is None:
        return True
    west, east = area.west - _MARGIN_DEG, area.east + _MARGIN_DEG
    across = west <= lon <= east if area.west <= area.east else (lon >= west or lon <= east)
    return across and area.south - _MARGIN_DEG <= lat <= area.north + _MARGIN_DEG


def _other_zone_form(crs: CRS, easting: float) -> CRS | None:
    """The CGCS2000 system with (or without) zone numbers before its eastings that is the twin of ``crs``."""
    code = crs.to_epsg()
    if code is None or not 4491 <= code <= 4554:
        return None
    zone = int(easting // 1e6)
    if zone in range(13, 24):
        return CRS.from_epsg(4491 + zone - 13)
    if zone in range(25, 46):
        return CRS.from_epsg(4513 + zone - 25)
    # Eastings without a number under a system that has one: the twin of the same central meridian.
    numbered = {range(4491, 4502): 11, range(4513, 4534): 21}
    return next((CRS.from_epsg(code + step) for codes, step in numbered.items() if code in codes), None)


def metric_crs(bounds: Bounds) -> CRS:
    """The CRS in which areas and distances at ``bounds`` (lon, lat: minx, miny, maxx, maxy) are measured.

    Inside China the 3-degree CGCS2000 zone (EPSG:4534 to 4554) of the centre, elsewhere its UTM zone.
    Raises OutsideCrsError for bounds that are not longitudes and latitudes.
    """
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if not (np.isfinite(lon) and np.isfinite(lat)) or abs(lon) > 180 or abs(lat) > 90:
        raise OutsideCrsError(x=lon, y=lat, crs=LONLAT.name)
    return _metric(_zone_code(lon, lat))


def _zone_code(lon: float, lat: float) -> int:
    return int(_zone_codes(np.array([lon]), np.array([lat]))[0])


def _zone_codes(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    """EPSG code of the metric CRS of each point."""
    minx, miny, maxx, maxy = _CHINA
    china = (lon >= minx) & (lon <= maxx) & (lat >= miny) & (lat <= maxy)
    third = np.clip(np.round(lon / 3.0), 25, 45).astype(int)
    utm = np.clip(np.floor((lon + 180.0) / 6.0) + 1, 1, 60).astype(int)
    return np.where(china, 4534 + third - 25, np.where(lat >= 0, 32600, 32700) + utm)


@cache
def _metric(code: int) -> CRS:
    return CRS.from_epsg(code)


@cache
def _between(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def _move(geometries: Geometries, source: int, target: int) -> Geometries:
    step = _between(source, target)
    return np.asarray(shapely.transform(geometries, step.transform, interleaved=False), dtype=object)


def _code(crs: CRS) -> int:
    code = crs.to_epsg()
    if code is None:
        raise UnsupportedCrsError(crs=crs.name)
    return code


def _geographic(code: int) -> int:
    """The lon/lat twin of a metric CRS: with it no datum shift, not even a nominal one, is involved."""
    return 4490 if code < 5000 else 4326


def project(geometries: Geometries, crs: CRS) -> Geometries:
    """Lon/lat geometries (any shape of array) in a metric CRS from ``metric_crs``."""
    code = _code(crs)
    return _move(geometries, _geographic(code), code)


def unproject(geometries: Geometries, crs: CRS) -> Geometries:
    """Geometries in a metric CRS from ``metric_crs`` back in lon/lat."""
    code = _code(crs)
    return _move(geometries, code, _geographic(code))


def require_lonlat(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> Geometries:
    """The geometries of a lon/lat frame as an array; MissingCrsError or UnsupportedCrsError otherwise."""
    if frame.crs is None:
        raise MissingCrsError
    if frame.crs.to_epsg() not in {4326, 4490}:
        raise UnsupportedCrsError(crs=frame.crs.name)
    return np.asarray(frame.geometry.array, dtype=object)


def to_metric(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A lon/lat frame in the metric CRS of its middle; columns and index stay."""
    geometries = require_lonlat(frame)
    crs = metric_crs(_bounds(geometries))
    return frame.set_geometry(gpd.GeoSeries(project(geometries, crs), index=frame.index, crs=crs))


def _bounds(geometries: Geometries) -> Bounds:
    minx, miny, maxx, maxy = (float(v) for v in shapely.total_bounds(geometries))
    return (minx, miny, maxx, maxy)


def _measure(frame: gpd.GeoDataFrame | gpd.GeoSeries, measure: Any) -> pd.Series:
    """``measure`` of each geometry in the zone of its own middle, so that a wide layer is not distorted."""
    geometries = require_lonlat(frame)
    box = shapely.bounds(geometries)
    lon, lat = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    known = np.isfinite(lon) & np.isfinite(lat)
    codes = np.zeros(len(geometries), dtype=int)
    codes[known] = _zone_codes(lon[known], lat[known])
    result = np.full(len(geometries), np.nan)
    for code in np.unique(codes[known]):
        here = codes == code
        result[here] = measure(project(geometries[here], _metric(int(code))))
    return pd.Series(result, index=frame.index)


def areas_m2(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Area in m² of each geometry of a lon/lat frame, on its index; NaN where there is no geometry."""
    return _measure(frame, shapely.area).rename("area_m2")


def perimeters_m(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Length in m of each line, or outline of each polygon, of a lon/lat frame, on its index."""
    return _measure(frame, shapely.length).rename("perimeter_m")
