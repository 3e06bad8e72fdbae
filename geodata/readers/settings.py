"""Limits of reading, in one value that is passed down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much a geometry file may hold before it is refused.

    ``max_ratio`` bounds the compression of an archive as a whole and is looked at above 10 MB unpacked only,
    since short blank tables compress well.
    """

    max_features: int = 1_000_000
    max_file_bytes: int = 100 * 1024**2
    max_unpacked_bytes: int = 1024**3
    max_entries: int = 2_000
    max_ratio: float = 250.0
