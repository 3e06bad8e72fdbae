"""From float coordinates to whole tile units, leaving every polygon valid.

Rounding moves corners by up to half a unit, so a thin shape may fold over itself. Plain rounding is kept
wherever its result is valid (shared borders then stay shared, exactly); the rest is snap-rounded by GEOS,
which cannot make an invalid shape. Neighbours that share a border must be snap-rounded together to go on sharing it.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.quiet import QUIET
from geodata.tiles.paths import GeometryKind, Paths, paths_of
from geodata.tiles.snap import snapped, snapped_together

_CHUNK = 50_000
"""Features turned into shapely objects at a time; each such object takes about a kilobyte."""


@QUIET
def quantised(paths: Paths, *, partition: bool = False) -> Paths:
    """Round to whole units (int64); repeated points, collapsed rings and collapsed features disappear.

    Polygons come back valid, with exteriors of positive and holes of negative area (y to the south). Those of a
    ``partition`` go on sharing their borders; where they overlap from the start, each is rounded by itself.
    """
    rounded = _rounded(paths)
    if paths.kind is GeometryKind.POINT:
        return rounded
    if paths.kind is GeometryKind.LINE:
        return rounded.keep_paths(rounded.path_sizes > 1)
    suspects = np.flatnonzero(rounded.path_counts < paths.path_counts)
    broken = np.union1d(suspects, _invalid(rounded))
    if len(broken) and partition and shapely.coverage_is_valid(paths.to_shapely()):
        rounded = _snapped(paths, partition=True)
    elif len(broken):
        rounded = rounded.replace(broken, _snapped(paths.take(broken), partition=False))
    return rounded.wound()


def _rounded(paths: Paths) -> Paths:
    whole = paths.with_points(np.rint(paths.points).astype(np.int64))
    if paths.kind is GeometryKind.POINT:
        return whole
    repeated = whole.repeated_points()
    if repeated.any():
        whole = whole.keep_points(~repeated)
    if paths.kind is GeometryKind.POLYGON:
        kept = (whole.path_sizes > 2) & (whole.ring_areas() != 0)
        if not kept.all():
            whole = whole.keep_paths(kept)
    return whole


def _invalid(rounded: Paths) -> NDArray[np.int64]:
    """Features that are not valid polygons. Convex triangles and quadrangles, most buildings, need no GEOS."""
    doubtful = np.flatnonzero((rounded.path_counts > 0) & ~_plainly_valid(rounded))
    invalid = [np.zeros(0, dtype=np.int64)]
    for start in range(0, len(doubtful), _CHUNK):
        chunk = doubtful[start : start + _CHUNK]
        invalid.append(chunk[~shapely.is_valid(rounded.take(chunk).to_shapely())])
    return np.concatenate(invalid)


def _plainly_valid(rounded: Paths) -> NDArray[np.bool_]:
    if not len(rounded.points):
        return np.zeros(len(rounded), dtype=np.bool_)
    turns = rounded.turns()
    starts = rounded.path_offsets[:-1]
    convex = (np.minimum.reduceat(turns, starts) > 0) | (np.maximum.reduceat(turns, starts) < 0)
    simple = convex & (rounded.path_sizes <= 4)
    plain: NDArray[np.bool_] = rounded.path_counts == 1
    plain[plain] = simple[rounded.feature_offsets[:-1][plain]]
    return plain


def _snapped(paths: Paths, *, partition: bool) -> Paths:
    """Snap-round features to the unit grid by GEOS; a feature that collapses is left without paths."""
    shapes = paths.to_shapely()
    fixed = snapped_together(shapes) if partition else snapped(shapes)
    rounded = paths_of(fixed, GeometryKind.POLYGON)
    return rounded.with_points(np.rint(rounded.points).astype(np.int64))
