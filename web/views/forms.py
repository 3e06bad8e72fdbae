"""Forms as the pages show them: which are kept, what one asks for, what it will be filled with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from gridmap.areas.tree import AreaTree
from gridmap.forms.areas import AreaSource
from gridmap.forms.preview import Line, Standing, columns, lines, options
from gridmap.forms.service import KeptForm
from gridmap.forms.tables import ListTable
from gridmap.forms.understanding import Form
from gridmap.forms.vocabulary import Rows, Vocabulary
from gridmap.forms.words import REASONS, said
from gridmap.i18n import Translator
from web.frame import place_name
from web.views.accounts import local
from web.views.lists import Option

SIGNS: Final = {
    Standing.FILLED: "meets",
    Standing.UNKNOWN: "at_risk",
    Standing.NEVER: "no_data",
    Standing.EMPTY: "no_data",
}
"""The sign beside each line."""


@dataclass(frozen=True, slots=True)
class FormRow:
    """A kept form in a list."""

    name: str
    version: int
    area_name: str
    by: str
    at: datetime
    size_bytes: int
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class LineView:
    """One placeholder or column; ``code`` is what it is filled with, ``hint`` why it stays empty."""

    at: str
    name: str
    sign: str
    item: str
    code: str
    value: str
    hint: str
    fixed: bool


@dataclass(frozen=True, slots=True)
class SheetView:
    """A sheet: its placeholders, or its columns with what may be chosen for them."""

    number: int
    name: str
    lines: list[LineView]
    is_table: bool = False
    rows: str = ""
    rows_label: str = ""
    kinds: list[Option] = field(default_factory=list)
    items: list[Option] = field(default_factory=list)
    problem: str | None = None

    @property
    def has_values(self) -> bool:
        """Whether any line has a value to show."""
        return any(line.value for line in self.lines)


@dataclass(frozen=True, slots=True)
class FormView:
    """A form: what it is, what it asks for, whether it lists people."""

    name: str
    version: int
    file_name: str
    size_bytes: int
    area_name: str
    by: str
    at: datetime
    path: str
    sheets: list[SheetView]
    problems: list[str]
    rows: list[str]
    lists_people: bool
    asks: bool
    unknown: int
    versions: list[FormRow]
    may_keep: bool


def form_row(form: KeptForm, tree: AreaTree, language: str, current: KeptForm | None = None) -> FormRow:
    """A kept form as a row."""
    node = tree.get(form.area_id)
    return FormRow(
        name=form.name,
        version=form.version,
        area_name="" if node is None else place_name(tree, node, language),
        by=form.uploaded_name,
        at=local(form.uploaded_at),
        size_bytes=form.size_bytes,
        href=path_of(form),
        current=current is not None and current.id == form.id,
    )


def path_of(form: KeptForm) -> str:
    """The page of a form."""
    return f"/forms/{form.region}/{form.id}"


def form_view(
    kept: KeptForm,
    form: Form,
    source: AreaSource,
    words: Vocabulary,
    text: Translator,
    versions: Sequence[FormRow],
    *,
    may_keep: bool,
) -> FormView:
    """A form with what every placeholder and column will be filled with; one of ``versions`` is the current."""
    row = next(version for version in versions if version.current)
    sheets = _sheets(form, source, words, text)
    kinds = sorted(form.kinds())
    return FormView(
        name=kept.name, version=kept.version, file_name=kept.file_name, size_bytes=kept.size_bytes,
        area_name=row.area_name, by=row.by, at=row.at, path=row.href, sheets=sheets,
        problems=[said(problem, text) for problem in form.problems],
        rows=[words.row_label(kind, text.language) for kind in kinds],
        lists_people=Rows.RESIDENTS in kinds, asks=form.asks,
        unknown=sum(line.sign == "at_risk" for sheet in sheets for line in sheet.lines),
        versions=list(versions) if len(versions) > 1 else [], may_keep=may_keep,
    )  # fmt: skip


def _sheets(form: Form, source: AreaSource, words: Vocabulary, text: Translator) -> list[SheetView]:
    tables = {table.sheet: table for table in form.tables}
    found = lines(form, source, text.language)
    sheets = []
    for number, sheet in enumerate(form.sheets):
        own = [_line(line, text) for line in found if line.sheet == sheet.name]
        if sheet.name in tables:
            sheets.append(_table(number, tables[sheet.name], source, words, text))
        elif own:
            sheets.append(SheetView(number, sheet.name, own))
    return sheets


def _table(number: int, table: ListTable, source: AreaSource, words: Vocabulary, text: Translator) -> SheetView:
    language = text.language
    return SheetView(
        number=number,
        name=table.sheet,
        lines=[_line(line, text) for line in columns(table, source, language)],
        is_table=True,
        rows="" if table.rows is None else table.rows.value,
        rows_label="" if table.rows is None else words.row_label(table.rows, language),
        kinds=[Option(kind.value, words.row_label(kind, language)) for kind in Rows],
        items=[] if table.rows is None else [Option(*choice) for choice in options(words, table.rows, language)],
        problem=None if table.problem is None else text.text("{what}", what=table.problem),
    )


def _line(line: Line, text: Translator) -> LineView:
    hint = ""
    if line.reason:
        hint = text.gettext(REASONS[line.reason])
    if line.nearest:
        hint = text.text("{reason} – perhaps {names}?", reason=hint, names=list(line.nearest))
    return LineView(
        at=line.at, name=line.name, sign=SIGNS[line.standing], item=line.item, code=line.code, value=line.value,
        hint=hint, fixed=line.standing is Standing.NEVER,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """For what area and date a form is looked at."""

    area: str
    as_of: date
