"""Rows that a person has to decide: listed with masked content, placed, skipped, or solved for all by an alias.

A case is a row with the verdict *needs_review*, or a person whom a complete file did not name (*absent*). Every
reading and every decision is audited; what a decision writes is dated and never overwrites.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import polars as pl
import sqlalchemy as sa

from geodata.errors import Phrase
from gridmap.access.policy import Action
from gridmap.access.scope import Scope, require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.models import Area, AreaClosure
from gridmap.areas.node import AreaNode
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.buildings import repository as buildings
from gridmap.errors import GridmapError, InvalidInputError, NotFoundError
from gridmap.importing.check import TEXT_FIELDS
from gridmap.importing.filing import ABSENT
from gridmap.importing.findings import FINDINGS
from gridmap.importing.outcome import Verdict
from gridmap.importing.places import Places, load_places
from gridmap.importing.settling import end_residence, settle_residence
from gridmap.importing.values import tidy_texts
from gridmap.linking.aliases import KINDS, AliasEntry, add_aliases
from gridmap.linking.candidates import Candidate, suggest
from gridmap.linking.grammar import PARTS, parse_addresses
from gridmap.linking.link import link_addresses
from gridmap.residents.rules import mask_id, mask_name, mask_phone
from gridmap.store.store import UnitOfWork

_OPEN = (Verdict.NEEDS_REVIEW.value, ABSENT)
_MASKS = {"id_number": mask_id, "phone": mask_phone, "name": mask_name, "head": mask_name}


class AlreadyDecidedError(GridmapError):
    """Somebody else was faster, or the row was handed in again."""

    code = "case_decided"
    message = "This case has been decided already."
    hint = "Reload the list; the next case follows."


class NoPersonError(GridmapError):
    """The row's person cannot be told, so nobody can be placed."""

    code = "case_without_person"
    message = "The row does not tell who the person is; nobody can be placed."
    hint = "Correct the row in the file and hand it in again, or skip the case."


@dataclass(frozen=True, slots=True)
class CaseKey:
    """Which row of which batch."""

    region: int
    batch_id: UUID
    seq: int


@dataclass(frozen=True, slots=True)
class Case:
    """A row to decide. ``content``: its fields as handed in, persons masked; ``alike``: open cases of the batch with
    the same address, itself included."""

    key: CaseKey
    file_name: str
    sheet: str
    row: int
    verdict: str
    reason: str
    message: str
    hint: str
    person_id: UUID | None
    building_id: UUID | None
    content: Mapping[str, str] = field(repr=False)
    alike: int = 1

    @property
    def address(self) -> str:
        """The address as handed in."""
        return _address(self.content)


@dataclass(frozen=True, slots=True)
class Choice:
    """A place to choose."""

    region: int
    building_id: UUID
    dwelling_id: UUID | None
    candidate: Candidate


def list_cases(
    unit: UnitOfWork, actor: Actor, area: str, *, limit: int = 50, offset: int = 0
) -> tuple[list[Case], int]:
    """The open cases of the batches handed in for an area or below it, the newest batch first, and how many there are.

    The reading is audited; call it in a unit of work that writes.

    Raises `PermissionDeniedError`, `NotFoundError`, `AreaNotFoundError`.
    """
    node = find_area(unit, area)
    require_area(unit, actor, Action.REVIEW_DECIDE, node.id)
    query = _open_rows(node, scope_of(actor, Action.REVIEW_DECIDE))
    total = unit.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    page = query.order_by(ImportBatch.created_at.desc(), ImportRow.batch_id, ImportRow.seq).limit(limit).offset(offset)
    found = [(row, name) for row, name in unit.session.execute(page)]
    cases = [_case(unit, row, name) for row, name in found]
    counts = _alike_counts(unit, {case.key.batch_id: case.key.region for case in cases})
    shown = [
        Case(
            **{name: getattr(case, name) for name in Case.__slots__ if name != "alike"},
            alike=counts.get((case.key.batch_id, case.address), 1),
        )
        for case in cases
    ]
    persons = [case.person_id for case in cases if case.person_id is not None]
    audit.record(
        unit,
        actor,
        "review.read",
        region=node.region or audit.INSTALLATION_REGION,
        subjects=persons,
        details={"area": node.code, "cases": len(cases)},
    )
    return shown, total


def waiting(unit: UnitOfWork, actor: Actor) -> int:
    """How many cases wait for the actor; nothing of them is read, so nothing is recorded.

    Raises `PermissionDeniedError`.
    """
    here = sa.select(Area.code).where(scope_of(actor, Action.REVIEW_DECIDE).covers(Area.id))
    batch = sa.and_(ImportBatch.region == ImportRow.region, ImportBatch.id == ImportRow.batch_id)
    count = (
        sa.select(sa.func.count())
        .select_from(ImportRow)
        .join(ImportBatch, batch)
        .where(ImportRow.verdict.in_(_OPEN), ImportRow.decided_at.is_(None), ImportBatch.under_code.in_(here))
    )
    return int(unit.session.scalar(count) or 0)


def decided_since(unit: UnitOfWork, user_id: UUID, since: datetime) -> int:
    """How many cases a user has decided since a moment."""
    query = sa.select(sa.func.count()).select_from(ImportRow)
    return int(unit.session.scalar(query.where(ImportRow.decided_by == user_id, ImportRow.decided_at >= since)) or 0)


def choices(unit: UnitOfWork, actor: Actor, key: CaseKey, *, limit: int = 4) -> list[Choice]:
    """Places that a case may mean, the likeliest first."""
    row, batch, node = _allowed(unit, actor, key)
    parts = _parts([_content(unit, row)]).to_dicts()[0]
    places = load_places(unit, node, local_today(unit))
    del batch
    return [_choice(places, candidate) for candidate in suggest(parts, places.index, limit=limit)]


def written_compound(unit: UnitOfWork, actor: Actor, key: CaseKey) -> str | None:
    """The compound as the row of a case writes it: what an alias would stand for.

    Raises `PermissionDeniedError`, `NotFoundError`, `AlreadyDecidedError`.
    """
    row, _, _ = _allowed(unit, actor, key)
    parts = _parts([_content(unit, row)])
    return parts["compound"][0] if parts.height else None


def place(
    unit: UnitOfWork, actor: Actor, key: CaseKey, dwelling_id: UUID, *, on: date | None = None, together: bool = True
) -> int:
    """Place the person of a case in a dwelling; ``together``: with everybody of the batch at the same address.

    A person whose room was unknown is located from the date of the old residence on; one who lived elsewhere moves on
    ``on`` (default: the effective date of the batch). Returns how many cases are settled.

    Raises `NoPersonError`, `AlreadyDecidedError`, `NotFoundError` (no such dwelling in the actor's areas).
    """
    row, batch, _ = _allowed(unit, actor, key)
    if row.person_id is None:
        raise NoPersonError
    building_id = buildings.building_of_dwelling(unit, key.region, dwelling_id)
    scope = scope_of(actor, Action.REVIEW_DECIDE)
    today = local_today(unit)
    if building_id is None or not buildings.ids_inside(unit, key.region, [building_id], scope, today):
        raise NotFoundError
    rows = [row]
    if together and (address := _address(_content(unit, row))):
        rows += [other for other in _siblings(unit, row) if _address(_content(unit, other)) == address]
    for one in rows:
        settle_residence(unit, one, building_id, dwelling_id, _content(unit, one), on or batch.effective or today)
        _close(unit, actor, one, "place", dwelling_id=dwelling_id, building_id=building_id)
    _record(unit, actor, rows, "place", {"dwelling": str(dwelling_id)})
    unit.changed("register")
    return len(rows)


def skip(unit: UnitOfWork, actor: Actor, key: CaseKey) -> None:
    """Leave a case as it is: nothing is written but the decision."""
    row, _, _ = _allowed(unit, actor, key)
    _close(unit, actor, row, "skip")
    _record(unit, actor, [row], "skip", {})


def leave(unit: UnitOfWork, actor: Actor, key: CaseKey, cause: str, on: date) -> None:
    """End the residence of an absent person: ``cause`` is ``move_out`` or ``death``.

    Raises `InvalidInputError` for another cause, a date in the future, or one before the residence began.
    """
    row, _, _ = _allowed(unit, actor, key)
    if cause not in {"move_out", "death"}:
        raise InvalidInputError(field="Reason", reason="not a usable value")
    if on > local_today(unit):
        raise InvalidInputError(field="Date", reason=Phrase("{day} lies in the future", {"day": on.isoformat()}))
    if row.person_id is None:
        raise NoPersonError
    end_residence(unit, key.region, row.person_id, cause, on)
    _close(unit, actor, row, cause)
    _record(unit, actor, [row], cause, {"on": on.isoformat()})
    unit.changed("register")


def name_alias(unit: UnitOfWork, actor: Actor, key: CaseKey, entry: AliasEntry) -> int:
    """Record another name of a compound, road or building, and place every case of the batch that it makes clear.

    Returns how many cases are settled.
    """
    if entry.kind not in KINDS or not entry.alias.strip() or not entry.official.strip():
        raise InvalidInputError(
            field="Other name",
            reason=Phrase("the kind must be one of {kinds}; neither name may be empty", {"kinds": ", ".join(KINDS)}),
        )
    row, batch, node = _allowed(unit, actor, key)
    add_aliases(unit, [entry], source="review", user_id=actor.user_id)
    rows = [one for one in (row, *_siblings(unit, row)) if one.person_id is not None]
    today = local_today(unit)
    places = load_places(unit, node, today)
    contents = [_content(unit, one) for one in rows]
    links = link_addresses(_parts(contents), places.index)
    settled: list[ImportRow] = []
    for one, content, at in zip(rows, contents, links.dwelling.tolist(), strict=True):
        if at >= 0 and places.dwellings["region"][at] == key.region:
            dwelling = UUID(bytes=places.dwellings["id"][at])
            building = UUID(bytes=places.dwellings["building"][at])
            settle_residence(unit, one, building, dwelling, content, batch.effective or today)
            _close(unit, actor, one, "alias", dwelling_id=dwelling, building_id=building)
            settled.append(one)
    _record(
        unit, actor, settled or [row], "alias", {"kind": entry.kind, "official": entry.official, "alias": entry.alias}
    )
    if settled:
        unit.changed("register")
    return len(settled)


def _open_rows(node: AreaNode, scope: Scope) -> sa.Select[ImportRow, str]:
    below = sa.select(AreaClosure.descendant_id).where(AreaClosure.ancestor_id == node.id)
    here = sa.select(Area.code).where(Area.id.in_(below), scope.covers(Area.id))
    batch = sa.and_(ImportBatch.region == ImportRow.region, ImportBatch.id == ImportRow.batch_id)
    return (
        sa.select(ImportRow, ImportBatch.file_name)
        .join(ImportBatch, batch)
        .where(ImportRow.verdict.in_(_OPEN), ImportRow.decided_at.is_(None), ImportBatch.under_code.in_(here))
    )


def _allowed(unit: UnitOfWork, actor: Actor, key: CaseKey) -> tuple[ImportRow, ImportBatch, AreaNode]:
    """The row of a case, its batch and the area that was handed in for, if the actor may decide there."""
    row = unit.session.get(ImportRow, (key.region, key.batch_id, key.seq))
    batch = unit.session.get(ImportBatch, (key.region, key.batch_id))
    if row is None or batch is None or row.verdict not in _OPEN or batch.under_code is None:
        raise NotFoundError
    node = find_area(unit, batch.under_code)
    require_area(unit, actor, Action.REVIEW_DECIDE, node.id)
    if row.decided_at is not None:
        raise AlreadyDecidedError
    return row, batch, node


def _siblings(unit: UnitOfWork, row: ImportRow) -> list[ImportRow]:
    """The other open cases of the batch in the region whose person is known."""
    query = sa.select(ImportRow).where(
        ImportRow.region == row.region,
        ImportRow.batch_id == row.batch_id,
        ImportRow.verdict == Verdict.NEEDS_REVIEW.value,
        ImportRow.decided_at.is_(None),
        ImportRow.person_id.is_not(None),
        ImportRow.seq != row.seq,
    )
    return list(unit.session.scalars(query.order_by(ImportRow.seq)))


def _case(unit: UnitOfWork, row: ImportRow, file_name: str) -> Case:
    finding = FINDINGS.get(row.reason or "")
    content = {name: _MASKS[name](text) if name in _MASKS else text for name, text in _content(unit, row).items()}
    return Case(
        key=CaseKey(row.region, row.batch_id, row.seq),
        file_name=file_name,
        sheet=row.sheet,
        row=row.row,
        verdict=row.verdict,
        reason=row.reason or "",
        message=finding.message if finding else "",
        hint=finding.hint if finding else "",
        person_id=row.person_id,
        building_id=row.building_id,
        content=content,
    )


def _alike_counts(unit: UnitOfWork, batches: Mapping[UUID, int]) -> dict[tuple[UUID, str], int]:
    counts: dict[tuple[UUID, str], int] = {}
    for batch_id, region in batches.items():
        query = sa.select(ImportRow).where(
            ImportRow.region == region,
            ImportRow.batch_id == batch_id,
            ImportRow.verdict == Verdict.NEEDS_REVIEW.value,
            ImportRow.decided_at.is_(None),
        )
        for row in unit.session.scalars(query):
            address = _address(_content(unit, row))
            counts[batch_id, address] = counts.get((batch_id, address), 0) + 1
    return counts


def _content(unit: UnitOfWork, row: ImportRow) -> dict[str, str]:
    text = unit.vault.open(row.content, "import_row.content")
    return json.loads(text) if text else {}


def _address(content: Mapping[str, str]) -> str:
    return content.get("address") or " ".join(content[part] for part in PARTS if content.get(part))


def _parts(contents: Iterable[Mapping[str, str]]) -> pl.DataFrame:
    """The parts of the addresses of rows, as the import reads them."""
    names = (*TEXT_FIELDS, *PARTS)
    raw = pl.DataFrame(
        [{name: content.get(name) for name in names} for content in contents], schema=dict.fromkeys(names, pl.String)
    )
    parsed = parse_addresses(tidy_texts(raw["address"]))
    return raw.with_columns(tidy_texts(raw[part]).fill_null(parsed[part]).alias(part) for part in PARTS)


def _choice(places: Places, candidate: Candidate) -> Choice:
    building = places.buildings.row(candidate.building, named=True)
    dwelling = places.dwellings["id"][candidate.dwelling] if candidate.dwelling >= 0 else None
    return Choice(
        region=building["region"],
        building_id=UUID(bytes=building["id"]),
        dwelling_id=UUID(bytes=dwelling) if dwelling is not None else None,
        candidate=candidate,
    )


def _close(
    unit: UnitOfWork,
    actor: Actor,
    row: ImportRow,
    decision: str,
    *,
    dwelling_id: UUID | None = None,
    building_id: UUID | None = None,
) -> None:
    row.decision = decision
    row.decided_by = actor.user_id
    row.decided_at = unit.now
    row.dwelling_id = dwelling_id or row.dwelling_id
    row.building_id = building_id or row.building_id
    unit.session.flush()


def _record(unit: UnitOfWork, actor: Actor, rows: list[ImportRow], decision: str, details: dict[str, str]) -> None:
    audit.record(
        unit,
        actor,
        Action.REVIEW_DECIDE.value,
        region=rows[0].region,
        subjects=[row.person_id for row in rows if row.person_id is not None],
        details={"batch": str(rows[0].batch_id), "decision": decision, "cases": len(rows), **details},
    )
