"""Take back a change that was made by hand, where its maker's successor in the same areas may do so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.scope import Scope
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.buildings import repository as buildings
from gridmap.buildings.models import Dwelling
from gridmap.changes import repository as journal
from gridmap.changes import service as changes
from gridmap.changes.images import RowKey, key_values, matches, table_named
from gridmap.changes.service import Conflict, Undone
from gridmap.editing.reach import edit_scope
from gridmap.errors import NotFoundError
from gridmap.residents.repository import visible_persons
from gridmap.store.store import UnitOfWork

BY_HAND: Final = ("resident.", "residence.", "household.", "dwelling.", "organisation.")
"""How the kinds of changes begin that are made by the forms of this slice."""


def is_by_hand(kind: str) -> bool:
    """Whether a change was made by a form, and is taken back here."""
    return kind.startswith(BY_HAND)


def undo_by_hand(unit: UnitOfWork, actor: Actor, change_id: UUID) -> Undone:
    """Take back a change that was made by hand, exactly, or say what stands in the way.

    Everything it touched, before and after, must lie in the actor's areas.

    Raises:
        PermissionDeniedError.
        NotFoundError: no such change by hand, or some of it lies outside the actor's areas.
        AlreadyUndoneError, ChangedSinceError.
    """
    _require(unit, actor, change_id)
    return changes.undo(unit, actor, change_id)


def conflicts_of(unit: UnitOfWork, actor: Actor, change_id: UUID) -> list[Conflict]:
    """What stands in the way of taking a change back, the newest first.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    _require(unit, actor, change_id)
    return changes.conflicts(unit, change_id)


def _require(unit: UnitOfWork, actor: Actor, change_id: UUID) -> None:
    scope = edit_scope(actor)
    made = changes.change(unit, change_id)
    if not is_by_hand(made[0].kind):
        raise NotFoundError
    if scope.everywhere:
        return
    today = local_today(unit)
    persons: dict[int, set[UUID]] = {}
    for region, person in changes.persons_of(unit, change_id):
        persons.setdefault(region, set()).add(person)
    for region, ids in persons.items():
        if visible_persons(unit, region, ids, scope, today) != ids:
            raise NotFoundError
    recorded = journal.recorded(unit, made)
    areas = scope.area_ids(unit)
    for key, _, before in recorded.rows:
        for values in (before, _held(unit, key)):
            _require_place(unit, scope, areas, key.region, values)


def _held(unit: UnitOfWork, key: RowKey) -> Mapping[str, Any]:
    """What a record holds now; nothing where it is gone."""
    table = table_named(key.table)
    columns = [table.c[name] for name in ("building_id", "dwelling_id", "area_id") if name in table.c]
    own = {"dwelling_id": key_values(key)["id"]} if key.table == "dwelling" else {}
    if not columns:
        return own
    row = unit.session.execute(sa.select(*columns).where(matches(key))).mappings().first()
    return {**own, **(dict(row) if row else {})}


def _require_place(
    unit: UnitOfWork, scope: Scope, areas: Iterable[UUID], region: int, values: Mapping[str, Any]
) -> None:
    building = values.get("building_id")
    if building is None and (dwelling := values.get("dwelling_id")) is not None:
        query = sa.select(Dwelling.building_id).where(Dwelling.region == region, Dwelling.id == dwelling)
        building = unit.session.scalar(query)
    if building is not None:
        if not buildings.ids_inside(unit, region, [building], scope, local_today(unit)):
            raise NotFoundError
    elif (area := values.get("area_id")) is not None and area not in areas:
        raise NotFoundError
