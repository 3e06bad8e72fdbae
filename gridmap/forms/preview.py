"""What a form will be filled with, line by line, before it is: for reading and correcting. No person is read for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from gridmap.forms.areas import AreaSource
from gridmap.forms.filling import Figure, Given, as_text
from gridmap.forms.tables import ListColumn, ListTable
from gridmap.forms.understanding import HEADERS, Form, Spot
from gridmap.forms.vocabulary import AREA_ROWS, Meaning, Rows, Vocabulary


class Standing(StrEnum):
    """What becomes of a placeholder or column."""

    FILLED = "filled"
    NEVER = "never"
    UNKNOWN = "unknown"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Line:
    """One placeholder or column. ``name`` as it stands in the form; ``item`` and ``code`` what it is filled with;
    ``value`` what the form's area has of it, or the first row below it; ``reason`` (a key of ``words.REASONS``) why it
    stays empty; ``nearest`` known names that look alike."""

    sheet: str
    at: str
    name: str
    standing: Standing
    item: str = ""
    code: str = ""
    rows: Rows | None = None
    value: str = ""
    reason: str = ""
    nearest: tuple[str, ...] = ()


def lines(form: Form, source: AreaSource | None, language: str) -> list[Line]:
    """Every placeholder in the order of the sheets, with its value where it is a figure or a name of the area."""
    return [_line(spot, source, language) for spot in form.spots]


def _line(spot: Spot, source: AreaSource | None, language: str) -> Line:
    meaning, at = spot.meaning, "" if spot.at in HEADERS else spot.at
    line = Line(spot.sheet, at, spot.name, Standing.FILLED, rows=meaning.rows)
    if meaning.item is None:
        return _unfilled(line, meaning)
    value = "" if source is None else _value(spot, source)
    return replace(line, item=meaning.item.label(language), code=meaning.item.code, value=value)


def _unfilled(line: Line, meaning: Meaning) -> Line:
    if meaning.absent:
        return replace(line, standing=Standing.EMPTY, reason="absent")
    standing = Standing.NEVER if meaning.never else Standing.UNKNOWN
    return replace(line, standing=standing, reason=standing.value, nearest=meaning.nearest)


def _value(spot: Spot, source: AreaSource) -> str:
    """The value of the whole form, or of the first area below; nothing for rows of people and rooms."""
    item, rows = spot.meaning.item, spot.meaning.rows
    if item is None or (rows is not None and rows not in AREA_ROWS):
        return ""
    if rows is None:
        return _shown(source.value(item), source)
    first = next(iter(source.rows(rows)), None)
    return "" if first is None else _shown(first.value(item), source)


def _shown(value: Given, source: AreaSource) -> str:
    """A value for reading: hundredths with their sign."""
    percent = isinstance(value, Figure) and value.percent and value.value is not None
    return f"{as_text(value, source.day)}{' %' if percent else ''}"


def columns(table: ListTable, source: AreaSource | None, language: str) -> list[Line]:
    """Every column of a table with known headings."""
    first = None
    if source is not None and table.rows in AREA_ROWS and table.usable and table.rows is not None:
        first = next(iter(source.rows(table.rows)), None)
    found = []
    for column in table.columns:
        item = column.meaning.item
        line = Line(table.sheet, column.letters, column.heading, Standing.FILLED, rows=table.rows)
        if item is None:
            found.append(_empty(line, column))
            continue
        value = "" if first is None or source is None else _shown(first.value(item), source)
        found.append(replace(line, item=item.label(language), code=item.code, value=value))
    return found


def _empty(line: Line, column: ListColumn) -> Line:
    if column.chosen:
        return replace(line, standing=Standing.EMPTY, reason="left")
    if column.repeated:
        return replace(line, standing=Standing.EMPTY, reason="repeated")
    return _unfilled(line, column.meaning)


def options(words: Vocabulary, rows: Rows | None, language: str) -> list[tuple[str, str]]:
    """What a column may be filled with: code and label."""
    return [(item.code, item.label(language)) for item in words.choices(rows)]
