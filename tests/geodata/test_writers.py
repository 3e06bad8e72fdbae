"""Writing layers and reading them back."""

from __future__ import annotations

import enum
import json
import uuid
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata import errors
from geodata.coverage import check_coverage
from geodata.readers import read_layer
from geodata.writers import write_layer, writers
from geodata.writers.csv import WRITER as CSV
from tests.geodata.layers import lattice

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)


class Kind(enum.StrEnum):
    DEDICATED = "dedicated"


def cells() -> gpd.GeoDataFrame:
    frame = lattice(2, 3, jitter=0.2).set_axis([uuid.UUID(int=i) for i in range(6)])
    return frame.assign(
        id=list(frame.index), 名称=["海府", None] * 3, kind=Kind.DEDICATED, n=pd.array([1, None] * 3, dtype="Int64"),
        ok=[True, None] * 3, share=[0.5, np.nan] * 3, tags=[["a"]] * 6, at=pd.Timestamp("2026-01-01 08:00"),
        level=pd.Categorical(["一", "二"] * 3), fid="own", geom=7,
    )  # fmt: skip


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".geojson", ".json"])
def test_round_trip(tmp_path: Path, suffix: str) -> None:
    """Keys stay text, names stay Chinese, corners stay to the last digit, columns named like the format's own too."""
    frame = cells()
    path = write_layer(frame, tmp_path / f"网格{suffix}")
    read = read_layer(path)
    # FlatGeobuf puts features in the order of their places.
    back = read.frame.sort_values("id")
    assert (read.issues, read.layer_name) == ([], "网格")
    assert back["id"].tolist() == [str(i) for i in frame.index]
    assert back["名称"].fillna("-").tolist() == ["海府", "-"] * 3
    assert back["kind"].unique().tolist() == ["dedicated"]
    assert back["n"].fillna(-1).astype(int).tolist() == [1, -1] * 3
    assert back["share"].fillna(-1).tolist() == [0.5, -1] * 3
    assert back["tags"].iloc[0] == '["a"]'
    assert str(back["at"].iloc[0])[:10] == "2026-01-01"
    assert (back["fid"].iloc[0], int(back["geom"].iloc[0])) == ("own", 7)
    same = shapely.equals_exact(
        shapely.normalize(back.geometry.values), shapely.normalize(frame.geometry.values), tolerance=0.0
    )
    assert same.all()
    assert check_coverage(back).is_valid


def test_every_writer_is_tested() -> None:
    """A new format brings its suffixes here."""
    assert {s for w in writers() for s in w.suffixes} == {".gpkg", ".fgb", ".geojson", ".json", ".csv"}


def test_input_is_not_changed(tmp_path: Path) -> None:
    """Nor are its keys."""
    frame = cells()
    for writer in writers():
        write_layer(frame, tmp_path / f"a{writer.suffixes[0]}")
    assert isinstance(frame["id"].iloc[0], uuid.UUID)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(cells()))


def test_geojson_follows_the_standard(tmp_path: Path) -> None:
    """Outlines counter-clockwise, holes clockwise, no CRS member, missing values null."""
    hole = shapely.Polygon([(0, 0), (0, 3), (3, 3), (3, 0)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])
    frame = gpd.GeoDataFrame({"a": [None], "b": [np.nan]}, geometry=[hole], crs=4326)
    document: dict[str, Any] = json.loads(write_layer(frame, tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert "crs" not in document
    (feature,) = document["features"]
    assert feature["properties"] == {"a": None, "b": None}
    shell, inner = feature["geometry"]["coordinates"]
    assert shapely.is_ccw(shapely.linearrings(shell))
    assert not shapely.is_ccw(shapely.linearrings(inner))


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:4546"])
def test_other_crs(tmp_path: Path, code: str) -> None:
    """GeoPackage and FlatGeobuf carry it; reading back gives the same place."""
    frame = cells()
    for suffix in (".gpkg", ".fgb"):
        read = read_layer(write_layer(frame, tmp_path / f"a{suffix}", crs=code))
        assert ("CGCS2000" in read.source_crs) or ("2000" in read.source_crs)
        back = read.frame.sort_values("id").geometry.values
        assert (shapely.hausdorff_distance(back, frame.geometry.values) < 1e-11).all()
    for suffix in (".geojson", ".csv"):
        with pytest.raises(errors.LonlatFormatError):
            write_layer(frame, tmp_path / f"a{suffix}", crs=code)


def test_missing_geometry(tmp_path: Path) -> None:
    """Every format holds a feature that is not drawn yet."""
    frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[shapely.Point(110, 20), None], crs=4326)
    for suffix in (".gpkg", ".fgb", ".geojson"):
        read = read_layer(write_layer(frame, tmp_path / f"a{suffix}"))
        assert (read.features, len(read.frame)) == (2, 1)
    table = pd.read_csv(write_layer(frame, tmp_path / "a.csv"))
    assert table["lon"].tolist()[0] == 110
    assert np.isnan(table["lon"].tolist()[1])


def test_old_file_stays_when_the_new_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file appears whole or not at all, and nothing is left beside it."""
    path = write_layer(cells(), tmp_path / "a.csv")
    before = path.read_bytes()

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)
    with pytest.raises(errors.UnwritableFrameError):
        write_layer(cells(), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    """No such folder, no such format, no CRS, not in lon/lat."""
    with pytest.raises(errors.UnwritableFrameError):
        write_layer(cells(), tmp_path / "no" / "a.gpkg")
    with pytest.raises(errors.UnwritableFormatError):
        write_layer(cells(), tmp_path / "a.dwg")
    with pytest.raises(errors.MissingCrsError):
        write_layer(cells().set_crs(None, allow_override=True), tmp_path / "a.gpkg")
    with pytest.raises(errors.UnsupportedCrsError):
        write_layer(cells().to_crs(4546), tmp_path / "a.gpkg")


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_csv_defuses_formulas(tmp_path: Path, start: str) -> None:
    """An apostrophe before texts that a spreadsheet would compute; numbers keep their sign."""
    frame = gpd.GeoDataFrame({"name": [f"{start}1+1"], "n": [-5]}, geometry=[shapely.Point(110, 20)], crs=4326)
    table = pd.read_csv(write_layer(frame, tmp_path / "a.csv"))
    assert table["name"].iloc[0].startswith("'")
    assert table["n"].iloc[0] == -5


def test_csv_is_what_excel_opens(tmp_path: Path) -> None:
    """The mark that makes Excel read UTF-8, and a point of each feature."""
    path = write_layer(cells(), tmp_path / "a.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert CSV.media_type == "text/csv"
    assert pd.read_csv(path)["lon"].between(110, 111).all()


@given(names=st.lists(TEXT, min_size=1, max_size=8))
def test_any_text_survives_geojson(names: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever people write."""
    path = tmp_path_factory.getbasetemp() / "any.geojson"
    points = gpd.points_from_xy(np.linspace(110, 111, len(names)), np.full(len(names), 20.0))
    frame = gpd.GeoDataFrame({"name": names}, geometry=points, crs=4326)
    assert read_layer(write_layer(frame, path)).frame["name"].tolist() == names
