"""Noticing a layer that carries a web map's shift under the name of WGS 84."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geodata.issues import Severity
from geodata.offset import find_map_shift
from geodata.readers import read_layer
from geodata.shifts import SHIFTS
from tests.geodata.layers import houses, lattice


def moved(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    shapes = shapely.transform(frame.geometry.values, SHIFTS[name][1], interleaved=False)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=4326))


@pytest.mark.shared_data
@pytest.mark.parametrize("city", ["shanghai", "wuhan"])
@pytest.mark.parametrize(("name", "title"), [("gcj02", "GCJ-02"), ("bd09", "BD-09")])
def test_shifted_layer_is_noticed(shared_data: Path, city: str, name: str, title: str) -> None:
    """Which layer, which shift, and how far; layers that agree are left alone, in either system."""
    buildings = read_layer(shared_data / f"{city}_osm_buildings.geojson").frame
    blocks = read_layer(shared_data / f"{city}_osm_blocks.geojson").frame
    assert find_map_shift(buildings, blocks) is None
    assert find_map_shift(moved(buildings, name), moved(blocks, name)) is None
    for layer, found in (
        ("buildings", find_map_shift(moved(buildings, name), blocks)),
        ("cells", find_map_shift(buildings, moved(blocks, name))),
    ):
        assert found is not None
        assert found.severity is Severity.WARNING
        assert (found.params["layer"], found.params["shift"]) == (layer, title)
        assert title in found.remedy
        offset = found.params["offset_m"]
        assert isinstance(offset, int)
        assert 300 < offset < 1500


def test_too_few_to_tell_and_outside_china() -> None:
    """Silence where there is no evidence."""
    cells = lattice(4, 4)
    assert find_map_shift(houses().iloc[:2].to_crs(4326), cells) is None
    assert find_map_shift(cells, cells.iloc[:0]) is None
    helsinki = cells.set_geometry(cells.geometry.translate(-85, 40))
    many = gpd.GeoDataFrame(geometry=list(helsinki.geometry) * 3, crs=4326)
    assert find_map_shift(many, helsinki) is None
