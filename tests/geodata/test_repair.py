"""Repair: always valid, of the layer's kind, and told."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geodata.issues import Severity
from geodata.repair import Kind, layer_kind, repair_geometries

CORNER = st.tuples(st.integers(0, 6), st.integers(0, 6))


def repaired(*shapes: shapely.Geometry | None) -> tuple[list[shapely.Geometry], list[bool], list[tuple[int, str]]]:
    result = repair_geometries(np.array(shapes, dtype=object), np.arange(1, len(shapes) + 1))
    told = [(i.row or 0, i.code) for i in result.issues]
    return list(result.geometries), result.kept.tolist(), told


@given(rings=st.lists(st.lists(CORNER, min_size=3, max_size=8), min_size=1, max_size=5))
def test_any_outline_becomes_valid_or_is_dropped_with_a_word(rings: list[list[tuple[int, int]]]) -> None:
    """However it crosses itself; valid outlines stay as they are, and nothing lies where nothing was drawn."""
    shapes = [box(0, 0, 1, 1), *(Polygon(ring) for ring in rings)]
    geometries, kept, told = repaired(*shapes)
    for i, (before, after, good) in enumerate(zip(shapes, geometries, kept, strict=True), start=1):
        if before.is_valid and not before.is_empty:
            assert good
            assert after.equals_exact(before)
            assert i not in dict(told)
        else:
            assert dict(told)[i] == ("geometry_repaired" if good else "geometry_collapsed")
        if good:
            assert after.is_valid
            assert after.geom_type in {"Polygon", "MultiPolygon"}
            assert after.area > 0
            assert after.within(before.envelope.buffer(1e-9))


def test_overlapping_parts_are_merged_and_holes_stay() -> None:
    """A doubly covered patch stays covered; a real hole stays a hole."""
    twice = MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)])
    hole = box(0, 0, 5, 5) - box(1, 1, 2, 2)
    geometries, _, told = repaired(twice, hole)
    assert geometries[0].area == pytest.approx(7.0)
    assert geometries[1].area == pytest.approx(24.0)
    assert told == [(1, "geometry_repaired")]


def test_collections_are_taken_apart() -> None:
    """Only the parts of the layer's kind stay, from however deep."""
    deep = GeometryCollection([Point(0, 0), GeometryCollection([box(0, 0, 1, 1), LineString([(0, 0), (1, 1)])])])
    both = GeometryCollection([box(0, 0, 1, 1), box(0.5, 0, 2, 1)])
    none = GeometryCollection([Point(0, 0)])
    geometries, kept, told = repaired(deep, both, none)
    assert kept == [True, True, False]
    assert geometries[0].equals(box(0, 0, 1, 1))
    assert geometries[1].area == pytest.approx(2.0)
    assert told == [(3, "geometry_other_kind")]


def test_nothing_usable() -> None:
    """Missing, empty and not finite, each with its word; heights are dropped."""
    far = Polygon([(0, 0), (1, 0), (np.inf, 1)])
    geometries, kept, told = repaired(None, Polygon(), far, Polygon([(0, 0, 5), (1, 0, 5), (1, 1, 5)]))
    assert kept == [False, False, False, True]
    assert told == [(1, "geometry_empty"), (2, "geometry_empty"), (3, "geometry_not_finite")]
    assert not geometries[3].has_z


def test_place_of_the_fault() -> None:
    """The word on a repair has the place where the outline crosses itself, and is a warning."""
    bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    result = repair_geometries(np.array([bowtie], dtype=object), np.array([17]))
    (issue,) = result.issues
    assert (issue.row, issue.severity, issue.x, issue.y) == (17, Severity.WARNING, 1.0, 1.0)
    assert "crosses itself" in issue.text


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [([Point(0, 0)], Kind.POINT), ([Point(0, 0), LineString([(0, 0), (1, 1)])], Kind.LINE),
     ([LineString([(0, 0), (1, 1)]), box(0, 0, 1, 1)], Kind.POLYGON), ([None], None), ([], None)],
)  # fmt: skip
def test_kind_of_a_layer(shapes: list[shapely.Geometry | None], kind: Kind | None) -> None:
    """The highest dimension that occurs."""
    assert layer_kind(np.array(shapes, dtype=object)) is kind


def test_input_is_not_changed() -> None:
    """The array given stays as it is."""
    shapes = np.array([Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), None], dtype=object)
    before = shapes.copy()
    repair_geometries(shapes, np.array([1, 2]))
    assert shapes[0] is before[0]
    assert shapes[1] is None
