"""Which column serves which purpose."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata import errors
from geodata.readers import map_fields, pick_field
from geodata.readers.fields import purposes


def frame(*columns: str, empty: tuple[str, ...] = ()) -> pd.DataFrame:
    return pd.DataFrame({c: [None if c in empty else "x"] for c in columns})


@pytest.mark.parametrize(
    ("column", "purpose"),
    [
        ("网格编码", "code"), ("GRID_CODE", "code"), ("block_id", "code"), ("名称", "name"), ("网格名称", "name"),
        ("name:zh", "name"), ("网格类型", "kind"), ("所属社区", "community"), ("上级编码", "parent_code"),
        ("层级", "level"), ("building:levels", "floors"), ("building_levels", "floors"), ("楼层数", "floors"),
        ("地下层数", "floors_below"), ("Height", "height_m"), ("建筑高度", "height_m"), ("栋号", "number"),
        ("楼栋号", "number"), ("小区名称", "compound"), ("addr:street", "road"), ("addr_street", "road"),
        ("addr:housenumber", "road_no"), ("addr_housenumber", "road_no"), ("门牌号", "road_no"),
        ("详细地址", "address"), ("osm_id", "building_id"), ("用途", "use"), ("name_en", "name_en"),
        ("户数", "dwellings"), ("　楼栋 号", "number"), ("ＧＲＩＤ＿ＣＯＤＥ", "code"),
    ],
)  # fmt: skip
def test_usual_names(column: str, purpose: str) -> None:
    """Chinese and English, OpenStreetMap's, full-width, with spaces."""
    assert pick_field(frame("other", column), purpose) == column


@pytest.mark.parametrize(
    ("column", "purpose"),
    [("building_l", "floors"), ("addr_house", "road_no"), ("建筑层", "floors"), ("上级网格编", "parent_code"),
     ("所属社", "community")],
)  # fmt: skip
def test_names_cut_by_a_shapefile(column: str, purpose: str) -> None:
    """Ten bytes are left of a name, in GBK five characters, in UTF-8 three."""
    assert pick_field(frame(column), purpose) == column


def test_order_values_and_absence() -> None:
    """The list's order decides; an empty column gives way; no column is None."""
    assert pick_field(frame("title", "name"), "name") == "name"
    assert pick_field(frame("name", "title", empty=("name",)), "name") == "title"
    assert pick_field(frame("name", empty=("name",)), "name") == "name"
    assert pick_field(frame("colour"), "name") is None
    assert pick_field(frame("name", "title"), "name", exclude=["name"]) == "title"


def test_unknown_purpose_lists_the_known() -> None:
    """A slip in a purpose is an error, not a missing column."""
    with pytest.raises(errors.UnknownFieldError) as caught:
        pick_field(frame("a"), "nmae")
    assert "name" in caught.value.remedy


def test_no_column_serves_twice_nor_does_the_geometry() -> None:
    """社区编码 could be the code of a cell or of its parent; the geometry is no attribute."""
    columns = {"社区编码": ["460108001001"], "位置": ["x"]}
    cells = gpd.GeoDataFrame(columns, geometry=[shapely.Point(110, 20)], crs=4326)
    mapped = map_fields(cells.rename_geometry("address"))
    assert len(set(mapped.values())) == len(mapped)
    assert mapped["address"] == "位置"
    assert set(mapped) <= set(purposes())
    assert map_fields(cells, ["parent_code"]) == {"parent_code": "社区编码"}
