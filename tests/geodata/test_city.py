"""The synthetic city: the same each time, a valid coverage, houses that do not overlap, believable cells."""

from __future__ import annotations

import hashlib

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import City, Size, make_city


@pytest.fixture(scope="module")
def street() -> City:
    return make_city(Size.STREET)


def fingerprint(city: City) -> str:
    digest = hashlib.sha256()
    for frame in (city.areas, city.compounds, city.buildings, city.roads, city.ground):
        digest.update(b"".join(shapely.to_wkb(frame.geometry.values).tolist()))
        digest.update(frame.drop(columns="geometry").to_csv().encode())
    digest.update(city.units.write_csv().encode() + city.dwellings.write_csv().encode())
    return digest.hexdigest()


def dwellings_by_cell(city: City) -> np.ndarray:
    counts = np.bincount(city.dwellings["building"].to_numpy(), minlength=len(city.buildings))
    cells = city.cells
    held = city.buildings.assign(n=counts).groupby("cell")["n"].sum()
    return held.reindex(cells["code"][cells["kind"] == "residential"]).fillna(0).to_numpy()


def overlap_areas(shapes: np.ndarray) -> np.ndarray:
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first = a < b
    return shapely.area(shapely.intersection(shapes[a[first]], shapes[b[first]]))


def test_same_size_and_seed_give_the_same_bytes(street: City) -> None:
    """Two runs agree to the byte; another seed gives another city."""
    assert fingerprint(make_city("street")) == fingerprint(street)
    assert fingerprint(make_city("small", seed=1)) != fingerprint(make_city("small", seed=2))


def test_street_has_the_pilots_shape(street: City) -> None:
    """The pilot's code, six communities by name, about sixty cells, 900 buildings, 20,000 dwellings."""
    assert street.streets["code"].tolist() == ["460108001"]
    assert street.communities["code"].tolist() == [f"46010800100{n}" for n in range(1, 7)]
    assert [name[:-2] for name in street.communities["name"]] == ["东湖里", "白坡里", "龙峰", "龙舌坡", "大英", "南宝"]
    assert len(street.cells) == 60
    assert 800 <= len(street.buildings) <= 1050
    assert 18_500 <= street.dwellings.height <= 21_500
    x, y = shapely.get_coordinates(shapely.centroid(street.streets.geometry.values))[0]
    assert abs(x - 110.35) < 0.005
    assert abs(y - 20.03) < 0.005


def test_cells_are_an_exact_coverage_and_other_areas_their_unions(street: City) -> None:
    """Shared borders have identical vertices in lon/lat, and communities and streets cover exactly their cells."""
    cells = street.cells
    assert shapely.coverage_is_valid(cells.geometry.values)
    for level in ("community", "street"):
        areas = street.level(level)
        assert shapely.coverage_is_valid(areas.geometry.values)
        for code, shape in zip(areas["code"], areas.geometry, strict=True):
            members = cells.geometry[cells["code"].str.startswith(code)].values
            assert shape.equals(shapely.coverage_union_all(members))
    assert street.areas.geometry.geom_type.eq("Polygon").all()


def test_codes_are_fifteen_digits_numbered_west_to_east(street: City) -> None:
    """Cell codes extend the community's; the first cell of a community lies in its northern band."""
    cells = street.cells
    assert cells["code"].str.fullmatch(r"\d{15}").all()
    assert cells["code"].is_unique
    assert (cells["code"].str[:12] == cells["parent"]).all()
    assert (
        cells["name"].str.extract(r"第(\d\d)网格", expand=False).astype(int) == cells["code"].str[-3:].astype(int)
    ).all()
    for _, members in cells.groupby("parent"):
        y = shapely.get_y(shapely.centroid(members.geometry.values))
        assert y[0] > y[-1]


def test_buildings_do_not_overlap_and_stand_in_their_cells(street: City) -> None:
    """Only the houses put there on purpose cross a border or lie outside every cell."""
    shapes = street.buildings.geometry.values
    assert shapely.is_valid(shapes).all()
    assert overlap_areas(shapes).max(initial=0) < 1e-15
    cells = dict(zip(street.cells["code"], street.cells.geometry, strict=True))
    orphan = (street.buildings["cell"] == "").to_numpy()
    assert 1 <= orphan.sum() <= 3
    assert not shapely.intersects(shapes[orphan], street.streets.geometry.values[0]).any()
    own = np.array([cells[code] for code in street.buildings["cell"][~orphan]])
    crossing = ~shapely.covers(own, shapes[~orphan])
    assert 2 <= crossing.sum() <= 0.01 * len(shapes)
    share = shapely.area(shapely.intersection(own, shapes[~orphan])) / shapely.area(shapes[~orphan])
    assert share.min() > 0.5


def test_households_are_balanced_over_cells(street: City) -> None:
    """Most residential cells can hold 300 to 500 households, a few are outside the range."""
    held = dwellings_by_cell(street) * 0.9
    within = ((held >= 300) & (held <= 500)).mean()
    assert 0.75 <= within < 1
    assert held.min() > 150
    assert set(street.cells["purpose"]) >= {"residential", "village", "school", "hospital", "park", "office", "market"}


def test_show_compound_has_the_room_of_the_guide(street: City) -> None:
    """东湖里 has 海景花园 whose 1号楼 has two units or more and a room 301."""
    compound = street.compounds.query("name == '海景花园'")
    assert compound["cell"].iloc[0].startswith("460108001001")
    house = street.buildings[
        (street.buildings["compound"] == compound.index[0]) & (street.buildings["number"] == "1号楼")
    ]
    assert len(house) == 1
    assert house["floors_above"].iloc[0] >= 3
    units = street.units["building"].to_numpy() == house.index[0]
    assert units.sum() >= 2
    rooms = street.dwellings.filter(street.dwellings["building"] == house.index[0])
    assert (rooms["room"] == "301").sum() >= 2


def test_dwellings_have_doors_that_differ(street: City) -> None:
    """Within a unit no room number comes twice; floors and areas are possible."""
    dwellings = street.dwellings
    assert not dwellings.select("unit", "room").is_duplicated().any()
    floors = street.buildings["floors_above"].to_numpy()[dwellings["building"].to_numpy()]
    assert (dwellings["floor"].to_numpy() <= floors).all()
    assert dwellings["floor_area_m2"].is_between(12, 260).all()
    assert street.compounds["name"].is_unique
    numbered = street.buildings[street.buildings["compound"] >= 0]
    assert not numbered.duplicated(["compound", "number"]).any()


def test_ground_and_roads_are_complete(street: City) -> None:
    """The quiet map has roads with a class, width and name, and every kind of ground."""
    assert set(street.ground["kind"]) == {"block", "green", "water", "pitch", "tree"}
    assert street.ground.geometry.is_valid.all()
    assert set(street.roads["kind"]) >= {"primary", "secondary", "branch", "lane", "path"}
    named = street.roads[street.roads["kind"].isin(["primary", "secondary", "branch", "lane"])]
    assert (named["name"] != "").all()
    assert "海府路" in set(named["name"])
    assert (street.roads["width_m"] > 0).all()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_any_seed_gives_a_sound_small_city(seed: int) -> None:
    """Whatever the seed: a valid coverage, no overlapping houses, homes in every residential cell."""
    city = make_city(Size.SMALL, seed=seed)
    assert shapely.coverage_is_valid(city.cells.geometry.values)
    assert city.cells.geometry.is_valid.all()
    assert overlap_areas(city.buildings.geometry.values).max(initial=0) < 1e-15
    assert dwellings_by_cell(city).min() > 20
    assert isinstance(city.areas, gpd.GeoDataFrame)


def test_district_is_one_hierarchy() -> None:
    """Ten streets share their borders without a gap, under codes that no real division uses."""
    city = make_city(Size.DISTRICT)
    assert len(city.streets) == 10
    assert shapely.coverage_is_valid(city.cells.geometry.values)
    assert city.level("district").geometry.geom_type.eq("Polygon").all()
    assert city.areas["code"].is_unique
    assert city.streets["name"].is_unique
    assert set(city.streets["code"].str[:6]).isdisjoint({"460105", "460106", "460107", "460108"})
    assert 25_000 <= len(city.buildings) <= 34_000
    assert overlap_areas(city.buildings.geometry.values).max(initial=0) < 1e-15
