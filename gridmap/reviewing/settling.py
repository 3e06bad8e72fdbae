"""What a decision about one person writes: a residence located, moved, opened or ended.

New records carry no batch: the journal gives them the id of the decision that made them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import Phrase
from gridmap.codes import code_list
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.changes import HEAD
from gridmap.residents.models import Household, Residence
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody is to live: a dwelling, or a building whose room is unknown."""

    region: int
    building_id: UUID
    dwelling_id: UUID | None


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


def settle(unit: UnitOfWork, person_id: UUID, home: Home, content: Mapping[str, str], on: date) -> bool:
    """Let a person live at a home; False where the register says so already.

    Where only the area or the building was known, what we believed is replaced from its own date on; a person known in
    another place moves on ``on``.

    Raises `InvalidInputError` where the move is not after the date since when the person lives at the known place.
    """
    known = open_residence(unit, home.region, person_id)
    if known is not None and _is_there(known, home):
        return False
    relationship = code_list("relationship").code_of(content.get("relationship", ""))
    start, cause = on, "initial" if known is None else "move_within"
    if known is None:
        cause = _first_cause(unit, home.region, person_id)
    elif known.dwelling_id is None and known.building_id in {None, home.building_id}:
        known.superseded_at = unit.now
        start, cause = known.valid_from, known.cause_in
    else:
        if on <= known.valid_from:
            raise _not_after(on, known.valid_from)
        known.valid_to, known.cause_out = on, "move_within"
    unit.session.add(
        Residence(
            region=home.region,
            id=uuid7(),
            person_id=person_id,
            household_id=_household(unit, home, content.get("household"), relationship),
            dwelling_id=home.dwelling_id,
            building_id=home.building_id,
            relationship=relationship or (known.relationship if known else None),
            principal=True,
            valid_from=start,
            cause_in=cause,
            recorded_at=unit.now,
        )
    )
    unit.session.flush()
    return True


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


def _is_there(known: Residence, home: Home) -> bool:
    """Whether a residence says what a home says; a known room is not given up for its building."""
    same_building = known.building_id == home.building_id
    return same_building if home.dwelling_id is None else known.dwelling_id == home.dwelling_id


def _first_cause(unit: UnitOfWork, region: int, person_id: UUID) -> str:
    """Why somebody without an open residence is here: back again, or found here first."""
    before = sa.exists().where(
        Residence.region == region, Residence.person_id == person_id, Residence.superseded_at.is_(None)
    )
    return "move_in" if unit.session.scalar(sa.select(before)) else "initial"


def _household(unit: UnitOfWork, home: Home, number: str | None, relationship: str | None) -> UUID:
    """The household of a home with this number; else, for anybody but a head, the only one of the dwelling; else a
    new one."""
    lived_in = sa.exists().where(
        Residence.region == Household.region,
        Residence.household_id == Household.id,
        Residence.superseded_at.is_(None),
        Residence.valid_to.is_(None),
    )
    at = (
        Household.dwelling_id == home.dwelling_id
        if home.dwelling_id is not None
        else sa.and_(Household.building_id == home.building_id, Household.dwelling_id.is_(None))
    )
    there = list(unit.session.scalars(sa.select(Household).where(Household.region == home.region, at, lived_in)))
    if number:
        if same := [household for household in there if household.number == number]:
            return same[0].id
    elif home.dwelling_id is not None and len(there) == 1 and relationship != HEAD:
        return there[0].id
    made = Household(
        region=home.region,
        id=uuid7(),
        number=number,
        dwelling_id=home.dwelling_id,
        building_id=home.building_id,
        version=1,
    )
    unit.session.add(made)
    unit.session.flush()
    return made.id


def _not_after(day: date, since: date) -> InvalidInputError:
    days = {"day": day.isoformat(), "since": since.isoformat()}
    return InvalidInputError(field="Date", reason=Phrase("{day} is not after {since}, when the person moved in", days))
