"""Is a set of cells a valid coverage: no gap, no overlap, every shared border the same on both sides?

Faults are found in lon/lat, where the cells are stored, and measured in the metric CRS of the place. A sliver is a
gap or an overlap whose width, 2 · area / perimeter, is below the tolerance: a slip of drawing, not a decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.crs import LONLAT, Geometries, metric_crs, project, require_lonlat, unproject
from geodata.errors import CleaningUnavailableError, NotPolygonsError
from geodata.issues import Issue, Severity
from geodata.quiet import QUIET

#: Below this area in m² or this width in m a gap or an overlap is the rounding of coordinates.
LEAST_AREA_M2: Final = 1e-3
LEAST_WIDTH_M: Final = 1e-3
_TOUCH_M: Final = 1e-3


class FaultKind(StrEnum):
    """What is wrong with a coverage at one place."""

    GAP = "gap"
    OVERLAP = "overlap"
    SLIVER = "sliver"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class CoverageFault:
    """One fault: where (lon, lat of a point in it), how large, and between which cells (labels, at most two).

    ``of`` says whether a sliver is a gap or an overlap and equals ``kind`` for the others. ``width_m`` is
    2 · area / perimeter. ``geometry`` is in lon/lat. An ``UNMATCHED`` border has no area: a corner of one cell
    lies on the border of its neighbour, which has no corner there.
    """

    kind: FaultKind
    of: FaultKind
    x: float
    y: float
    area_m2: float
    width_m: float
    cells: tuple[Any, ...]
    geometry: shapely.Geometry


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """All faults of a set of cells, largest first; ``is_valid`` when there is none and the borders match."""

    cells: int
    is_valid: bool
    faults: tuple[CoverageFault, ...]

    def of_kind(self, kind: FaultKind) -> tuple[CoverageFault, ...]:
        """The faults of one kind; slivers are a kind of their own."""
        return tuple(fault for fault in self.faults if fault.kind is kind)

    @property
    def gaps(self) -> tuple[CoverageFault, ...]:
        """Places within the cells that belong to none."""
        return self.of_kind(FaultKind.GAP)

    @property
    def overlaps(self) -> tuple[CoverageFault, ...]:
        """Places that belong to two cells."""
        return self.of_kind(FaultKind.OVERLAP)

    @property
    def slivers(self) -> tuple[CoverageFault, ...]:
        """Gaps and overlaps narrower than the tolerance."""
        return self.of_kind(FaultKind.SLIVER)

    def to_frame(self) -> gpd.GeoDataFrame:
        """The faults as a lon/lat layer to be opened beside the cells."""
        columns = {
            "kind": [str(f.kind) for f in self.faults],
            "of": [str(f.of) for f in self.faults],
            "area_m2": [f.area_m2 for f in self.faults],
            "width_m": [f.width_m for f in self.faults],
            "cells": [", ".join(str(c) for c in f.cells) for f in self.faults],
        }
        return gpd.GeoDataFrame(columns, geometry=[f.geometry for f in self.faults], crs=LONLAT)

    def to_issues(self) -> list[Issue]:
        """The faults as findings; slivers and unmatched borders, which cleaning mends, are warnings."""
        return [_issue(fault) for fault in self.faults]


_SENTENCES: Final = {
    FaultKind.GAP: (
        "A gap of {area_m2} m² between the cells {cells} belongs to no cell.",
        "Extend one of the cells over it, or confirm that it belongs to nobody.",
    ),
    FaultKind.OVERLAP: (
        "The cells {cells} overlap by {area_m2} m².",
        "Decide to which cell the area belongs and move the border.",
    ),
    FaultKind.SLIVER: (
        "A sliver of {area_m2} m², {width_m} m wide, lies along the border of the cells {cells}.",
        "It can be removed by cleaning the coverage.",
    ),
    FaultKind.UNMATCHED: (
        "The border of the cell {cells} has corners that its neighbour lacks.",
        "It can be mended by cleaning the coverage.",
    ),
}


def _issue(fault: CoverageFault) -> Issue:
    message, hint = _SENTENCES[fault.kind]
    mendable = fault.kind in {FaultKind.SLIVER, FaultKind.UNMATCHED}
    first = fault.cells[0] if fault.cells else None
    return Issue(
        f"coverage_{fault.kind}",
        message,
        hint,
        row=int(first) if isinstance(first, int | np.integer) else None,
        severity=Severity.WARNING if mendable else Severity.ERROR,
        params={
            "area_m2": round(fault.area_m2, 2),
            "width_m": round(fault.width_m, 3),
            "cells": ", ".join(str(c) for c in fault.cells),
        },
        x=fault.x,
        y=fault.y,
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """The cells in both systems, with what all checks share."""

    lonlat: Geometries
    metric: Geometries
    crs: Any
    labels: NDArray[np.object_]
    tolerance_m: float

    def faults(self, of: FaultKind, shapes: Geometries, cells: list[tuple[int, ...]]) -> list[CoverageFault]:
        """Faults of lon/lat polygons ``shapes`` between the cells at the given positions, but for rounding."""
        metric = project(shapes, self.crs)
        area = shapely.area(metric)
        width = 2.0 * area / np.maximum(shapely.length(metric), 1e-12)
        spot = shapely.get_coordinates(shapely.point_on_surface(shapes))
        return [
            CoverageFault(
                kind=FaultKind.SLIVER if width[i] < self.tolerance_m else of,
                of=of,
                x=float(spot[i, 0]),
                y=float(spot[i, 1]),
                area_m2=float(area[i]),
                width_m=float(width[i]),
                cells=tuple(self.labels[p] for p in cells[i]),
                geometry=shapes[i],
            )
            for i in np.flatnonzero((area > LEAST_AREA_M2) & (width > LEAST_WIDTH_M))
        ]


def _grid(cells: gpd.GeoDataFrame, tolerance_m: float) -> _Grid:
    shapes = require_lonlat(cells)
    wrong = (shapely.get_dimensions(shapes) != 2) | ~shapely.is_valid(shapes)
    if wrong.any():
        raise NotPolygonsError(position=int(np.flatnonzero(wrong)[0]) + 1)
    crs = metric_crs(tuple(shapely.total_bounds(shapes)) if len(shapes) else (0.0, 0.0, 0.0, 0.0))
    return _Grid(shapes, project(shapes, crs), crs, np.asarray(cells.index, dtype=object), tolerance_m)


@QUIET
def check_coverage(cells: gpd.GeoDataFrame, *, tolerance_m: float = 0.5) -> CoverageReport:
    """Every gap, overlap, sliver and unmatched border of cells in lon/lat.

    A gap is an area enclosed by cells that belongs to none, or an opening to the outside narrower than
    ``tolerance_m``. Faults name cells by the labels of the frame's index. Raises NotPolygonsError,
    MissingCrsError, UnsupportedCrsError.
    """
    if not len(cells):
        return CoverageReport(0, is_valid=True, faults=())
    grid = _grid(cells, tolerance_m)
    matched = bool(shapely.coverage_is_valid(grid.lonlat))
    faults: list[CoverageFault] = []
    if not matched:
        faults += _overlaps(grid)
    faults += _gaps(grid, matched=matched)
    faults.sort(key=lambda f: -f.area_m2)
    if not matched:
        faults += _unmatched(grid, {c for f in faults if f.of is FaultKind.OVERLAP for c in f.cells})
    return CoverageReport(len(cells), is_valid=not faults, faults=tuple(faults))


def _overlaps(grid: _Grid) -> list[CoverageFault]:
    """Pairs of cells that share area; only cells with a border that the coverage check rejects can."""
    edges = shapely.coverage_invalid_edges(grid.lonlat)
    suspects = np.flatnonzero(~(shapely.is_missing(edges) | shapely.is_empty(edges)))
    left, right = shapely.STRtree(grid.lonlat).query(grid.lonlat[suspects], predicate="intersects")
    pairs = np.stack([suspects[left], right], axis=1)
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    if not len(pairs):
        return []
    shared = _polygonal(shapely.intersection(grid.lonlat[pairs[:, 0]], grid.lonlat[pairs[:, 1]]))
    area = shapely.get_dimensions(shared) == 2
    return grid.faults(FaultKind.OVERLAP, shared[area], [tuple(p) for p in pairs[area].tolist()])


def _polygonal(shapes: NDArray[np.object_]) -> Geometries:
    """Only the areas of intersections, which also hold the lines along which cells merely touch."""
    result = np.array(shapes, dtype=object)
    mixed = np.flatnonzero(shapely.get_type_id(result) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for i in mixed:
        parts = shapely.get_parts(result[i])
        result[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return result


def _gaps(grid: _Grid, *, matched: bool) -> list[CoverageFault]:
    union = shapely.coverage_union_all(grid.lonlat) if matched else shapely.union_all(grid.lonlat)
    parts = shapely.get_parts(union)
    holes = _holes(parts)
    if len(parts) > 1 and len(holes):
        # A part of the coverage may lie inside a hole of another part.
        holes = shapely.get_parts(shapely.difference(holes, union))
    filled = project(np.array([union, *holes], dtype=object), grid.crs)
    found = np.concatenate([holes, unproject(_openings(grid, filled), grid.crs)])
    return grid.faults(FaultKind.GAP, found, _neighbours(grid, project(found, grid.crs)))


def _holes(parts: NDArray[np.object_]) -> Geometries:
    rings, owner = shapely.get_rings(parts, return_index=True)
    exterior = np.concatenate([[True], owner[1:] != owner[:-1]]) if len(owner) else np.zeros(0, dtype=bool)
    return np.asarray(shapely.polygons(rings[~exterior]), dtype=object)


def _openings(grid: _Grid, filled: Geometries) -> Geometries:
    """Slits narrower than the tolerance between cells that are open to the outside; all in metres.

    ``filled`` is what is no slit: the cells and the gaps that they enclose.
    """
    none = np.zeros(0, dtype=object)
    if grid.tolerance_m <= 0:
        return none
    edges = shapely.coverage_invalid_edges(grid.metric, gap_width=grid.tolerance_m)
    near = ~(shapely.is_missing(edges) | shapely.is_empty(edges))
    if not near.any():
        return none
    half = grid.tolerance_m / 2
    around = shapely.union_all(grid.metric[near])
    closed = shapely.buffer(shapely.buffer(around, half, join_style="mitre"), -half, join_style="mitre")
    slits = shapely.get_parts(shapely.difference(closed, shapely.union_all(filled)))
    # Smaller than this it is the corner that closing rounds off, not a slit.
    slits = slits[shapely.area(slits) > max(LEAST_AREA_M2, grid.tolerance_m**2)]
    between = np.array([len(n) > 1 for n in _neighbours(grid, slits)], dtype=bool)
    return np.asarray(slits[between], dtype=object)


def _neighbours(grid: _Grid, shapes: Geometries) -> list[tuple[int, ...]]:
    """The positions of the two cells with the longest border to each metric polygon."""
    if not len(shapes):
        return []
    fat = shapely.buffer(shapes, _TOUCH_M)
    shape, cell = shapely.STRtree(grid.metric).query(fat, predicate="intersects")
    border = shapely.area(shapely.intersection(fat[shape], grid.metric[cell]))
    order = np.lexsort((cell, -border.round(9), shape))
    result: list[tuple[int, ...]] = [() for _ in range(len(shapes))]
    for at in order:
        if border[at] > 0 and len(result[shape[at]]) < 2:
            result[shape[at]] = (*result[shape[at]], int(cell[at]))
    return result


def _unmatched(grid: _Grid, overlapping: set[Any]) -> list[CoverageFault]:
    """Cells with a rejected border that shares no area with another cell: a corner is missing on one side."""
    edges = np.asarray(shapely.coverage_invalid_edges(grid.lonlat), dtype=object)
    wrong = ~(shapely.is_missing(edges) | shapely.is_empty(edges))
    faults: list[CoverageFault] = []
    for i in np.flatnonzero(wrong):
        if grid.labels[i] in overlapping:
            continue
        spot = shapely.get_coordinates(shapely.point_on_surface(edges[i]))[0]
        kind = FaultKind.UNMATCHED
        cell = (grid.labels[i],)
        faults.append(CoverageFault(kind, kind, float(spot[0]), float(spot[1]), 0.0, 0.0, cell, edges[i]))
    return faults


@dataclass(frozen=True, slots=True)
class CleanedCoverage:
    """Cells after cleaning, on the index of the input without ``lost``.

    ``moved_m2`` is, for each cell kept, how much area it won or lost. ``lost`` are labels of cells of which
    nothing was left, such as the second of two equal cells; they are not in ``cells``.
    """

    cells: gpd.GeoDataFrame
    moved_m2: pd.Series
    lost: tuple[Any, ...]


@QUIET
def clean_coverage(cells: gpd.GeoDataFrame, *, tolerance_m: float = 0.5) -> CleanedCoverage:
    """Close gaps narrower than ``tolerance_m``, give each overlap to the smaller cell, make borders match.

    The smaller cell wins because a dedicated cell is often drawn on top of the cell that surrounds it. Corners
    that need not move keep their coordinates to the last digit; closing a slit that is open to the outside draws
    corners together that are nearer than the tolerance. Wider gaps stay: they are decisions, not slips.
    Raises NotPolygonsError, MissingCrsError, CleaningUnavailableError.
    """
    if not hasattr(shapely, "coverage_clean"):
        raise CleaningUnavailableError(found=shapely.__version__)
    grid = _grid(cells, tolerance_m)
    clean = shapely.coverage_clean(grid.metric, gap_width=tolerance_m, merge_strategy="min_area")
    if len(_openings(grid, clean)):
        # Slits that are open to the outside are no gaps to the engine; drawing their corners together closes them.
        clean = shapely.coverage_clean(
            clean, gap_width=tolerance_m, snapping_distance=tolerance_m, merge_strategy="min_area"
        )
    clean = np.asarray(clean, dtype=object)
    kept = ~(shapely.is_missing(clean) | shapely.is_empty(clean))
    moved = shapely.area(shapely.symmetric_difference(clean[kept], grid.metric[kept]))
    result = cells[kept]
    shapes = gpd.GeoSeries(_back(grid, clean[kept]), index=result.index, crs=cells.crs)
    return CleanedCoverage(
        cells=result.set_geometry(shapes),
        moved_m2=pd.Series(moved, index=result.index, name="moved_m2"),
        lost=tuple(grid.labels[~kept]),
    )


@QUIET
def simplify_coverage(cells: gpd.GeoDataFrame, *, tolerance_m: float) -> gpd.GeoDataFrame:
    """Fewer corners, borders still shared: corners are dropped where they enclose less than ``tolerance_m``².

    Corners that stay keep their coordinates to the last digit; a valid coverage stays one. Raises
    NotPolygonsError, MissingCrsError.
    """
    grid = _grid(cells, tolerance_m)
    simple = np.asarray(shapely.coverage_simplify(grid.metric, tolerance_m), dtype=object)
    return cells.set_geometry(gpd.GeoSeries(_back(grid, simple), index=cells.index, crs=cells.crs))


def _back(grid: _Grid, shapes: Geometries) -> Geometries:
    """Metric cells in lon/lat, with the original coordinates for every corner that did not move."""
    old_metric = shapely.get_coordinates(grid.metric).view(np.complex128).ravel()
    old_lonlat = shapely.get_coordinates(grid.lonlat)
    known, first = np.unique(old_metric, return_index=True)
    new_metric = np.ascontiguousarray(shapely.get_coordinates(shapes)).view(np.complex128).ravel()
    lonlat = shapely.get_coordinates(unproject(shapes, grid.crs))
    at = np.minimum(np.searchsorted(known, new_metric), len(known) - 1)
    same = known[at] == new_metric
    lonlat[same] = old_lonlat[first[at[same]]]
    return np.asarray(shapely.set_coordinates(shapes.copy(), lonlat), dtype=object)
