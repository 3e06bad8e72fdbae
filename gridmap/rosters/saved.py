"""Filters that users keep. Each belongs to one user; a filter is handed on by its address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from gridmap.accounts.actor import Actor
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.rosters.models import SavedFilter
from gridmap.store.store import UnitOfWork

MOST_SAVED = 50
LONGEST_NAME = 64
LISTS = ("residents", "dwellings")


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept filter."""

    id: UUID
    name: str
    query: dict[str, str]


def saved_filters(unit: UnitOfWork, actor: Actor, of: str) -> list[Kept]:
    """The actor's own filters of a list, by name."""
    query = sa.select(SavedFilter).where(SavedFilter.user_id == actor.user_id, SavedFilter.list == of)
    rows = unit.session.scalars(query.order_by(SavedFilter.name))
    return [Kept(row.id, row.name, json.loads(row.query)) for row in rows]


def save_filter(unit: UnitOfWork, actor: Actor, of: str, name: str, query: Mapping[str, str]) -> Kept:
    """Keep a filter under a name; one of the same name is replaced.

    Raises:
        InvalidInputError: no such list, no name or too long a one, or too many are kept already.
    """
    title = " ".join(name.split())
    if of not in LISTS:
        raise InvalidInputError(field="List", reason="not a usable value")
    if not 0 < len(title) <= LONGEST_NAME:
        raise InvalidInputError(field="Name", reason="1 to 64 characters")
    own = sa.select(SavedFilter).where(SavedFilter.user_id == actor.user_id, SavedFilter.list == of)
    text = json.dumps(dict(query), ensure_ascii=False, sort_keys=True)
    found = unit.session.scalar(own.where(SavedFilter.name == title))
    if found is None:
        if len(unit.session.scalars(own).all()) >= MOST_SAVED:
            raise InvalidInputError(field="Name", reason="50 filters are kept already; delete one first")
        found = SavedFilter(user_id=actor.user_id, list=of, name=title, query=text, created_at=unit.now)
        unit.session.add(found)
    found.query = text
    unit.session.flush()
    return Kept(found.id, title, dict(query))


def forget_filter(unit: UnitOfWork, actor: Actor, filter_id: UUID) -> str:
    """Delete a filter of the actor's own; returns which list it was of.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    found = unit.session.get(SavedFilter, filter_id)
    if found is None or found.user_id != actor.user_id:
        raise NotFoundError
    unit.session.delete(found)
    unit.session.flush()
    return found.list
