"""Regular cells and proposed cells."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata import errors
from geodata.assign import assign_points
from geodata.coverage import check_coverage
from geodata.partition import cells_around, propose_cells, regular_cells
from geodata.readers import read_layer

BOUNDS = (110.3, 20.0, 110.37, 20.05)


def scattered(n: int, seed: int = 0) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(BOUNDS[:2], BOUNDS[2:], (n, 2))
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=4326)


@given(rows=st.integers(1, 12), columns=st.integers(1, 12))
def test_regular_cells_are_a_valid_coverage(rows: int, columns: int) -> None:
    """They fill the bounds exactly, whatever the division leaves over, and share their corners."""
    cells = regular_cells(BOUNDS, rows, columns)
    assert len(cells) == rows * columns
    assert tuple(cells.total_bounds) == BOUNDS
    assert shapely.coverage_is_valid(cells.geometry.values)
    assert check_coverage(cells).is_valid


def test_regular_cells_are_numbered_west_to_east_from_the_north() -> None:
    """As the standard for cell codes numbers them."""
    cells = regular_cells(BOUNDS, 2, 3)
    middle = (
        cells.geometry.centroid if cells.crs.is_projected else gpd.GeoSeries(shapely.centroid(cells.geometry.values))
    )
    assert cells["sequence"].tolist() == [1, 2, 3, 4, 5, 6]
    assert (np.diff(middle.x[:3]) > 0).all()
    assert middle.y[0] > middle.y[3]


@pytest.mark.parametrize(
    ("bounds", "rows"), [(BOUNDS, 0), ((110.3, 20, 110.3, 20.1), 2), ((110.4, 20, 110.3, 20.1), 2), ((np.nan,) * 4, 2)]
)
def test_no_cells_of_nothing(bounds: tuple[float, float, float, float], rows: int) -> None:
    """Bounds without area, no rows."""
    with pytest.raises(errors.PartitionError):
        regular_cells(bounds, rows, 2)


@given(seed=st.integers(0, 1000), points=st.integers(1, 200), n=st.integers(1, 40))
def test_every_group_gets_a_point(seed: int, points: int, n: int) -> None:
    """Labels 0 … n-1, none empty, the same again for the same input."""
    weights = np.random.default_rng(seed).integers(0, 100, points)
    frame = scattered(points, seed)
    if points < n:
        with pytest.raises(errors.PartitionError):
            propose_cells(frame, weights, n)
        return
    labels = propose_cells(frame, weights, n)
    assert sorted(set(labels.tolist())) == list(range(n))
    assert labels.tolist() == propose_cells(frame, weights, n).tolist()


def test_balanced() -> None:
    """5,000 buildings of 8 to 120 households in 50 cells: no cell a twentieth above or below the mean."""
    weights = np.random.default_rng(1).integers(8, 120, 5000)
    load = np.bincount(propose_cells(scattered(5000), weights, 50), weights)
    assert load.max() / load.mean() < 1.05
    assert load.min() / load.mean() > 0.95


@pytest.mark.parametrize("weights", [[1.0, -1.0, 1.0], [1.0, np.nan, 1.0], [1.0]])
def test_bad_weights_are_refused(weights: list[float]) -> None:
    """Negative, missing, too few."""
    with pytest.raises(errors.PartitionError):
        propose_cells(scattered(3), weights, 2)


def test_places_without_people_are_divided_by_number() -> None:
    """All weights zero."""
    assert np.bincount(propose_cells(scattered(100), np.zeros(100), 4)).tolist() == [25, 25, 25, 25]


@given(seed=st.integers(0, 300), points=st.integers(8, 120), n=st.integers(1, 8))
def test_cells_around_points(seed: int, points: int, n: int) -> None:
    """A valid coverage in which each point lies in the cell of its label, each cell in one piece."""
    frame = scattered(points, seed)
    labels = propose_cells(frame, np.ones(points), n)
    cells = cells_around(frame, labels)
    assert check_coverage(cells).is_valid
    where = assign_points(frame, cells)
    assert cells["label"].to_numpy()[where.cell].tolist() == labels.tolist()
    assert set(cells.geometry.geom_type) == {"Polygon"}


def test_groups_stay_in_one_piece_among_clustered_buildings() -> None:
    """Buildings in clumps and rows, where straight cuts leave islands; several stand at the same place."""
    rng = np.random.default_rng(5)
    middle = rng.uniform(BOUNDS[:2], BOUNDS[2:], (40, 2))
    xy = np.repeat(middle, 50, axis=0) + rng.normal(0, 3e-4, (2000, 2))
    xy[1::7] = xy[::7][: len(xy[1::7])]
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=4326)
    weights = rng.integers(1, 100, 2000)
    labels = propose_cells(frame, weights, 30)
    cells = cells_around(frame, labels)
    assert len(cells) == 30
    assert set(cells.geometry.geom_type) == {"Polygon"}
    load = np.bincount(labels, weights)
    assert load.max() / load.mean() < 1.25


@pytest.mark.shared_data
def test_proposal_for_real_buildings(shared_data: Path) -> None:
    """Twelve cells for Lujiazui within the outline of its blocks."""
    buildings = read_layer(shared_data / "shanghai_osm_buildings.geojson").frame
    blocks = read_layer(shared_data / "shanghai_osm_blocks.geojson").frame
    outline = shapely.coverage_union_all(blocks.geometry.values)
    floors = np.maximum(buildings["height"].fillna(12.0) / 3.0, 1.0)
    labels = propose_cells(buildings, floors, 12)
    cells = cells_around(buildings, labels, outline)
    assert len(cells) == 12
    assert check_coverage(cells).is_valid
    gap = shapely.symmetric_difference(shapely.union_all(cells.geometry.values), outline).area
    assert gap / outline.area < 1e-6
