"""What every change by hand shares: one entry in the journal, one in the log, known when it is sent twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from geodata.errors import Phrase
from gridmap.access.policy import Action
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.changes.journal import Journal, recording
from gridmap.editing.draft import already_made
from gridmap.editing.errors import fault
from gridmap.store.store import UnitOfWork

EARLIEST = date(1949, 10, 1)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is reported: the id of the one change that it makes, and the day on which it happened."""

    key: UUID
    on: date | None


@dataclass(frozen=True, slots=True)
class Saved:
    """A change that was made. ``change_id`` is None where the form changed nothing; ``notes`` say what is left to do;
    ``record_id`` is the record that was made, where one was."""

    change_id: UUID | None
    region: int
    notes: tuple[Phrase, ...] = ()
    record_id: UUID | None = None
    again: bool = False


@dataclass(slots=True)
class Deed:
    """One change by hand while it is made. ``again``: the form was sent before; nothing is to be done."""

    unit: UnitOfWork
    region: int
    key: UUID
    today: date
    journal: Journal | None = None
    again: bool = False
    notes: list[Phrase] = field(default_factory=list)
    record_id: UUID | None = None

    def concerns(self, *person_ids: UUID) -> None:
        """Say that persons are concerned."""
        for person_id in person_ids:
            if self.journal is not None:
                self.journal.concerns(person_id)

    def saved(self) -> Saved:
        """What came of it."""
        made = self.again or (self.journal is not None and not self.journal.empty)
        return Saved(self.key if made else None, self.region, tuple(self.notes), self.record_id, self.again)


@contextmanager
def deed(  # noqa: PLR0913 - the facts of a change
    unit: UnitOfWork,
    actor: Actor,
    kind: str,
    region: int,
    key: UUID,
    *,
    persons: Collection[UUID] = (),
    details: Mapping[str, object] | None = None,
    map_changes: bool = False,
) -> Iterator[Deed]:
    """Make one change by hand: everything the block writes is one entry in the journal and one in the log.

    The record that the form is about must be locked already. Where the change was made before, the block gets a deed
    with ``again`` set and must do nothing.
    """
    done = Deed(unit, region, key, local_today(unit))
    if already_made(unit, key):
        done.again = True
        yield done
        return
    with recording(unit, actor, kind, region=region, change_id=key, persons=persons, details=details) as journal:
        done.journal = journal
        yield done
        unit.session.flush()
        if journal.empty:
            journal.persons.clear()
    if not journal.empty:
        audit.record(
            unit,
            actor,
            Action.RECORD_EDIT.value,
            region=region,
            subjects=sorted({person for _, person in journal.persons}),
            details={"change": str(key), "kind": kind, **(details or {})},
        )
        unit.changed("register", *(["geometry"] if map_changes else []))


def event_day(day: date | None, today: date, name: str = "on") -> date:
    """The day of an event: given, not in the future, within the time that the register covers.

    Raises:
        FormFaultsError.
    """
    if day is None:
        raise fault(name, "The day is needed.")
    if day > today:
        raise fault(name, "This day lies in the future.")
    if day < EARLIEST:
        raise fault(name, "This day lies before the time that the register covers.")
    return day
