"""KML and KMZ: longitude and latitude by definition; every folder is a layer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError

import pandas as pd
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from geodata.errors import DamagedFileError, UnsafeDocumentError, WrongContentError
from geodata.readers import ogr
from geodata.readers.archive import open_archive, unpack
from geodata.readers.registry import Format, LayerInfo, RawLayer
from geodata.readers.settings import ReadLimits

#: Columns that the driver adds to every feature and that say how it is drawn, not what it is.
_DRAWING: Final = (
    "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon", "snippet",
)  # fmt: skip


@contextmanager
def _document(path: Path, limits: ReadLimits) -> Iterator[Path]:
    """The checked KML document, unpacked where it comes as a .kmz."""
    if path.suffix.lower() != ".kmz":
        _check(path, path.name)
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="layer-") as temporary:
        with open_archive(path, limits) as members:
            documents = [m for n, m in members.items() if n.lower().endswith(".kml")]
        if not documents:
            raise WrongContentError(name=path.name, format="KMZ")
        unpack(path, {"layer.kml": documents[0]}, Path(temporary), limits)
        document = Path(temporary) / "layer.kml"
        _check(document, path.name)
        yield document


def _check(document: Path, name: str) -> None:
    """Well-formed, rooted in ``kml`` and free of entities and of a DTD, before GDAL sees it."""
    root: str | None = None
    try:
        with document.open("rb") as file:
            for _, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
                if root is None:
                    root = str(element.tag).rpartition("}")[2].lower()
                    if root != "kml":
                        raise WrongContentError(name=name, format="KML")
                element.clear()
    except ParseError as cause:
        if root == "kml":
            raise DamagedFileError(name=name) from cause
        raise WrongContentError(name=name, format="KML") from cause
    except DefusedXmlException as cause:
        raise UnsafeDocumentError(name=name) from cause


def list_layers(path: Path, limits: ReadLimits) -> list[LayerInfo]:
    """The folders that hold placemarks."""
    with _document(path, limits) as document:
        return [layer for layer in ogr.list_layers(document, path.name) if layer.features]


def read(path: Path, layer: str, limits: ReadLimits) -> RawLayer:
    """The placemarks of one folder, without what only says how they are drawn."""
    with _document(path, limits) as document:
        raw = ogr.read(document, layer, limits, name=path.name)
    columns = [c for c in raw.attributes if c not in _DRAWING and not raw.attributes[c].isna().all()]
    attributes: pd.DataFrame = raw.attributes[columns]
    return RawLayer(attributes, raw.geometries, "OGC:CRS84", raw.issues)


FORMAT = Format("kml", "KML", (".kml", ".kmz"), list_layers, read)
