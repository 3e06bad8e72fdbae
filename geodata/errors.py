"""The root of every error a user may see, and the errors of reading and shaping geometry.

An error carries a stable ``code``, a sentence saying what is wrong and a hint saying what to do. Both are
message ids: English templates that the catalogue translates and that are filled from ``params``, which
never hold personal data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Phrase:
    """A message inside a message, such as a reason: translated and filled on its own, before the sentence around it."""

    message: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        """The phrase in English."""
        return self.message.format(**self.params)


class ExplainedError(Exception):
    """An error that says what is wrong and what to do, in the reader's language.

    Subclasses set ``code`` (stable, machine-readable), ``message`` and ``hint`` (English templates in
    ``str.format`` style). Keyword arguments fill the templates.
    """

    code: ClassVar[str] = "error"
    message: ClassVar[str] = "Something went wrong."
    hint: ClassVar[str] = "Try again; if it happens again, tell the administrator what you did."

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.message.format(**self.params)

    @property
    def remedy(self) -> str:
        """The hint in English."""
        return self.hint.format(**self.params)


class GeodataError(ExplainedError):
    """Base of everything that can be wrong with geometry or a geometry file."""

    code = "geodata"


class MissingFileError(GeodataError):
    """The path names no file."""

    code = "file_missing"
    message = "There is no file named {name}."
    hint = "Check the path; a shapefile is given by its .shp or as a .zip of all its parts."


class UnknownFormatError(GeodataError):
    """The file name's ending belongs to no registered format."""

    code = "format_unknown"
    message = "{name} is not a kind of geometry file that can be used here."
    hint = "Use one of these: {formats}."


class WrongContentError(GeodataError):
    """The file name promises one format, the bytes are another."""

    code = "content_wrong"
    message = "{name} is named as {format}, but its content is something else."
    hint = "Export the layer again and keep the ending that the export gives it."


class DamagedFileError(GeodataError):
    """The file is of the right kind but cannot be read to its end."""

    code = "file_damaged"
    message = "{name} cannot be read: it is cut off or damaged."
    hint = "Copy or export the file again; it opens in QGIS when it is whole."


class LayerChoiceError(GeodataError):
    """Several layers and none named."""

    code = "layer_unnamed"
    message = "{name} holds {count} layers: {layers}."
    hint = "Say which one to read with --layer."


class UnknownLayerError(GeodataError):
    """The named layer is not in the file."""

    code = "layer_unknown"
    message = "{name} has no layer called {layer}."
    hint = "It has: {layers}."


class EmptyLayerError(GeodataError):
    """The layer has no feature, or none that can be used."""

    code = "layer_empty"
    message = "The layer {layer} of {name} has no usable feature."
    hint = "Check that the export contained the features, not only the selection."


class NoGeometryError(GeodataError):
    """The layer is a plain table."""

    code = "layer_without_geometry"
    message = "The layer {layer} of {name} is a table without geometry."
    hint = "Name a layer that has geometry, or import the table as a register."


class TooManyFeaturesError(GeodataError):
    """More features than the reader's limit."""

    code = "features_too_many"
    message = "{name} has more than {limit} features."
    hint = "Cut the layer to the area you need, or raise the limit in the settings."


class FileTooLargeError(GeodataError):
    """More bytes than the reader's limit."""

    code = "file_too_large"
    message = "{name} is larger than {limit_mb} MB."
    hint = "Cut the layer to the area you need, or raise the limit in the settings."


class UnsafeArchiveError(GeodataError):
    """Base of archives refused before anything is unpacked."""

    code = "archive_unsafe"
    message = "The archive {name} is refused."
    hint = "Make a new .zip holding only the parts of one layer."


class ArchiveTooLargeError(UnsafeArchiveError):
    """The directory announces more bytes, entries or compression than any honest layer has."""

    code = "archive_too_large"
    message = "The archive {name} would unpack to more than is allowed."
    hint = "Make a new .zip holding only the parts of one layer, or raise the limit in the settings."


class ArchivePathError(UnsafeArchiveError):
    """An entry points outside the archive."""

    code = "archive_path"
    message = "The archive {name} holds an entry that points outside it."


class ArchiveNestedError(UnsafeArchiveError):
    """The layer hides in an archive inside the archive."""

    code = "archive_nested"
    message = "The archive {name} holds another archive."
    hint = "Unpack the inner archive and give that one."


class ArchiveEncryptedError(UnsafeArchiveError):
    """The archive asks for a password."""

    code = "archive_encrypted"
    message = "The archive {name} is protected by a password."
    hint = "Unpack it and make a new .zip without a password."


class MissingPartError(GeodataError):
    """A shapefile without one of the parts that make it."""

    code = "shapefile_part_missing"
    message = "The shapefile {name} lacks its {parts} part."
    hint = "Copy all files of the same name together (.shp, .shx, .dbf, .prj), best as one .zip."


class MissingCrsError(GeodataError):
    """Neither the file nor the user says what the coordinates mean."""

    code = "crs_missing"
    message = "The layer does not say which coordinate reference system its coordinates are in."
    hint = "Ask whoever made it and pass it with --crs, for example --crs EPSG:4490, --crs EPSG:4549 or --crs GCJ-02."


class UnknownCrsError(GeodataError):
    """A CRS text that cannot be understood."""

    code = "crs_unknown"
    message = "“{crs}” is not a coordinate reference system that is known here."
    hint = "Give an EPSG code such as EPSG:4490 or EPSG:4549, the text of a .prj file, GCJ-02 or BD-09."


class UnsupportedCrsError(GeodataError):
    """A CRS from which no trustworthy way leads to CGCS2000."""

    code = "crs_unsupported"
    message = "No accurate transformation from “{crs}” to CGCS2000 is known here."
    hint = "Transform the layer to CGCS2000 (EPSG:4490) with the tool it came from and read it again."


class RefusedDatumError(UnsupportedCrsError):
    """Beijing 54 and Xi'an 80: the way to CGCS2000 needs local parameters that are not public."""

    code = "crs_datum_refused"
    message = (
        "“{crs}” is on the datum {datum}: its coordinates lie tens of metres off CGCS2000 and the local "
        "parameters to correct them are not public."
    )
    hint = "Ask the surveying office for the layer in CGCS2000 (EPSG:4490 or a 3-degree zone)."


class SwappedAxesError(GeodataError):
    """Latitude and longitude (or northing and easting) have changed places."""

    code = "axes_swapped"
    message = "The coordinates are in the order latitude, longitude (or northing, easting); the first is {x}, {y}."
    hint = "Export the layer with x = longitude (easting) and y = latitude (northing)."


class MetresAsDegreesError(GeodataError):
    """Projected coordinates declared as degrees."""

    code = "metres_as_degrees"
    message = "The coordinates are metres (the first is {x}, {y}), but “{crs}” is in degrees."
    hint = "Pass the projected system with --crs, for example --crs EPSG:4549."


class DegreesAsMetresError(GeodataError):
    """Degrees declared as projected coordinates."""

    code = "degrees_as_metres"
    message = "The coordinates are degrees (the first is {x}, {y}), but “{crs}” is in metres."
    hint = "Pass the geographic system with --crs, for example --crs EPSG:4490."


class ZoneNumberError(GeodataError):
    """Eastings with the number of the zone before them, or without it where it belongs."""

    code = "zone_number"
    message = "The eastings (the first is {x}) do not fit “{crs}”, but they fit “{other}”."
    hint = "Pass --crs {code}."


class OutsideCrsError(GeodataError):
    """Coordinates far outside the area the CRS was made for."""

    code = "crs_outside"
    message = "The coordinates (the first is {x}, {y}) lie outside the area in which “{crs}” is used."
    hint = "Check the coordinate reference system and pass the right one with --crs."


class MixedCrsError(GeodataError):
    """Two layers that must share a CRS do not."""

    code = "crs_mixed"
    message = "The two layers are in different coordinate reference systems: {first} and {second}."
    hint = "Bring both to longitude and latitude before they are compared."


class NotPolygonsError(GeodataError):
    """Cells that are not polygons."""

    code = "cells_not_polygons"
    message = "Cells and buildings must be valid polygons; the feature in position {position} is not."
    hint = "Export a layer of polygons, not of points or lines, or mend that feature."


class UnsafeLayerError(GeodataError):
    """A layer that is computed by the file's own statements instead of stored."""

    code = "layer_unsafe"
    message = "The layer {layer} of {name} is a database view, which is not read."
    hint = "Export it as a layer of its own."


class UnknownFieldError(GeodataError):
    """A purpose of a column that the list of usual names does not have."""

    code = "field_unknown"
    message = "No column is looked for under “{purpose}”."
    hint = "It can be one of: {purposes}."


class UnsafeDocumentError(GeodataError):
    """An XML document that declares entities, with which a small file can become a huge one."""

    code = "document_unsafe"
    message = "{name} declares a document type or entities, which is not read."
    hint = "Export the layer again from the program it came from."


class CleaningUnavailableError(GeodataError):
    """The installed geometry engine cannot clean a coverage."""

    code = "cleaning_unavailable"
    message = "Cleaning a coverage needs shapely 2.2 or later; version {found} is installed."
    hint = "Update shapely, or mend the borders in QGIS."


class PartitionError(GeodataError):
    """A place that cannot be cut into so many cells."""

    code = "partition_impossible"
    message = "{cells} cells cannot be made from {places} places."
    hint = "Ask for fewer cells, give an area that is not empty, and weights that are not negative."


class UnwritableFormatError(GeodataError):
    """No writer for the file name's ending."""

    code = "format_unwritable"
    message = "{name} is not a kind of geometry file that can be written here."
    hint = "Use one of these: {formats}."


class UnwritableFrameError(GeodataError):
    """The format cannot hold the frame, or the place cannot be written to."""

    code = "layer_unwritable"
    message = "The layer could not be written to {name}."
    hint = "Check that the folder exists, can be written to and has room, and that no other program has the file open."


class LonlatFormatError(GeodataError):
    """Another CRS asked of a format that has one by its standard."""

    code = "format_lonlat_only"
    message = "{format} holds longitude and latitude only."
    hint = "Leave out the coordinate system, or write a GeoPackage."
