"""Decide a case, and with it those it settles too: first said what it would do, then done, journaled and audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import Phrase
from gridmap.access.policy import Action
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.node import AreaNode
from gridmap.audit import service as audit
from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.changes.journal import Journal, recording
from gridmap.errors import InvalidInputError
from gridmap.reviewing.acts import ACTS
from gridmap.reviewing.cases import (
    CaseKey,
    decider_scope,
    is_inside,
    is_open,
    row_of,
)
from gridmap.reviewing.choosing import area_of, home_name
from gridmap.reviewing.claims import held_by_other, require_free
from gridmap.reviewing.decision import ALIKE, EXTENTS, NAMED, REASON, Decision, Effect, Work
from gridmap.store.store import UnitOfWork

MOST_AT_ONCE: Final = 20_000


def decide(unit: UnitOfWork, actor: Actor, key: CaseKey, decision: Decision) -> Effect:
    """Carry out a decision.

    Raises `PermissionDeniedError`, `NotFoundError` (no such case, place or person in the actor's areas),
    `AlreadyDecidedError`, `CaseClaimedError`, `NoPersonError`, `InvalidInputError`.
    """
    work = _begin(unit, actor, key, decision)
    area = area_of(unit, work.rows[0])
    with recording(unit, actor, f"review.{decision.kind}", region=key.region) as journal:
        _carry_out(work, journal)
        journal.details.update(_details(work, area))
        for row in work.settled:
            if row.person_id is not None:
                journal.concerns(row.person_id, row.region)
    _record(work, area)
    if work.touched:
        unit.changed(*sorted(work.touched))
    return replace(_effect(work), change_id=journal.id)


def preview(unit: UnitOfWork, actor: Actor, key: CaseKey, decision: Decision) -> Effect:
    """What a decision would do: it is carried out and taken back at once. Needs a unit of work that writes.

    Raises as `decide`.
    """
    held = set(unit.changes)
    taken_back = unit.session.begin_nested()
    try:
        work = _begin(unit, actor, key, decision)
        with recording(unit, actor, f"review.{decision.kind}", region=key.region) as journal:
            _carry_out(work, journal)
        return _effect(work)
    finally:
        taken_back.rollback()
        unit.session.expire_all()
        unit.changes.intersection_update(held)


def _begin(unit: UnitOfWork, actor: Actor, key: CaseKey, decision: Decision) -> Work:
    if decision.extent not in EXTENTS.get(decision.kind, ()):
        raise InvalidInputError(field="Decision", reason="not a usable value")
    row = row_of(unit, actor, key, lock=True)
    require_free(unit, actor, row)
    today = local_today(unit)
    if decision.on is not None and decision.on > today:
        raise InvalidInputError(
            field="Date", reason=Phrase("{day} lies in the future", {"day": decision.on.isoformat()})
        )
    batch = unit.session.get(ImportBatch, (key.region, key.batch_id))
    on = decision.on or (batch.effective if batch else None) or today
    others, left = _others(unit, actor, row, decision)
    return Work(unit, actor, key, decision, [row, *others], left, on, today)


def _others(unit: UnitOfWork, actor: Actor, row: ImportRow, decision: Decision) -> tuple[list[ImportRow], int]:
    """The other open rows that a decision is to settle, locked, and how many are left out: those that somebody else
    has before them or is deciding just now."""
    same = {
        ALIKE: ImportRow.case_like == row.case_like,
        NAMED: ImportRow.case_name == row.case_name,
        REASON: ImportRow.reason == row.reason,
    }.get(decision.extent)
    if same is None:
        return [], 0
    query = (
        sa.select(ImportRow)
        .where(
            is_open(),
            is_inside(decider_scope(actor)),
            same,
            ImportRow.region == row.region,
            ImportRow.batch_id == row.batch_id,
            ImportRow.seq != row.seq,
        )
        .order_by(ImportRow.seq)
    )
    locked = query.limit(MOST_AT_ONCE).with_for_update(skip_locked=True)
    wanted = unit.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = list(unit.session.scalars(locked.execution_options(populate_existing=True)))
    if decision.extent != ALIKE:  # alike cases are claimed together with the case itself
        held: dict[bytes | None, bool] = {}
        free = []
        for one in rows:
            if one.case_like not in held:
                held[one.case_like] = held_by_other(unit, actor, one) is not None
            if not held[one.case_like]:
                free.append(one)
        rows = free
    return rows, wanted - len(rows)


def _carry_out(work: Work, journal: Journal) -> None:
    ACTS[work.decision.kind](work, journal)
    work.unit.session.flush()


# --- what is said of it ----------------------------------------------------------------------------------------------


def _effect(work: Work) -> Effect:
    return Effect(
        kind=work.decision.kind,
        cases=len(work.settled),
        left=work.left,
        home=work.home,
        place=home_name(work.unit, work.home),
        on=work.on,
        alias=work.decision.alias,
        written=work.written,
        rows=tuple(row.row for row in work.settled[:8]),
    )


def _details(work: Work, area: AreaNode) -> dict[str, object]:
    """Codes, counts and ids of a decision; names of places are no secret, those of persons are never here."""
    found: dict[str, object] = {
        "batch": str(work.key.batch_id),
        "case": str(work.key),
        "areas": [str(one) for one in (area.id, work.rows[0].case_other_id) if one is not None],
        "cases": len(work.settled),
    }
    if work.home is not None:
        found["building"] = str(work.home.building_id)
        if work.home.dwelling_id is not None:
            found["dwelling"] = str(work.home.dwelling_id)
    if work.decision.alias is not None:
        entry = work.decision.alias
        found |= {"kind": entry.kind, "official": entry.official, "alias": entry.alias}
    if work.decision.kind in {"move_out", "death"}:
        found["on"] = work.on.isoformat()
    return found


def _record(work: Work, area: AreaNode) -> None:
    details = {name: value for name, value in _details(work, area).items() if name not in {"case", "areas"}}
    persons: Sequence[UUID] = [row.person_id for row in work.settled if row.person_id is not None]
    audit.record(
        work.unit,
        work.actor,
        Action.REVIEW_DECIDE.value,
        region=work.key.region,
        subjects=persons,
        details={"decision": work.decision.kind, **details},
    )
