"""A case: a row to decide, as it is shown (persons masked), and the errors of deciding it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Self
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import Phrase
from gridmap.access.policy import Action
from gridmap.access.scope import Scope, scope_of
from gridmap.accounts.actor import Actor
from gridmap.accounts.models import User
from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.errors import GridmapError, NotFoundError
from gridmap.importing.filing import ABSENT, address_of, address_parts, single
from gridmap.importing.findings import FINDINGS
from gridmap.linking.grammar import PARTS
from gridmap.residents.repository import latest_of
from gridmap.residents.rules import mask_id, mask_name, mask_phone
from gridmap.residents.views import view_of
from gridmap.reviewing.words import ABSENT_HINT, ABSENT_MESSAGE, DECIDED
from gridmap.store.store import UnitOfWork

LONGEST_NUMBER: Final = 9
"""Digits of the largest row number that any store takes."""
_MASKS = {"id_number": mask_id, "phone": mask_phone, "name": mask_name, "head": mask_name}


class AlreadyDecidedError(GridmapError):
    """Somebody else was faster, or the row was handed in again."""

    code = "case_decided"
    message = "This case has been decided already, by {who}: {what}."
    hint = "Nothing more is to be done; the next case follows."

    def __init__(self, *, who: str, what: Phrase, at: datetime | None = None) -> None:
        super().__init__(who=who, what=what)
        self.at = at


class CaseClaimedError(GridmapError):
    """Somebody else has the case before them."""

    code = "case_claimed"
    message = "{who} has this case open just now."
    hint = "Take the next one; this one is free again when they go on, or after {minutes} minutes."


class NoPersonError(GridmapError):
    """The row's person cannot be told, so nobody can be placed."""

    code = "case_without_person"
    message = "The row does not tell who the person is; nobody can be placed."
    hint = "Say who it is, or give the row back to the office to be corrected."


@dataclass(frozen=True, slots=True, order=True)
class CaseKey:
    """Which row of which batch; as text ``region.batch.number``."""

    region: int
    batch_id: UUID
    seq: int

    def __str__(self) -> str:
        return f"{self.region}.{self.batch_id}.{self.seq}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The key that a text names; ``None`` where it names none."""
        region, _, rest = text.partition(".")
        batch, _, seq = rest.partition(".")
        if not (region.isdecimal() and len(region) <= 5 and seq.isdecimal() and len(seq) <= LONGEST_NUMBER):
            return None
        try:
            key = cls(int(region), UUID(batch), int(seq))
        except ValueError:
            return None
        return key if key.region <= 32_767 else None


@dataclass(frozen=True, slots=True)
class Case:
    """A row to decide. ``content``: its fields as handed in, persons masked; ``parts``: its address as it was read;
    ``message`` and ``hint``: message ids of the reason; ``other``: the count that the reason speaks of."""

    key: CaseKey
    file_name: str
    sheet: str
    row: int
    verdict: str
    reason: str
    message: str
    hint: str
    other: int | None
    effective: date | None
    person_id: UUID | None
    building_id: UUID | None
    dwelling_id: UUID | None
    like: bytes = field(repr=False)
    name: bytes | None = field(repr=False)
    address: str = field(repr=False)
    content: Mapping[str, str] = field(repr=False)
    parts: Mapping[str, str] = field(repr=False)

    @property
    def absent(self) -> bool:
        """Whether it is a person whom a complete file did not name."""
        return self.verdict == ABSENT


def key_of(row: ImportRow) -> CaseKey:
    """The key of a row."""
    return CaseKey(row.region, row.batch_id, row.seq)


def like_of(row: ImportRow) -> bytes:
    """What a row shares with the rows that one decision can settle with it; rows of before have nothing alike."""
    return row.case_like or single(row.seq)


def content_of(unit: UnitOfWork, row: ImportRow) -> dict[str, str]:
    """The fields of a row as handed in, in full: never shown."""
    text = unit.vault.open(row.content, "import_row.content")
    return json.loads(text) if text else {}


def masked(content: Mapping[str, str]) -> dict[str, str]:
    """The fields of a row as they may be shown."""
    return {name: _MASKS[name](text) if name in _MASKS else text for name, text in content.items()}


def present(unit: UnitOfWork, rows: Sequence[ImportRow], today: date, *, parts_too: bool = True) -> list[Case]:
    """Rows as they may be shown; without the parts of their addresses where nobody looks at them."""
    files = _files(unit, rows)
    contents = [content_of(unit, row) for row in rows]
    parts = address_parts(contents).select(PARTS).to_dicts() if parts_too and rows else [{} for _ in rows]
    return [
        _present(unit, row, content, read, files, today)
        for row, content, read in zip(rows, contents, parts, strict=True)
    ]


def _present(
    unit: UnitOfWork, row: ImportRow, content: dict[str, str], read: Mapping[str, str | None],
    files: Mapping[tuple[int, UUID], ImportBatch], today: date,
) -> Case:  # fmt: skip
    finding = FINDINGS.get(row.reason or "")
    batch = files[row.region, row.batch_id]
    shown, address = masked(content), address_of(content)
    if row.verdict == ABSENT:
        shown, address = _known(unit, row, today)
    params = json.loads(row.reason_params) if row.reason_params else {}
    return Case(
        key=key_of(row),
        file_name=batch.file_name,
        sheet=row.sheet,
        row=row.row,
        verdict=row.verdict,
        reason=row.reason or "",
        message=finding.message if finding else ABSENT_MESSAGE,
        hint=finding.hint if finding else ABSENT_HINT,
        other=params.get("other"),
        effective=batch.effective,
        person_id=row.person_id,
        building_id=row.building_id,
        dwelling_id=row.dwelling_id,
        like=like_of(row),
        name=row.case_name,
        address=address,
        content=shown,
        parts={name: text for name, text in read.items() if text},
    )


def _known(unit: UnitOfWork, row: ImportRow, today: date) -> tuple[dict[str, str], str]:
    """What the register says of a person whom the file left out, masked, and where the person lives."""
    resident = latest_of(unit, row.region, [row.person_id]).get(row.person_id) if row.person_id else None
    if resident is None:
        return {}, ""
    view = view_of(unit, resident, today)
    said = {"name": view.name, "id_number": view.id_number or "", "age": "" if view.age is None else str(view.age)}
    return {name: text for name, text in said.items() if text}, view.place or ""


def _files(unit: UnitOfWork, rows: Sequence[ImportRow]) -> dict[tuple[int, UUID], ImportBatch]:
    ids = {row.batch_id for row in rows}
    query = sa.select(ImportBatch).where(ImportBatch.id.in_(ids))
    return {(batch.region, batch.id): batch for batch in unit.session.scalars(query)}


def decider_scope(actor: Actor) -> Scope:
    """The areas whose cases an actor decides.

    Raises `PermissionDeniedError`.
    """
    return scope_of(actor, Action.REVIEW_DECIDE)


def is_inside(scope: Scope) -> sa.ColumnElement[bool]:
    """A clause on `ImportRow`: every area that the case concerns is in scope."""
    other = sa.or_(ImportRow.case_other_id.is_(None), scope.covers(ImportRow.case_other_id))
    return sa.and_(scope.covers(ImportRow.case_area_id), other)


def is_open() -> sa.ColumnElement[bool]:
    """A clause: the row waits for a decision. Written as in the partial indexes, so that they serve."""
    return sa.and_(ImportRow.decided_at.is_(None), ImportRow.case_area_id.is_not(None))


def row_of(unit: UnitOfWork, actor: Actor, key: CaseKey, *, lock: bool = False) -> ImportRow:
    """An open row that the actor may decide; ``lock``: nobody else decides it until this transaction ends.

    Raises `PermissionDeniedError`, `NotFoundError` (no such case, or outside the actor's areas), `AlreadyDecidedError`.
    """
    scope = decider_scope(actor)
    query = sa.select(ImportRow).where(*_is(key), ImportRow.case_area_id.is_not(None), is_inside(scope))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = unit.session.scalars(query).first()
    if row is None:
        raise NotFoundError
    if row.decided_at is not None:
        raise decided(unit, row)
    return row


def _is(key: CaseKey) -> Iterable[sa.ColumnElement[bool]]:
    return (ImportRow.region == key.region, ImportRow.batch_id == key.batch_id, ImportRow.seq == key.seq)


def decided(unit: UnitOfWork, row: ImportRow) -> AlreadyDecidedError:
    """Who decided what, as an error."""
    user = unit.session.get(User, row.decided_by) if row.decided_by else None
    what = DECIDED.get(row.decision or "", DECIDED["replaced"])
    return AlreadyDecidedError(who=user.display_name if user else "–", what=Phrase(what), at=row.decided_at)
