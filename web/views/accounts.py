"""Users, their rights and sessions, and the log, as pages show them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gridmap.access.models import Grant
from gridmap.accounts.actor import Role
from gridmap.accounts.models import User, UserSession
from gridmap.areas.tree import AreaTree
from gridmap.audit.models import AuditEntry
from gridmap.i18n import Translator
from web.frame import place_name
from web.site import OFFICE_ZONE
from web.views.lists import Option
from web.words import ACTS, DETAILS, FIGURES, PURPOSES, ROLES, VALUES


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A role over an area, for a time."""

    id: str
    role_label: str
    area_name: str
    valid_from: date
    valid_to: date | None
    active: bool


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user with their rights."""

    id: str
    name: str
    username: str
    active: bool
    last_login: datetime | None
    href: str
    grants: list[GrantRow]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """An open session of the user."""

    id: str
    at: datetime
    where: str
    current: bool


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of the log."""

    seq: int
    at: datetime
    actor: str
    action_label: str
    action: str
    object_label: str | None
    area_name: str | None
    purpose: str | None
    detail: str | None


def local(moment: datetime) -> datetime:
    """The time on the office's wall."""
    return moment.astimezone(OFFICE_ZONE)


def user_rows(
    users: list[User], grants: list[tuple[Grant, User]], seen: dict[UUID, datetime], tree: AreaTree, text: Translator,
    today: date,
) -> list[UserRow]:  # fmt: skip
    """All users with all their rights, also past ones."""
    by_user: dict[UUID, list[GrantRow]] = {}
    for grant, user in grants:
        by_user.setdefault(user.id, []).append(_grant_row(grant, tree, text, today))
    return [
        UserRow(
            id=str(user.id),
            name=user.display_name,
            username=user.username,
            active=user.disabled_at is None,
            last_login=local(seen[user.id]) if user.id in seen else None,
            href=f"/people?user={user.id}",
            grants=by_user.get(user.id, []),
        )
        for user in users
    ]


def _grant_row(grant: Grant, tree: AreaTree, text: Translator, today: date) -> GrantRow:
    node = tree.get(grant.area_id) if grant.area_id else None
    dated = grant.valid_from <= today and (grant.valid_to is None or today < grant.valid_to)
    whole = text.gettext("the whole installation")
    return GrantRow(
        id=str(grant.id),
        role_label=text.gettext(ROLES[Role(grant.role)]),
        area_name=whole if node is None else place_name(tree, node, text.language),
        valid_from=grant.valid_from,
        valid_to=grant.valid_to,
        active=grant.revoked_at is None and dated,
    )


def role_options(text: Translator) -> list[Option]:
    """The roles to choose from."""
    return [Option(role.value, text.gettext(word)) for role, word in ROLES.items()]


def session_rows(sessions: list[UserSession], current: UUID, text: Translator) -> list[SessionRow]:
    """The user's open sessions."""
    here, there = text.gettext("This browser"), text.gettext("Another browser")
    return [
        SessionRow(str(row.id), local(row.last_seen_at), here if row.id == current else there, row.id == current)
        for row in sessions
    ]


def entry_rows(entries: list[AuditEntry], tree: AreaTree, text: Translator) -> list[EntryRow]:
    """Entries of the log. Subjects are counted; whose they are is for a search by subject."""
    streets = {node.region: tree.name(node, text.language) for node in tree.nodes if node.level == "street"}
    return [_entry_row(entry, streets, tree, text) for entry in entries]


def _entry_row(entry: AuditEntry, streets: dict[int | None, str], tree: AreaTree, text: Translator) -> EntryRow:
    details: dict[str, object] = json.loads(entry.details)
    subjects = len(json.loads(entry.subjects))
    area = _area(details, tree)
    purpose, _, note = (entry.purpose or "").partition(": ")
    said = text.gettext(PURPOSES.get(purpose, purpose)) + (f": {note}" if note else "")
    plural = text.ngettext("%(num)s person", "%(num)s people", subjects) % {"num": subjects}
    return EntryRow(
        seq=entry.seq,
        at=local(entry.at),
        actor=entry.actor_name,
        action_label=text.gettext(ACTS.get(entry.action, entry.action)),
        action=entry.action,
        object_label=plural if subjects else None,
        area_name=area or streets.get(entry.region),
        purpose=said or None,
        detail=_details(details, text) or None,
    )


def _details(details: dict[str, object], text: Translator) -> str:
    known = [name for name, value in details.items() if name in DETAILS and value is not None]
    return " · ".join(f"{text.gettext(DETAILS[name])} {_value(details[name], text)}" for name in known)


def _value(value: object, text: Translator) -> str:
    parts = value if isinstance(value, list) else str(value).split()
    return text.text("{names}", names=[_word(str(part), text) for part in parts])


def _word(code: str, text: Translator) -> str:
    if code in VALUES:
        return text.gettext(VALUES[code])
    if code in FIGURES:
        return text.gettext(FIGURES[code])
    return text.gettext(ROLES[Role(code)]) if code in set(Role) else code


def _area(details: dict[str, object], tree: AreaTree) -> str | None:
    try:
        node = tree.get(UUID(str(details.get("area"))))
    except ValueError:
        return None
    return None if node is None else node.name
