"""Persons that a decision enters anew, or brings here from another street."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import polars as pl
import sqlalchemy as sa

from gridmap.codes import code_list
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.values import read_days, tidy_names
from gridmap.residents.indexing import index_person
from gridmap.residents.models import Household, Person, PersonAttribute, PersonKey, Residence
from gridmap.residents.rules import check_ids, normalise_phone
from gridmap.reviewing.settling import Home, end_residence, open_residence, settle
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

_CODED = ("marital_status", "presence", "ethnic_group")


def enter_person(
    unit: UnitOfWork, region: int, content: Mapping[str, str], home: Home | None, area_id: UUID, days: tuple[date, date]
) -> UUID:
    """Enter a person from what a row says, living at ``home`` or, where that is not known, under an area.

    ``days``: the date it holds from, and today. A number that somebody else holds already is kept and both are marked
    as disputed; one that is no identity number is left out.

    Raises `InvalidInputError` where the row names nobody.
    """
    on, today = days
    name = tidy_names(pl.Series([content.get("name")], dtype=pl.String))[0]
    if not name:
        raise InvalidInputError(field="Name", reason="the row names nobody")
    number, birth_date, sex = _identity(content, today)
    index = unit.vault.index(number, "id") if number else None
    person = Person(
        region=region,
        id=uuid7(),
        sex=sex,
        birth_date=birth_date,
        id_number=unit.vault.seal(number, "person.id_number") if number else None,
        id_index=index,
        disputed=index is not None and _dispute(unit, index),
        version=1,
    )
    unit.session.add(person)
    unit.session.flush()
    if index is not None and unit.session.get(PersonKey, index) is None:
        unit.session.add(PersonKey(id_index=index, region=region, person_id=person.id))
    phone = normalise_phone(content.get("phone", ""))
    unit.session.add(_state(unit, person, name, phone, content, on))
    unit.session.flush()
    index_person(unit, region, person.id, name=name, id_number=number, phone=phone or None)
    if home is not None:
        settle(unit, person.id, home, content, on)
    else:
        _under_area(unit, person, area_id, content, on)
    return person.id


def move_here(
    unit: UnitOfWork, known: tuple[int, UUID], region: int, home: Home | None, content: Mapping[str, str], on: date
) -> UUID:
    """Let a person of another street live here: the residence there ends, a record here begins with the same number.

    A record never changes its region; the directory of numbers leads to the new one. Returns the person's id here.

    Raises `InvalidInputError` where no place here is known, or the move is not after the last one.
    """
    if home is None:
        raise InvalidInputError(field="Place", reason="say first where the person lives here")
    there = unit.session.get(Person, known)
    if there is None:
        raise NotFoundError
    if open_residence(unit, *known) is not None:
        end_residence(unit, *known, "move_out", on)
    person = _record_here(unit, there, region, on)
    settle(unit, person.id, home, content, on)
    arrived = open_residence(unit, region, person.id)
    if arrived is not None and arrived.cause_in == "initial":
        arrived.cause_in = "move_in"
        unit.session.flush()
    return person.id


def _record_here(unit: UnitOfWork, there: Person, region: int, on: date) -> Person:
    """The record of a person in a street: the one of an earlier time here, else a new one."""
    query = sa.select(Person).where(Person.region == region, Person.id_index == there.id_index)
    here = unit.session.scalars(query.limit(1)).first() if there.id_index is not None else None
    number = unit.vault.open(there.id_number, "person.id_number")
    if here is None:
        here = Person(
            region=region,
            id=uuid7(),
            sex=there.sex,
            birth_date=there.birth_date,
            id_number=unit.vault.seal(number, "person.id_number") if number else None,
            id_index=there.id_index,
            disputed=there.disputed,
            version=1,
        )
        unit.session.add(here)
        unit.session.flush()
        _copy_state(unit, there, here, number, on)
    key = unit.session.get(PersonKey, there.id_index) if there.id_index is not None else None
    if key is not None:
        key.region, key.person_id = region, here.id
    unit.session.flush()
    return here


def _copy_state(unit: UnitOfWork, there: Person, here: Person, number: str | None, on: date) -> None:
    state = unit.session.scalars(
        sa.select(PersonAttribute)
        .where(
            PersonAttribute.region == there.region,
            PersonAttribute.person_id == there.id,
            PersonAttribute.superseded_at.is_(None),
            PersonAttribute.valid_to.is_(None),
        )
        .limit(1)
    ).first()
    if state is None:
        return
    names = ("name", *_CODED, "registered_address", "work_unit", "phone_index")
    phone = unit.vault.open(state.phone, "person_attribute.phone")
    unit.session.add(
        PersonAttribute(
            region=here.region,
            id=uuid7(),
            person_id=here.id,
            phone=unit.vault.seal(phone, "person_attribute.phone") if phone else None,
            valid_from=on,
            recorded_at=unit.now,
            **{name: getattr(state, name) for name in names},
        )
    )
    unit.session.flush()
    index_person(unit, here.region, here.id, name=state.name, id_number=number, phone=phone)


def _identity(content: Mapping[str, str], today: date) -> tuple[str | None, date | None, str | None]:
    """Identity number, birth date and sex of a row; the number tells what the columns leave open."""
    sex = code_list("sex").code_of(content.get("sex", ""))
    written = content.get("birth_date", "")
    birth_date = read_days([written])[written]
    raw = content.get("id_number")
    checked = check_ids(pl.Series([raw], dtype=pl.String)) if raw else None
    if checked is None or checked["problem"][0] is not None:
        return None, birth_date if birth_date and birth_date <= today else None, sex
    return checked["number"][0], birth_date or checked["birth_date"][0], sex or checked["sex"][0]


def _dispute(unit: UnitOfWork, index: bytes) -> bool:
    """Whether somebody holds a number already; then that record is marked as disputed."""
    key = unit.session.get(PersonKey, index)
    holder = unit.session.get(Person, (key.region, key.person_id)) if key is not None else None
    if holder is None:
        return False
    holder.disputed = True
    unit.session.flush()
    return True


def _state(
    unit: UnitOfWork, person: Person, name: str, phone: str, content: Mapping[str, str], on: date
) -> PersonAttribute:
    codes = {field: code_list(field).code_of(content.get(field, "")) for field in _CODED}
    return PersonAttribute(
        region=person.region,
        id=uuid7(),
        person_id=person.id,
        name=name,
        registered_address=content.get("registered_address") or None,
        work_unit=content.get("work_unit") or None,
        phone=unit.vault.seal(phone, "person_attribute.phone") if phone else None,
        phone_index=unit.vault.index(phone, "phone") if phone else None,
        valid_from=on,
        recorded_at=unit.now,
        **codes,
    )


def _under_area(unit: UnitOfWork, person: Person, area_id: UUID, content: Mapping[str, str], on: date) -> None:
    household = Household(region=person.region, id=uuid7(), number=content.get("household"), area_id=area_id, version=1)
    unit.session.add(household)
    unit.session.flush()
    unit.session.add(
        Residence(
            region=person.region,
            id=uuid7(),
            person_id=person.id,
            household_id=household.id,
            area_id=area_id,
            relationship=code_list("relationship").code_of(content.get("relationship", "")),
            principal=True,
            valid_from=on,
            cause_in="initial",
            recorded_at=unit.now,
        )
    )
    unit.session.flush()
