"""Several layers served as one tile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from geodata.tiles.errors import UnknownTileLayerError
from geodata.tiles.layer import TileLayer
from geodata.tiles.mvt import tile_message
from geodata.tiles.schemes import Bounds


class TileSet:
    """Layers by name, in drawing order."""

    def __init__(self, layers: Iterable[TileLayer]) -> None:
        self._layers = {layer.name: layer for layer in layers}

    def __getitem__(self, name: str) -> TileLayer:
        """The layer of that name; raises :class:`UnknownTileLayerError`."""
        if name not in self._layers:
            raise UnknownTileLayerError(layer=name)
        return self._layers[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the layers in drawing order."""
        return tuple(self._layers)

    def encode(self, z: int, x: int, y: int, names: Iterable[str] | None = None) -> bytes:
        """The Tile message of the named layers (all by default); ``b""`` for an empty tile.

        Raises :class:`UnknownTileLayerError` and :class:`~geodata.tiles.errors.TileAddressError`.
        """
        chosen = self._layers.values() if names is None else [self[name] for name in names]
        messages = [layer.encode(z, x, y) for layer in chosen]
        return tile_message([message for message in messages if message])

    def bounds(self) -> Bounds | None:
        """The lon, lat bbox of all layers; ``None`` when all are empty."""
        boxes = [layer.bounds for layer in self._layers.values() if layer.bounds is not None]
        if not boxes:
            return None
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)

    def tilejson(self) -> Mapping[str, Any]:
        """What TileJSON 3.0 says of the layers: bounds, zooms and fields; the caller adds ``tiles`` (the URL)."""
        layers = self._layers.values()
        values: dict[str, Any] = {
            "tilejson": "3.0.0",
            "scheme": "xyz",
            "minzoom": min((layer.min_zoom for layer in layers), default=0),
            "maxzoom": max((layer.max_zoom for layer in layers), default=0),
            "vector_layers": [
                {
                    "id": layer.name,
                    "fields": dict(layer.fields),
                    "minzoom": layer.min_zoom,
                    "maxzoom": layer.max_zoom,
                }
                for layer in layers
            ],
        }
        box = self.bounds()
        return values | ({"bounds": list(box)} if box is not None else {})
