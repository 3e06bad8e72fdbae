"""A small register as an office hands it in: a workbook about rooms that are in the town, with a few doubtful rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import sqlalchemy as sa

from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.residents.models import Person, PersonAttribute, Residence
from gridmap.residents.rules import id_check_character
from gridmap.store.store import Store, UnitOfWork

HEADINGS = ("序号", "姓名", "性别", "公民身份号码", "婚姻状况", "与户主关系", "人员类别", "现住址", "备注")
FAMILY = (
    ("陈测甲", "男", "19850312", 1, "已婚", "户主"),
    ("林测乙", "女", "19870621", 2, "已婚", "配偶"),
    ("陈测丙", "男", "20150908", 3, "", "子"),
)
CATEGORY = "户在人在"
DIVORCED = "40"
UNKNOWN = "望月新村77号楼1单元101"


@dataclass(frozen=True)
class RegisterFile:
    """What was written: where, how many rows, and what they must come to."""

    path: Path
    rows: int
    new: int
    updated: int
    review: int
    rejected: int


def made_number(born: str, sequence: int) -> str:
    """A well-formed identity number of a place that does not exist; odd sequences are men."""
    body = f"999999{born}{sequence:03d}"
    return body + id_check_character(body)


def register_file(store: Store, path: Path, families: int = 3, doubtful: int = 1, first: int = 0) -> RegisterFile:
    """Write a register: families who move into vacant rooms, a divorce, a wrong number, addresses that lead nowhere.

    Families of several files stay apart when each file counts from another ``first``; all below 99.
    """
    with store.read() as unit:
        rooms = _rooms(unit, vacant=True)[first : first + families]
        known = _somebody(unit, first)
        odd = [UNKNOWN, *_misspelt(_rooms(unit, vacant=False), doubtful - 1)][:doubtful]
    rows = [
        (name, sex, made_number(born, sequence + 10 * family), marital, relation, CATEGORY, room)
        for family, room in enumerate(rooms, start=first)
        for name, sex, born, sequence, marital, relation in FAMILY
    ]
    wrong = made_number("19700101", 9 + 10 * first)
    rows += [
        known,
        ("王测丁", "男", f"{wrong[:-1]}{(int(wrong[-1]) + 1) % 10 if wrong[-1] != 'X' else 1}", "未婚", "户主",
         CATEGORY, rooms[0]),
        *(("周测戊", "男", made_number("19650505", 5 + 2 * at + 10 * first), "已婚", "户主", CATEGORY, address)
          for at, address in enumerate(odd)),
    ]  # fmt: skip
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "人口登记"
    sheet.append(["某社区人口登记表"])
    sheet.append(HEADINGS)
    for number, row in enumerate(rows, start=1):
        sheet.append([number, *row, ""])
    book.save(path)
    return RegisterFile(path, len(rows), families * len(FAMILY), 1, doubtful, 1)


def _misspelt(addresses: list[str], count: int) -> list[str]:
    """Addresses as people write them down wrong: a letter left out, a building or a room that is not there."""
    step = max(len(addresses) // max(count, 1), 1)
    slips = (
        lambda text: text[1:],
        lambda text: re.sub(r"\d+号楼", "19号楼", text),
        lambda text: re.sub(r"\d+$", "4901", text),
        lambda text: text.replace("花园", "小区").replace("新村", "花园"),
    )
    return [slips[at % len(slips)](address) for at, address in enumerate(addresses[::step][:count])]


def _rooms(unit: UnitOfWork, *, vacant: bool) -> list[str]:
    """Addresses of rooms that nobody is recorded in, in an order that does not change."""
    lived_in = sa.select(Residence.dwelling_id).where(
        Residence.dwelling_id.is_not(None), Residence.valid_to.is_(None), Residence.superseded_at.is_(None)
    )
    found = unit.session.execute(_addresses().where(Dwelling.id.in_(lived_in) != vacant)).all()
    return sorted(f"{compound}{number}{name}单元{room}" for compound, number, name, room, _ in found)


def _addresses() -> sa.Select[tuple[str, str, str, str, bytes]]:
    return (
        sa.select(Compound.name, Building.number, Unit.name, Dwelling.room, Dwelling.id)
        .join(Building, (Building.region == Compound.region) & (Building.compound_id == Compound.id))
        .join(Unit, (Unit.region == Building.region) & (Unit.building_id == Building.id))
        .join(Dwelling, (Dwelling.region == Unit.region) & (Dwelling.unit_id == Unit.id))
        .where(Building.number.like("%号楼"), Unit.name != "")
    )


def _somebody(unit: UnitOfWork, after: int) -> tuple[str, ...]:
    """A resident of a room as the register knows them, but divorced (or married, if they were)."""
    places = {key: f"{compound}{number}{name}单元{room}"
              for compound, number, name, room, key in unit.session.execute(_addresses())}  # fmt: skip
    rows = unit.session.execute(
        sa.select(Person, PersonAttribute, Residence)
        .join(PersonAttribute, (PersonAttribute.region == Person.region) & (PersonAttribute.person_id == Person.id))
        .join(Residence, (Residence.region == Person.region) & (Residence.person_id == Person.id))
        .where(
            PersonAttribute.superseded_at.is_(None), PersonAttribute.valid_to.is_(None),
            Residence.superseded_at.is_(None), Residence.valid_to.is_(None), Residence.principal,
            Residence.dwelling_id.is_not(None), Person.id_number.is_not(None), ~Person.disputed,
            PersonAttribute.presence == "registered_present",
        )
        .order_by(Person.id)
        .limit(200)
    ).all()  # fmt: skip
    person, attribute, residence = [row for row in rows if row[2].dwelling_id in places][after]
    number = unit.vault.open(person.id_number, "person.id_number") or ""
    sex = {"1": "男", "2": "女"}.get(person.sex or "", "")
    marital = "已婚" if attribute.marital_status == DIVORCED else "离婚"
    return (attribute.name or "", sex, number, marital, "", CATEGORY, places[residence.dwelling_id])
