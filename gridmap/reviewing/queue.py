"""The queue: what waits, in order, and how much of it; read by key, so that its length does not matter.

Cases stand in the order of batches, within a batch by reason, then by row: a reviewer meets the same question again
and again. Cases that one decision can settle appear once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased

from gridmap.accounts.actor import Actor
from gridmap.areas.models import Area
from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.importing.undoing import UNDONE
from gridmap.reviewing.cases import decider_scope, is_open
from gridmap.reviewing.models import ReviewClaim
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Heap:
    """Open cases of one batch with one reason in one area; ``file_name`` is the batch's."""

    region: int
    batch_id: UUID
    reason: str
    area_id: UUID
    other_id: UUID | None
    count: int
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases are wanted: those of a batch, of a reason, or all."""

    batch_id: UUID | None = None
    reason: str | None = None

    def takes(self, heap: Heap) -> bool:
        """Whether the cases of a heap are wanted."""
        return self.batch_id in {None, heap.batch_id} and self.reason in {None, heap.reason}


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much is left."""

    heaps: tuple[Heap, ...]

    @property
    def total(self) -> int:
        """Open cases."""
        return sum(heap.count for heap in self.heaps)

    def by_reason(self) -> dict[str, int]:
        """Open cases by reason, the most first."""
        return _sums((heap.reason, heap.count) for heap in self.heaps)

    def by_batch(self) -> dict[tuple[UUID, str], int]:
        """Open cases by batch (id, name of the file), in the order of the queue."""
        counts: dict[tuple[UUID, str], int] = {}
        for heap in self.heaps:
            counts[heap.batch_id, heap.file_name] = counts.get((heap.batch_id, heap.file_name), 0) + heap.count
        return counts

    def only(self, wanted: Filter) -> Waiting:
        """What is left of what is wanted."""
        return Waiting(tuple(heap for heap in self.heaps if wanted.takes(heap)))


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in the queue, with how many are alike and who has it before them."""

    row: ImportRow = field(repr=False)
    alike: int
    claimed_by: UUID | None


def _sums(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, count in counts:
        found[name] = found.get(name, 0) + count
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def waiting_for(unit: UnitOfWork, actor: Actor) -> Waiting:
    """What waits for an actor, counted; nothing of anybody is read, so nothing is recorded.

    Raises `PermissionDeniedError`.
    """
    scope = decider_scope(actor)
    names = (ImportRow.region, ImportRow.batch_id, ImportRow.reason, ImportRow.case_area_id, ImportRow.case_other_id)
    grouped = sa.select(*names, sa.func.count().label("n")).where(is_open()).group_by(*names).subquery()
    batch = sa.and_(ImportBatch.region == grouped.c.region, ImportBatch.id == grouped.c.batch_id)
    other = sa.or_(grouped.c.case_other_id.is_(None), scope.covers(grouped.c.case_other_id))
    query = sa.select(grouped, ImportBatch.file_name).join(ImportBatch, batch)
    rows = unit.session.execute(query.where(scope.covers(grouped.c.case_area_id), other))
    heaps = [Heap(row[0], row[1], row[2] or "", row[3], row[4], row[5], row[6]) for row in rows]
    return Waiting(tuple(sorted(heaps, key=_order)))


def _order(heap: Heap) -> tuple[object, ...]:
    return heap.batch_id.bytes, heap.region, heap.reason, heap.area_id.bytes, (heap.other_id or heap.area_id).bytes


def heap_of(row: ImportRow) -> tuple[object, ...]:
    """Where the heap of a row stands in the order of the queue."""
    area = row.case_area_id
    if area is None:
        raise TypeError("only cases stand in the queue")
    return row.batch_id.bytes, row.region, row.reason or "", area.bytes, (row.case_other_id or area).bytes


def following(
    unit: UnitOfWork, waiting: Waiting, after: ImportRow | None, limit: int, *, free_for: UUID | None = None,
    including: bool = False,
) -> list[ImportRow]:  # fmt: skip
    """The first cases of the queue, or those after a row (``including`` it); ``free_for``: not those that somebody
    else than this user has before them."""
    place = None if after is None else heap_of(after)
    found: list[ImportRow] = []
    for heap in waiting.heaps:
        if len(found) >= limit:
            break
        order = _order(heap)
        if place is not None and order < place:
            continue
        clauses = [_first_of_its_kind()]
        if after is not None and order == place:
            clauses.append(ImportRow.seq >= after.seq if including else ImportRow.seq > after.seq)
        if free_for is not None:
            clauses.append(~_claimed(unit, free_for))
        query = _of(heap).where(*clauses).order_by(ImportRow.seq).limit(limit - len(found))
        found += unit.session.scalars(query)
    return found


def preceding(unit: UnitOfWork, waiting: Waiting, before: ImportRow, limit: int) -> list[ImportRow]:
    """The cases just before a row, in the order of the queue."""
    place = heap_of(before)
    found: list[ImportRow] = []
    for heap in reversed(waiting.heaps):
        if len(found) >= limit:
            break
        order = _order(heap)
        if order > place:
            continue
        clauses = [_first_of_its_kind()]
        if order == place:
            clauses.append(ImportRow.seq < before.seq)
        query = _of(heap).where(*clauses).order_by(ImportRow.seq.desc()).limit(limit - len(found))
        found += unit.session.scalars(query)
    return found[::-1]


def placed_in_queue(unit: UnitOfWork, rows: Sequence[ImportRow]) -> list[Place]:
    """Rows with how many are alike and who has them."""
    counts = _alike(unit, rows)
    claims = _claims(unit, rows)
    return [
        Place(row, counts.get((row.region, row.batch_id, row.case_like), 1), claims.get(_like_key(row))) for row in rows
    ]


def alike(unit: UnitOfWork, row: ImportRow) -> int:
    """How many open cases one decision about a row can settle, itself included."""
    return _alike(unit, [row]).get((row.region, row.batch_id, row.case_like), 1)


def decided_since(unit: UnitOfWork, actor: Actor, since: datetime) -> int:
    """How many cases a user has decided since a moment; those closed by undoing an import are no decisions."""
    scope = decider_scope(actor)
    regions = sa.select(Area.region).where(Area.region.is_not(None), scope.covers(Area.id)).distinct()
    query = sa.select(sa.func.count()).select_from(ImportRow)
    query = query.where(sa.or_(ImportRow.region.in_(regions), ImportRow.region == 0))
    return int(unit.session.scalar(query.where(_decided(actor, since))) or 0)


def _decided(actor: Actor, since: datetime) -> ColumnElement[bool]:
    by_hand = ImportRow.decision != UNDONE
    return sa.and_(ImportRow.decided_by == actor.user_id, ImportRow.decided_at >= since, by_hand)


def _of(heap: Heap) -> sa.Select[ImportRow]:
    other = ImportRow.case_other_id
    return sa.select(ImportRow).where(
        is_open(),
        ImportRow.region == heap.region,
        ImportRow.batch_id == heap.batch_id,
        ImportRow.reason == heap.reason,
        ImportRow.case_area_id == heap.area_id,
        other.is_(None) if heap.other_id is None else other == heap.other_id,
    )


def _first_of_its_kind() -> ColumnElement[bool]:
    """A clause: no open case before it is alike."""
    earlier = aliased(ImportRow)
    return ~sa.exists().where(
        earlier.decided_at.is_(None),
        earlier.case_area_id.is_not(None),
        earlier.region == ImportRow.region,
        earlier.batch_id == ImportRow.batch_id,
        earlier.case_like == ImportRow.case_like,
        earlier.seq < ImportRow.seq,
    )


def _claimed(unit: UnitOfWork, user_id: UUID) -> ColumnElement[bool]:
    """A clause: somebody else than a user has the case, or one that is alike, before them."""
    return sa.exists().where(
        ReviewClaim.region == ImportRow.region,
        ReviewClaim.batch_id == ImportRow.batch_id,
        ReviewClaim.case_like == ImportRow.case_like,
        ReviewClaim.user_id != user_id,
        ReviewClaim.until > unit.now,
    )


def _alike(unit: UnitOfWork, rows: Sequence[ImportRow]) -> dict[tuple[int, UUID, bytes | None], int]:
    counts: dict[tuple[int, UUID, bytes | None], int] = {}
    for (region, batch), likes in _by_batch(rows).items():
        query = sa.select(ImportRow.case_like, sa.func.count()).where(
            is_open(), ImportRow.region == region, ImportRow.batch_id == batch, ImportRow.case_like.in_(likes)
        )
        for like, count in unit.session.execute(query.group_by(ImportRow.case_like)):
            counts[region, batch, like] = count
    return counts


def _by_batch(rows: Sequence[ImportRow]) -> Mapping[tuple[int, UUID], list[bytes]]:
    found: dict[tuple[int, UUID], list[bytes]] = {}
    for row in rows:
        if row.case_like is not None:
            found.setdefault((row.region, row.batch_id), []).append(row.case_like)
    return found


def _like_key(row: ImportRow) -> tuple[int, UUID, bytes | None]:
    return row.region, row.batch_id, row.case_like


def _claims(unit: UnitOfWork, rows: Sequence[ImportRow]) -> dict[tuple[int, UUID, bytes | None], UUID]:
    batches = {row.batch_id for row in rows}
    query = sa.select(ReviewClaim).where(ReviewClaim.batch_id.in_(batches), ReviewClaim.until > unit.now)
    return {(claim.region, claim.batch_id, claim.case_like): claim.user_id for claim in unit.session.scalars(query)}
