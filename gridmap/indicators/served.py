"""Agreements, programmes and enrolments as arrays, and who is eligible for what on a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from gridmap.indicators.columns import OPEN, UNKNOWN_DAY, DayColumn, KeyColumn, read_everywhere
from gridmap.indicators.dates import birthday_limit
from gridmap.indicators.keys import KeyIndex
from gridmap.indicators.records import Agreements, Days, Indices, unpack_attributes
from gridmap.services.models import Enrolment, Programme, RentalAgreement
from gridmap.services.rules import Answer, Condition, parse_condition
from gridmap.store.store import UnitOfWork
from gridmap.store.types import from_day, to_day

if TYPE_CHECKING:
    from gridmap.indicators.occupancy import Occupancy

_BELIEVED = "superseded_at IS NULL"


@dataclass(frozen=True, slots=True)
class ProgrammeTerms:
    """A programme and who is eligible; it runs on days from ``valid_from`` until before ``valid_to``."""

    id: UUID
    code: str
    name: str
    condition: Condition
    valid_from: int
    valid_to: int


@dataclass(frozen=True, slots=True)
class Enrolments:
    """Who is signed up for which programme (position) and when; persons that reside nowhere are left out."""

    programme: Indices
    person: Indices
    valid_from: Days
    valid_to: Days


@dataclass(frozen=True, slots=True)
class Served:
    """Everything about programmes in a snapshot."""

    programmes: tuple[ProgrammeTerms, ...] = ()
    enrolments: Enrolments = field(default_factory=lambda: Enrolments(*(np.zeros(0, dtype=np.int32) for _ in range(4))))


def load_agreements(unit: UnitOfWork, dwelling_keys: KeyIndex) -> Agreements:
    """Every agreement that is believed."""
    columns = {
        "dwelling": KeyColumn("dwelling_id"),
        "signed": DayColumn("signed_on", 0),
        "expires": DayColumn("expires_on"),
        "ended": DayColumn("ended_on"),
    }
    rows = read_everywhere(unit, RentalAgreement.__table__, columns, _BELIEVED)  # type: ignore[arg-type]
    return Agreements(
        dwelling_keys.positions(rows["dwelling"]), rows["signed"], np.minimum(rows["expires"], rows["ended"])
    )


def load_served(unit: UnitOfWork, person_keys: KeyIndex, renumbered: NDArray[np.int32]) -> Served:
    """Programmes and enrolments; ``renumbered`` leads from the position of a key to that of a person (-1 for none)."""
    programmes = tuple(
        ProgrammeTerms(
            row.id,
            row.code,
            row.name,
            parse_condition(row.eligible),
            to_day(row.valid_from),
            OPEN if row.valid_to is None else to_day(row.valid_to),
        )
        for row in unit.session.scalars(sa.select(Programme).order_by(Programme.code))
    )
    if not programmes:
        return Served()
    columns = {
        "programme": KeyColumn("programme_id"),
        "person": KeyColumn("person_id"),
        "valid_from": DayColumn("valid_from", 0),
        "valid_to": DayColumn("valid_to"),
    }
    rows: dict[str, NDArray[Any]] = read_everywhere(unit, Enrolment.__table__, columns, _BELIEVED)  # type: ignore[arg-type]
    own = KeyIndex(np.array([programme.id.bytes for programme in programmes], dtype="S16"))
    programme = own.positions(rows["programme"])
    at = person_keys.positions(rows["person"])
    person = np.where(at >= 0, renumbered[at], -1) if len(renumbered) else at
    kept = np.flatnonzero((person >= 0) & (programme >= 0))
    return Served(
        programmes,
        Enrolments(
            programme[kept].astype(np.int32),
            person[kept].astype(np.int32),
            rows["valid_from"][kept],
            rows["valid_to"][kept],
        ),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """By live residence of an occupancy: eligible, not to be told, and enrolled, for one programme."""

    programme: ProgrammeTerms
    eligible: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    enrolled: NDArray[np.bool_]


def standings(occupancy: Occupancy) -> list[Standing]:
    """Who of the living is eligible for and enrolled in each programme that runs on the day."""
    served = occupancy.snapshot.served
    running = [
        (at, programme)
        for at, programme in enumerate(served.programmes)
        if programme.valid_from <= occupancy.day < programme.valid_to
    ]
    if not running:
        return []
    columns = _columns(occupancy)
    person = occupancy.snapshot.residences.person[occupancy.live]
    found = []
    for at, programme in running:
        answer: Answer = programme.condition(columns)
        held = served.enrolments
        now = np.flatnonzero(
            (held.programme == at) & (held.valid_from <= occupancy.day) & (occupancy.day < held.valid_to)
        )
        signed_up = np.zeros(len(occupancy.snapshot.persons), dtype=np.bool_)
        signed_up[held.person[now]] = True
        found.append(Standing(programme, answer.yes, answer.unknown, signed_up[person]))
    return found


def _columns(occupancy: Occupancy) -> dict[str, NDArray[Any]]:
    """What conditions may ask, by live residence."""
    snapshot = occupancy.snapshot
    person = snapshot.residences.person[occupancy.live]
    dwelling = snapshot.residences.dwelling[occupancy.live]
    presence, marital, _ = unpack_attributes(occupancy.attribute)
    return {
        "age": completed_years(snapshot.persons.birth_day[person], from_day(occupancy.day)),
        "sex": snapshot.persons.sex[person],
        "presence": presence,
        "marital": marital,
        "tenure": np.append(occupancy.tenure, np.int8(0))[dwelling],
    }


def completed_years(birth_day: NDArray[np.int32], day: date) -> NDArray[np.float64]:
    """Completed years of age on a day; NaN where the birth is unknown or still to come."""
    oldest = 130
    limits = np.array([to_day(birthday_limit(day, age)) for age in range(oldest, -1, -1) if day.year - age >= 1])
    years = (len(limits) - np.searchsorted(limits, birth_day, side="left") - 1).astype(np.float64)
    years[(birth_day == UNKNOWN_DAY) | (birth_day > to_day(day))] = np.nan
    return years
