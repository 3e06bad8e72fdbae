"""Dwellings, households and organisations as the pages of records show them; nobody's data."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.buildings import repository as buildings
from gridmap.buildings.models import Dwelling, Organisation, Unit
from gridmap.buildings.service import building_name
from gridmap.editing.dwellings import dwelling_values
from gridmap.editing.labels import room_name
from gridmap.editing.organisations import organisation_values
from gridmap.errors import NotFoundError
from gridmap.residents.models import Household
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class PlaceSheet:
    """A record of a place. ``record_id`` is the dwelling it stands in, where one is known; ``current``: it is what is
    believed now."""

    label: str
    building_id: UUID
    record_id: UUID | None
    values: dict[str, str]
    current: bool = True


def dwelling_sheet(unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID) -> PlaceSheet:
    """A dwelling in the actor's areas.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    dwelling = unit.session.get(Dwelling, (region, dwelling_id))
    if dwelling is None:
        raise NotFoundError
    label = _label(unit, actor, region, dwelling.building_id, dwelling)
    return PlaceSheet(label, dwelling.building_id, dwelling_id, dwelling_values(unit, region, dwelling_id))


def household_sheet(unit: UnitOfWork, actor: Actor, region: int, household_id: UUID) -> PlaceSheet:
    """A household in a building of the actor's areas, without its members.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    household = unit.session.get(Household, (region, household_id))
    if household is None or household.building_id is None:
        raise NotFoundError
    dwelling = unit.session.get(Dwelling, (region, household.dwelling_id)) if household.dwelling_id else None
    label = _label(unit, actor, region, household.building_id, dwelling)
    return PlaceSheet(label, household.building_id, household.dwelling_id, {"number": household.number or ""})


def organisation_sheet(unit: UnitOfWork, actor: Actor, region: int, organisation_id: UUID) -> PlaceSheet:
    """An organisation in a building of the actor's areas.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    found = unit.session.get(Organisation, (region, organisation_id))
    if found is None or found.building_id is None:
        raise NotFoundError
    dwelling = unit.session.get(Dwelling, (region, found.dwelling_id)) if found.dwelling_id else None
    label = _label(unit, actor, region, found.building_id, dwelling)
    values = organisation_values(unit, region, organisation_id)
    return PlaceSheet(label, found.building_id, found.dwelling_id, values, found.superseded_at is None)


def _label(unit: UnitOfWork, actor: Actor, region: int, building_id: UUID, dwelling: Dwelling | None) -> str:
    scope = scope_of(actor, Action.BUILDING_READ)
    found = buildings.building(unit, region, building_id, scope, local_today(unit))
    if found is None:
        raise NotFoundError
    if dwelling is None:
        return building_name(*found)
    staircase = unit.session.get_one(Unit, (region, dwelling.unit_id))
    return f"{building_name(*found)} {room_name(staircase.name, dwelling.room)}"
