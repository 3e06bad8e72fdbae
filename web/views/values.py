"""Classes of a legend applied to values."""

from __future__ import annotations

from collections.abc import Sequence

from gridmap.indicators.classes import LegendClass


def class_of(classes: Sequence[LegendClass], value: float | None) -> int | None:
    """The class (from 1) that holds a value; ``None`` where there is no value or no class."""
    if value is None:
        return None
    for position, step in enumerate(classes, start=1):
        if (step.start is None or value >= step.start) and (step.end is None or value <= step.end):
            return position
    return None
