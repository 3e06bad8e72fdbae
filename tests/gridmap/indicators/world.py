"""Small registers for tests: plain records, a random history of them, and their way into a store."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import shapely
from sqlalchemy import Table

from gridmap.areas.models import Area, AreaName
from gridmap.buildings.models import Building, BuildingCell, Dwelling, DwellingState, Unit, Verification
from gridmap.residents.models import Household, Person, PersonAttribute, Residence
from gridmap.services.models import Enrolment, Programme, RentalAgreement
from gridmap.store.bulk import bulk_insert
from gridmap.store.ids import uuid7_bytes
from gridmap.store.store import Store, UnitOfWork

START = date(2024, 2, 1)
DAYS = 60
LONG_AGO = date(1990, 1, 1)
RECORDED = datetime(2024, 1, 1, tzinfo=UTC)

Key = bytes


@dataclass
class AreaRow:
    key: Key
    code: str
    level: str
    parent: AreaRow | None
    region: int
    kind: str | None = None
    valid_from: date = LONG_AGO
    valid_to: date | None = None
    shape: Any = None


@dataclass
class BuildingRow:
    key: Key
    region: int
    area: AreaRow | None
    valid_from: date | None = None
    valid_to: date | None = None
    cells: list[tuple[AreaRow, date, date | None]] = field(default_factory=list)
    dwellings: list[DwellingRow] = field(default_factory=list)


@dataclass
class DwellingRow:
    key: Key
    building: BuildingRow
    states: list[tuple[str | None, date, date | None]] = field(default_factory=list)
    visits: list[date] = field(default_factory=list)
    agreements: list[tuple[date, date | None, date | None, bool]] = field(default_factory=list)
    """Signed, expires, ended, superseded."""


@dataclass
class PersonRow:
    key: Key
    region: int
    sex: str | None
    birth: date | None
    has_id: bool
    attributes: list[dict[str, Any]] = field(default_factory=list)
    enrolments: list[tuple[str, date, date | None]] = field(default_factory=list)
    """Programme, from, to."""
    residences: list[ResidenceRow] = field(default_factory=list)


@dataclass
class HouseholdRow:
    key: Key
    dwelling: DwellingRow | None
    building: BuildingRow | None
    area: AreaRow | None


@dataclass
class ResidenceRow:
    person: PersonRow
    household: HouseholdRow | None
    dwelling: DwellingRow | None
    building: BuildingRow | None
    area: AreaRow | None
    valid_from: date
    valid_to: date | None
    cause_in: str = "move_in"
    cause_out: str | None = None
    relationship: str | None = "02"
    principal: bool = True
    superseded: bool = False


PROGRAMMES = {
    "old_age": ("age >= 60", START - timedelta(days=100), None),
    "women": ("sex == 'female' and presence != 'floating'", START + timedelta(days=10), START + timedelta(days=50)),
}
"""Condition, from, to."""


@dataclass
class World:
    areas: list[AreaRow] = field(default_factory=list)
    buildings: list[BuildingRow] = field(default_factory=list)
    persons: list[PersonRow] = field(default_factory=list)

    @property
    def dwellings(self) -> list[DwellingRow]:
        return [dwelling for building in self.buildings for dwelling in building.dwellings]

    @property
    def residences(self) -> list[ResidenceRow]:
        return [residence for person in self.persons for residence in person.residences]


def uuid(key: Key) -> UUID:
    return UUID(bytes=key)


def square(x: float, y: float, size: float = 0.002) -> Any:
    return shapely.box(110.34 + x, 20.02 + y, 110.34 + x + size, 20.02 + y + size)


# --- a random history ------------------------------------------------------------------------------------------------


class Maker:
    """Makes a register from a seed: few records, many odd cases."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.keys = iter(uuid7_bytes(4000))
        self.world = World()

    def day(self, low: int = 0, high: int = DAYS) -> date:
        return START + timedelta(days=self.random.randint(low, high))

    def make(self) -> World:
        self._areas()
        for _ in range(self.random.randint(2, 6)):
            self._building()
        for _ in range(self.random.randint(4, 16)):
            self._person()
        return self.world

    def _areas(self) -> None:
        top = AreaRow(next(self.keys), "46", "district", None, 0)
        self.world.areas.append(top)
        for street in range(self.random.randint(1, 2)):
            area = AreaRow(next(self.keys), f"46{street}", "street", top, street + 1)
            self.world.areas.append(area)
            for community in range(self.random.randint(1, 2)):
                self._community(area, community)

    def _community(self, street: AreaRow, number: int) -> None:
        area = AreaRow(next(self.keys), f"{street.code}{number}", "community", street, street.region)
        self.world.areas.append(area)
        for cell in range(self.random.randint(1, 3)):
            kind = self.random.choice(["residential", "residential", "dedicated"])
            row = AreaRow(next(self.keys), f"{area.code}{cell}", "cell", area, area.region, kind)
            if self.random.random() < 0.25:
                row.valid_to = self.day(10)
            elif self.random.random() < 0.2:
                row.valid_from = self.day(0, 40)
            self.world.areas.append(row)

    def _cells(self, region: int) -> list[AreaRow]:
        return [area for area in self.world.areas if area.level == "cell" and area.region == region]

    def _building(self) -> None:
        region = self.random.choice([area.region for area in self.world.areas if area.region])
        inside = [area for area in self.world.areas if area.region == region]
        area = self.random.choice([None, *(a for a in inside if a.level != "cell")])
        building = BuildingRow(next(self.keys), region, area)
        if self.random.random() < 0.2:
            building.valid_to = self.day()
        if self.random.random() < 0.85:
            self._main_cells(building)
        for _ in range(self.random.randint(0, 4)):
            self._dwelling(building)
        self.world.buildings.append(building)

    def _main_cells(self, building: BuildingRow) -> None:
        start, cells = LONG_AGO, self._cells(building.region)
        if self.random.random() < 0.3:
            change = self.day(5)
            building.cells.append((self.random.choice(cells), start, change))
            start = change + timedelta(days=self.random.choice([0, 0, 3]))
        building.cells.append((self.random.choice(cells), start, None))

    def _dwelling(self, building: BuildingRow) -> None:
        dwelling = DwellingRow(next(self.keys), building)
        start = LONG_AGO
        for _ in range(self.random.randint(0, 2)):
            end = self.random.choice([None, self.day()])
            dwelling.states.append((self.random.choice([None, "owner", "let", "vacant", "unknown"]), start, end))
            if end is None:
                break
            start = end
        dwelling.visits = [self.day(-30) for _ in range(self.random.randint(0, 3))]
        for _ in range(self.random.randint(0, 2)):
            signed = self.day(-20)
            last = self.random.choice([None, signed + timedelta(days=self.random.randint(1, 60))])
            ended = self.random.choice([None, None, signed + timedelta(days=self.random.randint(0, 40))])
            dwelling.agreements.append((signed, last, ended, self.random.random() < 0.1))
        building.dwellings.append(dwelling)

    def _person(self) -> None:
        region = self.random.choice([area.region for area in self.world.areas if area.region])
        birth = self.random.choice(
            [None, date(2000, 2, 29), self.day(), date(self.random.randint(1925, 2023), 2, self.random.randint(1, 28))]
        )
        person = PersonRow(
            next(self.keys), region, self.random.choice([None, "0", "1", "1", "2", "2"]), birth,
            self.random.random() < 0.8,
        )  # fmt: skip
        self._attributes(person)
        for code in PROGRAMMES:
            if self.random.random() < 0.4:
                person.enrolments.append((code, self.day(-20), self.random.choice([None, self.day(41, 90)])))
        day = self.random.choice([LONG_AGO, self.day(), self.day()])
        while day < START + timedelta(days=DAYS) and len(person.residences) < 4:
            day = self._residence(person, day)
        if self.random.random() < 0.15:
            self._residence(person, self.day())
        starts: set[date] = set()
        person.residences = [
            r for r in person.residences
            if not r.principal or r.superseded or (r.valid_from not in starts and not starts.add(r.valid_from))  # type: ignore[func-returns-value]
        ]  # fmt: skip
        self.world.persons.append(person)

    def _attributes(self, person: PersonRow) -> None:
        start = LONG_AGO
        for _ in range(self.random.randint(0, 3)):
            end = self.random.choice([None, self.day()])
            person.attributes.append(
                {
                    "presence": self.random.choice([None, "registered_present", "registered_away", "floating"]),
                    "marital_status": self.random.choice([None, "10", "20", "22", "30", "40", "90"]),
                    "name": self.random.choice([None, "某"]),
                    "valid_from": start,
                    "valid_to": end,
                    "superseded": self.random.random() < 0.15,
                }
            )
            if end is None:
                break
            start = max(start, end)

    def _residence(self, person: PersonRow, start: date) -> date:
        """Add one residence; returns the day on which the next may begin."""
        chance = self.random.random
        dwelling = building = area = None
        near = [building for building in self.world.buildings if building.region == person.region]
        if near and chance() < 0.85:
            building = self.random.choice(near)
            if building.dwellings and chance() < 0.85:
                dwelling = self.random.choice(building.dwellings)
        inside = [area for area in self.world.areas if area.region == person.region]
        if building is None or chance() < 0.2:
            area = self.random.choice(inside)
        end = None if chance() < 0.4 else max(start, START) + timedelta(days=self.random.randint(0, 30))
        person.residences.append(
            ResidenceRow(
                person,
                self._household(dwelling, building, area),
                dwelling,
                building,
                area,
                start,
                end,
                self.random.choice(["initial", "birth", "move_in", "move_within", "correction"]),
                None if end is None else self.random.choice([None, "death", "move_out", "move_within", "correction"]),
                self.random.choice([None, "02", "10", "20"]),
                principal=chance() < 0.9,
                superseded=chance() < 0.1,
            )
        )
        return date.max if end is None else end + timedelta(days=self.random.choice([0, 0, 0, 4]))

    def _household(
        self, dwelling: DwellingRow | None, building: BuildingRow | None, area: AreaRow | None
    ) -> HouseholdRow | None:
        """A household of that very place, so that its members live together."""
        if self.random.random() < 0.1:
            return None
        same = [
            r.household for r in self.world.residences
            if r.household and (r.dwelling, r.building, r.area) == (dwelling, building, area)
        ]  # fmt: skip
        if same and self.random.random() < 0.6:
            return self.random.choice(same)
        return HouseholdRow(next(self.keys), dwelling, building, area)


# --- into a store ----------------------------------------------------------------------------------------------------


def fill(store: Store, world: World) -> None:
    """Write a register into an empty store."""
    with store.write() as unit:
        _write_areas(unit, world)
        _write_buildings(unit, world)
        _write_agreements(unit, world)
        _write_people(unit, world)
        _write_programmes(unit, world)
        unit.changed("register", "geometry")


def _insert(unit: UnitOfWork, model: Any, rows: list[dict[str, Any]]) -> None:
    table: Table = model.__table__
    if rows:
        bulk_insert(unit, table, {name: [row[name] for row in rows] for name in rows[0]})


def _key(record: Any) -> Key | None:
    return None if record is None else record.key


def _write_areas(unit: UnitOfWork, world: World) -> None:
    for area in world.areas:
        unit.session.add(
            Area(
                id=uuid(area.key), code=area.code, level=area.level, region=area.region or None, kind=area.kind,
                parent_id=None if area.parent is None else uuid(area.parent.key),
                geometry=None if area.shape is None else shapely.to_wkb(area.shape),
                valid_from=area.valid_from, valid_to=area.valid_to,
            )
        )  # fmt: skip
        unit.session.flush()
        unit.session.add(AreaName(area_id=uuid(area.key), name=f"第{area.code}", valid_from=area.valid_from))
    unit.session.flush()


def _write_buildings(unit: UnitOfWork, world: World) -> None:
    rows: Callable[..., list[dict[str, Any]]] = list
    _insert(unit, Building, rows(
        {"region": b.region, "id": b.key, "area_id": _key(b.area), "valid_from": b.valid_from, "valid_to": b.valid_to,
         "version": 1}
        for b in world.buildings
    ))  # fmt: skip
    _insert(unit, BuildingCell, rows(
        {"region": b.region, "building_id": b.key, "cell_id": cell.key, "valid_from": start, "valid_to": end,
         "share": 1.0, "main": True}
        for b in world.buildings for cell, start, end in b.cells
    ))  # fmt: skip
    units = dict(zip((b.key for b in world.buildings), uuid7_bytes(len(world.buildings)), strict=True))
    _insert(unit, Unit, rows(
        {"region": b.region, "id": units[b.key], "building_id": b.key, "name": "", "position": 0, "version": 1}
        for b in world.buildings
    ) if hasattr(Unit, "version") else rows(
        {"region": b.region, "id": units[b.key], "building_id": b.key, "name": "", "position": 0}
        for b in world.buildings
    ))  # fmt: skip
    _insert(unit, Dwelling, rows(
        {"region": b.region, "id": d.key, "building_id": b.key, "unit_id": units[b.key], "floor": 1,
         "room": str(number), "version": 1}
        for b in world.buildings for number, d in enumerate(b.dwellings)
    ))  # fmt: skip
    _insert(unit, DwellingState, rows(
        {"region": d.building.region, "id": uuid7_bytes(1)[0], "dwelling_id": d.key, "tenure": tenure,
         "valid_from": start, "valid_to": end, "recorded_at": RECORDED}
        for d in world.dwellings for tenure, start, end in d.states
    ))  # fmt: skip
    _insert(unit, Verification, rows(
        {"region": d.building.region, "id": uuid7_bytes(1)[0], "dwelling_id": d.key, "verified_on": day,
         "recorded_at": RECORDED}
        for d in world.dwellings for day in d.visits
    ))  # fmt: skip


def _write_agreements(unit: UnitOfWork, world: World) -> None:
    _insert(unit, RentalAgreement, [
        {"region": d.building.region, "id": uuid7_bytes(1)[0], "dwelling_id": d.key, "signed_on": signed,
         "expires_on": last, "ended_on": ended, "recorded_at": RECORDED, "version": 1,
         "superseded_at": RECORDED if superseded else None}
        for d in world.dwellings for signed, last, ended, superseded in d.agreements
    ])  # fmt: skip


def _write_programmes(unit: UnitOfWork, world: World) -> None:
    ids = dict(zip(PROGRAMMES, uuid7_bytes(len(PROGRAMMES)), strict=True))
    _insert(unit, Programme, [
        {"id": ids[code], "code": code, "name": code, "eligible": condition, "valid_from": start, "valid_to": end,
         "created_at": RECORDED, "version": 1}
        for code, (condition, start, end) in PROGRAMMES.items()
    ])  # fmt: skip
    _insert(unit, Enrolment, [
        {"region": p.region, "id": uuid7_bytes(1)[0], "programme_id": ids[code], "person_id": p.key,
         "valid_from": start, "valid_to": end, "recorded_at": RECORDED, "version": 1}
        for p in world.persons for code, start, end in p.enrolments
    ])  # fmt: skip


def _write_people(unit: UnitOfWork, world: World) -> None:
    sealed = unit.vault.seal_many(["99000019000101001X"] * len(world.persons), "person.id_number")
    _insert(unit, Person, [
        {"region": p.region, "id": p.key, "sex": p.sex, "birth_date": p.birth,
         "id_number": seal if p.has_id else None, "disputed": False, "version": 1}
        for p, seal in zip(world.persons, sealed, strict=True)
    ])  # fmt: skip
    _insert(unit, PersonAttribute, [
        {"region": p.region, "id": uuid7_bytes(1)[0], "person_id": p.key, "recorded_at": RECORDED,
         **{name: row[name] for name in ("presence", "marital_status", "name", "valid_from", "valid_to")},
         "superseded_at": RECORDED if row["superseded"] else None}
        for p in world.persons for row in p.attributes
    ])  # fmt: skip
    households = {r.household.key: (r.person.region, r.household) for r in world.residences if r.household is not None}
    _insert(unit, Household, [
        {"region": region, "id": h.key, "dwelling_id": _key(h.dwelling), "building_id": _key(h.building),
         "area_id": _key(h.area), "version": 1}
        for region, h in households.values()
    ])  # fmt: skip
    _insert(unit, Residence, [
        {"region": r.person.region, "id": uuid7_bytes(1)[0], "person_id": r.person.key,
         "household_id": _key(r.household), "dwelling_id": _key(r.dwelling), "building_id": _key(r.building),
         "area_id": _key(r.area), "relationship": r.relationship, "principal": r.principal,
         "valid_from": r.valid_from, "valid_to": r.valid_to, "cause_in": r.cause_in, "cause_out": r.cause_out,
         "recorded_at": RECORDED, "superseded_at": RECORDED if r.superseded else None}
        for r in world.residences
    ])  # fmt: skip
