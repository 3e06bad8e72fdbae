"""Programmes that people sign up for: kept, read, changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.errors import GridmapError, InvalidInputError, NotFoundError, PermissionDeniedError
from gridmap.services.models import Programme
from gridmap.services.rules import ConditionError, parse_condition
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,31}")


class EligibilityError(GridmapError):
    """A condition that cannot be used."""

    code = "eligibility"
    message = "The condition of eligibility cannot be used: {fault}."
    hint = "Write it like: age >= 65 and presence == 'registered_present'."


@dataclass(frozen=True, slots=True)
class ProgrammeFacts:
    """What a programme is. ``valid_to`` is the first day it no longer runs."""

    code: str
    name: str
    eligible: str
    valid_from: date
    valid_to: date | None = None


def all_programmes(unit: UnitOfWork) -> list[Programme]:
    """Every programme, past ones included, by code."""
    return list(unit.session.scalars(sa.select(Programme).order_by(Programme.code)))


def programme_of(unit: UnitOfWork, code: str) -> Programme:
    """A programme by its code or name.

    Raises:
        NotFoundError.
    """
    wanted = code.strip()
    query = sa.select(Programme).where(sa.or_(Programme.code == wanted, Programme.name == wanted))
    found = list(unit.session.scalars(query))
    if len(found) != 1:
        raise NotFoundError
    return found[0]


def keep_programme(unit: UnitOfWork, actor: Actor, facts: ProgrammeFacts) -> UUID:
    """Add a programme, or change the one of the same code; audited.

    Raises:
        PermissionDeniedError: not a data manager of the whole installation: a programme holds everywhere.
        InvalidInputError, EligibilityError: a fact that cannot be.
    """
    if not scope_of(actor, Action.REGISTER_IMPORT).everywhere:
        raise PermissionDeniedError
    if not _CODE.fullmatch(facts.code):
        raise InvalidInputError(field="Code", reason="small letters, digits and _, a letter first")
    if not facts.name.strip():
        raise InvalidInputError(field="Name", reason="it is empty")
    if facts.valid_to is not None and facts.valid_to <= facts.valid_from:
        raise InvalidInputError(field="Period", reason="it ends before it begins")
    try:
        condition = parse_condition(facts.eligible)
    except ConditionError as error:
        raise EligibilityError(fault=str(error)) from error
    row = unit.session.scalars(sa.select(Programme).where(Programme.code == facts.code)).first()
    if row is None:
        row = Programme(id=uuid7(), code=facts.code, created_at=unit.now, created_by=actor.user_id, version=0)
        unit.session.add(row)
    row.name, row.eligible = facts.name.strip(), condition.text
    row.valid_from, row.valid_to = facts.valid_from, facts.valid_to
    row.version += 1
    unit.session.flush()
    audit.record(unit, actor, "programme.keep", details={"programme": facts.code, "eligible": condition.text})
    unit.changed("register")
    return row.id
