"""What can be decided about a case, how far it may reach, and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from gridmap.accounts.actor import Actor
from gridmap.batches.models import ImportRow
from gridmap.linking.aliases import AliasEntry
from gridmap.reviewing.cases import CaseKey
from gridmap.reviewing.new_places import NewPlace
from gridmap.reviewing.settling import Home
from gridmap.store.store import UnitOfWork

ONE, ALIKE, NAMED, REASON = "one", "alike", "named", "reason"
EXTENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "place": (ONE, ALIKE),
    "building": (ONE, ALIKE),
    "new_place": (ONE, ALIKE),
    "alias": (NAMED,),
    "move_out": (ONE,),
    "death": (ONE,),
    "stays": (ONE, REASON),
    "same_person": (ONE,),
    "new_person": (ONE,),
    "skip": (ONE, ALIKE, REASON),
    "give_back": (ONE, ALIKE, REASON),
}
"""The decisions there are, and how far each may reach: one case, those alike, those that name the same, all of the
batch with the same reason."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decides about a case. ``on``: the date it holds from (the effective date of the batch unless
    given)."""

    kind: str
    extent: str = ONE
    building_id: UUID | None = None
    dwelling_id: UUID | None = None
    new: NewPlace | None = None
    alias: AliasEntry | None = None
    person: tuple[int, UUID] | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision does, or would do. ``cases``: how many it settles; ``left``: how many of those meant stay open
    (their persons are not known, somebody else has them, or the name does not lead to their dwelling); ``home``: where
    people live then, and what that ``place`` is called; ``rows``: numbers of the first rows it settles; ``change_id``:
    by which it can be undone."""

    kind: str
    cases: int
    left: int
    home: Home | None
    place: str | None
    on: date
    alias: AliasEntry | None
    written: bool
    rows: tuple[int, ...] = field(default=())
    change_id: UUID | None = None


@dataclass(slots=True)
class Work:
    """A decision while it is carried out. ``touched``: kinds of records that changed."""

    unit: UnitOfWork
    actor: Actor
    key: CaseKey
    decision: Decision
    rows: list[ImportRow]
    left: int
    on: date
    today: date
    settled: list[ImportRow] = field(default_factory=list)
    home: Home | None = None
    written: bool = False
    touched: set[str] = field(default_factory=set)

    def close(self, row: ImportRow) -> None:
        """Note that a row is decided."""
        row.decision = self.decision.kind
        row.decided_by = self.actor.user_id
        row.decided_at = self.unit.now
        self.settled.append(row)

    def wrote(self, *kinds: str) -> None:
        """Note that records changed."""
        self.written = True
        self.touched.update(kinds or ("register",))
