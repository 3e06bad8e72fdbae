"""The one place that decides which areas an actor may see.

A scope is a set of root areas: everything below them is inside. Queries take its clauses; nobody else writes a filter
by area for reasons of access.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select

from gridmap.access.policy import POLICY, Action, allows
from gridmap.access.words import ACTIONS
from gridmap.accounts.actor import Actor
from gridmap.areas.models import Area, AreaClosure
from gridmap.errors import NotFoundError, PermissionDeniedError
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Scope:
    """The areas an action may touch: everything, or what lies under ``roots``."""

    roots: frozenset[UUID]
    everywhere: bool = False

    def areas(self) -> Select[UUID]:
        """A query of the ids of all areas inside."""
        if self.everywhere:
            return sa.select(Area.id)
        return sa.select(AreaClosure.descendant_id).where(AreaClosure.ancestor_id.in_(self.roots))

    def covers(
        self, column: ColumnElement[UUID | None] | sa.orm.InstrumentedAttribute[UUID | None]
    ) -> ColumnElement[bool]:
        """A clause: the area in ``column`` is inside."""
        if self.everywhere:
            return sa.true()
        return column.in_(self.areas())

    def area_ids(self, unit: UnitOfWork) -> frozenset[UUID]:
        """The ids of all areas inside, for in-memory filters."""
        return frozenset(unit.session.scalars(self.areas()))


def scope_of(actor: Actor, action: Action) -> Scope:
    """The scope in which an actor may do an action.

    Raises:
        PermissionDeniedError: no role of the actor allows the action anywhere.
    """
    if not allows(actor, action):
        raise PermissionDeniedError(action=ACTIONS[action])
    rule = POLICY[action]
    if not rule.scoped:
        return Scope(frozenset(), everywhere=True)
    areas = [grant.area_id for grant in actor.grants if grant.role in rule.roles]
    return Scope(frozenset(area for area in areas if area is not None), everywhere=None in areas)


def require_area(unit: UnitOfWork, actor: Actor, action: Action, area_id: UUID) -> Scope:
    """Refuse an area outside the actor's scope exactly as one that does not exist.

    Raises:
        PermissionDeniedError: the role does not allow the action at all.
        NotFoundError: no such area, or outside.
    """
    scope = scope_of(actor, action)
    if unit.session.scalar(scope.areas().where(_is(scope, area_id)).limit(1)) is None:
        raise NotFoundError
    return scope


def require_areas(unit: UnitOfWork, actor: Actor, action: Action, area_ids: Iterable[UUID]) -> Scope:
    """Like :func:`require_area` for several."""
    scope = scope_of(actor, action)
    wanted = set(area_ids)
    column = Area.id if scope.everywhere else AreaClosure.descendant_id
    if set(unit.session.scalars(scope.areas().where(column.in_(wanted)))) != wanted:
        raise NotFoundError
    return scope


def _is(scope: Scope, area_id: UUID) -> ColumnElement[bool]:
    return (Area.id if scope.everywhere else AreaClosure.descendant_id) == area_id
