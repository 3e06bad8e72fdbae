"""What a writer is, and which there are: every module of this package that defines ``WRITER``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import geopandas as gpd

from geodata.errors import UnwritableFormatError


@dataclass(frozen=True, slots=True)
class Writer:
    """One file format: ``write(frame, path, layer name)`` gets a frame whose values every format can hold.

    ``lonlat_only`` formats have one CRS by their standard.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    media_type: str
    write: Callable[[gpd.GeoDataFrame, Path, str], None]
    lonlat_only: bool = False


@cache
def writers() -> tuple[Writer, ...]:
    """All writers, by name; a new module with a ``WRITER`` in this package is one more."""
    package = importlib.import_module("geodata.writers")
    found: list[Writer] = []
    for module in pkgutil.iter_modules(package.__path__, prefix="geodata.writers."):
        entry = getattr(importlib.import_module(module.name), "WRITER", None)
        if isinstance(entry, Writer):
            found.append(entry)
    return tuple(sorted(found, key=lambda w: w.name))


def writer_of(path: Path) -> Writer:
    """The writer whose suffix the file name bears; UnwritableFormatError otherwise."""
    suffix = path.suffix.lower()
    for entry in writers():
        if suffix in entry.suffixes:
            return entry
    raise UnwritableFormatError(name=path.name, formats=", ".join(s for w in writers() for s in w.suffixes))
