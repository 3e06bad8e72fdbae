"""Which feature belongs into which tile of a zoom, and whether it fits there whole or must be clipped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.tiles.schemes import EXTENT
from geodata.tiles.varints import Ints, ragged_indices

_BROAD = 256
"""A feature in more tiles than this is not listed tile by tile; its bbox is compared on request."""


@dataclass(frozen=True, slots=True)
class Incidence:
    """Pairs of tile and feature, sorted by tile, for features that fit (``whole``) and those to ``clip``.

    Tiles are keyed ``x << z | y``. ``broad`` features, to be clipped too, are compared by bbox on request.
    """

    whole_tiles: Ints
    whole: Ints
    clip_tiles: Ints
    clip: Ints
    broad: Ints


@dataclass(frozen=True, slots=True)
class Margins:
    """Tile units beyond a tile's sides: ``buffer`` is kept, up to ``reach`` a feature is left unclipped."""

    buffer: int
    reach: int


def incidence(boxes: Ints, filled: Ints, z: int, margins: Margins, *, closed: bool) -> Incidence:
    """Pair the ``filled`` features (bboxes in whole units of zoom z) with the tiles whose buffer they touch.

    ``closed`` is for shapes with an inside, which do not count as touched by a mere border; without it (for
    points) a tile owns its west and north side, so that without buffer a point lies in one tile only.
    """
    last = (1 << z) - 1
    boxes = boxes[filled]
    low = np.clip((boxes[:, :2] - EXTENT - margins.buffer) // EXTENT + 1, 0, last)
    high = np.clip((boxes[:, 2:] + margins.buffer - closed) // EXTENT, 0, last)
    high = np.maximum(low, high)
    spans = high - low + 1
    counts = spans[:, 0] * spans[:, 1]
    broad = counts > _BROAD
    listed = np.flatnonzero(~broad)
    counts = counts[listed]
    rows = np.repeat(listed, counts)
    place = ragged_indices(np.zeros(len(listed), dtype=np.int64), counts)
    tile_x = low[rows, 0] + place // spans[rows, 1]
    tile_y = low[rows, 1] + place % spans[rows, 1]
    corner = np.stack([tile_x, tile_y], axis=1) * EXTENT
    fits = np.all(boxes[rows, :2] >= corner - margins.reach, axis=1)
    fits &= np.all(boxes[rows, 2:] <= corner + EXTENT + margins.reach, axis=1)
    tiles = (tile_x << z) | tile_y
    order = np.argsort(tiles, kind="stable")
    tiles, features, fits = tiles[order], filled[rows[order]], fits[order]
    return Incidence(tiles[fits], features[fits], tiles[~fits], features[~fits], filled[broad])


def touched(boxes: NDArray[np.int64], origin: tuple[int, int], buffer: int) -> NDArray[np.bool_]:
    """Which bboxes come nearer than ``buffer`` to the tile whose north-west corner is ``origin``."""
    x, y = origin
    return (
        (boxes[:, 0] < x + EXTENT + buffer)
        & (boxes[:, 2] > x - buffer)
        & (boxes[:, 1] < y + EXTENT + buffer)
        & (boxes[:, 3] > y - buffer)
    )
