"""Results of the search box."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.buildings.service import PlaceHit
from gridmap.i18n import Translator
from gridmap.layers.service import MapLayers
from web.frame import place_name
from web.words import LEVELS


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: what it is called and where the map goes for it."""

    kind: str
    title: str
    subtitle: str | None
    id: str
    region: int | None
    map_id: int | None
    level: str | None
    building_id: str | None
    lon: float | None
    lat: float | None
    zoom: float | None


def hits(found: list[PlaceHit], layers: MapLayers, text: Translator) -> list[Hit]:
    """Results as the box lists them."""
    return [_hit(place, layers, text) for place in found]


def _hit(place: PlaceHit, layers: MapLayers, text: Translator) -> Hit:
    tree = layers.tree
    node = tree.get(place.id) if place.kind == "area" else None
    title, subtitle = place.title, place.subtitle
    if node is not None:
        title = place_name(tree, node, text.language)
        subtitle = f"{text.gettext(LEVELS[node.level])} {node.code}"
    lon, lat = place.lon, place.lat
    extent = tree.extent(place.id) if node is not None else layers.building_bounds(place.region or 0, place.id)
    if lon is None and extent is not None:
        lon, lat = (extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2
    return Hit(
        kind=place.kind,
        title=title,
        subtitle=subtitle,
        id=str(place.id),
        region=place.region,
        map_id=_map_id(place, layers),
        level=place.level,
        building_id=str(place.id) if place.kind in {"organisation", "compound"} else None,
        lon=lon,
        lat=lat,
        zoom=None,
    )


def _map_id(place: PlaceHit, layers: MapLayers) -> int | None:
    if place.kind == "area":
        return layers.tree.map_id(place.id)
    return layers.buildings.positions.get((place.region or 0, place.id))
