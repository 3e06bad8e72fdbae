"""Which column of a layer is its code, its name, its floors …: by the names that offices and maps use."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

import pandas as pd

from geodata.errors import UnknownFieldError

#: A dBASE table keeps ten bytes of a field's name.
_DBF_NAME_BYTES: Final = 10
_DBF_ENCODINGS: Final = ("gb18030", "utf-8")


@cache
def _aliases() -> dict[str, tuple[str, ...]]:
    text = resources.files("geodata.readers").joinpath("fields.toml").read_text(encoding="utf-8")
    return {purpose: tuple(names) for purpose, names in tomllib.loads(text)["fields"].items()}


def purposes() -> tuple[str, ...]:
    """The purposes that columns are looked for: code, name, floors …"""
    return tuple(_aliases())


def fold_name(name: str) -> str:
    """A column name as it is compared: without case, full-width forms, spaces and punctuation."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).lower() if c.isalnum() or c == "@")


@cache
def _cut_forms(alias: str) -> frozenset[str]:
    """What is left of an alias longer than ten bytes in a dBASE table, folded."""
    forms: set[str] = set()
    for encoding in _DBF_ENCODINGS:
        raw = alias.encode(encoding)
        if len(raw) > _DBF_NAME_BYTES:
            forms.add(fold_name(raw[:_DBF_NAME_BYTES].decode(encoding, errors="ignore")))
    return frozenset(forms)


def pick_field(frame: pd.DataFrame, purpose: str, *, exclude: Iterable[str] = ()) -> str | None:
    """The column of ``frame`` that serves ``purpose``, or None.

    Names are tried in the order of the list; a column without any value is taken only when no other fits.
    ``exclude`` are columns already taken for something else. Raises UnknownFieldError for a purpose that
    is not listed.
    """
    if purpose not in _aliases():
        raise UnknownFieldError(purpose=purpose, purposes=", ".join(purposes()))
    taken = {*exclude, getattr(frame, "_geometry_column_name", None)}
    columns: dict[str, str] = {}
    for column in frame.columns:
        if column not in taken:
            columns.setdefault(fold_name(str(column)), str(column))
    aliases = _aliases()[purpose]
    exact = [columns[key] for alias in aliases if (key := fold_name(alias)) in columns]
    cut = [columns[key] for alias in aliases for key in sorted(_cut_forms(alias)) if key in columns]
    found = [*exact, *cut]
    return next((column for column in found if frame[column].notna().any()), found[0] if found else None)


def map_fields(frame: pd.DataFrame, wanted: Iterable[str] | None = None) -> dict[str, str]:
    """Purpose → column for every purpose of ``wanted`` (all by default) that has one; no column serves twice."""
    mapped: dict[str, str] = {}
    for purpose in wanted if wanted is not None else purposes():
        column = pick_field(frame, purpose, exclude=mapped.values())
        if column is not None:
            mapped[purpose] = column
    return mapped
