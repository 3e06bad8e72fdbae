"""The history of a record: who changed what and when, from the journal and from the dated rows.

Dated rows tell what was believed since when, also of imports made before there was a journal. The journal adds who made
a change, what became of it, and what was overwritten. Values are masked as everywhere.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.policy import Action, allows
from gridmap.access.scope import scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.accounts.models import User
from gridmap.audit import service as audit
from gridmap.batches.models import ImportBatch
from gridmap.buildings import repository as buildings
from gridmap.buildings.models import Dwelling, DwellingState, Organisation, Verification
from gridmap.changes import service as changes
from gridmap.changes.models import Change
from gridmap.changes.service import Step
from gridmap.editing.fields import Record, fields_of
from gridmap.editing.labels import place_labels
from gridmap.editing.undo import is_by_hand
from gridmap.errors import NotFoundError
from gridmap.residents.models import Household, Person, PersonAttribute, Residence
from gridmap.residents.repository import visible_persons
from gridmap.store.store import UnitOfWork

ATTRIBUTE_FIELDS = (
    "name", "ethnic_group", "marital_status", "presence", "phone", "registered_address", "work_unit",
)  # fmt: skip
_SEALED = {"id_number": "person.id_number", "phone": "person_attribute.phone"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What one field held before and after, masked. ``field`` is a field of the form, or ``place`` or ``verified_on``.
    ``hidden``: both look the same behind their masks."""

    field: str
    before: str = dataclasses.field(repr=False)
    after: str = dataclasses.field(repr=False)
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a history. ``kind`` is that of the change, ``import`` for rows of a file, empty where it is not
    known how they came. ``holds_from``: from when what was written holds; ``ended``: the cause and day on which
    somebody left. ``may_undo``: the reader may take it back here."""

    at: datetime
    kind: str
    by: str | None
    file_name: str | None = None
    fields: tuple[FieldChange, ...] = ()
    holds_from: date | None = None
    corrected: bool = False
    ended: tuple[str, date] | None = None
    change_id: UUID | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None
    may_undo: bool = False


@dataclass(slots=True)
class _Draft:
    """An entry while it is gathered."""

    at: datetime
    origin: UUID | None
    fields: list[FieldChange] = dataclasses.field(default_factory=list)
    holds_from: date | None = None
    corrected: bool = False
    ended: tuple[str, date] | None = None


class _Gathering:
    """Entries by what made them: the change, or the moment where no change is known."""

    def __init__(self, unit: UnitOfWork, actor: Actor, region: int) -> None:
        self.unit, self.actor, self.region = unit, actor, region
        self.drafts: dict[object, _Draft] = {}
        self.changes: dict[UUID, Change] = {}

    def at(self, moment: datetime, origin: UUID | None) -> _Draft:
        """The entry of a change or of a moment."""
        return self.drafts.setdefault(origin or moment, _Draft(moment, origin))

    def know(self, found: Iterable[Change]) -> None:
        """Changes that belong into the history whatever rows of them are left."""
        for change in found:
            self.changes[change.id] = change
            self.at(change.made_at, change.id)

    def entries(self) -> list[Entry]:
        """All entries, the newest first."""
        origins = [draft.origin for draft in self.drafts.values() if draft.origin is not None]
        missing = [origin for origin in origins if origin not in self.changes]
        query = sa.select(Change).where(Change.region == self.region, Change.id.in_(missing))
        self.changes |= {change.id: change for change in self.unit.session.scalars(query)}
        batches = sa.select(ImportBatch).where(ImportBatch.region == self.region, ImportBatch.id.in_(missing))
        files = {batch.id: batch for batch in self.unit.session.scalars(batches)}
        people = {change.made_by for change in self.changes.values()}
        people |= {change.undone_by for change in self.changes.values()}
        people |= {batch.created_by for batch in files.values()}
        names = user_names(self.unit, people)
        found = [self._entry(draft, files, names) for draft in self.drafts.values()]
        return sorted(found, key=lambda entry: entry.at, reverse=True)

    def _entry(self, draft: _Draft, files: Mapping[UUID, ImportBatch], names: Mapping[UUID, str]) -> Entry:
        change = self.changes.get(draft.origin) if draft.origin else None
        batch = files.get(draft.origin) if draft.origin else None
        made_by = change.made_by if change else batch.created_by if batch else None
        undone_by = change.undone_by if change else None
        kind = change.kind if change else "import" if batch else ""
        undone = change is not None and change.undone_at is not None
        return Entry(
            at=draft.at,
            kind=kind,
            by=names.get(made_by) if made_by else None,
            file_name=batch.file_name if batch else None,
            fields=tuple(draft.fields),
            holds_from=draft.holds_from,
            corrected=draft.corrected,
            ended=draft.ended,
            change_id=change.id if change else None,
            undone_at=change.undone_at if change else None,
            undone_by=names.get(undone_by) if undone_by else None,
            may_undo=change is not None and not undone and is_by_hand(kind) and allows(self.actor, Action.RECORD_EDIT),
        )


def user_names(unit: UnitOfWork, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The names of users as they are shown, by id."""
    query = sa.select(User.id, User.display_name).where(User.id.in_([one for one in ids if one is not None]))
    return {row.id: row.display_name for row in unit.session.execute(query)}


def person_history(unit: UnitOfWork, actor: Actor, region: int, person_id: UUID) -> list[Entry]:
    """Who changed what of a person, and when; masked, the reading is audited.

    Raises:
        PermissionDeniedError, NotFoundError: no such person in the actor's areas.
    """
    scope = scope_of(actor, Action.PERSON_LIST)
    person = unit.session.get(Person, (region, person_id))
    if person is None or not visible_persons(unit, region, {person_id}, scope, local_today(unit)):
        raise NotFoundError
    gathering = _Gathering(unit, actor, region)
    gathering.know(changes.history_of_person(unit, region, person_id))
    attributes = _rows(unit, PersonAttribute, region, PersonAttribute.person_id == person_id)
    residences = _rows(unit, Residence, region, Residence.person_id == person_id)
    _dated(unit, gathering, attributes, lambda row: _attribute_values(unit, row))
    _lived(unit, gathering, residences)
    steps = changes.history_of_rows(unit, region, [person_id, *[row.id for row in residences]])
    _overwritten(unit, gathering, steps, "person", {"sex": person.sex, "birth_date": person.birth_date,
                                                    "id_number": person.id_number}, Record.RESIDENT)  # fmt: skip
    _ended(gathering, steps, {row.id: row for row in residences})
    audit.record(
        unit, actor, Action.PERSON_LIST.value, region=region, subjects=[person_id],
        details={"fields": "masked", "figure": "history"},
    )  # fmt: skip
    return gathering.entries()


def dwelling_history(unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID) -> list[Entry]:
    """Who changed what of a dwelling, and when; nobody's data.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    dwelling = unit.session.get(Dwelling, (region, dwelling_id))
    if dwelling is None:
        raise NotFoundError
    _require_building(unit, actor, region, dwelling.building_id)
    gathering = _Gathering(unit, actor, region)
    steps = changes.history_of_rows(unit, region, [dwelling_id])
    held = {"floor": dwelling.floor, "room": dwelling.room, "floor_area_m2": dwelling.floor_area_m2}
    _overwritten(unit, gathering, steps, "dwelling", held, Record.DWELLING)
    states = _rows(unit, DwellingState, region, DwellingState.dwelling_id == dwelling_id)
    _dated(unit, gathering, states, lambda row: {"use": row.use or "", "tenure": row.tenure or ""})
    for visit in _rows(unit, Verification, region, Verification.dwelling_id == dwelling_id):
        draft = gathering.at(visit.recorded_at, visit.batch_id)
        draft.fields.append(FieldChange("verified_on", "", visit.verified_on.isoformat()))
    return gathering.entries()


def household_history(unit: UnitOfWork, actor: Actor, region: int, household_id: UUID) -> list[Entry]:
    """What became of a household: its number, its place, and who came and left, without saying who.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    household = unit.session.get(Household, (region, household_id))
    if household is None or household.building_id is None:
        raise NotFoundError
    _require_building(unit, actor, region, household.building_id)
    gathering = _Gathering(unit, actor, region)
    residences = _rows(unit, Residence, region, Residence.household_id == household_id)
    steps = changes.history_of_rows(unit, region, [household_id, *[row.id for row in residences]])
    _overwritten(unit, gathering, steps, "household", {"number": household.number}, Record.HOUSEHOLD)
    for row in residences:
        gathering.at(row.recorded_at, row.batch_id).holds_from = row.valid_from
    _ended(gathering, steps, {row.id: row for row in residences})
    return gathering.entries()


def organisation_history(unit: UnitOfWork, actor: Actor, region: int, organisation_id: UUID) -> list[Entry]:
    """Who changed what of an organisation, and when.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    found = unit.session.get(Organisation, (region, organisation_id))
    if found is None or found.building_id is None:
        raise NotFoundError
    _require_building(unit, actor, region, found.building_id)
    gathering = _Gathering(unit, actor, region)
    rows = _beliefs_of(unit, region, found)
    for row in sorted(rows, key=lambda one: one.recorded_at):
        before = next((old for old in rows if old.superseded_at == row.recorded_at), None)
        draft = gathering.at(row.recorded_at, row.batch_id)
        draft.corrected = before is not None
        draft.fields += _differences(_organisation(before), _organisation(row), Record.ORGANISATION)
    return gathering.entries()


def _beliefs_of(unit: UnitOfWork, region: int, found: Organisation) -> list[Organisation]:
    """Every belief about an organisation: the one that replaced another was recorded as that was superseded."""
    rows = _rows(unit, Organisation, region, Organisation.building_id == found.building_id)
    at_once = Counter(row.recorded_at for row in rows)
    known = {found.id: found}
    grown = True
    while grown:
        follows = [row for row in rows if any(_follow(row, one, at_once) for one in known.values())]
        grown = any(row.id not in known for row in follows)
        known |= {row.id: row for row in follows}
    return list(known.values())


def _follow(one: Organisation, other: Organisation, at_once: Counter[datetime]) -> bool:
    """Whether one of two beliefs replaced the other; a file replaces many at once, and keeps their names."""
    for old, new in ((one, other), (other, one)):
        if old.superseded_at == new.recorded_at and (old.name == new.name or at_once[new.recorded_at] == 1):
            return True
    return False


def _organisation(row: Organisation | None) -> dict[str, str]:
    if row is None:
        return {}
    return {
        "name": row.name,
        "kind": row.kind or "",
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else "",
    }


def _require_building(unit: UnitOfWork, actor: Actor, region: int, building_id: UUID) -> None:
    scope = scope_of(actor, Action.BUILDING_READ)
    if not buildings.ids_inside(unit, region, [building_id], scope, local_today(unit)):
        raise NotFoundError


def _rows(unit: UnitOfWork, model: type[Any], region: int, clause: sa.ColumnElement[bool]) -> list[Any]:
    query = sa.select(model).where(model.region == region, clause).order_by(model.recorded_at, model.id)
    return list(unit.session.scalars(query))


def _dated(
    unit: UnitOfWork, gathering: _Gathering, rows: Sequence[Any], values: Callable[[Any], dict[str, str]]
) -> None:
    """Entries of dated rows: each against the one that it replaced, or that ended as it began."""
    del unit
    record = Record.DWELLING if rows and isinstance(rows[0], DwellingState) else Record.RESIDENT
    for row in rows:
        corrected = _replaced(rows, row)
        before = corrected or _ending(rows, row)
        draft = gathering.at(row.recorded_at, row.batch_id)
        draft.holds_from = draft.holds_from or row.valid_from
        draft.corrected |= corrected is not None
        draft.fields += _differences(values(before) if before else {}, values(row), record)


def _replaced(rows: Sequence[Any], row: Any) -> Any:
    """The belief that a row replaced: superseded as it was recorded, about the same time."""
    found = [old for old in rows if old.superseded_at == row.recorded_at and old.id != row.id]
    return next((old for old in found if old.valid_from == row.valid_from), next(iter(found), None))


def _ending(rows: Sequence[Any], row: Any) -> Any:
    found = [old for old in rows if old.valid_to == row.valid_from and old.recorded_at <= row.recorded_at]
    return next((old for old in reversed(found) if old.id != row.id), None)


def _differences(before: Mapping[str, str], after: Mapping[str, str], record: Record) -> list[FieldChange]:
    fields = fields_of(record)
    found = []
    for name, text in after.items():
        if text == before.get(name, ""):
            continue
        masked = fields[name].masked if name in fields else str
        shown = masked(before.get(name, "")), masked(text)
        found.append(FieldChange(name, *shown, hidden=shown[0] == shown[1]))
    return found


def _attribute_values(unit: UnitOfWork, row: PersonAttribute) -> dict[str, str]:
    values = {name: getattr(row, name) or "" for name in ATTRIBUTE_FIELDS if name != "phone"}
    return {**values, "phone": unit.vault.open(row.phone, _SEALED["phone"]) or ""}


def _lived(unit: UnitOfWork, gathering: _Gathering, rows: Sequence[Residence]) -> None:
    labels = place_labels(unit, rows)
    for row in rows:
        corrected = _replaced(rows, row)
        before: Residence | None = corrected or _ending(rows, row)
        draft = gathering.at(row.recorded_at, row.batch_id)
        draft.holds_from = row.valid_from
        draft.corrected |= corrected is not None
        old, new = labels[before.id] if before else "", labels[row.id]
        if old != new:
            draft.fields.append(FieldChange("place", old, new))
        if (before.relationship if before else None) != row.relationship:
            change = FieldChange("relationship", (before.relationship if before else "") or "", row.relationship or "")
            draft.fields.append(change)


def _overwritten(
    unit: UnitOfWork,
    gathering: _Gathering,
    steps: Sequence[Step],
    table: str,
    held: Mapping[str, Any],
    record: Record,
) -> None:
    """What changes overwrote: after each stands what the next one found, after the last what is there now."""
    after = dict(held)
    for step in (step for step in steps if step.key.table == table and step.op == "updated"):
        gathering.know([step.change])
        draft = gathering.at(step.change.made_at, step.change.id)
        if step.change.undone_at is not None:
            continue
        for name, before in step.before.items():
            if name not in after:
                continue
            texts = [_text(unit, name, value) for value in (before, after[name])]
            draft.fields += _differences({name: texts[0]}, {name: texts[1]}, record)
            draft.corrected = True
            after[name] = before


def _text(unit: UnitOfWork, name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in _SEALED and isinstance(value, bytes):
        return unit.vault.open(value, _SEALED[name]) or ""
    if isinstance(value, float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _ended(gathering: _Gathering, steps: Sequence[Step], rows: Mapping[UUID, Residence]) -> None:
    """Residences that a change ended, with cause and day."""
    for step in steps:
        row = rows.get(step.key.id) if step.key.id else None
        closed = "valid_to" in step.before and step.before["valid_to"] is None
        if row is None or not closed or step.change.undone_at is not None or row.valid_to is None:
            continue
        gathering.know([step.change])
        gathering.at(step.change.made_at, step.change.id).ended = (row.cause_out or "", row.valid_to)
