"""Make geometry valid, keep the parts a layer is about, and say what was done to which feature.

Invalid polygons are rebuilt by the structure of their rings (holes stay holes, overlapping shells are merged),
which is what a person sees on the map; the linework method would turn every doubly covered patch into a hole.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from geodata.issues import Issue, Severity
from geodata.quiet import QUIET

Geometries = NDArray[np.object_]
Mask = NDArray[np.bool_]


class Kind(StrEnum):
    """What a layer is about: the dimension of its features."""

    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"


_DIMENSION: Final = {Kind.POINT: 0, Kind.LINE: 1, Kind.POLYGON: 2}
_SINGLE: Final = {
    Kind.POINT: (GeometryType.POINT, GeometryType.MULTIPOINT),
    Kind.LINE: (GeometryType.LINESTRING, GeometryType.MULTILINESTRING),
    Kind.POLYGON: (GeometryType.POLYGON, GeometryType.MULTIPOLYGON),
}
_PLACE: Final = re.compile(r"\[(-?[\d.eE+-]+) (-?[\d.eE+-]+)")


#: Why a feature is left out → what is said and what to do.
_DROPPED: Final = {
    "geometry_empty": (
        "The feature has no geometry and was left out.",
        "Draw it, or delete it from the layer.",
    ),
    "geometry_not_finite": (
        "A coordinate of the feature is not a number; the feature was left out.",
        "Draw the feature again.",
    ),
    "geometry_collapsed": (
        "The feature has no area after its outline was repaired and was left out.",
        "Draw the feature again.",
    ),
    "geometry_other_kind": (
        "The feature is not of the kind of its layer (a point or a line among polygons) and was left out.",
        "Move it to a layer of its own.",
    ),
}


@dataclass(frozen=True, slots=True)
class Repaired:
    """Geometries after repair, aligned to the input; ``kept`` is False where nothing usable was left."""

    geometries: Geometries
    kept: Mask
    issues: list[Issue] = field(default_factory=list)


@cache
def _reasons() -> dict[str, str]:
    text = resources.files("geodata").joinpath("repair.toml").read_text(encoding="utf-8")
    return {str(k): str(v) for k, v in tomllib.loads(text)["reasons"].items()}


def layer_kind(geometries: Geometries) -> Kind | None:
    """What the layer is about: polygons if it has any, else lines, else points; None without geometry."""
    dimensions = shapely.get_dimensions(geometries)
    top = int(dimensions.max(initial=-1))
    return next((kind for kind, d in _DIMENSION.items() if d == top), None)


@dataclass(slots=True)
class _Account:
    """Which features are still kept, and what was said of those that are not."""

    numbers: NDArray[np.int64]
    kept: Mask
    issues: list[Issue] = field(default_factory=list)

    def drop(self, where: Mask, reason: str) -> None:
        """Drop features that are still kept, with the sentence of ``reason``."""
        message, hint = _DROPPED[reason]
        self.issues.extend(Issue(reason, message, hint, row=int(n)) for n in self.numbers[where & self.kept])
        self.kept[where] = False


@QUIET
def repair_geometries(geometries: Geometries, numbers: NDArray[np.int64]) -> Repaired:
    """Flatten, make valid and keep the parts of the layer's kind.

    ``geometries`` are in lon/lat; ``numbers`` are the 1-based feature numbers that issues speak of. Missing,
    empty, non-finite and collapsed geometries, and those of another kind than the layer's, are not kept.
    """
    shapes = np.array(geometries, dtype=object)
    account = _Account(numbers, np.ones(len(shapes), dtype=bool))
    kept = account.kept
    account.drop(shapely.is_missing(shapes) | shapely.is_empty(shapes), "geometry_empty")
    shapes[kept] = shapely.force_2d(shapes[kept])
    account.drop(_not_finite(shapes), "geometry_not_finite")
    kind = layer_kind(shapes[kept])
    if kind is None:
        return Repaired(shapes, kept, account.issues)
    invalid = kept & ~shapely.is_valid(shapes)
    reasons = np.full(len(shapes), "", dtype=object)
    reasons[invalid] = shapely.is_valid_reason(shapes[invalid])
    right_kind = shapely.get_dimensions(shapes) == _DIMENSION[kind]
    shapes[invalid] = shapely.make_valid(shapes[invalid], method="structure", keep_collapsed=False)
    shapes = _of_kind(shapes, kind)
    lost = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    account.drop(lost & right_kind, "geometry_collapsed")
    account.drop(lost, "geometry_other_kind")
    mended = np.flatnonzero(invalid & kept)
    account.issues.extend(_mended(int(numbers[i]), str(reasons[i])) for i in mended)
    account.issues.sort(key=lambda issue: issue.row or 0)
    return Repaired(shapes, kept, account.issues)


def _not_finite(shapes: Geometries) -> Mask:
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = np.zeros(len(shapes), dtype=bool)
    bad[owner[~np.isfinite(xy).all(axis=1)]] = True
    return bad


def _of_kind(shapes: Geometries, kind: Kind) -> Geometries:
    """Only the parts of ``kind``: collections are taken apart, other geometries become None."""
    types = shapely.get_type_id(shapes)
    right: Mask = np.isin(types, _SINGLE[kind])
    result: Geometries = shapes.copy()
    result[~right] = None
    mixed = np.flatnonzero(types == GeometryType.GEOMETRYCOLLECTION)
    if not len(mixed):
        return result
    parts, owner = shapely.get_parts(shapes[mixed], return_index=True)
    deep = shapely.get_type_id(parts) >= GeometryType.MULTIPOINT
    while deep.any():
        inner, inner_owner = shapely.get_parts(parts[deep], return_index=True)
        parts = np.concatenate([parts[~deep], inner])
        owner = np.concatenate([owner[~deep], owner[deep][inner_owner]])
        deep = shapely.get_type_id(parts) >= GeometryType.MULTIPOINT
    good = shapely.get_dimensions(parts) == _DIMENSION[kind]
    order = np.argsort(owner[good], kind="stable")
    parts, owner = parts[good][order], owner[good][order]
    if len(parts):
        make = {Kind.POINT: shapely.multipoints, Kind.LINE: shapely.multilinestrings, Kind.POLYGON: _merged}[kind]
        present = np.unique(owner)
        result[mixed[present]] = make(parts, indices=np.searchsorted(present, owner))
    return result


def _merged(parts: Geometries, indices: NDArray[np.int64]) -> Geometries:
    """One polygonal geometry an owner; parts that overlap one another are united, so the result is valid."""
    together = shapely.multipolygons(parts, indices=indices)
    return np.asarray(shapely.make_valid(together, method="structure", keep_collapsed=False), dtype=object)


def _mended(number: int, reason: str) -> Issue:
    place = _PLACE.search(reason)
    what = next((text for start, text in _reasons().items() if reason.startswith(start)), None)
    return Issue(
        "geometry_repaired",
        what or "The outline was not valid and was repaired.",
        "Compare the feature with the source; if it looks wrong, draw it again.",
        row=number,
        severity=Severity.WARNING,
        x=float(place.group(1)) if place else None,
        y=float(place.group(2)) if place else None,
    )
