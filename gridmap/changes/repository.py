"""Read the journal: a change's rows, what it created, what came after it and stands on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ForeignKeyConstraint, Table

from gridmap.changes.images import (
    RowKey,
    creations_journaled,
    from_text,
    key_columns,
    row_key,
    table_named,
)
from gridmap.changes.journal import BEFORE, CHUNK, CREATED, UPDATED, chunks
from gridmap.changes.models import Change, ChangeRow
from gridmap.store.base import Base
from gridmap.store.store import UnitOfWork


@dataclass(slots=True)
class Recorded:
    """A change as the journal holds it. ``rows``: key, what was done, what the record held, in order."""

    id: UUID
    bulk: bool
    numbers: dict[int, int]
    rows: list[tuple[RowKey, str, dict[str, Any]]] = field(repr=False)
    created: dict[str, set[tuple[int, UUID]]] = field(default_factory=dict, repr=False)
    created_keys: set[RowKey] = field(default_factory=set, repr=False)

    def made(self, key: RowKey) -> bool:
        """Whether the change created a record."""
        if key.id is None:
            return key in self.created_keys
        return (key.region, key.id) in self.created.get(key.table, ())

    def keys(self) -> set[RowKey]:
        """Every record that the change touched or created."""
        own = {key for key, _, _ in self.rows}
        return own | {RowKey(table, region, id_, None) for table, ids in self.created.items() for region, id_ in ids}


def changes_of(unit: UnitOfWork, change_id: UUID) -> list[Change]:
    """The rows of a change, one a region, locked while it is being undone."""
    query = sa.select(Change).where(Change.id == change_id).order_by(Change.region)
    return list(unit.session.scalars(query.with_for_update() if unit.writing else query))


def recorded(unit: UnitOfWork, changes: Sequence[Change]) -> Recorded:
    """Everything that a change did."""
    first = changes[0]
    rows: list[tuple[RowKey, str, dict[str, Any]]] = []
    query = sa.select(ChangeRow.__table__).where(ChangeRow.change_id == first.id).order_by(ChangeRow.seq)
    for row in unit.session.execute(query.where(ChangeRow.region.in_([change.region for change in changes]))):
        text = unit.vault.open(row.before, BEFORE)
        key = RowKey(row.table_name, row.region, row.row_id, row.row_key)
        rows.append((key, row.op, from_text(table_named(row.table_name), text) if text else {}))
    found = Recorded(first.id, first.bulk, {change.region: change.number for change in changes}, rows)
    for key, op, _ in rows:
        if op == CREATED and key.id is not None:
            found.created.setdefault(key.table, set()).add((key.region, key.id))
        elif op == CREATED:
            found.created_keys.add(key)
    if first.bulk:
        for table in batch_tables():
            ids = unit.session.execute(sa.select(table.c.region, table.c.id).where(table.c.batch_id == first.id))
            found.created.setdefault(table.name, set()).update((row.region, row.id) for row in ids)
    return found


def batch_tables() -> list[Table]:
    """The tables whose records carry the change that created them, in the order of their foreign keys."""
    return [table for table in Base.metadata.sorted_tables if "batch_id" in table.c and creations_journaled(table)]


def later_changes(unit: UnitOfWork, change: Recorded) -> Counter[UUID]:
    """Later changes, not undone, that touched the same records: how many records each."""
    touched = change.keys()
    found: Counter[UUID] = Counter()
    for region, number in change.numbers.items():
        after = (
            sa.select(ChangeRow.change_id, ChangeRow.table_name, ChangeRow.row_id, ChangeRow.row_key)
            .join(Change, sa.and_(Change.region == ChangeRow.region, Change.id == ChangeRow.change_id))
            .where(ChangeRow.region == region, Change.number > number, Change.undone_at.is_(None))
        )
        here = [key for key in touched if key.region == region]
        ids = [key.id for key in here if key.id is not None]
        queries = [after]
        if len(here) <= CHUNK:
            named = [key.key for key in here if key.key is not None]
            queries = [after.where(sa.or_(ChangeRow.row_id.in_(ids), ChangeRow.row_key.in_(named)))]
        for query in queries:
            rows = {(row.change_id, RowKey(row[1], region, row[2], row[3])) for row in unit.session.execute(query)}
            found.update(change_id for change_id, key in rows if key in touched)
    return found


def dependants(unit: UnitOfWork, change: Recorded) -> Counter[UUID | None]:
    """Records that others made and that stand on records the change created, by the change that made them."""
    repointed = {(key, name) for key, op, before in change.rows if op == UPDATED for name in before}
    found: Counter[UUID | None] = Counter()
    for table in Base.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            ids = change.created.get(constraint.referred_table.name)
            if ids and constraint.ondelete != "CASCADE":
                found.update(
                    made_by
                    for key, column, made_by in _pointing(unit, table, constraint, ids, change)
                    if not change.made(key) and (key, column) not in repointed
                )
    return found


def _pointing(
    unit: UnitOfWork, table: Table, constraint: ForeignKeyConstraint, ids: Iterable[tuple[int, UUID]], change: Recorded
) -> Iterable[tuple[RowKey, str, UUID | None]]:
    """Records of a table that point to created ones: their key, the column, the change that made them."""
    column = next(name for name in constraint.column_keys if name != "region")
    batch = table.c.batch_id if "batch_id" in table.c else sa.null()
    wanted = [table.c[name] for name in dict.fromkeys((*key_columns(table), "region")) if name in table.c]
    by_region: dict[int, list[UUID]] = {}
    for region, id_ in ids:
        by_region.setdefault(region, []).append(id_)
    for region, here in by_region.items():
        for chunk in chunks(here):
            query = sa.select(*wanted, batch.label("made_by")).where(table.c[column].in_(chunk))
            if "region" in table.c:
                query = query.where(table.c.region == region)
            if "batch_id" in table.c:
                query = query.where(sa.or_(batch.is_(None), batch != change.id))
            for row in unit.session.execute(query).mappings():
                yield row_key(table, dict(row), region), column, row["made_by"]
