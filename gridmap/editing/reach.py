"""Find a record that an actor may change, and hold it until the change is written.

What lies outside the actor's areas is answered as what does not exist.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.policy import Action
from gridmap.access.scope import Scope, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.buildings import repository as buildings
from gridmap.buildings.models import Building, Dwelling, Organisation
from gridmap.errors import NotFoundError
from gridmap.residents.models import Household, Person, Residence
from gridmap.residents.repository import visible_persons
from gridmap.store.base import Base
from gridmap.store.store import UnitOfWork

_Model = TypeVar("_Model", bound=Base)


def edit_scope(actor: Actor) -> Scope:
    """The areas whose records an actor may change.

    Raises:
        PermissionDeniedError: none.
    """
    return scope_of(actor, Action.RECORD_EDIT)


def held(unit: UnitOfWork, model: type[_Model], region: int, record_id: UUID) -> _Model:
    """A record, locked until the end of a writing unit of work. Two who change it at once come one after the other.

    Raises:
        NotFoundError: there is none.
    """
    found = unit.session.get(
        model, (region, record_id), with_for_update=True if unit.writing else None, populate_existing=unit.writing
    )
    if found is None:
        raise NotFoundError
    return found


def person_in_reach(unit: UnitOfWork, actor: Actor, region: int, person_id: UUID) -> Person:
    """A person whose latest residence lies in the actor's areas.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    scope = edit_scope(actor)
    person = held(unit, Person, region, person_id)
    if not visible_persons(unit, region, {person_id}, scope, local_today(unit)):
        raise NotFoundError
    return person


def require_persons(unit: UnitOfWork, actor: Actor, region: int, person_ids: Collection[UUID]) -> None:
    """Refuse when any of some persons lives outside the actor's areas.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    scope = edit_scope(actor)
    if visible_persons(unit, region, set(person_ids), scope, local_today(unit)) != set(person_ids):
        raise NotFoundError


def building_in_reach(unit: UnitOfWork, actor: Actor, region: int, building_id: UUID) -> Building:
    """A building in the actor's areas.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    scope = edit_scope(actor)
    building = held(unit, Building, region, building_id)
    if not buildings.ids_inside(unit, region, [building_id], scope, local_today(unit)):
        raise NotFoundError
    return building


def dwelling_in_reach(unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID) -> Dwelling:
    """A dwelling of a building in the actor's areas.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    scope = edit_scope(actor)
    dwelling = held(unit, Dwelling, region, dwelling_id)
    if not buildings.ids_inside(unit, region, [dwelling.building_id], scope, local_today(unit)):
        raise NotFoundError
    return dwelling


def household_in_reach(unit: UnitOfWork, actor: Actor, region: int, household_id: UUID) -> Household:
    """A household whose place, and each of whose present members, lies in the actor's areas.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    scope = edit_scope(actor)
    household = held(unit, Household, region, household_id)
    if household.building_id is not None:
        inside = bool(buildings.ids_inside(unit, region, [household.building_id], scope, local_today(unit)))
    else:
        inside = household.area_id is not None and (scope.everywhere or household.area_id in scope.area_ids(unit))
    if not inside:
        raise NotFoundError
    require_persons(unit, actor, region, members_of(unit, region, household_id))
    return household


def members_of(unit: UnitOfWork, region: int, household_id: UUID) -> list[UUID]:
    """The persons whose residence in a household is open."""
    query = sa.select(Residence.person_id).where(
        Residence.region == region,
        Residence.household_id == household_id,
        Residence.superseded_at.is_(None),
        Residence.valid_to.is_(None),
    )
    return list(dict.fromkeys(unit.session.scalars(query)))


def organisation_in_reach(unit: UnitOfWork, actor: Actor, region: int, organisation_id: UUID) -> Organisation:
    """An organisation, as believed now, in the actor's areas.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    scope = edit_scope(actor)
    found = held(unit, Organisation, region, organisation_id)
    if found.building_id is not None:
        inside = bool(buildings.ids_inside(unit, region, [found.building_id], scope, local_today(unit)))
    else:
        inside = found.area_id is not None and (scope.everywhere or found.area_id in scope.area_ids(unit))
    if not inside or found.superseded_at is not None:
        raise NotFoundError
    return found
