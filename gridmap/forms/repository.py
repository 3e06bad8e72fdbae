"""Queries of kept forms. Every method takes the region, or says that it looks everywhere."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from gridmap.access.scope import Scope
from gridmap.areas.models import AreaClosure
from gridmap.forms.models import FormTemplate
from gridmap.store.store import UnitOfWork


def usable(scope: Scope) -> ColumnElement[bool]:
    """A clause: the form is of an area in scope, or of one above (a street's form is there for its communities)."""
    if scope.everywhere:
        return sa.true()
    above = sa.select(AreaClosure.ancestor_id).where(AreaClosure.descendant_id.in_(scope.roots))
    return sa.or_(scope.covers(FormTemplate.area_id), FormTemplate.area_id.in_(above))


def latest_everywhere(unit: UnitOfWork, scope: Scope) -> list[FormTemplate]:
    """The newest version of each form that can be used, without contents, by name."""
    other = sa.orm.aliased(FormTemplate)
    newer = sa.exists().where(
        other.region == FormTemplate.region,
        other.area_id == FormTemplate.area_id,
        other.name == FormTemplate.name,
        other.version > FormTemplate.version,
    )
    query = (
        sa.select(FormTemplate)
        .where(usable(scope), ~newer)
        .options(sa.orm.defer(FormTemplate.content))
        .order_by(FormTemplate.name, FormTemplate.area_id)
    )
    return list(unit.session.scalars(query))


def versions(unit: UnitOfWork, region: int, area_id: UUID, name: str) -> list[FormTemplate]:
    """All versions of a form, the newest first, without contents."""
    query = (
        sa.select(FormTemplate)
        .where(FormTemplate.region == region, FormTemplate.area_id == area_id, FormTemplate.name == name)
        .options(sa.orm.defer(FormTemplate.content))
        .order_by(FormTemplate.version.desc())
    )
    return list(unit.session.scalars(query))


def get(unit: UnitOfWork, region: int, form_id: UUID, scope: Scope) -> FormTemplate | None:
    """A form that can be used."""
    query = sa.select(FormTemplate).where(FormTemplate.region == region, FormTemplate.id == form_id, usable(scope))
    return unit.session.scalar(query)


def named_everywhere(unit: UnitOfWork, name: str, scope: Scope) -> list[FormTemplate]:
    """The newest versions of the forms of a name that can be used."""
    return [form for form in latest_everywhere(unit, scope) if form.name == name]


def delete(unit: UnitOfWork, region: int, ids: Collection[UUID]) -> None:
    """Delete versions of forms."""
    unit.session.execute(sa.delete(FormTemplate).where(FormTemplate.region == region, FormTemplate.id.in_(list(ids))))
