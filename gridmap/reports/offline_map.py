"""A folium map that needs nothing from anywhere: no tile service, and Leaflet comes from the page itself."""

from __future__ import annotations

from typing import Any, cast

import folium
import shapely
from branca.element import Element, Figure

from gridmap.reports.model import Place, Plan


class OfflineMap(folium.Map):
    """A map without tiles whose scripts and styles the page around it holds; its name in the page is ``map_plan``."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium reads them from the class and never changes them
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, *, wheel: bool) -> None:
        """``wheel``: whether the wheel zooms; not where it should scroll the page."""
        super().__init__(
            tiles=None,
            control_scale=False,
            zoom_control=False,
            attribution_control=False,
            zoom_snap=0.25,
            zoom_delta=0.5,
            scroll_wheel_zoom=wheel,
        )
        _named(self, "plan")


def _named(element: Element, name: str) -> None:
    """Give an element a name of ours: folium's own are random, and the same report must give the same file."""
    element._id = name  # noqa: SLF001 - folium offers no other way


def map_script(plan: Plan, *, wheel: bool) -> str:
    """The script that lays a plan out: ``map_plan`` with the layers ``geo_json_cells`` and ``geo_json_outlines``.

    Features are numbered and nothing else: folium reads what it has rendered as a template once more, so no text of
    the register may pass through it.
    """
    chart = OfflineMap(wheel=wheel)
    _layer(chart, "cells", [place.shape for place in plan.places])
    _layer(chart, "outlines", [outline.shape for outline in plan.outlines])
    root = cast("Figure", chart.get_root())
    root.render()
    return str(root.script.render())


def _layer(chart: OfflineMap, name: str, shapes: list[shapely.Geometry]) -> None:
    features = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(shape),
            "properties": {"number": number},
        }
        for number, shape in enumerate(shapes)
    ]
    layer = folium.GeoJson({"type": "FeatureCollection", "features": features}, name=name, smooth_factor=0)
    _named(layer, name)
    layer.add_to(chart)


def map_data(plan: Plan) -> dict[str, Any]:
    """What is said of the numbered features: labels, where they stand (lat, lon), classes, cards."""
    return {
        "cells": [_place(place) for place in plan.places],
        "outlines": [{"label": outline.label, "spot": _spot(outline.shape)} for outline in plan.outlines],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "label": place.label,
        "title": place.title,
        "classes": dict(place.classes),
        "card": [[line.label, line.value, line.status] for line in place.card],
        "spot": _spot(place.shape),
    }


def _spot(shape: shapely.Geometry) -> list[float]:
    spot = shapely.point_on_surface(shape)
    return [round(spot.y, 6), round(spot.x, 6)]
