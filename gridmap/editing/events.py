"""Dated events of persons: birth, death, moving in, out and within, striking a record out.

Each takes the day on which it happened; the day on which it was recorded is that of the unit of work. What is written
are residences with the causes that the reconciliation counts by, so that every figure of every day follows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import Phrase
from gridmap.accounts.actor import Actor
from gridmap.editing.errors import fault
from gridmap.editing.persons import add_person, add_state, came_back
from gridmap.editing.reach import (
    dwelling_in_reach,
    household_in_reach,
    members_of,
    person_in_reach,
    require_persons,
)
from gridmap.editing.residences import (
    Place,
    believe_anew,
    enter,
    has_head,
    latest,
    leave,
    new_household,
    open_in_household,
    open_of,
    place_of,
    the_open_one,
)
from gridmap.editing.saving import Deed, Event, Saved, deed, event_day
from gridmap.editing.values import Values
from gridmap.errors import NotFoundError
from gridmap.residents.models import Household, Residence
from gridmap.store.store import UnitOfWork

NEWBORN = ("name", "sex", "birth_date", "relationship")
"""What is recorded of a newborn, and nothing else."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Into which household somebody comes: a known one of the dwelling, or a new one (None) with this number."""

    household_id: UUID | None = None
    number: str = ""
    relationship: str = ""


def record_birth(
    unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID, household_id: UUID, child: Values, key: UUID
) -> Saved:
    """A child is born into a household: a new person from the day of birth on.

    ``child`` holds name (may be empty: not named yet), sex, birth date and relationship.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError.
    """
    place = _dwelling_place(unit, actor, region, dwelling_id)
    household = _household_here(unit, actor, region, household_id, dwelling_id)
    with deed(unit, actor, "resident.birth", region, key) as done:
        if done.again:
            return done.saved()
        born = date.fromisoformat(child["birth_date"]) if child.get("birth_date") else None
        on = event_day(born, done.today, "birth_date")
        known = {name: child.get(name, "") for name in NEWBORN}
        person = add_person(unit, actor, region, known, on)
        done.concerns(person.id)
        done.record_id = person.id
        enter(
            unit, region, person.id, place, household_id=household.id, relationship=child.get("relationship"), on=on,
            cause="birth",
        )  # fmt: skip
    return done.saved()


def record_death(unit: UnitOfWork, actor: Actor, region: int, person_id: UUID, event: Event) -> Saved:
    """Somebody died: every open residence of theirs ends that day.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError: the day does not fit.
    """
    person_in_reach(unit, actor, region, person_id)
    with deed(unit, actor, "resident.death", region, event.key, persons=[person_id]) as done:
        if done.again:
            return done.saved()
        day = event_day(event.on, done.today)
        residence = the_open_one(unit, region, person_id)
        leave(residence, day, "death", same_day=True)
        for other in _other_open(unit, region, person_id, residence):
            leave(other, max(day, other.valid_from), "death", same_day=True)
        unit.session.flush()
        _note_headless(unit, done, {residence.household_id})
    return done.saved()


def _other_open(unit: UnitOfWork, region: int, person_id: UUID, principal: Residence) -> list[Residence]:
    query = sa.select(Residence).where(
        Residence.region == region,
        Residence.person_id == person_id,
        Residence.superseded_at.is_(None),
        Residence.valid_to.is_(None),
        Residence.id != principal.id,
    )
    return list(unit.session.scalars(query))


def record_move_out(unit: UnitOfWork, actor: Actor, region: int, person_ids: Collection[UUID], event: Event) -> Saved:
    """Persons leave the register's areas. Where to is not stored.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError.
    """
    residences = _residences_of(unit, actor, region, person_ids)
    with deed(unit, actor, "resident.move_out", region, event.key, persons=person_ids) as done:
        if done.again:
            return done.saved()
        day = event_day(event.on, done.today)
        for residence in _all_open(residences, person_ids):
            leave(residence, day, "move_out", same_day=True)
        unit.session.flush()
        _note_headless(unit, done, {residence.household_id for residence in residences.values()})
    return done.saved()


def record_move_in(  # noqa: PLR0913 - the facts of the event
    unit: UnitOfWork,
    actor: Actor,
    region: int,
    dwelling_id: UUID,
    person: Values | UUID,
    entry: Entry,
    event: Event,
    *,
    disputed: bool = False,
) -> Saved:
    """Somebody comes to live in a dwelling: a person who is new to the register, or one who had left it.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError: the person lives in the register or has died, the day
            does not fit, the identity number is somebody else's.
    """
    place = _dwelling_place(unit, actor, region, dwelling_id)
    if isinstance(person, UUID):
        person_in_reach(unit, actor, region, person)
    with deed(unit, actor, "resident.move_in", region, event.key) as done:
        if done.again:
            return done.saved()
        day = event_day(event.on, done.today)
        if isinstance(person, UUID):
            _may_return(unit, region, person, day)
            person_id = person
        elif (known := came_back(unit, region, person, day)) is not None:
            person_id = known
            add_state(unit, region, person_id, person, day)
        else:
            person_id = add_person(unit, actor, region, person, day, disputed=disputed).id
        done.concerns(person_id)
        done.record_id = person_id
        household = _entered(unit, actor, region, place, entry)
        enter(
            unit, region, person_id, place, household_id=household, relationship=entry.relationship, on=day,
            cause="move_in",
        )  # fmt: skip
    return done.saved()


def _may_return(unit: UnitOfWork, region: int, person_id: UUID, day: date) -> None:
    last = latest(unit, region, person_id)
    if last is None:
        return
    if last.valid_to is None:
        raise fault("who", "This person lives in the register already: record a move within it.")
    if last.cause_out == "death":
        raise fault("who", "This person is recorded as deceased. If that is wrong, undo it in the history first.")
    if day < last.valid_to:
        raise fault(
            "on", "{day} is before {since}, until when the person is recorded elsewhere.",
            day=day.isoformat(), since=last.valid_to.isoformat(),
        )  # fmt: skip


def record_move_within(
    unit: UnitOfWork,
    actor: Actor,
    region: int,
    person_ids: Sequence[UUID],
    dwelling_id: UUID,
    entry: Entry | None,
    event: Event,
) -> Saved:
    """Persons move to another dwelling of the register, or from a place that was not known exactly to one that is.

    ``entry`` names the household they join there. Without it they keep theirs: a household of which all move goes with
    them, others found a new one.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError.
    """
    residences = _residences_of(unit, actor, region, person_ids)
    place = _dwelling_place(unit, actor, region, dwelling_id)
    with deed(unit, actor, "resident.move_within", region, event.key, persons=person_ids) as done:
        if done.again:
            return done.saved()
        day = event_day(event.on, done.today)
        moving = _all_open(residences, person_ids)
        if any(residence.dwelling_id == dwelling_id for residence in moving):
            raise fault("to", "They live there already.")
        homes = _new_homes(unit, actor, region, moving, place, entry)
        for residence in moving:
            joined = entry is not None and entry.household_id is not None
            relationship = entry.relationship if joined and entry else residence.relationship
            _move(unit, residence, place, homes[residence.household_id], relationship, day)
        unit.session.flush()
        _note_headless(unit, done, {residence.household_id for residence in moving} - set(homes.values()))
    return done.saved()


def _move(
    unit: UnitOfWork, residence: Residence, place: Place, household_id: UUID, relationship: str | None, on: date
) -> None:
    leave(residence, on, "move_within")
    enter(
        unit, residence.region, residence.person_id, place, household_id=household_id, relationship=relationship, on=on,
        cause="move_within",
    )  # fmt: skip


def _new_homes(
    unit: UnitOfWork, actor: Actor, region: int, moving: Sequence[Residence], place: Place, entry: Entry | None
) -> Mapping[UUID | None, UUID]:
    """The household that the members of each household belong to after the move."""
    before = {residence.household_id for residence in moving}
    if entry is not None:
        joined = _entered(unit, actor, region, place, entry)
        return dict.fromkeys(before, joined)
    homes: dict[UUID | None, UUID] = {}
    leaving = {residence.person_id for residence in moving}
    for household_id in before:
        whole = household_id is not None and set(members_of(unit, region, household_id)) <= leaving
        if household_id is not None and whole:
            household = unit.session.get_one(Household, (region, household_id))
            household.dwelling_id, household.building_id = place.dwelling_id, place.building_id
            household.area_id = place.area_id
            household.version += 1
            homes[household_id] = household_id
        else:
            homes[household_id] = new_household(unit, region, place).id
    return homes


def correct_residence(
    unit: UnitOfWork,
    actor: Actor,
    region: int,
    person_id: UUID,
    dwelling_id: UUID | None,
    since: date | None,
    key: UUID,
) -> Saved:
    """Where or since when a person lives was recorded wrongly: the belief is replaced from its own beginning, earlier
    figures follow it. None leaves dwelling or day as they are.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError.
    """
    person_in_reach(unit, actor, region, person_id)
    place = None if dwelling_id is None else _dwelling_place(unit, actor, region, dwelling_id)
    with deed(unit, actor, "residence.correct", region, key, persons=[person_id]) as done:
        if done.again:
            return done.saved()
        residence = the_open_one(unit, region, person_id)
        day = residence.valid_from if since is None else event_day(since, done.today, "since")
        _refuse_overlap(unit, residence, day)
        changed: dict[str, object] = {"valid_from": day}
        if place is not None and place != place_of(residence):
            home = _new_homes(unit, actor, region, [residence], place, None)[residence.household_id]
            changed |= {
                "dwelling_id": place.dwelling_id, "building_id": place.building_id, "area_id": place.area_id,
                "household_id": home,
            }  # fmt: skip
        if len(changed) > 1 or day != residence.valid_from:
            believe_anew(unit, residence, **changed)
    return done.saved()


def _refuse_overlap(unit: UnitOfWork, residence: Residence, day: date) -> None:
    query = sa.select(sa.func.max(Residence.valid_to)).where(
        Residence.region == residence.region,
        Residence.person_id == residence.person_id,
        Residence.superseded_at.is_(None),
        Residence.principal.is_(sa.true()),
        Residence.id != residence.id,
    )
    until = unit.session.scalar(query)
    if until is not None and day < until:
        raise fault(
            "since", "{day} is before {since}, until when the person is recorded elsewhere.",
            day=day.isoformat(), since=until.isoformat(),
        )  # fmt: skip


def strike_out(unit: UnitOfWork, actor: Actor, region: int, person_id: UUID, event: Event) -> Saved:
    """A person is in the register by mistake: from a day on they count no more, as a correction of the count. Earlier
    figures stay as they were reported.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError.
    """
    person_in_reach(unit, actor, region, person_id)
    with deed(unit, actor, "resident.strike_out", region, event.key, persons=[person_id]) as done:
        if done.again:
            return done.saved()
        day = event_day(event.on, done.today)
        residence = the_open_one(unit, region, person_id)
        leave(residence, day, "correction", same_day=True)
        unit.session.flush()
        _note_headless(unit, done, {residence.household_id})
    return done.saved()


# --- shared ----------------------------------------------------------------------------------------------------------


def _dwelling_place(unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID) -> Place:
    dwelling = dwelling_in_reach(unit, actor, region, dwelling_id)
    return Place(dwelling.id, dwelling.building_id)


def _household_here(unit: UnitOfWork, actor: Actor, region: int, household_id: UUID, dwelling_id: UUID) -> Household:
    household = household_in_reach(unit, actor, region, household_id)
    if household.dwelling_id != dwelling_id:
        raise NotFoundError
    return household


def _entered(unit: UnitOfWork, actor: Actor, region: int, place: Place, entry: Entry) -> UUID:
    if entry.household_id is None:
        return new_household(unit, region, place, entry.number).id
    if place.dwelling_id is None:
        raise NotFoundError
    return _household_here(unit, actor, region, entry.household_id, place.dwelling_id).id


def _residences_of(unit: UnitOfWork, actor: Actor, region: int, person_ids: Collection[UUID]) -> dict[UUID, Residence]:
    if not person_ids:
        raise fault("members", "Choose at least one person.")
    require_persons(unit, actor, region, person_ids)
    return open_of(unit, region, person_ids)


def _all_open(residences: Mapping[UUID, Residence], person_ids: Collection[UUID]) -> list[Residence]:
    if len(residences) != len(set(person_ids)):
        raise fault("members", "One of them does not live here any more. Open the form anew.")
    return [residences[person_id] for person_id in dict.fromkeys(person_ids)]


def _note_headless(unit: UnitOfWork, done: Deed, household_ids: Collection[UUID | None]) -> None:
    for household_id in household_ids:
        if household_id is None:
            continue
        left = open_in_household(unit, done.region, household_id)
        if left and not has_head(left):
            done.notes.append(Phrase("The household that stays has no head now: say who it is."))
