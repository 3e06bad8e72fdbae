"""Where rows go when parts of a sheet are repeated, and everything that refers to them: formulas, merged cells,
ranges of conditional formats and checks, print areas, charts, pictures, notes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.dom.minidom import Element

from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError

from gridmap.forms.package import Package, add_after, add_last, child, children, elements, local, set_text, text_of
from gridmap.forms.sheet import LAST_ROW, Sheet, cell_name

_CELL: Final = re.compile(r"^(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d{0,6})$")
_WHOLE_ROW: Final = re.compile(r"^(\$?)([1-9]\d{0,6})$")
_CHART_FORMULA: Final = re.compile(rb"(<(?:\w+:)?f>)([^<]*)(</(?:\w+:)?f>)")
_VML_ROW: Final = re.compile(rb"(<x:Row>)(\d{1,7})(</x:Row>)")
_VML_ANCHOR: Final = re.compile(rb"(<x:Anchor>)([^<]*)(</x:Anchor>)")
LONGEST_FORMULA: Final = 8192


@dataclass(frozen=True, slots=True)
class Edit:
    """Some rows of a sheet that become more or fewer.

    Rows ``first`` to ``last`` give way to ``copies`` of the rows ``top`` to ``bottom`` among them, and to as many
    empty rows that at least ``least`` rows are there. Without a single copy the template stays once, emptied.
    """

    first: int
    last: int
    top: int
    bottom: int
    copies: int
    least: int = 0

    @property
    def height(self) -> int:
        """Rows of one copy."""
        return self.bottom - self.top + 1

    @property
    def out(self) -> int:
        """Rows there are afterwards."""
        return max(max(self.copies, 1) * self.height, self.least)


@dataclass(frozen=True)
class RowMap:
    """Old rows to new ones; ``edits`` do not overlap."""

    edits: tuple[Edit, ...] = ()
    _starts: dict[Edit, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find out where each edit begins afterwards."""
        shift = 0
        for edit in sorted(self.edits, key=lambda edit: edit.first):
            self._starts[edit] = edit.first + shift
            shift += edit.out - (edit.last - edit.first + 1)

    def begin(self, edit: Edit) -> int:
        """The new row an edit begins at."""
        return self._starts[edit]

    def edit_of(self, row: int) -> Edit | None:
        """The edit a row belongs to."""
        return next((edit for edit in self.edits if edit.first <= row <= edit.last), None)

    def start(self, row: int) -> int:
        """The new row of a reference to one row, or of the first row of a range."""
        edit = self.edit_of(row)
        if edit is None:
            return self._outside(row)
        return self._starts[edit] + min(max(row - edit.top, 0), edit.out - 1)

    def end(self, row: int) -> int:
        """The new row of the last row of a range: what lies in a repeated part reaches to its last copy."""
        edit = self.edit_of(row)
        if edit is None:
            return self._outside(row)
        last = self._starts[edit] + edit.out - 1
        tail = edit.bottom if edit.least == 0 else edit.last
        return max(last - max(tail - row, 0), self._starts[edit])

    def copy(self, row: int, number: int) -> int:
        """The new row of a template row in one of its copies (from 0)."""
        edit = self.edit_of(row)
        if edit is None or not edit.top <= row <= edit.bottom:
            return self.start(row)
        return self._starts[edit] + number * edit.height + row - edit.top

    def _outside(self, row: int) -> int:
        shift = sum(edit.out - (edit.last - edit.first + 1) for edit in self.edits if edit.last < row)
        return min(max(row + shift, 1), LAST_ROW)


Maps = Mapping[str, RowMap]
"""Row maps by the names of their sheets, lower case."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a formula stands: its sheet, and in which copy of which edit."""

    sheet: str
    edit: Edit | None = None
    copy: int = 0


def shift_formula(formula: str, place: Place, maps: Maps) -> str:
    """A formula (without equals sign) after rows have moved.

    Relative references to the repeated rows themselves follow their copy; ranges that end in repeated rows reach to
    the last copy; all others follow their row.
    """
    if not any(map_.edits for map_ in maps.values()) or len(formula) > LONGEST_FORMULA:
        return formula
    try:
        tokens = Tokenizer(f"={formula}").items
    except (TokenizerError, IndexError):
        return formula
    return "".join(_shifted(token, place, maps) for token in tokens)


def _shifted(token: Token, place: Place, maps: Maps) -> str:
    value = str(token.value)
    if token.type != Token.OPERAND or token.subtype != Token.RANGE:
        return value
    sheet, mark, reference = value.rpartition("!")
    name = sheet.strip("'").replace("''", "'") if mark else place.sheet
    map_ = maps.get(name.lower())
    if map_ is None:
        return value
    own = place if name.lower() == place.sheet.lower() else Place(name)
    return f"{sheet}{mark}{_reference(reference, own, map_)}"


def _reference(reference: str, place: Place, map_: RowMap) -> str:
    first, colon, last = reference.partition(":")
    if not colon:
        return _point(first, place, map_, at_end=False)
    if place.edit is None and _CELL.match(first) and _CELL.match(last):
        # A range may be written from below: the lower end is the one that grows.
        upward = int(_CELL.match(first)[4]) > int(_CELL.match(last)[4])  # type: ignore[index]
        return f"{_point(first, place, map_, at_end=upward)}:{_point(last, place, map_, at_end=not upward)}"
    return f"{_point(first, place, map_, at_end=False)}:{_point(last, place, map_, at_end=True)}"


def _point(text: str, place: Place, map_: RowMap, *, at_end: bool) -> str:
    cell, whole = _CELL.match(text), _WHOLE_ROW.match(text)
    if cell is not None:
        lead, row, fixed = f"{cell[1]}{cell[2]}{cell[3]}", int(cell[4]), bool(cell[3])
    elif whole is not None:
        lead, row, fixed = whole[1], int(whole[2]), bool(whole[1])
    else:
        return text
    edit = place.edit
    if edit is not None and not fixed and edit.top <= row <= edit.bottom:
        return f"{lead}{map_.copy(row, place.copy)}"
    return f"{lead}{map_.end(row) if at_end else map_.start(row)}"


def shift_range(text: str, map_: RowMap, *, spread: bool = False) -> str:
    """One or more ranges after rows have moved; ``spread``: what names one repeated cell then names all its copies."""
    moved = []
    for part in text.split():
        one = _CELL.match(part)
        both = f"{part}:{part}" if spread and one is not None else part
        first, colon, last = _reference(both, Place(""), map_).partition(":")
        moved.append(first if first == last else f"{first}{colon}{last}")
    return " ".join(moved)


def shift_merges(merges: Sequence[tuple[int, int, int, int]], map_: RowMap) -> list[tuple[int, int, int, int]]:
    """Merged ranges after rows have moved: those of repeated rows come with each copy."""
    moved: list[tuple[int, int, int, int]] = []
    for left, first, right, last in merges:
        edit = map_.edit_of(first)
        if edit is not None and edit.top <= first and last <= edit.bottom:
            moved += [
                (left, map_.copy(first, number), right, map_.copy(last, number))
                for number in range(max(edit.copies, 1))
            ]
        elif edit is None or edit is not map_.edit_of(last) or last > edit.last or first <= edit.bottom < last:
            moved.append((left, map_.start(first), right, map_.end(last)))
    # What lay in spare rows gave way to the copies; a merge of one cell is none.
    return [merge for merge in moved if merge[0] != merge[2] or merge[1] < merge[3]]


# --- the parts that refer to rows ------------------------------------------------------------------------------------

_RANGES: Final = frozenset({"ref", "sqref", "activeCell"})
_FORMULAS: Final = frozenset({"f", "formula", "formula1", "formula2"})


def shift_sheet(sheet: Sheet, maps: Maps) -> None:
    """Move everything in a sheet's tree beside its rows: ranges, formulas of formats and checks, page breaks."""
    map_ = maps.get(sheet.name.lower(), RowMap())
    root = sheet.root
    for gone in [part for part in children(root) if local(part) in {"dimension", "mergeCells"}]:
        root.removeChild(gone)
    waiting = [root]
    while waiting:
        element = waiting.pop()
        waiting.extend(children(element))
        for key in [key for key in element.attributes.keys() if key in _RANGES]:  # noqa: SIM118 - no mapping
            spread = key == "sqref" and local(element) != "selection"
            element.setAttribute(key, shift_range(element.getAttribute(key), map_, spread=spread))
        name = local(element)
        if name in _FORMULAS and text_of(element):
            set_text(element, shift_formula(text_of(element), Place(sheet.name), maps))
        elif name == "sqref":
            set_text(element, shift_range(text_of(element), map_, spread=True))
        elif name == "rowBreaks":
            _shift_breaks(element, map_)
    _put_merges(sheet, shift_merges(sheet.merges, map_))


def _shift_breaks(breaks: Element, map_: RowMap) -> None:
    """A page break stands below its row."""
    for mark in children(breaks):
        row = mark.getAttribute("id")
        if row.isdecimal() and int(row):
            mark.setAttribute("id", str(map_.end(int(row))))


_AFTER_MERGES: Final = frozenset(
    {"sheetData", "sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState",
     "dataConsolidate", "customSheetViews"}
)  # fmt: skip
"""The parts of a sheet that stand before its merged cells."""


def _put_merges(sheet: Sheet, merges: list[tuple[int, int, int, int]]) -> None:
    if not merges:
        return
    holder = add_after(sheet.root, "mergeCells", _AFTER_MERGES)
    holder.setAttribute("count", str(len(merges)))
    for left, first, right, last in merges:
        merge = add_last(holder, "mergeCell")
        merge.setAttribute("ref", f"{cell_name(left, first)}:{cell_name(right, last)}")


def shift_companions(package: Package, sheet: Sheet, map_: RowMap) -> None:
    """Move what lies in parts of their own: pictures and charts, notes, tables."""
    if not map_.edits:
        return
    for kind, path in package.related(sheet.path).values():
        if path not in package.parts:
            continue
        if kind == "drawing":
            _shift_anchors(package, path, map_)
        elif kind == "vmlDrawing":
            package.put(path, _shift_vml(package.parts[path], map_))
        elif kind in {"comments", "threadedComment", "table"}:
            for element in elements(package.root(path), _HOLDERS[kind]):
                if element.getAttribute("ref"):
                    element.setAttribute("ref", shift_range(element.getAttribute("ref"), map_))
            if kind == "table":
                for element in elements(package.root(path), "autoFilter"):
                    element.setAttribute("ref", shift_range(element.getAttribute("ref"), map_))
            package.put_tree(path)


_HOLDERS: Final = {"comments": "comment", "threadedComment": "threadedComment", "table": "table"}


def _shift_anchors(package: Package, path: str, map_: RowMap) -> None:
    """Anchors count rows from 0. What is anchored by two corners keeps its height unless rows inside are repeated."""
    for name, move in (("from", map_.start), ("to", map_.end)):
        for corner in elements(package.root(path), name):
            row = child(corner, "row")
            if row is not None and text_of(row).strip().isdecimal():
                set_text(row, str(move(int(text_of(row)) + 1) - 1))
    package.put_tree(path)


def _shift_vml(content: bytes, map_: RowMap) -> bytes:
    """Notes: the row they belong to, and the rows of their box (third and seventh number of an anchor, from 0)."""

    def anchor(match: re.Match[bytes]) -> bytes:
        numbers = match[2].split(b",")
        if len(numbers) == 8 and all(number.strip().isdigit() for number in numbers):
            for place in (2, 6):
                numbers[place] = b" %d" % (map_.start(int(numbers[place]) + 1) - 1)
        return match[1] + b",".join(numbers) + match[3]

    moved = _VML_ROW.sub(lambda m: b"%s%d%s" % (m[1], map_.start(int(m[2]) + 1) - 1, m[3]), content)
    return _VML_ANCHOR.sub(anchor, moved)


def shift_workbook(package: Package, workbook: str, maps: Maps) -> None:
    """Move defined names and what charts are drawn from, and have everything calculated when it is opened."""
    root = package.root(workbook)
    for name in elements(root, "definedName"):
        set_text(name, shift_formula(text_of(name), Place(""), maps))
    calculation = child(root, "calcPr")
    if calculation is None:
        calculation = add_after(root, "calcPr", _BEFORE_CALCULATION)
    calculation.setAttribute("fullCalcOnLoad", "1")
    package.put_tree(workbook)
    for path in [path for path in package.parts if path.startswith("xl/charts/") and path.endswith(".xml")]:
        package.put(path, _CHART_FORMULA.sub(lambda match: _chart(match, maps), package.parts[path]))
    package.drop("xl/calcChain.xml")


_BEFORE_CALCULATION: Final = frozenset(
    {"fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
     "externalReferences", "definedNames"}
)  # fmt: skip


def _chart(match: re.Match[bytes], maps: Maps) -> bytes:
    text = match[2].decode("utf-8", "replace")
    plain = text.replace("&apos;", "'").replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")
    moved = shift_formula(plain.replace("&amp;", "&"), Place(""), maps)
    escaped = moved.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return match[1] + escaped.encode() + match[3]
