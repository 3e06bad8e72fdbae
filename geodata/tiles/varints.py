"""Protocol-buffer integers of whole arrays at once, and the arithmetic of ragged arrays.

A vector tile is little else than a run of base-128 varints, so a layer is encoded as ONE integer array.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Unsigned: TypeAlias = NDArray[np.uint64]
Octets: TypeAlias = NDArray[np.uint8]


def offsets_of(counts: NDArray[np.integer]) -> Ints:
    """Offsets ``(n + 1,)`` of runs with the given lengths ``(n,)``."""
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def ragged_indices(starts: NDArray[np.integer], counts: NDArray[np.integer]) -> Ints:
    """``starts[0], starts[0] + 1, … `` for ``counts[0]`` places, then the same for the next run."""
    ends = np.cumsum(counts, dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - counts), counts) + np.arange(total, dtype=np.int64)


def zigzag(numbers: Ints) -> Unsigned:
    """Signed numbers to unsigned ones, small magnitudes staying small."""
    return ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)


def varint_sizes(numbers: Unsigned) -> Ints:
    """Bytes that each number takes as a varint, 1 to 10."""
    sizes = np.ones(len(numbers), dtype=np.int64)
    if not len(numbers):
        return sizes
    bound, top = 1 << 7, int(numbers.max())
    while bound <= top:
        sizes += numbers >= np.uint64(bound)
        bound <<= 7
    return sizes


def encode_varints(numbers: Unsigned, sizes: Ints) -> tuple[Octets, Ints]:
    """The varints of the numbers, one after another, and the offset ``(n + 1,)`` of each."""
    offsets = offsets_of(sizes)
    starts = offsets[:-1]
    octets = np.empty(int(offsets[-1]), dtype=np.uint8)
    octets[starts] = (numbers & np.uint64(0x7F)).astype(np.uint8)
    pending = np.flatnonzero(sizes > 1)
    place = 0
    while len(pending):
        octets[starts[pending] + place] |= 0x80
        place += 1
        shifted = numbers[pending] >> np.uint64(7 * place)
        octets[starts[pending] + place] = (shifted & np.uint64(0x7F)).astype(np.uint8)
        pending = pending[sizes[pending] > place + 1]
    return octets, offsets


def varint(number: int) -> bytes:
    """One number as a varint."""
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)
