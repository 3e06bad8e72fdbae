"""What a format is, and which formats there are: every module of this package that defines ``FORMAT``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import UnknownFormatError
from geodata.issues import Issue
from geodata.readers.settings import ReadLimits


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A layer of a file before it is read. ``geometry_type`` is None for a plain table."""

    name: str
    features: int
    geometry_type: str | None
    crs: str | None


@dataclass(frozen=True, slots=True)
class RawLayer:
    """A layer as the file holds it: every feature in file order, geometries possibly missing.

    ``crs`` is what the file says of itself, None where it says nothing. ``issues`` carry 1-based feature
    numbers; a feature whose geometry could not be understood has an issue and None as its geometry.
    """

    attributes: pd.DataFrame
    geometries: NDArray[np.object_]
    crs: str | None
    issues: list[Issue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Format:
    """One file format: how its layers are listed and how one of them is read.

    ``one_layer`` formats hold a single layer named like the file, which can be read without listing first.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    list_layers: Callable[[Path, ReadLimits], list[LayerInfo]]
    read: Callable[[Path, str, ReadLimits], RawLayer]
    one_layer: bool = False


@cache
def formats() -> tuple[Format, ...]:
    """All formats, by name; a new module with a ``FORMAT`` in this package is one more."""
    package = importlib.import_module("geodata.readers")
    found: list[Format] = []
    for module in pkgutil.iter_modules(package.__path__, prefix="geodata.readers."):
        entry = getattr(importlib.import_module(module.name), "FORMAT", None)
        if isinstance(entry, Format):
            found.append(entry)
    return tuple(sorted(found, key=lambda f: f.name))


def format_of(path: Path) -> Format:
    """The format whose suffix the file name bears; UnknownFormatError otherwise."""
    suffix = path.suffix.lower()
    for entry in formats():
        if suffix in entry.suffixes:
            return entry
    raise UnknownFormatError(name=path.name, formats=", ".join(s for f in formats() for s in f.suffixes))
