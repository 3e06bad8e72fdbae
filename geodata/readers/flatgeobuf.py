"""FlatGeobuf: one layer a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from geodata.errors import DamagedFileError, WrongContentError
from geodata.readers import ogr
from geodata.readers.registry import Format, LayerInfo, RawLayer
from geodata.readers.settings import ReadLimits

#: "fgb", major version 3, "fgb", any patch version.
_SIGNATURE: Final = b"fgb\x03fgb"


def _check(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(12)
    if head[:7] != _SIGNATURE:
        raise WrongContentError(name=path.name, format="FlatGeobuf")
    if len(head) < 12 or int.from_bytes(head[8:12], "little") + 12 > path.stat().st_size:
        raise DamagedFileError(name=path.name)


def list_layers(path: Path, limits: ReadLimits) -> list[LayerInfo]:  # noqa: ARG001 - every format's signature
    """The one layer of the file, called by the file's name whatever name it was written under."""
    _check(path)
    return [replace(layer, name=path.stem) for layer in ogr.list_layers(path, path.name)]


def read(path: Path, layer: str, limits: ReadLimits) -> RawLayer:  # noqa: ARG001 - every format's signature
    """The layer; fewer features than the header announces mean a file that was cut off."""
    _check(path)
    (inside,) = ogr.list_layers(path, path.name)
    raw = ogr.read(path, inside.name, limits, name=path.name, VERIFY_BUFFERS="YES")
    if len(raw.geometries) < inside.features:
        raise DamagedFileError(name=path.name)
    return raw


FORMAT = Format("fgb", "FlatGeobuf", (".fgb",), list_layers, read, one_layer=True)
