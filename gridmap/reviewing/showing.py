"""One case before somebody: claimed, with what is like it, what it may mean, and the queue around it.

Whoever is shown is recorded, in the same transaction: exactly the persons whose masked rows stand on the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.batches.models import ImportRow
from gridmap.reviewing.cases import Case, CaseKey, is_open, key_of, present, row_of
from gridmap.reviewing.choosing import Choice, PersonChoice, choices, person_choices
from gridmap.reviewing.claims import Claim, claim, give_up, name_of
from gridmap.reviewing.queue import (
    Filter,
    Place,
    Waiting,
    alike,
    following,
    placed_in_queue,
    preceding,
    waiting_for,
)
from gridmap.store.store import UnitOfWork

BEFORE, AFTER, TOGETHER = 6, 44, 8
_TRIES: Final = 50


@dataclass(frozen=True, slots=True)
class Queued:
    """A line of the queue: a case, how many are alike, and who else has it before them."""

    case: Case
    alike: int
    claimed_by: str | None


@dataclass(frozen=True, slots=True)
class Open:
    """The case that is shown. ``together``: the first rows that are alike, itself first; ``alike``, ``named``,
    ``same_reason``: how many cases each extent of a decision meets; ``claim``: somebody else has it."""

    case: Case
    together: tuple[Case, ...] = field(repr=False)
    alike: int
    named: int
    same_reason: int
    claim: Claim | None
    choices: tuple[Choice, ...]
    persons: tuple[PersonChoice, ...] = field(repr=False)
    previous: CaseKey | None
    following: CaseKey | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a reviewer sees. ``waiting``: everything that waits for them; ``wanted``: what their filter leaves."""

    waiting: Waiting
    wanted: Waiting
    queue: tuple[Queued, ...]
    open: Open | None


def show(
    unit: UnitOfWork,
    actor: Actor,
    key: CaseKey | None = None,
    wanted: Filter | None = None,
    *,
    after: CaseKey | None = None,
) -> Desk:
    """Show a case, or the first that nobody else has before them, ``after`` one that was decided where there is one;
    it is kept for the actor for a few minutes.

    Needs a unit of work that writes.

    Raises `PermissionDeniedError`, `NotFoundError` (no such case, or outside the actor's areas), `AlreadyDecidedError`.
    """
    waiting = waiting_for(unit, actor)
    left = waiting.only(wanted or Filter())
    if key is not None:
        row: ImportRow | None = row_of(unit, actor, key)
        held = claim(unit, actor, row) if row is not None else None
    else:
        row, held = _next_free(unit, actor, left, after)
    if row is None:
        give_up(unit, actor)
        return Desk(waiting, left, (), None)
    around = [*preceding(unit, left, row, BEFORE), *following(unit, left, row, AFTER, including=True)]
    if row.seq not in {one.seq for one in around if one.batch_id == row.batch_id and one.region == row.region}:
        around.insert(min(BEFORE, len(around)), row)
    opened = _open(unit, actor, row, around, waiting, held)
    _record(unit, actor, opened)
    return Desk(waiting, left, _queue(unit, actor, around), opened)


def keep(unit: UnitOfWork, actor: Actor, key: CaseKey) -> Claim | None:
    """Keep a case that is being looked at for some more minutes; who has it, where it was lost meanwhile.

    Raises `PermissionDeniedError`, `NotFoundError`, `AlreadyDecidedError`.
    """
    return claim(unit, actor, row_of(unit, actor, key))


def _next_free(
    unit: UnitOfWork, actor: Actor, waiting: Waiting, after: CaseKey | None
) -> tuple[ImportRow | None, Claim | None]:
    """The next case that nobody else has; where all are taken, the first one with who has it."""
    start = unit.session.get(ImportRow, (after.region, after.batch_id, after.seq)) if after is not None else None
    if start is not None and start.case_area_id is None:
        start = None
    for _ in range(_TRIES):
        free = next(iter(following(unit, waiting, start, 1, free_for=actor.user_id)), None)
        if free is None and start is not None:
            start = None
            continue
        row = free or next(iter(following(unit, waiting, None, 1)), None)
        if row is None:
            break
        held = claim(unit, actor, row)
        unit.session.refresh(row)  # whoever had it before may have decided it meanwhile
        if row.decided_at is None and (held is None or free is None):
            return row, held
    return None, None


def _open(
    unit: UnitOfWork, actor: Actor, row: ImportRow, around: list[ImportRow], waiting: Waiting, held: Claim | None
) -> Open:  # fmt: skip
    key = key_of(row)
    together = present(unit, _together(unit, row), local_today(unit))
    at = around.index(row)
    found = choices(unit, actor, key) if row.person_id is not None and row.content is not None else []
    heaps = [heap for heap in waiting.heaps if (heap.region, heap.batch_id) == (row.region, row.batch_id)]
    return Open(
        case=together[0],
        together=tuple(together),
        alike=alike(unit, row),
        named=_named(unit, row),
        same_reason=sum(heap.count for heap in heaps if heap.reason == (row.reason or "")),
        claim=held,
        choices=tuple(found),
        persons=tuple(person_choices(unit, actor, key)),
        previous=key_of(around[at - 1]) if at else None,
        following=key_of(around[at + 1]) if at + 1 < len(around) else None,
    )


def _together(unit: UnitOfWork, row: ImportRow) -> list[ImportRow]:
    if row.case_like is None:
        return [row]
    query = sa.select(ImportRow).where(
        is_open(),
        ImportRow.region == row.region,
        ImportRow.batch_id == row.batch_id,
        ImportRow.case_like == row.case_like,
        ImportRow.seq != row.seq,
    )
    return [row, *unit.session.scalars(query.order_by(ImportRow.seq).limit(TOGETHER - 1))]


def _named(unit: UnitOfWork, row: ImportRow) -> int:
    if row.case_name is None:
        return 0
    query = sa.select(sa.func.count()).select_from(ImportRow)
    same = (ImportRow.region == row.region, ImportRow.batch_id == row.batch_id, ImportRow.case_name == row.case_name)
    return int(unit.session.scalar(query.where(is_open(), *same)) or 0)


def _queue(unit: UnitOfWork, actor: Actor, rows: list[ImportRow]) -> tuple[Queued, ...]:
    cases = present(unit, rows, local_today(unit), parts_too=False)
    places: list[Place] = placed_in_queue(unit, rows)
    names: dict[UUID, str] = {}
    lines = []
    for case, place in zip(cases, places, strict=True):
        holder = place.claimed_by if place.claimed_by != actor.user_id else None
        if holder is not None and holder not in names:
            names[holder] = name_of(unit, holder)
        lines.append(Queued(case, place.alike, names[holder] if holder is not None else None))
    return tuple(lines)


def _record(unit: UnitOfWork, actor: Actor, opened: Open) -> None:
    rows = [case.person_id for case in opened.together if case.person_id is not None]
    key = opened.case.key
    details = {"batch": str(key.batch_id), "rows": [case.row for case in opened.together]}
    by_region: dict[int, list[UUID]] = {key.region: rows}
    for one in opened.persons:
        by_region.setdefault(one.person.region, []).append(one.person.id)
    for region, persons in by_region.items():
        subjects = list(dict.fromkeys(persons))
        audit.record(unit, actor, "review.read", region=region, subjects=subjects, details=details)
