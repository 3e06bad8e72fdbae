"""FlatGeobuf: one layer a file, with its spatial index."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio

from geodata.writers.registry import Writer


def write(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    """Write the frame; its features are put in the order of their places, which is what the index is.

    With a missing geometry there is no index, for the format allows none then.
    """
    whole = bool((frame.geometry.notna() & ~frame.geometry.is_empty).all())
    options = {"SPATIAL_INDEX": "YES" if whole else "NO"}
    pyogrio.write_dataframe(frame, path, layer=layer, driver="FlatGeobuf", layer_options=options)


WRITER = Writer("fgb", "FlatGeobuf", (".fgb",), "application/vnd.flatgeobuf", write)
