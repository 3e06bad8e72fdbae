"""UUID version 7 (RFC 9562), made in the application so that keys sort by time and no engine invents them."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

import numpy as np


def uuid7() -> UUID:
    """Return one new UUIDv7."""
    return UUID(bytes=uuid7_bytes(1)[0])


def uuid7_bytes(count: int, *, random: np.random.Generator | None = None, now_ms: int | None = None) -> list[bytes]:
    """Return ``count`` UUIDv7 values as 16-byte strings, ascending within the call.

    The 12 bits of ``rand_a`` and the top of ``rand_b`` carry a counter, so that bulk inserts touch the right
    edge of each index only. ``random`` and ``now_ms`` make the result reproducible for synthetic data.
    """
    if count <= 0:
        return []
    milliseconds = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    order = np.arange(count, dtype=np.uint64)
    # A counter of 28 bits: 12 in rand_a, 16 in rand_b; beyond it the clock field is advanced.
    stamp = np.uint64(milliseconds) + (order >> np.uint64(28))
    counter = order & np.uint64((1 << 28) - 1)
    noise = (
        np.frombuffer(secrets.token_bytes(8 * count), dtype=np.uint64)
        if random is None
        else random.integers(0, 2**64, size=count, dtype=np.uint64)
    )
    high = (stamp << np.uint64(16)) | np.uint64(0x7000) | (counter >> np.uint64(16))
    low = (
        np.uint64(0x8000000000000000)
        | ((counter & np.uint64(0xFFFF)) << np.uint64(46))
        | (noise & np.uint64((1 << 46) - 1))
    )
    words = np.empty((count, 2), dtype=">u8")
    words[:, 0] = high
    words[:, 1] = low
    raw = words.tobytes()
    return [raw[i : i + 16] for i in range(0, 16 * count, 16)]
