"""What can be wrong with a request for a tile or with the data of a tile layer."""

from __future__ import annotations

from typing import ClassVar

from geodata.errors import GeodataError


class TileError(GeodataError):
    """Base of the errors of map tiles."""

    code: ClassVar[str] = "tile"


class TileAddressError(TileError):
    """A tile address outside the scheme."""

    code: ClassVar[str] = "tile.address"
    message: ClassVar[str] = "There is no tile {z}/{x}/{y}."
    hint: ClassVar[str] = "Zoom runs from 0 to {max_zoom}; column and row from 0 to 2^zoom − 1."


class TileGeometryError(TileError):
    """Geometry that a tile layer cannot hold."""

    code: ClassVar[str] = "tile.geometry"
    message: ClassVar[str] = "The tile layer “{layer}” cannot hold these geometries: {found}."
    hint: ClassVar[str] = (
        "Give points only, lines only or polygons only, none of them missing, in longitude and latitude."
    )


class TileAttributeError(TileError):
    """An attribute column that a tile layer cannot hold."""

    code: ClassVar[str] = "tile.attribute"
    message: ClassVar[str] = "The attribute “{attribute}” cannot be written into tiles."
    hint: ClassVar[str] = (
        "Give one value a feature, all of one kind: text, whole numbers, decimal numbers or yes/no; a gap may be empty."
    )


class TileIdError(TileError):
    """Feature ids that do not fit the features."""

    code: ClassVar[str] = "tile.ids"
    message: ClassVar[str] = "The ids of the tile layer “{layer}” do not fit its features."
    hint: ClassVar[str] = "Give one whole number from 0 upwards for each feature, each number once."


class UnknownTileLayerError(TileError):
    """A layer name that the tile set does not hold."""

    code: ClassVar[str] = "tile.layer"
    message: ClassVar[str] = "There is no tile layer “{layer}”."
    hint: ClassVar[str] = "Ask for one of the layers listed in the map's TileJSON."
