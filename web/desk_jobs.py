"""A file in hand at the import desk, and what whoever handed it in wants done with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

from geodata.errors import ExplainedError
from gridmap.accounts.actor import Actor
from gridmap.batches.models import ImportBatch
from gridmap.batches.service import INSTALLATION_REGION, HandedIn
from gridmap.errors import GridmapError
from gridmap.importing.choices import SheetChoice, choices_from_json
from gridmap.importing.result import BatchResult
from gridmap.importing.understand import Understood


class State(StrEnum):
    """Where a file is on its way."""

    RECEIVED = "received"
    UNDERSTOOD = "understood"
    CHECKING = "checking"
    CHECKED = "checked"
    COMMITTING = "committing"
    COMMITTED = "committed"
    CANCELLED = "cancelled"
    FAILED = "failed"


BUSY: Final = frozenset({State.RECEIVED, State.CHECKING, State.COMMITTING})
OVER: Final = frozenset({State.COMMITTED, State.CANCELLED, State.FAILED})


class ImportStateError(GridmapError):
    """A step out of order: somebody pressed twice, or the file is already gone."""

    code = "import_state"
    message = "This import is at another step now."
    hint = "Reload the page to see where it stands."


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done with a file. ``region``: of the area, None above the streets."""

    area_id: UUID
    area_code: str
    area_name: str
    region: int | None
    effective: date | None
    complete: bool
    language: str


@dataclass(slots=True)
class Job:
    """One file and what is known of it. Only its owner sees it. ``taken_up``: the server was started anew since it was
    handed in."""

    id: UUID
    actor: Actor
    file_name: str
    size_bytes: int
    order: Order
    at: datetime
    state: State = State.RECEIVED
    step: str = ""
    done: int = 0
    total: int = 0
    understood: Understood | None = field(default=None, repr=False)
    preview: BatchResult | None = field(default=None, repr=False)
    result: BatchResult | None = field(default=None, repr=False)
    error: ExplainedError | None = None
    cancelled: bool = False
    choices: dict[str, SheetChoice] = field(default_factory=dict)
    workbook: bytes = field(default=b"", repr=False)
    taken_up: bool = False

    @property
    def outcome(self) -> BatchResult | None:
        """What was committed, or what would be."""
        return self.result or self.preview

    @property
    def ending(self) -> str:
        """The ending of the file's name: the name comes from elsewhere, only this is used, to tell its kind."""
        return Path(self.file_name).suffix.lower()[:8]


def handed_in(kind: str, name: str, kept: tuple[int, bytes], order: Order) -> HandedIn:
    """What the store is told of a file; ``kept``: its size and SHA-256."""
    choices = {"area_id": str(order.area_id), "area_name": order.area_name, "language": order.language}
    region = INSTALLATION_REGION if order.region is None else order.region
    return HandedIn(kind, name, kept[1], kept[0], region, order.area_code, order.effective, order.complete, choices)


def order_of(batch: ImportBatch) -> Order:
    """The order as the store kept it."""
    kept = json.loads(batch.choices)
    return Order(
        area_id=UUID(kept["area_id"]),
        area_code=batch.under_code or "",
        area_name=kept["area_name"],
        region=batch.region or None,
        effective=batch.effective,
        complete=batch.complete,
        language=kept["language"],
    )


def choices_of(batch: ImportBatch) -> dict[str, SheetChoice]:
    """What was decided of its sheets, as the store kept it."""
    return choices_from_json(json.loads(batch.choices).get("sheets", {}))
