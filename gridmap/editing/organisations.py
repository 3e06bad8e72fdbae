"""Organisations in buildings: add, change, end. Beliefs are replaced, never overwritten."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from gridmap.accounts.actor import Actor
from gridmap.areas.node import BEGINNING
from gridmap.buildings.models import Dwelling, Organisation
from gridmap.editing.errors import fault
from gridmap.editing.persons import Edit, refuse_stale
from gridmap.editing.reach import building_in_reach, organisation_in_reach
from gridmap.editing.saving import Saved, deed, event_day
from gridmap.editing.values import Values
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork


def organisation_values(unit: UnitOfWork, region: int, organisation_id: UUID) -> dict[str, str]:
    """What the register believes of an organisation now; a beginning that nobody knows is empty."""
    found = unit.session.get_one(Organisation, (region, organisation_id))
    return {
        "name": found.name,
        "kind": found.kind or "",
        "valid_from": "" if found.valid_from == BEGINNING else found.valid_from.isoformat(),
        "valid_to": found.valid_to.isoformat() if found.valid_to else "",
        "dwelling": str(found.dwelling_id) if found.dwelling_id else "",
    }


def add_organisation(
    unit: UnitOfWork, actor: Actor, region: int, building_id: UUID, values: Values, key: UUID
) -> Saved:
    """An organisation in a building, or in one dwelling of it.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError.
    """
    building_in_reach(unit, actor, region, building_id)
    with deed(unit, actor, "organisation.add", region, key) as done:
        if not done.again:
            made = _written(unit, region, building_id, None, values, done.today)
            done.record_id = made.id
    return done.saved()


def edit_organisation(unit: UnitOfWork, actor: Actor, region: int, organisation_id: UUID, edit: Edit) -> Saved:
    """Change what is recorded of an organisation, or end it by ``valid_to``, the first day on which it is gone.

    Raises:
        PermissionDeniedError, NotFoundError, StaleFormError, FormFaultsError.
    """
    known = organisation_in_reach(unit, actor, region, organisation_id)
    with deed(unit, actor, "organisation.edit", region, edit.key) as done:
        if done.again:
            return done.saved()
        refuse_stale(edit.base, edit.wanted, organisation_values(unit, region, organisation_id))
        if dict(edit.wanted) == dict(edit.base):
            return done.saved()
        made = _written(unit, region, known.building_id, known.area_id, edit.wanted, done.today)
        known.superseded_at = unit.now
        done.record_id = made.id
    return done.saved()


def _written(
    unit: UnitOfWork, region: int, building_id: UUID | None, area_id: UUID | None, values: Values, today: date
) -> Organisation:
    since = (
        event_day(date.fromisoformat(values["valid_from"]), today, "valid_from")
        if values.get("valid_from")
        else BEGINNING
    )
    until = date.fromisoformat(values["valid_to"]) if values.get("valid_to") else None
    if until is not None and until <= since:
        raise fault("valid_to", "It would end before it begins.")
    dwelling_id = UUID(values["dwelling"]) if values.get("dwelling") else None
    if dwelling_id is not None:
        dwelling = unit.session.get(Dwelling, (region, dwelling_id))
        if dwelling is None or dwelling.building_id != building_id:
            raise fault("dwelling", "Choose one of the list.")
    made = Organisation(
        region=region, id=uuid7(), building_id=building_id, area_id=area_id, dwelling_id=dwelling_id,
        name=values["name"], kind=values.get("kind") or None, valid_from=since, valid_to=until, recorded_at=unit.now,
        superseded_at=None, batch_id=None, version=1,
    )  # fmt: skip
    unit.session.add(made)
    unit.session.flush()
    return made
