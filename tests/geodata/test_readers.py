"""Reading layers: every format, every feature accounted for, every bad file one clear error."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from geodata import errors
from geodata.issues import Severity
from geodata.readers import LayerRead, ReadLimits, formats, list_layers, read_layer
from geodata.shifts import wgs84_to_gcj02
from tests.geodata.layers import houses, placed, shapefile_records, write_shapefile, zipped


def make(folder: Path, suffix: str) -> Path:
    """The three houses in any format, as other programs write them."""
    path = folder / f"楼栋{suffix}"
    frame = houses()
    if suffix == ".shp":
        return write_shapefile(frame, path, encoding="GBK", cpg="GBK")
    if suffix == ".zip":
        return zipped(make(folder, ".shp"), path, folder="数据/")
    if suffix == ".kml":
        frame.rename(columns={"楼栋号": "name"}).to_file(path, driver="KML")
    elif suffix == ".fgb":
        frame.to_file(path, SPATIAL_INDEX="NO")
    elif suffix == ".gpkg":
        frame.to_file(path, layer="楼栋")
    else:
        frame.to_file(path, driver="GeoJSON")
    return path


SUFFIXES = [".shp", ".zip", ".gpkg", ".fgb", ".geojson", ".json", ".kml"]


def collection(*features: Any, **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **members})


def feature(geometry: Any, /, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def polygon(*ring: tuple[float, ...]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(map(list, ring))]}


SQUARE = polygon((110.3, 20), (110.31, 20), (110.31, 20.01), (110.3, 20.01), (110.3, 20))


def assert_accounted(read: LayerRead) -> None:
    """Kept and dropped make up the file, numbers are those of the file, and each drop is explained once."""
    explained = [i.row for i in read.issues if i.severity is Severity.ERROR]
    assert sorted(explained) == sorted(set(range(1, read.features + 1)) - set(read.frame.index))
    assert read.frame.index.name == "feature"
    assert read.dropped == len(explained)
    assert read.frame.crs.to_epsg() == 4326
    assert read.frame.is_valid.all()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_format(tmp_path: Path, suffix: str) -> None:
    """Same places, same Chinese names, third feature reported by its number."""
    read = read_layer(make(tmp_path, suffix))
    assert_accounted(read)
    assert (read.features, list(read.frame.index), read.layer_name) == (3, [1, 2], "楼栋")
    assert read.frame["Name" if suffix == ".kml" else "楼栋号"].tolist() == ["一号楼", "联通大厦"]
    assert read.frame["层数"].tolist() == ["六层", "11+1"]
    # Text formats are written with seven or so decimals.
    assert (shapely.hausdorff_distance(read.frame.geometry.values, houses().geometry.values[:2]) < 1e-7).all()
    assert [(i.code, i.row) for i in read.issues] == [("geometry_empty", 3)]


def test_every_registered_format_is_tested() -> None:
    """A new format brings its suffixes here; .kmz has a test of its own."""
    assert {s for f in formats() for s in f.suffixes} == {*SUFFIXES, ".kmz"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_listing_needs_no_reading(tmp_path: Path, suffix: str) -> None:
    """Name and number of features of the one layer."""
    (layer,) = list_layers(make(tmp_path, suffix))
    assert (layer.name, layer.features) == ("楼栋", 3)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("share", [0.02, 0.4, 0.8, 0.97])
def test_cut_off_files_are_damaged(tmp_path: Path, suffix: str, share: float) -> None:
    """Wherever the file ends too early, there is one error and no half a layer."""
    path = make(tmp_path, suffix)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises((errors.DamagedFileError, errors.WrongContentError)):
        read_layer(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"\x00" * 500, b"<html></html>", b"[1, 2]", bytes(range(256)) * 8])
def test_other_content_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    """The suffix alone makes no layer."""
    path = make(tmp_path, suffix)
    path.write_bytes(content)
    with pytest.raises((errors.WrongContentError, errors.DamagedFileError)):
        read_layer(path)


def test_virtual_datasets_are_never_opened(tmp_path: Path) -> None:
    """A file that tells the engine to open other files is refused by its suffix and by its content."""
    text = (
        '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    for name, error in (("a.vrt", errors.UnknownFormatError), ("a.kml", errors.WrongContentError),
                        ("a.geojson", errors.WrongContentError), ("a.gpkg", errors.WrongContentError)):  # fmt: skip
        (tmp_path / name).write_text(text)
        with pytest.raises(error):
            read_layer(tmp_path / name)


@pytest.mark.parametrize("path", ["/vsicurl/http://127.0.0.1/a.gpkg", "https://127.0.0.1/a.geojson", "no/such.gpkg"])
def test_addresses_are_no_files(path: str) -> None:
    """Only a file of this machine is read."""
    with pytest.raises(errors.MissingFileError):
        read_layer(path)


def test_awkward_paths(tmp_path: Path) -> None:
    """Exclamation marks, which GDAL's wrapper takes for archives, and folders named like archives."""
    folder = tmp_path / "q.zip"
    folder.mkdir()
    for suffix in (".gpkg", ".kml", ".fgb"):
        path = make(folder, suffix).rename(folder / f"a!b{suffix}")
        assert len(read_layer(path).frame) == 2


def test_several_layers_must_be_named(tmp_path: Path) -> None:
    """The error lists them; a wrong name gets the list too."""
    path = tmp_path / "two.gpkg"
    houses().to_file(path, layer="a")
    houses().to_file(path, layer="b")
    with pytest.raises(errors.LayerChoiceError) as caught:
        read_layer(path)
    assert caught.value.params["layers"] == "a, b"
    with pytest.raises(errors.UnknownLayerError):
        read_layer(path, layer="c")
    assert len(read_layer(path, layer="b").frame) == 2


def test_table_beside_one_layer_is_no_choice(tmp_path: Path) -> None:
    """A table without geometry is not taken for a layer, and cannot be read as one."""
    path = tmp_path / "t.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, layer="notes")
    with pytest.raises(errors.NoGeometryError):
        read_layer(path)
    houses().to_file(path, layer="houses")
    assert read_layer(path).layer_name == "houses"


def test_geopackage_views_are_refused_and_the_file_stays_as_it_is(tmp_path: Path) -> None:
    """A view may compute anything; reading leaves no trace beside the file."""
    path = make(tmp_path, ".gpkg")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE VIEW v AS SELECT * FROM 楼栋")
        database.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
                         "SELECT 'v', data_type, 'v', srs_id FROM gpkg_contents")  # fmt: skip
        database.execute("INSERT INTO gpkg_geometry_columns SELECT 'v', column_name, geometry_type_name, srs_id, z, m "
                         "FROM gpkg_geometry_columns")  # fmt: skip
    before = path.read_bytes()
    with pytest.raises(errors.UnsafeLayerError):
        read_layer(path, layer="v")
    read_layer(path, layer="楼栋")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_limits(tmp_path: Path) -> None:
    """Features and bytes are limited by settings, in every format."""
    for suffix in SUFFIXES:
        path = make(tmp_path, suffix)
        with pytest.raises(errors.TooManyFeaturesError):
            read_layer(path, limits=ReadLimits(max_features=2))
        assert read_layer(path, limits=ReadLimits(max_features=3)).features == 3
        with pytest.raises(errors.FileTooLargeError):
            read_layer(path, limits=ReadLimits(max_file_bytes=10))


def test_projected_layer_and_override(tmp_path: Path) -> None:
    """What the file says is used; what the user says wins and is mentioned."""
    path = tmp_path / "p.gpkg"
    placed(shapely.box(0, 0, 1, 1)).to_crs(4490).to_crs(4546).to_file(path)
    read = read_layer(path)
    assert read.source_crs == "CGCS2000 / 3-degree Gauss-Kruger CM 111E"
    assert read.frame.geometry.iloc[0].centroid.x == pytest.approx(110.3405, abs=1e-6)
    other = read_layer(path, crs="EPSG:4547")
    assert [i.code for i in other.issues] == ["crs_overridden"]
    assert other.frame.geometry.iloc[0].centroid.x == pytest.approx(113.3405, abs=1e-2)
    assert read_layer(path, crs="EPSG:4546").issues == []


def test_gcj02_layer_labelled_wgs84(tmp_path: Path) -> None:
    """``crs="GCJ-02"`` takes the shift out."""
    path = tmp_path / "g.geojson"
    true = placed(shapely.box(0, 0, 1, 1))
    moved = shapely.transform(true.geometry.values, wgs84_to_gcj02, interleaved=False)
    true.set_geometry(gpd.GeoSeries(moved, crs=4326)).to_file(path, driver="GeoJSON")
    read = read_layer(path, crs="gcj02")
    assert shapely.hausdorff_distance(read.frame.geometry.values, true.geometry.values)[0] < 1e-9
    assert read.source_crs == "GCJ-02"


def test_shapefile_without_prj_asks_for_the_crs(tmp_path: Path) -> None:
    """Never a guess; with the answer it is read."""
    path = make(tmp_path, ".shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(errors.MissingCrsError):
        read_layer(path)
    assert read_layer(path, crs="EPSG:4490").issues[0].code == "geometry_empty"


def test_shapefile_with_a_broken_prj(tmp_path: Path) -> None:
    """A text that says nothing, and one that names a refused datum: the user may know better, and is told so."""
    path = make(tmp_path, ".shp")
    for text, error in (("PROJCS[nonsense", errors.UnknownCrsError), ("", errors.MissingCrsError),
                        (CRS.from_epsg(4214).to_wkt("WKT1_ESRI"), errors.RefusedDatumError)):  # fmt: skip
        path.with_suffix(".prj").write_text(text)
        with pytest.raises(error):
            read_layer(path)
        read = read_layer(path, crs="EPSG:4490")
        assert len(read.frame) == 2
        assert ("crs_overridden" in [i.code for i in read.issues]) is bool(text)


@pytest.mark.parametrize("part", [".shx", ".dbf"])
def test_shapefile_with_a_missing_part(tmp_path: Path, part: str) -> None:
    """The part is named."""
    path = make(tmp_path, ".shp")
    path.with_suffix(part).unlink()
    with pytest.raises(errors.MissingPartError) as caught:
        read_layer(path)
    assert caught.value.params["parts"] == part


def test_shapefile_with_upper_case_parts(tmp_path: Path) -> None:
    """Parts are found in any case."""
    path = make(tmp_path, ".shp")
    for part in tmp_path.iterdir():
        part.rename(part.with_suffix(part.suffix.upper()))
    assert len(read_layer(path.with_suffix(".SHP")).frame) == 2


def test_shapefile_table_cut_off(tmp_path: Path) -> None:
    """Geometries without their rows are no layer."""
    path = make(tmp_path, ".shp")
    table = path.with_suffix(".dbf")
    assert shapefile_records(path) == 3
    table.write_bytes(table.read_bytes()[:-120])
    with pytest.raises(errors.DamagedFileError):
        read_layer(path)


def test_geojson_slips_are_told_one_by_one(tmp_path: Path) -> None:
    """Open rings are closed and told; what cannot be used is dropped and told with its number."""
    ring = SQUARE["coordinates"][0]
    path = tmp_path / "slips.geojson"
    path.write_text(
        collection(
            feature(SQUARE, name="good", floors=7),
            feature(polygon(*ring[:-1]), floors=None),
            feature(None),
            feature({"type": "Polygon", "coordinates": []}),
            feature({"type": "Polygon", "coordinates": [[["a", 1], [2, 3]]]}),
            feature({"type": "Point", "coordinates": [110.3, 20]}),
            "no feature",
            feature(polygon(*[(x + 1000, y) for x, y in ring])),
            feature({"type": "GeometryCollection", "geometries": [SQUARE, {"type": "Point", "coordinates": [0, 0]}]}),
            feature(polygon(*[(x, y, 12.5) for x, y in ring]), geometry="x", feature=1),
            feature(polygon((110.3, 20), (110.31, 20), (110.3, 20), (110.3, 20))),
            feature(polygon(ring[0], ring[2], ring[1], ring[3], ring[0])),
        )
    )
    read = read_layer(path)
    assert_accounted(read)
    told = {i.row: i.code for i in read.issues}
    assert told == {
        2: "ring_open", 3: "geometry_empty", 4: "geometry_empty", 5: "geometry_unreadable", 6: "geometry_other_kind",
        7: "geometry_empty", 8: "feature_outside", 11: "geometry_collapsed", 12: "geometry_repaired",
    }  # fmt: skip
    assert list(read.frame.index) == [1, 2, 9, 10, 12]
    assert not shapely.has_z(read.frame.geometry.values).any()
    assert read.frame.loc[9].geometry.geom_type == "Polygon"
    assert read.frame["floors"].tolist()[0] == 7
    assert read.frame["geometry_"].loc[10] == "x"
    mended = next(i for i in read.issues if i.row == 12)
    assert mended.x == pytest.approx(110.305, abs=0.005)


def test_geojson_keys_survive(tmp_path: Path) -> None:
    """Long whole numbers beside gaps keep every digit; numbers beside texts become text; the id is a column."""
    path = tmp_path / "keys.geojson"
    first = {**feature(SQUARE, key=9007199254740993, no=1, extra={"a": [1]}), "id": "w1"}
    path.write_text(collection(first, feature(SQUARE, key=None, no="2-1")))
    frame = read_layer(path).frame
    assert int(frame["key"].iloc[0]) == 9007199254740993
    assert frame["no"].tolist() == ["1", "2-1"]
    assert frame["id"].iloc[0] == "w1"
    assert frame["extra"].iloc[0] == '{"a": [1]}'


def test_geojson_crs_member_is_honoured(tmp_path: Path) -> None:
    """The older specification's member, still written by desktop programs; nonsense in it is refused."""
    path = tmp_path / "old.geojson"
    ring = [(431_000.0, 2_216_000.0), (431_100.0, 2_216_000.0), (431_100.0, 2_216_100.0), (431_000.0, 2_216_000.0)]
    path.write_text(
        collection(feature(polygon(*ring)), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4546"}})
    )
    assert read_layer(path).source_crs.startswith("CGCS2000")
    path.write_text(collection(feature(SQUARE), crs={"type": "link"}))
    with pytest.raises(errors.UnsupportedCrsError):
        read_layer(path)


def test_geojson_in_gbk(tmp_path: Path) -> None:
    """Not what the standard says, but what is sent: read and mentioned."""
    path = tmp_path / "gbk.geojson"
    text = collection(feature(SQUARE, name="海府路")).encode().decode("unicode_escape")
    path.write_bytes(text.encode("gb18030"))
    read = read_layer(path)
    assert read.frame["name"].tolist() == ["海府路"]
    assert [i.code for i in read.issues] == ["encoding_not_utf8"]


@pytest.mark.parametrize("root", ['{"type": "Topology"}', "[1]", '"x"', '{"type": "FeatureCollection"}'])
def test_other_json_is_no_geojson(tmp_path: Path, root: str) -> None:
    """A root that is not GeoJSON."""
    path = tmp_path / "x.json"
    path.write_text(root)
    with pytest.raises(errors.WrongContentError):
        read_layer(path)


def test_broken_bytes_are_always_one_error(tmp_path: Path) -> None:
    """Bytes changed at random: a layer whose features are all accounted for, or one explained error."""
    rng = np.random.default_rng(7)
    for suffix in SUFFIXES:
        path = make(tmp_path, suffix)
        whole = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        for _ in range(8):
            broken = whole.copy()
            at = rng.integers(0, len(whole), rng.integers(1, 20))
            broken[at] = rng.integers(0, 256, len(at))
            path.write_bytes(broken.tobytes())
            try:
                read = read_layer(path)
            except errors.GeodataError:
                continue
            assert_accounted(read)


def test_deep_json_ends_in_an_error(tmp_path: Path) -> None:
    """Nesting without end neither hangs nor crashes."""
    path = tmp_path / "deep.geojson"
    path.write_text('{"type": "FeatureCollection", "features": ' + "[" * 100_000)
    with pytest.raises(errors.DamagedFileError):
        read_layer(path)


@pytest.mark.parametrize("features", [[], [feature(None)]])
def test_empty_layers(tmp_path: Path, features: list[Any]) -> None:
    """No feature, or none with a geometry."""
    path = tmp_path / "empty.geojson"
    path.write_text(collection(*features))
    with pytest.raises(errors.EmptyLayerError):
        read_layer(path)


def test_bare_geometry_is_a_layer(tmp_path: Path) -> None:
    """GeoJSON allows one geometry or one feature as the whole document."""
    path = tmp_path / "bare.geojson"
    for root in (SQUARE, feature(SQUARE)):
        path.write_text(json.dumps(root))
        assert len(read_layer(path).frame) == 1


def test_lines_and_points_are_read_as_they_are(tmp_path: Path) -> None:
    """Roads and doors keep their kind."""
    for shape in (shapely.LineString([(110.3, 20), (110.4, 20)]), shapely.Point(110.3, 20)):
        path = tmp_path / f"{shape.geom_type}.gpkg"
        gpd.GeoDataFrame(geometry=[shape], crs=4326).to_file(path)
        assert read_layer(path).frame.geometry.iloc[0].equals(shape)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "layer", "features"),
    [
        ("shanghai_osm_buildings.gpkg", "buildings", 1321), ("shanghai_osm_buildings.geojson", None, 1321),
        ("shanghai_osm_blocks.geojson", None, 309), ("shanghai_osm_buildings.gpkg", "roads", 1778),
        ("wuhan_osm_buildings.gpkg", "buildings", 234), ("wuhan_osm_blocks.geojson", None, 98),
    ],
)  # fmt: skip
def test_real_chinese_layers(shared_data: Path, name: str, layer: str | None, features: int) -> None:
    """All features, none to complain about."""
    read = read_layer(shared_data / name, layer=layer)
    assert_accounted(read)
    assert (len(read.frame), read.issues) == (features, [])


@pytest.mark.shared_data
def test_both_forms_of_a_real_layer_agree(shared_data: Path) -> None:
    """GeoPackage and GeoJSON of Shanghai hold the same buildings."""
    one = read_layer(shared_data / "shanghai_osm_buildings.gpkg", layer="buildings").frame
    two = read_layer(shared_data / "shanghai_osm_buildings.geojson").frame
    assert one["osm_id"].tolist() == two["osm_id"].tolist()
    assert one["name"].fillna("").tolist() == two["name"].fillna("").tolist()
    assert np.allclose(shapely.area(one.geometry.values), shapely.area(two.geometry.values), rtol=1e-4)


@pytest.mark.shared_data
def test_helsinki_is_repaired(shared_data: Path) -> None:
    """18 geometries are invalid in the source: 11 are rebuilt, 7 are lines that enclose nothing."""
    read = read_layer(shared_data / "helsinki_osm_buildings.gpkg")
    assert_accounted(read)
    codes = [i.code for i in read.issues]
    assert (read.features, codes.count("geometry_repaired"), codes.count("geometry_collapsed")) == (489, 11, 7)
    assert len(codes) == 18
