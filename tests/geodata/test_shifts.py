"""GCJ-02 and BD-09 there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.shifts import SHIFTS, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02

LON = st.floats(73.5, 135.0)
LAT = st.floats(3.5, 53.5)


def test_known_value() -> None:
    """The published position of Tiananmen's test point, to a millimetre."""
    lon, lat = wgs84_to_gcj02(np.array([116.404]), np.array([39.915]))
    assert lon[0] == pytest.approx(116.41024449916938, abs=1e-8)
    assert lat[0] == pytest.approx(39.91640428150164, abs=1e-8)


def test_bd09_is_gcj02_moved_on() -> None:
    """BD-09 of the same point as Baidu publishes it for the GCJ-02 position."""
    lon, lat = wgs84_to_bd09(np.array([116.404]), np.array([39.915]))
    assert (lon[0] - 116.4166, lat[0] - 39.9227) == (pytest.approx(0, abs=1e-3), pytest.approx(0, abs=1e-3))


@pytest.mark.parametrize("name", sorted(SHIFTS))
@given(lon=LON, lat=LAT)
def test_round_trip(name: str, lon: float, lat: float) -> None:
    """Back and forth differs by less than 1e-9 degrees everywhere in China, in either order."""
    back, forth = SHIFTS[name]
    start = (np.array([lon]), np.array([lat]))
    for first, second in ((forth, back), (back, forth)):
        end = second(*first(*start))
        assert abs(end[0][0] - lon) < 1e-9
        assert abs(end[1][0] - lat) < 1e-9


@pytest.mark.parametrize("name", sorted(SHIFTS))
def test_moves_hundreds_of_metres_inside_and_nothing_outside(name: str) -> None:
    """Haikou moves by 100 m to 2 km, Helsinki not at all."""
    _, forth = SHIFTS[name]
    lon, lat = forth(np.array([110.34, 24.94]), np.array([20.03, 60.17]))
    metres = np.hypot((lon[0] - 110.34) * 104_600, (lat[0] - 20.03) * 110_700)
    assert 100 < metres < 2000
    assert (lon[1], lat[1]) == (24.94, 60.17)


def test_one_step_would_not_do() -> None:
    """The usual single correction errs by decimetres; the iteration does not, which is why it is there."""
    lon, lat = np.array([110.34]), np.array([20.03])
    moved = wgs84_to_gcj02(*wgs84_to_gcj02(lon, lat))
    target = wgs84_to_gcj02(lon, lat)
    one_step = 2 * target[0] - moved[0]
    assert abs(one_step[0] - lon[0]) > 1e-7
    assert abs(gcj02_to_wgs84(*target)[0][0] - lon[0]) < 1e-11


def test_empty_and_not_finite_do_not_hang() -> None:
    """No point, and a point that is none, come back as they are."""
    assert gcj02_to_wgs84(np.array([]), np.array([]))[0].shape == (0,)
    assert np.isnan(gcj02_to_wgs84(np.array([np.nan]), np.array([20.0]))[0][0])
