"""Rental agreements of dwellings: what holds when, and who may know from whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from gridmap.residents.rules import mask_name
from gridmap.services.models import RentalAgreement
from gridmap.store.store import UnitOfWork

LANDLORD: Final = "rental_agreement.landlord"


class Standing(StrEnum):
    """How an agreement stands on a day."""

    HOLDS = "holds"
    EXPIRING = "expiring"
    ENDED = "ended"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class AgreementView:
    """An agreement as it is shown: the landlord masked."""

    id: UUID
    number: str | None
    landlord: str | None
    signed_on: date
    until: date | None
    standing: Standing


def until(row: RentalAgreement) -> date | None:
    """The first day an agreement no longer holds; ``None`` while it is open."""
    return min((day for day in (row.expires_on, row.ended_on) if day is not None), default=None)


def standing(row: RentalAgreement, day: date, expiring_days: int) -> Standing:
    """How an agreement stands on a day; *expiring* where it ends within ``expiring_days``."""
    last = until(row)
    if day < row.signed_on:
        return Standing.AHEAD
    if last is None:
        return Standing.HOLDS
    if last <= day:
        return Standing.ENDED
    return Standing.EXPIRING if last - day <= timedelta(days=expiring_days) else Standing.HOLDS


def of_dwellings(
    unit: UnitOfWork, region: int, dwelling_ids: Iterable[UUID], day: date, expiring_days: int = 30
) -> dict[UUID, list[AgreementView]]:
    """The agreements of dwellings that are believed, those that hold longest first. Whether the dwellings may be seen
    is the caller's to decide; landlords are masked."""
    query = sa.select(RentalAgreement).where(
        RentalAgreement.region == region,
        RentalAgreement.dwelling_id.in_(list(dwelling_ids)),
        RentalAgreement.superseded_at.is_(None),
    )
    found: dict[UUID, list[AgreementView]] = {}
    for row in unit.session.scalars(query.order_by(RentalAgreement.signed_on.desc())):
        name = unit.vault.open(row.landlord, LANDLORD)
        view = AgreementView(
            row.id,
            row.number,
            mask_name(name) if name else None,
            row.signed_on,
            until(row),
            standing(row, day, expiring_days),
        )
        found.setdefault(row.dwelling_id, []).append(view)
    return found


def same_terms(unit: UnitOfWork, known: RentalAgreement, told: RentalAgreement, landlord: str) -> bool:
    """Whether an agreement says nothing new; a landlord that is left out is not new."""
    facts = ("dwelling_id", "number", "signed_on", "expires_on", "ended_on")
    same_landlord = not landlord or unit.vault.open(known.landlord, LANDLORD) == landlord
    return same_landlord and all(getattr(known, name) == getattr(told, name) for name in facts)
