"""Which rows of a sheet are residents, and what the others are: headings again, sections, subtotals, notes, blanks.

A row that names a person, by a number or by a name, is never skipped. Only what is left is compared with the wordings
of `rows.toml` and with its place on the sheet.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache, reduce
from importlib.resources import files
from operator import or_
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from geodata.readers.table_layout import BLANK, HEADER, TITLE, SheetTable
from gridmap.importing.headings import Column, ColumnStatus, is_known_heading

SECTION, SUBTOTAL, NOTE = "section", "subtotal", "note"

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        TITLE: "title",
        HEADER: "headings",
        SECTION: "section",
        SUBTOTAL: "subtotal",
        NOTE: "note",
        BLANK: "blank",
    }
)
"""What a skipped row is called: message ids."""

_NUMBERED: Final = r"[0-9]{6}"
_NAME: Final = r"^(?:\p{Han}[\p{Han}·•・‧.．\s]{0,14}\p{Han}|[A-Za-z][A-Za-z'’.\-\s]{1,38}[A-Za-z])$"
_COUNT: Final = r"^[0-9]+[人户名口位]?$"
_PLAIN_NUMBER: Final = r"^[0-9]+[.、]?$"
_MANY: Final = 3


@cache
def _patterns() -> Mapping[str, str]:
    found = tomllib.loads(files("gridmap.importing").joinpath("rows.toml").read_text(encoding="utf-8"))
    return MappingProxyType({kind: "(?i)" + "|".join(entry["patterns"]) for kind, entry in found.items()})


def kinds_of(table: SheetTable, columns: Sequence[Column], data_rows: Collection[int] = ()) -> pl.Series:
    """What each row of a table is (String): null for a row of data, else one of `KINDS`.

    ``columns`` say what the columns mean; ``data_rows`` are rows, by number, that are data whatever they look like.
    """
    height = table.rows.height
    kinds = np.full(height, None, dtype=object)
    by_field = {c.field: c.letters for c in columns if c.status is ColumnStatus.MAPPED and c.field}
    numbered = _matches(table, by_field.get("id_number"), _NUMBERED)
    places = np.flatnonzero(~(numbered | np.isin(table.row_numbers, list(data_rows))))
    if len(places):
        kinds[places] = _judge(table, columns, by_field, places, numbered)
    return pl.Series(table.name, kinds.tolist(), dtype=pl.String)


def other_headings(table: SheetTable) -> int | None:
    """The position of the first row that holds the headings of another table on the same sheet; ``None`` without."""
    few = np.flatnonzero(table.own >= _MANY)
    if not len(few):
        return None
    rows = table.rows[few]
    # A heading holds no number; most rows fall out by this at once.
    plain = ~rows.select(pl.any_horizontal(pl.all().str.contains(r"[0-9]{4}"))).to_series().fill_null(value=False)
    own = _repeats(table)[few]
    for place in few[plain.to_numpy() & ~own]:
        texts = [text for text in table.rows.row(int(place)) if text]
        if len(set(texts)) == len(texts) >= _MANY and all(is_known_heading(text) for text in texts):
            return int(place)
    return None


def _judge(
    table: SheetTable, columns: Sequence[Column], by_field: Mapping[str, str], places: np.ndarray, numbered: np.ndarray
) -> list[str | None]:
    rows = table.rows[places]
    own, wide = table.own[places], table.wide[places]
    plain = rows.with_columns(pl.all().str.replace_all(r"\s+", ""))
    name = plain[by_field["name"]] if "name" in by_field else pl.Series([None] * len(places), dtype=pl.String)
    patterns = _patterns()
    odd = _contains(name, "|".join(patterns[kind] for kind in (SUBTOTAL, NOTE)))
    headings = _repeats(table)[places]
    section_name = _contains(name, patterns[SECTION])
    single = own == 1
    # Somebody is named, unless the only text of the row is one that reads like no name or lies over several columns.
    no_name = single & (wide | section_name | ~_contains(name, _NAME))
    alone = name.is_not_null().to_numpy() & ~(odd | headings | no_name | _contains(name, _COUNT))
    subtotal, note = (_anywhere(plain, patterns[kind]) & ~alone for kind in (SUBTOTAL, NOTE))
    counted = _only_counted(plain, columns)
    free = _outside(plain, columns)
    section = single & ~(counted | alone) & (wide | free | section_name)
    last = max(
        int(np.flatnonzero(numbered)[-1]) if numbered.any() else -1,
        int(places[alone & (own > 1)][-1]) if (alone & (own > 1)).any() else -1,
    )
    trailing = single & (places > last) & ~alone & (last >= 0)
    found = np.select(
        [headings, counted, subtotal, note, section & (places < last), trailing, section],
        [HEADER, BLANK, SUBTOTAL, NOTE, SECTION, NOTE, SECTION],
        default="",
    )
    return [kind or None for kind in found.tolist()]


def _matches(table: SheetTable, letters: str | None, pattern: str) -> np.ndarray:
    if letters is None:
        return np.zeros(table.rows.height, dtype=bool)
    return _contains(table.rows[letters].str.replace_all(r"\s+", ""), pattern)


def _contains(texts: pl.Series, pattern: str) -> np.ndarray:
    return np.asarray(texts.str.contains(pattern).fill_null(value=False).to_numpy(), dtype=bool)


def _anywhere(rows: pl.DataFrame, pattern: str) -> np.ndarray:
    return reduce(or_, (_contains(column, pattern) for column in rows.iter_columns()))


def _repeats(table: SheetTable) -> np.ndarray:
    """Rows that say nothing but the headings of their columns, as at the top of every printed page."""
    height = table.rows.height
    if not table.heads:
        return np.zeros(height, dtype=bool)
    agree, hits = np.ones(height, dtype=bool), np.zeros(height, dtype=np.int64)
    for place, column in enumerate(table.rows.iter_columns()):
        said = {"".join(texts[place].split()) for texts in (*table.heads, table.headings) if texts[place]}
        same = np.zeros(height, dtype=bool)
        if said:
            short = column.str.len_chars().fill_null(0).to_numpy() <= max(map(len, said)) + 8
            rows = np.flatnonzero(short)
            same[rows] = column[rows].str.replace_all(r"\s+", "").is_in(list(said)).fill_null(value=False).to_numpy()
        agree &= same | column.is_null().to_numpy()
        hits += same
    return agree & (hits > 0)


def _only_counted(rows: pl.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    """Rows of a form that are numbered but not filled in."""
    running = [column.letters for column in columns if column.field == "sequence"]
    if not running:
        return np.zeros(rows.height, dtype=bool)
    others = [name for name in rows.columns if name not in running]
    number = reduce(or_, (_contains(rows[name], _PLAIN_NUMBER) for name in running))
    if not others:
        return number
    empty = rows.select(pl.all_horizontal(pl.col(others).is_null())).to_series().to_numpy()
    return np.asarray(number & empty, dtype=bool)


def _outside(rows: pl.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    """Rows whose only text stands in a column that is not imported, and is no number."""
    taken = [column.letters for column in columns if column.status is ColumnStatus.MAPPED]
    left = [name for name in rows.columns if name not in taken]
    if not left:
        return np.zeros(rows.height, dtype=bool)
    empty = (
        rows.select(pl.all_horizontal(pl.col(taken).is_null())).to_series().to_numpy()
        if taken
        else np.ones(rows.height, dtype=bool)
    )
    text = rows.select(pl.coalesce(left)).to_series()
    return np.asarray(empty & _contains(text, r"[^0-9.,%\-]"), dtype=bool)
