"""Grants: who holds which role over what, since when; and the actor they make of a user."""

from __future__ import annotations

import getpass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import Phrase
from gridmap.access.models import Grant
from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.accounts.models import User
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import create_user
from gridmap.audit import service as audit
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.store.store import UnitOfWork

WHOLE_INSTALLATION = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


def grant_role(
    unit: UnitOfWork,
    user: User,
    role: Role,
    area_id: UUID | None,
    *,
    valid_from: date | None = None,
    valid_to: date | None = None,
    granted_by: UUID | None = None,
) -> Grant:
    """Grant a role. Dates are the first day it holds and the first day it no longer does."""
    if valid_from and valid_to and valid_to <= valid_from:
        raise InvalidInputError(field="Until", reason="must be later than the first day")
    grant = Grant(
        user_id=user.id,
        role=role.value,
        area_id=area_id,
        valid_from=valid_from or local_today(unit),
        valid_to=valid_to,
        granted_by=granted_by,
        granted_at=unit.now,
    )
    unit.session.add(grant)
    unit.session.flush()
    unit.changed("access")
    return grant


def revoke(unit: UnitOfWork, grant_id: UUID) -> Grant:
    """End a grant at once.

    Raises:
        NotFoundError: no such grant.
    """
    grant = unit.session.get(Grant, grant_id)
    if grant is None:
        raise NotFoundError
    grant.revoked_at = unit.now
    unit.session.flush()
    unit.changed("access")
    return grant


def grants_in_force(unit: UnitOfWork, user_id: UUID) -> tuple[RoleGrant, ...]:
    """The roles a user holds today."""
    today = local_today(unit)
    rows = unit.session.execute(
        sa.select(Grant.role, Grant.area_id).where(
            Grant.user_id == user_id,
            Grant.revoked_at.is_(None),
            Grant.valid_from <= today,
            sa.or_(Grant.valid_to.is_(None), Grant.valid_to > today),
        )
    )
    return tuple(RoleGrant(Role(role), area_id) for role, area_id in rows)


def all_grants(unit: UnitOfWork) -> list[tuple[Grant, User]]:
    """Every grant with its user, newest first."""
    rows = unit.session.execute(
        sa.select(Grant, User).join(User, User.id == Grant.user_id).order_by(Grant.granted_at.desc())
    )
    return [(grant, user) for grant, user in rows]


def workers_of(unit: UnitOfWork, area_id: UUID) -> list[str]:
    """Display names of the grid workers responsible for a cell today."""
    today = local_today(unit)
    return list(
        unit.session.scalars(
            sa.select(User.display_name)
            .join(Grant, Grant.user_id == User.id)
            .where(
                Grant.area_id == area_id,
                Grant.role == Role.GRID_WORKER.value,
                Grant.revoked_at.is_(None),
                Grant.valid_from <= today,
                sa.or_(Grant.valid_to.is_(None), Grant.valid_to > today),
                User.disabled_at.is_(None),
            )
            .order_by(User.display_name)
        )
    )


def actor_of(unit: UnitOfWork, user_id: UUID, *, channel: str = "web", request_id: str | None = None) -> Actor:
    """Build the actor of a user from the grants in force now.

    Raises:
        NotFoundError: no such user, or disabled.
    """
    user = unit.session.get(User, user_id)
    if user is None or user.disabled_at is not None:
        raise NotFoundError
    return Actor(user.id, user.username, user.display_name, grants_in_force(unit, user.id), channel, request_id)


def make_first_user(unit: UnitOfWork, username: str | None = None) -> User:
    """Map the operating system's user to a user without a password who is administrator and data manager of the whole
    installation: whoever makes a register holds its key anyway, and is named in its log from now on."""
    system = getpass.getuser()
    name = username or system
    user = create_user(unit, Passwords(), username=name, display_name=name, password=None, os_user=system)
    for role in (Role.ADMINISTRATOR, Role.DATA_MANAGER):
        grant_role(unit, user, role, None)
    audit.record(unit, actor_of(unit, user.id, channel="cli"), "store.init")
    return user


def command_line_actor(unit: UnitOfWork, name: str | None = None) -> Actor:
    """The actor of a command: the named user, else the one mapped to the operating system's user.

    Raises:
        InvalidInputError: nobody is mapped, or no such user.
    """
    query = sa.select(User.id).where(User.disabled_at.is_(None)).order_by(User.created_at)
    if name is not None:
        user_id = unit.session.scalar(query.where(User.username == name))
        reason = Phrase("there is no active user named {name}", {"name": name})
    else:
        system = getpass.getuser()
        user_id = unit.session.scalar(query.where(User.os_user == system))
        reason = Phrase("no user of this register is mapped to the system user {system}; name one", {"system": system})
    if user_id is None:
        raise InvalidInputError(field="--as", reason=reason)
    return actor_of(unit, user_id, channel="cli")


def local_today(unit: UnitOfWork) -> date:
    """Today where the offices are: grants and dates are Chinese calendar days (UTC+8, no daylight saving)."""
    return (unit.now + timedelta(hours=8)).date()
