"""What a form asks for, before anything is filled: placeholders, repeated parts, tables with known headings, and what
cannot be filled or kept, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from geodata.errors import Phrase
from gridmap.forms.package import Package, elements, open_package, text_of, workbook_path
from gridmap.forms.sheet import Cell, Formats, Row, Sheet, cell_name, read_formats, read_sheet, shared_strings
from gridmap.forms.tables import ListTable, find_table
from gridmap.forms.vocabulary import Meaning, Rows, Vocabulary

MARK: Final = re.compile(r"[{｛]{2}\s*([#/]?)\s*([^{}｛｝]{1,80}?)\s*[}｝]{2}")
HEADERS: Final = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
MOST_SPOTS: Final = 5_000

Choices = Mapping[str, Mapping[str, Any]]
"""What somebody decided, by sheet: ``rows`` (a kind of rows, or ``""`` for leaving the sheet alone) and ``columns``
(by letters, an item's code or ``""``)."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A placeholder at its place: ``at`` is a cell such as B5, or the header or footer it stands in."""

    sheet: str
    at: str
    row: int
    name: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Block:
    """Rows ``top`` to ``bottom`` that are repeated; ``first`` and ``last`` take in rows that hold nothing but the
    marks of its beginning and end."""

    sheet: str
    rows: Rows
    first: int
    last: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that will not be as the form's maker may expect, with its place."""

    sheet: str
    at: str
    what: Phrase


@dataclass(frozen=True)
class Form:
    """An opened form and what was understood of it."""

    package: Package = field(repr=False)
    workbook: str
    sheets: tuple[Sheet, ...] = field(repr=False)
    formats: Formats = field(repr=False)
    spots: tuple[Spot, ...]
    blocks: tuple[Block, ...]
    tables: tuple[ListTable, ...]
    problems: tuple[Problem, ...]

    def kinds(self) -> frozenset[Rows]:
        """The kinds of rows it needs."""
        tables = [table.rows for table in self.tables if table.rows is not None and table.usable]
        return frozenset([block.rows for block in self.blocks] + tables)

    @property
    def asks(self) -> bool:
        """Whether there is anything to be filled."""
        filled = any(spot.meaning.item is not None for spot in self.spots)
        return filled or any(table.usable and table.filled for table in self.tables)


def open_form(name: str, content: bytes, words: Vocabulary, choices: Choices | None = None) -> Form:
    """Open a form and say what it asks for. Nothing is filled.

    Raises a `TableError` for a file that is no workbook, damaged, unsafe or above a limit.
    """
    package = open_package(name, content)
    workbook = workbook_path(package)
    strings = shared_strings(package, workbook)
    sheets = tuple(
        read_sheet(package, part.name, part.path, hidden=part.hidden, strings=strings) for part in package.sheets
    )
    spots: list[Spot] = []
    blocks: list[Block] = []
    problems: list[Problem] = []
    tables: list[ListTable] = []
    for sheet in sheets:
        reading = _Reading(sheet, words, problems)
        found = reading.blocks()
        blocks += found
        own = list(reading.spots(found))
        spots += own
        if not own and not sheet.hidden:
            table = find_table(sheet, words, (choices or {}).get(sheet.name))
            if table is not None:
                tables.append(table)
    problems += _limits(package, sheets)
    if len(spots) > MOST_SPOTS:
        problems.append(
            Problem("", "", Phrase("only the first {count} placeholders are filled", {"count": MOST_SPOTS}))
        )
    return Form(
        package, workbook, sheets, read_formats(package, workbook),
        tuple(spots[:MOST_SPOTS]), tuple(blocks), tuple(tables), tuple(problems),
    )  # fmt: skip


@dataclass
class _Reading:
    """One sheet being read."""

    sheet: Sheet
    words: Vocabulary
    problems: list[Problem]

    def _report(self, at: str, message: str, **params: object) -> None:
        self.problems.append(Problem(self.sheet.name, at, Phrase(message, params)))

    def marks(self) -> Iterator[tuple[Row, Cell, re.Match[str]]]:
        """Everything in double braces, row by row."""
        for number in sorted(self.sheet.rows):
            row = self.sheet.rows[number]
            for column in sorted(row.cells):
                cell = row.cells[column]
                for match in MARK.finditer(cell.text):
                    yield row, cell, match

    def blocks(self) -> list[Block]:
        """The repeated parts: between marks, then rows of their own that name a row's values."""
        found = list(self._marked())
        taken = {row for block in found for row in range(block.first, block.last + 1)}
        alone: dict[int, dict[Rows, int]] = {}
        for row, cell, match in self.marks():
            if match[1] or row.number in taken:
                continue
            meaning = self.words.placeholder(match[2], None)
            if meaning.rows is not None:
                bottom = self._bottom(cell.column, row.number)
                kinds = alone.setdefault(row.number, {})
                kinds[meaning.rows] = max(kinds.get(meaning.rows, 0), bottom)
        for number, kinds in alone.items():
            if len(kinds) > 1:
                kinds.pop(Rows.CHILDREN, None)  # "row.…" means whatever the row is of
            rows, bottom = next(iter(kinds.items()))
            if len(kinds) > 1:
                at = cell_name(1, number)
                self._report(at, "one row cannot be repeated for two kinds of rows; the first is taken")
            if not taken & set(range(number, bottom + 1)):
                found.append(Block(self.sheet.name, rows, number, bottom, number, bottom))
                taken |= set(range(number, bottom + 1))
        return sorted(found, key=lambda block: block.first)

    def _bottom(self, column: int, row: int) -> int:
        """The last row of the merged range a cell begins, else its own."""
        return max((m[3] for m in self.sheet.merges if m[0] <= column <= m[2] and m[1] == row), default=row)

    def _marked(self) -> Iterator[Block]:
        opened: tuple[Rows, int, str] | None = None
        last = 0
        for row, cell, match in self.marks():
            at = cell_name(cell.column, row.number)
            if match[1] == "#":
                rows = self.words.kind(match[2])
                if rows is None:
                    self._report(at, "“{name}” names nothing that has rows", name=match[2])
                elif opened is not None or row.number <= last:
                    self._report(at, "a repeated part cannot stand inside another")
                else:
                    opened = (rows, row.number, at)
            elif match[1] == "/":
                if opened is None:
                    self._report(at, "a repeated part ends here that has not begun")
                    continue
                rows, first, _ = opened
                opened, last = None, row.number
                yield self._block(rows, first, last)
        if opened is not None:
            self._report(opened[2], "a repeated part begins here and never ends")

    def _block(self, rows: Rows, first: int, last: int) -> Block:
        """A repeated part without the rows that hold its marks alone."""
        top = first + 1 if first < last and self._only_marks(first) else first
        bottom = last - 1 if top < last and self._only_marks(last) else last
        return Block(self.sheet.name, rows, first, last, top, bottom)

    def _only_marks(self, number: int) -> bool:
        cells = self.sheet.rows[number].cells.values()
        return all(cell.formula is None and not cell.raw and not _without_marks(cell.text).strip() for cell in cells)

    def spots(self, blocks: Iterable[Block]) -> Iterator[Spot]:
        """The placeholders and what they mean where they stand."""
        around = {row: block.rows for block in blocks for row in range(block.first, block.last + 1)}
        for row, cell, match in self.marks():
            if match[1]:
                continue
            meaning = self.words.placeholder(match[2], around.get(row.number))
            at = cell_name(cell.column, row.number)
            if meaning.rows is not None and meaning.rows is not around.get(row.number) and meaning.item is not None:
                self._report(at, "this row is repeated for something else; “{name}” stays empty", name=match[2])
                meaning = Meaning(None, meaning.rows)
            yield Spot(self.sheet.name, at, row.number, match[2], meaning)
        for holder in HEADERS:
            for element in elements(self.sheet.root, holder):
                for match in MARK.finditer(text_of(element)):
                    yield Spot(self.sheet.name, holder, 0, match[2], self.words.placeholder(match[2], None))


def _without_marks(text: str) -> str:
    return MARK.sub(lambda match: "" if match[1] else match[0], text)


def _limits(package: Package, sheets: Iterable[Sheet]) -> Iterator[Problem]:
    """What cannot be filled or does not survive, said plainly."""
    for sheet in sheets:
        for row in sheet.rows.values():
            for cell in row.cells.values():
                if cell.formula is not None and MARK.search(cell.formula):
                    at = cell_name(cell.column, row.number)
                    yield Problem(sheet.name, at, Phrase("a placeholder inside a formula is not filled", {}))
    boxes = [path for path in package.parts if path.startswith("xl/drawings/") and path.endswith(".xml")]
    if any(b"{{" in package.parts[path] for path in boxes):
        yield Problem("", "", Phrase("placeholders in text boxes are not filled; move them into cells", {}))
    if any(path.startswith("_xmlsignatures/") for path in package.parts):
        yield Problem("", "", Phrase("the digital signature of the form will no longer hold", {}))
    if any(path.startswith("xl/pivotTables/") for path in package.parts):
        yield Problem("", "", Phrase("pivot tables show the new figures only after they are refreshed", {}))
    if any(path.startswith("xl/externalLinks/") for path in package.parts):
        yield Problem("", "", Phrase("the form refers to other workbooks; what it takes from them is not filled", {}))
