"""Which cell a feature belongs to: the one that holds most of it, or the one a point lies in.

Most features lie wholly inside one cell. These are found by two prepared queries without cutting anything; only
the rest, those on a border, are cut. A share is the ratio of two areas within one feature, where degrees are as good
as metres: over a building both give the same to a millionth, over a kilometre to a few ten-thousandths, and cut
where the cells are stored the pieces of a feature add up exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.crs import Geometries, metric_crs, project, require_lonlat
from geodata.errors import MixedCrsError, NotPolygonsError
from geodata.quiet import QUIET

Frame: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries
Positions = NDArray[np.int64]
Shares = NDArray[np.float64]

#: A share below this is a touch along a border seen through rounding, not an overlap.
LEAST_SHARE: Final = 1e-9
#: Shares equal in so many decimals tie.
_TIE_DECIMALS: Final = 9
_ORPHAN: Final = -1


@dataclass(frozen=True, slots=True)
class Assignment:
    """Arrays aligned to the features, in their order.

    ``cell`` is the position of the cell (-1: an orphan, in no cell), ``share`` the part of the feature's area in
    that cell (0 to 1), ``touched`` the number of cells it overlaps. ``pieces`` has one row for each feature and
    cell of the straddlers (features in more than one cell): ``feature``, ``cell`` (positions) and ``share``,
    ordered by feature and falling share.
    """

    cell: Positions
    share: Shares
    touched: Positions
    pieces: pd.DataFrame

    @property
    def orphans(self) -> Positions:
        """Positions of features that lie in no cell."""
        return np.flatnonzero(self.cell == _ORPHAN)

    @property
    def straddlers(self) -> Positions:
        """Positions of features that lie in more than one cell."""
        return np.flatnonzero(self.touched > 1)

    def labels(self, cells: pd.Index) -> NDArray[np.object_]:
        """The cell's label for each feature, None for an orphan; ``cells`` labels the cells in their order."""
        known: NDArray[np.object_] = np.array([*cells, None], dtype=object)
        return known[self.cell]


def _both(features: Frame, cells: Frame) -> tuple[Geometries, Geometries]:
    if features.crs is not None and cells.crs is not None and not features.crs.equals(cells.crs):
        raise MixedCrsError(first=features.crs.name, second=cells.crs.name)
    return require_lonlat(features), require_lonlat(cells)


def _require_polygons(shapes: Geometries, *, valid: bool) -> None:
    wrong = shapely.get_dimensions(shapes) != 2
    if valid:
        wrong |= ~shapely.is_valid(shapes)
    if wrong.any():
        raise NotPolygonsError(position=int(np.flatnonzero(wrong)[0]) + 1)


@QUIET
def assign_by_overlap(features: Frame, cells: Frame) -> Assignment:
    """Each polygon of ``features`` to the cell of ``cells`` with which it shares most area.

    Both are in lon/lat. A feature touching cells along a border only is an orphan; equal shares go to the cell
    that comes first. Cells need not be a valid coverage: where they overlap, shares add up to more than one.
    Raises MixedCrsError, NotPolygonsError (its position is 1-based), MissingCrsError.
    """
    shapes, grid = _both(features, cells)
    _require_polygons(shapes, valid=False)
    _require_polygons(grid, valid=True)
    tree = shapely.STRtree(shapes)
    near_cell, near_feature = tree.query(grid, predicate="intersects")
    inside_cell, inside_feature = tree.query(grid, predicate="covers")
    contacts = np.bincount(near_feature, minlength=len(shapes))

    cell = np.full(len(shapes), _ORPHAN, dtype=np.int64)
    share = np.zeros(len(shapes))
    touched = np.zeros(len(shapes), dtype=np.int64)
    alone = contacts[inside_feature] == 1
    cell[inside_feature[alone]] = inside_cell[alone]
    share[inside_feature[alone]] = 1.0
    touched[inside_feature[alone]] = 1

    open_pairs = cell[near_feature] == _ORPHAN
    pieces = _cut(shapes, grid, near_feature[open_pairs], near_cell[open_pairs])
    first = ~pieces["feature"].duplicated()
    best = pieces[first]
    cell[best["feature"]] = best["cell"]
    share[best["feature"]] = best["share"]
    touched += np.bincount(pieces["feature"], minlength=len(shapes))
    straddling = pieces[touched[pieces["feature"]] > 1].reset_index(drop=True)
    return Assignment(cell, share, touched, straddling)


def _cut(shapes: Geometries, grid: Geometries, feature: Positions, cell: Positions) -> pd.DataFrame:
    """The pieces of features in cells with their share, by feature, falling share, then cell."""
    if not len(feature):
        return pd.DataFrame({"feature": feature, "cell": cell, "share": np.zeros(0)})
    part = shapely.area(shapely.intersection(shapes[feature], grid[cell]))
    whole = shapely.area(shapes[feature])
    share = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    pieces = pd.DataFrame({"feature": feature, "cell": cell, "share": np.minimum(share, 1.0)})
    pieces = pieces[pieces["share"] > LEAST_SHARE]
    order = np.lexsort((pieces["cell"], -pieces["share"].round(_TIE_DECIMALS), pieces["feature"]))
    return pieces.iloc[order].reset_index(drop=True)


@QUIET
def assign_points(points: Frame, cells: Frame) -> Assignment:
    """Each point to the cell it lies in; polygons and lines count as a point on them.

    A point on a border goes to the cell that comes first; its share is 1 and ``pieces`` lists all its cells.
    Raises MixedCrsError, NotPolygonsError, MissingCrsError.
    """
    shapes, grid = _both(points, cells)
    _require_polygons(grid, valid=True)
    spots = shapely.point_on_surface(shapes)
    cell_of, point_of = shapely.STRtree(spots).query(grid, predicate="intersects")
    order = np.lexsort((cell_of, point_of))
    pairs = pd.DataFrame({"feature": point_of[order], "cell": cell_of[order], "share": 1.0})
    first = pairs[~pairs["feature"].duplicated()]
    cell = np.full(len(shapes), _ORPHAN, dtype=np.int64)
    cell[first["feature"]] = first["cell"]
    touched = np.bincount(pairs["feature"], minlength=len(shapes)).astype(np.int64)
    straddling = pairs[touched[pairs["feature"]] > 1].reset_index(drop=True)
    return Assignment(cell, (cell != _ORPHAN).astype(float), touched, straddling)


@QUIET
def nearest_cells(features: Frame, cells: Frame) -> tuple[Positions, Shares]:
    """The nearest cell of each feature (the first of equals) and the distance to it in metres, 0 where they meet.

    Meant for orphans, so that a report can say how far outside they lie. -1 and NaN where there is no geometry
    or no cell.
    """
    shapes, grid = _both(features, cells)
    nearest = np.full(len(shapes), _ORPHAN, dtype=np.int64)
    distance_m = np.full(len(shapes), np.nan)
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not present.any() or not len(grid):
        return nearest, distance_m
    crs = metric_crs(tuple(shapely.total_bounds(shapes[present])))
    tree = shapely.STRtree(project(grid, crs))
    pairs, distances = tree.query_nearest(project(shapes[present], crs), return_distance=True, all_matches=True)
    order = np.lexsort((pairs[1], pairs[0]))
    feature, cell, away = pairs[0][order], pairs[1][order], distances[order]
    first = np.concatenate([[True], feature[1:] != feature[:-1]])
    target = np.flatnonzero(present)[feature[first]]
    nearest[target] = cell[first]
    distance_m[target] = away[first]
    return nearest, distance_m


@QUIET
def nearest_cell_distance_m(features: Frame, cells: Frame) -> Shares:
    """Metres from each feature to the nearest cell; see ``nearest_cells``."""
    return nearest_cells(features, cells)[1]
