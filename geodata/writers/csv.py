"""CSV for spreadsheets: the attributes and a point (lon, lat) on each feature; UTF-8 with the mark Excel needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api.types import is_object_dtype, is_string_dtype

from geodata.writers.registry import Writer

#: A text that starts so would be taken for a formula by a spreadsheet (full-width forms too).
_FORMULA: Final = re.compile(r"^[=+\-@\t\r\n＝＋－＠]")


def write(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:  # noqa: ARG001 - every writer's signature
    """Write the frame; texts that look like formulas get an apostrophe before them."""
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    for name in table.columns:
        if is_object_dtype(table[name]) or is_string_dtype(table[name]):
            table[name] = table[name].astype(object).map(_defused, na_action="ignore")
    spots = shapely.point_on_surface(np.asarray(frame.geometry.array, dtype=object))
    table["lon"] = np.round(shapely.get_x(spots), 8)
    table["lat"] = np.round(shapely.get_y(spots), 8)
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _defused(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


WRITER = Writer("csv", "CSV", (".csv",), "text/csv", write, lonlat_only=True)
