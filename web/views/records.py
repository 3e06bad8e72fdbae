"""The page of a record: what it is now, what can be done about it, and its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from gridmap.bootstrap import UnitOfWork
from gridmap.changes.service import Conflict
from gridmap.editing.fields import HIDDEN, Field, Record, fields_of
from gridmap.editing.history import Entry, FieldChange, user_names
from gridmap.editing.showing import PersonSheet
from gridmap.editing.undo import is_by_hand
from gridmap.editing.words import DEEDS, ENDINGS
from gridmap.i18n import Translator
from web.edits.parts import said_value
from web.site import OFFICE_ZONE

STATES: Final = {"here": "Lives here", "left": "Moved out", "deceased": "Deceased", "struck": "Taken out of the count"}
_EXTRA: Final = {"place": "Dwelling", "verified_on": "Verified on"}


@dataclass(frozen=True, slots=True)
class Line:
    """A field of a history: before and after, in words; ``before`` is empty where nothing was recorded."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry of a history."""

    title: str
    at: datetime
    by: str | None
    file_name: str | None
    lines: list[Line]
    holds_from: date | None
    corrected: bool
    ending: str | None
    undo_href: str | None
    undone: str | None


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A change that stands in the way of an undo."""

    title: str
    at: datetime | None
    by: str | None
    records: int
    undo_href: str | None


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done about a record."""

    label: str
    href: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a record."""

    label: str
    value: str


def deed_word(kind: str, text: Translator) -> str:
    """What a kind of change is called; the kind itself where it has no word."""
    return text.gettext(DEEDS[kind]) if kind in DEEDS else kind


def history_rows(entries: Sequence[Entry], record: Record, text: Translator) -> list[HistoryRow]:
    """A history in words."""
    return [_row(entry, record, text) for entry in entries]


def _row(entry: Entry, record: Record, text: Translator) -> HistoryRow:
    undone = None
    if entry.undone_at is not None:
        undone = text.text("Undone by {who}", who=entry.undone_by or "–")
    ending = None
    if entry.ended is not None and entry.ended[0] in ENDINGS:
        ending = text.gettext(ENDINGS[entry.ended[0]]) % {"day": entry.ended[1].isoformat()}
    return HistoryRow(
        title=deed_word(entry.kind, text),
        at=entry.at.astimezone(OFFICE_ZONE),
        by=entry.by,
        file_name=entry.file_name,
        lines=[_line(change, record, text) for change in entry.fields],
        holds_from=entry.holds_from,
        corrected=entry.corrected,
        ending=ending,
        undo_href=f"/undo/{entry.change_id}" if entry.may_undo else None,
        undone=undone,
    )


def _line(change: FieldChange, record: Record, text: Translator) -> Line:
    spec = fields_of(record).get(change.field)
    label = text.gettext(spec.label) if spec else text.gettext(_EXTRA[change.field])
    if change.hidden:
        return Line(label, "", text.gettext("changed, not shown"))
    before, after = (_said(text, spec, value) for value in (change.before, change.after))
    return Line(label, before if change.before else "", after)


def _said(text: Translator, spec: Field | None, value: str) -> str:
    if value == HIDDEN:
        return text.gettext("hidden")
    return said_value(text, spec, value, masked=False) if spec else value or "–"


def conflict_rows(unit: UnitOfWork, found: Sequence[Conflict], text: Translator) -> list[ConflictRow]:
    """What stands in the way, in words."""
    names: Mapping[UUID, str] = user_names(unit, [one.made_by for one in found])
    return [
        ConflictRow(
            title=deed_word(one.kind, text),
            at=one.made_at.astimezone(OFFICE_ZONE) if one.made_at else None,
            by=names.get(one.made_by) if one.made_by else None,
            records=one.records,
            undo_href=f"/undo/{one.change_id}" if one.change_id and is_by_hand(one.kind) else None,
        )
        for one in found
    ]


def person_facts(sheet: PersonSheet, text: Translator) -> list[Fact]:
    """What is known of a person, masked; what is not known is left out."""
    described = fields_of(Record.RESIDENT)
    facts = []
    for name, value in sheet.values.items():
        if name != "name" and value:
            facts.append(Fact(text.gettext(described[name].label), _said(text, described[name], value)))
    if sheet.age is not None:
        facts.insert(1, Fact(text.gettext("Age"), str(sheet.age)))
    return facts


def person_acts(sheet: PersonSheet, text: Translator) -> list[Act]:
    """What can be done about a person."""
    if not sheet.may_edit:
        return []
    base = f"/edit/person/{sheet.region}/{sheet.id}"
    acts = [Act(text.gettext("Edit resident"), f"{base}/details")]
    if sheet.state == "here":
        acts += [
            Act(text.gettext("Move within the register"), f"{base}/move-within"),
            Act(text.gettext("Move out"), f"{base}/move-out"),
            Act(text.gettext("Death"), f"{base}/death"),
            Act(text.gettext("Correct dwelling or day"), f"{base}/residence"),
            Act(text.gettext("Take out of the count"), f"{base}/strike-out", danger=True),
        ]
    return acts
