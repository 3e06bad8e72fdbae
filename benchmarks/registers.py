"""Import of a register: our whole import beside the bare insert of exactly the rows that it writes.

Ours reads a CSV of 17 columns, checks every value, links every address to its dwelling, matches every person, seals
identity numbers and phones, and writes persons, attributes, households, residences, verdicts and the audit entry in one
transaction. The peer takes the finished rows from memory and inserts them with ``executemany`` in one transaction
into the same tables, with the same indexes, of a fresh file of the same engine.
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from benchmarks.harness import Result, Size, result, seconds
from geodata.readers.table_guard import TableLimits
from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.accounts.models import User
from gridmap.areas import repository
from gridmap.areas.service import add_area
from gridmap.batches.models import ImportBatch
from gridmap.bootstrap import create_register
from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.importing.register import import_register
from gridmap.importing.result import RegisterOptions
from gridmap.importing.undoing import undo_batch
from gridmap.residents.models import Person
from gridmap.residents.rules import ID_CHECKS, ID_WEIGHTS
from gridmap.store.bulk import bulk_insert
from gridmap.store.ids import uuid7, uuid7_bytes
from gridmap.store.keys import MasterKey, load_key
from gridmap.store.store import Store, UnitOfWork, open_store

RESIDENTS = {Size.SMALL: 5_000, Size.STREET: 50_000, Size.DISTRICT: 500_000, Size.CITY: 2_000_000}
ROUNDS = {Size.SMALL: 3, Size.STREET: 3, Size.DISTRICT: 1, Size.CITY: 1}
WRITTEN = (
    "import_batch", "person", "person_key", "person_attribute", "household", "residence", "dwelling_state",
    "verification", "import_row", "name_term", "person_tail", "change", "change_head",
)  # fmt: skip
COMMUNITIES = ("东湖里", "白坡里", "龙峰", "龙舌坡", "大英", "南宝")
COMPOUNDS = ("海景花园", "银湖花园", "明珠新村", "正大小区", "丽晶花园", "富南小区", "东方花园", "和平公寓")
UNITS, FLOORS, FLATS, PER_HOME = 3, 18, 4, 3
DAY = date(2026, 1, 1)
STREET = "460108001"
HEADINGS = (
    "序号", "姓名", "性别", "公民身份号码", "出生日期", "婚姻状况", "与户主关系", "户号", "联系电话", "人员类别",
    "户籍地址", "现住址", "民族", "政治面貌", "工作单位", "核实日期", "房屋状态",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Home:
    """A dwelling by its place in the street."""

    community: str
    compound: str
    building: int
    unit: int
    room: str

    @property
    def address(self) -> str:
        """As people write it."""
        return f"{self.community}社区{self.compound}{self.building}号楼{self.unit}单元{self.room}室"


def imported(size: Size) -> list[Result]:
    """Time the import of a register and the bare insert of its rows, taking turns, each time into a fresh file."""
    count = RESIDENTS[size]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        source = folder / "register.csv"
        # In a process of its own, lest the memory that invented people take count as that of the import.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
            actor = elsewhere.submit(prepare, folder, count).result()
        key = load_key(str(folder / "place.gridmap"))
        ours, peer, undone, written, peak_mb = [], [], [], 0, 0
        for number in range(ROUNDS[size]):
            store = copied(folder / "place.gridmap", folder / f"ours{number}.gridmap", key)
            ours.append(seconds(lambda: import_whole(store, actor, source, count)))  # noqa: B023 - called at once
            store.close()
            again = copied(folder / f"ours{number}.gridmap", folder / f"undone{number}.gridmap", key)
            undone.append(seconds(lambda: undo_whole(again, actor)))  # noqa: B023 - called at once
            again.close()
            peak_mb = peak_mb or peak_memory_mb()
            store = open_store(str(folder / f"ours{number}.gridmap"), key)
            rows = finished_rows(store)
            store.close()
            bare = copied(folder / "place.gridmap", folder / f"bare{number}.gridmap", key)
            peer.append(seconds(lambda: insert_rows(bare, rows)))  # noqa: B023 - called at once
            bare.close()
            written = sum(len(table[1]) for table in rows.values())
        figures = (float(np.median(ours)), float(np.median(peer)))
    details = {
        "residents": count,
        "rows written": written,
        "times the bare insert": round(figures[0] / figures[1], 2),
        "undo, s": round(float(np.median(undone)), 2),
        "peak memory of import and undo, MB": peak_mb,
    }
    found = result(
        "import", size, figures, unit="s", peer_name="bare executemany of the same rows",
        packages=("polars", "sqlalchemy", "sqlcipher3"), details=details,
    )  # fmt: skip
    return [found]


def prepare(folder: Path, count: int) -> Actor:
    """Write the register to be imported and a store with its dwellings; answers who may import."""
    homes = make_homes(count)
    write_register(folder / "register.csv", homes, count)
    place, actor = make_place(folder / "place.gridmap", homes)
    place.close()
    return actor


def copied(template: Path, path: Path, key: MasterKey) -> Store:
    """A register of its own with the same places."""
    shutil.copyfile(template, path)
    return open_store(str(path), key)


def import_whole(store: Store, actor: Actor, source: Path, count: int) -> None:
    """Import, and prove that every row went in."""
    options = RegisterOptions(DAY)
    done = import_register(store, actor, source, STREET, options, limits=TableLimits(max_bytes=1 << 32))
    if done.counts["inserted"] != count:
        raise RuntimeError(f"not every row was inserted: {done.counts}")


def undo_whole(store: Store, actor: Actor) -> None:
    """Take the import back, and prove that nobody is left."""
    with store.write() as unit:
        batch = unit.session.scalars(sa.select(ImportBatch.id)).one()
        undo_batch(unit, actor, batch)
    with store.read() as unit:
        if unit.session.scalar(sa.select(sa.func.count()).select_from(Person)):
            raise RuntimeError("somebody is left")


def peak_memory_mb() -> int:
    """The most memory that this process had so far, in MB; 0 where the system does not say."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return 0
    unit = 1024 if sys.platform == "darwin" else 1
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / unit)


def make_homes(residents: int) -> list[Home]:
    """As many dwellings as the residents need, building by building."""
    wanted = -(-residents // PER_HOME)
    homes: list[Home] = []
    building = 0
    while len(homes) < wanted:
        building += 1
        for community in COMMUNITIES:
            for compound in COMPOUNDS:
                homes += [
                    Home(community, compound, building, unit, f"{floor}0{flat}")
                    for unit in range(1, UNITS + 1)
                    for floor in range(1, FLOORS + 1)
                    for flat in range(1, FLATS + 1)
                ]
    return homes[:wanted]


def make_place(path: Path, homes: Sequence[Home]) -> tuple[Store, Actor]:
    """A fresh register with the dwellings and somebody who may import."""
    store = create_register(str(path))
    with store.write() as unit:
        area = add_area(unit, code=STREET, name="海府街道", level="street", parent=None)
        street = repository.get(unit, area.id)
        if street is None or street.region is None:
            raise RuntimeError("a street opens a region")
        region = street.region
        communities = {
            name: add_area(
                unit, code=f"{STREET}{place:03d}", name=f"{name}社区居民委员会", level="community", parent=street
            ).id
            for place, name in enumerate(COMMUNITIES, 1)
        }
        _insert_places(unit, region, communities, homes)
        user = uuid7()
        unit.session.add(User(id=user, username="loader", display_name="loader", created_at=unit.now))
    return store, Actor(user, "loader", "loader", (RoleGrant(Role.DATA_MANAGER, None),))


def _insert_places(unit: UnitOfWork, region: int, communities: Mapping[str, UUID], homes: Sequence[Home]) -> None:
    """Compounds, buildings, units and dwellings."""
    compounds = dict(_keys((h.community, h.compound) for h in homes))
    buildings = dict(_keys((h.community, h.compound, h.building) for h in homes))
    units = dict(_keys((h.community, h.compound, h.building, h.unit) for h in homes))
    same: dict[str, Any] = {"region": region, "version": 1}
    bulk_insert(
        unit,
        Compound,
        same
        | {
            "id": list(compounds.values()),
            "name": [key[1] for key in compounds],
            "area_id": [communities[key[0]] for key in compounds],
        },
    )
    bulk_insert(
        unit,
        Building,
        same
        | {
            "id": list(buildings.values()),
            "compound_id": [compounds[key[:2]] for key in buildings],
            "area_id": [communities[key[0]] for key in buildings],
            "number": [f"{key[2]}号楼" for key in buildings],
        },
    )
    bulk_insert(
        unit,
        Unit,
        {
            "region": region,
            "id": list(units.values()),
            "building_id": [buildings[key[:3]] for key in units],
            "name": [str(key[3]) for key in units],
            "position": 0,
        },
    )
    bulk_insert(
        unit,
        Dwelling,
        same
        | {
            "id": uuid7_bytes(len(homes)),
            "building_id": [buildings[h.community, h.compound, h.building] for h in homes],
            "unit_id": [units[h.community, h.compound, h.building, h.unit] for h in homes],
            "room": [h.room for h in homes],
        },
    )


def _keys(keys: Any) -> list[tuple[Any, bytes]]:
    distinct = list(dict.fromkeys(keys))
    return list(zip(distinct, uuid7_bytes(len(distinct)), strict=True))


def write_register(path: Path, homes: Sequence[Home], count: int) -> Path:
    """Invented residents, three a dwelling: head, spouse, child. The numbers are well formed and belong to nobody."""
    random = np.random.default_rng(11)
    order = np.arange(count)
    years = 1940 + (order // 336_000 * 12) + random.integers(0, 12, count)
    months, days = random.integers(1, 13, count), random.integers(1, 29, count)
    # The area of first issue and the sequence count up, so that no number comes twice.
    digits = np.char.add(
        np.char.mod("%06d", 110_000 + order // 1000),
        np.char.add(np.char.mod("%d", years * 10_000 + months * 100 + days), np.char.mod("%03d", order % 1000)),
    )
    matrix = np.array(digits.tolist(), dtype="S17").view("S1").reshape(count, 17).astype(np.int64)
    checks = np.array(list(ID_CHECKS))[(matrix @ ID_WEIGHTS) % 11]
    surnames, given = np.array(list("王李张刘陈符林吴黄周")), np.array(list("伟芳娜敏静丽强磊军洋燕明"))
    names = [a + b + c for a, b, c in zip(*(random.choice(p, count) for p in (surnames, given, given)), strict=True)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for place in range(count):
            home = homes[place // PER_HOME]
            role = place % PER_HOME
            writer.writerow(
                (
                    place + 1, names[place], "男" if matrix[place, 16] % 2 else "女", f"{digits[place]}{checks[place]}",
                    f"{years[place]}-{months[place]:02d}-{days[place]:02d}", ("已婚", "已婚", "未婚")[role],
                    ("户主", "配偶", "之子")[role], f"H{place // PER_HOME:07d}", f"138{place:08d}", "户在人在",
                    home.address, home.address, "汉族", "群众", "海口市某公司", "2026-01-01", "自住",
                )
            )  # fmt: skip
    return path


Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


def finished_rows(store: Store) -> Rows:
    """Everything that the import wrote, as the driver gives it, table by table in the order of foreign keys."""
    rows: Rows = {}
    with store.read() as unit:
        for table in WRITTEN:
            found = unit.session.execute(sa.text(f'SELECT * FROM "{table}"'))
            rows[table] = (list(found.keys()), [tuple(row) for row in found.all()])
    return rows


def insert_rows(store: Store, rows: Rows) -> None:
    """Insert finished rows in one transaction, nothing else."""
    with store.write() as unit:
        connection: Any = unit.session.connection().connection
        cursor = connection.cursor()
        for table, (names, values) in rows.items():
            columns = ", ".join(f'"{name}"' for name in names)
            marks = ", ".join("?" for _ in names)
            if values:
                cursor.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)
        cursor.close()
