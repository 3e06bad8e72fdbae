"""Choosing, refusing and transforming coordinate reference systems."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from geodata import errors
from geodata.crs import areas_m2, from_lonlat, metric_crs, parse_crs, perimeters_m, to_lonlat, to_metric
from geodata.shifts import wgs84_to_bd09, wgs84_to_gcj02
from tests.geodata.layers import placed

ESRI_CGCS2000 = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_111E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",111.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]'
)
UNNAMED_KRASSOVSKY = ESRI_CGCS2000.replace("GCS_China_Geodetic_Coordinate_System_2000", "unnamed").replace(
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]]',
    'DATUM["unknown",SPHEROID["Krasovsky_1940",6378245.0,298.3]]',
)


def points(*xy: tuple[float, float], crs: str | None = None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*xy, strict=True)), crs=crs)


@pytest.mark.parametrize(
    "text", ["EPSG:4490", "4490", "epsg:4326", "CGCS2000", "wgs84", "2000国家大地坐标系", "OGC:CRS84",
             "urn:ogc:def:crs:OGC:1.3:CRS84"],
)  # fmt: skip
def test_geographic_names_leave_coordinates_alone(text: str) -> None:
    """CGCS2000 and WGS 84 are one: not a digit changes, and the label is EPSG:4326."""
    result = to_lonlat(points((110.34, 20.03)), text)
    assert result.crs == CRS.from_epsg(4326)
    assert shapely.get_coordinates(result.geometry.values).tolist() == [[110.34, 20.03]]


@pytest.mark.parametrize("text", ["EPSG:4546", "CGCS2000 / 3-degree Gauss-Kruger CM 111E", ESRI_CGCS2000])
def test_projected_forms_agree(text: str) -> None:
    """Code, name and the text of a .prj lead to the same place in Haikou."""
    result = to_lonlat(points((431_000.0, 2_216_000.0)), text)
    x, y = shapely.get_coordinates(result.geometry.values)[0]
    assert (x, y) == (pytest.approx(110.3406, abs=1e-3), pytest.approx(20.033, abs=1e-2))


@pytest.mark.parametrize("spelling", ["GCJ-02", "gcj02", "Gcj 02", "GCJ_02", "火星坐标系"])
def test_gcj02_in_any_spelling(spelling: str) -> None:
    """A layer in GCJ-02 that is labelled WGS 84 is put right by the name of the shift."""
    lon, lat = wgs84_to_gcj02(np.array([110.34]), np.array([20.03]))
    result = to_lonlat(points((lon[0], lat[0]), crs="EPSG:4326"), spelling)
    assert shapely.get_coordinates(result.geometry.values)[0] == pytest.approx([110.34, 20.03], abs=1e-9)


def test_bd09() -> None:
    """Baidu's shift likewise."""
    lon, lat = wgs84_to_bd09(np.array([110.34]), np.array([20.03]))
    result = to_lonlat(points((lon[0], lat[0])), "bd09ll")
    assert shapely.get_coordinates(result.geometry.values)[0] == pytest.approx([110.34, 20.03], abs=1e-9)


def test_missing_crs_is_asked_for() -> None:
    """No guess, and the hint names the option."""
    with pytest.raises(errors.MissingCrsError) as caught:
        to_lonlat(points((110.34, 20.03)))
    assert "--crs" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("EPSG:4214", "Beijing 1954"), ("EPSG:2401", "Beijing 1954"), ("EPSG:21420", "Beijing 1954"),
        ("北京54", "Beijing 1954"), (UNNAMED_KRASSOVSKY, "Beijing 1954"), ("EPSG:4555", "Beijing 1954"),
        ("EPSG:4610", "Xi'an 1980"), ("EPSG:2382", "Xi'an 1980"), ("西安80", "Xi'an 1980"),
        (CRS.from_epsg(2382).to_wkt("WKT1_ESRI"), "Xi'an 1980"),
    ],
)  # fmt: skip
def test_old_datums_are_refused_by_datum(text: str, datum: str) -> None:
    """Beijing 54 and Xi'an 80, geographic, projected, by .prj and by an unnamed datum on their ellipsoid."""
    with pytest.raises(errors.RefusedDatumError) as caught:
        parse_crs(text)
    assert caught.value.params["datum"] == datum


@pytest.mark.parametrize(
    "text", ["nonsense", "", "EPSG:999999", "+proj=longlat +nadgrids=/etc/hostname", "x" * 30_000, "EPSG:"]
)
def test_unknown_text_is_one_error(text: str) -> None:
    """Whatever the text, and a text that names files of the machine is not even tried."""
    with pytest.raises(errors.UnknownCrsError):
        parse_crs(text)


@pytest.mark.parametrize("text", ["EPSG:5773", "EPSG:4978"])
def test_heights_and_geocentric_systems_are_refused(text: str) -> None:
    """They have no plane of x and y."""
    with pytest.raises(errors.UnsupportedCrsError):
        parse_crs(text)


@pytest.mark.parametrize(
    ("xy", "crs", "error"),
    [
        ((20.03, 110.34), "EPSG:4490", errors.SwappedAxesError),
        ((43.8, 87.6), "EPSG:4326", errors.SwappedAxesError),  # Ürümqi: both numbers could be a latitude
        ((20.03, 110.34), "GCJ-02", errors.SwappedAxesError),
        ((2_216_000.0, 431_000.0), "EPSG:4546", errors.SwappedAxesError),
        ((431_000.0, 2_216_000.0), "EPSG:4490", errors.MetresAsDegreesError),
        ((431_000.0, 2_216_000.0), "gcj02", errors.MetresAsDegreesError),
        ((110.34, 20.03), "EPSG:4546", errors.DegreesAsMetresError),
        ((37_431_000.0, 2_216_000.0), "EPSG:4546", errors.ZoneNumberError),
        ((431_000.0, 2_216_000.0), "EPSG:4525", errors.ZoneNumberError),
        ((24.94, 60.17), "EPSG:4490", errors.OutsideCrsError),
        ((431_000.0, 9_216_000.0), "EPSG:4546", errors.OutsideCrsError),
    ],
)
def test_implausible_coordinates_are_refused(
    xy: tuple[float, float], crs: str, error: type[errors.GeodataError]
) -> None:
    """Each slip has its own sentence."""
    with pytest.raises(error):
        to_lonlat(points(xy), crs)


def test_zone_number_error_names_the_right_code() -> None:
    """The twin with the zone number before its eastings is offered, and works."""
    frame = points((37_431_000.0, 2_216_000.0))
    with pytest.raises(errors.ZoneNumberError) as caught:
        to_lonlat(frame, "EPSG:4546")
    assert caught.value.remedy == "Pass --crs EPSG:4525."
    assert shapely.get_x(to_lonlat(frame, "EPSG:4525").geometry.values)[0] == pytest.approx(110.34, abs=0.01)


def test_one_stray_feature_does_not_spoil_a_layer() -> None:
    """The middle of the layer decides what its coordinates are."""
    frame = points(*[(110.34, 20.03)] * 5, (20.03, 110.34))
    assert len(to_lonlat(frame, "EPSG:4490")) == 6


def test_input_is_not_changed() -> None:
    """Index and columns stay, the input keeps its CRS."""
    frame = points((431_000.0, 2_216_000.0), crs="EPSG:4546").assign(name="一号楼").set_axis([7])
    result = to_lonlat(frame)
    assert frame.crs == CRS.from_epsg(4546)
    assert (list(result.index), list(result["name"])) == ([7], ["一号楼"])


@pytest.mark.parametrize(
    ("place", "code"),
    [((110.34, 20.03), 4546), ((121.5, 31.2), 4549), ((116.4, 39.9), 4548), ((75.2, 39.5), 4534), ((134.7, 48.3), 4554),
     ((24.94, 60.17), 32635), ((-58.4, -34.6), 32721)],
)  # fmt: skip
def test_metric_crs_is_the_zone_of_the_place(place: tuple[float, float], code: int) -> None:
    """3-degree zones in China (central meridian at most 1.5° away), UTM elsewhere."""
    assert metric_crs((*place, *place)).to_epsg() == code


@given(lon=st.floats(74.0, 135.0), lat=st.floats(4.0, 53.0))
def test_metric_zone_is_near(lon: float, lat: float) -> None:
    """Inside China no place is more than one and a half degrees from the meridian of its zone."""
    meridian = 3 * (int(metric_crs((lon, lat, lon, lat)).to_epsg() or 0) - 4534) + 75
    assert abs(lon - meridian) <= 1.5 + 1e-9


@given(lon=st.floats(74.0, 134.0), lat=st.floats(4.0, 53.0), side=st.floats(1e-4, 5e-3))
def test_areas_agree_with_the_ellipsoid(lon: float, lat: float, side: float) -> None:
    """Areas in the zone differ from geodesic areas by less than a thousandth."""
    square = shapely.box(lon, lat, lon + side, lat + side)
    frame = gpd.GeoDataFrame(geometry=[square], crs="EPSG:4326")
    true_area, true_length = Geod(ellps="GRS80").geometry_area_perimeter(square)
    assert areas_m2(frame).iloc[0] == pytest.approx(abs(true_area), rel=1e-3)
    assert perimeters_m(frame).iloc[0] == pytest.approx(true_length, rel=1e-3)


def test_areas_of_a_wide_layer_are_measured_each_in_its_zone() -> None:
    """Kashgar and Shanghai in one layer; a missing geometry has no area; the index stays."""
    squares = [shapely.box(75.9, 39.4, 75.91, 39.41), None, shapely.box(121.5, 31.2, 121.51, 31.21)]
    result = areas_m2(gpd.GeoDataFrame(geometry=squares, index=["a", "b", "c"], crs="EPSG:4326"))
    geod = Geod(ellps="GRS80")
    assert list(result.index) == ["a", "b", "c"]
    assert np.isnan(result["b"])
    for label, square in (("a", squares[0]), ("c", squares[2])):
        assert result[label] == pytest.approx(abs(geod.geometry_area_perimeter(square)[0]), rel=1e-3)


def test_metric_frame_keeps_its_rows() -> None:
    """To metres and labelled so."""
    metric = to_metric(placed(shapely.box(0, 0, 1, 1)).set_axis(["x"]))
    assert (metric.crs.to_epsg(), list(metric.index)) == (4546, ["x"])
    assert metric.area.iloc[0] == pytest.approx(11_588, rel=1e-3)


def test_measuring_projected_coordinates_as_degrees_is_refused() -> None:
    """Areas want lon/lat with a CRS."""
    with pytest.raises(errors.UnsupportedCrsError):
        areas_m2(points((431_000.0, 2_216_000.0), crs="EPSG:4546"))
    with pytest.raises(errors.MissingCrsError):
        areas_m2(points((110.34, 20.03)))


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:4546", "EPSG:4525", "EPSG:3857"])
def test_out_and_in_again(code: str) -> None:
    """Writing in another CRS and reading it back is the identity to a micrometre."""
    frame = placed(shapely.box(0, 0, 1, 1))
    back = to_lonlat(from_lonlat(frame, code))
    assert shapely.hausdorff_distance(back.geometry.values, frame.geometry.values)[0] < 1e-11


def test_shifts_are_for_reading_only() -> None:
    """A layer is never written in a web map's coordinates under a CRS that it is not in."""
    with pytest.raises(errors.UnsupportedCrsError):
        from_lonlat(placed(shapely.box(0, 0, 1, 1)), "GCJ-02")
