"""Faults between cells: found, measured, named, mended."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from geodata import errors
from geodata.coverage import CoverageReport, FaultKind, check_coverage, clean_coverage, simplify_coverage
from geodata.crs import areas_m2, perimeters_m
from geodata.issues import Severity
from geodata.readers import read_layer
from tests.geodata.layers import lattice, placed

RING = box(0, 0, 9, 9) - box(3, 3, 6, 6)
UNIT_M2 = 11_588.0  # one square of the tests' unit near Haikou


def kinds(report: CoverageReport) -> list[tuple[str, tuple[int, ...]]]:
    return [(str(f.kind), f.cells) for f in report.faults]


def test_valid_coverage_has_no_fault() -> None:
    """Neither has a set without cells, nor two islands."""
    for cells in (lattice(4, 5, jitter=0.3), placed(), placed(box(0, 0, 1, 1), box(5, 5, 6, 6))):
        report = check_coverage(cells)
        assert (report.is_valid, report.faults, report.cells) == (True, (), len(cells))


@pytest.mark.parametrize(
    ("shapes", "expected", "units"),
    [
        ([box(0, 0, 1, 1), box(0.9, 0, 2, 1)], ("overlap", (0, 1)), 0.1),
        ([box(0, 0, 1, 1), box(0, 0, 1, 1)], ("overlap", (0, 1)), 1.0),
        ([box(0, 0, 9, 9), box(2, 2, 3, 3)], ("overlap", (0, 1)), 1.0),
        ([box(0, 1, 3, 2), box(1, 0, 2, 3)], ("overlap", (0, 1)), 1.0),
        ([box(0, 0, 1, 1), box(0.9999, 0, 2, 1)], ("sliver", (0, 1)), 1e-4),
        ([RING], ("gap", (0,)), 9.0),
        ([RING, box(3, 3, 6, 5)], ("gap", (0, 1)), 3.0),
        ([RING, box(4, 4, 5, 5)], ("gap", (0, 1)), 8.0),
        ([RING, box(3, 3, 6, 5.9999)], ("sliver", (0, 1)), 3e-4),
        ([box(0, 0, 1, 1), box(1.001, 0, 2, 1)], ("sliver", (0, 1)), 1e-3),
    ],
)
def test_one_fault_is_found_measured_and_named(
    shapes: list[shapely.Geometry], expected: tuple[str, tuple[int, ...]], units: float
) -> None:
    """Kind, the cells concerned, the area to a thousandth, and a place inside the fault."""
    cells = placed(*shapes)
    report = check_coverage(cells)
    assert not report.is_valid
    (fault,) = (f for f in report.faults if f.area_m2 > 0)
    assert (str(fault.kind), tuple(sorted(fault.cells))) == expected
    assert fault.area_m2 == pytest.approx(units * UNIT_M2, rel=2e-3)
    spot = shapely.Point(fault.x, fault.y)
    assert fault.geometry.covers(spot)
    holders = cells.geometry.covers(spot).sum()
    assert holders == (0 if fault.of is FaultKind.GAP else 2)


def test_tolerance_divides_slivers_from_faults() -> None:
    """The same strip, 10 m wide, is a gap for half a metre and a sliver for twenty."""
    cells = placed(RING, box(3, 3, 6, 5.9))
    assert [f.kind for f in check_coverage(cells, tolerance_m=0.5).faults if f.area_m2 > 0] == [FaultKind.GAP]
    (sliver,) = check_coverage(cells, tolerance_m=25.0).slivers
    assert (sliver.of, round(sliver.width_m)) == (FaultKind.GAP, 11)


def test_corner_on_a_neighbours_border() -> None:
    """Nothing shows, but the borders are not the same: reported without area, and mended by cleaning."""
    cells = placed(box(0, 0, 1, 2), box(1, 0, 2, 1), box(1, 1, 2, 2))
    report = check_coverage(cells)
    assert {f.kind for f in report.faults} == {FaultKind.UNMATCHED}
    assert check_coverage(clean_coverage(cells).cells).is_valid


def test_faults_as_findings_and_as_a_layer() -> None:
    """Gaps and overlaps are errors, what cleaning mends is a warning; labels of the index are named."""
    cells = placed(box(0, 0, 1, 1), box(0.5, 0, 2, 1), box(2.0001, 0, 3, 1)).set_axis([11, 12, 13])
    report = check_coverage(cells)
    issues = {i.code: i for i in report.to_issues()}
    assert issues["coverage_overlap"].severity is Severity.ERROR
    assert issues["coverage_sliver"].severity is Severity.WARNING
    assert "11, 12" in issues["coverage_overlap"].text
    assert issues["coverage_overlap"].x == pytest.approx(110.34075, abs=1e-6)
    layer = report.to_frame()
    assert len(layer) == len(report.faults)
    assert layer.crs.to_epsg() == 4326


def test_cells_must_be_valid_polygons() -> None:
    """The position is told, 1-based."""
    bowtie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    for wrong in (bowtie, shapely.Point(0, 0)):
        with pytest.raises(errors.NotPolygonsError) as caught:
            check_coverage(placed(box(0, 0, 1, 1), wrong))
        assert caught.value.params["position"] == 2
    with pytest.raises(errors.UnsupportedCrsError):
        check_coverage(placed(box(0, 0, 1, 1)).to_crs(4546))


def spoiled(seed: int, rows: int, columns: int, strength: float) -> gpd.GeoDataFrame:
    """A valid coverage of which some cells were moved, so that gaps and overlaps arise."""
    rng = np.random.default_rng(seed)
    cells = lattice(rows, columns, jitter=0.2, seed=seed)
    shapes = np.asarray(cells.geometry.array, dtype=object)
    for i in rng.choice(len(shapes), size=max(1, len(shapes) // 3), replace=False):
        step = rng.uniform(-strength, strength, 2) * 1e-3
        shapes[i] = shapely.transform(shapes[i], lambda xy, by=step: xy + by)
    return cells.set_geometry(gpd.GeoSeries(shapes, crs=4326))


@given(seed=st.integers(0, 5_000), rows=st.integers(2, 4), columns=st.integers(2, 4), strength=st.floats(0.001, 0.4))
def test_overlaps_are_symmetrical_and_complete(seed: int, rows: int, columns: int, strength: float) -> None:
    """Turning the cells round finds the same overlaps; their areas are those of the plain intersections."""
    cells = spoiled(seed, rows, columns, strength)
    found = {tuple(sorted(f.cells)): f.area_m2 for f in check_coverage(cells).faults if f.of is FaultKind.OVERLAP}
    turned = check_coverage(cells.iloc[::-1])
    again = {tuple(sorted(f.cells)): f.area_m2 for f in turned.faults if f.of is FaultKind.OVERLAP}
    assert found == pytest.approx(again, rel=1e-6, abs=1e-3)
    shapes = cells.geometry
    pairs = [(i, j) for i in range(len(shapes)) for j in range(i + 1, len(shapes))]
    cut = gpd.GeoSeries([shapes[i].intersection(shapes[j]) for i, j in pairs], crs=4326)
    areas = dict(zip(pairs, areas_m2(cut).fillna(0), strict=True))
    for pair, area in areas.items():
        assert found.get(pair, 0.0) == pytest.approx(area, rel=1e-2, abs=5e-3)


@given(seed=st.integers(0, 5_000), rows=st.integers(2, 4), columns=st.integers(2, 4), strength=st.floats(0.001, 0.4))
def test_gaps_and_cells_fill_the_outline(seed: int, rows: int, columns: int, strength: float) -> None:
    """Union of the cells plus the enclosed gaps is the union without holes."""
    cells = spoiled(seed, rows, columns, strength)
    report = check_coverage(cells, tolerance_m=0.0)
    union = shapely.union_all(cells.geometry.values)
    filled = shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(union)])
    expected = areas_m2(gpd.GeoSeries([filled - union], crs=4326)).fillna(0).iloc[0]
    assert sum(f.area_m2 for f in report.gaps) == pytest.approx(expected, rel=1e-2, abs=0.05)
    for fault in report.gaps:
        assert not union.covers(shapely.Point(fault.x, fault.y))


@given(seed=st.integers(0, 5_000), rows=st.integers(2, 4), columns=st.integers(2, 4), strength=st.floats(0.0001, 0.3))
def test_cleaning_leaves_no_overlap_and_no_narrow_gap(seed: int, rows: int, columns: int, strength: float) -> None:
    """What stays are gaps wider than the tolerance; the place covered stays the same but for slivers."""
    cells = spoiled(seed, rows, columns, strength)
    cleaned = clean_coverage(cells, tolerance_m=0.5)
    report = check_coverage(cleaned.cells, tolerance_m=0.5)
    assert not report.overlaps
    assert all(f.of is FaultKind.GAP for f in report.faults if f.area_m2 > 0)
    assert shapely.coverage_is_valid(cleaned.cells.geometry.values)
    assert cleaned.lost == ()
    before = shapely.union_all(cells.geometry.values)
    after = shapely.union_all(cleaned.cells.geometry.values)
    lost = areas_m2(gpd.GeoSeries([before - after], crs=4326)).fillna(0).iloc[0]
    assert lost < 0.5 * perimeters_m(cells).sum()


def test_cleaning_a_valid_coverage_changes_nothing() -> None:
    """Not a digit of a corner; index and columns stay."""
    cells = lattice(4, 4, jitter=0.3).assign(code="x").set_axis(list(range(10, 26)))
    cleaned = clean_coverage(cells).cells
    assert shapely.equals_exact(
        shapely.normalize(cleaned.geometry.values), shapely.normalize(cells.geometry.values), tolerance=0.0
    ).all()
    assert (list(cleaned.index), cleaned["code"].tolist()) == (list(cells.index), cells["code"].tolist())


def test_overlap_goes_to_the_smaller_cell_and_an_equal_cell_is_told_lost() -> None:
    """A dedicated cell drawn on top of another stays whole; of two equal cells one goes and is named."""
    cleaned = clean_coverage(placed(box(0, 0, 9, 9), box(2, 2, 3, 3)))
    assert areas_m2(cleaned.cells)[1] == pytest.approx(UNIT_M2, rel=2e-3)
    assert cleaned.moved_m2.round(0).tolist() == pytest.approx([UNIT_M2, 0], rel=2e-3)
    twice = clean_coverage(placed(box(0, 0, 1, 1), box(0, 0, 1, 1)).set_axis(["a", "b"]))
    assert (list(twice.cells.index), twice.lost) == (["a"], ("b",))


def test_wide_gaps_stay() -> None:
    """A lake is a decision."""
    assert len(check_coverage(clean_coverage(placed(RING)).cells).gaps) == 1


@pytest.mark.shared_data
@pytest.mark.parametrize("city", ["shanghai", "wuhan"])
def test_real_blocks(shared_data: Path, city: str) -> None:
    """Valid as their maker says; simplified they stay so, corners that stay do so to the last digit."""
    blocks = read_layer(shared_data / f"{city}_osm_blocks.geojson").frame
    assert check_coverage(blocks).faults == ()
    simple = simplify_coverage(blocks, tolerance_m=5.0)
    assert shapely.coverage_is_valid(simple.geometry.values)
    corners = {tuple(c) for c in shapely.get_coordinates(blocks.geometry.values).tolist()}
    fewer = shapely.get_coordinates(simple.geometry.values).tolist()
    assert {tuple(c) for c in fewer} < corners
    assert list(simple.index) == list(blocks.index)
    assert areas_m2(simple).sum() == pytest.approx(areas_m2(blocks).sum(), rel=1e-3)


@pytest.mark.shared_data
def test_areas_agree_with_the_makers(shared_data: Path) -> None:
    """The blocks carry the area that their maker computed in another system."""
    blocks = read_layer(shared_data / "shanghai_osm_blocks.geojson").frame
    assert areas_m2(blocks).to_numpy() == pytest.approx(blocks["area_m2"].to_numpy(), rel=2e-3)
