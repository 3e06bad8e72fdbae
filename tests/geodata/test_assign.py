"""Features to cells: largest overlap, points, orphans."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, box

from geodata import errors
from geodata.assign import LEAST_SHARE, assign_by_overlap, assign_points, nearest_cell_distance_m, nearest_cells
from geodata.readers import read_layer
from tests.geodata.layers import STEP, lattice, placed

SQUARES = placed(box(0, 0, 1, 1), box(1, 0, 2, 1))


def test_shares_straddlers_and_orphans() -> None:
    """Inside, two thirds in the second, outside, touching along a border only, larger than all cells."""
    features = placed(
        box(0.1, 0.1, 0.3, 0.3), box(0.9, 0, 1.2, 0.3), box(5, 5, 6, 6), box(2, 0, 3, 1), box(-1, -1, 3, 2)
    )
    result = assign_by_overlap(features, SQUARES)
    assert result.cell.tolist() == [0, 1, -1, -1, 0]
    assert result.share == pytest.approx([1, 2 / 3, 0, 0, 1 / 12], abs=1e-4)
    assert result.touched.tolist() == [1, 2, 0, 0, 2]
    assert (result.orphans.tolist(), result.straddlers.tolist()) == ([2, 3], [1, 4])
    assert result.pieces["feature"].tolist() == [1, 1, 4, 4]
    assert result.pieces["cell"].tolist() == [1, 0, 0, 1]
    assert result.labels(SQUARES.set_axis(["A", "B"]).index).tolist() == ["A", "B", None, None, "A"]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_equal_shares_go_to_the_first_cell(order: list[int]) -> None:
    """A building cut in halves belongs to the cell that comes first, whichever way it is drawn."""
    halves = [box(0.8, 0.2, 1.2, 0.4), shapely.reverse(box(0.8, 0.2, 1.2, 0.4))]
    assert assign_by_overlap(placed(*halves), SQUARES.iloc[order]).cell.tolist() == [0, 0]


def test_feature_wholly_in_two_overlapping_cells() -> None:
    """Cells may be wrong: both are told, the first is taken."""
    result = assign_by_overlap(placed(box(0.2, 0.2, 0.4, 0.4)), placed(box(0, 0, 1, 1), box(0, 0, 0.5, 0.5)))
    assert (result.cell.tolist(), result.touched.tolist()) == ([0], [2])
    assert result.pieces["share"].tolist() == pytest.approx([1, 1])


def test_nothing_to_assign() -> None:
    """No feature, no cell."""
    none = placed()
    assert assign_by_overlap(none, SQUARES).cell.tolist() == []
    result = assign_by_overlap(SQUARES, none)
    assert (result.cell.tolist(), result.touched.tolist(), len(result.pieces)) == ([-1, -1], [0, 0], 0)
    assert assign_points(SQUARES, none).cell.tolist() == [-1, -1]


def test_what_is_no_polygon_or_not_in_lonlat_is_refused() -> None:
    """Lines have no share; invalid cells have no inside; two systems cannot be compared."""
    with pytest.raises(errors.NotPolygonsError) as caught:
        assign_by_overlap(placed(box(0, 0, 1, 1), LineString([(0, 0), (1, 1)])), SQUARES)
    assert caught.value.params["position"] == 2
    bowtie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(errors.NotPolygonsError):
        assign_by_overlap(SQUARES, placed(bowtie))
    with pytest.raises(errors.MixedCrsError):
        assign_by_overlap(SQUARES, SQUARES.to_crs(4546))
    with pytest.raises(errors.MissingCrsError):
        assign_by_overlap(SQUARES.set_crs(None, allow_override=True), SQUARES)


def naive(features: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> tuple[list[int], list[int], list[float]]:
    """The slow and obvious way: cut every feature with every cell, in the plane."""
    cell, touched, share = [], [], []
    for shape in features.geometry:
        shares = np.round([shape.intersection(c).area / shape.area for c in cells.geometry], 9)
        best = int(np.argmax(shares))
        cell.append(best if shares[best] > LEAST_SHARE else -1)
        touched.append(int((shares > LEAST_SHARE).sum()))
        share.append(float(shares[best]))
    return cell, touched, share


@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 5),
    columns=st.integers(1, 5),
    size=st.floats(0.05, 2.0),
    snapped=st.booleans(),
)
def test_agrees_with_the_naive_overlay(seed: int, rows: int, columns: int, size: float, snapped: bool) -> None:
    """On random cells and buildings, on borders and off, inside and out, the answers are those of the slow way."""
    rng = np.random.default_rng(seed)
    cells = lattice(rows, columns, jitter=0.0 if snapped else 0.3, seed=seed)
    corner = rng.uniform(-1, 5, (30, 2))
    side = rng.uniform(0.2, 1.0, (30, 2)) * size
    if snapped:
        corner, side = np.round(corner * 2) / 2, np.maximum(np.round(side * 2) / 2, 0.5)
    features = placed(*shapely.box(*corner.T, *(corner + side).T))
    result = assign_by_overlap(features, cells)
    cell, touched, share = naive(features, cells)
    assert result.touched.tolist() == touched
    assert result.share == pytest.approx(share, abs=1e-4)
    # Where two cells hold the same share to a ten-thousandth, the plane and the ellipsoid may choose differently.
    two = [
        sorted((f.intersection(c).area / f.area for c in cells.geometry), reverse=True)[:2] for f in features.geometry
    ]
    clear = np.array([len(t) < 2 or t[0] - t[1] > 1e-4 for t in two])
    assert result.cell[clear].tolist() == np.array(cell)[clear].tolist()


@given(seed=st.integers(0, 10_000), jitter=st.floats(0, 0.4))
def test_shares_of_a_coverage_add_up(seed: int, jitter: float) -> None:
    """A building inside a valid coverage is divided without rest, and the pieces say so."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 3, (40, 2))
    features = placed(*shapely.box(*corner.T, *(corner + rng.uniform(0.1, 1.0, (40, 2))).T))
    result = assign_by_overlap(features, lattice(4, 4, jitter=jitter, seed=seed))
    totals = result.pieces.groupby("feature")["share"].sum()
    assert totals.to_numpy() == pytest.approx(np.ones(len(totals)), abs=1e-6)
    assert result.pieces.groupby("feature").size().to_dict() == {
        int(f): int(result.touched[f]) for f in result.straddlers
    }
    assert (result.cell >= 0).all()


def test_order_of_features_does_not_matter() -> None:
    """Shuffled input gives shuffled output."""
    rng = np.random.default_rng(3)
    corner = rng.uniform(0, 9, (500, 2))
    features = placed(*shapely.box(*corner.T, *(corner + 0.4).T))
    cells = lattice(10, 10, jitter=0.3)
    order = rng.permutation(500)
    assert (
        assign_by_overlap(features.iloc[order], cells).cell.tolist()
        == assign_by_overlap(features, cells).cell[order].tolist()
    )


def test_points() -> None:
    """Inside, on the border (the first cell), outside; polygons count as a point on them."""
    points = placed(shapely.Point(0.5, 0.5), shapely.Point(1, 0.5), shapely.Point(7, 7), box(1.2, 0.2, 1.4, 0.4))
    result = assign_points(points, SQUARES)
    assert result.cell.tolist() == [0, 0, -1, 1]
    assert result.touched.tolist() == [1, 2, 0, 1]
    assert result.share.tolist() == [1, 1, 0, 1]


def test_how_far_orphans_lie_outside() -> None:
    """Metres to the nearest cell, 0 inside, nothing without a geometry or a cell."""
    places = placed(box(3, 0, 4, 1), box(0.2, 0.2, 0.4, 0.4)).geometry.tolist()
    features = gpd.GeoDataFrame(geometry=[*places, None], crs=4326)
    distance = nearest_cell_distance_m(features, SQUARES)
    assert distance[0] == pytest.approx(STEP * 104_640, rel=1e-3)
    assert distance[1] == 0
    assert np.isnan(distance[2])
    assert nearest_cells(features, SQUARES)[0].tolist() == [1, 0, -1]
    assert nearest_cells(features, placed())[0].tolist() == [-1, -1, -1]


@pytest.mark.shared_data
@pytest.mark.parametrize(("city", "buildings", "blocks"), [("shanghai", 1321, 309), ("wuhan", 234, 98)])
def test_real_buildings(shared_data: Path, city: str, buildings: int, blocks: int) -> None:
    """Every real building has a block; the slow way agrees; the counts of the blocks' maker are those of points."""
    features = read_layer(shared_data / f"{city}_osm_buildings.geojson").frame
    cells = read_layer(shared_data / f"{city}_osm_blocks.geojson").frame
    result = assign_by_overlap(features, cells)
    assert (len(result.cell), len(cells)) == (buildings, blocks)
    assert (result.cell >= 0).all()
    overlay = gpd.overlay(
        features.reset_index()[["feature", "geometry"]],
        cells.reset_index(drop=True).reset_index()[["index", "geometry"]],
    )
    overlay["part"] = overlay.geometry.to_crs(32650).area
    best = overlay.sort_values("part").groupby("feature")["index"].last()
    agree = (best.reindex(features.index).to_numpy() == result.cell).mean()
    assert agree > 0.999
    by_point = np.bincount(assign_points(features, cells).cell, minlength=blocks)
    assert np.abs(by_point - cells["n_buildings"].to_numpy()).sum() <= 2
