"""Mapbox Vector Tile 2.1 messages of many features at once.

All features are laid out in ONE array of integers — tags, lengths, ids, commands, coordinate steps — which a
single vectorised pass turns into varints. Lengths are filled in from the sizes of what they count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodata.tiles.paths import GeometryKind, Paths
from geodata.tiles.schemes import EXTENT
from geodata.tiles.values import MISSING
from geodata.tiles.varints import (
    Ints,
    Octets,
    Unsigned,
    encode_varints,
    offsets_of,
    varint,
    varint_sizes,
    zigzag,
)

_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 15
"""Command ids 1 and 2 (shifted by a count of points) and the whole ClosePath command."""


def encode_features(paths: Paths, origins: Ints, ids: Unsigned, tags: NDArray[np.int64]) -> tuple[Octets, Ints]:
    """The features as they stand in a Layer message, and the byte offset ``(features + 1,)`` of each.

    ``paths`` are valid and wound, in whole units, none of the features empty; ``origins (features, 2)`` are
    subtracted from them; ``tags (features, keys)`` holds the index of each key's value in the layer's values,
    or MISSING.
    """
    tag_rows, tag_keys = np.nonzero(tags != MISSING)
    tag_counts = np.bincount(tag_rows, minlength=len(paths)) * 2
    tag_heads = np.where(tag_counts > 0, 2, 0)
    path_offsets = offsets_of(_command_counts(paths))
    geometry_offsets = path_offsets[paths.feature_offsets]
    # 0x12 length 0x08 id [0x12 length tags…] 0x18 kind 0x22 length geometry…
    heads = 8 + tag_heads + tag_counts
    starts = offsets_of(heads + np.diff(geometry_offsets))
    firsts, geometry = starts[:-1], starts[:-1] + heads
    numbers = np.zeros(int(starts[-1]), dtype=np.uint64)
    numbers[firsts] = 0x12
    numbers[firsts + 2] = 0x08
    numbers[firsts + 3] = ids
    tagged = np.flatnonzero(tag_heads)
    numbers[firsts[tagged] + 4] = 0x12
    ranks = np.arange(len(tag_rows)) - offsets_of(tag_counts // 2)[tag_rows]
    tag_places = firsts[tag_rows] + 6 + 2 * ranks
    numbers[tag_places] = tag_keys.astype(np.uint64)
    numbers[tag_places + 1] = tags[tag_rows, tag_keys].astype(np.uint64)
    numbers[geometry - 4] = 0x18
    numbers[geometry - 3] = np.uint64(paths.kind)
    numbers[geometry - 2] = 0x22
    shift = geometry - geometry_offsets[:-1]
    _write_commands(numbers, paths, path_offsets[:-1] + shift[paths.path_features], origins)
    return _with_lengths(numbers, starts, geometry, tagged, tag_counts)


def layer_message(name: str, keys: bytes, features: bytes, values: bytes) -> bytes:
    """A Layer message of version 2 with the extent of 4096."""
    label = name.encode()
    return b"".join((b"\x78\x02\x0a", varint(len(label)), label, features, keys, values, b"\x28", varint(EXTENT)))


def tile_message(layers: list[bytes]) -> bytes:
    """A Tile message of Layer messages."""
    return b"".join(b"\x1a" + varint(len(layer)) + layer for layer in layers)


def _command_counts(paths: Paths) -> Ints:
    """Integers that each path takes in a feature's geometry."""
    fixed = {GeometryKind.POINT: 1, GeometryKind.LINE: 2, GeometryKind.POLYGON: 3}[paths.kind]
    return 2 * paths.path_sizes + fixed


def _write_commands(numbers: Unsigned, paths: Paths, places: Ints, origins: Ints) -> None:
    """Write the commands of every path at its place."""
    sizes = paths.path_sizes
    steps = np.empty_like(paths.points)
    steps[1:] = paths.points[1:] - paths.points[:-1]
    # The cursor runs on from ring to ring, so only the first point of a feature knows the tile's origin.
    leading = paths.point_offsets[:-1]
    steps[leading] = paths.points[leading] - origins
    within = np.arange(len(steps)) - np.repeat(paths.path_offsets[:-1], sizes)
    targets = np.repeat(places + 1, sizes) + 2 * within
    if paths.kind is GeometryKind.POINT:
        numbers[places] = ((sizes << 3) | _MOVE_TO).astype(np.uint64)
    else:
        targets += within > 0
        numbers[places] = (1 << 3) | _MOVE_TO
        numbers[places + 3] = (((sizes - 1) << 3) | _LINE_TO).astype(np.uint64)
    if paths.kind is GeometryKind.POLYGON:
        numbers[places + 2 * sizes + 2] = _CLOSE_PATH
    wavy = zigzag(steps)
    numbers[targets] = wavy[:, 0]
    numbers[targets + 1] = wavy[:, 1]


def _with_lengths(
    numbers: Unsigned, starts: Ints, geometry: Ints, tagged: Ints, tag_counts: Ints
) -> tuple[Octets, Ints]:
    """Fill in the byte lengths of tags, geometries and features, then encode."""
    firsts, ends = starts[:-1], starts[1:]
    sizes = varint_sizes(numbers)
    bytes_before = offsets_of(sizes)
    tag_firsts = firsts[tagged] + 6
    tag_lengths = bytes_before[tag_firsts + tag_counts[tagged]] - bytes_before[tag_firsts]
    geometry_lengths = bytes_before[ends] - bytes_before[geometry]
    for places, lengths in ((tag_firsts - 1, tag_lengths), (geometry - 1, geometry_lengths)):
        numbers[places] = lengths.astype(np.uint64)
        sizes[places] = varint_sizes(numbers[places])
    lengths = bytes_before[ends] - bytes_before[firsts] - 2 + sizes[geometry - 1] - 1
    lengths[tagged] += sizes[tag_firsts - 1] - 1
    numbers[firsts + 1] = lengths.astype(np.uint64)
    sizes[firsts + 1] = varint_sizes(numbers[firsts + 1])
    octets, offsets = encode_varints(numbers, sizes)
    return octets, offsets[starts]
