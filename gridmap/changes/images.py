"""A record's values as JSON and back, by the types of its columns, and the keys that records are found by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import LargeBinary, Table

from gridmap.store.base import Base, Placement
from gridmap.store.types import Day, Key, Moment, Sealed, Shape

# Records of a place that are themselves a log, or the journal.
_LOGS = frozenset(
    {
        "audit_entry",
        "audit_head",
        "import_batch",
        "batch_file",
        "change",
        "change_head",
        "change_row",
        "change_subject",
    }
)
# Reference data that people change by deciding something about a record.
_DECIDED = frozenset({"alias", "person_key", "period_statistic"})
# Verdicts of rows are a log that decisions add to: they are never taken back, a decision is.
_ONLY_UPDATES = frozenset({"import_row"})


@dataclass(frozen=True, slots=True)
class RowKey:
    """Which record: its table, its region (of the change, where the table has none), and the rest of its key."""

    table: str
    region: int
    id: UUID | None
    key: str | None


def journaled(table: Table) -> bool:
    """Whether changes of a table's records belong into the journal.

    Tables that are derived from others (their rows go when what they derive from goes) have ``derived`` in their info.
    """
    if table.info.get("derived"):
        return False
    kept = table.info.get("placement") is Placement.REGION and table.name not in _LOGS
    return kept or table.name in _DECIDED


def creations_journaled(table: Table) -> bool:
    """Whether undoing a change deletes the records of a table that it created."""
    return journaled(table) and table.name not in _ONLY_UPDATES


def table_named(name: str) -> Table:
    """A table of the register."""
    return Base.metadata.tables[name]


def key_columns(table: Table) -> list[str]:
    """The columns of a record's key, without the region."""
    return [column.name for column in table.primary_key.columns if column.name != "region"]


def row_key(table: Table, values: Mapping[str, Any], region: int) -> RowKey:
    """The key of a record from its values; ``region`` where the table has none."""
    own = values.get("region", region) if "region" in table.primary_key.columns else region
    names = key_columns(table)
    if len(names) == 1 and isinstance(table.c[names[0]].type, Key):
        value = values[names[0]]
        return RowKey(table.name, own, value if isinstance(value, UUID) else UUID(bytes=value), None)
    text = json.dumps([_plain(values[name]) for name in names], ensure_ascii=False)
    return RowKey(table.name, own, None, text)


def key_values(key: RowKey) -> dict[str, Any]:
    """The values of a record's key columns, by name."""
    table = table_named(key.table)
    names = key_columns(table)
    found: dict[str, Any] = (
        dict.fromkeys(names, key.id) if key.key is None else _read(table, names, json.loads(key.key))
    )
    if "region" in table.primary_key.columns:
        found["region"] = key.region
    return found


def matches(key: RowKey) -> sa.ColumnElement[bool]:
    """The clause that finds one record."""
    table = table_named(key.table)
    return sa.and_(*[table.c[name] == value for name, value in key_values(key).items()])


def to_text(values: Mapping[str, Any]) -> str:
    """Values of a record as JSON."""
    return json.dumps({name: _plain(value) for name, value in values.items()}, ensure_ascii=False)


def from_text(table: Table, text: str) -> dict[str, Any]:
    """Values of a record from JSON."""
    found: dict[str, Any] = json.loads(text)
    return _read(table, list(found), found.values())


def _read(table: Table, names: list[str], values: Iterable[Any]) -> dict[str, Any]:
    return {name: _typed(table.c[name].type, value) for name, value in zip(names, values, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def _typed(kind: object, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Key):
        return UUID(hex=value)
    if isinstance(kind, Day):
        return date.fromisoformat(value)
    if isinstance(kind, Moment):
        return datetime.fromisoformat(value)
    if isinstance(kind, LargeBinary | Sealed | Shape):
        return bytes.fromhex(value)
    return value
