"""Real footprints and blocks: all of them arrive, valid, at every zoom, next to what is wrong with real data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from geodata.tiles import AREAS, BUILDINGS, EXTENT, TileLayer, TileSet, label_points, tiles_of_bounds
from tests.geodata.decoding import assert_follows_specification, decode, local

pytestmark = pytest.mark.shared_data


def read_layer(file: Path, layer: str | None = None) -> Any:
    """The geometries of a file in lon, lat, without the empty ones."""
    shapes = np.asarray(geopandas.read_file(file, layer=layer).geometry.to_crs("OGC:CRS84"), dtype=object)
    return shapes[~shapely.is_empty(shapes)]


@pytest.mark.parametrize("city", ["shanghai", "wuhan", "helsinki"])
def test_every_real_building_arrives(shared_data: Path, city: str) -> None:
    """Invalid ones are mended; overlapping ones stay; at the last zoom none is missing that can be drawn."""
    shapes = read_layer(shared_data / f"{city}_osm_buildings.gpkg", "buildings")
    layer = TileLayer("layer", shapes, np.arange(len(shapes)), zooms=(11, 16), generalisation=BUILDINGS)
    assert layer.bounds is not None
    for z in range(11, 17):
        columns, rows = tiles_of_bounds(layer.bounds, z)
        seen: set[int] = set()
        for x in columns:
            for y in rows:
                found = decode(TileSet([layer]).encode(z, x, y))
                for feature in found.values():
                    assert_follows_specification(feature)
                seen |= set(found)
        assert len(seen) > len(shapes) / 20
    # The sources hold outlines of no area, too; a tenth of a unit of the last zoom cannot be drawn.
    metric = shapely.area(shapely.make_valid(geopandas.GeoSeries(shapes, crs="OGC:CRS84").to_crs("EPSG:3857")))
    assert set(np.flatnonzero(metric > 0.5).tolist()) <= seen


@pytest.mark.parametrize("city", ["shanghai", "wuhan"])
@pytest.mark.parametrize("z", [10, 12, 14, 16])
def test_real_blocks_stay_gap_free(shared_data: Path, city: str, z: int) -> None:
    """The blocks cover the extent; so do the tiles' blocks, and each block has its label in one tile."""
    blocks = read_layer(shared_data / f"{city}_osm_blocks.geojson")
    count = len(blocks)
    layer = TileLayer("layer", blocks, np.arange(count), zooms=(9, 17), generalisation=AREAS)
    labels = TileLayer("labels", label_points(blocks), np.arange(count), zooms=(9, 17), buffer=0)
    tiles, seen, labelled = TileSet([layer, labels]), set(), []
    assert layer.bounds is not None
    columns, rows = tiles_of_bounds(layer.bounds, z)
    for x in columns:
        for y in rows:
            tile = tiles.encode(z, x, y)
            found = decode(tile)
            labelled += list(decode(tile, "labels"))
            seen |= set(found)
            outline = shapely.union_all(local(blocks, z, x, y))
            together = shapely.union_all([shape(feature["geometry"]) for feature in found.values()])
            gap = shapely.intersection(shapely.difference(outline, together), shapely.box(0, 0, EXTENT, EXTENT))
            # Simplifying may move a border by a few units, the outline too; inside it no gap may open.
            inner = shapely.intersection(gap, shapely.buffer(outline, -40))
            assert shapely.buffer(inner, -0.5).is_empty
    assert seen == set(range(count))
    assert sorted(labelled) == list(range(count))
