"""The register as it was known at an earlier moment.

What was recorded since is left out, what was changed since has its former values. A record that was believed wrong and
replaced carries when; one that was changed in place (a residence that ended) is found in the journal with what it held
before. What was recorded and then undone without a trace counts as never known, and an end that was written before
there was a journal as known from the start.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from gridmap.changes.images import from_text, table_named
from gridmap.changes.journal import BEFORE, UPDATED
from gridmap.changes.models import Change, ChangeRow
from gridmap.indicators.columns import OPEN, CodeColumn, Column, DayColumn, KeyColumn
from gridmap.indicators.keys import KeyIndex
from gridmap.store.store import UnitOfWork
from gridmap.store.types import Moment, to_day

OFFICE_OFFSET: Final = timedelta(hours=8)
Table = dict[str, NDArray[Any]]


def end_of(day: date) -> datetime:
    """The last moment of a day where the offices are (UTC+8)."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) - OFFICE_OFFSET


def believed(unit: UnitOfWork, known_at: datetime | None) -> str:
    """A condition in SQL: the record is believed now, or was at a moment."""
    if known_at is None:
        return "superseded_at IS NULL"
    if unit.dialect == "postgresql":
        moment = f"TIMESTAMPTZ '{known_at.isoformat()}'"
    else:
        moment = str(Moment().process_bind_param(known_at, unit.session.get_bind().dialect))
    return f"recorded_at < {moment} AND (superseded_at IS NULL OR superseded_at >= {moment})"


def former_values(unit: UnitOfWork, table: str, known_at: datetime) -> dict[bytes, dict[str, Any]]:
    """What records of a table held at a moment in the columns that were changed in place since, by id."""
    query = (
        sa.select(ChangeRow.row_id, ChangeRow.before)
        .join(Change, sa.and_(Change.region == ChangeRow.region, Change.id == ChangeRow.change_id))
        .where(ChangeRow.table_name == table, ChangeRow.op == UPDATED)
        .where(Change.made_at >= known_at, Change.undone_at.is_(None))
        .order_by(Change.made_at.desc(), Change.number.desc(), ChangeRow.seq.desc())
    )
    found: dict[bytes, dict[str, Any]] = {}
    for row_id, before in unit.session.execute(query):
        text = unit.vault.open(before, BEFORE)
        # From the newest change back: of several the oldest after the moment says what was known then.
        if row_id is not None:
            found.setdefault(row_id.bytes, {}).update(from_text(table_named(table), text) if text else {})
    return found


def with_former_values(
    unit: UnitOfWork, table: str, rows: Table, columns: dict[str, Column], known_at: datetime
) -> Table:
    """Columns of a table (with ``id``) with what they held at a moment."""
    former = former_values(unit, table, known_at)
    if not former or not len(rows["id"]):
        return rows
    places = KeyIndex(rows["id"]).positions(np.array(list(former), dtype="S16"))
    rows = {name: values.copy() for name, values in rows.items()}
    names = {column.name: (alias, column) for alias, column in columns.items() if hasattr(column, "name")}
    for place, values in zip(places.tolist(), former.values(), strict=True):
        for name, value in values.items() if place >= 0 else ():
            if name in names:
                alias, column = names[name]
                rows[alias][place] = _held(column, value)
    return rows


def _held(column: Column, value: Any) -> Any:
    match column:
        case DayColumn():
            return column.missing if value is None else to_day(value)
        case CodeColumn():
            return column.codes.get(value, column.other)
        case KeyColumn():
            return b"\0" * 16 if value is None else value.bytes
    return OPEN if value is None else int(value)
