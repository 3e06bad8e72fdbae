"""Queries and writes of the area tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from gridmap.areas.models import Area, AreaClosure, AreaName
from gridmap.areas.node import AreaNode
from gridmap.store.store import UnitOfWork


def _nodes() -> sa.Select[Area, str]:
    return sa.select(Area, AreaName.name).join(
        AreaName,
        sa.and_(
            AreaName.area_id == Area.id,
            AreaName.kind == "official",
            AreaName.language == "zh",
            AreaName.valid_to.is_(None),
        ),
    )


def _node(area: Area, name: str) -> AreaNode:
    return AreaNode(
        area.id, area.code, area.level, name, area.parent_id, area.region, area.kind, area.valid_from, area.valid_to
    )


def get(unit: UnitOfWork, area_id: UUID) -> AreaNode | None:
    """One area by id."""
    found = unit.session.execute(_nodes().where(Area.id == area_id).options(sa.orm.defer(Area.geometry))).first()
    return None if found is None else _node(*found)


def by_code(unit: UnitOfWork, code: str, day: date) -> AreaNode | None:
    """The area that carries a code on a day, else the latest that did."""
    rows = unit.session.execute(
        _nodes().where(Area.code == code).order_by(Area.valid_from.desc()).options(sa.orm.defer(Area.geometry))
    ).all()
    nodes = [_node(*row) for row in rows]
    return next((node for node in nodes if node.in_force(day)), nodes[0] if nodes else None)


def by_name(unit: UnitOfWork, name: str) -> list[AreaNode]:
    """Areas in force with a name or an alias of it; a short form without the suffix of its kind counts too."""
    ids = unit.session.scalars(sa.select(AreaName.area_id).where(AreaName.name == name, AreaName.valid_to.is_(None)))
    rows = unit.session.execute(
        _nodes().where(Area.id.in_(list(ids)), Area.valid_to.is_(None)).options(sa.orm.defer(Area.geometry))
    )
    return [_node(*row) for row in rows]


def everything(unit: UnitOfWork, day: date | None = None) -> list[AreaNode]:
    """All areas (in force on a day), by code."""
    query = _nodes().order_by(Area.code).options(sa.orm.defer(Area.geometry))
    nodes = [_node(*row) for row in unit.session.execute(query)]
    return nodes if day is None else [node for node in nodes if node.in_force(day)]


def ancestors(unit: UnitOfWork, area_id: UUID) -> list[AreaNode]:
    """The path from the top down to the area itself."""
    rows = unit.session.execute(
        _nodes()
        .join(AreaClosure, AreaClosure.ancestor_id == Area.id)
        .where(AreaClosure.descendant_id == area_id)
        .order_by(AreaClosure.depth.desc())
        .options(sa.orm.defer(Area.geometry))
    )
    return [_node(*row) for row in rows]


def descendants(unit: UnitOfWork, area_id: UUID, *, level: str | None = None) -> list[AreaNode]:
    """Everything below an area (itself left out), by code."""
    query = (
        _nodes()
        .join(AreaClosure, AreaClosure.descendant_id == Area.id)
        .where(AreaClosure.ancestor_id == area_id, AreaClosure.depth > 0)
        .order_by(Area.code)
        .options(sa.orm.defer(Area.geometry))
    )
    if level is not None:
        query = query.where(Area.level == level)
    return [_node(*row) for row in unit.session.execute(query)]


def names_of(unit: UnitOfWork, area_id: UUID) -> list[str]:
    """Every name and alias in force."""
    query = sa.select(AreaName.name).where(AreaName.area_id == area_id, AreaName.valid_to.is_(None))
    return list(unit.session.scalars(query))


def geometries(unit: UnitOfWork, area_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """WKB (lon/lat) of the areas that have a geometry."""
    rows = unit.session.execute(
        sa.select(Area.id, Area.geometry).where(Area.id.in_(list(area_ids)), Area.geometry.is_not(None))
    )
    return {area_id: geometry for area_id, geometry in rows if geometry is not None}


def next_region(unit: UnitOfWork) -> int:
    """A number for a new street that was never used before."""
    return int(unit.session.scalar(sa.select(sa.func.max(Area.region))) or 0) + 1


def add(unit: UnitOfWork, area: Area, names: Sequence[str], *, english: str | None = None) -> Area:
    """Add an area below its parent: the row, its names (official first) and its closure."""
    unit.session.add(area)
    unit.session.flush()
    rows = [(name, "official" if position == 0 else "alias", "zh") for position, name in enumerate(names)]
    if english:
        rows.append((english, "official", "en"))
    unit.session.add_all(
        AreaName(area_id=area.id, name=name, kind=kind, language=language, valid_from=area.valid_from)
        for name, kind, language in rows
    )
    closure = [{"ancestor_id": area.id, "descendant_id": area.id, "depth": 0}]
    if area.parent_id is not None:
        above = unit.session.execute(
            sa.select(AreaClosure.ancestor_id, AreaClosure.depth).where(AreaClosure.descendant_id == area.parent_id)
        )
        closure += [{"ancestor_id": a, "descendant_id": area.id, "depth": depth + 1} for a, depth in above]
    unit.session.flush()
    unit.session.execute(sa.insert(AreaClosure), closure)
    return area


def close(unit: UnitOfWork, area_ids: Iterable[UUID], day: date) -> None:
    """End areas on a day (a re-division)."""
    unit.session.execute(sa.update(Area).where(Area.id.in_(list(area_ids))).values(valid_to=day))
