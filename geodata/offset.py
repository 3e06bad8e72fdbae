"""Does one of two layers carry the shift of a web map under the name of WGS 84?

A layer in GCJ-02 or BD-09 that claims to be WGS 84 lies some hundred metres off, everywhere in about the same
direction. Blocks and cells follow roads, so buildings seldom cross their borders: if taking the shift out of one
layer makes many more buildings lie wholly inside one cell, that layer carries it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.assign import Frame
from geodata.crs import Geometries, metric_crs, project, require_lonlat
from geodata.issues import Issue, Severity
from geodata.shifts import SHIFTS, in_china_box

#: So much more of the buildings must fit after the shift is taken out, and more than chance gives (four standard
#: deviations of a share); so few are too few to tell.
_GAIN: Final = 0.10
_CHANCE: Final = 2.0
_FEWEST: Final = 30
_SAMPLE: Final = 5_000


def _sample(shapes: Geometries) -> Geometries:
    """An even sample, so that a whole city costs no more than a street."""
    step = max(1, len(shapes) // _SAMPLE)
    return shapes[::step]


def _fit(shapes: Geometries, tree: shapely.STRtree) -> float:
    """Share of the features that lie wholly inside one cell."""
    feature, _ = tree.query(shapes, predicate="covered_by")
    return len(np.unique(feature)) / len(shapes)


def _moved(shapes: Geometries, name: str, direction: int) -> Geometries:
    return np.asarray(shapely.transform(shapes, SHIFTS[name][direction], interleaved=False), dtype=object)


def _in_china(shapes: Geometries) -> bool:
    box: NDArray[np.float64] = np.asarray(shapely.total_bounds(shapes))
    return bool(in_china_box(box[[0, 2]], box[[1, 3]]).all())


def find_map_shift(buildings: Frame, cells: Frame) -> Issue | None:
    """A warning when buildings and cells (both lon/lat) only fit after a web map's shift is taken out of one.

    None when they fit as they are, outside China, or when there are too few buildings to tell. The params name
    the ``layer`` (buildings or cells), the ``shift`` (GCJ-02 or BD-09), the ``offset_m`` and the shares that lie
    wholly inside one cell as they are (``before``) and afterwards (``after``), in percent.
    """
    shapes = _sample(require_lonlat(buildings))
    grid = require_lonlat(cells)
    if len(shapes) < _FEWEST or not len(grid) or not (_in_china(shapes) and _in_china(grid)):
        return None
    tree = shapely.STRtree(grid)
    before = _fit(shapes, tree)
    # Taking the shift out of the cells is putting it into the buildings, which leaves the tree as it is.
    tries = [(layer, name, direction) for name in SHIFTS for layer, direction in (("buildings", 0), ("cells", 1))]
    fits = [_fit(_moved(shapes, name, direction), tree) for _, name, direction in tries]
    best = int(np.argmax(fits))
    layer, name, direction = tries[best]
    if fits[best] - before < max(_GAIN, _CHANCE / np.sqrt(len(shapes))):
        return None
    middle = shapely.point_on_surface(shapes)
    apart = _distance_m(middle, _moved(middle, name, direction))
    title = {"gcj02": "GCJ-02", "bd09": "BD-09"}[name]
    sentence = {
        "buildings": "The buildings seem to be in {shift}: they lie about {offset_m} m off the cells.",
        "cells": "The cells seem to be in {shift}: they lie about {offset_m} m off the buildings.",
    }[layer]
    return Issue(
        "map_shift_suspected",
        sentence,
        "Read that layer again with --crs {shift}, and look whether {after} % of the buildings then lie wholly inside "
        "one cell, instead of {before} %.",
        severity=Severity.WARNING,
        params={
            "layer": layer,
            "shift": title,
            "offset_m": round(apart),
            "before": round(100 * before),
            "after": round(100 * fits[best]),
        },
    )


def _distance_m(points: Geometries, others: Geometries) -> float:
    """Median distance in metres of two arrays of lon/lat points, in the metric CRS of the place."""
    crs = metric_crs(tuple(shapely.total_bounds(points)))
    return float(np.median(shapely.distance(project(points, crs), project(others, crs))))
