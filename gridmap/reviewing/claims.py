"""Who has which case before them: claimed while it is shown, given up by going on, void after a few minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gridmap.accounts.actor import Actor
from gridmap.accounts.models import User
from gridmap.batches.models import ImportRow
from gridmap.reviewing.cases import CaseClaimedError, like_of
from gridmap.reviewing.models import ReviewClaim
from gridmap.store.store import UnitOfWork

LEASE: Final = timedelta(minutes=5)
"""How long a case is kept for somebody who does nothing. A page that is being read asks for it anew."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody else has the case."""

    user_id: UUID
    name: str
    until: datetime


def claim(unit: UnitOfWork, actor: Actor, row: ImportRow) -> Claim | None:
    """Take a case, and with it those that are alike, for a while; the one that was held before is given up.

    Returns who has it where somebody else was faster. Two at once: the primary key lets one win.
    """
    own = {"region": row.region, "batch_id": row.batch_id, "case_like": like_of(row)}
    is_this = sa.and_(*[getattr(ReviewClaim, name) == value for name, value in own.items()])
    unit.session.execute(sa.delete(ReviewClaim).where(ReviewClaim.user_id == actor.user_id, ~is_this))
    insert = postgresql.insert if unit.dialect == "postgresql" else sqlite.insert
    wanted = {"user_id": actor.user_id, "until": unit.now + LEASE}
    statement = insert(ReviewClaim).values(**own, **wanted)
    free = sa.or_(ReviewClaim.until <= unit.now, ReviewClaim.user_id == actor.user_id)
    unit.session.execute(statement.on_conflict_do_update(index_elements=list(own), set_=wanted, where=free))
    held = unit.session.scalars(sa.select(ReviewClaim).where(is_this).execution_options(populate_existing=True)).one()
    if held.user_id == actor.user_id:
        return None
    return Claim(held.user_id, name_of(unit, held.user_id), held.until)


def held_by_other(unit: UnitOfWork, actor: Actor, row: ImportRow) -> Claim | None:
    """Who else has a case before them."""
    found = unit.session.get(ReviewClaim, (row.region, row.batch_id, like_of(row)), populate_existing=True)
    if found is None or found.until <= unit.now or found.user_id == actor.user_id:
        return None
    return Claim(found.user_id, name_of(unit, found.user_id), found.until)


def require_free(unit: UnitOfWork, actor: Actor, row: ImportRow) -> None:
    """Refuse a case that somebody else has before them.

    Raises `CaseClaimedError`.
    """
    if (other := held_by_other(unit, actor, row)) is not None:
        minutes = max(1, round((other.until - unit.now) / timedelta(minutes=1)))
        raise CaseClaimedError(who=other.name, minutes=minutes)


def give_up(unit: UnitOfWork, actor: Actor) -> None:
    """Let others have what a user holds."""
    unit.session.execute(sa.delete(ReviewClaim).where(ReviewClaim.user_id == actor.user_id))


def name_of(unit: UnitOfWork, user_id: UUID) -> str:
    """What colleagues call a user."""
    user = unit.session.get(User, user_id)
    return user.display_name if user else "–"
