"""Attribute columns as codes into one table of values, as a tile's keys and values want them.

Every distinct value of a layer is encoded once, as the bytes of its Value message; a column becomes an array
of codes. Values are compared within a protobuf type, so the whole number 1 and the decimal 1.0 are two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.tiles.errors import TileAttributeError
from geodata.tiles.varints import Ints, Octets, encode_varints, offsets_of, ragged_indices, varint, varint_sizes, zigzag

MISSING: Final = -1
"""The code of a gap: the feature gets no such tag."""

_STRING, _FLOAT, _DOUBLE, _UINT, _SINT, _BOOL = 0x0A, 0x15, 0x19, 0x28, 0x30, 0x38
"""Field tags of the Value message (specification 2.1, 4.4)."""


@dataclass(frozen=True, slots=True)
class ValueTable:
    """Distinct values of a layer and which of them each feature has.

    ``codes (features, columns)`` index the values, :data:`MISSING` for a gap; ``octets`` holds, at
    ``offsets (values + 1,)``, each value as it stands in a Layer message (tag, length, Value message).
    """

    names: tuple[str, ...]
    fields: Mapping[str, str]
    codes: NDArray[np.int64]
    octets: Octets
    offsets: Ints

    @property
    def keys(self) -> bytes:
        """The keys of a Layer message."""
        return b"".join(b"\x1a" + varint(len(name.encode())) + name.encode() for name in self.names)

    def encoded(self, codes: Ints) -> tuple[Octets, Ints]:
        """The messages of the named values one after another, and the size of each."""
        sizes = self.offsets[codes + 1] - self.offsets[codes]
        return self.octets[ragged_indices(self.offsets[codes], sizes)], sizes


def value_table(attributes: Mapping[str, Any], count: int) -> ValueTable:
    """Encode columns of ``count`` values each; raise :class:`TileAttributeError` for what a tile cannot say.

    Text, booleans, whole and decimal numbers are taken, as arrays of numpy or pandas; ``None``, NaN and NA
    are gaps.
    """
    columns = [_typed(name, values, count) for name, values in attributes.items()]
    codes = np.full((count, len(columns)), MISSING, dtype=np.int64)
    octets, sizes, coded = [np.zeros(0, dtype=np.uint8)], [np.zeros(0, dtype=np.int64)], 0
    for kind in dict.fromkeys(kind for kind, _, _ in columns):
        alike = [place for place, column in enumerate(columns) if column[0] == kind]
        # Columns of one kind share their values: a 3 is the same 3 whether floors or units.
        distinct, inverse = np.unique(np.concatenate([columns[place][1] for place in alike]), return_inverse=True)
        start = 0
        for place in alike:
            _, values, present = columns[place]
            codes[present, place] = inverse[start : start + len(values)] + coded
            start += len(values)
        kind_octets, kind_sizes = _messages(kind, distinct)
        octets.append(kind_octets)
        sizes.append(kind_sizes)
        coded += len(distinct)
    fields = {name: _FIELD_TYPES[kind] for name, (kind, _, _) in zip(attributes, columns, strict=True)}
    return ValueTable(tuple(attributes), fields, codes, np.concatenate(octets), offsets_of(np.concatenate(sizes)))


_FIELD_TYPES: Final = {
    _STRING: "String",
    _FLOAT: "Number",
    _DOUBLE: "Number",
    _UINT: "Number",
    _SINT: "Number",
    _BOOL: "Boolean",
}
"""TileJSON's words for the kinds."""

_Column = tuple[int, NDArray[Any], NDArray[np.bool_]]


def _typed(name: str, values: Any, count: int) -> _Column:
    """The protobuf kind of a column, its present values in that kind's dtype, and where they are present."""
    series = pd.Series(values).reset_index(drop=True)
    if len(series) != count:
        raise TileAttributeError(attribute=name)
    present = series.notna().to_numpy(dtype=np.bool_)
    kept = series[present]
    inferred = pd.api.types.infer_dtype(kept, skipna=False)
    if inferred in ("string", "empty"):
        return _STRING, kept.astype(object).to_numpy().astype(np.str_), present
    if inferred == "categorical" and pd.api.types.infer_dtype(kept.cat.categories) == "string":
        return _STRING, kept.astype(object).to_numpy().astype(np.str_), present
    if inferred == "boolean":
        return _BOOL, kept.to_numpy(dtype=np.bool_), present
    if inferred == "integer":
        try:
            whole = kept.to_numpy(dtype=np.uint64 if (kept >= 0).all() else np.int64)
        except OverflowError as error:
            raise TileAttributeError(attribute=name) from error
        return (_UINT if whole.dtype == np.uint64 else _SINT), whole, present
    if inferred in ("floating", "mixed-integer-float"):
        single = kept.dtype == np.float32
        return (_FLOAT, kept.to_numpy(), present) if single else (_DOUBLE, kept.to_numpy(dtype=np.float64), present)
    raise TileAttributeError(attribute=name)


def _messages(kind: int, distinct: NDArray[Any]) -> tuple[Octets, Ints]:
    """Each distinct value as ``0x22 length Value`` and the size of each."""
    body, body_sizes = _bodies(kind, distinct)
    head: list[Ints] = [np.full(len(distinct), 0x22), np.zeros(0, dtype=np.int64), np.full(len(distinct), kind)]
    lengths = body_sizes
    if kind == _STRING:
        prefix = varint_sizes(body_sizes.astype(np.uint64))
        lengths = body_sizes + prefix
    head[1] = lengths + 1
    numbers = np.column_stack([*head, body_sizes] if kind == _STRING else head).astype(np.uint64)
    flat = numbers.ravel()
    heads, head_offsets = encode_varints(flat, varint_sizes(flat))
    head_offsets = head_offsets[:: numbers.shape[1]]
    sizes = np.diff(head_offsets) + body_sizes
    offsets = offsets_of(sizes)
    octets = np.empty(int(offsets[-1]), dtype=np.uint8)
    octets[ragged_indices(offsets[:-1], np.diff(head_offsets))] = heads
    octets[ragged_indices(offsets[1:] - body_sizes, body_sizes)] = body
    return octets, sizes


def _bodies(kind: int, distinct: NDArray[Any]) -> tuple[Octets, Ints]:
    if kind == _STRING:
        encoded = [text.encode() for text in distinct.tolist()]
        sizes = np.fromiter((len(text) for text in encoded), dtype=np.int64, count=len(encoded))
        return np.frombuffer(b"".join(encoded), dtype=np.uint8), sizes
    if kind in (_FLOAT, _DOUBLE):
        little = distinct.astype("<f4" if kind == _FLOAT else "<f8")
        return little.view(np.uint8), np.full(len(distinct), little.itemsize, dtype=np.int64)
    numbers = zigzag(distinct) if kind == _SINT else distinct.astype(np.uint64)
    sizes = varint_sizes(numbers)
    return encode_varints(numbers, sizes)[0], sizes
