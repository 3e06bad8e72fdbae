"""Use cases of residents: who lives in a room, a list, a search, and showing one person in full for a purpose.

Everything that leaves is masked; every read is audited in the same transaction, before the answer leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from uuid import UUID

from gridmap.access.policy import Action, allows
from gridmap.access.scope import require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.buildings import repository as buildings
from gridmap.buildings.service import building_name
from gridmap.errors import NotFoundError, PurposeRequiredError
from gridmap.residents import repository
from gridmap.residents.reading import log_list, said_purpose, visible_of
from gridmap.residents.repository import Resident
from gridmap.residents.views import DwellingResidents, PersonView, households_of, view_of
from gridmap.store.store import UnitOfWork


def dwelling_residents(
    unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID, as_of: date
) -> DwellingResidents:
    """Open a room: its households and residents, masked; the read is audited.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    scope = scope_of(actor, Action.PERSON_LIST)
    today = local_today(unit)
    building_id = buildings.building_of_dwelling(unit, region, dwelling_id)
    found = building_id and buildings.building(unit, region, building_id, scope, today)
    place = buildings.dwelling(unit, region, dwelling_id)
    if not found or place is None or building_id is None:
        raise NotFoundError
    residents = repository.of_dwelling(unit, region, dwelling_id, as_of)
    visible = repository.visible_persons(unit, region, {r.person_id for r in residents}, scope, today)
    shown = [resident for resident in residents if resident.person_id in visible]
    audit.record(
        unit,
        actor,
        Action.PERSON_LIST.value,
        region=region,
        subjects=visible,
        details={"dwelling": str(dwelling_id), "as_of": as_of, "fields": "masked"},
    )
    return DwellingResidents(
        region=region,
        dwelling_id=dwelling_id,
        building_id=building_id,
        building_name=building_name(*found),
        unit=place[1].name,
        room=place[0].room,
        floor=place[0].floor,
        verified_on=buildings.last_verified(unit, region, dwelling_id, as_of),
        households=households_of(unit, shown, as_of),
        elsewhere=len(residents) - len(shown),
    )


def roomless_residents(unit: UnitOfWork, actor: Actor, region: int, building_id: UUID, as_of: date) -> list[PersonView]:
    """The people known to live in a building whose room is unknown, masked; the read is audited."""
    scope = scope_of(actor, Action.PERSON_LIST)
    today = local_today(unit)
    if buildings.building(unit, region, building_id, scope, today) is None:
        raise NotFoundError
    residents = repository.of_building_without_room(unit, region, building_id, as_of)
    visible = repository.visible_persons(unit, region, {r.person_id for r in residents}, scope, today)
    if visible:
        audit.record(
            unit, actor, Action.PERSON_LIST.value, region=region, subjects=visible,
            details={"building": str(building_id), "as_of": as_of, "fields": "masked"},
        )  # fmt: skip
    return [view_of(unit, r, as_of) for r in residents if r.person_id in visible]


def reveal(
    unit: UnitOfWork,
    actor: Actor,
    region: int,
    person_id: UUID,
    *,
    purpose: str,
    note: str = "",
    as_of: date | None = None,
) -> PersonView:
    """Show one person in full for a purpose; audited with it.

    Raises:
        PermissionDeniedError: the role may not unmask.
        PurposeRequiredError: no purpose, or ``other`` without a note.
        NotFoundError: no such person in the actor's areas.
    """
    scope = scope_of(actor, Action.PERSON_REVEAL)
    said = said_purpose(purpose, note)
    if said is None:
        raise PurposeRequiredError
    today = local_today(unit)
    day = as_of or today
    resident = repository.of_person(unit, region, person_id, day) or repository.of_person(
        unit, region, person_id, today
    )
    if resident is None or not repository.visible_persons(unit, region, {person_id}, scope, today):
        raise NotFoundError
    audit.record(
        unit,
        actor,
        Action.PERSON_REVEAL.value,
        region=region,
        subjects=[person_id],
        purpose=said,
        details={"fields": ["name", "id_number", "phone", "birth_date", "registered_address"]},
    )
    return view_of(unit, resident, day, revealed=True)


def one_resident(unit: UnitOfWork, actor: Actor, region: int, person_id: UUID, as_of: date) -> PersonView:
    """One person, masked; the read is audited.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    scope = scope_of(actor, Action.PERSON_LIST)
    resident = repository.of_person(unit, region, person_id, as_of)
    if resident is None or not repository.visible_persons(unit, region, {person_id}, scope, local_today(unit)):
        raise NotFoundError
    log_list(unit, actor, [resident], {"as_of": as_of, "rows": 1})
    return view_of(unit, resident, as_of)


def list_persons(  # noqa: PLR0913 - who, where, when, and what the log says of it
    unit: UnitOfWork,
    actor: Actor,
    area_id: UUID,
    persons: Sequence[tuple[int, UUID]],
    as_of: date,
    figure: str,
    *,
    details: Mapping[str, object] = MappingProxyType({}),
    purpose: str | None = None,
) -> list[PersonView]:
    """The persons behind a figure of an area, masked, in the order given; the read is audited.

    Each is shown where they lived on the date, else where they lived last. Persons whose latest residence lies outside
    the actor's areas are left out.

    Raises:
        PermissionDeniedError, NotFoundError (area outside the actor's scope).
    """
    shown = read_persons(unit, actor, area_id, persons, as_of)
    noted = {"area": str(area_id), "as_of": as_of, "rows": len(shown), "figure": figure, **details}
    log_list(unit, actor, shown, noted, purpose=purpose)
    return [view_of(unit, resident, as_of) for resident in shown]


def read_persons(
    unit: UnitOfWork, actor: Actor, area_id: UUID, persons: Sequence[tuple[int, UUID]], as_of: date
) -> list[Resident]:
    """The records of some persons of an area, in the order given, without those the actor may not see. Whoever calls
    this masks them and writes the entry in the log.

    Raises:
        PermissionDeniedError, NotFoundError (area outside the actor's scope).
    """
    require_area(unit, actor, Action.PERSON_LIST, area_id)
    scope = scope_of(actor, Action.PERSON_LIST)
    found = {(one.region, one.person_id): one for one in repository.living(unit, persons, as_of)}
    gone: dict[int, list[UUID]] = {}
    for region, person_id in persons:
        if (region, person_id) not in found:
            gone.setdefault(region, []).append(person_id)
    for region, ids in gone.items():
        last = repository.latest_of(unit, region, ids)
        found |= {(region, person_id): resident for person_id, resident in last.items()}
    wanted = [found[key] for key in dict.fromkeys(persons) if key in found]
    return visible_of(unit, wanted, scope, local_today(unit))


def names_of(unit: UnitOfWork, persons: Sequence[tuple[int, UUID]], day: date) -> dict[tuple[int, UUID], str]:
    """The names of some persons on a day, to sort by. They must not leave the process."""
    return repository.names_of(unit, persons, day)


def may_reveal(actor: Actor) -> bool:
    """Whether the actor's role may show anybody in full."""
    return allows(actor, Action.PERSON_REVEAL)
