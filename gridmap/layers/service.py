"""The map's layers as tiles, kept in memory and made again when the geometry changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
import shapely
import sqlalchemy as sa

from geodata.tiles import (
    AREAS,
    BUILDINGS,
    UNCHANGED,
    CachedTiles,
    EncodedTile,
    Generalisation,
    Simplify,
    TileCache,
    TileLayer,
    TileSet,
    corner_points,
    label_points,
)
from gridmap.areas.tree import AreaTree, load_tree
from gridmap.errors import NotFoundError
from gridmap.indicators.cache import Clock, Followed, Numbers
from gridmap.layers.sources import (
    BuildingIndex,
    Features,
    area_features,
    area_shapes,
    building_features_everywhere,
    cell_features,
    ground_features,
)
from gridmap.store.models import Setting
from gridmap.store.store import Store, UnitOfWork

LAYOUT: Final = "1"
"""Part of every version; to be raised when the same records become other tiles."""

MAX_ZOOM: Final = 16
"""The deepest zoom encoded; clients magnify it."""

CACHE_BYTES: Final = 96 * 2**20
_OUTLINES: Final = Generalisation(Simplify.SHAPES)
"""Areas of several levels lie over one another: they are no coverage, each outline is simplified by itself."""

_ROADS: Final = Generalisation(Simplify.SHAPES)
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class MapLayers:
    """All layers at one state of the geometry and one day.

    ``version`` stands in the tiles' addresses. ``until`` is the first day on which other areas or buildings are
    shown though nothing is written, ``None`` when there is none.
    """

    version: str
    day: date
    until: date | None
    tree: AreaTree
    buildings: BuildingIndex
    tiles: Mapping[str, CachedTiles]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tile sets in drawing order."""
        return tuple(self.tiles)

    def tilejson(self, name: str) -> dict[str, Any]:
        """TileJSON 3.0 of a tile set without the address. NotFoundError for a name that is none."""
        return dict(self._tiles(name).tiles.tilejson())

    def zooms(self, name: str) -> tuple[int, int]:
        """The first and the last zoom of a tile set."""
        document = self.tilejson(name)
        return int(document["minzoom"]), int(document["maxzoom"])

    def tile(self, name: str, version: str, z: int, x: int, y: int) -> EncodedTile:
        """A tile of this version.

        Raises:
            NotFoundError: no such tile set, or a version that is not this one.
            TileAddressError: an address outside the scheme.
        """
        if version != self.version:
            raise NotFoundError
        return self._tiles(name).get(z, x, y)

    def area_bounds(self, area_id: UUID) -> Bounds | None:
        """The bounding box of an area in degrees."""
        return self.tree.extent(area_id)

    def building_bounds(self, region: int, building_id: UUID) -> Bounds | None:
        """The bounding box of a building's footprint in degrees; ``None`` without building or footprint."""
        place = self.buildings.positions.get((region, building_id))
        if place is None or np.isnan(self.buildings.bounds[place]).any():
            return None
        west, south, east, north = self.buildings.bounds[place].tolist()
        return west, south, east, north

    def _tiles(self, name: str) -> CachedTiles:
        if name not in self.tiles:
            raise NotFoundError
        return self.tiles[name]


class LayerCache:
    """The current layers for all threads; they follow the change number of the geometry and the calendar."""

    def __init__(
        self,
        store: Store,
        today: Callable[[], date],
        *,
        max_bytes: int = CACHE_BYTES,
        poll_s: float = 1.0,
        clock: Clock = time.monotonic,
    ) -> None:
        """Follow ``store``; ``today`` says which day it is at the office. Tiles take up to ``max_bytes``."""
        self._today = today
        self._cache = TileCache(max_bytes)
        self._followed = Followed(store, ("geometry",), self._make, poll_s=poll_s, clock=clock)

    def current(self, *, at_once: bool = False) -> MapLayers:
        """The layers as they are now; ``at_once`` asks the store even if it was asked a moment ago."""
        return self._followed.current(at_once=at_once, outdated=self._outdated)

    def _outdated(self, layers: MapLayers) -> bool:
        day = self._today()
        return day < layers.day or (layers.until is not None and day >= layers.until)

    def _make(self, unit: UnitOfWork, numbers: Numbers) -> MapLayers:
        return make_layers(unit, numbers["geometry"], self._today(), self._cache)


def make_layers(unit: UnitOfWork, number: int, day: date, cache: TileCache) -> MapLayers:
    """Build every layer from the records of this unit of work, as they stand on a day."""
    tree = load_tree(unit)
    shapes = area_shapes(unit, tree, day)
    areas, cells, ground = area_features(tree, shapes), cell_features(tree, shapes), ground_features(unit)
    buildings, index, days = building_features_everywhere(unit, day)
    days |= {end for node in tree.nodes for end in (node.valid_from, node.valid_to) if end is not None}
    since, until = max((d for d in days if d <= day), default=None), min((d for d in days if d > day), default=None)
    version = _version(unit, number, since)
    sets = {
        "areas": [_layer("areas", areas, (8, MAX_ZOOM), _OUTLINES)],
        "cells": [_layer("cells", cells, (10, MAX_ZOOM), AREAS)],
        "buildings": [_layer("buildings", buildings, (14, MAX_ZOOM), BUILDINGS)],
        "ground": [
            _layer("ground", ground["polygons"], (10, MAX_ZOOM), BUILDINGS),
            _layer("roads", ground["lines"], (10, MAX_ZOOM), _ROADS),
            _layer("trees", ground["points"], (15, MAX_ZOOM), UNCHANGED),
        ],
        "labels": _labels(areas, cells, buildings, ground["lines"]),
    }
    tiles = {name: CachedTiles(TileSet(layers), f"{name}-{version}", cache) for name, layers in sets.items()}
    return MapLayers(version, day, until, tree, index, tiles)


def _labels(areas: Features, cells: Features, buildings: Features, roads: Features) -> list[TileLayer]:
    named = np.flatnonzero([name is not None for name in roads.attributes["name"]])
    streets = Features(
        roads.shapes[named], roads.ids[named], {"name": [roads.attributes["name"][place] for place in named]}
    )
    points = [
        _points("area_labels", Features(corner_points(areas.shapes), areas.ids, {
            "name": areas.attributes["short"], "level": areas.attributes["level"],
            "name_en": [name and name.removesuffix(" Community") for name in areas.attributes["name_en"]],
        }), 8),
        _points("cell_labels", cells.labelled(
            label_points(cells.shapes), "short", "kind", "kind_label", "dedicated"
        ), 10),
        _points("building_labels", buildings.labelled(shapely.point_on_surface(buildings.shapes), "label"), 15),
    ]  # fmt: skip
    return [*points, _layer("road_labels", streets, (13, MAX_ZOOM), _ROADS)]


def _points(name: str, features: Features, first: int) -> TileLayer:
    """Labels: each in one tile only, so that none is written twice."""
    return TileLayer(name, features.shapes, features.ids, features.attributes, zooms=(first, MAX_ZOOM), buffer=0)


def _layer(name: str, features: Features, zooms: tuple[int, int], rule: Generalisation) -> TileLayer:
    return TileLayer(name, features.shapes, features.ids, features.attributes, zooms=zooms, generalisation=rule)


def _version(unit: UnitOfWork, number: int, since: date | None) -> str:
    """A short name of these layers: the same in every process of an installation, another after every change."""
    installation = unit.session.scalar(sa.select(Setting.value).where(Setting.name == "installation")) or ""
    text = "\n".join((LAYOUT, installation, str(number), str(since)))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
