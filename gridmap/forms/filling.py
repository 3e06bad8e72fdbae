"""Fill an opened form: values into cells, rows repeated, everything that refers to them moved along."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol
from xml.sax.saxutils import escape, unescape

from gridmap.forms.package import as_workbook, elements, legal, serialised, set_text, text_of
from gridmap.forms.sheet import Cell, Formats, Rich, Row, Sheet, Value, cell_name, row_xml, value_cell
from gridmap.forms.shifting import (
    Edit,
    Maps,
    Place,
    RowMap,
    shift_companions,
    shift_formula,
    shift_range,
    shift_sheet,
    shift_workbook,
)
from gridmap.forms.tables import ListTable
from gridmap.forms.understanding import HEADERS, MARK, Block, Form
from gridmap.forms.vocabulary import Item, Meaning, Rows

_HERE: Final = "@@rows@@"
_RUN_TEXT: Final = re.compile(r"(<t(?:\s[^>]*)?>)([^<]*)(</t>)")
_NO_VALUE: Final = "–"
_ENTITIES: Final = {"&quot;": '"', "&apos;": "'"}
_DECIMALS: Final = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A number for a form: ``value`` is ``None`` where it cannot be told; ``percent`` when it counts hundredths."""

    value: float | None
    percent: bool = False


Given = Value | Figure
"""What a source gives: a figure, a text, a date, or nothing."""


class RowValues(Protocol):
    """One row's values."""

    def value(self, item: Item) -> Given:
        """What the row holds of an item."""
        ...


class Source(Protocol):
    """Where values come from."""

    def value(self, item: Item) -> Given:
        """An item of the whole form."""
        ...

    def rows(self, rows: Rows) -> Sequence[RowValues]:
        """The rows of a kind, in their order."""
        ...

    def day(self, day: date) -> str:
        """A date of the whole form as a text."""
        ...


def fill(form: Form, source: Source) -> bytes:
    """The filled form as a file. The form is used up: its trees are written into."""
    plans = {sheet.name.lower(): _Plan(form, sheet, source) for sheet in form.sheets}
    maps: Maps = {name: plan.map for name, plan in plans.items()}
    for plan in plans.values():
        plan.write(maps)
    shift_workbook(form.package, form.workbook, maps)
    as_workbook(form.package)
    return form.package.content()


class _Plan:
    """One sheet: which rows are repeated how often, and what goes where."""

    def __init__(self, form: Form, sheet: Sheet, source: Source) -> None:
        self.form, self.sheet, self.source = form, sheet, source
        self.parts: dict[Edit, tuple[Block | ListTable, Sequence[RowValues]]] = {}
        for block in form.blocks:
            if block.sheet == sheet.name:
                rows = source.rows(block.rows)
                edit = Edit(block.first, block.last, block.top, block.bottom, len(rows))
                self.parts[edit] = (block, rows)
        for table in form.tables:
            if table.sheet == sheet.name and table.usable and table.filled and table.rows is not None:
                rows = source.rows(table.rows)
                least = table.last - table.first + 1
                self.parts[Edit(table.first, table.last, table.first, table.first, len(rows), least)] = (table, rows)
        self.map = RowMap(tuple(self.parts))
        self.meanings = {(spot.at, spot.name): spot.meaning for spot in form.spots if spot.sheet == sheet.name}

    def write(self, maps: Maps) -> None:
        """Put the filled sheet into the package."""
        rows = list(self._rows(maps))
        shift_sheet(self.sheet, maps)
        self._headers()
        shift_companions(self.form.package, self.sheet, self.map)
        data = next(elements(self.sheet.root, "sheetData"), None)
        if data is not None:
            set_text(data, _HERE)
        head, _, tail = serialised(self.sheet.tree).partition(_HERE.encode())
        body = "".join(row_xml(self.sheet.prefix, row.number, row) for row in rows).encode("utf-8")
        self.form.package.put(self.sheet.path, head + body + tail)

    def _headers(self) -> None:
        for name in HEADERS:
            for element in elements(self.sheet.root, name):
                text = text_of(element)
                if MARK.search(text):
                    # In headers and footers an ampersand begins a command; doubled it is itself.
                    filled = [self._text(name, match, None).replace("&", "&&") for match in MARK.finditer(text)]
                    set_text(element, _replaced(text, filled))

    # --- rows --------------------------------------------------------------------------------------------------------

    def _rows(self, maps: Maps) -> Iterator[Row]:
        edits = sorted(self.parts, key=lambda edit: edit.first)
        for number in sorted(self.sheet.rows):
            while edits and edits[0].first <= number:
                yield from self._repeated(edits.pop(0), maps)
            if self.map.edit_of(number) is None:
                yield self._moved(self.sheet.rows[number], self.map.start(number), Place(self.sheet.name), maps)
        for edit in edits:
            yield from self._repeated(edit, maps)

    def _moved(self, row: Row, number: int, place: Place, maps: Maps) -> Row:
        """A row that is there once: with the form's values."""
        cells = {column: self._cell(cell, row.number, None, place, maps) for column, cell in row.cells.items()}
        return Row(number, row.attributes, cells)

    def _repeated(self, edit: Edit, maps: Maps) -> Iterator[Row]:
        part, values = self.parts[edit]
        begin = self.map.begin(edit)
        for at in range(edit.out):
            copy, line = divmod(at, edit.height)
            row = self.sheet.rows.get(edit.top + line)
            given = values[copy] if copy < len(values) else None
            place = Place(self.sheet.name, edit, copy)
            if isinstance(part, ListTable):
                yield self._listed(part, row or Row(edit.top), begin + at, given, place, maps)
            elif row is not None:
                cells = {column: self._cell(cell, row.number, given, place, maps) for column, cell in row.cells.items()}
                yield Row(begin + at, row.attributes, cells)

    def _listed(
        self, table: ListTable, row: Row, number: int, given: RowValues | None, place: Place, maps: Maps
    ) -> Row:
        """A row of a table with known headings."""
        cells = {
            column: self._cell(replace(cell, raw="", text="", rich=None), row.number, None, place, maps)
            for column, cell in row.cells.items()
        }
        if given is not None:
            for column in table.filled:
                assert column.meaning.item is not None  # noqa: S101 - filled columns have one
                cell = row.cells.get(column.number, Cell(column.number))
                if cell.formula is None:
                    cells[column.number] = self._valued(cell, given.value(column.meaning.item), in_row=True)
        return Row(number, row.attributes, cells)

    # --- cells -------------------------------------------------------------------------------------------------------

    def _cell(self, cell: Cell, row: int, given: RowValues | None, place: Place, maps: Maps) -> Cell:
        if cell.formula is not None:
            array = shift_range(cell.array, self.map) if cell.array and place.edit is None else cell.array
            return replace(cell, formula=shift_formula(cell.formula, place, maps), array=array)
        if not cell.text or MARK.search(cell.text) is None:
            return cell
        at = cell_name(cell.column, row)
        whole = MARK.fullmatch(cell.text.strip())
        if whole is not None and not whole[1]:
            value, in_row = self._given(self.meanings.get((at, whole[2])), given)
            return self._valued(cell, value, in_row=in_row)
        if cell.rich is not None:
            rich = self._rich(cell.rich, at, given)
            if rich is not None:
                return value_cell(cell, rich, date1904=self.form.package.date1904, as_date=False)
        text = MARK.sub(lambda match: self._text(at, match, given), cell.text)
        return replace(value_cell(cell, text, date1904=False, as_date=False), text=text)

    def _rich(self, xml: str, at: str, given: RowValues | None) -> Rich | None:
        """A text with formats inside, when every placeholder lies within one format; else nothing."""

        def run(match: re.Match[str]) -> str:
            text = MARK.sub(lambda mark: self._text(at, mark, given), unescape(match[2], _ENTITIES))
            return f"{match[1]}{escape(legal(text))}{match[3]}"

        filled = _RUN_TEXT.sub(run, xml)
        text = "".join(unescape(match[2], _ENTITIES) for match in _RUN_TEXT.finditer(filled))
        original = "".join(unescape(match[2], _ENTITIES) for match in _RUN_TEXT.finditer(xml))
        inside = sum(len(MARK.findall(unescape(m[2], _ENTITIES))) for m in _RUN_TEXT.finditer(xml))
        return Rich(filled, text) if inside == len(MARK.findall(original)) else None

    def _text(self, at: str, match: re.Match[str], given: RowValues | None) -> str:
        """A placeholder within a text."""
        if match[1]:
            return ""
        value, in_row = self._given(self.meanings.get((at, match[2])), given)
        return as_text(value, self._days(in_row=in_row))

    def _given(self, meaning: Meaning | None, given: RowValues | None) -> tuple[Given, bool]:
        """A value, and whether it is a row's own."""
        if meaning is None or meaning.item is None:
            return None, False
        if meaning.rows is not None:
            return (None if given is None else given.value(meaning.item)), True
        return self.source.value(meaning.item), False

    def _days(self, *, in_row: bool) -> Callable[[date], str]:
        return date.isoformat if in_row else self.source.day

    def _valued(self, cell: Cell, value: Given, *, in_row: bool) -> Cell:
        formats: Formats = self.form.formats
        as_date = cell.style in formats.dates
        if isinstance(value, Figure):
            value = shown_figure(value, percent=cell.style in formats.percents, general=cell.style in formats.general)
        elif isinstance(value, date) and not as_date:
            value = self._days(in_row=in_row)(value)
        return value_cell(cell, value, date1904=self.form.package.date1904, as_date=as_date)


def shown_figure(figure: Figure, *, percent: bool, general: bool) -> Value:
    """A figure as a cell holds it: whole under a number format of the form's own, rounded where there is none;
    hundredths as a share where the format shows percentages; a dash where it cannot be told."""
    if figure.value is None:
        return _NO_VALUE
    value = figure.value / 100 if figure.percent and percent else figure.value
    if isinstance(value, int) or float(value).is_integer():
        return int(value)
    return round(value, _DECIMALS) if general else value


def as_text(value: Given, day: Callable[[date], str]) -> str:
    """A value within a text."""
    if isinstance(value, Figure):
        value = shown_figure(value, percent=False, general=True)
    if value is None:
        return ""
    return day(value) if isinstance(value, date) else str(value)


def _replaced(text: str, filled: Sequence[str]) -> str:
    """A text with its placeholders replaced, in order."""
    given = iter(filled)
    return MARK.sub(lambda _: next(given), text)
