"""The cache of compressed tiles: bounded, versioned, with tags that change with the content."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely

from geodata.tiles import CachedTiles, TileAddressError, TileCache, TileLayer, TileSet, tile_at, tiles_of_bounds

BOX = (104.05, 30.62, 104.09, 30.66)


def make_tiles(floors: int = 0) -> TileSet:
    """A few hundred houses."""
    random = np.random.default_rng(4)
    low = random.uniform(BOX[:2], BOX[2:], (400, 2))
    houses = shapely.box(*low.T, *(low + 0.0004).T)
    return TileSet([TileLayer("layer", houses, np.arange(400), {"floors": np.full(400, floors)}, zooms=(10, 17))])


ADDRESSES = [(16, x, y) for x in tiles_of_bounds(BOX, 16)[0] for y in tiles_of_bounds(BOX, 16)[1]]


def test_a_tile_comes_from_the_cache_the_second_time() -> None:
    """The same object, whose body unpacks to the tile; its tag is strong and quoted."""
    tiles = make_tiles()
    cached = CachedTiles(tiles, "1", TileCache(1_000_000))
    first = cached.get(*ADDRESSES[5])
    assert gzip.decompress(first.body_gzip) == tiles.encode(*ADDRESSES[5])
    assert cached.get(*ADDRESSES[5]) is first
    assert first.etag[0] == first.etag[-1] == '"'


def test_equal_content_has_equal_tags_and_other_content_others() -> None:
    """A tag says nothing of the version, only of the bytes, and does not change from run to run."""
    cache = TileCache(1_000_000)
    one, same, other = (CachedTiles(make_tiles(n), v, cache) for n, v in ((0, "1"), (0, "2"), (1, "3")))
    assert one.get(*ADDRESSES[5]).etag == same.get(*ADDRESSES[5]).etag
    assert one.get(*ADDRESSES[5]).etag != other.get(*ADDRESSES[5]).etag
    assert len({one.get(*address).etag for address in ADDRESSES if one.get(*address).body_gzip}) > 30


def test_versions_and_choices_of_layers_do_not_mix() -> None:
    """A new version, or another choice of layers, is another tile."""
    cache, tiles = TileCache(1_000_000), make_tiles()
    CachedTiles(tiles, "1", cache).get(*ADDRESSES[5])
    CachedTiles(tiles, "1", cache, ["layer"]).get(*ADDRESSES[5])
    CachedTiles(tiles, "2", cache).get(*ADDRESSES[5])
    assert len(cache) == 3
    assert CachedTiles(tiles, "1", cache, []).get(*ADDRESSES[5]).body_gzip == b""


def test_the_cache_stays_within_its_bytes_and_forgets_the_oldest() -> None:
    """What was used last stays; what no longer fits goes."""
    cache = TileCache(12_000)
    cached = CachedTiles(make_tiles(), "1", cache)
    kept = cached.get(*ADDRESSES[0])
    for address in ADDRESSES:
        cached.get(*address)
        assert cached.get(*ADDRESSES[0]) is kept
        assert cache.nbytes <= 12_000
    assert 3 < len(cache) < len(ADDRESSES)


def test_a_tile_larger_than_the_cache_is_served_but_not_held() -> None:
    """One huge tile must not throw everything else out."""
    cache = TileCache(500)
    x, y = tile_at(104.07, 30.64, 10)
    assert len(CachedTiles(make_tiles(), "1", cache).get(10, x, y).body_gzip) > 500
    assert (len(cache), cache.nbytes) == (0, 0)


def test_empty_tiles_take_no_room() -> None:
    """One shared empty tile, however many are asked for."""
    cache = TileCache(1_000_000)
    cached = CachedTiles(make_tiles(), "1", cache)
    empty = {id(cached.get(12, x, 5)) for x in range(100)}
    assert len(empty) == 1
    assert len(cache) == 0
    with pytest.raises(TileAddressError):
        cached.get(12, -1, 5)


def test_threads_share_the_cache() -> None:
    """Under concurrent use the bytes counted are the bytes held."""
    cache = TileCache(20_000)
    cached = CachedTiles(make_tiles(), "1", cache)
    with ThreadPoolExecutor(8) as pool:
        etags = list(pool.map(lambda address: cached.get(*address).etag, ADDRESSES * 5))
    assert etags == [cached.get(*address).etag for address in ADDRESSES] * 5
    assert 0 < cache.nbytes <= 20_000
