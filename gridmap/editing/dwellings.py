"""Dwellings: where they are in their building, their size, use and tenure, and that somebody has been there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.buildings.models import Dwelling, DwellingCode, DwellingState, Organisation, Unit, Verification
from gridmap.editing.errors import fault
from gridmap.editing.fields import Nature, Record, fields_of
from gridmap.editing.persons import Edit, refuse_stale
from gridmap.editing.reach import building_in_reach, dwelling_in_reach
from gridmap.editing.saving import Deed, Saved, deed, event_day
from gridmap.editing.values import Values
from gridmap.residents.models import Household, Residence
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

STATE = ("use", "tenure")
PLACE = ("unit", "floor", "room", "floor_area_m2")


def dwelling_values(unit: UnitOfWork, region: int, dwelling_id: UUID) -> dict[str, str]:
    """What the register believes of a dwelling now."""
    dwelling = unit.session.get_one(Dwelling, (region, dwelling_id))
    staircase = unit.session.get_one(Unit, (region, dwelling.unit_id))
    state = _current_state(unit, region, dwelling_id, local_today(unit))
    area = dwelling.floor_area_m2
    return {
        "unit": staircase.name,
        "floor": "" if dwelling.floor is None else str(dwelling.floor),
        "room": dwelling.room,
        "floor_area_m2": "" if area is None else f"{area:g}",
        "use": (state.use if state else None) or "",
        "tenure": (state.tenure if state else None) or "",
    }


def _current_state(unit: UnitOfWork, region: int, dwelling_id: UUID, day: date) -> DwellingState | None:
    query = sa.select(DwellingState).where(
        DwellingState.region == region,
        DwellingState.dwelling_id == dwelling_id,
        DwellingState.superseded_at.is_(None),
    )
    rows = list(unit.session.scalars(query.order_by(DwellingState.valid_from, DwellingState.id)))
    before = [row for row in rows if row.valid_from <= day]
    return before[-1] if before else next(iter(rows), None)


def edit_dwelling(
    unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID, edit: Edit, *, verified: bool = False
) -> Saved:
    """Change what is recorded of a dwelling. Unit, floor, room and size are corrected; use and tenure change from
    ``edit.on`` on unless ``edit.nature`` says that they were wrong. ``verified``: somebody was there today and confirms
    it.

    Raises:
        PermissionDeniedError, NotFoundError, StaleFormError, FormFaultsError: another dwelling has that number.
    """
    dwelling = dwelling_in_reach(unit, actor, region, dwelling_id)
    with deed(unit, actor, "dwelling.edit", region, edit.key, map_changes=True) as done:
        if done.again:
            return done.saved()
        refuse_stale(edit.base, edit.wanted, dwelling_values(unit, region, dwelling_id))
        changed = {name: text for name, text in edit.wanted.items() if text != edit.base.get(name, "")}
        _write_place(unit, dwelling, changed)
        _write_state(unit, done, dwelling_id, changed, edit)
        if verified:
            _verify(unit, actor, region, dwelling_id, done.today)
    return done.saved()


def verify_dwelling(unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID, key: UUID) -> Saved:
    """Somebody was there today and found it as it is recorded.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    dwelling_in_reach(unit, actor, region, dwelling_id)
    with deed(unit, actor, "dwelling.verify", region, key) as done:
        if not done.again:
            _verify(unit, actor, region, dwelling_id, done.today)
    return done.saved()


def add_dwelling(unit: UnitOfWork, actor: Actor, region: int, building_id: UUID, values: Values, key: UUID) -> Saved:
    """A dwelling that was missing in the table of a building.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError: the building has it already.
    """
    building_in_reach(unit, actor, region, building_id)
    with deed(unit, actor, "dwelling.add", region, key, map_changes=True) as done:
        if done.again:
            return done.saved()
        staircase = _staircase(unit, region, building_id, values.get("unit", ""))
        _refuse_taken(unit, region, building_id, staircase.id, values["room"], None)
        made = Dwelling(
            region=region, id=uuid7(), building_id=building_id, unit_id=staircase.id, floor=_whole(values.get("floor")),
            room=values["room"], floor_area_m2=_number(values.get("floor_area_m2")), batch_id=None, version=1,
        )  # fmt: skip
        unit.session.add(made)
        unit.session.flush()
        done.record_id = made.id
        if any(values.get(name) for name in STATE):
            _add_state(unit, region, made.id, values, done.today)
    return done.saved()


def remove_dwelling(unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID, key: UUID) -> Saved:
    """Take out a dwelling that does not exist and never had anybody in it.

    Raises:
        PermissionDeniedError, NotFoundError, FormFaultsError: somebody is or was recorded there.
    """
    dwelling = dwelling_in_reach(unit, actor, region, dwelling_id)
    with deed(unit, actor, "dwelling.remove", region, key, map_changes=True) as done:
        if done.again:
            return done.saved()
        for model in (Residence, Household, Organisation):
            query = sa.select(model.id).where(model.region == region, model.dwelling_id == dwelling_id).limit(1)
            if unit.session.scalar(query) is not None:
                raise fault("room", "Somebody is or was recorded here: it cannot be taken out.")
        for own in (DwellingState, Verification, DwellingCode):
            rows = sa.select(own).where(own.region == region, own.dwelling_id == dwelling_id)
            for row in unit.session.scalars(rows):
                unit.session.delete(row)
        unit.session.flush()
        unit.session.delete(dwelling)
    return done.saved()


def _write_place(unit: UnitOfWork, dwelling: Dwelling, changed: Mapping[str, str]) -> None:
    if not changed.keys() & set(PLACE):
        return
    unit_id = dwelling.unit_id
    if "unit" in changed:
        unit_id = _staircase(unit, dwelling.region, dwelling.building_id, changed["unit"]).id
    if "unit" in changed or "room" in changed:
        room = changed.get("room", dwelling.room)
        _refuse_taken(unit, dwelling.region, dwelling.building_id, unit_id, room, dwelling.id)
        dwelling.unit_id, dwelling.room = unit_id, room
    if "floor" in changed:
        dwelling.floor = _whole(changed["floor"])
    if "floor_area_m2" in changed:
        dwelling.floor_area_m2 = _number(changed["floor_area_m2"])
    dwelling.version += 1


def _staircase(unit: UnitOfWork, region: int, building_id: UUID, name: str) -> Unit:
    """The unit of a building with a name; a new one where it has none of it."""
    query = sa.select(Unit).where(Unit.region == region, Unit.building_id == building_id)
    known = {staircase.name: staircase for staircase in unit.session.scalars(query)}
    if name in known:
        return known[name]
    position = max((staircase.position for staircase in known.values()), default=-1) + 1
    made = Unit(region=region, id=uuid7(), building_id=building_id, name=name, position=position)
    unit.session.add(made)
    unit.session.flush()
    return made


def _refuse_taken(unit: UnitOfWork, region: int, building_id: UUID, unit_id: UUID, room: str, own: UUID | None) -> None:
    query = sa.select(Dwelling.id).where(
        Dwelling.region == region,
        Dwelling.building_id == building_id,
        Dwelling.unit_id == unit_id,
        Dwelling.room == room,
    )
    found = unit.session.scalar(query)
    if found is not None and found != own:
        raise fault("room", "The building has a dwelling of this number already.")


def _write_state(unit: UnitOfWork, done: Deed, dwelling_id: UUID, changed: Mapping[str, str], edit: Edit) -> None:
    values = {name: changed[name] for name in STATE if name in changed}
    if not values:
        return
    fields = fields_of(Record.DWELLING)
    nature = edit.nature if edit.nature is not Nature.USUAL else fields[next(iter(values))].usual
    on = event_day(edit.on or done.today, done.today)
    known = _current_state(unit, done.region, dwelling_id, done.today)
    if known is None:
        _add_state(unit, done.region, dwelling_id, values, on)
        return
    merged = {"use": known.use or "", "tenure": known.tenure or "", **values}
    if nature is Nature.CORRECTION or on == known.valid_from:
        made = _add_state(unit, done.region, dwelling_id, merged, known.valid_from)
        made.valid_to = known.valid_to
        known.superseded_at = unit.now
        return
    if on < known.valid_from:
        raise fault(
            "on", "{day} is before {since}, since when this is recorded. For an earlier time correct it instead.",
            day=on.isoformat(), since=known.valid_from.isoformat(),
        )  # fmt: skip
    made = _add_state(unit, done.region, dwelling_id, merged, on)
    made.valid_to = known.valid_to
    known.valid_to = on


def _add_state(unit: UnitOfWork, region: int, dwelling_id: UUID, values: Values, since: date) -> DwellingState:
    made = DwellingState(
        region=region, id=uuid7(), dwelling_id=dwelling_id, use=values.get("use") or None,
        tenure=values.get("tenure") or None, valid_from=since, valid_to=None, recorded_at=unit.now,
        superseded_at=None, batch_id=None,
    )  # fmt: skip
    unit.session.add(made)
    return made


def _verify(unit: UnitOfWork, actor: Actor, region: int, dwelling_id: UUID, today: date) -> None:
    known = sa.select(Verification.id).where(
        Verification.region == region,
        Verification.dwelling_id == dwelling_id,
        Verification.verified_on == today,
        Verification.verified_by == actor.user_id,
    )
    if unit.session.scalar(known.limit(1)) is None:
        made = Verification(region=region, id=uuid7(), dwelling_id=dwelling_id, verified_on=today)
        made.verified_by, made.recorded_at, made.batch_id = actor.user_id, unit.now, None
        unit.session.add(made)


def _whole(text: str | None) -> int | None:
    return int(text) if text else None


def _number(text: str | None) -> float | None:
    return float(text) if text else None
