"""Shapefile, as a .zip of its parts or a .shp with its parts beside it.

The parts are copied under a neutral name first: names in any case and any encoding are found, nothing is ever
written beside the user's files, and the encoding of the table is decided here and not by a .cpg that may lie.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import pandas as pd
from pandas.api.types import is_string_dtype

from geodata.errors import DamagedFileError, MissingPartError, UnknownLayerError, WrongContentError
from geodata.issues import Issue, Severity
from geodata.readers import ogr
from geodata.readers.archive import open_archive, unpack
from geodata.readers.encoding import DbfEncoding, decode_text, detect_encoding, take_field_names
from geodata.readers.registry import Format, LayerInfo, RawLayer
from geodata.readers.settings import ReadLimits

_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED: Final = (".shp", ".shx", ".dbf")
_FILE_CODE: Final = 9994


def _zipped_layers(path: Path, limits: ReadLimits) -> dict[str, dict[str, str]]:
    """Layer → part suffix → member name of a .zip."""
    with open_archive(path, limits) as members:
        names = list(members)
    layers: dict[str, dict[str, str]] = {}
    for name in names:
        where = PurePosixPath(name)
        if where.suffix.lower() in _PARTS:
            layers.setdefault(str(where.with_suffix("")).lower(), {})[where.suffix.lower()] = name
    found = {PurePosixPath(p[".shp"]).stem: p for p in layers.values() if ".shp" in p}
    if not found:
        raise MissingPartError(name=path.name, parts=".shp")
    return found


def _loose_parts(path: Path) -> dict[str, Path]:
    stem = path.stem.lower()
    return {p.suffix.lower(): p for p in path.parent.iterdir() if p.stem.lower() == stem and p.suffix.lower() in _PARTS}


def _layer_names(path: Path, limits: ReadLimits) -> list[str]:
    return sorted(_zipped_layers(path, limits)) if path.suffix.lower() == ".zip" else [path.stem]


@contextmanager
def _unpacked(path: Path, layer: str, limits: ReadLimits) -> Iterator[tuple[Path, DbfEncoding]]:
    """A checked copy of the layer's parts named ``layer.shp`` …, without the .cpg; and the table's encoding."""
    with tempfile.TemporaryDirectory(prefix="layer-") as temporary:
        folder = Path(temporary)
        if path.suffix.lower() == ".zip":
            parts = _zipped_layers(path, limits).get(layer)
            if parts is None:
                raise UnknownLayerError(name=path.name, layer=layer, layers=", ".join(_layer_names(path, limits)))
            with open_archive(path, limits) as members:
                unpack(path, {f"layer{s}": members[n] for s, n in parts.items()}, folder, limits)
        else:
            for suffix, part in _loose_parts(path).items():
                shutil.copyfile(part, folder / f"layer{suffix}")
        shape = folder / "layer.shp"
        _check_parts(shape, path.name)
        cpg = folder / "layer.cpg"
        encoding = detect_encoding(folder / "layer.dbf", cpg if cpg.exists() else None)
        cpg.unlink(missing_ok=True)
        yield shape, encoding


def _check_parts(shape: Path, name: str) -> None:
    """All needed parts are there, are what they claim and reach their announced end."""
    missing = [s for s in _NEEDED if not shape.with_suffix(s).exists()]
    if missing:
        raise MissingPartError(name=name, parts=", ".join(missing))
    for suffix in (".shp", ".shx"):
        part = shape.with_suffix(suffix)
        with part.open("rb") as file:
            head = file.read(100)
        if len(head) < 4 or struct.unpack(">i", head[:4])[0] != _FILE_CODE:
            raise WrongContentError(name=name, format="Shapefile")
        if len(head) < 100 or struct.unpack(">i", head[24:28])[0] * 2 > part.stat().st_size:
            raise DamagedFileError(name=name)
    table = shape.with_suffix(".dbf")
    with table.open("rb") as file:
        head = file.read(32)
    if len(head) < 32:
        raise DamagedFileError(name=name)
    records, header_bytes, record_bytes = struct.unpack("<IHH", head[4:12])
    if header_bytes + records * record_bytes > table.stat().st_size:
        raise DamagedFileError(name=name)


def _stated_crs(shape: Path) -> str | None:
    """The text of the .prj, taken away from GDAL, which stumbles over a broken one; None where there is none."""
    prj = shape.with_suffix(".prj")
    if not prj.exists():
        return None
    text = prj.read_bytes().decode("utf-8", errors="replace").lstrip("\ufeff").strip("\0 \r\n\t")
    prj.unlink()
    return text or None


def list_layers(path: Path, limits: ReadLimits) -> list[LayerInfo]:
    """The shapefiles of a .zip, or the one named."""
    layers: list[LayerInfo] = []
    for name in _layer_names(path, limits):
        with _unpacked(path, name, limits) as (shape, _):
            crs = _stated_crs(shape)
            info = ogr.list_layers(shape, path.name)[0]
            layers.append(LayerInfo(name, info.features, info.geometry_type, crs))
    return layers


def read(path: Path, layer: str, limits: ReadLimits) -> RawLayer:
    """One shapefile, its text decoded by what the bytes of the table are."""
    with _unpacked(path, layer, limits) as (shape, encoding):
        crs = _stated_crs(shape)
        names = take_field_names(shape.with_suffix(".dbf"), encoding.name)
        # Latin-1 carries every byte through unchanged; the decoding is ours.
        raw = ogr.read(shape, "layer", limits, name=path.name, encoding="ISO-8859-1")
    by_number = {f"f{i}": name for i, name in enumerate(names)}
    attributes = raw.attributes.rename(columns=by_number).apply(_decoded, encoding=encoding.name)
    raw = replace(raw, attributes=attributes, crs=crs)
    if encoding.contradicted:
        raw.issues.append(
            Issue(
                "encoding_contradicted",
                "The shapefile says its text is in {stated}, but it is in {found}; it was read as {found}.",
                "Nothing is to be done if the names look right.",
                severity=Severity.WARNING,
                params={"stated": encoding.stated, "found": encoding.name},
            )
        )
    return raw


def _decoded(column: pd.Series, encoding: str) -> pd.Series:
    """A column with its text decoded; other columns as they are."""
    if not is_string_dtype(column):
        return column
    codes, distinct = pd.factorize(column)
    texts = [decode_text(str(v).encode("latin-1"), encoding) for v in distinct]
    # factorize gives -1 to a missing value, which finds the None at the end.
    values = np.array([*texts, None], dtype=object)[codes]
    return pd.Series(values, index=column.index, name=column.name)


FORMAT = Format("shapefile", "Shapefile", (".shp", ".zip"), list_layers, read)
