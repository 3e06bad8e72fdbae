"""Vector tiles: from arrays in memory to Mapbox Vector Tile 2.1 bytes, and the cache before them."""

from geodata.tiles.cache import CachedTiles, EncodedTile, TileCache
from geodata.tiles.errors import (
    TileAddressError,
    TileAttributeError,
    TileError,
    TileGeometryError,
    TileIdError,
    UnknownTileLayerError,
)
from geodata.tiles.generalise import AREAS, BUILDINGS, UNCHANGED, Generalisation, Simplify
from geodata.tiles.labels import corner_points, label_points
from geodata.tiles.layer import TileLayer
from geodata.tiles.schemes import BUFFER, EXTENT, MAX_ZOOM, tile_at, tile_bounds, tile_bounds_m, tiles_of_bounds
from geodata.tiles.tileset import TileSet

__all__ = [
    "AREAS",
    "BUFFER",
    "BUILDINGS",
    "EXTENT",
    "MAX_ZOOM",
    "UNCHANGED",
    "CachedTiles",
    "EncodedTile",
    "Generalisation",
    "Simplify",
    "TileAddressError",
    "TileAttributeError",
    "TileCache",
    "TileError",
    "TileGeometryError",
    "TileIdError",
    "TileLayer",
    "TileSet",
    "UnknownTileLayerError",
    "corner_points",
    "label_points",
    "tile_at",
    "tile_bounds",
    "tile_bounds_m",
    "tiles_of_bounds",
]
