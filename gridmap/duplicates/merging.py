"""Make one record of two that mean one person: worked out first, so that it can be shown, then written.

One record survives. Of every field one value is kept, residences become one line (see `timeline`), earlier states of
the other record are taken over with their dates. The other record stays without residences and states and leads to
the survivor. Everything goes through records of the session, so that the journal can undo it exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gridmap.batches.models import ImportRow
from gridmap.duplicates.models import MergedPerson
from gridmap.duplicates.timeline import Line, Stay, combine
from gridmap.residents.indexing import index_person
from gridmap.residents.models import Person, PersonAttribute, PersonKey, Residence
from gridmap.services.models import Delivery, Enrolment
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

PERSON_FIELDS = ("sex", "birth_date", "id_number")
STATE_FIELDS = (
    "name", "phone", "marital_status", "presence", "ethnic_group", "registered_address", "work_unit",
)  # fmt: skip
FIELDS = ("name", "id_number", "sex", "birth_date", "phone", *STATE_FIELDS[2:])
# Codes of the lists that say no more than that nothing is known.
_NOTHING = {"sex": {"0", "9"}, "marital_status": {"90"}}
KEPT, OTHER = "kept", "other"
Choices = Mapping[str, str]
"""By field: whose value is kept, `KEPT` or `OTHER`; a field left out takes its default."""


@dataclass(frozen=True, slots=True)
class Side:
    """Everything believed of one record; never leaves the slice."""

    person: Person = field(repr=False)
    states: tuple[PersonAttribute, ...] = field(repr=False)
    stays: tuple[Residence, ...] = field(repr=False)

    @property
    def state(self) -> PersonAttribute | None:
        """The latest state."""
        return self.states[-1] if self.states else None

    @property
    def richness(self) -> tuple[int, int, int]:
        """How much is known: a number, a room, the count of facts. For proposing which record survives."""
        room = any(stay.dwelling_id is not None and stay.valid_to is None for stay in self.stays)
        facts = sum(_value(self, name) is not None for name in FIELDS)
        return int(self.person.id_number is not None), int(room), facts

    @property
    def newest(self) -> date:
        """Since when the latest state holds."""
        return self.state.valid_from if self.state else date.min


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge will do. ``chosen``: by field, whose value is kept; ``open``: the fields in which both say
    something different; ``line``: the residences."""

    kept: Side
    other: Side
    chosen: Choices
    open: tuple[str, ...]
    line: Line


def side_of(unit: UnitOfWork, region: int, person_id: UUID) -> Side | None:
    """Read one record; None where there is none, or it was merged into another."""
    person = unit.session.get(Person, (region, person_id))
    if person is None or unit.session.get(MergedPerson, (region, person_id)) is not None:
        return None
    states = sa.select(PersonAttribute).where(
        PersonAttribute.region == region,
        PersonAttribute.person_id == person_id,
        PersonAttribute.superseded_at.is_(None),
    )
    stays = sa.select(Residence).where(
        Residence.region == region, Residence.person_id == person_id, Residence.superseded_at.is_(None)
    )
    return Side(
        person,
        tuple(unit.session.scalars(states.order_by(PersonAttribute.valid_from, PersonAttribute.id))),
        tuple(unit.session.scalars(stays.order_by(Residence.valid_from, Residence.id))),
    )


def survivor_first(one: Side, two: Side) -> tuple[Side, Side]:
    """The record that had better survive, and the other one: the more complete, else the newer."""
    return (one, two) if (one.richness, one.newest) >= (two.richness, two.newest) else (two, one)


def plan_merge(kept: Side, other: Side, choices: Choices | None = None, residence: str = "") -> Merge:
    """Work out a merge. ``residence``: whose residence is believed where both began on one day; by default that of the
    newer record."""
    wanted = choices or {}
    chosen, differing = {}, []
    for name in FIELDS:
        mine, theirs = _value(kept, name), _value(other, name)
        newer = OTHER if other.newest > kept.newest and name in STATE_FIELDS else KEPT
        default = OTHER if mine is None else (KEPT if theirs is None else newer)
        if name == "name" and (kept.person.id_number is None) != (other.person.id_number is None):
            # Who wrote the number wrote the name from the document.
            default = KEPT if kept.person.id_number is not None else OTHER
        if mine is not None and theirs is not None and mine != theirs:
            differing.append(name)
            chosen[name] = wanted.get(name, default)
        else:
            chosen[name] = default
    preferred = residence or (OTHER if other.newest > kept.newest else KEPT)
    stays = [
        _stay(row, preferred=preferred == side)
        for side, rows in ((KEPT, kept.stays), (OTHER, other.stays))
        for row in rows
        if row.principal
    ]
    return Merge(kept, other, chosen, tuple(differing), combine(stays))


def apply_merge(unit: UnitOfWork, merge: Merge, actor_id: UUID) -> None:
    """Write a merge. Call it within `gridmap.changes.journal.recording`."""
    _write_states(unit, merge)
    _write_stays(unit, merge)
    _write_person(unit, merge)
    kept, other = merge.kept.person, merge.other.person
    unit.session.add(
        MergedPerson(region=other.region, id=other.id, into_id=kept.id, merged_by=actor_id, merged_at=unit.now)
    )
    query = sa.select(ImportRow).where(
        ImportRow.region == other.region, ImportRow.person_id == other.id, ImportRow.decided_at.is_(None)
    )
    for row in unit.session.scalars(query):
        row.person_id = kept.id
    # What somebody signed up for and got is theirs under whichever record it was noted.
    for enrolment in unit.session.scalars(
        sa.select(Enrolment).where(Enrolment.region == other.region, Enrolment.person_id == other.id)
    ):
        enrolment.person_id = kept.id
    for delivery in unit.session.scalars(
        sa.select(Delivery).where(Delivery.region == other.region, Delivery.person_id == other.id)
    ):
        delivery.person_id = kept.id
    earlier = sa.select(MergedPerson).where(MergedPerson.region == other.region, MergedPerson.into_id == other.id)
    for link in unit.session.scalars(earlier):
        link.into_id = kept.id
    unit.session.flush()


def _value(side: Side, name: str) -> Any:
    if name == "id_number":
        return side.person.id_index
    record = side.person if name in PERSON_FIELDS else side.state
    value = getattr(record, "phone_index" if name == "phone" else name) if record is not None else None
    return None if value in _NOTHING.get(name, ()) else value


def _stay(row: Residence, *, preferred: bool) -> Stay:
    place = (row.dwelling_id, row.building_id, row.area_id)
    return Stay(row.id, place, row.valid_from, row.valid_to, row.cause_in, row.cause_out, preferred)


def _write_person(unit: UnitOfWork, merge: Merge) -> None:
    kept, other = merge.kept.person, merge.other.person
    if merge.chosen["sex"] == OTHER:
        kept.sex = other.sex
    if merge.chosen["birth_date"] == OTHER:
        kept.birth_date = other.birth_date
    keys = sa.select(PersonKey).where(PersonKey.region == other.region, PersonKey.person_id == other.id)
    for key in unit.session.scalars(keys):
        key.person_id = kept.id
    if merge.chosen["id_number"] == OTHER:
        # The record that is given up keeps the number it was known by, so that old files still lead to the person.
        mine = (kept.id_number, kept.id_index)
        kept.id_number, kept.id_index = other.id_number, other.id_index
        if mine[1] is not None:
            other.id_number, other.id_index = mine
        index_person(unit, kept.region, kept.id, id_number=unit.vault.open(kept.id_number, "person.id_number"))
    kept.version += 1
    other.version += 1
    other.disputed = False
    if kept.disputed:
        kept.disputed = _others_claim(unit, kept, other)


def _others_claim(unit: UnitOfWork, kept: Person, other: Person) -> bool:
    """Whether a third living record holds the number."""
    gone = sa.exists().where(MergedPerson.region == Person.region, MergedPerson.id == Person.id)
    query = sa.select(Person.id).where(
        Person.region == kept.region,
        Person.id_index == kept.id_index,
        Person.id.not_in([kept.id, other.id]),
        ~gone,
    )
    return kept.id_index is not None and unit.session.scalar(query.limit(1)) is not None


def _write_states(unit: UnitOfWork, merge: Merge) -> None:
    """The chosen values in the latest state, and what was known earlier of the other record."""
    kept, other = merge.kept, merge.other
    mine, theirs = kept.state, other.state
    for row in other.states:
        row.superseded_at = unit.now
    first = kept.states[0].valid_from if kept.states else None
    for row in other.states:
        if first is None:
            _add_state(unit, kept.person, _values_of(row), row.valid_from, row.valid_to)
        elif row.valid_from < first:
            until = first if row.valid_to is None or row.valid_to > first else row.valid_to
            _add_state(unit, kept.person, _values_of(row), row.valid_from, until)
    if mine is None or theirs is None:
        return
    own, their = _values_of(mine), _values_of(theirs)
    merged = {name: their[name] if merge.chosen[_field(name)] == OTHER else own[name] for name in own}
    if merged == own:
        return
    dated = any(own[name] is not None and merged[name] != own[name] for name in own if name not in {"name", "phone"})
    if dated and theirs.valid_from > mine.valid_from and mine.valid_to is None:
        mine.valid_to = theirs.valid_from
        _add_state(unit, kept.person, merged, theirs.valid_from, None)
    else:
        mine.superseded_at = unit.now
        _add_state(unit, kept.person, merged, mine.valid_from, mine.valid_to)
    phone = unit.vault.open(merged["phone"], "person_attribute.phone")
    index_person(unit, kept.person.region, kept.person.id, name=merged["name"], phone=phone)


def _field(column: str) -> str:
    return "phone" if column == "phone_index" else column


def _values_of(row: PersonAttribute) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*STATE_FIELDS, "phone_index")}


def _add_state(unit: UnitOfWork, person: Person, values: Mapping[str, Any], start: date, end: date | None) -> None:
    unit.session.add(
        PersonAttribute(
            region=person.region, id=uuid7(), person_id=person.id, valid_from=start, valid_to=end,
            recorded_at=unit.now, **values,
        )
    )  # fmt: skip


def _write_stays(unit: UnitOfWork, merge: Merge) -> None:
    rows = {row.id: row for row in (*merge.kept.stays, *merge.other.stays)}
    person = merge.kept.person
    unchanged: set[UUID] = set()
    for piece in merge.line.stays:
        row = rows[piece.id]
        same = (row.valid_from, row.valid_to, row.cause_in, row.cause_out) == (
            piece.start, piece.end, piece.cause_in, piece.cause_out,
        )  # fmt: skip
        if same and row.person_id == person.id:
            unchanged.add(row.id)
        else:
            _add_stay(unit, person, row, piece)
    for row in rows.values():
        if not row.principal and row.person_id != person.id:
            _add_stay(unit, person, row, _stay(row, preferred=False))
        if row.id not in unchanged and (row.principal or row.person_id != person.id):
            row.superseded_at = unit.now


def _add_stay(unit: UnitOfWork, person: Person, row: Residence, piece: Stay) -> None:
    dwelling, building, area = piece.place
    unit.session.add(
        Residence(
            region=person.region, id=uuid7(), person_id=person.id, household_id=row.household_id,
            dwelling_id=dwelling, building_id=building, area_id=area, relationship=row.relationship,
            principal=row.principal, valid_from=piece.start, valid_to=piece.end, cause_in=piece.cause_in,
            cause_out=piece.cause_out, recorded_at=unit.now,
        )
    )  # fmt: skip
