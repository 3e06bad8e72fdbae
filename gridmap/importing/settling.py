"""What a decision about one person writes: a residence located, moved, opened or ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import Phrase
from gridmap.batches.models import ImportRow
from gridmap.codes import code_list
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.changes import HEAD
from gridmap.residents.models import Household, Residence
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork


def open_residence(unit: UnitOfWork, region: int, person_id: UUID) -> Residence | None:
    """The open principal residence of a person, as believed now."""
    return unit.session.scalars(
        sa.select(Residence)
        .where(
            Residence.region == region,
            Residence.person_id == person_id,
            Residence.superseded_at.is_(None),
            Residence.valid_to.is_(None),
            Residence.principal.is_(sa.true()),
        )
        .limit(1)
    ).first()


def settle_residence(
    unit: UnitOfWork, row: ImportRow, building_id: UUID, dwelling_id: UUID, content: Mapping[str, str], on: date
) -> None:
    """Let the person of a row live in a dwelling.

    Where only the area or the building was known, what we believed is replaced from its own date on; a person known in
    another dwelling moves on ``on``.

    Raises `InvalidInputError` where the move is not after the date since when the person lives at the known place.
    """
    if row.person_id is None:
        raise NotFoundError
    known = open_residence(unit, row.region, row.person_id)
    if known is not None and known.dwelling_id == dwelling_id:
        return
    relationship = code_list("relationship").code_of(content.get("relationship", ""))
    household = _household(unit, row, building_id, dwelling_id, content.get("household"), relationship)
    start, cause = on, "initial" if known is None else "move_within"
    if known is not None and known.dwelling_id is None and known.building_id in {None, building_id}:
        known.superseded_at = unit.now
        start, cause = known.valid_from, known.cause_in
    elif known is not None:
        if on <= known.valid_from:
            raise _not_after(on, known.valid_from)
        known.valid_to, known.cause_out = on, "move_within"
    unit.session.add(
        Residence(
            region=row.region,
            id=uuid7(),
            person_id=row.person_id,
            household_id=household,
            dwelling_id=dwelling_id,
            building_id=building_id,
            relationship=relationship or (known.relationship if known else None),
            principal=True,
            valid_from=start,
            cause_in=cause,
            recorded_at=unit.now,
            batch_id=row.batch_id,
        )
    )
    unit.session.flush()


def end_residence(unit: UnitOfWork, region: int, person_id: UUID, cause: str, on: date) -> None:
    """End the open residence of a person.

    Raises `NotFoundError` where none is open, `InvalidInputError` where it began on ``on`` or later.
    """
    known = open_residence(unit, region, person_id)
    if known is None:
        raise NotFoundError
    if on <= known.valid_from:
        raise _not_after(on, known.valid_from)
    known.valid_to, known.cause_out = on, cause
    unit.session.flush()


def _household(
    unit: UnitOfWork,
    row: ImportRow,
    building_id: UUID,
    dwelling_id: UUID,
    number: str | None,
    relationship: str | None,
) -> UUID:
    """The household of a dwelling with this number; else, for anybody but a head, the only one; else a new one."""
    lived_in = sa.exists().where(
        Residence.region == Household.region,
        Residence.household_id == Household.id,
        Residence.superseded_at.is_(None),
        Residence.valid_to.is_(None),
    )
    query = sa.select(Household).where(Household.region == row.region, Household.dwelling_id == dwelling_id, lived_in)
    there = list(unit.session.scalars(query))
    if number:
        same = [household for household in there if household.number == number]
        if same:
            return same[0].id
    elif len(there) == 1 and relationship != HEAD:
        return there[0].id
    made = Household(
        region=row.region,
        id=uuid7(),
        number=number,
        dwelling_id=dwelling_id,
        building_id=building_id,
        batch_id=row.batch_id,
        version=1,
    )
    unit.session.add(made)
    unit.session.flush()
    return made.id


def _not_after(day: date, since: date) -> InvalidInputError:
    days = {"day": day.isoformat(), "since": since.isoformat()}
    return InvalidInputError(field="Date", reason=Phrase("{day} is not after {since}, when the person moved in", days))
