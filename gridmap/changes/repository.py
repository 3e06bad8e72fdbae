"""Read the journal: a change's rows, what it created, what came after it and stands on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from gridmap.changes.journal import BEFORE, CHUNK, CREATED, DELETED, UPDATED, chunks
from gridmap.changes.models import Change, ChangeRow
from gridmap.store.base import Base
from gridmap.store.store import UnitOfWork


@dataclass(slots=True)
class Recorded:
    """A change as the journal holds it.

    ``rows``: key, what was done, what the record held, in order. ``created``, ``created_keys``: the records that are
    listed as created. A bulk change does not list those that carry its id; ``own`` are those of ``rows`` that do.
    """

    id: UUID
    bulk: bool
    numbers: dict[int, int]
    rows: list[tuple[RowKey, str, dict[str, Any]]] = field(repr=False)
    created: dict[str, set[tuple[int, UUID]]] = field(default_factory=dict, repr=False)
    created_keys: set[RowKey] = field(default_factory=set, repr=False)
    own: set[RowKey] = field(default_factory=set, repr=False)

    def made(self, key: RowKey) -> bool:
        """Whether the change created a record."""
        if key.id is None:
            return key in self.created_keys
        return key in self.own or (key.region, key.id) in self.created.get(key.table, ())

    def keys(self) -> set[RowKey]:
        """Every record that is listed."""
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
        found.own = _own(unit, found)
    return found


def _own(unit: UnitOfWork, change: Recorded) -> set[RowKey]:
    """Records that a bulk change first created and then updated."""
    updated: dict[tuple[str, int], list[UUID]] = {}
    for key, op, _ in change.rows:
        if op == UPDATED and key.id is not None:
            updated.setdefault((key.table, key.region), []).append(key.id)
    found: set[RowKey] = set()
    for (name, region), ids in updated.items():
        table = table_named(name)
        for chunk in chunks(ids) if "batch_id" in table.c else ():
            query = sa.select(table.c.id).where(table.c.id.in_(chunk), table.c.batch_id == change.id)
            found.update(RowKey(name, region, id_, None) for id_ in unit.session.scalars(query))
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
        query = after
        if len(here) <= CHUNK:
            named = [key.key for key in here if key.key is not None]
            query = after.where(sa.or_(ChangeRow.row_id.in_(ids), ChangeRow.row_key.in_(named)))
        rows = {(row.change_id, RowKey(row[1], region, row[2], row[3])) for row in unit.session.execute(query)}
        found.update(change_id for change_id, key in rows if key in touched)
        if change.bulk:
            found.update(_later_on_created(unit, after, change.id))
    return found


def _later_on_created(unit: UnitOfWork, after: sa.Select[*tuple[Any, ...]], change_id: UUID) -> Counter[UUID]:
    """Later changes of records that a bulk change created without listing them."""
    found: Counter[UUID] = Counter()
    for table in batch_tables():
        same = sa.and_(table.c.region == ChangeRow.region, table.c.id == ChangeRow.row_id)
        query = after.join(table, same).where(ChangeRow.table_name == table.name, table.c.batch_id == change_id)
        found.update({change: count for change, count in unit.session.execute(_counted(query))})  # noqa: C416 - rows are no pairs to mypy
    gone = after.add_columns(ChangeRow.before).where(ChangeRow.op == DELETED, ChangeRow.row_id.is_not(None))
    for row in unit.session.execute(gone):
        text = unit.vault.open(row.before, BEFORE)
        if text and from_text(table_named(row.table_name), text).get("batch_id") == change_id:
            found[row.change_id] += 1
    return found


def _counted(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[UUID, int]:
    distinct = query.distinct().subquery()
    return sa.select(distinct.c.change_id, sa.func.count()).group_by(distinct.c.change_id)


def dependants(unit: UnitOfWork, change: Recorded) -> Counter[UUID | None]:
    """Records that others made and that stand on records the change created, by the change that made them."""
    repointed = {(key, name) for key, op, before in change.rows if op == UPDATED for name in before}
    in_batches = {table.name for table in batch_tables()} if change.bulk else set()
    found: Counter[UUID | None] = Counter()
    for table in Base.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            target = constraint.referred_table
            if constraint.ondelete == "CASCADE" or table.info.get("derived"):
                continue
            queries = [_pointing(table, constraint, change)] if target.name in in_batches else []
            if ids := change.created.get(target.name):
                queries += list(_pointing_at(table, constraint, change, ids))
            for query in queries:
                found.update(
                    row["made_by"]
                    for key, row in _keyed(unit, table, query)
                    if not change.made(key) and (key, _column(constraint)) not in repointed
                )
    return found


def _column(constraint: ForeignKeyConstraint) -> str:
    return next(name for name in constraint.column_keys if name != "region")


def _others(table: Table, change: Recorded) -> sa.Select[Any]:
    """The keys of a table's records that the change did not make, with the change that did."""
    batch = table.c.batch_id if "batch_id" in table.c else sa.null()
    wanted = [table.c[name] for name in dict.fromkeys((*key_columns(table), "region")) if name in table.c]
    query = sa.select(*wanted, batch.label("made_by"))
    return query.where(sa.or_(batch.is_(None), batch != change.id)) if "batch_id" in table.c else query


def _pointing(table: Table, constraint: ForeignKeyConstraint, change: Recorded) -> sa.Select[Any]:
    """Records that point to what a bulk change created."""
    target = constraint.referred_table.alias("target")
    joined = [target.c.id == table.c[_column(constraint)], target.c.batch_id == change.id]
    if "region" in table.c:
        joined.append(target.c.region == table.c.region)
    return _others(table, change).join(target, sa.and_(*joined))


def _pointing_at(
    table: Table, constraint: ForeignKeyConstraint, change: Recorded, ids: Iterable[tuple[int, UUID]]
) -> Iterable[sa.Select[Any]]:
    """Records that point to what a change lists as created."""
    by_region: dict[int, list[UUID]] = {}
    for region, id_ in ids:
        by_region.setdefault(region, []).append(id_)
    for region, here in by_region.items():
        for chunk in chunks(here):
            query = _others(table, change).where(table.c[_column(constraint)].in_(chunk))
            yield query.where(table.c.region == region) if "region" in table.c else query


def _keyed(unit: UnitOfWork, table: Table, query: sa.Select[Any]) -> Iterable[tuple[RowKey, Mapping[str, Any]]]:
    for row in unit.session.execute(query).mappings():
        values = dict(row)
        yield row_key(table, values, values.get("region", 0)), values
