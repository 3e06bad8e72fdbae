"""What a case may mean: places to choose from, and known persons, each with what of the row agrees."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas import repository as areas
from gridmap.areas.models import AreaName
from gridmap.areas.node import AreaNode
from gridmap.batches.models import ImportRow
from gridmap.buildings import repository as buildings
from gridmap.buildings.models import Building, Dwelling
from gridmap.buildings.service import building_names
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.filing import STREET, address_parts
from gridmap.importing.places import Places, load_places
from gridmap.importing.values import read_days
from gridmap.linking.aliases import AliasEntry
from gridmap.linking.candidates import Candidate, suggest
from gridmap.linking.keys import name_key
from gridmap.linking.models import Alias
from gridmap.residents.models import Person, PersonAttribute, PersonKey
from gridmap.residents.repository import latest_of, visible_persons
from gridmap.residents.rules import normalise_id
from gridmap.residents.views import PersonView, view_of
from gridmap.reviewing.cases import CaseKey, content_of, decider_scope, row_of
from gridmap.reviewing.settling import Home
from gridmap.store.models import ChangeNumber
from gridmap.store.store import UnitOfWork

MOST: Final = 9
FOUND: Final = 4
"""As many as there are keys to choose by; of those, for places that were looked for."""
_KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """A place to choose: a dwelling, or a building that has no such room. ``compound`` is its official name."""

    region: int
    building_id: UUID
    dwelling_id: UUID | None
    building: str
    compound: str | None
    unit: str | None
    room: str | None
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """A known person whom the row may mean, masked, and what of the row agrees: None where the row does not say."""

    person: PersonView = field(repr=False)
    same_number: bool | None
    same_birth_date: bool | None
    same_household: bool | None


class _Kept:
    """The places of a few areas, so that the next case need not load them again; holds no personal data."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: OrderedDict[tuple[object, ...], Places] = OrderedDict()

    def get(self, unit: UnitOfWork, under: AreaNode, day: date) -> Places:
        """The places under an area, loaded anew when anything of them changed."""
        key = (str(unit.session.get_bind().engine.url), under.id, day, *_stamp(unit))
        with self._lock:
            if (known := self._places.get(key)) is not None:
                self._places.move_to_end(key)
                return known
        loaded = load_places(unit, under, day)
        with self._lock:
            self._places[key] = loaded
            while len(self._places) > _KEPT:
                self._places.popitem(last=False)
        return loaded


_kept = _Kept()


def _stamp(unit: UnitOfWork) -> tuple[object, ...]:
    """What changes when a place, its rooms or its names change."""
    queries = (
        sa.select(ChangeNumber.value).where(ChangeNumber.name == "geometry"),
        sa.select(sa.func.count(), sa.func.sum(Building.version)).select_from(Building),
        sa.select(sa.func.count(), sa.func.sum(Dwelling.version)).select_from(Dwelling),
        sa.select(
            sa.func.count(),
            sa.func.count(Alias.withdrawn_at),
            sa.func.max(Alias.created_at),
            sa.func.max(Alias.withdrawn_at),
        ).select_from(Alias),
        sa.select(sa.func.count()).select_from(AreaName),
    )
    return tuple(value for query in queries for value in (unit.session.execute(query).first() or (None,)))


def places_for(unit: UnitOfWork, under: AreaNode) -> Places:
    """The places under an area today."""
    return _kept.get(unit, under, local_today(unit))


def choices(unit: UnitOfWork, actor: Actor, key: CaseKey, *, limit: int = 5) -> list[Choice]:
    """Places that a case may mean, the likeliest first. Nobody is shown, so nothing is recorded.

    Raises `PermissionDeniedError`, `NotFoundError`, `AlreadyDecidedError`.
    """
    row = row_of(unit, actor, key)
    parts = address_parts([content_of(unit, row)]).to_dicts()[0]
    return _chosen(unit, row, places_for(unit, area_of(unit, row)), parts, limit)


def find_places(unit: UnitOfWork, actor: Actor, key: CaseKey, text: str, *, limit: int = FOUND) -> list[Choice]:
    """Buildings and rooms of the street, as far as the actor decides there, that a text may mean.

    Raises `PermissionDeniedError`, `NotFoundError`, `AlreadyDecidedError`.
    """
    row = row_of(unit, actor, key)
    wanted = " ".join(text.split())
    if not wanted:
        return []
    parts = address_parts([{"address": wanted}]).to_dicts()[0]
    scope = decider_scope(actor)
    mine = scope.area_ids(unit)
    here = area_of(unit, row)
    street = next((node for node in areas.ancestors(unit, here.id) if node.level == STREET), here)
    return _chosen(unit, row, places_for(unit, street if street.id in mine else here), parts, limit)


def _chosen(
    unit: UnitOfWork, row: ImportRow, places: Places, parts: Mapping[str, str | None], limit: int
) -> list[Choice]:
    found = suggest(parts, places.index, limit=limit)
    # A person belongs to a region: whoever was read there can be placed there only.
    found = [one for one in found if places.buildings["region"][one.building] == row.region or row.region == 0]
    return described(unit, places, found)


def described(unit: UnitOfWork, places: Places, found: list[Candidate]) -> list[Choice]:
    """Candidates with the names of their places."""
    keys = [places.buildings.row(one.building, named=True) for one in found]
    names = building_names(unit, [(row["region"], UUID(bytes=row["id"])) for row in keys])
    rooms = {one.dwelling: places.dwellings.row(one.dwelling, named=True) for one in found if one.dwelling >= 0}
    choices = []
    for one, building in zip(found, keys, strict=True):
        region, building_id = building["region"], UUID(bytes=building["id"])
        room = rooms.get(one.dwelling)
        choices.append(
            Choice(
                region=region,
                building_id=building_id,
                dwelling_id=UUID(bytes=room["id"]) if room else None,
                building=names.get((region, building_id), "–"),
                compound=building["compound"],
                unit=(room["unit"] or None) if room else None,
                room=room["room"] if room else None,
                candidate=one,
            )
        )
    return choices


def home_name(unit: UnitOfWork, home: Home | None) -> str | None:
    """What a place is called: its building, with the room where it is known."""
    if home is None:
        return None
    name = building_names(unit, [(home.region, home.building_id)]).get((home.region, home.building_id), "–")
    found = buildings.dwelling(unit, home.region, home.dwelling_id) if home.dwelling_id is not None else None
    if found is None:
        return name
    dwelling, staircase = found
    return f"{name} {staircase.name}-{dwelling.room}" if staircase.name else f"{name} {dwelling.room}"


def guess_alias(unit: UnitOfWork, actor: Actor, key: CaseKey, building_id: UUID) -> AliasEntry:
    """Which name the row gives to what: its compound or road to that of a building, else to the building itself.

    Raises `NotFoundError`, `AlreadyDecidedError`, `InvalidInputError` where there is nothing to learn.
    """
    row = row_of(unit, actor, key)
    parts = address_parts([content_of(unit, row)]).to_dicts()[0]
    found = buildings.building(unit, row.region, building_id, decider_scope(actor), local_today(unit))
    if found is None:
        raise NotFoundError
    building, compound = found
    written, road = parts["compound"], parts["road"]
    guesses = (
        AliasEntry("compound", compound.name if compound else "", written or ""),
        AliasEntry("road", building.road or "", road or ""),
        AliasEntry("building", building.name or "", written or ""),
    )
    for entry in guesses:
        if entry.official and entry.alias and name_key(entry.official) != name_key(entry.alias):
            return entry
    raise InvalidInputError(field="Other name", reason="the row calls the place by no other name")


def area_of(unit: UnitOfWork, row: ImportRow) -> AreaNode:
    """The area that the row was handed in for.

    Raises `NotFoundError`.
    """
    node = areas.get(unit, row.case_area_id) if row.case_area_id else None
    if node is None:
        raise NotFoundError
    return node


# --- persons ---------------------------------------------------------------------------------------------------------


def person_choices(unit: UnitOfWork, actor: Actor, key: CaseKey, *, limit: int = MOST) -> list[PersonChoice]:
    """Known persons whom a row may mean whose person is not clear: the holder of its number, then namesakes, those
    with the same birth date first. Only persons of the actor's areas; the reading is recorded by whoever shows them.

    Raises `PermissionDeniedError`, `NotFoundError`, `AlreadyDecidedError`.
    """
    row = row_of(unit, actor, key)
    if row.person_id is not None or not row.content:
        return []
    content = content_of(unit, row)
    today = local_today(unit)
    number = normalise_id(content["id_number"]) if content.get("id_number") else None
    index = unit.vault.index(number, "id") if number else None
    wanted = _candidates(unit, row, content, index)
    birth_date = _birth_date(content, number)
    scope = decider_scope(actor)
    found: list[PersonChoice] = []
    for region, persons in wanted.items():
        seen = visible_persons(unit, region, persons, scope, today)
        for resident in latest_of(unit, region, [one for one in persons if one in seen]).values():
            household = resident.household.number if resident.household else None
            found.append(
                PersonChoice(
                    person=view_of(unit, resident, today),
                    same_number=None if index is None else resident.person.id_index == index,
                    same_birth_date=None if birth_date is None else resident.person.birth_date == birth_date,
                    same_household=household == content["household"] if content.get("household") else None,
                )
            )
    found.sort(
        key=lambda one: tuple(map(bool, (one.same_number, one.same_birth_date, one.same_household))), reverse=True
    )
    return found[:limit]


def _candidates(
    unit: UnitOfWork, row: ImportRow, content: Mapping[str, str], index: bytes | None
) -> dict[int, list[UUID]]:
    found: dict[int, list[UUID]] = {}
    if index is not None:
        holder = unit.session.get(PersonKey, index)
        if holder is not None:
            found.setdefault(holder.region, []).append(holder.person_id)
        query = sa.select(Person.id).where(Person.region == row.region, Person.id_index == index)
        found.setdefault(row.region, []).extend(unit.session.scalars(query))
    if name := "".join(content.get("name", "").split()):
        query = (
            sa.select(PersonAttribute.person_id)
            .where(
                PersonAttribute.region == row.region,
                PersonAttribute.name == name,
                PersonAttribute.superseded_at.is_(None),
            )
            .limit(100)
        )
        found.setdefault(row.region, []).extend(unit.session.scalars(query))
    return {region: list(dict.fromkeys(ids)) for region, ids in found.items() if ids}


def _birth_date(content: Mapping[str, str], number: str | None) -> date | None:
    """The birth date of a row: as written, else the one inside the identity number."""
    written = content.get("birth_date", "")
    if (day := read_days([written])[written]) is not None:
        return day
    try:
        return date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}") if number else None
    except ValueError:
        return None


def areas_to_choose(unit: UnitOfWork, actor: Actor, key: CaseKey) -> list[AreaNode]:
    """The cells, else the areas, that a new building can be recorded under.

    Raises `PermissionDeniedError`, `NotFoundError`, `AlreadyDecidedError`.
    """
    row = row_of(unit, actor, key)
    here = area_of(unit, row)
    mine, today = decider_scope(actor).area_ids(unit), local_today(unit)
    nodes = [node for node in areas.descendants(unit, here.id) if node.id in mine and node.in_force(today)]
    cells = [node for node in nodes if node.level == "cell" and node.region == row.region]
    return sorted(cells or [here], key=lambda node: node.code)


def area_choice(unit: UnitOfWork, actor: Actor, key: CaseKey, area_id: UUID) -> AreaNode:
    """One of the areas to choose.

    Raises `NotFoundError`.
    """
    found = next((node for node in areas_to_choose(unit, actor, key) if node.id == area_id), None)
    if found is None:
        raise NotFoundError
    return found
