"""Households: their number and who is what in them, splitting one and merging two."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from geodata.errors import Phrase
from gridmap.accounts.actor import Actor
from gridmap.editing.errors import Fault, FormFaultsError, fault
from gridmap.editing.fields import Record, fields_of
from gridmap.editing.persons import refuse_stale
from gridmap.editing.reach import household_in_reach
from gridmap.editing.residences import (
    HEADS,
    believe_anew,
    enter,
    has_head,
    leave,
    new_household,
    open_in_household,
    place_of,
)
from gridmap.editing.saving import Deed, Event, Saved, deed, event_day
from gridmap.editing.values import Values
from gridmap.errors import NotFoundError
from gridmap.residents.models import Household, Residence
from gridmap.store.store import UnitOfWork


def household_values(unit: UnitOfWork, region: int, household_id: UUID) -> dict[str, str]:
    """What is recorded of a household: ``number``, and the relationship of each member by the id of the person."""
    household = unit.session.get_one(Household, (region, household_id))
    members = open_in_household(unit, region, household_id)
    return {
        "number": household.number or "",
        **{str(member.person_id): member.relationship or "" for member in members},
    }


def edit_household(
    unit: UnitOfWork, actor: Actor, region: int, household_id: UUID, base: Values, wanted: Values, key: UUID
) -> Saved:
    """Correct the number of a household and who is what in it; values as `household_values` gives them.

    Raises:
        PermissionDeniedError, NotFoundError, StaleFormError, FormFaultsError: a relationship is not on the list, or
            there would be two heads.
    """
    household = household_in_reach(unit, actor, region, household_id)
    members = open_in_household(unit, region, household_id)
    persons = [member.person_id for member in members]
    with deed(unit, actor, "household.edit", region, key, persons=persons) as done:
        if done.again:
            return done.saved()
        current = household_values(unit, region, household_id)
        refuse_stale(base, {**base, **wanted}, current)
        _check_relationships({name: text for name, text in wanted.items() if name != "number"})
        if "number" in wanted and wanted["number"] != base["number"]:
            household.number = wanted["number"] or None
            household.version += 1
        for member in members:
            relationship = wanted.get(str(member.person_id), member.relationship or "")
            if relationship != (member.relationship or ""):
                believe_anew(unit, member, relationship=relationship or None)
    return done.saved()


def split_household(
    unit: UnitOfWork,
    actor: Actor,
    region: int,
    household_id: UUID,
    leaving: Mapping[UUID, str],
    number: str,
    event: Event,
) -> Saved:
    """Some members found a household of their own in the same place. ``leaving``: their relationship in it.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError: nobody or everybody leaves, or somebody is no member.
    """
    household_in_reach(unit, actor, region, household_id)
    members = {member.person_id: member for member in open_in_household(unit, region, household_id)}
    with deed(unit, actor, "household.split", region, event.key, persons=list(leaving)) as done:
        if done.again:
            return done.saved()
        event = Event(event.key, event_day(event.on, done.today))
        if not leaving:
            raise fault("members", "Choose at least one person.")
        if not leaving.keys() <= members.keys():
            raise fault("members", "One of them does not live here any more. Open the form anew.")
        if leaving.keys() == members.keys():
            raise fault("members", "Somebody has to stay: a household that only changes its number is edited.")
        _check_relationships({str(person): text for person, text in leaving.items()})
        made = new_household(unit, region, place_of(members[next(iter(leaving))]), number)
        done.record_id = made.id
        for person_id, relationship in leaving.items():
            _regroup(unit, members[person_id], made.id, relationship, event, done)
        staying = [member for person_id, member in members.items() if person_id not in leaving]
        _note_heads(done, staying, leaving.values())
    return done.saved()


def merge_households(
    unit: UnitOfWork,
    actor: Actor,
    region: int,
    household_id: UUID,
    into_id: UUID,
    relationships: Mapping[UUID, str],
    event: Event,
) -> Saved:
    """All members of a household join another of the same place. ``relationships``: what each is in it; a relationship
    that is not given is not known.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError: the same household, or another place.
    """
    household = household_in_reach(unit, actor, region, household_id)
    into = household_in_reach(unit, actor, region, into_id)
    members = open_in_household(unit, region, household_id)
    persons = [member.person_id for member in members]
    with deed(unit, actor, "household.merge", region, event.key, persons=persons) as done:
        if done.again:
            return done.saved()
        event = Event(event.key, event_day(event.on, done.today))
        if into.id == household.id:
            raise fault("into", "Choose another household.")
        if (into.dwelling_id, into.building_id, into.area_id) != (
            household.dwelling_id, household.building_id, household.area_id,
        ):  # fmt: skip
            raise fault("into", "This household lives in another place: record a move within the register.")
        if not members:
            raise NotFoundError
        _check_relationships({str(person): text for person, text in relationships.items()})
        heads = [text for text in relationships.values() if text in HEADS]
        if heads and has_head(open_in_household(unit, region, into_id)):
            raise FormFaultsError([Fault("members", Phrase("A household has one head only."))])
        for member in members:
            _regroup(unit, member, into_id, relationships.get(member.person_id, ""), event, done)
    return done.saved()


def _regroup(
    unit: UnitOfWork, member: Residence, household_id: UUID, relationship: str, event: Event, done: Deed
) -> None:
    """The same place in another household from a day on: out of the place and into it, which cancels in every area."""
    day = event_day(event.on, done.today)
    leave(member, day, "move_within")
    enter(
        unit, member.region, member.person_id, place_of(member), household_id=household_id, relationship=relationship,
        on=day, cause="move_within",
    )  # fmt: skip


def _check_relationships(wanted: Mapping[str, str]) -> None:
    field = fields_of(Record.RESIDENT)["relationship"]
    faults = [
        Fault(name, Phrase("Choose one of the list."))
        for name, text in wanted.items()
        if text and not field.allows(text)
    ]
    if sum(text in HEADS for text in wanted.values()) > 1:
        faults.append(Fault("members", Phrase("A household has one head only.")))
    if faults:
        raise FormFaultsError(faults)


def _note_heads(done: Deed, staying: Collection[Residence], leaving: Collection[str]) -> None:
    if not has_head(staying):
        done.notes.append(Phrase("The household that stays has no head now: say who it is."))
    if not any(text in HEADS for text in leaving):
        done.notes.append(Phrase("The new household has no head yet: say who it is."))


def dwelling_of(unit: UnitOfWork, actor: Actor, region: int, household_id: UUID) -> UUID:
    """The dwelling a household lives in, if it is the actor's to change.

    Raises:
        PermissionDeniedError, NotFoundError: also where the dwelling is not known.
    """
    found = household_in_reach(unit, actor, region, household_id).dwelling_id
    if found is None:
        raise NotFoundError
    return found
