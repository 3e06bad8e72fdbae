"""Layers of the map: what they hold, how they are numbered, and when they are made again."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from typing import Any

import mapbox_vector_tile
import pytest
import shapely
import sqlalchemy as sa

from geodata.tiles import tile_at
from gridmap.areas.models import Area, GroundFeature
from gridmap.buildings.models import Building
from gridmap.errors import NotFoundError
from gridmap.indicators.snapshot import load_snapshot
from gridmap.layers.service import LayerCache, MapLayers
from gridmap.store.ids import uuid7_bytes
from gridmap.store.store import Store
from tests.gridmap.indicators.world import (
    LONG_AGO,
    AreaRow,
    BuildingRow,
    PersonRow,
    ResidenceRow,
    World,
    fill,
    square,
    uuid,
)

TODAY = date(2026, 11, 20)
LON, LAT = 110.3415, 20.0215


def street() -> World:
    """A street with two communities; one has no outline of its own, one cell ends next week."""
    keys = iter(uuid7_bytes(20))
    top = AreaRow(next(keys), "460108001", "street", None, 1, shape=square(0, 0, 0.008))
    first = AreaRow(next(keys), "460108001001", "community", top, 1)
    second = AreaRow(next(keys), "460108001002", "community", top, 1, shape=square(0.004, 0, 0.004))
    world = World([top, first, second])
    for number, kind in ((1, "residential"), (2, "dedicated")):
        cell = AreaRow(
            next(keys), f"46010800100100{number}", "cell", first, 1, kind, shape=square(0.002 * (number - 1), 0)
        )
        world.areas.append(cell)
    world.areas[-1].valid_to = TODAY + timedelta(days=7)
    world.areas.append(
        AreaRow(next(keys), "460108001001009", "cell", first, 1, "residential", valid_to=TODAY, shape=square(0.1, 0.1))
    )
    for _ in range(3):
        building = BuildingRow(next(keys), 1, first)
        building.cells = [(world.areas[3], LONG_AGO, None)]
        world.buildings.append(building)
    person = PersonRow(next(keys), 1, "1", date(1990, 5, 5), True)
    person.attributes = [
        {
            "presence": "floating",
            "marital_status": "10",
            "name": "符小梅",
            "valid_from": LONG_AGO,
            "valid_to": None,
            "superseded": False,
        }
    ]
    person.residences = [ResidenceRow(person, None, None, world.buildings[0], None, LONG_AGO, None)]
    world.persons.append(person)
    return world


@pytest.fixture
def filled(store: Store) -> tuple[Store, World]:
    world = street()
    fill(store, world)
    with store.write() as unit:
        for number, building in enumerate(world.buildings[:2]):
            outline = shapely.box(LON + number * 0.0004, LAT, LON + 0.0002 + number * 0.0004, LAT + 0.0001)
            unit.session.execute(
                sa.update(Building)
                .where(Building.region == 1, Building.id == uuid(building.key))
                .values(
                    footprint=shapely.to_wkb(outline),
                    number=str(number + 1),
                    road="海府路",
                    height_m=18.5,
                    floors_above=6 if number else None,
                )
            )
        for kind, name, shape in (
            ("road", "海府路", shapely.LineString([(LON, LAT), (LON + 0.001, LAT)])),
            ("road", None, shapely.LineString([(LON, LAT), (LON, LAT + 0.001)])),
            ("green", None, square(0.0005, 0.0005, 0.001)),
            ("tree", None, shapely.Point(LON, LAT)),
        ):
            unit.session.add(GroundFeature(kind=kind, name=name, geometry=shapely.to_wkb(shape)))
        unit.changed("geometry")
    return store, world


def decoded(layers: MapLayers, name: str, z: int = 16) -> dict[str, Any]:
    x, y = tile_at(LON, LAT, z)
    body = layers.tile(name, layers.version, z, x, y).body_gzip
    return dict(mapbox_vector_tile.decode(gzip.decompress(body))) if body else {}


def properties(layers: MapLayers, name: str, layer: str | None = None, z: int = 16) -> dict[int, dict[str, Any]]:
    features = decoded(layers, name, z).get(layer or name, {"features": []})["features"]
    return {feature["id"]: feature["properties"] for feature in features}


def test_attributes_are_those_of_the_contract(filled: tuple[Store, World]) -> None:
    """Each layer carries exactly the attributes that the map's style reads."""
    store, world = filled
    layers = LayerCache(store, lambda: TODAY).current()
    assert layers.names == ("areas", "cells", "buildings", "ground", "labels")
    cells = properties(layers, "cells", z=14)
    assert cells == {
        2: {"uid": str(uuid(world.areas[3].key)), "name": "第460108001001001", "short": "01", "kind": "residential",
            "kind_label": "综合网格", "community": "第460108001001", "dedicated": False},
        3: {"uid": str(uuid(world.areas[4].key)), "name": "第460108001001002", "short": "02", "kind": "dedicated",
            "kind_label": "专属网格", "community": "第460108001001", "dedicated": True},
    }  # fmt: skip
    areas = properties(layers, "areas", z=14)
    assert {feature["level"] for feature in areas.values()} == {"street", "community"}
    assert set(areas[0]) == {"uid", "name", "short", "level", "code"}
    buildings = properties(layers, "buildings")
    assert buildings == {
        0: {"uid": str(uuid(world.buildings[0].key)), "region": 1, "name": "海府路1号楼", "label": "1", "height": 18.5},
        1: {"uid": str(uuid(world.buildings[1].key)), "region": 1, "name": "海府路2号楼", "label": "2", "height": 18.5,
            "floors": 6},
    }  # fmt: skip
    ground = {name: properties(layers, "ground", name) for name in ("ground", "roads", "trees")}
    assert [sorted(kinds.values(), key=len) for kinds in ground.values()] == [
        [{"kind": "green"}], [{"kind": "road"}, {"kind": "road", "name": "海府路"}], [{"kind": "tree"}]
    ]  # fmt: skip
    assert list(properties(layers, "labels", "road_labels").values()) == [{"name": "海府路"}]
    assert properties(layers, "labels", "building_labels") == {0: {"label": "1"}, 1: {"label": "2"}}
    assert properties(layers, "labels", "cell_labels", 14)[2]["short"] == "01"


def test_numbers_are_those_of_the_figures(filled: tuple[Store, World]) -> None:
    """The number of a feature in a tile is the number under which figures know it."""
    store, _ = filled
    layers = LayerCache(store, lambda: TODAY).current()
    with store.read() as unit:
        snapshot = load_snapshot(unit)
    for map_id, attributes in (properties(layers, "areas", z=14) | properties(layers, "cells", z=14)).items():
        assert str(snapshot.areas.ids[map_id]) == attributes["uid"]
    for map_id, attributes in properties(layers, "buildings").items():
        region, building_id = layers.buildings.keys[map_id]
        assert snapshot.buildings.positions[region, building_id] == map_id
        assert str(building_id) == attributes["uid"]


def test_nothing_of_a_person_is_in_a_tile(filled: tuple[Store, World]) -> None:
    """No tile holds a name or an id of a person."""
    store, world = filled
    layers = LayerCache(store, lambda: TODAY).current()
    x, y = tile_at(LON, LAT, 16)
    for name in layers.names:
        body = layers.tile(name, layers.version, 16, x, y).body_gzip
        raw = gzip.decompress(body) if body else b""
        assert "符小梅".encode() not in raw
        assert str(uuid(world.persons[0].key)).encode() not in raw


def test_an_area_without_an_outline_takes_that_of_its_parts(filled: tuple[Store, World]) -> None:
    """A community that was given none is drawn as its cells together."""
    store, world = filled
    layers = LayerCache(store, lambda: TODAY).current()
    assert 1 in properties(layers, "areas", z=14)
    assert layers.area_bounds(uuid(world.areas[1].key)) is not None


def test_bounds_of_buildings(filled: tuple[Store, World]) -> None:
    """The map can fly to a building with a footprint; one without has no bounds."""
    store, world = filled
    layers = LayerCache(store, lambda: TODAY).current()
    assert layers.building_bounds(1, uuid(world.buildings[1].key)) == pytest.approx(
        (LON + 0.0004, LAT, LON + 0.0006, LAT + 0.0001)
    )
    assert layers.building_bounds(1, uuid(world.buildings[2].key)) is None
    assert layers.building_bounds(2, uuid(world.buildings[1].key)) is None


def test_versions_follow_the_geometry_and_the_calendar(filled: tuple[Store, World]) -> None:
    """Two processes agree on a version; a change of geometry or of what is in force makes another, a resident none."""
    store, _ = filled
    day = [TODAY]
    cache, other = (LayerCache(store, lambda: day[0], poll_s=0.0) for _ in range(2))
    first = cache.current()
    assert other.current().version == first.version
    with store.write() as unit:
        unit.changed("register")
    assert cache.current() is first
    day[0] = TODAY + timedelta(days=6)
    assert cache.current() is first
    day[0] = TODAY + timedelta(days=7)
    later = cache.current()
    assert later.version != first.version
    assert set(properties(later, "cells", z=14)) == {2}
    with store.write() as unit:
        unit.session.execute(sa.update(Area).where(Area.level == "cell").values(kind="residential"))
        unit.changed("geometry")
    assert cache.current().version != later.version
    with pytest.raises(NotFoundError):
        cache.current().tile("cells", later.version, 14, *tile_at(LON, LAT, 14))
    with pytest.raises(NotFoundError):
        cache.current().tile("secrets", cache.current().version, 14, 0, 0)


def test_tilejson(filled: tuple[Store, World]) -> None:
    """A tile set says what it holds, at which zooms and where."""
    store, _ = filled
    layers = LayerCache(store, lambda: TODAY).current()
    document = layers.tilejson("labels")
    assert [layer["id"] for layer in document["vector_layers"]] == [
        "area_labels", "cell_labels", "building_labels", "road_labels"
    ]  # fmt: skip
    assert layers.zooms("buildings") == (14, 16)
    assert layers.tilejson("cells")["bounds"] == pytest.approx([110.34, 20.02, 110.344, 20.022])


def test_an_empty_register_has_layers(sqlite_store: Store) -> None:
    """Before anything is imported every tile is empty, and none is an error."""
    layers = LayerCache(sqlite_store, lambda: TODAY).current()
    for name in layers.names:
        assert layers.tile(name, layers.version, 14, 0, 0).body_gzip == b""
