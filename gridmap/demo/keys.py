"""Keys of the rows to load: one time-ordered UUID a position, and the region each row is kept in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from gridmap.store.ids import uuid7_bytes

Ints = npt.NDArray[np.int64]
DAY_MS = 86_400_000


class KeyMaker:
    """Makes the same keys for the same seed and date, no two alike between tables."""

    def __init__(self, as_of: date, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64([seed, 4122]))
        self._now_ms = (as_of - date(1970, 1, 1)).days * DAY_MS

    def make(self, count: int) -> npt.NDArray[np.object_]:
        """``count`` keys as an array of 16-byte strings."""
        keys = np.empty(count, dtype=object)
        keys[:] = uuid7_bytes(count, random=self._random, now_ms=self._now_ms)
        self._now_ms += 1
        return keys


@dataclass(frozen=True, slots=True)
class PlaceKeys:
    """Keys and regions by position in the city's frames; ``area`` is by code."""

    area: dict[str, bytes]
    region_of_street: dict[str, int]
    building: npt.NDArray[np.object_]
    building_region: Ints
    dwelling: npt.NDArray[np.object_]
    dwelling_building: Ints


def picked(keys: npt.NDArray[np.object_], positions: Ints) -> list[bytes | None]:
    """The key at each position, ``None`` for -1."""
    found = keys[np.maximum(positions, 0)] if len(keys) else np.empty(len(positions), dtype=object)
    found[positions < 0] = None
    return list(found)
