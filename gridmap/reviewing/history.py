"""Decisions that were taken, and taking them back; names that were learned, and withdrawing them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.policy import Action
from gridmap.access.scope import require_areas
from gridmap.accounts.actor import Actor
from gridmap.accounts.models import User
from gridmap.areas.models import Area
from gridmap.audit import service as audit
from gridmap.changes import service as changes
from gridmap.changes.journal import recording
from gridmap.changes.models import Change
from gridmap.errors import NotFoundError
from gridmap.importing.undoing import close_cases
from gridmap.linking.models import Alias
from gridmap.reviewing.cases import CaseKey, decider_scope
from gridmap.reviewing.choosing import home_name
from gridmap.reviewing.settling import Home
from gridmap.store.store import UnitOfWork

PREFIX: Final = "review."
SOURCE: Final = "review"
_LOOKED_THROUGH: Final = 400


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision: what, about how many cases, by whom and when; whether it was taken back since."""

    change_id: UUID
    region: int
    kind: str
    key: CaseKey | None
    cases: int
    place: str | None
    alias: str | None
    official: str | None
    made_at: datetime
    made_by: UUID | None
    who: str
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Learned:
    """A name that was learned in the review and is in force."""

    id: UUID
    kind: str
    alias: str
    official: str
    created_at: datetime
    who: str


def decisions(unit: UnitOfWork, actor: Actor, *, limit: int = 50) -> list[Taken]:
    """The newest decisions about cases of the actor's areas, those that were taken back included.

    Raises `PermissionDeniedError`.
    """
    scope = decider_scope(actor)
    inside = None if scope.everywhere else scope.area_ids(unit)
    query = sa.select(Change).where(Change.kind.startswith(PREFIX, autoescape=True))
    found: dict[UUID, tuple[Change, dict[str, Any]]] = {}
    for change in unit.session.scalars(query.order_by(Change.made_at.desc()).limit(_LOOKED_THROUGH)):
        details = json.loads(change.details)
        if change.id not in found and (inside is None or inside >= _areas(details)):
            found[change.id] = (change, details)
    newest = list(found.values())[:limit]
    return [_taken(unit, change, details) for change, details in newest]


def decision(unit: UnitOfWork, actor: Actor, change_id: UUID) -> Taken:
    """One decision about a case of the actor's areas.

    Raises `PermissionDeniedError`, `NotFoundError`.
    """
    change, details = _allowed(unit, actor, change_id)
    return _taken(unit, change, details)


def last_of(unit: UnitOfWork, actor: Actor) -> Taken | None:
    """The newest decision of a user that stands."""
    scope = decider_scope(actor)
    regions = sa.select(Area.region).where(Area.region.is_not(None), scope.covers(Area.id)).distinct()
    query = sa.select(Change).where(
        sa.or_(Change.region.in_(regions), Change.region == audit.INSTALLATION_REGION),
        Change.made_by == actor.user_id,
        Change.undone_at.is_(None),
        Change.kind.startswith(PREFIX, autoescape=True),
    )
    change = unit.session.scalars(query.order_by(Change.made_at.desc()).limit(1)).first()
    return None if change is None else _taken(unit, change, json.loads(change.details))


def undo(unit: UnitOfWork, actor: Actor, change_id: UUID) -> Taken:
    """Take a decision back: every record is as it was, the cases wait again, a learned name is forgotten.

    Raises `PermissionDeniedError`, `NotFoundError` (none, or about another area), `AlreadyUndoneError`,
    `ChangedSinceError` (later changes stand on it).
    """
    change, details = _allowed(unit, actor, change_id)
    done = changes.undo(unit, actor, change_id)
    close_cases(unit, actor, done.regions)  # of imports that were undone meanwhile
    unit.session.refresh(change)
    return _taken(unit, change, details)


def _allowed(unit: UnitOfWork, actor: Actor, change_id: UUID) -> tuple[Change, dict[str, Any]]:
    decider_scope(actor)
    change = changes.change(unit, change_id)[0]
    details = json.loads(change.details)
    if not change.kind.startswith(PREFIX):
        raise NotFoundError
    require_areas(unit, actor, Action.REVIEW_DECIDE, _areas(details))
    return change, details


def _areas(details: dict[str, Any]) -> set[UUID]:
    return {UUID(text) for text in details.get("areas", ())}


def _taken(unit: UnitOfWork, change: Change, details: dict[str, Any]) -> Taken:
    def key(name: str) -> UUID | None:
        return UUID(details[name]) if details.get(name) else None

    building = key("building")
    return Taken(
        change_id=change.id,
        region=change.region,
        kind=change.kind.removeprefix(PREFIX),
        key=CaseKey.read(details.get("case", "")),
        cases=int(details.get("cases", 0)),
        place=home_name(unit, Home(change.region, building, key("dwelling"))) if building else None,
        alias=details.get("alias"),
        official=details.get("official"),
        made_at=change.made_at,
        made_by=change.made_by,
        who=_name(unit, change.made_by),
        undone_at=change.undone_at,
    )


def _name(unit: UnitOfWork, user_id: UUID | None) -> str:
    user = unit.session.get(User, user_id) if user_id else None
    return user.display_name if user else "–"


# --- learned names ---------------------------------------------------------------------------------------------------


def learned(unit: UnitOfWork, actor: Actor, *, limit: int = 200) -> list[Learned]:
    """Names learned in the review that are in force, the newest first. They hold for the whole register.

    Raises `PermissionDeniedError`.
    """
    decider_scope(actor)
    query = sa.select(Alias).where(Alias.source == SOURCE, Alias.withdrawn_at.is_(None))
    rows = unit.session.scalars(query.order_by(Alias.created_at.desc(), Alias.id).limit(limit))
    return [
        Learned(row.id, row.kind, row.alias, row.official, row.created_at, _name(unit, row.created_by)) for row in rows
    ]


def count_learned(unit: UnitOfWork) -> int:
    """How many names were learned in the review and are in force."""
    query = sa.select(sa.func.count()).select_from(Alias)
    return int(unit.session.scalar(query.where(Alias.source == SOURCE, Alias.withdrawn_at.is_(None))) or 0)


def withdraw(unit: UnitOfWork, actor: Actor, alias_id: UUID) -> UUID:
    """Take a learned name out of force, from the next file on; what was placed by it stays. Returns the change by
    which this can be undone.

    Raises `PermissionDeniedError`, `NotFoundError` (no such name in force).
    """
    decider_scope(actor)
    row = unit.session.get(Alias, alias_id)
    if row is None or row.source != SOURCE or row.withdrawn_at is not None:
        raise NotFoundError
    said = {"kind": row.kind, "official": row.official, "alias": row.alias}
    with recording(unit, actor, "alias.withdraw", region=audit.INSTALLATION_REGION, details=said) as journal:
        row.withdrawn_at = unit.now
    audit.record(unit, actor, "alias.withdraw", details=said)
    return journal.id
