"""Forms without placeholders: a heading row with the usual names is understood as a list to be filled below it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from geodata.errors import Phrase
from geodata.readers.table_guard import column_letters
from gridmap.forms.sheet import Cell, Row, Sheet
from gridmap.forms.vocabulary import Item, Meaning, Rows, Vocabulary
from gridmap.importing.headings import is_known_heading

SEARCHED: Final = 30
"""Rows at the top among which the headings are looked for."""

_LONGEST: Final = 40
_COUNTING: Final = re.compile(r"^(?:\d{1,2}|[甲乙丙丁戊己庚辛]|[A-Z])$")
"""What stands in the row of column numbers below the headings of official forms."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column: its letters, its heading, what it is filled with or why not. ``chosen``: somebody decided it;
    ``repeated``: an earlier column is filled with the same."""

    letters: str
    number: int
    heading: str
    meaning: Meaning
    chosen: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class ListTable:
    """A table to be filled. Rows ``first`` to ``last`` are there for it; ``problem`` says why it cannot be."""

    sheet: str
    rows: Rows | None
    heading_rows: tuple[int, ...]
    first: int
    last: int
    columns: tuple[ListColumn, ...]
    problem: Phrase | None = None

    @property
    def usable(self) -> bool:
        """Whether it can be filled."""
        return self.rows is not None and self.problem is None

    @property
    def filled(self) -> list[ListColumn]:
        """The columns that are filled."""
        return [column for column in self.columns if column.meaning.item is not None]


def find_table(sheet: Sheet, words: Vocabulary, chosen: Mapping[str, Any] | None) -> ListTable | None:
    """The table of a sheet, as its headings say or as somebody chose; ``None`` for a sheet without known headings."""
    headings = _headings(sheet, words)
    if headings is None:
        return None
    heading_rows, texts = headings
    decided = chosen or {}
    rows = _chosen_rows(decided) if "rows" in decided else _rows_of(texts, words)
    columns = tuple(_columns(texts, words, rows, decided.get("columns") or {}))
    table = ListTable(sheet.name, rows, heading_rows, 0, 0, columns)
    if rows is None:
        return table
    numbers = {column.number for column in columns if column.meaning.item and column.meaning.item.key == "number"}
    return _room(sheet, table, numbers)


def _chosen_rows(chosen: Mapping[str, Any]) -> Rows | None:
    found = chosen.get("rows")
    return Rows(found) if found in set(Rows) else None


def _texts(row: Row | None) -> dict[int, str]:
    if row is None:
        return {}
    shown = {column: " ".join(cell.text.split()) for column, cell in row.cells.items()}
    return {column: text for column, text in shown.items() if text}


def _known(text: str, words: Vocabulary) -> bool:
    if len(text) > _LONGEST:
        return False
    return is_known_heading(text) or any(words.heading(text, rows).item is not None for rows in Rows)


def _headings(sheet: Sheet, words: Vocabulary) -> tuple[tuple[int, ...], dict[int, str]] | None:
    """The rows of the headings (one, or two under merged titles) and the heading of each column."""
    scores = {
        number: sum(_known(text, words) for text in _texts(sheet.rows[number]).values())
        for number in sorted(sheet.rows)
        if number <= SEARCHED
    }
    best = max(scores, key=lambda number: (scores[number], -number), default=0)
    if not scores or scores[best] < 2:
        return None
    first = best - 1 if _titles(sheet, best - 1, best) else best
    last = max([best, *(merge[3] for merge in sheet.merges if merge[1] == first and merge[3] <= best + 1)])
    upper, lower = _texts(sheet.rows.get(first)), _texts(sheet.rows.get(last)) if last > first else {}
    for left, top, right, _ in sheet.merges:
        if top == first and right > left and left in upper:
            upper |= {column: upper[left] for column in range(left, right + 1) if column in lower}
    texts: dict[int, str] = {}
    for column in sorted({*upper, *lower}):
        alone = lower.get(column) or upper.get(column, "")
        both = f"{upper.get(column, '')}{lower.get(column, '')}"
        texts[column] = both if lower.get(column) and not _known(alone, words) and _known(both, words) else alone
    return tuple(range(first, last + 1)), texts


def _titles(sheet: Sheet, upper: int, lower: int) -> bool:
    """Whether a row stands above the headings as titles of several columns."""
    inside = [m for m in sheet.merges if m[1] == upper and upper in sheet.rows]
    whole = max(sheet.rows[lower].cells, default=1)
    spanning = any(m[2] > m[0] and m[3] == upper and m[2] - m[0] + 1 < whole for m in inside)
    return spanning and any(m[3] == lower for m in inside)


def _rows_of(texts: Mapping[int, str], words: Vocabulary) -> Rows | None:
    """What kind of rows such headings are of."""

    def keys(rows: Rows) -> set[str]:
        return {item.key for text in texts.values() if (item := words.heading(text, rows).item) is not None}

    if keys(Rows.RESIDENTS) & {"name", "id_number"} and keys(Rows.RESIDENTS) & _PERSONAL:
        return Rows.RESIDENTS
    found = {text: words.heading(text, Rows.CELLS).item for text in texts.values()}
    counted = any(item is not None and item.group != "area" for item in found.values())
    places = {item.key for item in found.values() if item is not None and item.group == "area"}
    if "room" in keys(Rows.DWELLINGS):
        return Rows.DWELLINGS
    if counted:
        order = (
            ("cell", Rows.CELLS),
            ("community", Rows.COMMUNITIES),
            ("name", Rows.CHILDREN),
            ("code", Rows.CHILDREN),
        )
        return next((rows for key, rows in order if key in places), None)
    return None


_NAMED_BY: Final = {
    "cell": Rows.CELLS,
    "community": Rows.COMMUNITIES,
    "name": Rows.CHILDREN,
    "code": Rows.CHILDREN,
}
"""Which column tells what areas a list is of, the most telling first."""

_PERSONAL: Final = frozenset(
    {"id_number", "sex", "birth_date", "age", "phone", "relationship", "presence", "marital_status", "ethnic_group",
     "registered_address", "address", "household"}
)  # fmt: skip


def _columns(
    texts: Mapping[int, str], words: Vocabulary, rows: Rows | None, chosen: Mapping[str, str]
) -> list[ListColumn]:
    columns = []
    taken: set[Item] = set()
    for number, text in texts.items():
        letters = column_letters(number - 1)
        meaning = words.heading(text, rows or Rows.RESIDENTS)
        decided = letters in chosen and not meaning.never
        if decided:
            meaning = Meaning(words.of(chosen[letters]) if chosen[letters] else None, rows)
        if rows is None:
            meaning = replace(meaning, item=None)
        repeated = meaning.item is not None and meaning.item in taken and not decided
        if repeated:
            meaning = replace(meaning, item=None)
        if meaning.item is not None:
            taken.add(meaning.item)
        columns.append(ListColumn(letters, number, text, meaning, decided, repeated))
    return columns


def _room(sheet: Sheet, table: ListTable, numbers: set[int]) -> ListTable:
    """The empty rows below the headings."""
    first = table.heading_rows[-1] + 1
    if _counting(_texts(sheet.rows.get(first)) | _raws(sheet.rows.get(first))):
        first += 1
    last = first
    while last <= sheet.last_row and _blank(sheet.rows.get(last), numbers):
        last += 1
    if last == first and first <= sheet.last_row:
        problem = Phrase("the rows below the headings are not empty; clear the sample rows", {})
        return replace(table, first=first, last=first, problem=problem)
    return replace(table, first=first, last=max(last - 1, first))


def _raws(row: Row | None) -> dict[int, str]:
    return {} if row is None else {column: cell.raw for column, cell in row.cells.items() if cell.raw}


def _counting(texts: Mapping[int, str]) -> bool:
    """Whether a row only numbers the columns."""
    plain = [unicodedata.normalize("NFKC", text).strip("()- ") for text in texts.values()]
    return len(plain) > 1 and all(_COUNTING.match(text) for text in plain)


def _blank(row: Row | None, numbers: set[int]) -> bool:
    """Whether a row waits to be filled: empty, but for running numbers and formulas."""
    if row is None:
        return True
    return all(_waits(cell, numbers) for cell in row.cells.values())


def _waits(cell: Cell, numbers: set[int]) -> bool:
    if cell.formula is not None or not (cell.raw or cell.text.strip()):
        return not cell.kept
    return cell.column in numbers and (cell.raw or cell.text).strip().isdecimal()
