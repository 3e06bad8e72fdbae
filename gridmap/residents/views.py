"""Persons as they are shown: the one place where protected values are opened and masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridmap.buildings.models import Building
from gridmap.buildings.service import building_name
from gridmap.residents.repository import Resident
from gridmap.residents.rules import age_on, mask_id, mask_name, mask_phone
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as shown: masked unless ``revealed``."""

    id: UUID
    region: int
    name: str
    sex: str | None
    age: int | None
    relationship: str | None
    marital_status: str | None
    presence: str | None
    id_number: str | None
    phone: str | None
    disputed: bool
    revealed: bool = False
    birth_date: date | None = None
    registered_address: str | None = None
    work_unit: str | None = None
    ethnic_group: str | None = None
    household_id: UUID | None = None
    since: date | None = None
    building_id: UUID | None = None
    dwelling_id: UUID | None = None
    area_id: UUID | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """A household in a dwelling, its head first."""

    id: UUID | None
    number: str | None
    members: tuple[PersonView, ...]


@dataclass(frozen=True, slots=True)
class DwellingResidents:
    """Who lives in a dwelling on a date. ``elsewhere`` counts people who have since left the reader's areas."""

    region: int
    dwelling_id: UUID
    building_id: UUID
    building_name: str
    unit: str
    room: str
    floor: int | None
    verified_on: date | None
    households: tuple[HouseholdView, ...]
    elsewhere: int


def households_of(unit: UnitOfWork, residents: list[Resident], as_of: date) -> tuple[HouseholdView, ...]:
    """Group residents by household, in the order they come."""
    groups: dict[UUID | None, list[Resident]] = {}
    for resident in residents:
        groups.setdefault(resident.residence.household_id, []).append(resident)
    return tuple(
        HouseholdView(
            household_id,
            members[0].household.number if members[0].household else None,
            tuple(view_of(unit, member, as_of) for member in members),
        )
        for household_id, members in groups.items()
    )


def view_of(unit: UnitOfWork, resident: Resident, day: date, *, revealed: bool = False) -> PersonView:
    """Show a person; everything that identifies is masked or left out unless ``revealed``."""
    person, attribute = resident.person, resident.attribute
    id_number = unit.vault.open(person.id_number, "person.id_number")
    phone = unit.vault.open(attribute.phone, "person_attribute.phone") if attribute else None
    name = (attribute.name if attribute else None) or ""
    return PersonView(
        id=resident.person_id,
        region=resident.region,
        name=name if revealed else mask_name(name),
        sex=person.sex,
        age=age_on(person.birth_date, day) if person.birth_date else None,
        relationship=resident.residence.relationship,
        marital_status=attribute.marital_status if attribute else None,
        presence=attribute.presence if attribute else None,
        id_number=id_number if revealed or id_number is None else mask_id(id_number),
        phone=phone if revealed or phone is None else mask_phone(phone),
        disputed=person.disputed,
        revealed=revealed,
        birth_date=person.birth_date if revealed else None,
        registered_address=attribute.registered_address if attribute and revealed else None,
        work_unit=attribute.work_unit if attribute and revealed else None,
        ethnic_group=attribute.ethnic_group if attribute else None,
        household_id=resident.residence.household_id,
        since=resident.residence.valid_from,
        building_id=resident.residence.building_id,
        dwelling_id=resident.residence.dwelling_id,
        area_id=resident.residence.area_id,
        place=_place(resident),
    )


def _place(resident: Resident) -> str | None:
    building: Building | None = resident.building
    if building is None:
        return None
    room = ""
    if resident.dwelling is not None:
        staircase = resident.staircase.name if resident.staircase else ""
        room = f" {staircase}-{resident.dwelling.room}" if staircase else f" {resident.dwelling.room}"
    return building_name(building, resident.compound) + room
