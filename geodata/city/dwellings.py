"""Units and dwellings of residential buildings, numbered as on Chinese doors: floor and place, 301, 1204."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
USABLE_SHARE = 0.86


def make_units(unit_counts: Ints) -> pl.DataFrame:
    """One row a staircase: ``building`` (position) and ``number`` ("1", "2" …). ``unit_counts`` is by building."""
    building = np.repeat(np.arange(len(unit_counts)), unit_counts)
    number = _within(unit_counts) + 1
    return pl.DataFrame({"building": building, "number": number.astype(str)})


def make_dwellings(
    units: pl.DataFrame,
    floors: Ints,
    per_landing: Ints,
    footprint_m2: npt.NDArray[np.float64],
    shops_below: Ints,
    random: np.random.Generator,
) -> pl.DataFrame:
    """One row a dwelling or ground-floor shop: unit, building, floor, room, floor_area_m2, use.

    ``floors``, ``per_landing``, ``footprint_m2`` and ``shops_below`` (floors of shops at the bottom) are by building.
    """
    building_of_unit = units["building"].to_numpy()
    units_in_building = np.bincount(building_of_unit, minlength=len(floors))
    per_unit = floors[building_of_unit] * per_landing[building_of_unit]
    unit = np.repeat(np.arange(len(units)), per_unit)
    building = building_of_unit[unit]
    position = _within(per_unit)
    floor = position // per_landing[building] + 1
    place = position % per_landing[building] + 1
    area = footprint_m2[building] * USABLE_SHARE / np.maximum(1, units_in_building * per_landing)[building]
    area = np.round(area * random.uniform(0.93, 1.07, len(area)), 1)
    return pl.DataFrame(
        {
            "unit": unit,
            "building": building,
            "floor": floor,
            "room": (floor * 100 + place).astype(str),
            "floor_area_m2": area,
            "use": np.where(floor <= shops_below[building], "commercial", "residential"),
        }
    )


def _within(counts: Ints) -> Ints:
    """0..n-1 for each run of the given lengths."""
    starts = np.cumsum(counts) - counts
    return np.asarray(np.arange(int(counts.sum())) - np.repeat(starts, counts), dtype=np.int64)
