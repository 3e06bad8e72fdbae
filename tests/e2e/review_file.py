"""A register whose rows wait for somebody: an address of every doubtful kind, and people whom it does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import openpyxl
import sqlalchemy as sa

from gridmap.access.service import actor_of
from gridmap.accounts.actor import Actor
from gridmap.accounts.service import find_user
from gridmap.buildings.models import Building, BuildingCell, Compound, Dwelling, Unit
from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.residents.models import Person, PersonAttribute, Residence
from gridmap.store.store import Store, UnitOfWork
from tests.e2e.places import cells_of, street_of
from tests.e2e.register_file import made_number

HEADINGS = ("姓名", "性别", "公民身份号码", "与户主关系", "现住址")
OTHER_NAME = "老机关大院"
NOWHERE = "望月新村77号楼1单元101"


@dataclass(frozen=True)
class Home:
    """A room of the town that stands empty, as people write it."""

    region: int
    building_id: str
    compound: str
    number: str
    unit: str
    room: str

    @property
    def text(self) -> str:
        """Its address."""
        return f"{self.compound}{self.number}{self.unit}{self.room}"


def data_manager(store: Store) -> Actor:
    """The data manager of the demonstration."""
    with store.read() as unit:
        user = find_user(unit, "manager")
        assert user is not None
        return actor_of(unit, user.id)


def empty_homes(unit: UnitOfWork, most: int) -> list[Home]:
    """Rooms of compounds in which nobody lives, of as many buildings as can be."""
    lived_in = sa.exists().where(Residence.region == Dwelling.region, Residence.dwelling_id == Dwelling.id)
    query = (
        sa.select(Dwelling.region, Building.id, Compound.name, Building.number, Unit.name, Dwelling.room)
        .join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        .join(Building, sa.and_(Building.region == Dwelling.region, Building.id == Dwelling.building_id))
        .join(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .where(~lived_in, Building.number.is_not(None))
        .order_by(Compound.name, Building.number, Dwelling.room, Dwelling.id)
    )
    first: dict[object, Home] = {}
    for region, building, compound, number, staircase, room in unit.session.execute(query):
        plain = f"{number}号楼" if str(number).isdigit() else str(number)
        name = f"{staircase}单元" if staircase.isdigit() else staircase
        first.setdefault(building, Home(region, str(building), compound, plain, name, room))
    return list(first.values())[:most]


def doubtful_rows(homes: list[Home]) -> list[tuple[str, str, str, str, str]]:
    """Ten rows of six kinds: nobody can be placed by the program alone."""
    a, b, c, d = homes[:4]

    def row(at: int, address: str, relation: str = "户主", name: str = "周复核") -> tuple[str, str, str, str, str]:
        sex = "女" if at % 2 else "男"
        return f"{name}{'甲乙丙丁戊己庚辛壬癸子丑寅'[at]}", sex, made_number("19610203", 101 + at), relation, address

    under_other_name = [f"{OTHER_NAME}{home.number}{home.unit}{home.room}" for home in (a, b)]
    return [
        row(0, under_other_name[0]),
        row(1, under_other_name[0], "配偶"),
        row(2, under_other_name[1]),
        row(3, NOWHERE),
        row(4, NOWHERE, "子"),
        row(5, f"{c.compound}{c.number}{c.unit}9999"),
        row(6, f"{d.compound}{d.number}99单元{d.room}"),
        row(7, f"{a.compound}998号楼101"),
        row(8, f"{b.compound}"),
        row(9, "某某处旁边"),
    ]


def only_names(unit: UnitOfWork, homes: list[Home]) -> list[tuple[str, str, str, str, str]]:
    """Rows that say no more of a person than the name: that of somebody in the register, and of nobody there."""
    known = unit.session.scalars(
        sa.select(PersonAttribute.name).where(PersonAttribute.name.is_not(None)).order_by(PersonAttribute.id).limit(1)
    ).one()
    return [(str(known), "", "", "户主", homes[4].text), ("郑复核", "女", "", "户主", homes[5].text)]


def hand_in_all_but_one(store: Store, folder: Path) -> BatchResult:
    """Import a complete register of the cell with the fewest people, in which one of them is missing."""
    cells = {cell.id: cell.node.code for cell in cells_of(store)}
    with store.read() as unit:
        query = (
            sa.select(BuildingCell.cell_id, PersonAttribute.name, Person.id_number)
            .join(Residence, sa.and_(Residence.region == BuildingCell.region,
                                     Residence.building_id == BuildingCell.building_id))
            .join(Person, sa.and_(Person.region == Residence.region, Person.id == Residence.person_id))
            .join(PersonAttribute, sa.and_(PersonAttribute.region == Person.region,
                                           PersonAttribute.person_id == Person.id))
            .where(BuildingCell.main, Residence.valid_to.is_(None), Residence.superseded_at.is_(None),
                   PersonAttribute.valid_to.is_(None), PersonAttribute.superseded_at.is_(None),
                   BuildingCell.cell_id.in_(list(cells)), Person.id_number.is_not(None))
            .order_by(Person.id)
        )  # fmt: skip
        people: dict[UUID, list[tuple[str, str]]] = {}
        for cell, name, number in unit.session.execute(query):
            opened = unit.vault.open(number, "person.id_number")
            people.setdefault(cell, []).append((str(name), str(opened)))
    smallest = min(people, key=lambda one: len(people[one]))
    path = folder / "网格核查表.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(("姓名", "公民身份号码"))
    for row in people[smallest][1:]:
        sheet.append(row)
    book.save(path)
    options = RegisterOptions(complete=True)
    return import_register(store, data_manager(store), path, cells[smallest], options)


def hand_in_doubtful(store: Store, folder: Path) -> tuple[BatchResult, list[Home]]:
    """Import the rows for the street; what became of them, and the homes that they mean."""
    with store.read() as unit:
        homes = empty_homes(unit, 6)
        rows = [*doubtful_rows(homes), *only_names(unit, homes)]
    path = folder / "海府路街道补登表.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADINGS)
    for row in rows:
        sheet.append(row)
    book.save(path)
    code = street_of(store).code
    return import_register(store, data_manager(store), path, code, RegisterOptions()), homes
