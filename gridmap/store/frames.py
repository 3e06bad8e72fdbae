"""Read columns of the register into frames: keys as 16 bytes, days as dates, on both engines alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import polars as pl
import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from gridmap.store.store import UnitOfWork
from gridmap.store.types import Day, Key, Sealed

Attribute = InstrumentedAttribute[Any]

# Up to this many values are asked for by value; above, the table is read once and filtered here.
MANY_VALUES = 20_000
_CHUNK = 500


def fetch(unit: UnitOfWork, columns: Mapping[str, Attribute], query: sa.Select[Any]) -> pl.DataFrame:
    """Run a query for these columns (``query`` gives tables, joins and conditions) and return a frame.

    Keys are Binary of 16 bytes, days Date, numbers Int64, texts String, truths Boolean.
    """
    lean = unit.dialect != "postgresql"
    wanted = [_lean(column).label(name) if lean else column.label(name) for name, column in columns.items()]
    rows = unit.session.execute(query.with_only_columns(*wanted, maintain_column_froms=True)).all()
    parts = {
        name: _series(name, [row[place] for row in rows], column.type)
        for place, (name, column) in enumerate(columns.items())
    }
    return pl.DataFrame(parts)


def fetch_in(
    unit: UnitOfWork, columns: Mapping[str, Attribute], query: sa.Select[Any], name: str, values: Sequence[bytes | str]
) -> pl.DataFrame:
    """Like `fetch`, for the rows whose column ``name`` is among ``values``."""
    distinct = list(dict.fromkeys(values))
    column = columns[name]
    if len(distinct) > MANY_VALUES:
        found = fetch(unit, columns, query)
        kind = found.schema[name]
        return found.join(pl.DataFrame({name: pl.Series(distinct, dtype=kind)}), on=name, how="semi")
    chunks = [distinct[start : start + _CHUNK] for start in range(0, len(distinct), _CHUNK)] or [[]]
    return pl.concat([fetch(unit, columns, query.where(_among(column, chunk))) for chunk in chunks])


def _among(column: Attribute, values: Sequence[bytes | str]) -> ColumnElement[bool]:
    return column.in_(values)


def _lean(column: Attribute) -> ColumnElement[Any]:
    """On SQLite, take what the file holds instead of making an object of every value."""
    if isinstance(column.type, Key):
        return sa.type_coerce(column, sa.LargeBinary())
    if isinstance(column.type, Day):
        return sa.type_coerce(column, sa.Integer())
    return column.expression


def _series(name: str, values: list[Any], kind: object) -> pl.Series:
    if isinstance(kind, Key):
        plain = [value.bytes if isinstance(value, UUID) else value for value in values]
        return pl.Series(name, plain, dtype=pl.Binary)
    if isinstance(kind, Day):
        if any(isinstance(value, int) for value in values):
            return pl.Series(name, values, dtype=pl.Int32).cast(pl.Date)
        return pl.Series(name, values, dtype=pl.Date)
    if isinstance(kind, sa.Boolean):
        return pl.Series(name, values, dtype=pl.Boolean)
    if isinstance(kind, sa.Integer):
        return pl.Series(name, values, dtype=pl.Int64)
    if isinstance(kind, sa.LargeBinary | Sealed):
        return pl.Series(name, values, dtype=pl.Binary)
    return pl.Series(name, values, dtype=pl.String)
