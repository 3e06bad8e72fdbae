"""Keep the search index in step by itself: with every person and state that a session writes, and with every undo.

Statements that write many rows at once past the session say so to :mod:`gridmap.residents.indexing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction

from gridmap.changes.journal import CREATED
from gridmap.changes.repository import Recorded
from gridmap.changes.service import AFTER_UNDO
from gridmap.residents.indexing import forget_unborne, reindex
from gridmap.residents.models import Person, PersonAttribute
from gridmap.store.store import UnitOfWork

_WRITTEN = "persons_to_index"
_CHUNK = 1_000
PersonKey = tuple[int, UUID]


def follow() -> None:
    """Begin to follow; once for the whole process, however often it is called."""
    if not event.contains(Session, "after_flush", _note):
        event.listen(Session, "after_flush", _note)
        event.listen(Session, "after_flush_postexec", _index)
    if _after_undo not in AFTER_UNDO:
        AFTER_UNDO.append(_after_undo)


def _note(session: Session, _context: UOWTransaction) -> None:
    """Whose names and numbers a flush may have written."""
    written: set[PersonKey] = session.info.setdefault(_WRITTEN, set())
    for record in (*session.new, *session.dirty):
        if isinstance(record, PersonAttribute):
            written.add((record.region, record.person_id))
        elif isinstance(record, Person):
            written.add((record.region, record.id))


def _index(session: Session, _context: UOWTransaction) -> None:
    written: set[PersonKey] = session.info.pop(_WRITTEN, set())
    unit: UnitOfWork | None = session.info.get("unit")
    if written and unit is not None:
        reindex(unit, sorted(written), flushed=True)


def _after_undo(unit: UnitOfWork, what: Recorded) -> None:
    """Index whom an undo brought back, forget the names that it left without a bearer."""
    persons: set[PersonKey] = set()
    states: dict[int, set[UUID]] = {}
    for key, op, _ in what.rows:
        if key.id is None or op == CREATED:
            continue
        if key.table == Person.__tablename__:
            persons.add((key.region, key.id))
        elif key.table == PersonAttribute.__tablename__:
            states.setdefault(key.region, set()).add(key.id)
    for region, ids in states.items():
        persons |= {(region, person) for person in _bearers(unit, region, sorted(ids))}
    reindex(unit, sorted(persons))
    for region in what.numbers:
        forget_unborne(unit, region)


def _bearers(unit: UnitOfWork, region: int, states: list[UUID]) -> Iterable[UUID]:
    for start in range(0, len(states), _CHUNK):
        query = sa.select(PersonAttribute.person_id).where(
            PersonAttribute.region == region, PersonAttribute.id.in_(states[start : start + _CHUNK])
        )
        yield from unit.session.scalars(query)
