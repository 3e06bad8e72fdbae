"""Registers with cases of every kind at the small street, and who decides them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

from gridmap.accounts.actor import Actor
from gridmap.importing.register import import_register
from gridmap.importing.result import RegisterOptions
from gridmap.reviewing.cases import Case
from gridmap.reviewing.showing import show
from gridmap.store.store import Store
from tests.gridmap.importing.registers import person, write_csv

UNDER = "460108001001"
STREET = "460108001"
DAY = date(2026, 1, 1)


def hand_in(
    store: Store, actor: Actor, path: Path, rows: list[dict[str, str]], *, under: str = UNDER, complete: bool = False,
    on: date = DAY,
) -> UUID:  # fmt: skip
    """Import a register; the id of its batch."""
    return import_register(store, actor, write_csv(path, rows), under, RegisterOptions(on, complete)).batch_id


def unknown_compound(store: Store, actor: Actor, folder: Path) -> UUID:
    """Three rows at two unknown addresses and one whose person is not clear."""
    rows = [
        person("王芳", 2, "海岸花园1号楼1单元101"),
        person("王伟", 3, "海岸花园1号楼1单元101", 与户主关系="配偶"),
        person("李娜", 4, "海岸花园2号楼201"),
        {"姓名": "周九", "现住址": "海岸花园2号楼202"},
    ]
    return hand_in(store, actor, folder / "r.csv", rows)


def queue(store: Store, actor: Actor) -> list[Case]:
    """The cases as the queue lists them."""
    with store.write() as unit:
        return [line.case for line in show(unit, actor).queue]


def case_at(store: Store, actor: Actor, address: str) -> Case:
    """The case at an address."""
    return next(case for case in queue(store, actor) if case.address == address)
