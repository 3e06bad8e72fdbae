"""All tiles of one zoom of one layer, laid out at once.

A feature's bytes inside a tile depend on the tile only through its first point and the indices of its values,
so the whole zoom is encoded in a few vectorised passes and a tile becomes two slices: its features and its
values. Only features too large for a tile are clipped, when a tile is asked for.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.tiles.generalise import Generalisation, Simplify, generalised
from geodata.tiles.incidence import Margins, incidence, touched
from geodata.tiles.mvt import encode_features
from geodata.tiles.paths import GeometryKind, Paths, paths_of
from geodata.tiles.quantise import quantised
from geodata.tiles.schemes import EXTENT
from geodata.tiles.snap import polygonal
from geodata.tiles.values import MISSING, ValueTable
from geodata.tiles.varints import Ints, Unsigned, offsets_of

_CHUNK = 65_536
"""Features encoded in one pass; bounds the memory of the pass, not of the result."""


class ZoomTiles:
    """The tiles of one zoom. Reads only after construction."""

    def __init__(
        self,
        unit: Paths,
        ids: Unsigned,
        values: ValueTable,
        rule: Generalisation,
        zoom: tuple[int, bool],
        margins: Margins,
    ) -> None:
        """Lay out zoom ``zoom[0]`` (``zoom[1]``: it is the layer's last) of features in the unit square."""
        self._z, last = zoom
        self._margins = margins
        self._values = values
        world, kept = generalised(unit, self._z, rule, last=last)
        whole_units = quantised(world, partition=rule.simplify is Simplify.COVERAGE)
        filled = np.flatnonzero(whole_units.path_counts)
        boxes = whole_units.bounds()
        pairs = incidence(boxes, filled, self._z, margins, closed=unit.kind is not GeometryKind.POINT)
        self._lay_out(whole_units, ids[kept], values.codes[kept], pairs.whole_tiles, pairs.whole)
        self._clip_tiles = pairs.clip_tiles
        clipped, self._clip = np.unique(np.concatenate([pairs.clip, pairs.broad]), return_inverse=True)
        self._clip, self._broad = np.split(self._clip, [len(pairs.clip)])
        self._broad_boxes = boxes[pairs.broad]
        self._large = whole_units.take(clipped)
        self._large_ids = ids[kept][clipped]
        self._large_codes = values.codes[kept][clipped]

    @property
    def nbytes(self) -> int:
        """Bytes of the encoded features and values."""
        return len(self._features) + len(self._value_octets)

    def tile(self, x: int, y: int) -> tuple[bytes, bytes]:
        """The features and the values of a tile, as they stand in a Layer message."""
        key = x << self._z | y
        row = int(self._tiles.searchsorted(key))
        features, values, codes = b"", b"", self._tile_codes[:0]
        if row < len(self._tiles) and self._tiles[row] == key:
            features = self._features[self._feature_offsets[row] : self._feature_offsets[row + 1]]
            values = self._value_octets[self._value_offsets[row] : self._value_offsets[row + 1]]
            codes = self._tile_codes[self._code_offsets[row] : self._code_offsets[row + 1]]
        large = self._large_in(x, y, key)
        if not len(large):
            return features, values
        more_features, more_values = self._clipped(large, (x * EXTENT, y * EXTENT), codes)
        return features + more_features, values + more_values

    def _lay_out(self, paths: Paths, ids: Unsigned, codes: NDArray[np.int64], tiles: Ints, features: Ints) -> None:
        """Encode every (tile, feature) pair; the pairs are sorted by tile."""
        self._tiles, firsts, rows = np.unique(tiles, return_index=True, return_inverse=True)
        tags = self._tile_tables(rows, codes[features])
        encoded, sizes = [], []
        corners = np.stack([tiles >> self._z, tiles & ((1 << self._z) - 1)], axis=1) * EXTENT
        for start in range(0, len(features), _CHUNK):
            part = slice(start, start + _CHUNK)
            chosen = features[part]
            octets, offsets = encode_features(paths.take(chosen), corners[part], ids[chosen], tags[part])
            encoded.append(octets.tobytes())
            sizes.append(np.diff(offsets))
        self._features = b"".join(encoded)
        bytes_before = offsets_of(np.concatenate(sizes)) if sizes else np.zeros(1, dtype=np.int64)
        self._feature_offsets = bytes_before[np.append(firsts, len(features))]

    def _tile_tables(self, rows: Ints, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give each tile its own table of the values it uses; return each pair's indices into it."""
        present = codes != MISSING
        values = max(len(self._values.offsets) - 1, 1)
        used, inverse = np.unique((rows[:, None] * values + codes)[present], return_inverse=True)
        table_rows, self._tile_codes = np.divmod(used, values)
        self._code_offsets = np.searchsorted(table_rows, np.arange(len(self._tiles) + 1))
        octets, sizes = self._values.encoded(self._tile_codes)
        self._value_octets = octets.tobytes()
        self._value_offsets = offsets_of(sizes)[self._code_offsets]
        tags = np.full(codes.shape, MISSING, dtype=np.int64)
        tags[present] = inverse - self._code_offsets[table_rows[inverse]]
        return tags

    def _large_in(self, x: int, y: int, key: int) -> Ints:
        """The features to be clipped into a tile."""
        if not len(self._large):
            return self._clip[:0]
        first, end = self._clip_tiles.searchsorted([key, key + 1])
        listed = self._clip[first:end]
        if not len(self._broad):
            return listed
        near = touched(self._broad_boxes, (x * EXTENT, y * EXTENT), self._margins.buffer)
        return np.concatenate([listed, self._broad[near]])

    def _clipped(self, large: Ints, origin: tuple[int, int], codes: Ints) -> tuple[bytes, bytes]:
        """Clip features to the buffered tile and encode what is left, with the values not in ``codes`` yet."""
        inside = _cut(self._large.take(large), origin, self._margins.buffer)
        left = np.flatnonzero(inside.path_counts)
        if not len(left):
            return b"", b""
        tags, values = self._added_tags(self._large_codes[large[left]], codes)
        origins = np.zeros((len(left), 2), dtype=np.int64)
        octets, _ = encode_features(inside.take(left), origins, self._large_ids[large[left]], tags)
        return octets.tobytes(), values

    def _added_tags(self, wanted: NDArray[np.int64], codes: Ints) -> tuple[NDArray[np.int64], bytes]:
        """Indices of values in a tile's table ``codes`` (sorted) followed by the values it lacks, encoded."""
        present = wanted != MISSING
        fresh = np.setdiff1d(wanted[present], codes)
        table = np.concatenate([codes, fresh])
        order = np.argsort(table)
        tags = np.full(wanted.shape, MISSING, dtype=np.int64)
        tags[present] = order[np.searchsorted(table, wanted[present], sorter=order)]
        return tags, self._values.encoded(fresh)[0].tobytes()


def _cut(paths: Paths, origin: tuple[int, int], buffer: int) -> Paths:
    """The parts of features inside a buffered tile, in whole units from its ``origin``."""
    local = paths.with_points((paths.points - np.array(origin)).astype(np.float64))
    if paths.kind is GeometryKind.POINT:
        x, y = local.points.T
        inside = (x >= -buffer) & (x < EXTENT + buffer) & (y >= -buffer) & (y < EXTENT + buffer)
        return quantised(local.keep_points(inside))
    window = shapely.box(-buffer, -buffer, EXTENT + buffer, EXTENT + buffer)
    cut = shapely.intersection(local.to_shapely(), window)
    cut = polygonal(cut) if paths.kind is GeometryKind.POLYGON else _linear(cut)
    return quantised(paths_of(cut, paths.kind))


def _linear(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Only the lines of each geometry: a line may also touch the window in a point."""
    parts, owners = shapely.get_parts(geometries, return_index=True)
    linear = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    cleaned = np.full(len(geometries), shapely.LineString(), dtype=np.object_)
    shapely.multilinestrings(parts[linear], indices=owners[linear], out=cleaned)
    return cleaned
