"""The actor: who is acting, by which rights, through which channel. A plain value that every use case receives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """Roles that can be granted over an area (or, without an area, over the whole installation)."""

    GRID_WORKER = "grid_worker"
    COMMUNITY_OFFICER = "community_officer"
    STREET_OFFICER = "street_officer"
    DISTRICT_OFFICER = "district_officer"
    DATA_MANAGER = "data_manager"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """One role over one area; ``area_id`` ``None`` means the whole installation."""

    role: Role
    area_id: UUID | None


@dataclass(frozen=True, slots=True)
class Actor:
    """A user at work. Built fresh for each request or command from the grants in force at that moment."""

    user_id: UUID
    username: str
    display_name: str
    grants: tuple[RoleGrant, ...]
    channel: str = "web"
    request_id: str | None = None

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held over any area."""
        return frozenset(grant.role for grant in self.grants)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A valid session: its user, its CSRF token and when it ends unless used."""

    user_id: UUID
    session_id: UUID
    csrf: str
    language: str
    must_change_password: bool
    expires_at: datetime
