"""The tile scheme against pyproj, and its addresses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geodata.tiles import TileAddressError, tile_at, tile_bounds, tile_bounds_m, tiles_of_bounds
from geodata.tiles.schemes import HALF_WORLD_M, lonlat_from_unit, unit_from_lonlat

TO_METRES = Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True)


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_the_unit_square_is_web_mercator(lon: float, lat: float) -> None:
    """To a tenth of a millimetre of what PROJ makes of EPSG:3857, and back."""
    unit = unit_from_lonlat(np.array([[lon, lat]]))
    x, y = TO_METRES.transform(lon, lat)
    metres = (unit[0] - 0.5) * [2 * HALF_WORLD_M, -2 * HALF_WORLD_M]
    assert metres == pytest.approx([x, y], abs=1e-4)
    assert lonlat_from_unit(unit)[0] == pytest.approx([lon, lat], abs=1e-9)


@given(st.integers(0, 18), st.floats(-180, 180), st.floats(-85, 85))
def test_a_place_lies_in_the_bounds_of_its_tile(z: int, lon: float, lat: float) -> None:
    """Degrees and metres name the same tile."""
    x, y = tile_at(lon, lat, z)
    west, south, east, north = tile_bounds(z, x, y)
    assert west - 1e-9 <= lon <= east + 1e-9
    assert south - 1e-9 <= lat <= north + 1e-9
    low, high = TO_METRES.transform([west, east], [south, north]), tile_bounds_m(z, x, y)
    assert [low[0][0], low[1][0], low[0][1], low[1][1]] == pytest.approx(high, abs=1e-3)


def test_known_tiles() -> None:
    """Values worked out by hand: the world, its quarters, and Chengdu's Tianfu Square (30.6575 N, 104.0657 E)."""
    assert tile_bounds(0, 0, 0) == pytest.approx((-180, -85.0511287798, 180, 85.0511287798))
    assert tile_bounds(1, 1, 0) == pytest.approx((0, 0, 180, 85.0511287798))
    assert tile_at(104.0657, 30.6575, 14) == (12928, 6724)
    assert tiles_of_bounds((-10, -10, 10, 10), 1) == (range(2), range(2))


@pytest.mark.parametrize("address", [(-1, 0, 0), (19, 0, 0), (2, 4, 0), (2, 0, -1)])
def test_addresses_outside_the_scheme_are_refused(address: tuple[int, int, int]) -> None:
    """The error names the address and the range."""
    with pytest.raises(TileAddressError) as caught:
        tile_bounds(*address)
    assert "/".join(map(str, address)) in caught.value.text
    assert "18" in caught.value.remedy
