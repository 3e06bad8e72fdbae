"""The batches that were handed in: listed, shown, with the rows to mend."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.policy import Action, allows
from gridmap.access.scope import Scope, scope_of
from gridmap.accounts.actor import Actor
from gridmap.accounts.models import User
from gridmap.areas.models import Area
from gridmap.audit import service as audit
from gridmap.batches import service as batches
from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.batches.states import WRITTEN, Status
from gridmap.changes.models import Change
from gridmap.errors import NotFoundError
from gridmap.importing.outcome import Verdict
from gridmap.store.store import UnitOfWork

VERDICTS = tuple(verdict.value for verdict in Verdict)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it is listed. ``counts``: one entry a verdict, which add up to ``rows``; ``absent`` and notes apart.
    ``undoable``: the journal can take it back exactly; imports of areas and cells it cannot."""

    id: UUID
    kind: str
    status: str
    file_name: str
    under_code: str | None
    effective: date | None
    complete: bool
    counts: Mapping[str, int]
    created_at: datetime
    by: str
    committed_at: datetime | None
    undone_at: datetime | None
    undone_by: str | None
    regions: tuple[int, ...]
    workbook_rows: int
    open_cases: int
    undoable: bool
    population: tuple[int, int] | None = None
    owner: UUID | None = field(default=None, repr=False)

    @property
    def rows(self) -> int:
        """Rows that got a verdict."""
        return self.counts.get("rows", sum(self.counts.get(verdict, 0) for verdict in VERDICTS))

    @property
    def adds_up(self) -> bool:
        """Whether the verdicts add up to the rows, as they always must."""
        return self.rows == sum(self.counts.get(verdict, 0) for verdict in VERDICTS)


def list_batches(unit: UnitOfWork, actor: Actor, *, limit: int = 50, offset: int = 0) -> tuple[list[Batch], int]:
    """Batches that wrote something, the newest first, and how many there are: those for the actor's areas, and the
    actor's own.

    Raises `PermissionDeniedError`.
    """
    query = sa.select(ImportBatch).where(_visible(actor), ImportBatch.lead.is_(sa.true()), _written())
    total = unit.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    order = ImportBatch.committed_at.desc(), ImportBatch.id.desc()
    found = list(unit.session.scalars(query.order_by(*order).limit(limit).offset(offset)))
    return _batches(unit, actor, found), total


def show_batch(unit: UnitOfWork, actor: Actor, batch_id: UUID) -> Batch:
    """One batch.

    Raises `PermissionDeniedError`, `NotFoundError` (also where it is none of the actor's areas).
    """
    return _batches(unit, actor, [record(unit, actor, batch_id)])[0]


def record(unit: UnitOfWork, actor: Actor, batch_id: UUID) -> ImportBatch:
    """The record that stands for a batch that the actor may look at.

    Raises `PermissionDeniedError`, `NotFoundError`.
    """
    lead = sa.select(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.lead.is_(sa.true()), _written())
    found = unit.session.scalars(lead.where(_visible(actor))).first()
    if found is None:
        raise NotFoundError
    return found


def find_batch(unit: UnitOfWork, actor: Actor, text: str) -> UUID:
    """The batch whose id begins or ends with a text, where it is the only one; people copy parts of ids.

    Raises `PermissionDeniedError`, `NotFoundError`.
    """
    wanted = text.strip().replace("-", "").lower()
    query = sa.select(ImportBatch.id).where(_visible(actor), ImportBatch.lead.is_(sa.true()), _written())
    fits = [key for key in unit.session.scalars(query) if key.hex.startswith(wanted) or key.hex.endswith(wanted)]
    if len(fits) != 1 or not wanted:
        raise NotFoundError
    return fits[0]


def batch_workbook(unit: UnitOfWork, actor: Actor, batch_id: UUID) -> bytes:
    """The rows to mend of a batch, as they were marked when it was committed. The reading is audited; call it in a unit
    of work that writes.

    Raises `PermissionDeniedError`, `NotFoundError` (also where there is nothing to mend).
    """
    batch = record(unit, actor, batch_id)
    content = batches.kept_file(unit, batch, batches.WORKBOOK)
    note_reading(unit, actor, batch_id, "xlsx", batch.region)
    return content


def note_reading(unit: UnitOfWork, actor: Actor, batch_id: UUID | None, kind: str, region: int = 0) -> None:
    """Record that somebody took the result of a batch."""
    audit.record(unit, actor, Action.BATCH_READ.value, region=region, details={"batch": str(batch_id), "file": kind})


def _written() -> sa.ColumnElement[bool]:
    return ImportBatch.status.in_([status.value for status in WRITTEN])


def _visible(actor: Actor) -> sa.ColumnElement[bool]:
    """Batches for areas of the actor; those for no area (names, figures, the area tree) are seen by whoever handed them
    in, and by those who answer for the whole installation."""
    scope: Scope = scope_of(actor, Action.BATCH_READ)
    if scope.everywhere:
        return sa.true()
    here = ImportBatch.under_code.in_(sa.select(Area.code).where(scope.covers(Area.id)))
    return sa.or_(here, sa.and_(ImportBatch.under_code.is_(None), ImportBatch.created_by == actor.user_id))


def _batches(unit: UnitOfWork, actor: Actor, leads: Iterable[ImportBatch]) -> list[Batch]:
    found = list(leads)
    ids = [batch.id for batch in found]
    regions: dict[UUID, list[int]] = {}
    for key, region in unit.session.execute(
        sa.select(ImportBatch.id, ImportBatch.region).where(ImportBatch.id.in_(ids))
    ):
        regions.setdefault(key, []).append(region)
    journaled = set(unit.session.scalars(sa.select(Change.id).where(Change.id.in_(ids))))
    open_cases = _open_cases(unit, ids)
    people = {batch.created_by for batch in found} | {batch.undone_by for batch in found}
    names = display_names(unit, {key for key in people if key is not None})
    may = allows(actor, Action.BATCH_UNDO)
    return [
        Batch(
            id=batch.id,
            kind=batch.kind,
            status=batch.status,
            file_name=batch.file_name,
            under_code=batch.under_code,
            effective=batch.effective,
            complete=batch.complete,
            counts=json.loads(batch.counts),
            created_at=batch.created_at,
            by=names.get(batch.created_by, "") if batch.created_by else "",
            committed_at=batch.committed_at,
            undone_at=batch.undone_at,
            undone_by=names.get(batch.undone_by) if batch.undone_by else None,
            regions=tuple(sorted(regions.get(batch.id, []))),
            workbook_rows=batch.workbook_rows,
            open_cases=open_cases.get(batch.id, 0),
            undoable=may and batch.id in journaled and batch.status == Status.COMMITTED.value,
            population=_population(json.loads(batch.outcome)),
            owner=batch.created_by,
        )
        for batch in found
    ]


def _population(outcome: Mapping[str, Any]) -> tuple[int, int] | None:
    figures = outcome.get("population")
    return (int(figures[0]), int(figures[1])) if figures else None


def _open_cases(unit: UnitOfWork, ids: list[UUID]) -> dict[UUID, int]:
    query = (
        sa.select(ImportRow.batch_id, sa.func.count())
        .where(ImportRow.batch_id.in_(ids), open_case())
        .group_by(ImportRow.batch_id)
    )
    return {key: int(count) for key, count in unit.session.execute(query)}


def open_case() -> sa.ColumnElement[bool]:
    """The clause of rows that wait for a decision."""
    waiting = ImportRow.verdict.in_([Verdict.NEEDS_REVIEW.value, "absent"])
    return sa.and_(waiting, ImportRow.decided_at.is_(None))


def display_names(unit: UnitOfWork, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Users as they are called."""
    query = sa.select(User.id, User.display_name, User.username).where(User.id.in_(list(user_ids)))
    return {key: name or username for key, name, username in unit.session.execute(query)}
