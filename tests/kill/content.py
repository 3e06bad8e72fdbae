"""What a register says, without its ids and times: equal for equal histories on copies of one register."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from gridmap.audit.models import AuditEntry
from gridmap.batches.models import BatchFile, ImportBatch, ImportRow
from gridmap.bootstrap import METADATA
from gridmap.changes.models import Change, ChangeRow
from gridmap.residents.models import Household, NameTerm, Person, PersonAttribute, PersonKey, PersonTail, Residence
from gridmap.store.store import UnitOfWork

# Columns that name a record or a moment; what records name is put in their place.
_UNSTABLE = frozenset({"id", "batch_id", "recorded_at", "phone", "id_number"})
_MOMENTS = ("superseded_at", "undone_at", "decided_at", "committed_at")


def content_of(unit: UnitOfWork) -> dict[str, list[str]]:
    """What stands in every table that a deed writes, table by table."""
    session = unit.session
    persons = {
        row.id: f"{(row.id_index or b'').hex()}:{row.birth_date}:{row.sex}"
        for row in session.scalars(sa.select(Person))
    }
    homes = {
        row.id: f"{row.dwelling_id}:{row.building_id}:{row.area_id}:{row.number}"
        for row in session.scalars(sa.select(Household))
    }
    files = {row.id: row.file_name for row in session.scalars(sa.select(ImportBatch))}
    named = {"person_id": persons, "household_id": homes}
    found = {
        model.__tablename__: sorted(_line(row, named) for row in session.scalars(sa.select(model)))
        for model in (Person, PersonAttribute, PersonKey, Household, Residence)
    }
    found["import_batch"] = sorted(
        f"{row.file_name} {row.status} {row.counts} {row.lead} {row.workbook_rows}"
        for row in session.scalars(sa.select(ImportBatch))
    )
    found["import_row"] = sorted(
        f"{files[row.batch_id]} {row.seq} {row.verdict} {row.reason} {row.decision}"
        for row in session.scalars(sa.select(ImportRow))
    )
    found["change"] = sorted(
        f"{row.region} {row.number} {row.kind} {row.undone_at is not None}"
        for row in session.scalars(sa.select(Change))
    )
    found["audit"] = sorted(f"{row.region} {row.seq} {row.action}" for row in session.scalars(sa.select(AuditEntry)))
    for model in (ChangeRow, BatchFile, NameTerm, PersonTail):
        found[model.__tablename__] = [str(session.scalar(sa.select(sa.func.count()).select_from(model)))]
    merged = METADATA.tables.get("person_merged")
    if merged is not None:
        found["person_merged"] = [str(session.scalar(sa.select(sa.func.count()).select_from(merged)))]
    return found


def digest_of(content: Mapping[str, list[str]]) -> str:
    """One word for all of it."""
    return hashlib.sha256(repr(sorted(content.items())).encode()).hexdigest()


def _line(row: Any, named: Mapping[str, Mapping[Any, str]]) -> str:
    plain: Callable[[str, Any], Any] = lambda name, value: (  # noqa: E731 - one expression
        named[name].get(value, value) if name in named else value is not None if name in _MOMENTS else value
    )
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    return repr({name: plain(name, value) for name, value in values.items() if name not in _UNSTABLE})
