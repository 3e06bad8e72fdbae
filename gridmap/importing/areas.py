"""Import of the area tree: a table (code, name, level, parent_code) or polygons with the same fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
import sqlalchemy as sa

from geodata.issues import Issue
from geodata.readers import map_fields, read_layer
from geodata.readers.registry import formats
from gridmap.access.policy import Action
from gridmap.access.scope import require_area, scope_of
from gridmap.access.words import ACTIONS
from gridmap.accounts.actor import Actor
from gridmap.areas import repository
from gridmap.areas.models import Area, AreaName
from gridmap.areas.node import AreaNode
from gridmap.areas.service import add_area, levels, other_names
from gridmap.errors import InvalidInputError, PermissionDeniedError
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict, silent, write_batch
from gridmap.importing.sheet import read_mapped
from gridmap.store.spatial import reindex
from gridmap.store.store import Store, UnitOfWork

FIELDS = ("code", "name", "level", "parent_code", "name_en")


@dataclass(frozen=True, slots=True)
class _Row:
    row: int
    code: str
    name: str
    level: str
    parent_code: str
    english: str
    geometry: bytes | None


def import_areas(
    store: Store,
    actor: Actor,
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    progress: Progress = silent,
) -> ImportOutcome:
    """Import areas above the cell. Rows may come in any order; a row whose parent is nowhere is rejected.

    Raises:
        PermissionDeniedError, GeodataError, MissingColumnError.
    """
    scope = scope_of(actor, Action.GEOMETRY_IMPORT)
    outcome = ImportOutcome("areas", path.name)
    progress("read", 0, 1)
    rows = _read_polygons(path, layer, crs, outcome) if _is_layer(path) else _read_table(path)
    with store.write() as unit:
        known = {node.code: node for node in repository.everything(unit)}
        seen: set[str] = set()
        for position, row in enumerate(_in_order(rows)):
            progress("write", position, len(rows))
            if not scope.everywhere:
                _require_inside(unit, actor, known, row)
            _apply(unit, outcome, known, seen, row)
        unit.session.flush()
        reindex(unit.session, "area")
        write_batch(unit, actor, outcome, path, regions=())
        if outcome.verdicts[Verdict.INSERTED] or outcome.verdicts[Verdict.UPDATED]:
            unit.changed("geometry", "register")
    progress("write", len(rows), len(rows))
    return outcome


def _is_layer(path: Path) -> bool:
    return path.suffix.lower() in {suffix for entry in formats() for suffix in entry.suffixes}


def _read_table(path: Path) -> list[_Row]:
    sheet = read_mapped(path, FIELDS, ("code", "name"))
    columns = (sheet.text(name) for name in FIELDS)
    return [
        _Row(int(row), code, name, level, parent, english, None)
        for row, code, name, level, parent, english in zip(sheet.rows, *columns, strict=True)
    ]


def _read_polygons(path: Path, layer: str | None, crs: str | None, outcome: ImportOutcome) -> list[_Row]:
    read = read_layer(path, layer=layer, crs=crs)
    outcome.issues += read.issues
    outcome.verdicts[Verdict.REJECTED] += read.dropped
    frame = read.frame
    mapped = map_fields(frame, FIELDS)
    if "code" not in mapped or "name" not in mapped:
        raise InvalidInputError(field=path.name, reason="the layer needs the fields code and name")
    texts = [
        frame[mapped[name]].fillna("").astype(str).str.strip().to_numpy(dtype=object)
        if name in mapped
        else np.full(len(frame), "", dtype=object)
        for name in FIELDS
    ]
    shapes = shapely.to_wkb(np.asarray(frame.geometry.array, dtype=object))
    return [
        _Row(int(row), code.removesuffix(".0"), name, level, parent.removesuffix(".0"), english, bytes(shape))
        for row, code, name, level, parent, english, shape in zip(frame.index, *texts, shapes, strict=True)
    ]


def _level_of(row: _Row) -> str | None:
    """The level as written (its name or its Chinese label), else by the digits of the code."""
    known = levels()
    text = row.level.strip().lower()
    if text in known.names:
        return text
    for name in known.names:
        if text and text in {known.labels[name], *known.suffixes[name], "county" if name == "district" else ""}:
            return name
    by_digits = {digits: name for name, digits in known.digits.items()}
    return None if text else by_digits.get(len(row.code))


def _in_order(rows: list[_Row]) -> list[_Row]:
    known = levels()
    return sorted(rows, key=lambda row: known.rank(_level_of(row) or known.names[-1]))


def _parent_of(known: dict[str, AreaNode], row: _Row) -> AreaNode | None:
    if row.parent_code:
        return known.get(row.parent_code)
    for digits in sorted(levels().digits.values(), reverse=True):
        if digits < len(row.code) and (found := known.get(row.code[:digits])) is not None:
            return found
    return None


def _require_inside(unit: UnitOfWork, actor: Actor, known: dict[str, AreaNode], row: _Row) -> None:
    parent = _parent_of(known, row)
    if parent is None:
        raise PermissionDeniedError(action=ACTIONS[Action.GEOMETRY_IMPORT])
    require_area(unit, actor, Action.GEOMETRY_IMPORT, parent.id)


def _apply(unit: UnitOfWork, outcome: ImportOutcome, known: dict[str, AreaNode], seen: set[str], row: _Row) -> None:
    level = _level_of(row)
    parent = _parent_of(known, row)
    problem = _problem(row, level, parent)
    if problem is not None:
        outcome.reject(problem)
        return
    if level is None:
        raise AssertionError("checked above")
    if row.code in seen:
        outcome.reject(
            Issue(
                "area_repeated",
                "The code {code} stands in the file more than once.",
                "Keep one row for each area.",
                row.row,
                "code",
                params={"code": row.code},
            )
        )
        return
    seen.add(row.code)
    found = known.get(row.code)
    if found is None:
        area = add_area(
            unit,
            code=row.code,
            name=row.name,
            level=level,
            parent=parent,
            geometry=row.geometry,
            english=row.english or None,
        )
        known[row.code] = AreaNode(
            area.id, row.code, level, row.name, area.parent_id, area.region, None, area.valid_from, None
        )
        outcome.verdicts[Verdict.INSERTED] += 1
        return
    changed = _update(unit, found, row)
    outcome.verdicts[Verdict.UPDATED if changed else Verdict.UNCHANGED] += 1


def _problem(row: _Row, level: str | None, parent: AreaNode | None) -> Issue | None:
    if not row.code or not row.name:
        return Issue(
            "area_incomplete",
            "An area needs a code and a name.",
            "Fill in both.",
            row.row,
            "name" if row.code else "code",
        )
    if level is None:
        return Issue(
            "area_level_unknown",
            "The level “{level}” is not known.",
            "Use one of: {levels}.",
            row.row,
            "level",
            params={"level": row.level or "?", "levels": ", ".join(levels().names)},
        )
    if row.parent_code and parent is None:
        return Issue(
            "area_parent_unknown",
            "There is no area with the parent code {code}.",
            "Put the parent into the same file, or import it first.",
            row.row,
            "parent_code",
            params={"code": row.parent_code},
        )
    if parent is not None and levels().rank(parent.level) >= levels().rank(level):
        return Issue(
            "area_level_order",
            "A {level} cannot lie under a {parent}.",
            "Check level and parent_code.",
            row.row,
            "level",
            params={"level": level, "parent": parent.level},
        )
    return None


def _update(unit: UnitOfWork, found: AreaNode, row: _Row) -> bool:
    changed = False
    today = unit.now.date()
    if row.name != found.name:
        unit.session.execute(
            sa.update(AreaName)
            .where(AreaName.area_id == found.id, AreaName.language == "zh", AreaName.valid_to.is_(None))
            .values(valid_to=today)
        )
        names = [row.name, found.name, *other_names(row.name, found.level)]
        unit.session.add_all(
            AreaName(area_id=found.id, name=name, kind="alias" if position else "official", valid_from=today)
            for position, name in enumerate(dict.fromkeys(names))
        )
        changed = True
    if row.geometry is not None and repository.geometries(unit, [found.id]).get(found.id) != row.geometry:
        unit.session.execute(
            sa.update(Area).where(Area.id == found.id).values(geometry=row.geometry, version=Area.version + 1)
        )
        changed = True
    return changed
