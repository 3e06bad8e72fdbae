"""Whole columns of a table into NumPy arrays, by the quickest way each engine has.

A table is read as fixed-width numbers and 16-byte keys, gaps replaced by a value of their own, so that no row and no
value becomes a Python object. On PostgreSQL the rows leave the server as a binary COPY in which every row has the same
layout: one view of the bytes is the whole table. On SQLite each column is strung together inside the engine and leaves
it as one value; all columns in one pass, hence in the same order of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Table

from gridmap.store.store import UnitOfWork

Array = NDArray[Any]

OPEN: Final = np.iinfo(np.int32).max
"""Day number of an interval that has not ended."""

UNKNOWN_DAY: Final = np.iinfo(np.int32).min
"""Day number of a date that is not known."""

_COPY_HEADER: Final = 19
_COPY_TRAILER: Final = 2


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A UUID as 16 bytes; NULL becomes 16 zero bytes."""

    name: str


@dataclass(frozen=True, slots=True)
class DayColumn:
    """A date as days since 1970-01-01; NULL becomes ``missing``."""

    name: str
    missing: int = OPEN


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A whole number; NULL becomes ``missing``."""

    name: str
    missing: int = 0


@dataclass(frozen=True, slots=True)
class CodeColumn:
    """A text of a closed list as the number the list gives it; anything else becomes ``other``."""

    name: str
    codes: Mapping[str, int]
    other: int = 0


@dataclass(frozen=True, slots=True)
class FlagColumn:
    """A truth value as 0 or 1."""

    name: str


@dataclass(frozen=True, slots=True)
class PresentColumns:
    """Which of some columns are filled, as bits: the first named is bit 0. Their content never leaves the store."""

    names: tuple[str, ...]


Column = KeyColumn | DayColumn | NumberColumn | CodeColumn | FlagColumn | PresentColumns


def read_everywhere(unit: UnitOfWork, table: Table, columns: Mapping[str, Column], where: str = "") -> dict[str, Array]:
    """Columns of all rows of a table, of every region, by the names given.

    Keys come as ``S16``, everything else as ``int32``. ``where`` is a condition in SQL that both engines know.
    """
    server = unit.dialect == "postgresql"
    parts = [_expression(table, column, server=server) for column in columns.values()]
    source = f'"{table.name}"' + (f" WHERE {where}" if where else "")
    kinds = ["S16" if isinstance(column, KeyColumn) else "i4" for column in columns.values()]
    arrays = (_from_copy if server else _strung)(unit, source, parts, kinds)
    return dict(zip(columns, arrays, strict=True))


def _expression(table: Table, column: Column, *, server: bool) -> str:
    if isinstance(column, PresentColumns):
        bits = [
            f"(CASE WHEN {_quoted(table, name)} IS NULL THEN 0 ELSE {1 << bit} END)"
            for bit, name in enumerate(column.names)
        ]
        return f"CAST({' + '.join(bits)} AS INTEGER)"
    name = _quoted(table, column.name)
    match column:
        case KeyColumn():
            nothing = "'00000000-0000-0000-0000-000000000000'::uuid" if server else "zeroblob(16)"
            return f"coalesce({name}, {nothing})"
        case DayColumn():
            number = f"({name} - DATE '1970-01-01')" if server else name
            return f"CAST(coalesce({number}, {column.missing}) AS INTEGER)"
        case NumberColumn():
            return f"CAST(coalesce({name}, {column.missing}) AS INTEGER)"
        case FlagColumn():
            return f"CAST({name} AS INTEGER)"
        case CodeColumn():
            cases = " ".join(f"WHEN {_text(code)} THEN {number}" for code, number in column.codes.items())
            return f"CASE {name} {cases} ELSE {column.other} END"


def _quoted(table: Table, name: str) -> str:
    return f'"{table.c[name].name}"'


def _text(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


def _strung(unit: UnitOfWork, source: str, parts: list[str], kinds: list[str]) -> list[Array]:
    strings = [
        f"CAST(group_concat({part}, '') AS BLOB)" if kind == "S16" else f"group_concat({part})"
        for part, kind in zip(parts, kinds, strict=True)
    ]
    cursor: Any = unit.session.connection().connection.cursor()
    try:
        count, *columns = cursor.execute(f"SELECT count(*), {', '.join(strings)} FROM {source}").fetchone()
    finally:
        cursor.close()
    arrays = [
        np.frombuffer(column or b"", dtype="S16") if kind == "S16" else _numbers(column or "")
        for column, kind in zip(columns, kinds, strict=True)
    ]
    if any(len(array) != count for array in arrays):
        raise ValueError(f"a column has gaps: {source}")
    return arrays


def _numbers(text: str) -> NDArray[np.int32]:
    return np.fromstring(text, dtype=np.int32, sep=",") if text else np.zeros(0, dtype=np.int32)


def _from_copy(unit: UnitOfWork, source: str, parts: list[str], kinds: list[str]) -> list[Array]:
    query = f"SELECT {', '.join(parts)} FROM {source}"
    connection: Any = unit.session.connection().connection
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
        raw = b"".join(bytes(part) for part in copy)
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for position, kind in enumerate(kinds):
        fields += [(f"size{position}", ">i4"), (f"value{position}", kind if kind == "S16" else ">i4")]
    layout = np.dtype(fields)
    rows = np.frombuffer(raw, dtype=layout, offset=_COPY_HEADER, count=(len(raw) - _COPY_HEADER) // layout.itemsize)
    if len(raw) != _COPY_HEADER + _COPY_TRAILER + rows.nbytes or not (rows["count"] == len(kinds)).all():
        raise ValueError(f"rows of unequal width: {query}")
    return [
        np.ascontiguousarray(rows[f"value{position}"]).astype(kind, copy=False) for position, kind in enumerate(kinds)
    ]
