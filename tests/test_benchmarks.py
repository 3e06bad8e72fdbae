"""The harness measures fairly and reports in one form; every benchmark named can be found."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
import shapely

from benchmarks import __main__ as command
from benchmarks.buildings import COUNTS, make_buildings
from benchmarks.harness import Result, Size, alternate, result, seconds
from benchmarks.tile_servers import ZOOMS, make_tile_set
from benchmarks.tiles import addresses_of, check_equal, database


def made(figures: tuple[float, float], unit: str) -> Result:
    """A result of two figures."""
    return result("tiles", Size.SMALL, figures, unit=unit, peer_name="peer", packages=["numpy"])


def test_a_ratio_above_one_means_faster_than_the_peer() -> None:
    """Whether the figures are durations or rates."""
    assert made((2.0, 8.0), "ms").ratio == 4.0
    assert made((8.0, 2.0), "requests/s").ratio == 4.0


def test_the_two_sides_take_turns_and_medians_are_compared() -> None:
    """One slow round does not decide."""
    turns: list[str] = []
    ours, peer = iter([9.0, 1.0, 2.0]), iter([5.0, 90.0, 6.0])

    def measure(name: str, figures: Iterator[float]) -> float:
        turns.append(name)
        return next(figures)

    assert alternate(lambda: measure("ours", ours), lambda: measure("peer", peer), rounds=3) == (2.0, 6.0)
    assert turns == ["ours", "peer"] * 3
    assert 0 <= seconds(lambda: None) < 0.1


@pytest.mark.parametrize("count", [1, 2])
def test_json_is_one_object_or_a_list(
    count: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the keys that a reader of the figures relies on."""
    monkeypatch.setattr(command, "find", lambda name: lambda size: [made((1.0, 2.0), "s")] * count)
    command.main(["tiles", "--size", "street", "--json"])
    printed = json.loads(capsys.readouterr().out)
    [first, *_] = printed if count > 1 else [printed]
    assert isinstance(printed, list) == (count > 1)
    keys = {"name", "size", "ours", "peer", "unit", "ratio", "peer_name", "versions", "machine", "details"}
    assert set(first) == keys
    assert set(first["versions"]) == {"python", "numpy"}
    assert first["machine"]["cores"] >= 1
    command.main(["tiles"])
    assert "2 times as fast" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(command.REGISTRY))
def test_each_benchmark_can_be_found(name: str) -> None:
    """A registry entry names a function."""
    assert callable(command.find(name))


def test_the_measured_city_is_deterministic_and_valid() -> None:
    """Same buildings each time, with courtyards and corners, none overlapping."""
    city, again = make_buildings(Size.SMALL), make_buildings(Size.SMALL)
    assert len(city) == COUNTS[Size.SMALL]
    assert shapely.equals_exact(city.footprints, again.footprints).all()
    assert all((city.attributes[name] == again.attributes[name]).all() for name in city.attributes)
    assert shapely.is_valid(city.footprints).all()
    assert (shapely.get_num_interior_rings(city.footprints) > 0).sum() > 20
    pairs = shapely.STRtree(city.footprints).query(city.footprints, predicate="intersects")
    assert (pairs[0] == pairs[1]).all()
    assert np.unique(city.ids).size == len(city)


def test_ours_and_postgis_make_the_same_tiles() -> None:
    """The two sides compared hold the same buildings at every zoom measured."""
    buildings = make_buildings(Size.SMALL)
    tiles = make_tile_set(buildings)
    with database(buildings) as dsn:
        for z in ZOOMS:
            addresses = addresses_of(tiles, z)
            assert addresses
            check_equal(tiles, dsn, addresses)
