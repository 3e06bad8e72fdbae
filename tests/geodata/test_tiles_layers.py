"""A layer over its zooms: gap-free cells, one label each, small houses dropped, wrong input refused."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import shape

from geodata.tiles import (
    AREAS,
    BUFFER,
    BUILDINGS,
    EXTENT,
    TileAddressError,
    TileAttributeError,
    TileGeometryError,
    TileIdError,
    TileLayer,
    TileSet,
    UnknownTileLayerError,
    corner_points,
    label_points,
    tile_at,
    tiles_of_bounds,
)
from tests.geodata.decoding import decode, local, world

BOX = (104.05, 30.62, 104.09, 30.66)
"""A sub-district of about 4 km."""

TO_METRES = Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True)

WINDOW = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)


def make_cells(seed: int, count: int, *, wiggle: float = 0.0002) -> Any:
    """A gap-free partition of BOX into cells with crooked borders."""
    random = np.random.default_rng(seed)
    seeds = shapely.multipoints(random.uniform(BOX[:2], BOX[2:], (count, 2)))
    parts = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=shapely.box(*BOX)))
    cells = shapely.segmentize(shapely.intersection(parts, shapely.box(*BOX)), 0.001)
    inside = np.array(BOX[:2]), np.array(BOX[2:])

    def shift(points: Any) -> Any:
        # The same shift at the same place keeps shared borders shared; the outline stays straight.
        edge = np.minimum(points - inside[0], inside[1] - points).min(axis=1, keepdims=True)
        return np.round(points + np.sin(points[:, ::-1] * 9_000) * np.clip(edge / 5, 0, wiggle), 7)

    crooked = shapely.transform(cells, shift)
    if not (shapely.is_valid(crooked).all() and shapely.coverage_is_valid(crooked)):
        crooked = shapely.transform(cells, lambda points: np.round(points, 7))
    assert shapely.coverage_is_valid(crooked)
    return crooked


def all_tiles(tiles: TileSet, z: int) -> dict[tuple[int, int], dict[int, Any]]:
    """Every tile of a zoom over BOX, decoded."""
    columns, rows = tiles_of_bounds(BOX, z)
    return {(x, y): decode(tiles.encode(z, x, y)) for x in columns for y in rows}


# --- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("z", range(9, 18))
def test_cells_stay_gap_free_at_every_zoom(z: int) -> None:
    """Neighbours share their borders exactly after simplifying, rounding and clipping; no cell is dropped."""
    assert_gap_free(make_cells(z, 60), z)


@pytest.mark.parametrize(("seed", "z"), [(101, 9), (107, 13), (114, 9), (114, 11), (123, 9)])
def test_cells_stay_gap_free_where_rounding_folds_one(seed: int, z: int) -> None:
    """A thin cell that rounding would fold over itself is mended together with its neighbours."""
    assert_gap_free(make_cells(seed, 50), z)


def assert_gap_free(cells: Any, z: int) -> None:
    """In every tile of a zoom, cells neither overlap nor part, and every cell is in some tile."""
    layer = TileLayer("layer", cells, np.arange(len(cells)), zooms=(8, 17), generalisation=AREAS)
    outline = shapely.box(*BOX)
    seen: set[int] = set()
    for (x, y), found in all_tiles(TileSet([layer]), z).items():
        shapes = np.array([shape(feature["geometry"]) for feature in found.values()], dtype=object)
        visible = shapely.box(0, 0, EXTENT, EXTENT)
        covered = shapely.intersection(local(outline, z, x, y), visible)
        together = shapely.union_all(shapes)
        overlap = shapely.area(shapely.intersection(shapes, visible)).sum()
        overlap -= shapely.intersection(together, visible).area
        if _mixed(found):
            assert abs(overlap) < 0.75 * EXTENT
        else:
            assert abs(overlap) < 1e-3
            assert not shapely.get_num_interior_rings(shapely.get_parts(together)).any()
        # The outline moves little, and no gap anywhere is as wide as a unit: an eighth of a pixel.
        for gap in (shapely.difference(covered, together), shapely.difference(together, covered)):
            assert shapely.buffer(shapely.intersection(gap, visible), -0.5).is_empty
        seen |= set(found)
    assert seen == set(range(len(cells)))


def _mixed(found: dict[int, Any]) -> bool:
    """Whether a tile holds clipped cells beside whole ones, whose common border may differ by a rounding."""
    boxes = shapely.bounds(np.array([shape(feature["geometry"]) for feature in found.values()], dtype=object))
    low, high = -BUFFER, EXTENT + BUFFER
    beyond = (boxes.reshape(-1, 4)[:, :2] < low).any(axis=1) | (boxes.reshape(-1, 4)[:, 2:] > high).any(axis=1)
    at_edge = np.isin(boxes.reshape(-1, 4), (low, high)).any(axis=1)
    return bool(beyond.any() and (at_edge & ~beyond).any())


def test_simplified_cells_have_fewer_corners() -> None:
    """A low zoom does not carry the corners of a high one."""
    cells = make_cells(3, 60)
    layer = TileLayer("layer", cells, np.arange(60), zooms=(8, 16), generalisation=AREAS)
    plain = TileLayer("layer", cells, np.arange(60), zooms=(8, 16))
    x, y = tile_at(104.07, 30.64, 11)
    assert len(layer.encode(11, x, y)) < 0.9 * len(plain.encode(11, x, y))


# --- buildings -------------------------------------------------------------------------------------------------------


def make_houses(seed: int, count: int) -> Any:
    """Rectangles of 8 to 60 m strewn over BOX."""
    random = np.random.default_rng(seed)
    low = random.uniform(BOX[:2], BOX[2:], (count, 2))
    size = random.uniform(0.00008, 0.0006, (count, 2))
    return np.asarray(shapely.box(*low.T, *(low + size).T))


def test_small_houses_disappear_at_low_zooms_only() -> None:
    """What is smaller than a pixel is not sent; at the layer's last zoom everything is."""
    houses = make_houses(1, 500)
    layer = TileSet([TileLayer("layer", houses, np.arange(500), zooms=(11, 16), generalisation=BUILDINGS)])
    kept = {z: len(set().union(*all_tiles(layer, z).values())) for z in range(11, 17)}
    assert kept[16] == 500
    assert list(kept.values()) == sorted(kept.values())
    assert 0 < kept[12] < 500


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), z=st.integers(12, 17))
def test_a_zoom_holds_each_house_in_each_tile_it_touches(seed: int, z: int) -> None:
    """Against a plain loop over tiles: none missing, none where it does not belong."""
    houses = make_houses(seed, 40)
    layer = TileSet([TileLayer("layer", houses, np.arange(40), zooms=(z, z))])
    for (x, y), found in all_tiles(layer, z).items():
        nearby = local(houses, z, x, y)
        touching = {k for k in range(40) if shapely.intersection(nearby[k], WINDOW).area > 0}
        edge = {k for k in touching if shapely.intersection(nearby[k], WINDOW.buffer(-1)).is_empty}
        near = {k for k in range(40) if shapely.distance(nearby[k], WINDOW) <= 1}
        assert touching - edge <= set(found) <= near


# --- labels ----------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), z=st.integers(0, 18))
def test_a_label_stands_inside_its_polygon_and_in_one_tile(seed: int, z: int) -> None:
    """Also where a label falls on the seam of tiles."""
    cells = make_cells(seed, 30)
    points = label_points(cells)
    assert shapely.contains_properly(cells, points).all()
    layer = TileLayer("layer", points, np.arange(30), zooms=(0, 18), buffer=0)
    columns, rows = tiles_of_bounds(BOX, z)
    if len(columns) * len(rows) > 200:
        wanted = {tile_at(lon, lat, z) for lon, lat in shapely.get_coordinates(points).tolist()}
        around = {(x + i, y + j) for x, y in wanted for i in (-1, 0, 1) for j in (-1, 0, 1)}
    else:
        around = {(x, y) for x in columns for y in rows}
    tiles = TileSet([layer])
    seen = [number for x, y in around for number in decode(tiles.encode(z, x, y))]
    assert sorted(seen) == list(range(30))


def test_a_label_on_the_seam_belongs_to_one_tile() -> None:
    """A point exactly on a corner of four tiles, and on the far edges of the world."""
    corner = world(np.array([shapely.Point(0, 0)]), 14, 12930, 6700)[0]
    points = np.array([corner, shapely.Point(180, -85.06), shapely.Point(-180, 85.06)])
    tiles = TileSet([TileLayer("layer", points, [0, 1, 2], zooms=(14, 14), buffer=0)])
    last = (1 << 14) - 1
    around = [(12930 + i, 6700 + j) for i in (-1, 0) for j in (-1, 0)]
    assert [list(decode(tiles.encode(14, x, y))) for x, y in around].count([0]) == 1
    assert list(decode(tiles.encode(14, last, last))) == [1]
    assert list(decode(tiles.encode(14, 0, 0))) == [2]


def test_a_label_of_a_ring_lies_in_the_ring() -> None:
    """Where the centre is a hole, the label keeps out of it; an empty polygon gets an empty point."""
    ring = shapely.Polygon(
        shapely.box(104.0, 30.0, 104.1, 30.1).exterior, [shapely.box(104.02, 30.02, 104.08, 30.08).exterior]
    )
    points = label_points(np.array([ring, shapely.Polygon(), None], dtype=object))
    assert shapely.contains_properly(ring, points[0])
    assert shapely.is_empty(points[1:]).all()


# --- several layers --------------------------------------------------------------------------------------------------


def make_tile_set() -> TileSet:
    """Cells, houses and labels as a map has them."""
    cells = make_cells(5, 40)
    return TileSet(
        [
            TileLayer(
                "cells", cells, np.arange(40), {"code": np.arange(40).astype(str)}, zooms=(8, 16), generalisation=AREAS
            ),
            TileLayer(
                "buildings", make_houses(5, 300), np.arange(300), {"floors": np.arange(300) % 30}, zooms=(13, 16)
            ),
            TileLayer("labels", label_points(cells), np.arange(40), zooms=(10, 16), buffer=0),
        ]
    )


def test_a_tile_set_joins_layers_and_describes_itself() -> None:
    """Layers come in drawing order, or those asked for; TileJSON knows fields and zooms."""
    tiles = make_tile_set()
    address = (14, *tile_at(104.07, 30.64, 14))
    whole = tiles.encode(*address)
    assert whole == b"".join(tiles.encode(*address, names=[name]) for name in ("cells", "buildings", "labels"))
    assert tiles.encode(*address, names=["cells"]) != whole
    assert len(decode(whole, "cells")) > 3
    described = tiles.tilejson()
    assert (described["minzoom"], described["maxzoom"]) == (8, 16)
    assert described["vector_layers"][1] == {
        "id": "buildings", "fields": {"floors": "Number"}, "minzoom": 13, "maxzoom": 16,
    }  # fmt: skip
    assert described["bounds"][0] == pytest.approx(BOX[0], abs=1e-9)
    assert TileSet([]).tilejson()["vector_layers"] == []


def test_gdal_reads_the_same_tile(tmp_path: Path) -> None:
    """A second decoder, which also knows where on Earth a tile lies."""
    tiles, z = make_tile_set(), 14
    x, y = tile_at(104.07, 30.64, z)
    file = tmp_path / str(z) / str(x) / f"{y}.pbf"
    file.parent.mkdir(parents=True)
    file.write_bytes(tiles.encode(z, x, y))
    for name in tiles.names:
        read = pyogrio.read_dataframe(f"MVT:{file}", layer=name, CLIP="NO")
        expected = decode(file.read_bytes(), name)
        shapes = np.array([shape(feature["geometry"]) for feature in expected.values()], dtype=object)
        assert read["mvt_id"].tolist() == list(expected)
        assert read.geometry.is_valid.all()
        metres = shapely.transform(world(shapes, z, x, y), lambda places: np.stack(TO_METRES.transform(*places.T), 1))
        assert shapely.hausdorff_distance(np.asarray(read.geometry), metres).max() < 0.01


def test_outside_its_zooms_or_bounds_a_layer_is_empty() -> None:
    """No bytes at all, which a server answers with 204."""
    tiles = make_tile_set()
    assert tiles.encode(17, *tile_at(104.07, 30.64, 17)) == b""
    assert tiles.encode(7, *tile_at(104.07, 30.64, 7)) == b""
    assert tiles.encode(14, 0, 0) == b""
    assert TileLayer("layer", [], []).encode(0, 0, 0) == b""


def test_many_threads_get_the_same_tiles() -> None:
    """The first request of a zoom may come from several threads at once."""
    addresses = [(z, x, y) for z in range(8, 17) for x, y in [tile_at(104.07, 30.64, z)]] * 6
    expected = [make_tile_set().encode(*address) for address in addresses[:9]] * 6
    tiles = make_tile_set()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda address: tiles.encode(*address), addresses)) == expected


def test_a_dense_tile_is_fast_once_its_zoom_is_laid_out() -> None:
    """20 000 houses: laying out takes a second at most, a tile of thousands a millisecond at most; no feature loop."""
    houses = make_houses(9, 20_000)
    started = time.perf_counter()
    layer = TileLayer("layer", houses, np.arange(20_000), {"floors": np.arange(20_000) % 30}, zooms=(13, 16))
    layer.prepare([13])
    assert time.perf_counter() - started < 2.0
    x, y = tile_at(104.07, 30.64, 13)
    seconds = []
    for _ in range(9):
        started = time.perf_counter()
        tile = layer.encode(13, x, y)
        seconds.append(time.perf_counter() - started)
    assert len(tile) > 100_000
    assert sorted(seconds)[4] < 0.002
    assert layer.nbytes < 60 * 20_000


# --- refusals --------------------------------------------------------------------------------------------------------


def test_wrong_input_is_refused_with_a_reason() -> None:
    """Each kind of wrong input has its error, which says what to do."""
    house = shapely.box(0, 0, 1, 1)
    with pytest.raises(TileGeometryError, match="mixed"):
        TileLayer("layer", [house, shapely.Point(0, 0)], [0, 1])
    with pytest.raises(TileGeometryError):
        TileLayer("layer", [house, None], [0, 1])
    for ids in ([0], [0, 0], [-1, 1], [0.5, 1.5], ["a", "b"]):
        with pytest.raises(TileIdError):
            TileLayer("layer", [house, house], ids)
    for column in (
        [1],
        ["a", 1],
        [object(), object()],
        [2**70, 1],
        np.array(["2026-01-01"] * 2, dtype="datetime64[D]"),
    ):
        with pytest.raises(TileAttributeError, match="floors"):
            TileLayer("layer", [house, house], [0, 1], {"floors": column})
    with pytest.raises(TileAddressError):
        TileLayer("layer", [house], [0], zooms=(3, 19))
    layer = TileLayer("layer", [house], [0])
    for address in ((-1, 0, 0), (19, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)):
        with pytest.raises(TileAddressError):
            layer.encode(*address)
    with pytest.raises(UnknownTileLayerError):
        TileSet([layer]).encode(0, 0, 0, names=["cells"])


def test_a_tab_hangs_on_the_north_western_corner() -> None:
    """The corner is a vertex of the outline, the upper left of a box, and missing for an empty shape."""
    shapes = [shapely.box(110, 20, 110.01, 20.02), shapely.Polygon(), shapely.box(0, -1, 1, 1)]
    corners = corner_points(shapes)
    assert [corner.coords[0] for corner in corners if not corner.is_empty] == [(110, 20.02), (0, 1)]
    assert corners[1].is_empty
