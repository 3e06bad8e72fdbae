"""Cells that a workbook merges over several rows: the value stands in the first, and means all of them."""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})["']""")
_SHEET = re.compile(r"""<(?:\w+:)?sheet\s([^>]*)>""")
_RELATION = re.compile(r"""<(?:\w+:)?Relationship\s([^>]*)>""")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CHUNK = 1 << 20
_OVERLAP = 200


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, its first column and its rows (1-based, both included)."""

    letters: str
    first: int
    last: int


def find_merges(content: bytes) -> dict[str, list[Merge]]:
    """The merges over more than one row of every sheet of an .xlsx that was found sound, by the sheet's name."""
    found: dict[str, list[Merge]] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name, part in _parts(archive).items():
            merges = _merges_of(archive, part)
            if merges:
                found[name] = merges
    return found


def fill_merges(cells: pl.DataFrame, merges: Sequence[Merge], first_row: int) -> pl.DataFrame:
    """Write the value of every merge into the empty cells under it.

    ``cells`` starts at row 1 of the sheet; only rows from ``first_row`` (1-based) on that hold anything of their own
    are filled, so that a blank row stays blank.
    """
    own = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    by_column: dict[str, list[Merge]] = defaultdict(list)
    for merge in merges:
        if merge.letters in cells.columns and merge.first >= first_row and merge.first <= cells.height:
            by_column[merge.letters].append(merge)
    filled = {letters: _fill(cells.get_column(letters), of_column, own) for letters, of_column in by_column.items()}
    return cells.with_columns(**filled) if filled else cells


def _fill(column: pl.Series, merges: Sequence[Merge], own: np.ndarray) -> pl.Series:
    firsts = np.array([merge.first - 1 for merge in merges])
    lasts = np.array([min(merge.last, len(column)) for merge in merges])
    lengths = np.maximum(lasts - firsts, 0)
    source = np.repeat(firsts, lengths)
    target = source + np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    empty = column.is_null().to_numpy()
    wanted = empty[target] & own[target]
    return column.scatter(target[wanted], column.gather(source[wanted]))


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of every sheet by its name."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    relations = {
        attributes.get("Id", ""): attributes.get("Target", "")
        for attributes in _attributes(_RELATION, archive.read("xl/_rels/workbook.xml.rels"))
    }
    parts: dict[str, str] = {}
    for attributes in _attributes(_SHEET, archive.read("xl/workbook.xml")):
        target = relations.get(next((value for key, value in attributes.items() if key.endswith(":id")), ""), "")
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        if part in names:
            parts[html.unescape(attributes.get("name", ""))] = part
    return parts


def _attributes(pattern: re.Pattern[str], xml: bytes) -> list[Mapping[str, str]]:
    text = xml.decode("utf-8", errors="replace")
    return [
        {key: double or single for key, double, single in _ATTRIBUTE.findall(match)} for match in pattern.findall(text)
    ]


def _merges_of(archive: zipfile.ZipFile, part: str) -> list[Merge]:
    found: set[Merge] = set()
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            window = tail + chunk
            for letters, first, last in _MERGE.findall(window):
                if int(last) > int(first):
                    found.add(Merge(letters.decode(), int(first), int(last)))
            tail = window[-_OVERLAP:]
    return sorted(found, key=lambda merge: (merge.first, merge.letters))
