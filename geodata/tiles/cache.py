"""Compressed tiles kept in memory, bounded by their bytes."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from geodata.tiles.tileset import TileSet

_ENTRY_OVERHEAD: Final = 400
"""Bytes that an entry takes besides its body: key, strings and the ordered dictionary's links."""

_LEVEL: Final = 3
"""zlib level: beyond it a tile costs far more time than it saves bytes."""


@dataclass(frozen=True, slots=True)
class EncodedTile:
    """A tile as it travels: ``body_gzip`` for ``Content-Encoding: gzip`` and a strong ``etag`` in its quotes.

    An empty tile has an empty body, to be sent as 204 No Content.
    """

    body_gzip: bytes
    etag: str


def _encoded(tile: bytes) -> EncodedTile:
    body = gzip.compress(tile, compresslevel=_LEVEL, mtime=0) if tile else b""
    return EncodedTile(body, f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"')


_EMPTY: Final = _encoded(b"")

_Key = tuple[str, tuple[str, ...] | None, int, int, int]


class TileCache:
    """Least recently used tiles of any number of layer versions, up to ``max_bytes`` in all; thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._tiles: OrderedDict[_Key, EncodedTile] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tiles)

    @property
    def nbytes(self) -> int:
        """Bytes held at the moment, overhead included."""
        return self._bytes

    def find(self, key: _Key) -> EncodedTile | None:
        """The tile of that key, which becomes the most recently used."""
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None:
                self._tiles.move_to_end(key)
            return tile

    def keep(self, key: _Key, tile: EncodedTile) -> None:
        """Hold a tile; the least recently used ones give way. A tile larger than the cache is not held."""
        size = len(tile.body_gzip) + _ENTRY_OVERHEAD
        with self._lock:
            if size > self.max_bytes or key in self._tiles:
                return
            self._tiles[key] = tile
            self._bytes += size
            while self._bytes > self.max_bytes:
                _, oldest = self._tiles.popitem(last=False)
                self._bytes -= len(oldest.body_gzip) + _ENTRY_OVERHEAD


class CachedTiles:
    """A version of a tile set behind a cache that several versions may share.

    ``version`` must change with the content; the tiles of a version that nobody asks for grow old and give way.
    """

    def __init__(self, tiles: TileSet, version: str, cache: TileCache, names: Iterable[str] | None = None) -> None:
        self.tiles = tiles
        self.version = version
        self._cache = cache
        self._names = None if names is None else tuple(names)

    def get(self, z: int, x: int, y: int) -> EncodedTile:
        """A tile from the cache, or encoded now. Empty tiles cost no room: finding one out is as cheap as a look-up.

        Raises :class:`~geodata.tiles.errors.TileAddressError` for an address outside the scheme.
        """
        key = (self.version, self._names, z, x, y)
        found = self._cache.find(key)
        if found is not None:
            return found
        message = self.tiles.encode(z, x, y, self._names)
        if not message:
            return _EMPTY
        tile = _encoded(message)
        self._cache.keep(key, tile)
        return tile
