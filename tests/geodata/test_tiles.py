"""Tiles as clients read them: an independent decoder must find the shapes that shapely would have cut."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from shapely.geometry import shape

from geodata.tiles import (
    AREAS,
    BUFFER,
    EXTENT,
    TileLayer,
    TileSet,
    tile_at,
)
from tests.geodata.decoding import assert_follows_specification, decode, local, rings_of, world

WINDOW = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)


def encode(geometries: Any, z: int, x: int, y: int, **options: Any) -> dict[int, Any]:
    """One tile of a layer of those geometries, decoded."""
    shapes = np.asarray(geometries, dtype=object)
    layer = TileLayer("layer", shapes, np.arange(len(shapes)), zooms=(0, 18), **options)
    return decode(TileSet([layer]).encode(z, x, y))


# Rounding moves a corner by up to √½ unit; a cut corner, which lies on the window's border, moves half a unit more.
# Shapes are cut after rounding, not before, so that neighbours are cut along the very same border.
ROUNDING = 1.25


def assert_is_cut_of(decoded: Any, exact: Any) -> None:
    """Inside the window, the decoded shape lies on the exact one and covers it, both up to rounding."""
    inside = shapely.intersection(decoded, WINDOW)
    assert shapely.difference(inside, shapely.buffer(exact, ROUNDING)).area < 1e-6
    core = shapely.buffer(shapely.intersection(exact, WINDOW), -ROUNDING)
    assert shapely.difference(core, decoded).area < 1e-6


# --- one shape, one tile ---------------------------------------------------------------------------------------------


def test_a_rectangle_keeps_its_corners() -> None:
    """Whole units come through exactly."""
    tile = (16, 51680, 26730)
    [feature] = encode([world(shapely.box(100, 200, 140, 260), *tile)], *tile).values()
    assert feature["type"] == 3
    assert shape(feature["geometry"]).equals(shapely.box(100, 200, 140, 260))
    assert_follows_specification(feature)


def test_holes_and_parts_survive() -> None:
    """A multipolygon of a ring-shaped and a plain part, drawn with either winding."""
    tile = (14, 12920, 6682)
    ring = shapely.Polygon(shapely.box(10, 10, 500, 500).exterior, [shapely.box(100, 100, 200, 300).exterior])
    both = shapely.multipolygons([ring, shapely.box(600, 10, 700, 90)])
    for drawn in (both, shapely.reverse(both)):
        [feature] = encode([world(drawn, *tile)], *tile).values()
        assert [len(polygon) for polygon in rings_of(feature)] == [2, 1]
        assert shape(feature["geometry"]).equals(both)
        assert_follows_specification(feature)


def test_a_shape_around_the_tile_fills_the_buffered_tile() -> None:
    """The inside of a large area shows no border."""
    tile = (15, 25841, 13365)
    [feature] = encode([world(shapely.box(-90_000, -90_000, 90_000, 90_000), *tile)], *tile).values()
    assert shape(feature["geometry"]).equals(WINDOW)


def test_the_whole_world_appears_in_every_tile_of_a_deep_zoom() -> None:
    """A shape in more tiles than are listed one by one is found by its bbox."""
    everything = shapely.box(-180, -85, 180, 85)
    for z, x, y in ((0, 0, 0), (9, 511, 255), (18, 1 << 17, 1 << 17)):
        [feature] = encode([everything], z, x, y).values()
        assert_follows_specification(feature)
        assert shape(feature["geometry"]).area > EXTENT**2 * 0.99


def test_a_hole_around_the_tile_leaves_it_empty() -> None:
    """Inside a hole there is nothing, not even an empty layer."""
    tile = (15, 25841, 13365)
    ring = shapely.Polygon(
        shapely.box(-90_000, -90_000, 90_000, 90_000).exterior, [shapely.box(-9_000, -9_000, 9_000, 9_000).exterior]
    )
    layer = TileLayer("layer", [world(ring, *tile)], [0])
    assert layer.encode(*tile) == b""
    assert TileSet([layer]).encode(*tile) == b""


def test_a_collapsing_shape_is_left_out() -> None:
    """Nothing thinner than a unit is written as a ring without area."""
    tile = (13, 6460, 3341)
    flat = world(shapely.box(100, 100.1, 300, 100.3), *tile)
    kept = world(shapely.box(500, 500, 502, 502), *tile)
    assert list(encode([flat, kept], *tile)) == [1]


def test_lines_and_points() -> None:
    """Lines are cut at the buffer into parts; points keep to their tile."""
    tile = (12, 3230, 1670)
    zigzag = shapely.LineString([(100, 100), (9_000, 100), (9_000, 400), (100, 400)])
    [feature] = encode([world(zigzag, *tile)], *tile).values()
    assert feature["type"] == 2
    assert shape(feature["geometry"]).equals(shapely.intersection(zigzag, WINDOW))
    points = [shapely.Point(5, 7), shapely.MultiPoint([(50, 60), (70, 80)]), shapely.Point(9_000, 5)]
    found = encode([world(point, *tile) for point in points], *tile)
    assert {number: feature["type"] for number, feature in found.items()} == {0: 1, 1: 1}
    assert shape(found[0]["geometry"]).equals(points[0])
    assert shape(found[1]["geometry"]).equals(points[1])


def test_points_strewn_wide_are_cut_to_the_tile() -> None:
    """A multipoint over many tiles leaves in each tile its own points only."""
    tile = (12, 3230, 1670)
    strewn = shapely.MultiPoint([(5, 7), (20_000, 7), (-20_000, 9_000)])
    [feature] = encode([world(strewn, *tile)], *tile).values()
    assert shape(feature["geometry"]).equals(shapely.Point(5, 7))


def test_a_series_of_geopandas_is_taken() -> None:
    """Frames need no conversion; empty shapes are skipped."""
    shapes = geopandas.GeoSeries([shapely.box(0, 0, 1, 1), shapely.Polygon()], crs="OGC:CRS84")
    frame = pd.DataFrame(
        {"id": [4, 5], "name": pd.array(["a", None], dtype="string"), "n": pd.array([1, None], dtype="Int64")}
    )
    layer = TileLayer("layer", shapes, frame["id"], {"name": frame["name"], "n": frame["n"]})
    found = decode(TileSet([layer]).encode(0, 0, 0))
    assert {number: feature["properties"] for number, feature in found.items()} == {4: {"name": "a", "n": 1}}


def test_overlapping_cells_are_drawn_as_they_are() -> None:
    """Simplifying a faulty partition does not fail: the fault shows on the map."""
    cells = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3), shapely.Polygon()], dtype=object)
    layer = TileLayer("layer", cells, np.arange(3), generalisation=AREAS)
    for z in range(4):
        found = decode(TileSet([layer]).encode(z, *tile_at(1.5, 1.5, z)))
        assert set(found) == {0, 1}


def test_invalid_input_is_mended() -> None:
    """A bow tie becomes a valid shape instead of being passed on."""
    tile = (16, 51680, 26730)
    bow = shapely.Polygon([(0, 0), (400, 400), (400, 0), (0, 400)])
    [feature] = encode([world(bow, *tile)], *tile).values()
    assert_follows_specification(feature)


# --- any shape, any tile ---------------------------------------------------------------------------------------------

# Sizes from a fraction of a unit to several tiles, places around the tile's border and far from it.
_PLACES = st.floats(-3.0 * EXTENT, 4.0 * EXTENT)
_SIZES = st.sampled_from([0.4, 3.0, 40.0, 700.0, 5_000.0, 40_000.0])
_ADDRESSES = st.integers(0, 18).flatmap(
    lambda z: st.tuples(
        st.just(z),
        st.one_of(st.sampled_from([0, (1 << z) - 1]), st.integers(0, (1 << z) - 1)),
        st.one_of(st.sampled_from([0, (1 << z) - 1]), st.integers(0, (1 << z) - 1)),
    )
)


@st.composite
def polygons(draw: st.DrawFn) -> Any:
    """Star-shaped polygons of 3 to 24 jagged corners, some with a hole, in tile units."""
    corners = draw(st.integers(3, 24))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    centre = np.array([draw(_PLACES), draw(_PLACES)])
    size = draw(_SIZES)
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    radii = size * random.uniform(0.05, 1.0, corners)
    star = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
    holes = [centre + star * 0.4] if draw(st.booleans()) else []
    return shapely.make_valid(shapely.Polygon(centre + star, holes), method="structure")


@settings(max_examples=150)
@given(address=_ADDRESSES, drawn=st.lists(polygons(), min_size=1, max_size=6))
def test_any_polygons_come_back_as_shapely_would_cut_them(address: tuple[int, int, int], drawn: list[Any]) -> None:
    """Within rounding of the exact cut, valid, wound, ids kept, nothing missing that is two units thick."""
    side = EXTENT << address[0]
    corner = np.array(address[1:]) * EXTENT
    inside_world = shapely.box(*(-corner), *(side - corner))
    cut = [shapely.intersection(polygon, inside_world) for polygon in drawn]
    cut = [polygon for polygon in cut if polygon.geom_type in ("Polygon", "MultiPolygon") and not polygon.is_empty]
    if not cut:
        return
    lonlat = world(np.array(cut, dtype=object), *address)
    found = encode(lonlat, *address)
    for number, exact in enumerate(local(shapely.make_valid(lonlat, method="structure"), *address)):
        if number in found:
            assert_follows_specification(found[number])
            assert_is_cut_of(shape(found[number]["geometry"]), exact)
        else:
            assert shapely.buffer(shapely.intersection(exact, WINDOW), -ROUNDING).is_empty
    assert set(found) <= set(range(len(cut)))


@given(address=_ADDRESSES, seed=st.integers(0, 2**32))
def test_any_lines_come_back_near(address: tuple[int, int, int], seed: int) -> None:
    """Each decoded line lies on its original."""
    random = np.random.default_rng(seed)
    side, corner = EXTENT << address[0], np.array(address[1:]) * EXTENT
    drawn = [shapely.LineString(np.clip(random.normal(2_000, 4_000, (5, 2)), -corner, side - corner))]
    found = encode(world(np.array(drawn, dtype=object), *address), *address)
    for number, feature in found.items():
        line = shape(feature["geometry"])
        assert not shapely.is_empty(line)
        assert shapely.covers(shapely.buffer(drawn[number], ROUNDING), line)
    if shapely.intersection(drawn[0], WINDOW).length > 3:
        assert 0 in found


# --- attributes ------------------------------------------------------------------------------------------------------


def test_attributes_of_every_kind_come_through() -> None:
    """Text, booleans, whole, negative and decimal numbers; a gap is no tag."""
    tile = (14, 12920, 6682)
    shapes = np.array([world(shapely.box(k * 90, 5, k * 90 + 60, 70), *tile) for k in range(3)], dtype=object)
    attributes = {
        "name": ["一号楼", None, "一号楼"],
        "floors": np.array([6, 300, 2**40], dtype=np.int64),
        "balance": np.array([-5, 0, 5]),
        "share": np.array([0.25, np.nan, 0.25]),
        "ratio": np.array([0.5, 1.5, 0.5], dtype=np.float32),
        "let": np.array([True, False, True]),
    }
    layer = TileLayer("layer", shapes, [7, 2**33, 9], attributes, zooms=(0, 14))
    found = decode(TileSet([layer]).encode(*tile))
    assert found[7]["properties"] == {
        "name": "一号楼", "floors": 6, "balance": -5, "share": 0.25, "ratio": 0.5, "let": True,
    }  # fmt: skip
    assert found[2**33]["properties"] == {"floors": 300, "balance": 0, "ratio": 1.5, "let": False}
    assert found[9]["properties"]["floors"] == 2**40
    numbers = dict.fromkeys(("floors", "balance", "share", "ratio"), "Number")
    assert layer.fields == numbers | {"name": "String", "let": "Boolean"}


def test_clipped_and_whole_features_share_one_table_of_values() -> None:
    """A value stands once in a tile, whichever way its features came in."""
    tile = (15, 25841, 13365)
    large = world(shapely.box(-90_000, -90_000, 90_000, 90_000), *tile)
    small = [world(shapely.box(k * 20, 5, k * 20 + 9, 70), *tile) for k in range(4)]
    shapes = np.array([*small, large, large], dtype=object)
    layer = TileLayer("layer", shapes, np.arange(6), {"kind": ["a", "b", "a", "c", "b", "d"], "n": [1, 2, 3, 1, 2, 1]})
    message = vector_tile_pb2.tile()
    message.ParseFromString(TileSet([layer]).encode(*tile))
    [decoded] = message.layers
    assert list(decoded.keys) == ["kind", "n"]
    values = [value.string_value or value.uint_value for value in decoded.values]
    assert sorted(values, key=str) == [1, 2, 3, "a", "b", "c", "d"]
    kinds = {feature.id: values[feature.tags[1]] for feature in decoded.features}
    assert kinds == {0: "a", 1: "b", 2: "a", 3: "c", 4: "b", 5: "d"}


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), z=st.integers(10, 18))
def test_each_feature_keeps_its_own_attributes(seed: int, z: int) -> None:
    """In any tile, for features of any size, with gaps: the tags belong to the id."""
    random = np.random.default_rng(seed)
    count = 60
    low = random.uniform([104.0, 30.5], [104.02, 30.52], (count, 2))
    size = 10.0 ** random.uniform(-4.5, -1.5, (count, 2))
    shapes = shapely.box(*low.T, *(low + size).T)
    names = random.integers(0, 40, count).astype(str).astype(object)
    names[random.random(count) < 0.2] = None
    numbers = random.integers(0, 1000, count)
    ids = random.permutation(10 * count)[:count]
    layer = TileLayer("layer", shapes, ids, {"name": names, "number": numbers}, zooms=(z, z))
    rows = {int(number): row for row, number in enumerate(ids)}
    x, y = tile_at(104.01, 30.51, z)
    for feature in decode(TileSet([layer]).encode(z, x, y)).values():
        row = rows[feature["id"]]
        expected = {"number": int(numbers[row])} | ({"name": names[row]} if names[row] is not None else {})
        assert feature["properties"] == expected
