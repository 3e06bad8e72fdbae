"""Batches on their way: received, moved on, found again, with the file that is handed back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gridmap.batches.models import BatchFile, ImportBatch
from gridmap.batches.states import IN_HAND, Status
from gridmap.errors import GridmapError, NotFoundError
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

INSTALLATION_REGION = 0
WORKBOOK = "workbook"
PART_BYTES = 1 << 20
_SEALED = "batch_file.content"


class BatchStateError(GridmapError):
    """A step out of order: somebody pressed twice, in two tabs, or was faster."""

    code = "batch_state"
    message = "This import is at another step now."
    hint = "Reload the page to see where it stands."


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What somebody hands in. ``region`` is that of the area (0 above the street); ``choices`` goes into the store as
    JSON and holds nothing personal."""

    kind: str
    file_name: str
    digest: bytes
    size_bytes: int
    region: int
    under_code: str | None
    effective: date | None
    complete: bool = False
    choices: Mapping[str, Any] = field(default_factory=dict)


def new_id() -> UUID:
    """The id of a batch that is about to be received."""
    return uuid7()


def receive(unit: UnitOfWork, batch_id: UUID, user_id: UUID, file: HandedIn) -> ImportBatch:
    """Record that a file was handed in; nothing of it is read yet."""
    batch = ImportBatch(
        region=file.region,
        id=batch_id,
        kind=file.kind,
        file_name=file.file_name[:256],
        file_hash=file.digest,
        size_bytes=file.size_bytes,
        under_code=file.under_code,
        effective=file.effective,
        complete=file.complete,
        status=Status.RECEIVED.value,
        choices=json.dumps(dict(file.choices), ensure_ascii=False),
        created_at=unit.now,
        created_by=user_id,
        lead=True,
    )
    unit.session.add(batch)
    unit.session.flush()
    return batch


def lead(unit: UnitOfWork, batch_id: UUID) -> ImportBatch:
    """The record that stands for a batch; locked in a unit of work that writes.

    Raises:
        NotFoundError: there is none.
    """
    query = sa.select(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.lead.is_(sa.true()))
    found = unit.session.scalars(query.with_for_update() if unit.writing else query).first()
    if found is None:
        raise NotFoundError
    return found


def parts(unit: UnitOfWork, batch_id: UUID) -> list[ImportBatch]:
    """The records of a batch, one a region, the leading one first."""
    query = sa.select(ImportBatch).where(ImportBatch.id == batch_id)
    return sorted(unit.session.scalars(query), key=lambda row: (not row.lead, row.region))


def move_on(unit: UnitOfWork, batch_id: UUID, allowed: Collection[Status], status: Status) -> ImportBatch:
    """Bring a batch to its next state.

    Raises:
        NotFoundError, BatchStateError: it is at none of the allowed ones.
    """
    batch = lead(unit, batch_id)
    if batch.status not in {state.value for state in allowed}:
        raise BatchStateError
    batch.status = status.value
    unit.session.flush()
    return batch


def choose(unit: UnitOfWork, batch_id: UUID, choices: Mapping[str, Any]) -> None:
    """Keep what somebody decided about a file in hand, so that it is there after a restart."""
    batch = lead(unit, batch_id)
    batch.choices = json.dumps({**json.loads(batch.choices), **choices}, ensure_ascii=False)
    unit.session.flush()


def in_hand(unit: UnitOfWork) -> list[ImportBatch]:
    """Batches that somebody may go on with, the oldest first."""
    query = sa.select(ImportBatch).where(
        ImportBatch.lead.is_(sa.true()), ImportBatch.status.in_([state.value for state in IN_HAND])
    )
    return list(unit.session.scalars(query.order_by(ImportBatch.created_at)))


def give_up(unit: UnitOfWork, older_than: datetime) -> list[UUID]:
    """Cancel what nobody went on with; answers which."""
    query = sa.select(ImportBatch).where(
        ImportBatch.lead.is_(sa.true()),
        ImportBatch.status.in_([state.value for state in IN_HAND]),
        ImportBatch.created_at < older_than,
    )
    old = list(unit.session.scalars(query))
    for batch in old:
        batch.status = Status.CANCELLED.value
    unit.session.flush()
    return [batch.id for batch in old]


def same_file(unit: UnitOfWork, kind: str, digest: bytes, under_code: str | None) -> list[ImportBatch]:
    """Committed batches of the very same file for the same area, the newest first."""
    query = sa.select(ImportBatch).where(
        ImportBatch.lead.is_(sa.true()),
        ImportBatch.kind == kind,
        ImportBatch.file_hash == digest,
        ImportBatch.under_code == under_code,
        ImportBatch.status == Status.COMMITTED.value,
    )
    return list(unit.session.scalars(query.order_by(ImportBatch.committed_at.desc())))


def keep_file(unit: UnitOfWork, batch: ImportBatch, kind: str, content: bytes) -> None:
    """Keep a file that is handed back for a batch, sealed."""
    for part, start in enumerate(range(0, len(content), PART_BYTES)):
        sealed = unit.vault.seal_bytes(content[start : start + PART_BYTES], _SEALED)
        unit.session.add(BatchFile(region=batch.region, batch_id=batch.id, kind=kind, part=part, content=sealed))
    unit.session.flush()


def kept_file(unit: UnitOfWork, batch: ImportBatch, kind: str) -> bytes:
    """A file kept for a batch.

    Raises:
        NotFoundError: there is none.
    """
    content = b"".join(_parts(unit, batch, kind))
    if not content:
        raise NotFoundError
    return content


def _parts(unit: UnitOfWork, batch: ImportBatch, kind: str) -> Iterator[bytes]:
    query = sa.select(BatchFile.content).where(
        BatchFile.region == batch.region, BatchFile.batch_id == batch.id, BatchFile.kind == kind
    )
    for sealed in unit.session.scalars(query.order_by(BatchFile.part)):
        yield unit.vault.open_bytes(sealed, _SEALED)
