"""Remembered layouts in the store: kept for a street (or for what is above the streets), listed, applied, forgotten."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import Phrase
from gridmap.access.policy import Action
from gridmap.access.scope import require_area, scope_of
from gridmap.accounts.actor import Actor
from gridmap.accounts.models import User
from gridmap.areas.models import Area
from gridmap.audit import service as audit
from gridmap.batches.models import ImportLayout
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.headings import Column, ColumnStatus
from gridmap.importing.layout import Layout, column_keys, fingerprint
from gridmap.importing.understand import UnderstoodSheet
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

ABOVE_STREETS = 0
_NAME_LENGTH = 64
_LIKE_DATA = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class KnownLayout:
    """A remembered layout as it is listed: ``headings`` of its columns, ``columns`` how many of them were decided."""

    id: UUID
    region: int
    name: str
    headings: tuple[str, ...]
    columns: Mapping[str, str]
    header_rows: tuple[int, ...] | None
    created_at: datetime
    created_by: str


def known_layouts(unit: UnitOfWork, region: int | None) -> list[Layout]:
    """The layouts that are applied to files of a street: its own, then those kept above the streets."""
    wanted = {region or ABOVE_STREETS, ABOVE_STREETS}
    query = sa.select(ImportLayout).where(ImportLayout.region.in_(wanted))
    rows = sorted(unit.session.scalars(query), key=lambda row: (-row.region, row.created_at))
    return [Layout(row.id, row.name, row.fingerprint, _rows(row), json.loads(row.columns)) for row in rows]


def remember_layout(
    unit: UnitOfWork, actor: Actor, area_id: UUID, sheet: UnderstoodSheet, *, name: str, chose_rows: bool
) -> UUID:
    """Remember how the columns of a sheet are understood; the same headings again replace what was remembered.

    ``chose_rows``: somebody had to say in which rows the headings stand. Nothing but headings and fields is kept.

    Raises:
        PermissionDeniedError, NotFoundError: as for imports into the area.
        InvalidInputError: no name, no headings, or headings that look like entries.
    """
    require_area(unit, actor, Action.REGISTER_IMPORT, area_id)
    name = " ".join(name.split())[:_NAME_LENGTH]
    headings = [column.heading for column in sheet.columns if column.heading]
    if not name:
        raise InvalidInputError(field="Name of the layout", reason="give it a name")
    if not headings or any(_LIKE_DATA.search(heading) for heading in headings):
        raise InvalidInputError(field="Headings", reason="these rows look like entries, not like headings")
    region = unit.session.scalar(sa.select(Area.region).where(Area.id == area_id)) or ABOVE_STREETS
    letters, texts = [c.letters for c in sheet.columns], [c.heading for c in sheet.columns]
    mark = fingerprint(letters, texts)
    same = (ImportLayout.region == region) & (ImportLayout.fingerprint == mark)
    row = unit.session.scalars(sa.select(ImportLayout).where(same)).first()
    if row is None:
        row = ImportLayout(region=region, id=uuid7(), fingerprint=mark)
        unit.session.add(row)
    row.name = name
    row.header_rows = json.dumps(list(sheet.header_rows)) if chose_rows else None
    row.columns = json.dumps(_fields(sheet.columns), ensure_ascii=False)
    row.headings = json.dumps(headings, ensure_ascii=False)
    row.created_at, row.created_by = unit.now, actor.user_id
    unit.session.flush()
    audit.record(unit, actor, "layout.remember", region=region, details={"layout": str(row.id), "name": name})
    return row.id


def list_layouts(unit: UnitOfWork, actor: Actor) -> list[KnownLayout]:
    """The layouts of the actor's streets, by name.

    Raises:
        PermissionDeniedError: the actor imports nowhere.
    """
    query = sa.select(ImportLayout, User.display_name).outerjoin(User, User.id == ImportLayout.created_by)
    rows = unit.session.execute(query.where(ImportLayout.region.in_(_regions(unit, actor)))).all()
    found = [
        KnownLayout(
            row.id, row.region, row.name, tuple(json.loads(row.headings)), json.loads(row.columns), _rows(row),
            row.created_at, by or "",
        )
        for row, by in rows
    ]  # fmt: skip
    return sorted(found, key=lambda layout: (layout.name, layout.created_at))


def forget_layout(unit: UnitOfWork, actor: Actor, layout_id: UUID) -> None:
    """Forget a layout; files that were imported by it stay as they are.

    Raises:
        PermissionDeniedError, NotFoundError: the actor imports nowhere, or not there.
    """
    same = (ImportLayout.id == layout_id) & ImportLayout.region.in_(_regions(unit, actor))
    row = unit.session.scalars(sa.select(ImportLayout).where(same)).first()
    if row is None:
        raise NotFoundError
    audit.record(
        unit, actor, "layout.forget", region=row.region, details={"layout": str(row.id), "name": row.name}
    )  # fmt: skip
    unit.session.delete(row)


def layout_by_name(unit: UnitOfWork, actor: Actor, name: str) -> KnownLayout:
    """One of the actor's layouts by its name or id.

    Raises:
        InvalidInputError: none or several have the name.
    """
    found = [layout for layout in list_layouts(unit, actor) if name in {layout.name, str(layout.id)}]
    if len(found) != 1:
        reason = Phrase("{count} layouts are called {name}", {"count": len(found), "name": name})
        raise InvalidInputError(field="Name of the layout", reason=reason)
    return found[0]


def _regions(unit: UnitOfWork, actor: Actor) -> list[int]:
    scope = scope_of(actor, Action.REGISTER_IMPORT)
    found = unit.session.scalars(sa.select(Area.region).where(Area.id.in_(scope.areas())).distinct())
    return sorted({region or ABOVE_STREETS for region in found})


def _rows(row: ImportLayout) -> tuple[int, ...] | None:
    return None if row.header_rows is None else tuple(json.loads(row.header_rows))


def _fields(columns: tuple[Column, ...]) -> dict[str, str]:
    """What each column means now, by its key: a field, or nothing where it is left out by choice."""
    keys = column_keys([column.letters for column in columns], [column.heading for column in columns])
    return {
        keys[column.letters]: (column.field or "") if column.status is ColumnStatus.MAPPED else ""
        for column in columns
        if column.status is ColumnStatus.MAPPED or (column.status is ColumnStatus.IGNORED and column.field is None)
    }
