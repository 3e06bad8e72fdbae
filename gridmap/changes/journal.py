"""Record what a unit of work changes.

Objects of the session are followed by themselves::

    with recording(unit, actor, "resident.edit", region=7, persons=[person.id]) as journal:
        person.sex = "2"

Statements that write many rows at once say beforehand what they are about to replace (`Journal.keep`) or afterwards
what they created (`Journal.created`). A bulk change need not name created rows of tables that have a ``batch_id``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import ORMExecuteState, Session

from gridmap.accounts.actor import Actor
from gridmap.changes.images import RowKey, creations_journaled, journaled, row_key, to_text
from gridmap.changes.models import Change, ChangeHead, ChangeRow, ChangeSubject
from gridmap.store.base import Base
from gridmap.store.bulk import bulk_insert
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

_T = TypeVar("_T")
CREATED, UPDATED, DELETED = "created", "updated", "deleted"
BEFORE = "change_row.before"
CHUNK = 5000
"""Keys that one statement takes."""


class Journal:
    """What is being recorded for one change. Made by `recording`."""

    def __init__(self, unit: UnitOfWork, change_id: UUID, region: int, *, bulk: bool) -> None:
        self.unit = unit
        self.id = change_id
        self.region = region
        self.bulk = bulk
        self.details: dict[str, object] = {}
        self.persons: set[tuple[int, UUID]] = set()
        self.regions: set[int] = {region}
        self._keys: list[RowKey] = []
        self._ops: list[str] = []
        self._images: list[str | None] = []
        self._created: set[RowKey] = set()

    @property
    def empty(self) -> bool:
        """Whether nothing was recorded yet."""
        return not self._keys

    def concerns(self, person_id: UUID, region: int | None = None) -> None:
        """Say that a person is concerned."""
        self.persons.add((self.region if region is None else region, person_id))

    def touches(self, regions: Iterable[int]) -> None:
        """Say in which regions a bulk change writes: what it created is not listed."""
        self.regions.update(regions)

    def keep(self, model: type[Base], keys: Iterable[tuple[int, UUID | bytes]], columns: Sequence[str]) -> None:
        """Keep what ``columns`` of records (region, id) hold, before a statement overwrites them."""
        table = _table(model)
        for region, ids in _by_region(keys).items():
            for chunk in chunks(ids):
                query = sa.select(table.c.id, *[table.c[name] for name in columns])
                found = self.unit.session.execute(query.where(table.c.region == region, table.c.id.in_(chunk)))
                for row in found.mappings():
                    values = dict(row)
                    key = row_key(table, {"region": region, "id": values.pop("id")}, region)
                    self._note(key, UPDATED, values)

    def created(self, model: type[Base], keys: Iterable[Mapping[str, Any]]) -> None:
        """Name records that a statement created; each key holds the columns of the table's primary key."""
        table = _table(model)
        for values in keys:
            self._note(row_key(table, values, self.region), CREATED, None)

    def replaced(self, model: type[Base], key: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Name one record that a statement updates, and what it held; for tables without an ``id``."""
        self._note(row_key(_table(model), key, self.region), UPDATED, before)

    def removed(self, model: type[Base], row: Mapping[str, Any]) -> None:
        """Name one record that a statement deletes: all its columns."""
        self._note(row_key(_table(model), row, self.region), DELETED, row)

    def _note(self, key: RowKey, op: str, before: Mapping[str, Any] | None) -> None:
        self._keys.append(key)
        self._ops.append(op)
        self._images.append(None if before is None else to_text(before))
        if op == CREATED:
            self._created.add(key)

    def before_flush(self, session: Session, *_: object) -> None:
        """Let every new record carry the change that wrote it."""
        for record in session.new:
            if creations_journaled(_table(type(record))) and getattr(record, "batch_id", self.id) is None:
                record.batch_id = self.id

    def after_flush(self, session: Session, *_: object) -> None:
        """Note what the flush wrote; the session still knows what each attribute held."""
        for record in session.new:
            table = _table(type(record))
            listed = not (self.bulk and getattr(record, "batch_id", None) == self.id)
            if creations_journaled(table) and listed:
                self._note(row_key(table, _values(record), self.region), CREATED, None)
        for record in session.dirty:
            table = _table(type(record))
            if journaled(table) and not self._made(record) and (before := _replaced(record)):
                self._note(row_key(table, _values(record), self.region), UPDATED, before)
        for record in session.deleted:
            table = _table(type(record))
            if journaled(table):
                self._note(row_key(table, _values(record), self.region), DELETED, _values(record))

    def _made(self, record: Any) -> bool:
        """Whether this change created a record: what it held in between is of no interest."""
        if getattr(record, "batch_id", None) == self.id:
            return True
        return row_key(_table(type(record)), _values(record), self.region) in self._created

    def guard(self, state: ORMExecuteState) -> None:
        """Refuse statements that would change journaled records behind the journal's back."""
        mapper = state.bind_mapper
        if (state.is_update or state.is_delete) and mapper is not None and journaled(_table(mapper.class_)):
            raise RuntimeError(f"keep what {mapper.class_.__name__} holds first, then use the table, not the model")

    def write(self, actor_id: UUID | None, kind: str) -> None:
        """Write the change, its rows and its persons."""
        unit = self.unit
        regions = {key.region for key in self._keys} | {region for region, _ in self.persons} | self.regions
        for region in sorted(regions):
            unit.session.add(
                Change(
                    region=region,
                    id=self.id,
                    number=_next_number(unit, region),
                    kind=kind,
                    bulk=self.bulk,
                    details=json.dumps(self.details, ensure_ascii=False, default=str),
                    made_at=unit.now,
                    made_by=actor_id,
                )
            )
        unit.session.flush()
        columns = {
            "region": [key.region for key in self._keys],
            "seq": list(range(len(self._keys))),
            "table_name": [key.table for key in self._keys],
            "row_id": [key.id for key in self._keys],
            "row_key": [key.key for key in self._keys],
            "op": self._ops,
            "before": unit.vault.seal_many(self._images, BEFORE),
        }
        bulk_insert(unit, ChangeRow, {**columns, "change_id": self.id})
        subjects = sorted(self.persons)
        bulk_insert(
            unit,
            ChangeSubject,
            {
                "region": [region for region, _ in subjects],
                "person_id": [person for _, person in subjects],
                "change_id": self.id,
            },
        )


@contextmanager
def recording(  # noqa: PLR0913 - the facts of a change
    unit: UnitOfWork,
    actor: Actor | None,
    kind: str,
    *,
    region: int,
    change_id: UUID | None = None,
    persons: Iterable[UUID] = (),
    details: Mapping[str, object] | None = None,
    bulk: bool = False,
) -> Iterator[Journal]:
    """Record everything that the block changes as one change; nothing is written where it changed nothing.

    Args:
        kind: what was done, as ``noun.verb``.
        region: whose change it is; records of other regions are noted with theirs.
        change_id: the id that records created by it carry as ``batch_id``; a new one unless given.
        persons: who is concerned, in ``region``; more by `Journal.concerns`.
        details: codes, counts, ids; never personal data.
        bulk: created records that have a ``batch_id`` are found by it and not listed.
    """
    journal = Journal(unit, change_id or uuid7(), region, bulk=bulk)
    journal.details.update(details or {})
    for person in persons:
        journal.concerns(person)
    session = unit.session
    session.flush()
    listeners = (
        ("before_flush", journal.before_flush),
        ("after_flush", journal.after_flush),
        ("do_orm_execute", journal.guard),
    )
    for name, listener in listeners:
        event.listen(session, name, listener)
    try:
        yield journal
        session.flush()
    finally:
        for name, listener in listeners:
            event.remove(session, name, listener)
    if bulk or not journal.empty:
        journal.write(actor.user_id if actor else None, kind)


def _next_number(unit: UnitOfWork, region: int) -> int:
    """The next number of a region. Taken when a change is about to commit, so that numbers stand in that order."""
    insert = postgresql.insert if unit.dialect == "postgresql" else sqlite.insert
    first = insert(_table(ChangeHead)).values(region=region, number=0)
    unit.session.execute(first.on_conflict_do_nothing())
    head = unit.session.scalars(sa.select(ChangeHead).where(ChangeHead.region == region).with_for_update()).one()
    head.number += 1
    unit.session.flush()
    return head.number


def _table(model: type[Any]) -> Table:
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError("a record stands in a table")
    return table


def _values(record: Any) -> dict[str, Any]:
    return {column.name: getattr(record, column.name) for column in _table(type(record)).columns}


def _replaced(record: Any) -> dict[str, Any]:
    """What the changed attributes of a record held before."""
    state = sa.inspect(record)
    before: dict[str, Any] = {}
    for column in _table(type(record)).columns:
        history = state.attrs[column.name].history
        if history.added or history.deleted:
            if not history.deleted:
                raise RuntimeError(f"{column.table.name}.{column.name} was overwritten without having been read")
            before[column.name] = history.deleted[0]
    return before


def chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Parts of a sequence, as many values as a statement takes."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _by_region(keys: Iterable[tuple[int, UUID | bytes]]) -> dict[int, list[UUID | bytes]]:
    found: dict[int, list[UUID | bytes]] = {}
    for region, key in keys:
        found.setdefault(region, []).append(key)
    return found
