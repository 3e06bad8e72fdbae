"""A small register of two sub-districts with unique words in every field of every person, and a user of every role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import shapely

from gridmap.access.service import grant_role, local_today
from gridmap.accounts.actor import Role
from gridmap.accounts.models import User
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import create_user, disable_user
from gridmap.areas.models import Area
from gridmap.areas.service import add_area
from gridmap.buildings.models import (
    Building,
    BuildingCell,
    Compound,
    Dwelling,
    DwellingState,
    Organisation,
    Unit,
    Verification,
)
from gridmap.residents.indexing import mend
from gridmap.residents.models import Household, Person, PersonAttribute, PersonKey, Residence
from gridmap.store.store import Store, UnitOfWork
from gridmap.store.vault import Vault

PASSWORD = "Corn-9-harbour-blue"
SIDE = 0.002
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫"
GIVEN = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥乾坤震巽坎离艮兑"
CHECKS = "10X98765432"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Someone:
    """A person of the sample with every word that is theirs alone."""

    id: UUID
    region: int
    cell: str
    building_id: UUID
    dwelling_id: UUID | None
    name: str
    id_number: str
    phone: str
    address: str
    work_unit: str

    @property
    def tokens(self) -> tuple[str, ...]:
        """Words that must not reach anybody outside the cell."""
        return (str(self.id), self.id_number, self.phone, self.name, self.address, self.work_unit)


@dataclass
class Sample:
    """What the tests know of the register."""

    today: date
    areas: dict[str, Area] = field(default_factory=dict)
    buildings: dict[str, list[Building]] = field(default_factory=dict)
    dwellings: dict[UUID, list[Dwelling]] = field(default_factory=dict)
    people: list[Someone] = field(default_factory=list)
    household_of: dict[UUID, UUID] = field(default_factory=dict)
    organisations: dict[str, UUID] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def of(self, *cells: str) -> list[Someone]:
        """The people of some cells."""
        return [person for person in self.people if person.cell in cells]


def id_number(serial: int, birth: date, sex: str) -> str:
    """A well-formed number of an area code that nobody has."""
    body = f"990101{birth:%Y%m%d}{serial % 50:02d}{serial % 5 * 2 + (sex == '1'):d}"
    return body + CHECKS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


def make_sample(store: Store) -> Sample:
    """Fill an empty register: district 1 > streets A, B; A > communities 1 (cells 1, 2), 2 (cell 3); B > 3 (cell 4)."""
    with store.write() as unit:
        sample = Sample(local_today(unit))
        _areas(unit, sample)
        for cell in ("c1", "c2", "c3", "c4"):
            _cell(unit, sample, cell)
        mend(unit)
        _users(unit, sample)
        unit.changed("register", "geometry", "access")
    return sample


def square(column: int, row: int) -> bytes:
    """The square of a cell, WKB in degrees."""
    west, south = 110.34 + column * SIDE, 20.03 + row * SIDE
    return bytes(shapely.to_wkb(shapely.box(west, south, west + SIDE, south + SIDE)))


def _areas(unit: UnitOfWork, sample: Sample) -> None:
    def add(key: str, code: str, name: str, level: str, parent: str | None, **more: object) -> None:
        above = sample.areas[parent] if parent else None
        sample.areas[key] = add_area(unit, code=code, name=name, level=level, parent=above, **more)  # type: ignore[arg-type]

    add("district", "469900", "试点区", "district", None, english="Pilot District")
    add("a", "469900001", "东湖街道", "street", "district", english="Donghu Sub-district")
    add("b", "469900002", "西山街道", "street", "district", english="Xishan Sub-district")
    add("k1", "469900001001", "白坡里社区", "community", "a")
    add("k2", "469900001002", "海燕社区", "community", "a")
    add("k3", "469900002001", "松林社区", "community", "b")
    add("c1", "469900001001001", "第01网格", "cell", "k1", kind="residential", geometry=square(0, 0))
    add("c2", "469900001001002", "第02网格", "cell", "k1", kind="residential", geometry=square(1, 0))
    add("c3", "469900001002001", "第01网格", "cell", "k2", kind="residential", geometry=square(0, 1))
    add("c4", "469900002001001", "第01网格", "cell", "k3", kind="residential", geometry=square(1, 1))


def _cell(unit: UnitOfWork, sample: Sample, cell: str) -> None:
    area = sample.areas[cell]
    region = area.region
    assert region is not None
    minx, miny, _, _ = shapely.bounds(shapely.from_wkb(area.geometry)).tolist()
    compound = Compound(region=region, area_id=area.id, name=f"{'云水金玉'[int(cell[1]) - 1]}湾花园")
    unit.session.add(compound)
    unit.session.flush()
    sample.buildings[cell] = []
    for number in (1, 2):
        west, south = minx + 0.0003 * number, miny + 0.0005
        building = Building(
            region=region, compound_id=compound.id, area_id=area.id, number=str(number), road="滨海路",
            road_no=f"{number * 2}", floors_above=3, height_m=9.6, use="residential",
            footprint=bytes(shapely.to_wkb(shapely.box(west, south, west + 0.0002, south + 0.0003))),
        )  # fmt: skip
        unit.session.add(building)
        unit.session.flush()
        unit.session.add(
            BuildingCell(region=region, building_id=building.id, cell_id=area.id, valid_from=date(2020, 1, 1),
                         valid_to=None, share=1.0, main=True)
        )  # fmt: skip
        sample.buildings[cell].append(building)
        _dwellings(unit, sample, cell, building)
    shop = Organisation(region=region, building_id=sample.buildings[cell][0].id, name=f"便民药店{cell}", kind="shop",
                        valid_from=date(2024, 1, 1), recorded_at=unit.now)  # fmt: skip
    unit.session.add(shop)
    unit.session.flush()
    sample.organisations[cell] = shop.id


def _dwellings(unit: UnitOfWork, sample: Sample, cell: str, building: Building) -> None:
    region = building.region
    staircase = Unit(region=region, building_id=building.id, name="1", position=1)
    unit.session.add(staircase)
    unit.session.flush()
    sample.dwellings[building.id] = []
    for floor in (1, 2, 3):
        for side in (1, 2):
            dwelling = Dwelling(region=region, building_id=building.id, unit_id=staircase.id, floor=floor,
                                room=f"{floor}0{side}")  # fmt: skip
            unit.session.add(dwelling)
            unit.session.flush()
            sample.dwellings[building.id].append(dwelling)
            vacant = (floor, side) == (3, 2)
            tenure = "vacant" if vacant else ("let" if side == 2 else "owner")
            unit.session.add(
                DwellingState(region=region, dwelling_id=dwelling.id, use="residential", tenure=tenure,
                              valid_from=date(2023, 1, 1), recorded_at=unit.now)
            )  # fmt: skip
            if floor < 3:
                seen = sample.today - timedelta(days=30)
                unit.session.add(
                    Verification(region=region, dwelling_id=dwelling.id, verified_on=seen, recorded_at=unit.now)
                )
            if not vacant:
                _household(unit, sample, cell, building, dwelling)


def _household(unit: UnitOfWork, sample: Sample, cell: str, building: Building, dwelling: Dwelling) -> None:
    household = Household(region=building.region, dwelling_id=dwelling.id, building_id=building.id)
    unit.session.add(household)
    unit.session.flush()
    for position, (relationship, sex, born) in enumerate((("02", "1", 1961), ("12", "2", 1988))):
        serial = len(sample.people) + 1
        birth = date(born, 1 + serial % 12, 1 + serial % 28)
        surname, given = SURNAMES[serial % len(SURNAMES)], GIVEN[serial % len(GIVEN)]
        name = f"{surname}{given}{GIVEN[serial // len(GIVEN)]}{'龙凤'[position]}"
        number = id_number(serial, birth, sex)
        phone = f"1990000{serial:04d}"
        person = Person(
            region=building.region, sex=sex, birth_date=birth,
            id_number=unit.vault.seal(number, "person.id_number"), id_index=unit.vault.index(number, "id"),
        )  # fmt: skip
        unit.session.add(person)
        unit.session.flush()
        someone = Someone(person.id, building.region, cell, building.id, dwelling.id, name, number, phone,
                          f"籍贯路{serial:04d}弄", f"织造厂{serial:04d}车间")  # fmt: skip
        sample.people.append(someone)
        sample.household_of[someone.id] = household.id
        unit.session.add_all(_records(unit.vault, unit, someone, household, relationship))
        unit.session.add(PersonKey(id_index=person.id_index, region=person.region, person_id=person.id))


def _records(
    vault: Vault, unit: UnitOfWork, someone: Someone, household: Household, relationship: str
) -> list[PersonAttribute | Residence]:
    since = date(2024, 3, 1)
    return [
        PersonAttribute(
            region=someone.region, person_id=someone.id, name=someone.name, marital_status="20",
            presence="floating" if relationship == "12" else "registered_present", ethnic_group="01",
            registered_address=someone.address, work_unit=someone.work_unit,
            phone=vault.seal(someone.phone, "person_attribute.phone"),
            phone_index=vault.index(someone.phone, "phone"), valid_from=since, recorded_at=unit.now,
        ),
        Residence(
            region=someone.region, person_id=someone.id, household_id=household.id, dwelling_id=someone.dwelling_id,
            building_id=someone.building_id, relationship=relationship, valid_from=since, recorded_at=unit.now,
            cause_in="initial",
        ),
    ]  # fmt: skip


ROLES: dict[str, tuple[Role | None, str | None]] = {
    "worker1": (Role.GRID_WORKER, "c1"),
    "worker3": (Role.GRID_WORKER, "c3"),
    "community": (Role.COMMUNITY_OFFICER, "k1"),
    "street": (Role.STREET_OFFICER, "a"),
    "district": (Role.DISTRICT_OFFICER, "district"),
    "manager": (Role.DATA_MANAGER, "a"),
    "analyst": (Role.ANALYST, "a"),
    "auditor": (Role.AUDITOR, None),
    "admin": (Role.ADMINISTRATOR, None),
    "nobody": (None, None),
    "disabled": (Role.STREET_OFFICER, "a"),
}
"""Users of the sample: role and area."""


def _users(unit: UnitOfWork, sample: Sample) -> None:
    passwords = Passwords(cheap=True)
    for username, (role, area) in ROLES.items():
        user = create_user(unit, passwords, username=username, display_name=f"工号{username}", password=PASSWORD)
        sample.users[username] = user
        if role is not None:
            grant_role(unit, user, role, sample.areas[area].id if area else None)
    disable_user(unit, "disabled")
