"""Forms made for tests, and how a filled one is read."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import xlsxwriter

from gridmap.forms.filling import Figure, Given
from gridmap.forms.understanding import Choices, Form, open_form
from gridmap.forms.vocabulary import Item, Rows, vocabulary
from gridmap.indicators.registry import shipped_registry

WORDS = vocabulary(shipped_registry())
AS_OF = date(2026, 11, 20)
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
"""When every form of the tests was made, so that the same cells are the same file."""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100"
    "18dd8db00000000049454e44ae426082"
)
"""A picture of one point (PNG)."""


def book(draw: Callable[[Any, Any], None], sheet: str = "表1") -> bytes:
    """A workbook with one sheet, drawn by a function of the workbook and the sheet."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as made:
        made.set_properties({"created": CREATED})
        draw(made, made.add_worksheet(sheet))
    return target.getvalue()


def cells(**texts: object) -> bytes:
    """A workbook with some cells."""

    def draw(_: Any, sheet: Any) -> None:
        for at, value in texts.items():
            (sheet.write_formula if str(value).startswith("=") else sheet.write)(at, value)

    return book(draw)


def opened(content: bytes, choices: Choices | None = None) -> Form:
    """A form as it is understood."""
    return open_form("form.xlsx", content, WORDS, choices)


Lines = Mapping[Rows, Sequence[Mapping[str, Given]]]


class Line:
    """A row with fixed values; figures are found under their key."""

    def __init__(self, values: Mapping[str, Given]) -> None:
        self.values = values

    def value(self, item: Item) -> Given:
        """What the row holds."""
        return self.values.get(item.key)


class Fixed:
    """A source with fixed values."""

    def __init__(
        self,
        values: Mapping[str, Given] | None = None,
        rows: Mapping[Rows, Sequence[Mapping[str, Given]]] | None = None,
    ) -> None:
        self.values = {"date": AS_OF, "street": "龙舌坡街道", "population": Figure(10315), **(values or {})}
        self.lines = {kind: [Line(line) for line in lines] for kind, lines in (rows or {}).items()}

    def value(self, item: Item) -> Given:
        """An item of the whole form."""
        return self.values.get(item.key)

    def rows(self, rows: Rows) -> Sequence[Line]:
        """The rows of a kind."""
        return self.lines.get(rows, [])

    def day(self, day: date) -> str:
        """A date as a text."""
        return f"{day.year}年{day.month}月{day.day}日"


def people(count: int) -> dict[Rows, list[dict[str, Given]]]:
    """Residents with numbers for names."""
    return {Rows.RESIDENTS: [{"number": n, "name": f"居民{n}", "age": n, "sex": "男"} for n in range(1, count + 1)]}


def areas(count: int) -> dict[Rows, list[dict[str, Given]]]:
    """Areas below with their population, 1, 2, 3 …"""
    lines: list[dict[str, Given]] = [
        {"number": n, "name": f"第{n}网格", "population": Figure(n)} for n in range(1, count + 1)
    ]
    return {Rows.CELLS: lines, Rows.CHILDREN: lines}


def sheet_of(content: bytes, name: str | None = None) -> Any:
    """A sheet of a workbook by openpyxl."""
    loaded = openpyxl.load_workbook(io.BytesIO(content))
    return loaded[name] if name else loaded.worksheets[0]


def part(content: bytes, path: str) -> bytes:
    """A part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(path)


def repacked(content: bytes, **parts: bytes) -> bytes:
    """A workbook with some parts replaced or added (``__`` for a slash, ``_xml`` for its end)."""
    target = io.BytesIO()
    new = {re.sub("_xml$", ".xml", name.replace("__", "/")): body for name, body in parts.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for info in archive.infolist():
            if info.filename not in new:
                made.writestr(info.filename, archive.read(info))
        for name, body in new.items():
            made.writestr(name, body)
    return target.getvalue()
