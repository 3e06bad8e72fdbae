"""Undo a change, or say what stands in the way; read what was changed.

Whether an actor may undo is decided by whoever calls this: the journal knows records, not areas.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.changes import repository
from gridmap.changes.images import RowKey, from_text, matches, table_named
from gridmap.changes.journal import BEFORE, CHUNK, CREATED, DELETED, UPDATED, chunks
from gridmap.changes.models import Change, ChangeRow, ChangeSubject
from gridmap.changes.repository import Recorded
from gridmap.errors import GridmapError, NotFoundError
from gridmap.store.base import Base
from gridmap.store.spatial import reindex
from gridmap.store.store import UnitOfWork

AFTER_UNDO: list[Callable[[UnitOfWork, Recorded], None]] = []
"""What brings derived tables in step after an undo, in the same unit of work: slices above add theirs."""

# What the map draws; everything else that is journaled is the register's.
_DRAWN = frozenset({"building", "building_cell", "compound", "unit", "dwelling", "dwelling_state", "verification"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """A later change that an undo would tear: undo it first. ``change_id`` is None for records made before there was a
    journal."""

    change_id: UUID | None
    kind: str
    made_at: datetime | None
    made_by: UUID | None
    records: int


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: records given their former values, taken away, brought back."""

    change_id: UUID
    restored: int
    removed: int
    brought_back: int
    regions: tuple[int, ...] = field(default=())


class AlreadyUndoneError(GridmapError):
    """Undone before, by somebody or by a second click."""

    code = "already_undone"
    message = "This change has been undone already."
    hint = "Reload the page to see where it stands."


class ChangedSinceError(GridmapError):
    """Later changes stand on this one."""

    code = "changed_since"
    message = "Not undone: {records} of its records were changed since, by {changes} later changes."
    hint = "Undo the later changes first, the newest first; the history names them."

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__(records=sum(one.records for one in conflicts), changes=len(conflicts))
        self.conflicts = tuple(conflicts)


def change(unit: UnitOfWork, change_id: UUID) -> list[Change]:
    """A change, one record a region.

    Raises:
        NotFoundError: there is none.
    """
    found = repository.changes_of(unit, change_id)
    if not found:
        raise NotFoundError
    return found


def conflicts(unit: UnitOfWork, change_id: UUID) -> list[Conflict]:
    """What stands in the way of undoing a change, the newest first; empty where it can be undone.

    Raises:
        NotFoundError.
    """
    return _conflicts(unit, repository.recorded(unit, change(unit, change_id)))


def undo(unit: UnitOfWork, actor: Actor, change_id: UUID) -> Undone:
    """Give every record the values it had before a change, exactly, or refuse and say why.

    Raises:
        NotFoundError, AlreadyUndoneError, ChangedSinceError.
    """
    changes = change(unit, change_id)
    if changes[0].undone_at is not None:
        raise AlreadyUndoneError
    unit.session.flush()
    what = repository.recorded(unit, changes)
    if found := _conflicts(unit, what):
        raise ChangedSinceError(found)
    brought_back, restored = _bring_back(unit, what), _restore(unit, what)
    removed = _remove(unit, what)
    done = Undone(change_id, restored, removed.total(), brought_back, tuple(what.numbers))
    unit.session.expire_all()
    for follow in AFTER_UNDO:
        follow(unit, what)
    for one in changes:
        one.undone_at, one.undone_by = unit.now, actor.user_id
    unit.session.flush()
    _record(unit, actor, changes, done)
    tables = {key.table for key, _, _ in what.rows} | set(removed)
    unit.changed("register", *(["geometry"] if tables & _DRAWN else []))
    if "building" in tables:
        reindex(unit.session, "building")
    return done


def persons_of(unit: UnitOfWork, change_id: UUID) -> list[tuple[int, UUID]]:
    """The persons that a change names: region, id."""
    query = sa.select(ChangeSubject.region, ChangeSubject.person_id).where(ChangeSubject.change_id == change_id)
    return [(row.region, row.person_id) for row in unit.session.execute(query)]


def own_changes(unit: UnitOfWork, user_id: UUID, *, limit: int = 20) -> list[Change]:
    """The newest changes that a user made, undone ones included, one a change."""
    query = sa.select(Change).where(Change.made_by == user_id).order_by(Change.made_at.desc(), Change.region)
    found: dict[UUID, Change] = {}
    for one in unit.session.scalars(query.limit(limit * 3)):
        found.setdefault(one.id, one)
    return list(found.values())[:limit]


@dataclass(frozen=True, slots=True)
class Step:
    """One entry in the history of a record. ``before``: what the columns held that the change replaced."""

    change: Change
    key: RowKey
    op: str
    before: dict[str, Any] = field(repr=False)


def history_of_rows(unit: UnitOfWork, region: int, ids: Sequence[UUID]) -> list[Step]:
    """What changes did to records, the newest first. Sealed columns stay sealed in ``before``."""
    steps: list[Step] = []
    joined = sa.and_(Change.region == ChangeRow.region, Change.id == ChangeRow.change_id)
    for chunk in chunks(list(ids)):
        query = sa.select(ChangeRow, Change).join(Change, joined)
        for row, made in unit.session.execute(query.where(ChangeRow.region == region, ChangeRow.row_id.in_(chunk))):
            text = unit.vault.open(row.before, BEFORE)
            before = from_text(table_named(row.table_name), text) if text else {}
            steps.append(Step(made, RowKey(row.table_name, region, row.row_id, None), row.op, before))
    return sorted(steps, key=lambda step: step.change.number, reverse=True)


def history_of_person(unit: UnitOfWork, region: int, person_id: UUID) -> list[Change]:
    """The changes that name a person, the newest first."""
    query = (
        sa.select(Change)
        .join(ChangeSubject, sa.and_(ChangeSubject.region == Change.region, ChangeSubject.change_id == Change.id))
        .where(ChangeSubject.region == region, ChangeSubject.person_id == person_id)
        .order_by(Change.number.desc())
    )
    return list(unit.session.scalars(query))


def _conflicts(unit: UnitOfWork, what: Recorded) -> list[Conflict]:
    counts: Counter[UUID | None] = Counter(repository.later_changes(unit, what))
    for made_by, records in repository.dependants(unit, what).items():
        counts[made_by] += records
    ids = [one for one in counts if one is not None]
    known = {row.id: row for row in unit.session.scalars(sa.select(Change).where(Change.id.in_(ids)))}
    found = []
    for change_id, records in counts.items():
        made = known.get(change_id) if change_id else None
        found.append(
            Conflict(
                change_id if made else None,
                made.kind if made else "",
                made.made_at if made else None,
                made.made_by if made else None,
                records,
            )
        )
    return sorted(found, key=lambda one: (one.made_at is not None, one.made_at), reverse=True)


def _bring_back(unit: UnitOfWork, what: Recorded) -> int:
    gone: dict[str, list[dict[str, Any]]] = {}
    for key, op, before in what.rows:
        if op == DELETED:
            gone.setdefault(key.table, []).append(before)
    for table in Base.metadata.sorted_tables:
        if rows := gone.get(table.name):
            unit.session.execute(sa.insert(table), rows)
    return sum(len(rows) for rows in gone.values())


def _restore(unit: UnitOfWork, what: Recorded) -> int:
    """Former values, the latest replaced first, many records of the same columns in one statement."""
    batch: list[tuple[RowKey, dict[str, Any]]] = []
    seen: set[RowKey] = set()
    restored = 0
    for key, op, before in reversed(what.rows):
        if op != UPDATED or what.made(key):
            continue
        alike = not batch or (batch[0][0].table == key.table and batch[0][1].keys() == before.keys())
        if not alike or key in seen or len(batch) >= CHUNK:
            restored += _write_back(unit, batch)
            batch, seen = [], set()
        batch.append((key, before))
        seen.add(key)
    return restored + _write_back(unit, batch)


def _write_back(unit: UnitOfWork, batch: Sequence[tuple[RowKey, dict[str, Any]]]) -> int:
    if not batch:
        return 0
    table = table_named(batch[0][0].table)
    if batch[0][0].id is None:
        for key, before in batch:
            unit.session.execute(sa.update(table).where(matches(key)).values(before))
        return len(batch)
    clauses = [table.c.id == sa.bindparam("at_id")]
    regional = "region" in table.c
    if regional:
        clauses.append(table.c.region == sa.bindparam("at_region"))
    values: dict[str, Any] = {name: sa.bindparam(f"was_{name}") for name in batch[0][1]}
    parameters = [
        {"at_id": key.id, **({"at_region": key.region} if regional else {})}
        | {f"was_{name}": value for name, value in before.items()}
        for key, before in batch
    ]
    unit.session.connection().execute(sa.update(table).where(*clauses).values(values), parameters)
    return len(batch)


def _remove(unit: UnitOfWork, what: Recorded) -> Counter[str]:
    """Take created records away, those first that point to others; answers how many of which table."""
    _release_numbers(unit, what)
    by_table: dict[str, list[RowKey]] = {}
    for key in what.created_keys:
        by_table.setdefault(key.table, []).append(key)
    in_batches = {table.name for table in repository.batch_tables()} if what.bulk else set()
    removed: Counter[str] = Counter()
    for table in reversed(Base.metadata.sorted_tables):
        clauses = [matches(key) for key in by_table.get(table.name, ())]
        clauses += [table.c.id.in_(chunk) for chunk in chunks([id_ for _, id_ in what.created.get(table.name, ())])]
        if table.name in in_batches:
            clauses.append(table.c.batch_id == what.id)
        for clause in clauses:
            count = _count(unit.session.execute(sa.delete(table).where(clause)))
            if count:
                removed[table.name] += count
    return removed


def _count(done: object) -> int:
    return int(getattr(done, "rowcount", 0))


def _release_numbers(unit: UnitOfWork, what: Recorded) -> None:
    """Identity numbers of created persons belong to nobody again."""
    keys, person = table_named("person_key"), table_named("person")
    if what.bulk:
        held = sa.exists().where(
            person.c.region == keys.c.region, person.c.id == keys.c.person_id, person.c.batch_id == what.id
        )
        unit.session.execute(sa.delete(keys).where(held))
    for chunk in chunks([id_ for _, id_ in what.created.get("person", ())]):
        unit.session.execute(sa.delete(keys).where(keys.c.person_id.in_(chunk)))


def _record(unit: UnitOfWork, actor: Actor, changes: Sequence[Change], done: Undone) -> None:
    for one in changes:
        subjects = sa.select(ChangeSubject.person_id).where(
            ChangeSubject.region == one.region, ChangeSubject.change_id == one.id
        )
        audit.record(
            unit,
            actor,
            "change.undo",
            region=one.region,
            subjects=unit.session.scalars(subjects),
            details={
                "change": str(one.id),
                "kind": one.kind,
                "restored": done.restored,
                "removed": done.removed,
                "brought_back": done.brought_back,
                **{name: value for name, value in json.loads(one.details).items() if name == "batch"},
            },
        )


__all__ = [
    "CREATED", "AlreadyUndoneError", "ChangedSinceError", "Conflict", "Step", "Undone",
    "change", "conflicts", "history_of_person", "history_of_rows", "own_changes", "persons_of", "undo",
]  # fmt: skip
