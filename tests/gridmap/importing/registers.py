"""A small street with known rooms, and registers written into files."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import func

from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.accounts.models import User
from gridmap.areas import repository
from gridmap.areas.node import BEGINNING
from gridmap.areas.service import add_area
from gridmap.buildings.models import Building, BuildingCell, BuildingCode, Compound, Dwelling, DwellingCode, Unit
from gridmap.residents.models import Household, Person, PersonAttribute, PersonKey, Residence
from gridmap.residents.rules import id_check_character
from gridmap.store.ids import uuid7
from gridmap.store.store import Store

HEADINGS = ("姓名", "性别", "公民身份号码", "婚姻状况", "与户主关系", "联系电话", "人员类别", "现住址")


@dataclass(frozen=True)
class Street:
    """Ids of the small street: one community with two cells, another one with a cell, and rooms by address."""

    region: int
    community: UUID
    cells: tuple[UUID, UUID]
    rooms: Mapping[str, UUID]
    buildings: Mapping[str, UUID]


def id_number(born: str = "19800506", sequence: int = 1, area: str = "460108") -> str:
    """A well-formed identity number that belongs to nobody; odd sequences are men."""
    body = f"{area}{born}{sequence:03d}"
    return body + id_check_character(body)


def make_street(store: Store) -> Street:
    """海府街道: 东湖里 with 海景花园 1, 2 and 银湖花园 1; 白坡里 with another 银湖花园 1."""
    with store.write() as unit:
        chain = [("46", "province", "海南省"), ("4601", "city", "海口市"), ("460108", "district", "美兰区")]
        parent = None
        for code, level, name in chain:
            area = add_area(unit, code=code, name=name, level=level, parent=parent)
            parent = repository.get(unit, area.id)
        street = add_area(unit, code="460108001", name="海府街道", level="street", parent=parent)
        above = repository.get(unit, street.id)
        assert above is not None
        assert above.region is not None
        communities, cells = [], []
        for code, name in (("460108001001", "东湖里社区居民委员会"), ("460108001002", "白坡里社区居民委员会")):
            area = add_area(unit, code=code, name=name, level="community", parent=above)
            node = repository.get(unit, area.id)
            communities.append(area.id)
            for number in (1, 2):
                cell = add_area(
                    unit, code=f"{code}{number:03d}", name=f"{name[:3]}第{number}网格", level="cell", parent=node
                )
                cells.append(cell.id)
        region = above.region
        rooms: dict[str, UUID] = {}
        buildings: dict[str, UUID] = {}
        plan = [
            ("海景花园", "1号楼", 0, 2),
            ("海景花园", "2号楼", 1, 1),
            ("银湖花园", "1栋", 0, 1),
            ("银湖花园", "1栋", 2, 1),
        ]
        compounds: dict[tuple[str, int], UUID] = {}
        for at, (compound, number, cell, units) in enumerate(plan):
            key = (compound, cell // 2)
            if key not in compounds:
                compounds[key] = uuid7()
                unit.session.add(
                    Compound(region=region, id=compounds[key], name=compound, area_id=communities[cell // 2])
                )
                unit.session.flush()
            building = uuid7()
            name = f"{compound}{number[0]}" + ("" if cell < 2 else "b")
            buildings[name] = building
            unit.session.add(
                Building(
                    region=region,
                    id=building,
                    compound_id=compounds[key],
                    area_id=communities[cell // 2],
                    number=number,
                    road="海府路" if at == 1 else None,
                    road_no="12号" if at == 1 else None,
                )
            )
            unit.session.flush()
            unit.session.add(BuildingCode(region=region, scheme="office", value=f"B{at}", building_id=building))
            unit.session.add(
                BuildingCell(
                    region=region, building_id=building, cell_id=cells[cell], valid_from=BEGINNING, share=1.0, main=True
                )
            )
            for unit_no in range(1, units + 1):
                staircase = uuid7()
                unit.session.add(Unit(region=region, id=staircase, building_id=building, name=f"{unit_no}单元"))
                unit.session.flush()
                for floor in (1, 2, 3):
                    for flat in (1, 2):
                        room = uuid7()
                        rooms[f"{name}-{unit_no}-{floor}0{flat}"] = room
                        unit.session.add(
                            Dwelling(
                                region=region,
                                id=room,
                                building_id=building,
                                unit_id=staircase,
                                floor=floor,
                                room=f"{floor}0{flat}",
                            )
                        )
            unit.session.flush()
        first = rooms["海景花园1-1-101"]
        unit.session.add(DwellingCode(region=region, scheme="office", value="D-0001", dwelling_id=first))
        unit.changed("geometry", "register")
    return Street(region, communities[0], (cells[0], cells[1]), rooms, buildings)


def make_manager(store: Store, area: UUID | None = None) -> Actor:
    """A data manager, of the whole installation unless an area is given."""
    user = uuid7()
    with store.write() as unit:
        unit.session.add(User(id=user, username=f"manager-{user.hex[-6:]}", display_name="M", created_at=unit.now))
    return Actor(user, "manager", "M", (RoleGrant(Role.DATA_MANAGER, area),))


def person(
    name: str = "王芳", number: int = 2, address: str = "海景花园1号楼1单元101室", **also: str
) -> dict[str, str]:
    """A row of a register. ``number`` is the sequence of the identity number: even for women."""
    row = {
        "姓名": name,
        "性别": "男" if number % 2 else "女",
        "公民身份号码": id_number(sequence=number),
        "婚姻状况": "已婚",
        "与户主关系": "户主",
        "联系电话": f"138{number:08d}",
        "人员类别": "户在人在",
        "现住址": address,
    }
    return row | also


def write_csv(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write rows with all their headings."""
    headings = list(dict.fromkeys([*HEADINGS, *(heading for row in rows for heading in row)]))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, headings)
        writer.writeheader()
        writer.writerows(rows)
    return path


def counted(store: Store) -> dict[str, int]:
    """How many rows the tables of residents hold."""
    with store.read() as unit:
        return {
            model.__tablename__: unit.session.scalar(sa.select(func.count()).select_from(model)) or 0
            for model in (Person, PersonAttribute, PersonKey, Household, Residence)
        }


def residences(store: Store, street: Street) -> list[Residence]:
    """All residences that are believed now, by begin."""
    with store.read() as unit:
        query = sa.select(Residence).where(Residence.region == street.region, Residence.superseded_at.is_(None))
        return list(unit.session.scalars(query.order_by(Residence.valid_from, Residence.id)))


def population(store: Store, street: Street, day: date) -> int:
    """Persons with a principal residence on a day, counted straight from the table."""
    return sum(
        1
        for row in residences(store, street)
        if row.principal and row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
    )
