"""Bulk insert: one prepared statement over column arrays on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import repeat
from typing import Any
from uuid import UUID

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy import FromClause, Table

from gridmap.store.base import Base
from gridmap.store.store import UnitOfWork
from gridmap.store.types import Day, Key, Moment, Shape, from_day, to_day

Column = Sequence[Any]


def bulk_insert(unit: UnitOfWork, into: type[Base] | FromClause, columns: Mapping[str, Column | Any]) -> int:
    """Insert many rows given as columns; returns how many.

    A value that is not a list, tuple or array is repeated for every row. Keys may be 16-byte strings or UUIDs, days
    ``date`` or day numbers, moments aware datetimes. Columns left out take their database default (NULL).
    """
    table = into.__table__ if isinstance(into, type) else into
    if not isinstance(table, Table):
        raise TypeError("rows go into a table")
    lengths = {len(values) for values in columns.values() if _is_column(values)}
    if len(lengths) != 1:
        raise ValueError(f"columns of {table.name} differ in length: {sorted(lengths)}")
    count = lengths.pop()
    if count == 0:
        return 0
    unit.session.flush()
    converted = [_convert(unit.dialect, table, name, values) for name, values in columns.items()]
    rows = zip(*(values if _is_column(values) else repeat(values, count) for values in converted), strict=True)
    names = list(columns)
    if unit.dialect == "postgresql":
        _copy(unit, table, names, rows)
    else:
        marks = ", ".join("?" for _ in names)
        quoted = ", ".join(f'"{name}"' for name in names)
        cursor: Any = unit.session.connection().connection.cursor()
        cursor.executemany(f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})', rows)
        cursor.close()
    return count


def refresh_plans(unit: UnitOfWork) -> None:
    """Let SQLite count its tables anew after many rows came in; PostgreSQL does so by itself.

    Without counts it may look up a code by its region and scheme, which are the same for all: each of many rows then
    reads all others. 0x10002 is "analyse whatever has grown, also what this connection has not read"
    (https://sqlite.org/pragma.html#pragma_optimize).
    """
    if unit.dialect == "sqlite":
        unit.session.flush()
        unit.session.execute(sa.text("PRAGMA optimize=0x10002"))


def _copy(unit: UnitOfWork, table: Table, names: list[str], rows: Any) -> None:
    connection: Any = unit.session.connection().connection
    quoted = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _is_column(values: object) -> bool:
    return hasattr(values, "__len__") and not isinstance(values, str | bytes | UUID)


def _convert(dialect: str, table: Table, name: str, values: Any) -> Any:
    kind = table.c[name].type
    one = _converter(dialect, kind)
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(kind, Shape) and dialect == "postgresql" and _is_column(values):
        return _ewkb(values)
    if one is None:
        return values
    if not _is_column(values):
        return None if values is None else one(values)
    return [None if value is None else one(value) for value in values]


def _converter(dialect: str, kind: object) -> Any:
    server = dialect == "postgresql"
    if isinstance(kind, Key):
        return _key_uuid if server else _key_bytes
    if isinstance(kind, Day):
        return _day_date if server else _day_number
    if isinstance(kind, Moment):
        return None if server else _microseconds
    return None


def _ewkb(values: Sequence[bytes | None]) -> list[str | None]:
    """WKB as COPY wants it: hex, with the reference system stated."""
    shapes = shapely.set_srid(shapely.from_wkb(np.array(values, dtype=object)), 4326)
    return list(shapely.to_wkb(shapes, hex=True, include_srid=True))


def _key_uuid(value: UUID | bytes) -> UUID:
    return value if isinstance(value, UUID) else UUID(bytes=value)


def _key_bytes(value: UUID | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.bytes


def _day_date(value: date | int) -> date:
    return value if isinstance(value, date) else from_day(value)


def _day_number(value: date | int) -> int:
    return value if isinstance(value, int) else to_day(value)


def _microseconds(value: datetime) -> int:
    return Moment().process_bind_param(value.astimezone(UTC), _SQLITE)  # type: ignore[no-any-return, arg-type]


class _SqliteName:
    name = "sqlite"


_SQLITE = _SqliteName()
