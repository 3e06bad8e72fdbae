"""Take a list along as a file: as filtered and sorted on the screen, masked, or in full for a purpose by those who may
unmask. Everybody in the file stands in the log before it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from gridmap.access.policy import Action
from gridmap.access.scope import require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.codes.lists import code_list
from gridmap.errors import GridmapError, InvalidInputError, PurposeRequiredError
from gridmap.i18n import Translator
from gridmap.indicators.service import Crowd
from gridmap.indicators.tree import CELL, AreaTree
from gridmap.residents.reading import log_list, said_purpose, visible_of
from gridmap.residents.repository import Resident
from gridmap.residents.service import read_persons
from gridmap.residents.views import PersonView, view_of
from gridmap.rosters.filters import FIELD_WORDS, VALUE_WORDS, DwellingFilter, PeopleFilter, filter_texts
from gridmap.rosters.service import DwellingRow, DwellingsWanted, PeopleWanted, Rosters
from gridmap.rosters.sheet import FORMATS, Cell, Heading, write_sheet
from gridmap.store.store import UnitOfWork

MOST_ROWS: Final = 20_000
"""Rows that one file may have: more is a copy of the register, which nobody needs for their work."""

EXPORTED: Final = "person.export"
DWELLINGS_EXPORTED: Final = "dwelling.export"
_CHUNK: Final = 500
_UTC_TO_OFFICE: Final = timedelta(hours=8)
_ALWAYS: Final = (
    ("number", 6), ("name", 12), ("sex", 6), ("age", 6), ("id_number", 21), ("telephone", 14), ("relationship", 12),
    ("marital", 10), ("category", 16), ("dwelling", 30), ("grid", 22), ("since", 12),
)  # fmt: skip
_IN_FULL: Final = (("birth_date", 12), ("ethnic_group", 10), ("registered_address", 34), ("work_unit", 24))
_DWELLINGS: Final = (
    ("number", 6), ("dwelling", 30), ("floor", 8), ("grid", 22), ("state", 12), ("tenure", 14), ("use", 12),
    ("residents", 10), ("households", 10), ("visit", 12),
)  # fmt: skip

COLUMN_WORDS: Final = {
    "number": "No.",
    "name": "Name",
    "sex": "Sex",
    "age": "Age",
    "id_number": "Identity number",
    "telephone": "Telephone",
    "relationship": "Relationship to the head",
    "marital": "Marital status",
    "category": "Category",
    "dwelling": "Dwelling",
    "grid": "Grid",
    "since": "Since",
    "birth_date": "Date of birth",
    "ethnic_group": "Ethnic group",
    "registered_address": "Registered address",
    "work_unit": "Work unit",
    "floor": "Floor",
    "state": "State",
    "tenure": "Tenure",
    "use": "Use",
    "residents": "Residents",
    "households": "Households",
    "visit": "Last visit",
}
"""What the columns are called: message ids."""

STATE_WORDS: Final = {
    "registered": "Registered",
    "floating": "Floating",
    "let": "Let",
    "several": "Several hh.",
    "vacant": "Vacant",
    "unverified": "Unverified",
}
"""What the states of dwellings are called: message ids."""


class TooManyRowsError(GridmapError):
    """A list longer than a file may be."""

    code = "too_many_rows"
    message = "The list has {count} rows; a file may have {limit}."
    hint = "Narrow the list by area or filter and export it in parts."


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is to be written: one of `FORMATS`; in full or masked; why, where it is in full."""

    format: str = "xlsx"
    full: bool = False
    purpose: str = ""
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class File:
    """A finished file. Its name says the area and the date, never whom it lists."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A finished file that nobody may have yet: `hand_over` gives it once it is in the log."""

    action: str
    region: int
    details: Mapping[str, object]
    residents: Sequence[Resident] = field(repr=False)
    purpose: str | None = field(repr=False)
    file: File = field(repr=False)


def hand_over(unit: UnitOfWork, actor: Actor, draft: Draft) -> File:
    """Enter a file into the log, with everybody who is in it, and give it out when the unit of work has committed.

    Apart from making the file, which takes a while, so that nobody waits to write meanwhile.
    """
    if draft.action == EXPORTED:
        log_list(unit, actor, draft.residents, draft.details, draft.action, draft.purpose)
    else:
        audit.record(unit, actor, draft.action, region=draft.region, details=draft.details)
    return draft.file


def export_people(
    unit: UnitOfWork, rosters: Rosters, actor: Actor, wanted: PeopleWanted, order: Order, words: Translator
) -> Draft:
    """Write a list of residents, to be handed over by `hand_over`.

    Raises:
        PermissionDeniedError, NotFoundError: the actor may not list (or not unmask) the residents of the area.
        PurposeRequiredError: in full without a purpose.
        TooManyRowsError, InvalidInputError: too long; no such format.
    """
    _check_format(order)
    purpose = said_purpose(order.purpose, order.note)
    if order.full:
        require_area(unit, actor, Action.PERSON_REVEAL, wanted.area_id)
        if purpose is None:
            raise PurposeRequiredError
    crowd = rosters.people(unit, actor, wanted)
    _check_length(len(crowd))
    residents = _residents(unit, actor, wanted, crowd, full=order.full)
    tree = crowd.snapshot.areas
    details = {
        "area": str(wanted.area_id), "as_of": wanted.day, "rows": len(residents), "format": order.format,
        "fields": "full" if order.full else "masked", "figure": " ".join(wanted.figures) or "population",
    }  # fmt: skip
    columns = _ALWAYS + (_IN_FULL if order.full else ())
    title = words.gettext("Residents")
    heading = _heading(unit, actor, tree, wanted, (title, columns, len(residents)), words, full=order.full)
    lists = _Labels(words)
    cells = (
        _person_cells(number, view_of(unit, resident, wanted.day, revealed=order.full), rosters, wanted, tree, lists)
        for number, resident in enumerate(residents, start=1)
    )
    name = f"{title}-{_code(tree, wanted.area_id)}-{wanted.day:%Y%m%d}.{order.format}"
    file = File(name, FORMATS[order.format], write_sheet(order.format, heading, cells), len(residents))
    said = purpose if order.full or wanted.words.text else None
    return Draft(EXPORTED, audit.INSTALLATION_REGION, details, residents, said, file)


def export_dwellings(
    unit: UnitOfWork, rosters: Rosters, actor: Actor, wanted: DwellingsWanted, order: Order, words: Translator
) -> Draft:
    """Write a list of dwellings. Raises as `export_people`."""
    _check_format(order)
    _, total = rosters.dwellings_page(unit, actor, wanted, limit=0, offset=0)
    _check_length(total)
    tree = rosters.figures.snapshot().areas
    region = int(tree.region[tree.positions[wanted.area_id]])
    details = {"area": str(wanted.area_id), "as_of": wanted.day, "rows": total, "format": order.format}

    def rows() -> Iterator[Sequence[Cell]]:
        for offset in range(0, total, _CHUNK):
            page, _ = rosters.dwellings_page(unit, actor, wanted, limit=_CHUNK, offset=offset)
            for number, row in enumerate(page, start=offset + 1):
                yield _dwelling_cells(number, row, tree, words)

    title = words.gettext("Dwellings")
    heading = _heading(unit, actor, tree, wanted, (title, _DWELLINGS, total), words, full=False)
    name = f"{title}-{_code(tree, wanted.area_id)}-{wanted.day:%Y%m%d}.{order.format}"
    file = File(name, FORMATS[order.format], write_sheet(order.format, heading, rows()), total)
    return Draft(DWELLINGS_EXPORTED, region, details, (), None, file)


def _check_format(order: Order) -> None:
    if order.format not in FORMATS:
        raise InvalidInputError(field="Format", reason="not a usable value")


def _check_length(rows: int) -> None:
    if rows > MOST_ROWS:
        raise TooManyRowsError(count=f"{rows:,}", limit=f"{MOST_ROWS:,}")


def _residents(unit: UnitOfWork, actor: Actor, wanted: PeopleWanted, crowd: Crowd, *, full: bool) -> list[Resident]:
    """The people of a list whom the actor may take along; in full only those whom they may unmask."""
    found: list[Resident] = []
    for offset in range(0, len(crowd), _CHUNK):
        refs = [(ref.region, ref.id) for ref in crowd.page(offset, _CHUNK)]
        chunk = read_persons(unit, actor, wanted.area_id, refs, wanted.day)
        if full:
            chunk = visible_of(unit, chunk, scope_of(actor, Action.PERSON_REVEAL), local_today(unit))
        found += chunk
    return found


def _heading(
    unit: UnitOfWork, actor: Actor, tree: AreaTree, wanted: PeopleWanted | DwellingsWanted,
    listed: tuple[str, tuple[tuple[str, int], ...], int], words: Translator, *, full: bool,
) -> Heading:  # fmt: skip
    title, columns, rows = listed
    area = area_label(tree, wanted.area_id, words.language)
    lines = [words.text("{area}, as of {day}, {rows} rows", area=area, day=wanted.day.isoformat(), rows=f"{rows:,}")]
    said = said_filter(wanted.filter, words)
    if isinstance(wanted, PeopleWanted) and wanted.words.text:
        said.append(words.gettext("found by what was looked for"))
    if said:
        lines.append(words.text("Only: {filters}", filters=said))
    made = (unit.now + _UTC_TO_OFFICE).strftime("%Y-%m-%d %H:%M")
    lines.append(words.text("Made {at} by {name}", at=made, name=actor.display_name or actor.username))
    if full:
        lines.append(words.gettext("Contains personal data in full: keep it locked away and delete it after use."))
    named = tuple((words.gettext(COLUMN_WORDS[name]), width) for name, width in columns)
    return Heading(title, tuple(lines), named, words.language)


def said_filter(wanted: PeopleFilter | DwellingFilter, words: Translator) -> list[str]:
    """What a list is narrowed to, in words."""
    said = []
    for name, value in filter_texts(wanted).items():
        if name not in {"sort", "order"}:
            shown = value_label(name, value, words)
            said.append(words.text("{field}: {value}", field=words.gettext(FIELD_WORDS[name]), value=shown))
    return said


def value_label(name: str, word: str, words: Translator) -> str:
    """What a word of a filter is called; numbers and dates stay as they are."""
    if name in {"presence", "sex"}:
        return code_list("presence" if name == "presence" else "sex").label(word, words.language)
    if name == "state":
        return words.gettext(STATE_WORDS[word])
    return words.gettext(VALUE_WORDS[word]) if word in VALUE_WORDS else word


@dataclass(frozen=True, slots=True)
class _Labels:
    """Codes of code lists in a language."""

    words: Translator

    def of(self, name: str, code: str | None) -> str | None:
        return None if code is None else code_list(name).label(code, self.words.language)


def _person_cells(
    number: int, view: PersonView, rosters: Rosters, wanted: PeopleWanted, tree: AreaTree, lists: _Labels
) -> list[Cell]:
    area_id = view.area_id
    if view.building_id is not None:
        area_id = rosters.figures.area_of_building(view.region, view.building_id, wanted.day) or area_id
    cells: list[Cell] = [
        number, view.name, lists.of("sex", view.sex), view.age, view.id_number, view.phone,
        lists.of("relationship", view.relationship), lists.of("marital_status", view.marital_status),
        lists.of("presence", view.presence), view.place,
        area_label(tree, area_id or wanted.area_id, lists.words.language), view.since,
    ]  # fmt: skip
    if view.revealed:
        cells += [
            view.birth_date, lists.of("ethnic_group", view.ethnic_group), view.registered_address, view.work_unit,
        ]  # fmt: skip
    return cells


def _dwelling_cells(number: int, row: DwellingRow, tree: AreaTree, words: Translator) -> list[Cell]:
    room = f"{row.unit}-{row.room}" if row.unit else row.room
    return [
        number, f"{row.building} {room}", row.floor, area_label(tree, row.area_id, words.language),
        words.gettext(STATE_WORDS[row.state]),
        None if row.tenure == "unknown" else words.gettext(VALUE_WORDS[row.tenure]),
        words.gettext(VALUE_WORDS[row.use]) if row.use in VALUE_WORDS else row.use,
        row.people, row.households, row.verified_on,
    ]  # fmt: skip


def area_label(tree: AreaTree, area_id: UUID | None, language: str) -> str:
    """An area by name; a cell with its community, which says where it is."""
    position = tree.positions.get(area_id) if area_id is not None else None
    if position is None:
        return ""

    def named(place: int) -> str:
        return (tree.english[place] if language == "en" else None) or tree.names[place]

    parent = int(tree.parent[position])
    if tree.levels[position] != CELL or parent < 0 or tree.names[position].startswith(tree.names[parent]):
        return named(position)
    return f"{named(parent)}{' ' if language == 'en' else ''}{named(position)}"


def _code(tree: AreaTree, area_id: UUID) -> str:
    return tree.codes[tree.positions[area_id]]
