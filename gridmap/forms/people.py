"""Rows of residents and of dwellings for list forms: masked unless revealed for a purpose, every person audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from gridmap.access.policy import Action
from gridmap.access.scope import Scope, require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.codes.lists import code_list
from gridmap.errors import PurposeRequiredError
from gridmap.forms.errors import TooManyRowsError
from gridmap.forms.filling import Given
from gridmap.forms.ground import Ground, Spot
from gridmap.forms.vocabulary import Item
from gridmap.indicators.records import keys_of
from gridmap.indicators.tree import NOWHERE
from gridmap.residents import repository
from gridmap.residents.reading import log_list, said_purpose, visible_of
from gridmap.residents.repository import Resident
from gridmap.residents.views import PersonView, view_of
from gridmap.store.store import UnitOfWork

MOST_ROWS: Final = 20_000
"""Rows of a list in one form; beyond that it is an export of the register, not a form."""

_HEADS: Final = frozenset({"01", "02"})
_CHUNK: Final = 5_000
_CODED: Final = frozenset({"sex", "ethnic_group", "marital_status", "relationship", "presence"})
_AREAS: Final = frozenset({"street", "community", "cell", "cell_code"})
_COUNTED: Final = frozenset({"state", "verified_on"})


@dataclass(frozen=True, slots=True)
class Reveal:
    """Why persons are written in full: a purpose, and what else is to be said of it."""

    purpose: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ResidentRow:
    """One resident as the actor may see them. ``head`` is the head of the household, masked the same."""

    ground: Ground
    number: int
    view: PersonView
    spot: Spot
    place: int
    dwelling: int | None
    household: str | None
    head: str | None

    def value(self, item: Item) -> Given:
        """What the row holds of an item."""
        if item.group == "place":
            return self._place(item.key)
        if item.key in {"household", "head"}:
            return self.household if item.key == "household" else self.head
        value: Given = getattr(self.view, item.key)
        if item.key in _CODED and isinstance(value, str):
            return code_list(item.key).label(value, self.ground.names.words.language)
        return value

    def _place(self, key: str) -> Given:
        if key == "number":
            return self.number
        if key in _AREAS:
            return self.ground.area(self.place, key)
        if key in _COUNTED:
            return None if self.dwelling is None else self.ground.dwelling(self.dwelling, key)
        return self.spot.value(key)


@dataclass(frozen=True, slots=True)
class DwellingRow:
    """One dwelling with its counts; nobody is named."""

    ground: Ground
    number: int
    spot: Spot
    place: int
    dwelling: int

    def value(self, item: Item) -> Given:
        """What the row holds of an item."""
        if item.key == "number":
            return self.number
        if item.key in _AREAS:
            return self.ground.area(self.place, item.key)
        if item.key == "floor_area_m2":
            return self.spot.dwelling.floor_area_m2 if self.spot.dwelling else None
        if item.group == "dwelling" or item.key in _COUNTED:
            return self.ground.dwelling(self.dwelling, item.key)
        return self.spot.value(item.key)


def resident_rows(
    unit: UnitOfWork, actor: Actor, area_id: UUID, as_of: date, ground: Ground, *, form: str, reveal: Reveal | None
) -> list[ResidentRow]:
    """The residents of an area at a date, room by room; every one of them stands in the log with the form's name.

    Raises:
        PermissionDeniedError, NotFoundError: the actor may not list (or not unmask) residents there.
        PurposeRequiredError: unmasking without a purpose.
        TooManyRowsError.
    """
    action = Action.PERSON_LIST if reveal is None else Action.PERSON_REVEAL
    require_area(unit, actor, Action.PERSON_LIST, area_id)
    require_area(unit, actor, action, area_id)
    purpose = None if reveal is None else said_purpose(reveal.purpose, reveal.note)
    if reveal is not None and purpose is None:
        raise PurposeRequiredError
    shown = _residents(unit, scope_of(actor, action), area_id, as_of)
    details = {"form": form, "area": str(area_id), "as_of": as_of, "rows": len(shown)}
    fields = "masked" if reveal is None else "full"
    log_list(unit, actor, shown, {**details, "fields": fields}, action, purpose)
    views = [view_of(unit, resident, as_of, revealed=reveal is not None) for resident in shown]
    heads = {
        view.household_id: view.name for view in views if view.household_id is not None and view.relationship in _HEADS
    }
    return [
        _resident_row(ground, number, resident, view, heads)
        for number, (resident, view) in enumerate(zip(shown, views, strict=True), start=1)
    ]


def _residents(unit: UnitOfWork, scope: Scope, area_id: UUID, as_of: date) -> list[Resident]:
    today = local_today(unit)
    clauses = [repository.inside_scope(Scope(frozenset({area_id})), as_of)]
    shown: list[Resident] = []
    offset, total = 0, 1
    while offset < total:
        page, total = repository.list_everywhere(unit, scope, as_of, today, clauses, limit=_CHUNK, offset=offset)
        if total > MOST_ROWS:
            raise TooManyRowsError(count=total, limit=MOST_ROWS)
        shown += visible_of(unit, page, scope, today)
        offset += _CHUNK
    return shown


def _resident_row(
    ground: Ground, number: int, resident: Resident, view: PersonView, heads: dict[UUID, str]
) -> ResidentRow:
    place = ground.place_of(resident.region, view.building_id)
    if place == NOWHERE and view.area_id is not None:
        place = ground.names.tree.positions.get(view.area_id, NOWHERE)
    return ResidentRow(
        ground=ground,
        number=number,
        view=view,
        spot=Spot(resident.building, resident.compound, resident.staircase, resident.dwelling),
        place=place,
        dwelling=ground.dwelling_at(resident.region, view.building_id, view.dwelling_id),
        household=resident.household.number if resident.household else None,
        head=heads.get(view.household_id) if view.household_id else None,
    )


def dwelling_rows(unit: UnitOfWork, actor: Actor, area_id: UUID, ground: Ground) -> list[DwellingRow]:
    """The dwellings that count in an area, building by building from the ground up.

    Raises:
        PermissionDeniedError, NotFoundError: the actor may not look into buildings there.
        TooManyRowsError.
    """
    require_area(unit, actor, Action.BUILDING_READ, area_id)
    occupancy = ground.table.occupancy
    snapshot = occupancy.snapshot
    inside = np.append(snapshot.areas.below(snapshot.areas.positions[area_id]), False)
    chosen = np.flatnonzero(inside[occupancy.dwelling_place] & occupancy.stock)
    if len(chosen) > MOST_ROWS:
        raise TooManyRowsError(count=len(chosen), limit=MOST_ROWS)
    regions = snapshot.buildings.region[snapshot.dwellings.building[chosen]]
    keys = dict(zip(keys_of(regions, snapshot.dwellings.ids[chosen]), chosen.tolist(), strict=True))
    found = [row for region in np.unique(regions).tolist() for row in _spots(unit, region, keys)]
    found.sort(key=_room_by_room)
    return [
        DwellingRow(ground, number, spot, int(occupancy.dwelling_place[index]), index)
        for number, (index, spot) in enumerate(found, start=1)
    ]


def _spots(unit: UnitOfWork, region: int, keys: dict[tuple[int, UUID], int]) -> list[tuple[int, Spot]]:
    ids = [dwelling for number, dwelling in keys if number == region]
    query = (
        sa.select(Dwelling, Unit, Building, Compound)
        .join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        .join(Building, sa.and_(Building.region == Dwelling.region, Building.id == Dwelling.building_id))
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .options(sa.orm.defer(Building.footprint))
    )
    rows: list[tuple[int, Spot]] = []
    for start in range(0, len(ids), _CHUNK):
        part = query.where(Dwelling.region == region, Dwelling.id.in_(ids[start : start + _CHUNK]))
        rows += [
            (keys[region, dwelling.id], Spot(building, compound, staircase, dwelling))
            for dwelling, staircase, building, compound in unit.session.execute(part)
        ]
    return rows


def _room_by_room(row: tuple[int, Spot]) -> tuple[object, ...]:
    _, spot = row
    building, staircase, dwelling = spot.building, spot.staircase, spot.dwelling
    assert building is not None  # noqa: S101 - joined
    assert staircase is not None  # noqa: S101 - joined
    assert dwelling is not None  # noqa: S101 - joined
    compound = spot.compound.name if spot.compound else "￿"
    number = building.number or ""
    digits = "".join(character for character in number if character.isdecimal())
    room = (dwelling.floor is None, dwelling.floor or 0, dwelling.room)
    return (compound, int(digits or 0), number, building.id.bytes, staircase.position, staircase.name, *room)
