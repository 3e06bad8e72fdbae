"""What a workbook says beside its cells: merged ranges, hidden rows and columns, and where its days are counted from.

A value merged over several rows stands in the first and means all of them; a row or column that is hidden is read like
any other, and said.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from geodata.readers.table_guard import column_letters, column_number

_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']""")
_HIDDEN = rb"""\bhidden\s*=\s*["'](?:1|true)["'][^>]*>"""
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?""" + _HIDDEN)
_HIDDEN_COLUMN = re.compile(rb"""<(?:\w+:)?col\s[^>]*?""" + _HIDDEN)
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d{1,7})["']""")
_LEAST = re.compile(rb"""\smin\s*=\s*["'](\d{1,5})["']""")
_MOST = re.compile(rb"""\smax\s*=\s*["'](\d{1,5})["']""")
_SHEET = re.compile(r"""<(?:\w+:)?sheet\s([^>]*)>""")
_RELATION = re.compile(r"""<(?:\w+:)?Relationship\s([^>]*)>""")
_PROPERTIES = re.compile(r"""<(?:\w+:)?workbookPr\s([^>]*)>""")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CHUNK = 1 << 20
_OVERLAP = 400
_COLUMNS = 16_384


@dataclass(frozen=True, slots=True, order=True)
class Merge:
    """A merged range: its rows (1-based) and its columns (0-based), all included."""

    first: int
    last: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """The merged ranges of a sheet, the numbers of its hidden rows, and the letters of its hidden columns."""

    merges: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of all sheets by name. ``from_1904``: the workbook counts its days from 1904-01-01, not from 1900."""

    sheets: Mapping[str, SheetMarks] = field(default_factory=dict)
    from_1904: bool = False


def find_marks(content: bytes, *, in_sheets: bool = True) -> Marks:
    """The marks of an .xlsx that was found sound; ``in_sheets``: whether its sheets are worth looking through."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return Marks()
        properties = _attributes(_PROPERTIES, archive.read("xl/workbook.xml"))
        from_1904 = any(found.get("date1904", "").lower() in {"1", "true"} for found in properties)
        parts = _parts(archive) if in_sheets else {}
        return Marks({name: _marks_of(archive, part) for name, part in parts.items()}, from_1904)


def fill_merges(cells: pl.DataFrame, merges: Sequence[Merge], first_row: int) -> pl.DataFrame:
    """Write the value of every merge into the empty cells under it, in its first column.

    ``cells`` starts at row 1 of the sheet and its columns are named by letters; only rows from ``first_row`` (1-based)
    on that hold anything of their own are filled, so that a blank row stays blank.
    """
    own = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    by_column: dict[str, list[Merge]] = defaultdict(list)
    for merge in merges:
        letters = column_letters(merge.left)
        if merge.last > merge.first and first_row <= merge.first <= cells.height and letters in cells.columns:
            by_column[letters].append(merge)
    filled = {letters: _fill(cells.get_column(letters), of_column, own) for letters, of_column in by_column.items()}
    return cells.with_columns(**filled) if filled else cells


def _fill(column: pl.Series, merges: Sequence[Merge], own: np.ndarray) -> pl.Series:
    firsts = np.array([merge.first - 1 for merge in merges])
    lasts = np.array([min(merge.last, len(column)) for merge in merges])
    # No program makes ranges that overlap; a file that claims them must not cost more than its rows.
    order = np.argsort(firsts, kind="stable")
    firsts, lasts = firsts[order], lasts[order]
    apart = np.concatenate([[True], firsts[1:] >= np.maximum.accumulate(lasts)[:-1]])
    firsts, lasts = firsts[apart], lasts[apart]
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


def _marks_of(archive: zipfile.ZipFile, part: str) -> SheetMarks:
    merges: set[Merge] = set()
    rows: set[int] = set()
    columns: set[str] = set()
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            window = tail + chunk
            for left, first, right, last in _MERGE.findall(window):
                merges.add(Merge(int(first), int(last), column_number(left) - 1, column_number(right) - 1))
            if b"hidden" in window:
                rows |= {int(number) for tag in _HIDDEN_ROW.findall(window) for number in _ROW_NUMBER.findall(tag)}
                columns |= _hidden_columns(window)
            tail = window[-_OVERLAP:]
    return SheetMarks(tuple(sorted(merges)), frozenset(rows), frozenset(columns))


def _hidden_columns(window: bytes) -> set[str]:
    found: set[str] = set()
    for tag in _HIDDEN_COLUMN.findall(window):
        least, most = _LEAST.search(tag), _MOST.search(tag)
        if least and most:
            last = min(int(most.group(1)), _COLUMNS)
            found |= {column_letters(place - 1) for place in range(max(int(least.group(1)), 1), last + 1)}
    return found
