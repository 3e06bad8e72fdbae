"""What a form carries with it: which record, what that held when the form was made, and the number of the one change
that it may make.

It travels sealed, so that nobody can read or alter it on its way, and a form of one record cannot be sent for another.
A form sent twice asks for the same change twice, and the second time it is known.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from gridmap.accounts.actor import Actor
from gridmap.changes.models import Change
from gridmap.editing.errors import FormExpiredError
from gridmap.errors import WrongKeyError
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork
from gridmap.store.types import SEAL_VERSION

_COLUMN = "form.draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """The sealed part of a form.

    ``about`` names the form (``person-details``, ``room-birth``, …), ``base`` holds the values that were shown,
    ``shown`` is the purpose for which they were shown in full, empty where they were masked. ``key`` becomes the id of
    the change. ``mine`` holds what was asked for when somebody else had changed the record meanwhile, until it is
    chosen what to keep.
    """

    about: str
    region: int
    record_id: UUID
    user_id: UUID
    key: UUID = field(default_factory=uuid7)
    base: Mapping[str, str] = field(default_factory=dict, repr=False)
    shown: str = ""
    mine: Mapping[str, str] = field(default_factory=dict, repr=False)


def seal_draft(unit: UnitOfWork, draft: Draft) -> str:
    """The draft as text for a hidden field."""
    content = {
        "about": draft.about,
        "region": draft.region,
        "record": draft.record_id.hex,
        "user": draft.user_id.hex,
        "key": draft.key.hex,
        "base": dict(draft.base),
        "shown": draft.shown,
        "mine": dict(draft.mine),
    }
    sealed = unit.vault.seal(json.dumps(content, ensure_ascii=False), _COLUMN)
    return base64.urlsafe_b64encode(sealed).decode("ascii")


def open_draft(unit: UnitOfWork, actor: Actor, text: str, about: str, region: int, record_id: UUID) -> Draft:
    """The draft of a form that this user was given for this record.

    Raises:
        FormExpiredError: it is none, or of another record, form or user.
    """
    try:
        sealed = base64.urlsafe_b64decode(text.encode("ascii"))
        content = json.loads(unit.vault.open(sealed, _COLUMN) or "") if sealed.startswith(SEAL_VERSION) else None
    except (ValueError, binascii.Error, WrongKeyError, UnicodeError):
        content = None
    if not isinstance(content, dict):
        raise FormExpiredError
    draft = Draft(
        content["about"],
        content["region"],
        UUID(content["record"]),
        UUID(content["user"]),
        UUID(content["key"]),
        content["base"],
        content["shown"],
        content["mine"],
    )
    if (draft.about, draft.region, draft.record_id, draft.user_id) != (about, region, record_id, actor.user_id):
        raise FormExpiredError
    return draft


def already_made(unit: UnitOfWork, change_id: UUID) -> bool:
    """Whether the change of a form was made already: it was sent twice. Ask with the form's record locked."""
    return unit.session.query(Change.id).where(Change.id == change_id).first() is not None
