"""What every import answers: how many rows were read, what became of each, and what is wrong with which."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from geodata.issues import Issue, Severity
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.batches.models import ImportBatch
from gridmap.store.bulk import refresh_plans
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

Progress = Callable[[str, int, int], None]


def silent(_step: str, _done: int, _total: int) -> None:
    """A progress callback that says nothing."""


class Verdict(StrEnum):
    """What became of one input row. Every row has exactly one."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NEEDS_REVIEW = "needs_review"
    REJECTED = "rejected"


@dataclass(slots=True)
class ImportOutcome:
    """The result of one import. ``read`` equals the sum of the verdicts, always."""

    kind: str
    file_name: str
    batch_id: UUID = field(default_factory=uuid7)
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    issues: list[Issue] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """Rows or features that got a verdict."""
        return sum(self.verdicts.values())

    @property
    def accepted(self) -> int:
        """Rows that are in the register now."""
        return sum(self.verdicts[v] for v in (Verdict.INSERTED, Verdict.UPDATED, Verdict.UNCHANGED))

    @property
    def errors(self) -> list[Issue]:
        """The findings that cost a row."""
        return [issue for issue in self.issues if issue.severity is Severity.ERROR]

    def reject(self, issue: Issue) -> None:
        """Count one row as rejected, with the reason."""
        self.verdicts[Verdict.REJECTED] += 1
        self.issues.append(issue)


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def write_batch(
    unit: UnitOfWork,
    actor: Actor,
    outcome: ImportOutcome,
    path: Path,
    *,
    regions: Iterable[int],
    under_code: str | None = None,
    effective: date | None = None,
) -> None:
    """Record the batch in every region it touched (in region 0 when it touched none), and one audit entry each."""
    counts = {verdict.value: outcome.verdicts[verdict] for verdict in Verdict} | outcome.notes
    touched = sorted(set(regions)) or [audit.INSTALLATION_REGION]
    digest = file_digest(path)
    for region in touched:
        unit.session.add(
            ImportBatch(
                region=region,
                id=outcome.batch_id,
                lead=region == touched[0],
                size_bytes=path.stat().st_size,
                kind=outcome.kind,
                file_name=path.name[:256],
                file_hash=digest,
                under_code=under_code,
                effective=effective,
                status="committed",
                counts=json.dumps(counts),
                created_at=unit.now,
                created_by=actor.user_id,
                committed_at=unit.now,
            )
        )
        audit.record(
            unit, actor, f"{outcome.kind}.import", region=region, details={"batch": str(outcome.batch_id), **counts}
        )
    refresh_plans(unit)
