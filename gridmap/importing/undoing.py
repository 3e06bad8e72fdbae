"""Take a whole batch back: exactly, or not at all and with the list of what stands on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from gridmap.access.policy import Action
from gridmap.access.scope import Scope, require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.models import Area
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.batches import service as batches
from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.batches.states import Status
from gridmap.buildings import repository as buildings
from gridmap.buildings.models import Building, Dwelling, Organisation
from gridmap.changes import service as changes
from gridmap.changes.models import Change, ChangeRow
from gridmap.changes.service import AlreadyUndoneError, ChangedSinceError, Undone
from gridmap.errors import GridmapError
from gridmap.importing.history import display_names, open_case, record
from gridmap.importing.outcome import Verdict
from gridmap.residents.models import Person, PersonAttribute, Residence
from gridmap.residents.repository import visible_persons
from gridmap.store.store import UnitOfWork

UNDONE = "undone"
_CHUNK = 500
# Imports of what belongs to no street: other names and reported figures.
_OF_NO_PLACE = frozenset({"aliases.import", "statistics.import"})


class NotJournaledError(GridmapError):
    """The batch changed what the journal does not keep: areas and cells; or it is older than the journal."""

    code = "batch_not_journaled"
    message = "This import cannot be taken back: what it replaced was not kept."
    hint = "Import the former file again; cells and areas keep their history by their dates."


class BeyondReachError(GridmapError):
    """The batch changed records that somebody else is responsible for."""

    code = "batch_beyond_reach"
    message = "This import, or what was changed after it, concerns records outside your areas."
    hint = "Ask a data manager of the area above to undo it."


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A later change that stands on a batch. ``confirms``: a later batch that found persons of this one and had nothing
    to change: undoing would take its word away. ``file_name``: where the change is itself an import."""

    change_id: UUID | None
    kind: str
    made_at: datetime | None
    by: str
    records: int
    confirms: bool = False
    file_name: str | None = None


class StandsInTheWayError(ChangedSinceError):
    """What was changed since, named."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(
            [changes.Conflict(one.change_id, one.kind, one.made_at, None, one.records) for one in obstacles]
        )
        self.obstacles = tuple(obstacles)


def obstacles(unit: UnitOfWork, actor: Actor, batch_id: UUID) -> list[Obstacle]:
    """What stands in the way of undoing a batch, the newest first; empty where it can be undone.

    Raises `PermissionDeniedError`, `NotFoundError`, `NotJournaledError`.
    """
    scope_of(actor, Action.BATCH_UNDO)
    _journaled(unit, record(unit, actor, batch_id))
    return _obstacles(unit, batch_id)


def undo_batch(unit: UnitOfWork, actor: Actor, batch_id: UUID, *, together: bool = False) -> Undone:
    """Give every record the values it had before a batch, close its open cases, and mark it as undone.

    ``together``: undo what stands on it first, the newest first, all in this unit of work or nothing.

    Raises `PermissionDeniedError`, `NotFoundError`, `NotJournaledError`, `AlreadyUndoneError`, `BeyondReachError`,
    `StandsInTheWayError`.
    """
    scope = scope_of(actor, Action.BATCH_UNDO)
    batch = record(unit, actor, batch_id)
    if batch.under_code is not None:
        require_area(unit, actor, Action.BATCH_UNDO, find_area(unit, batch.under_code).id)
    if batch.status == Status.UNDONE.value:
        raise AlreadyUndoneError
    _journaled(unit, batch)
    while found := _obstacles(unit, batch_id):
        newest = found[0]
        if not together or newest.change_id is None:
            raise StandsInTheWayError(found)
        _undo(unit, actor, scope, newest.change_id)
    return _undo(unit, actor, scope, batch_id)


def _journaled(unit: UnitOfWork, batch: ImportBatch) -> None:
    if unit.session.scalar(sa.select(Change.id).where(Change.id == batch.id).limit(1)) is None:
        raise NotJournaledError


# --- what stands in the way ------------------------------------------------------------------------------------------


def _obstacles(unit: UnitOfWork, change_id: UUID) -> list[Obstacle]:
    found: dict[UUID | None, Obstacle] = {}
    for one in changes.conflicts(unit, change_id):
        found[one.change_id] = Obstacle(one.change_id, one.kind, one.made_at, _name(unit, one.made_by), one.records)
    for made, records in _decisions(unit, change_id):
        known = found.get(made.id)
        # A decision may also have changed records that the batch made: it is one obstacle all the same.
        counted = max(records, known.records if known else 0)
        found[made.id] = Obstacle(made.id, made.kind, made.made_at, _name(unit, made.made_by), counted)
    for key, records in _confirmations(unit, change_id):
        if key not in found:
            batch = batches.lead(unit, key)
            found[key] = Obstacle(
                key, f"{batch.kind}.import", batch.committed_at, _name(unit, batch.created_by), records, confirms=True
            )
    files = _file_names(unit, [key for key in found if key is not None])
    named = [
        Obstacle(one.change_id, one.kind, one.made_at, one.by, one.records, one.confirms, files.get(one.change_id))
        for one in found.values()
    ]
    return sorted(named, key=lambda one: (one.made_at is not None, one.made_at), reverse=True)


def _decisions(unit: UnitOfWork, batch_id: UUID) -> list[tuple[Change, int]]:
    """Decisions about the cases of a batch that wrote records and are not undone, and how many cases each: what they
    wrote stands on the batch, though it may touch none of its records."""
    case, other = aliased(ChangeRow), aliased(ChangeRow)
    wrote = sa.exists().where(
        other.region == case.region,
        other.change_id == case.change_id,
        other.table_name.not_in([ImportRow.__tablename__, "alias"]),
    )
    query = (
        sa.select(case.change_id, sa.func.count())
        .where(
            case.region.in_(sa.select(ImportBatch.region).where(ImportBatch.id == batch_id)),
            case.table_name == ImportRow.__tablename__,
            case.row_key.startswith(f'["{batch_id.hex}"', autoescape=True),
            case.change_id != batch_id,
            wrote,
        )
        .group_by(case.change_id)
    )
    counts = {change_id: int(count) for change_id, count in unit.session.execute(query)}
    decided = sa.select(Change).where(
        Change.id.in_(list(counts)), Change.kind.startswith("review."), Change.undone_at.is_(None)
    )
    return [(made, counts[made.id]) for made in {one.id: one for one in unit.session.scalars(decided)}.values()]


def _confirmations(unit: UnitOfWork, change_id: UUID) -> Iterable[tuple[UUID, int]]:
    """Other committed batches with rows about persons that a batch created, and how many."""
    person = sa.and_(Person.region == ImportRow.region, Person.id == ImportRow.person_id)
    batch = sa.and_(ImportBatch.region == ImportRow.region, ImportBatch.id == ImportRow.batch_id)
    query = (
        sa.select(ImportRow.batch_id, sa.func.count())
        .join(Person, person)
        .join(ImportBatch, batch)
        .where(
            Person.batch_id == change_id,
            ImportRow.batch_id != change_id,
            ImportRow.verdict.in_([verdict.value for verdict in Verdict]),
            ImportBatch.status == Status.COMMITTED.value,
        )
        .group_by(ImportRow.batch_id)
    )
    return [(key, int(count)) for key, count in unit.session.execute(query)]


def _file_names(unit: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID | None, str]:
    query = sa.select(ImportBatch.id, ImportBatch.file_name).where(
        ImportBatch.id.in_(ids), ImportBatch.lead.is_(sa.true())
    )
    return {key: name for key, name in unit.session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def _name(unit: UnitOfWork, user_id: UUID | None) -> str:
    return display_names(unit, [user_id]).get(user_id, "") if user_id else ""


# --- undoing ---------------------------------------------------------------------------------------------------------


def _undo(unit: UnitOfWork, actor: Actor, scope: Scope, change_id: UUID) -> Undone:
    _require_touched(unit, actor, scope, change_id)
    done = changes.undo(unit, actor, change_id)
    parts = batches.parts(unit, change_id)
    for part in parts:
        part.status, part.undone_at, part.undone_by = Status.UNDONE.value, unit.now, actor.user_id
    unit.session.flush()
    close_cases(unit, actor, done.regions)
    if parts:
        if parts[0].kind == "statistics":
            unit.changed("statistics")
        facts = {"batch": str(change_id), "kind": parts[0].kind, "restored": done.restored, "removed": done.removed}
        audit.record(unit, actor, Action.BATCH_UNDO.value, region=parts[0].region, details=facts)
    return done


def close_cases(unit: UnitOfWork, actor: Actor, regions: Collection[int]) -> None:
    """Nobody has to decide rows of undone batches any more, nor rows about persons who are not there any more. For
    whoever undoes something that may have opened such rows again."""
    rows: Any = ImportRow.__table__
    undone = sa.select(ImportBatch.id).where(ImportBatch.region == rows.c.region, ImportBatch.id == rows.c.batch_id)
    of_undone = undone.where(ImportBatch.status == Status.UNDONE.value).exists()
    there = sa.exists().where(Person.region == rows.c.region, Person.id == rows.c.person_id)
    of_nobody = sa.and_(rows.c.person_id.is_not(None), sa.not_(there))
    unit.session.execute(
        sa.update(rows)
        .where(rows.c.region.in_(list(regions)), open_case(), sa.or_(of_undone, of_nobody))
        .values(decision=UNDONE, decided_by=actor.user_id, decided_at=unit.now)
    )


# --- whose records ---------------------------------------------------------------------------------------------------


def _require_touched(unit: UnitOfWork, actor: Actor, scope: Scope, change_id: UUID) -> None:
    """Refuse to change records that somebody else is responsible for, however they came into the batch.

    Raises `BeyondReachError`.
    """
    if scope.everywhere:
        return
    made = changes.change(unit, change_id)
    if made[0].kind in _OF_NO_PLACE:
        if made[0].made_by != actor.user_id:
            raise BeyondReachError
        return
    mine = scope.area_ids(unit)
    streets = {
        region: key
        for key, region in unit.session.execute(sa.select(Area.id, Area.region).where(Area.level == "street"))
    }
    today = local_today(unit)
    for region in sorted({change.region for change in made} - {audit.INSTALLATION_REGION}):
        if streets.get(region) not in mine and not _within(unit, region, change_id, scope, today):
            raise BeyondReachError


def _within(unit: UnitOfWork, region: int, change_id: UUID, scope: Scope, today: date) -> bool:
    """Whether every person and every place that a change touched in a region lies in scope."""
    listed = sa.select(ChangeRow.row_id).where(ChangeRow.region == region, ChangeRow.change_id == change_id)
    mine = scope.area_ids(unit)
    lived = sa.select(Residence.person_id, Residence.building_id, Residence.area_id).where(
        Residence.region == region, sa.or_(Residence.batch_id == change_id, Residence.id.in_(listed))
    )
    rows = unit.session.execute(lived).all()
    persons = {row.person_id for row in rows}
    persons |= set(unit.session.scalars(_ids(Person, region, change_id, listed, Person.id)))
    persons |= set(unit.session.scalars(_ids(PersonAttribute, region, change_id, listed, PersonAttribute.person_id)))
    houses = {row.building_id for row in rows if row.building_id is not None}
    for model, column in (
        (Building, Building.id),
        (Dwelling, Dwelling.building_id),
        (Organisation, Organisation.building_id),
    ):
        found = unit.session.scalars(_ids(model, region, change_id, listed, column))
        houses |= {key for key in found if key is not None}
    if any(row.area_id is not None and row.area_id not in mine for row in rows):
        return False
    for part in _parts(houses):
        if buildings.ids_inside(unit, region, part, scope, today) != set(part):
            return False
    return all(visible_persons(unit, region, part, scope, today) == set(part) for part in _parts(persons))


def _ids(model: type[Any], region: int, change_id: UUID, listed: Any, column: Any) -> Any:
    return (
        sa.select(column)
        .where(model.region == region, sa.or_(model.batch_id == change_id, model.id.in_(listed)))
        .distinct()
    )


def _parts(keys: Collection[UUID]) -> Iterable[list[UUID]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
