"""The synthetic city as frames."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import polars as pl

CRS = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class City:
    """A synthetic city; nobody and nothing in it is real beyond the names of the pilot street and its communities.

    All geometry is lon/lat (EPSG:4326), rounded to 1e-8 degrees. Frames are indexed 0..n-1 and refer to each other by
    position:

    - ``areas``: code, name, level (province … cell), parent (code), kind (cells: ``residential`` or ``dedicated``),
      purpose (cells: residential, village, school, hospital, park, office, market, factory), street (code or "").
      Cells are an exactly valid coverage; every other area is the union of its cells.
    - ``compounds``: name, cell (code), kind, street; the geometry is the compound's ground.
    - ``buildings``: compound (-1: none), number, road, road_no, floors_above, floors_below, height_m, kind, use,
      year (of completion), cell (code it was drawn for, "" for orphans), street.
    - ``units``: building, number. ``dwellings``: unit, building, floor, room, floor_area_m2, use.
    - ``roads``: name, kind (primary, secondary, branch, lane, path), width_m; centre lines.
    - ``ground``: kind (block, green, water, pitch, tree).
    """

    size: str
    seed: int
    areas: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    units: pl.DataFrame
    dwellings: pl.DataFrame
    roads: gpd.GeoDataFrame
    ground: gpd.GeoDataFrame

    def level(self, level: str) -> gpd.GeoDataFrame:
        """The areas of one level (``cell``, ``community``, ``street`` …), reindexed 0..n-1."""
        return self.areas[self.areas["level"] == level].reset_index(drop=True)

    @property
    def cells(self) -> gpd.GeoDataFrame:
        """The cells."""
        return self.level("cell")

    @property
    def communities(self) -> gpd.GeoDataFrame:
        """The communities."""
        return self.level("community")

    @property
    def streets(self) -> gpd.GeoDataFrame:
        """The streets."""
        return self.level("street")
