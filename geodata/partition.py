"""Cut a place into cells: a regular grid where there is none, or balanced cells proposed from weighted points."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geodata.crs import LONLAT, Bounds, Geometries, metric_crs, project, require_lonlat, unproject
from geodata.errors import PartitionError
from geodata.quiet import QUIET

#: How far round the outermost points proposed cells reach.
_FRAME_M: Final = 50.0


def regular_cells(bounds: Bounds, rows: int, columns: int) -> gpd.GeoDataFrame:
    """A grid of ``rows`` × ``columns`` cells over ``bounds`` (lon, lat: minx, miny, maxx, maxy), in lon/lat.

    Neighbours share their corners to the last digit, so the cells are a valid coverage. They are numbered
    (``sequence``, ``row``, ``column``, from 1) from west to east, row by row from north to south. Raises
    PartitionError for bounds without area or counts below one.
    """
    minx, miny, maxx, maxy = bounds
    if rows < 1 or columns < 1 or not (maxx > minx and maxy > miny) or not np.isfinite(bounds).all():
        raise PartitionError(cells=rows * columns, places=0)
    x = np.linspace(minx, maxx, columns + 1)
    y = np.linspace(maxy, miny, rows + 1)
    row, column = (a.ravel() for a in np.mgrid[0:rows, 0:columns])
    boxes = shapely.box(x[column], y[row + 1], x[column + 1], y[row])
    table = {"sequence": np.arange(1, rows * columns + 1), "row": row + 1, "column": column + 1}
    return gpd.GeoDataFrame(table, geometry=boxes, crs=LONLAT)


def propose_cells(points: gpd.GeoDataFrame | gpd.GeoSeries, weights: ArrayLike, n: int) -> NDArray[np.int64]:
    """Labels 0 … n-1 that cut ``points`` into ``n`` groups of about equal weight, each in one piece of the map.

    ``points`` are in lon/lat (polygons count as a point on them); ``weights`` (households, say) are not negative.
    Recursive bisection: the longer side (in metres) is cut where the weights of both sides are in the proportion
    of the groups still to be made; every group gets at least one point. What a cut leaves apart from the rest of its
    group (by nearest place, as ``cells_around`` draws it) joins a neighbour. The same input gives the same labels.
    Raises PartitionError when there are fewer points than groups or a weight is negative or missing.
    """
    shapes = require_lonlat(points)
    weight = np.asarray(weights, dtype=float)
    unusable = len(weight) != len(shapes) or not np.isfinite(weight).all() or (weight < 0).any()
    if n < 1 or len(shapes) < n or unusable or shapely.is_missing(shapes).any():
        raise PartitionError(cells=n, places=len(shapes))
    spots = shapely.point_on_surface(shapes)
    crs = metric_crs(tuple(shapely.total_bounds(spots)))
    xy = shapely.get_coordinates(project(spots, crs))
    labels = np.zeros(len(shapes), dtype=np.int64)
    # (members, first label, how many groups): a stack, since a deep recursion buys nothing here.
    work = [(np.arange(len(shapes)), 0, n)]
    while work:
        members, first, groups = work.pop()
        labels[members] = first
        if groups > 1:
            left, right = _halves(members, xy, weight, groups)
            work.append((left, first, groups // 2))
            work.append((right, first + groups // 2, groups - groups // 2))
    return _in_one_piece(xy, labels, weight) if n > 1 else labels


def _halves(
    members: NDArray[np.int64], xy: NDArray[np.float64], weight: NDArray[np.float64], groups: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut ``members`` across their longer side, weights in the proportion groups // 2 to the rest."""
    here = xy[members]
    axis = int(np.ptp(here[:, 1]) > np.ptp(here[:, 0]))
    order = np.lexsort((members, here[:, 1 - axis], here[:, axis]))
    low = groups // 2
    running = np.cumsum(weight[members][order])
    if running[-1] <= 0:  # nobody lives here: count places instead
        running = np.arange(1, len(members) + 1, dtype=float)
    target = running[-1] * low / groups
    cut = int(np.searchsorted(running, target)) + 1
    if cut > 1 and target - running[cut - 2] <= running[cut - 1] - target:
        cut -= 1
    cut = min(max(cut, low), len(members) - (groups - low))
    return members[order[:cut]], members[order[cut:]]


def _in_one_piece(xy: NDArray[np.float64], labels: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give every part of a group that is cut off from its heaviest part to the neighbour it borders on most."""
    place, owner = np.unique(xy, axis=0, return_inverse=True)
    first = np.zeros(len(place), dtype=np.int64)
    first[owner[::-1]] = np.arange(len(xy))[::-1]
    if len(place) < len(np.unique(labels)) + 1:
        return labels
    # Places share a label: a place is one point of the map, however many points stand there.
    here = labels[first]
    load: NDArray[np.float64] = np.asarray(np.bincount(owner, weights=weight, minlength=len(place)) + 1e-9, dtype=float)
    pairs = _adjacent(place)
    for _ in range(10):
        part = _components(len(place), pairs[here[pairs[:, 0]] == here[pairs[:, 1]]])
        heaviest = _heaviest(part, here, load)
        stray = ~heaviest[part]
        if not stray.any():
            break
        out = pairs[stray[pairs[:, 0]] & (here[pairs[:, 0]] != here[pairs[:, 1]])]
        votes, count = np.unique(np.stack([part[out[:, 0]], here[out[:, 1]]], axis=1), axis=0, return_counts=True)
        order = np.lexsort((votes[:, 1], -count, votes[:, 0]))
        chosen, at = np.unique(votes[order, 0], return_index=True)
        target = np.full(len(place), -1, dtype=np.int64)
        target[chosen] = votes[order, 1][at]
        moves = stray & (target[part] >= 0)
        here = np.where(moves, target[part], here)
    kept = here[owner]
    # Points at one place that the cut had divided must not leave a group without any.
    return kept if len(np.unique(kept)) == len(np.unique(labels)) else labels


def _frame_around(xy: NDArray[np.float64]) -> shapely.Geometry:
    return shapely.box(*(xy.min(axis=0) - _FRAME_M), *(xy.max(axis=0) + _FRAME_M))


@QUIET
def _adjacent(place: NDArray[np.float64]) -> NDArray[np.int64]:
    """Pairs (both ways round) of places whose Voronoi faces share a border within the frame round all places."""
    frame = _frame_around(place)
    diagram = shapely.voronoi_polygons(shapely.multipoints(place), extend_to=frame, ordered=True)
    faces = shapely.intersection(shapely.get_parts(diagram), frame)
    pairs = np.stack(shapely.STRtree(faces).query(faces, predicate="intersects"), axis=1)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    border = shapely.length(shapely.intersection(faces[pairs[:, 0]], faces[pairs[:, 1]]))
    pairs = pairs[border > 1e-3]
    return np.concatenate([pairs, pairs[:, ::-1]])


def _components(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The smallest member of each place's component in the graph of ``pairs``."""
    part = np.arange(count)
    while True:
        lowest = part.copy()
        np.minimum.at(lowest, pairs[:, 0], part[pairs[:, 1]])
        lowest = lowest[lowest]
        if (lowest == part).all():
            return part
        part = lowest


def _heaviest(part: NDArray[np.int64], label: NDArray[np.int64], load: NDArray[np.float64]) -> NDArray[np.bool_]:
    """For each component number: is it the heaviest of its label (the first of equals)?"""
    total = np.bincount(part, weights=load, minlength=len(part))
    roots = np.unique(part)
    order = np.lexsort((roots, -total[roots], label[roots]))
    ordered = roots[order]
    top = np.concatenate([[True], label[ordered][1:] != label[ordered][:-1]])
    result = np.zeros(len(part), dtype=bool)
    result[ordered[top]] = True
    return result


def cells_around(
    points: gpd.GeoDataFrame | gpd.GeoSeries, labels: ArrayLike, outline: shapely.Geometry | None = None
) -> gpd.GeoDataFrame:
    """Cells in lon/lat, one a label (column ``label``), each point in the cell of its label.

    Every place goes to the cell of the nearest point (Voronoi), so the cells fill ``outline`` (lon/lat; a
    rectangle 50 m round the points by default) without gap or overlap. Points at the same place follow the
    first of them. Raises PartitionError without points or with other numbers of labels than points.
    """
    shapes = require_lonlat(points)
    wanted = np.asarray(labels)
    if not len(shapes) or len(wanted) != len(shapes):
        raise PartitionError(cells=len(wanted), places=len(shapes))
    crs = metric_crs(tuple(shapely.total_bounds(shapes)))
    xy = shapely.get_coordinates(project(shapely.point_on_surface(shapes), crs))
    xy, first = np.unique(xy, axis=0, return_index=True)
    wanted = wanted[first]
    frame = _frame_around(xy) if outline is None else project(np.array([outline], dtype=object), crs)[0]
    names = np.unique(wanted)
    if len(xy) == 1 or len(names) == 1:
        cells = np.array([frame], dtype=object)
    else:
        cells = _voronoi_groups(xy, wanted, names, frame)
    return gpd.GeoDataFrame({"label": names}, geometry=unproject(cells, crs), crs=LONLAT)


@QUIET
def _voronoi_groups(
    xy: NDArray[np.float64], labels: NDArray[np.int64], names: NDArray[np.int64], frame: shapely.Geometry
) -> Geometries:
    diagram = shapely.voronoi_polygons(shapely.multipoints(xy), extend_to=frame, ordered=True)
    faces = shapely.get_parts(diagram)
    cells = np.array([shapely.coverage_union_all(faces[labels == name]) for name in names], dtype=object)
    cut = shapely.intersection(cells, frame)
    if hasattr(shapely, "coverage_clean") and not shapely.coverage_is_valid(cut):
        # Neighbours cut by the same outline may differ in the last digit of the corner where they meet it.
        cut = shapely.coverage_clean(cut)
    return np.asarray(cut, dtype=object)
