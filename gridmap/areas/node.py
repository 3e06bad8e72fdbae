"""An area as a plain value, and the words everybody uses for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

CELL = "cell"
BEGINNING = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class AreaNode:
    """An area without its geometry."""

    id: UUID
    code: str
    level: str
    name: str
    parent_id: UUID | None
    region: int | None
    kind: str | None
    valid_from: date
    valid_to: date | None

    def in_force(self, day: date) -> bool:
        """Whether the area exists on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
