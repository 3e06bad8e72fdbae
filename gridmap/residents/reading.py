"""What every reading of persons shares: who of them may be seen, the entry in the log, a purpose where one is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from gridmap.access.policy import Action
from gridmap.access.scope import Scope
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.residents import repository
from gridmap.residents.repository import Resident
from gridmap.store.store import UnitOfWork

SHORTEST_NOTE = 4


class Purpose(StrEnum):
    """Why somebody's data are shown in full."""

    VISIT = "visit"
    SERVICE = "service"
    CORRECTION = "correction"
    OTHER = "other"


def said_purpose(purpose: str, note: str = "") -> str | None:
    """A purpose with its note as the log keeps it; None for none, and for *other* that does not say what."""
    said = note.strip()
    if purpose not in set(Purpose) or (purpose == Purpose.OTHER and len(said) < SHORTEST_NOTE):
        return None
    return f"{purpose}: {said}" if said else purpose


def visible_of(unit: UnitOfWork, residents: Sequence[Resident], scope: Scope, today: date) -> list[Resident]:
    """Those of some residents whose latest residence is in scope."""
    by_region: dict[int, set[UUID]] = {}
    for resident in residents:
        by_region.setdefault(resident.region, set()).add(resident.person_id)
    visible = {
        (region, person)
        for region, persons in by_region.items()
        for person in repository.visible_persons(unit, region, persons, scope, today)
    }
    return [resident for resident in residents if (resident.region, resident.person_id) in visible]


def log_list(
    unit: UnitOfWork,
    actor: Actor,
    shown: Sequence[Resident],
    details: Mapping[str, object],
    action: str = Action.PERSON_LIST,
    purpose: str | None = None,
) -> None:
    """One entry in the chain of each region read; a search that finds nothing is an entry too."""
    by_region: dict[int, list[UUID]] = {}
    for resident in shown:
        by_region.setdefault(resident.region, []).append(resident.person_id)
    for region, persons in sorted((by_region or {audit.INSTALLATION_REGION: []}).items()):
        audit.record(
            unit,
            actor,
            str(action),
            region=region,
            subjects=persons,
            purpose=purpose,
            details={"fields": "masked", **details},
        )
