"""Edit a resident: what identifies the person, what changes about them, their relationship in the household."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.editing.errors import Difference, FormFaultsError, StaleFormError, fault
from gridmap.editing.fields import Nature, Record, fields_of
from gridmap.editing.reach import edit_scope, person_in_reach
from gridmap.editing.residences import believe_anew, latest
from gridmap.editing.saving import Deed, Saved, deed, event_day
from gridmap.editing.values import Values
from gridmap.residents.indexing import index_person
from gridmap.residents.models import Person, PersonAttribute, PersonKey
from gridmap.residents.repository import visible_persons
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

IDENTITY = ("sex", "birth_date", "id_number")
ATTRIBUTES = ("name", "ethnic_group", "marital_status", "presence", "phone", "registered_address", "work_unit")


@dataclass(frozen=True, slots=True)
class Edit:
    """What a form asks for. ``base`` is what the record held when the form was made, ``wanted`` what it shall hold;
    ``on`` is the day from which changes hold (today unless given). ``disputed``: the identity number is right although
    somebody else has it."""

    key: UUID
    base: Values
    wanted: Values
    nature: Nature = Nature.USUAL
    on: date | None = None
    disputed: bool = False


def resident_values(unit: UnitOfWork, region: int, person_id: UUID) -> dict[str, str]:
    """What the register believes of a person now, unmasked: for services only, never for an answer as it is."""
    person = unit.session.get_one(Person, (region, person_id))
    attribute = current_attribute(unit, region, person_id, local_today(unit))
    residence = latest(unit, region, person_id)
    return {
        "name": (attribute.name if attribute else None) or "",
        "sex": person.sex or "",
        "birth_date": person.birth_date.isoformat() if person.birth_date else "",
        "id_number": unit.vault.open(person.id_number, "person.id_number") or "",
        "relationship": (residence.relationship if residence else None) or "",
        **_attribute_values(unit, attribute),
    }


def _attribute_values(unit: UnitOfWork, attribute: PersonAttribute | None) -> dict[str, str]:
    if attribute is None:
        return dict.fromkeys(ATTRIBUTES[1:], "")
    phone = unit.vault.open(attribute.phone, "person_attribute.phone")
    plain = {name: getattr(attribute, name) or "" for name in ATTRIBUTES[1:] if name != "phone"}
    return {**plain, "phone": phone or ""}


def current_attribute(unit: UnitOfWork, region: int, person_id: UUID, day: date) -> PersonAttribute | None:
    """What is believed of a person for a day, else the latest state before it, else the first after it."""
    query = sa.select(PersonAttribute).where(
        PersonAttribute.region == region,
        PersonAttribute.person_id == person_id,
        PersonAttribute.superseded_at.is_(None),
    )
    rows = list(unit.session.scalars(query.order_by(PersonAttribute.valid_from, PersonAttribute.id)))
    before = [row for row in rows if row.valid_from <= day]
    return before[-1] if before else next(iter(rows), None)


def edit_resident(unit: UnitOfWork, actor: Actor, region: int, person_id: UUID, edit: Edit) -> Saved:
    """Change what is recorded of a person.

    Name, sex, birth date, identity number, ethnic group and relationship are corrected unless ``edit.nature`` says
    otherwise: the old belief is kept, earlier figures follow the new one. The other fields change from ``edit.on`` on.
    What identifies a person is corrected always.

    Raises:
        PermissionDeniedError, NotFoundError: no such person in the actor's areas.
        StaleFormError: somebody changed one of the fields since the form was made.
        FormFaultsError: the day does not fit, or the identity number is somebody else's.
    """
    person = person_in_reach(unit, actor, region, person_id)
    with deed(unit, actor, "resident.edit", region, edit.key, persons=[person_id], details=_details(edit)) as done:
        if done.again:
            return done.saved()
        refuse_stale(edit.base, edit.wanted, resident_values(unit, region, person_id))
        changed = {name: text for name, text in edit.wanted.items() if text != edit.base.get(name, "")}
        _write_identity(unit, actor, person, changed, disputed=edit.disputed)
        _write_attributes(unit, done, person_id, changed, edit)
        if "relationship" in changed and (residence := latest(unit, region, person_id)) is not None:
            believe_anew(unit, residence, relationship=changed["relationship"] or None)
        if changed:
            person.version += 1
    _index(unit, region, person_id, changed)
    return done.saved()


def _details(edit: Edit) -> dict[str, object]:
    names = sorted(name for name, text in edit.wanted.items() if text != edit.base.get(name, ""))
    return {"fields": names, "nature": edit.nature.value, **({"on": edit.on.isoformat()} if edit.on else {})}


def refuse_stale(base: Values, wanted: Values, current: Values) -> None:
    """Refuse a form whose record was changed since it was made.

    The values decide, not a number: whoever changes a record, by whatever way, is noticed, and a change that was undone
    in the meantime is none.

    Raises:
        StaleFormError: says what each side has, field by field.
    """
    if all(current.get(name, "") == text for name, text in base.items()):
        return
    differences = [
        Difference(name, base.get(name, ""), current.get(name, ""), wanted.get(name, ""))
        for name in wanted
        if not (base.get(name, "") == current.get(name, "") == wanted.get(name, ""))
    ]
    raise StaleFormError(differences, current)


def _write_identity(
    unit: UnitOfWork, actor: Actor, person: Person, changed: Mapping[str, str], *, disputed: bool
) -> None:
    if "sex" in changed:
        person.sex = changed["sex"] or None
    if "birth_date" in changed:
        person.birth_date = date.fromisoformat(changed["birth_date"]) if changed["birth_date"] else None
    if "id_number" in changed:
        _release_number(unit, person)
        take_number(unit, actor, person, changed["id_number"], disputed=disputed)


def take_number(unit: UnitOfWork, actor: Actor, person: Person, number: str, *, disputed: bool = False) -> None:
    """Give a person an identity number (normalised; empty for none).

    A number that somebody else holds is refused, once: it may be a slip, or the person may be known already. Said to
    be right, it is kept with both and marked as disputed. Nothing is said of the other, and nothing changed of them
    where they live outside the actor's areas.

    Raises:
        FormFaultsError: the number is somebody else's.
    """
    if not number:
        person.id_number = person.id_index = None
        person.disputed = False
        return
    index = unit.vault.index(number, "id")
    holder = unit.session.get(PersonKey, index)
    other = holder is not None and (holder.region, holder.person_id) != (person.region, person.id)
    if other and holder is not None and _has_left(unit, holder, person.region):
        holder.region, holder.person_id, other = person.region, person.id, False
    if other and not disputed:
        raise fault("id_number", "Somebody else is recorded with this number. Compare it with the document.")
    person.id_number, person.id_index = unit.vault.seal(number, "person.id_number"), index
    person.disputed = other
    if holder is None:
        unit.session.flush()
        unit.session.add(PersonKey(id_index=index, region=person.region, person_id=person.id))
    elif other:
        _mark_disputed(unit, actor, holder)


def _has_left(unit: UnitOfWork, holder: PersonKey, region: int) -> bool:
    """Whether the holder of a number was recorded in another region and moved out of it: the number goes along, for a
    record never changes its region."""
    last = latest(unit, holder.region, holder.person_id)
    return holder.region != region and last is not None and last.cause_out == "move_out"


def came_back(unit: UnitOfWork, region: int, values: Values, day: date) -> UUID | None:
    """The person of a region who has this identity number and name and had moved out: somebody who comes again, also
    from a place that the actor is not responsible for. None where nobody had."""
    number = values.get("id_number", "")
    holder = unit.session.get(PersonKey, unit.vault.index(number, "id")) if number else None
    if holder is None or holder.region != region:
        return None
    last = latest(unit, region, holder.person_id)
    if last is None or last.valid_to is None or last.cause_out == "death" or day < last.valid_to:
        return None
    names = sa.select(PersonAttribute.name).where(
        PersonAttribute.region == region, PersonAttribute.person_id == holder.person_id
    )
    return holder.person_id if values.get("name") in set(unit.session.scalars(names)) else None


def add_state(unit: UnitOfWork, region: int, person_id: UUID, values: Values, day: date) -> None:
    """What is told of a known person holds from a day on; what is not told stays as it was."""
    known = current_attribute(unit, region, person_id, day)
    told = {name: values[name] for name in ATTRIBUTES if values.get(name)}
    if known is None:
        _add_state(unit, region, person_id, told, day)
    elif any(text != held for name, held in _held(unit, known).items() if (text := told.get(name))):
        fresh = _state_after(unit, known, told)
        if day > known.valid_from:
            fresh.valid_from, known.valid_to = day, day
        else:
            known.superseded_at = unit.now
    _index(unit, region, person_id, told)


def _held(unit: UnitOfWork, known: PersonAttribute) -> dict[str, str]:
    return {"name": known.name or "", **_attribute_values(unit, known)}


def _mark_disputed(unit: UnitOfWork, actor: Actor, holder: PersonKey) -> None:
    known = visible_persons(unit, holder.region, {holder.person_id}, edit_scope(actor), local_today(unit))
    if known:
        unit.session.get_one(Person, (holder.region, holder.person_id)).disputed = True


def _release_number(unit: UnitOfWork, person: Person) -> None:
    """The number a person loses is free again, or goes to another who is recorded with it."""
    if person.id_index is None:
        return
    holder = unit.session.get(PersonKey, person.id_index)
    others = list(
        unit.session.scalars(
            sa.select(Person).where(
                Person.region == person.region, Person.id_index == person.id_index, Person.id != person.id
            )
        )
    )
    if len(others) == 1:
        others[0].disputed = False
    if holder is not None and (holder.region, holder.person_id) == (person.region, person.id):
        if others:
            holder.person_id = others[0].id
        else:
            unit.session.delete(holder)
            unit.session.flush()


def _write_attributes(unit: UnitOfWork, done: Deed, person_id: UUID, changed: Mapping[str, str], edit: Edit) -> None:
    """Corrections first, then what is different from a day on."""
    fields = fields_of(Record.RESIDENT)
    usual = {name: fields[name].usual for name in changed if name in ATTRIBUTES}
    natures = {name: nature if edit.nature is Nature.USUAL else edit.nature for name, nature in usual.items()}
    corrected = {name: changed[name] for name, nature in natures.items() if nature is Nature.CORRECTION}
    different = {name: changed[name] for name, nature in natures.items() if nature is Nature.CHANGE}
    on = event_day(edit.on or done.today, done.today) if different else done.today
    known = current_attribute(unit, done.region, person_id, done.today)
    if known is None:
        if corrected or different:
            first = latest(unit, done.region, person_id)
            _add_state(unit, done.region, person_id, {**corrected, **different}, first.valid_from if first else on)
        return
    if different and on < known.valid_from:
        raise fault(
            "on", "{day} is before {since}, since when this is recorded. For an earlier time correct it instead.",
            day=on.isoformat(), since=known.valid_from.isoformat(),
        )  # fmt: skip
    if different and on == known.valid_from:
        corrected, different = {**corrected, **different}, {}
    if corrected:
        fresh = _state_after(unit, known, corrected)
        known.superseded_at = unit.now
        known = fresh
    if different:
        fresh = _state_after(unit, known, different)
        fresh.valid_from = on
        known.valid_to = on


def _state_after(unit: UnitOfWork, known: PersonAttribute, changed: Mapping[str, str]) -> PersonAttribute:
    kept = {name: getattr(known, name) for name in (*ATTRIBUTES, "phone_index")}
    made = PersonAttribute(
        region=known.region,
        id=uuid7(),
        person_id=known.person_id,
        valid_from=known.valid_from,
        valid_to=known.valid_to,
        recorded_at=unit.now,
        superseded_at=None,
        batch_id=None,
        **{**kept, **_columns(unit, changed)},
    )
    unit.session.add(made)
    return made


def _add_state(unit: UnitOfWork, region: int, person_id: UUID, values: Values, since: date) -> None:
    unit.session.add(
        PersonAttribute(
            region=region,
            id=uuid7(),
            person_id=person_id,
            valid_from=since,
            valid_to=None,
            recorded_at=unit.now,
            superseded_at=None,
            batch_id=None,
            **{**dict.fromkeys((*ATTRIBUTES, "phone_index")), **_columns(unit, values)},
        )
    )


def _columns(unit: UnitOfWork, values: Values) -> dict[str, Any]:
    """Values as the columns of a person's state."""
    columns: dict[str, Any] = {name: text or None for name, text in values.items() if name != "phone"}
    if "phone" in values:
        phone = values["phone"]
        columns["phone"] = unit.vault.seal(phone, "person_attribute.phone") if phone else None
        columns["phone_index"] = unit.vault.index(phone, "phone") if phone else None
    return columns


def _index(unit: UnitOfWork, region: int, person_id: UUID, changed: Values) -> None:
    found = {name: changed[name] or None for name in ("name", "id_number", "phone") if name in changed}
    if found:
        unit.session.flush()
        index_person(unit, region, person_id, **found)


def add_person(
    unit: UnitOfWork, actor: Actor, region: int, values: Values, since: date, *, disputed: bool = False
) -> Person:
    """A person who was not in the register, with what is known of them from ``since`` on.

    Raises:
        FormFaultsError: neither a name nor a number, or the number is somebody else's.
    """
    if not (values.get("name") or values.get("id_number") or values.get("birth_date")):
        raise FormFaultsError([_nobody()])
    person = Person(
        region=region,
        id=uuid7(),
        sex=values.get("sex") or None,
        birth_date=date.fromisoformat(values["birth_date"]) if values.get("birth_date") else None,
        id_number=None,
        id_index=None,
        disputed=False,
        batch_id=None,
        version=1,
    )
    unit.session.add(person)
    unit.session.flush()
    take_number(unit, actor, person, values.get("id_number", ""), disputed=disputed)
    unit.session.flush()
    known = {name: values[name] for name in ATTRIBUTES if values.get(name)}
    _add_state(unit, region, person.id, known, since)
    unit.session.flush()
    _index(unit, region, person.id, values)
    return person


def _nobody() -> Any:
    return fault("name", "A name is needed to tell the person from others.").faults[0]
