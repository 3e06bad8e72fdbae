"""The rows of a sheet in a light form: cells with their style, what they hold as text, and back to XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from xml.dom.minidom import Document, Element
from xml.sax.saxutils import escape, quoteattr

from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator as FormulaTranslator
from openpyxl.formula.translate import TranslatorError

from geodata.readers.table_guard import TableDamagedError, column_letters
from gridmap.forms.package import Package, attribute, child, children, elements, legal, local, root_of, text_of

LAST_ROW: Final = 1_048_576
LONGEST: Final = 32_767
"""Characters a cell can hold."""

_REFERENCE: Final = re.compile(r"^([A-Z]{1,3})([1-9]\d{0,6})$")
_EPOCHS: Final = {False: date(1899, 12, 30), True: date(1904, 1, 1)}

Value = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Rich:
    """A text with formats inside: as XML, and plain."""

    xml: str
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. ``text`` is what it shows if that is a text, ``raw`` its stored value otherwise; ``formula`` is the
    formula without its equals sign, ``array`` the range of an array formula; ``rich`` the text's XML when parts of it
    are formatted. ``kept`` marks a cell whose XML is written as it was read (a formula of a kind not known here)."""

    column: int
    style: str = ""
    kind: str = ""
    raw: str = ""
    text: str = ""
    formula: str | None = None
    array: str = ""
    rich: str | None = None
    kept: str = ""

    @property
    def empty(self) -> bool:
        """Whether it shows nothing."""
        return not self.text.strip() and not self.raw and self.formula is None and not self.kept


@dataclass(slots=True)
class Row:
    """One row: its number, its attributes as they are written, its cells by column (from 1)."""

    number: int
    attributes: dict[str, str] = field(default_factory=dict)
    cells: dict[int, Cell] = field(default_factory=dict)


@dataclass
class Sheet:
    """A worksheet: its rows, the merged ranges, and the tree of everything else with an empty ``sheetData``."""

    name: str
    path: str
    hidden: bool
    tree: Document
    prefix: str
    rows: dict[int, Row]
    merges: list[tuple[int, int, int, int]]

    @property
    def root(self) -> Element:
        """The outermost element."""
        return root_of(self.tree)

    @property
    def last_row(self) -> int:
        """The last row that is written down."""
        return max(self.rows, default=0)


def cell_name(column: int, row: int) -> str:
    """A1 for column 1, row 1."""
    return f"{column_letters(column - 1)}{row}"


def column_number(letters: str) -> int:
    """1 for A."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def range_of(text: str) -> tuple[int, int, int, int] | None:
    """First column, first row, last column, last row of a range; ``None`` for whole rows or columns."""
    first, _, last = text.replace("$", "").partition(":")
    one, two = _REFERENCE.match(first), _REFERENCE.match(last or first)
    if one is None or two is None:
        return None
    return column_number(one[1]), int(one[2]), column_number(two[1]), int(two[2])


def shared_strings(package: Package, workbook: str) -> list[tuple[str, str | None]]:
    """The texts that sheets share: plain, and the XML where parts of a text are formatted."""
    paths = [path for kind, path in package.related(workbook).values() if kind == "sharedStrings"]
    if not paths or paths[0] not in package.parts:
        return []
    root = package.root(paths[0])
    return [_string(element) for element in children(root) if local(element) == "si"]


def _string(element: Element) -> tuple[str, str | None]:
    """The text of a shared or inline string, without readings; its XML when it has formatted parts."""
    runs = [part for part in children(element) if local(part) in {"r", "t"}]
    pieces = [text_of(t) for run in runs for t in ([run] if local(run) == "t" else elements(run, "t"))]
    rich = any(local(run) == "r" for run in runs) and ":" not in element.tagName
    return "".join(pieces), "".join(run.toxml() for run in runs) if rich else None


def read_sheet(package: Package, name: str, path: str, *, hidden: bool, strings: list[tuple[str, str | None]]) -> Sheet:
    """Read a sheet. TableDamagedError when its rows make no sense."""
    tree = package.tree(path)
    root = root_of(tree)
    data = child(root, "sheetData")
    rows: dict[int, Row] = {}
    if data is not None:
        shared: dict[str, tuple[str, str]] = {}
        number = 0
        for element in children(data):
            number = _number(element.getAttribute("r") or str(number + 1), package)
            rows[number] = _row(element, number, strings, shared, package)
        for node in list(data.childNodes):
            data.removeChild(node)
    merges = []
    for element in elements(root, "mergeCell"):
        found = range_of(element.getAttribute("ref"))
        if found is not None:
            merges.append(found)
    prefix = root.tagName.rpartition(":")[0]
    return Sheet(name, path, hidden, tree, f"{prefix}:" if prefix else "", rows, merges)


def _number(text: str, package: Package) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LAST_ROW:
        raise TableDamagedError(name=package.name)
    return int(text)


def _row(
    element: Element,
    number: int,
    strings: list[tuple[str, str | None]],
    shared: dict[str, tuple[str, str]],
    package: Package,
) -> Row:
    row = Row(number, {key: value for key, value in element.attributes.items() if key not in {"r", "spans"}})
    column = 0
    for part in children(element):
        reference = _REFERENCE.match(part.getAttribute("r"))
        column = column_number(reference[1]) if reference else column + 1
        if part.getAttribute("r") and (reference is None or int(reference[2]) != number):
            raise TableDamagedError(name=package.name)
        row.cells[column] = _cell(part, column, number, strings, shared)
    return row


def _cell(
    element: Element, column: int, row: int, strings: list[tuple[str, str | None]], shared: dict[str, tuple[str, str]]
) -> Cell:
    cell = Cell(column, element.getAttribute("s"), element.getAttribute("t"))
    formula, value = child(element, "f"), child(element, "v")
    raw = text_of(value) if value is not None else ""
    if formula is not None:
        return _formula(cell, element, formula, (column, row), shared)
    if cell.kind == "s":
        text, rich = strings[int(raw)] if raw.isdecimal() and int(raw) < len(strings) else ("", None)
        return replace(cell, text=text, rich=rich)
    inline = child(element, "is")
    if cell.kind == "inlineStr" and inline is not None:
        text, rich = _string(inline)
        return replace(cell, text=text, rich=rich)
    if cell.kind == "str":
        return replace(cell, text=raw)
    return replace(cell, raw=raw)


def _formula(
    cell: Cell, element: Element, formula: Element, at: tuple[int, int], shared: dict[str, tuple[str, str]]
) -> Cell:
    """A formula; one that is shared by several cells becomes each cell's own, so that rows can move apart."""
    kind, text = formula.getAttribute("t"), text_of(formula)
    if kind == "shared":
        here, key = cell_name(*at), formula.getAttribute("si")
        if text:
            shared[key] = (text, here)
        elif key in shared:
            first, origin = shared[key]
            try:
                text = str(FormulaTranslator(f"={first}", origin=origin).translate_formula(here)).removeprefix("=")
            except (TranslatorError, TokenizerError, ValueError):
                text = ""
        return replace(cell, formula=text or "NA()", kind="")
    if kind == "array":
        return replace(cell, formula=text, array=formula.getAttribute("ref"), kind="")
    if kind == "dataTable":
        return replace(cell, kept=element.toxml(), kind="")
    return replace(cell, formula=text, kind="")


# --- back to XML -----------------------------------------------------------------------------------------------------


def value_cell(cell: Cell, value: Value | Rich, *, date1904: bool, as_date: bool) -> Cell:
    """A cell with a value in place of what it held; the style stays.

    A text is stored as a text, so that one beginning with an equals sign is never a formula. ``as_date``: the style
    shows dates, so a date becomes a day number.
    """
    bare = Cell(cell.column, cell.style)
    if value is None or value == "":
        return bare
    if isinstance(value, Rich):
        return replace(bare, kind="inlineStr", rich=value.xml, text=value.text)
    if isinstance(value, date):
        if as_date:
            return replace(bare, raw=str((value - _EPOCHS[date1904]).days))
        return replace(bare, kind="inlineStr", text=value.isoformat())
    if isinstance(value, str):
        return replace(bare, kind="inlineStr", text=value)
    return replace(bare, raw=repr(value))


def row_xml(prefix: str, number: int, row: Row) -> str:
    """A row as XML at a number."""
    kept = "".join(f" {key}={quoteattr(value)}" for key, value in row.attributes.items())
    cells = "".join(_cell_xml(prefix, number, row.cells[column]) for column in sorted(row.cells))
    return f'<{prefix}row r="{number}"{kept}>{cells}</{prefix}row>'


def _cell_xml(prefix: str, row: int, cell: Cell) -> str:
    if cell.kept:
        return re.sub(r'(?<= r=")[A-Z]+\d+(?=")', cell_name(cell.column, row), cell.kept, count=1)
    style = f" s={quoteattr(cell.style)}" if cell.style else ""
    head = f'<{prefix}c r="{cell_name(cell.column, row)}"{style}'
    if cell.formula is not None:
        array = f' t="array" ref={quoteattr(cell.array)}' if cell.array else ""
        return f"{head}><{prefix}f{array}>{escape(legal(cell.formula))}</{prefix}f></{prefix}c>"
    if cell.rich is not None and not prefix:
        return f'{head} t="inlineStr"><{prefix}is>{cell.rich}</{prefix}is></{prefix}c>'
    if cell.text:
        inside = f'<{prefix}t xml:space="preserve">{escape(legal(cell.text)[:LONGEST])}</{prefix}t>'
        return f'{head} t="inlineStr"><{prefix}is>{inside}</{prefix}is></{prefix}c>'
    if cell.raw:
        kind = f" t={quoteattr(cell.kind)}" if cell.kind in {"b", "e", "n", "d"} else ""
        return f"{head}{kind}><{prefix}v>{escape(cell.raw)}</{prefix}v></{prefix}c>"
    return f"{head}/>"


# --- styles ----------------------------------------------------------------------------------------------------------

_DATE_FORMATS: Final = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
_PERCENT_FORMATS: Final = frozenset({9, 10})
_QUOTED: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


@dataclass(frozen=True, slots=True)
class Formats:
    """Which cell styles show dates, which show percentages, and which show a number as it comes (General or text)."""

    dates: frozenset[str]
    percents: frozenset[str]
    general: frozenset[str]


def read_formats(package: Package, workbook: str) -> Formats:
    """The formats of the workbook's cell styles, by style number."""
    paths = [path for kind, path in package.related(workbook).values() if kind == "styles"]
    if not paths or paths[0] not in package.parts:
        return Formats(frozenset(), frozenset(), frozenset({""}))
    root = package.root(paths[0])
    custom = {attribute(e, "numFmtId"): attribute(e, "formatCode") for e in elements(root, "numFmt")}
    styles = child(root, "cellXfs")
    numbers = [attribute(e, "numFmtId") for e in children(styles)] if styles is not None else []
    return Formats(
        dates=_styles(numbers, custom, _DATE_FORMATS, "yd"),
        percents=_styles(numbers, custom, _PERCENT_FORMATS, "%"),
        general=frozenset({"", *(str(at) for at, number in enumerate(numbers) if number in {"0", "49", ""})}),
    )


def _styles(numbers: Iterable[str], custom: Mapping[str, str], shipped: frozenset[int], marks: str) -> frozenset[str]:
    found = []
    for at, number in enumerate(numbers):
        code = _QUOTED.sub("", custom.get(number, "")).lower()
        if (number.isdecimal() and int(number) in shipped and number not in custom) or any(m in code for m in marks):
            found.append(str(at))
    return frozenset(found)
