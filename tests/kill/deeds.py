"""Deeds that a process is killed in: imports, edits by hand, merges and undos, the same for the same seed.

Every deed is one act of a user. It depends on the seed, its number and what the register holds, never on ids or the
time, so that the same deeds on a copy of the register give the same content.
"""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import ExplainedError
from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.accounts.models import User
from gridmap.audit import service as audit
from gridmap.batches.models import ImportBatch
from gridmap.changes.journal import recording
from gridmap.duplicates.service import merge_pair, pair_key
from gridmap.importing.register import import_register
from gridmap.importing.result import RegisterOptions
from gridmap.importing.undoing import undo_batch
from gridmap.residents.models import Person, PersonAttribute
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork
from tests.gridmap.importing.registers import person, write_csv

UNDER: Final = "460108001001"
DAY: Final = date(2025, 1, 1)
KEEPER: Final = "keeper"
PLACES: Final = (
    "海景花园1号楼1单元101室", "海景花园1号楼1单元202室", "海景花园2号楼1单元301室", "海景花园1号楼",
    "没有的花园9号楼1",
)  # fmt: skip
NAMES: Final = ("王芳", "李伟", "欧阳娜娜", "陈明", "符海燕")
KINDS: Final = ("import", "import", "import", "edit", "edit", "merge", "undo")


def keeper(store: Store) -> Actor:
    """The user who does everything, made by the first call."""
    with store.write() as unit:
        user = unit.session.scalars(sa.select(User).where(User.username == KEEPER)).first()
        if user is None:
            user = User(id=uuid7(), username=KEEPER, display_name=KEEPER, created_at=unit.now)
            unit.session.add(user)
            unit.session.flush()
        return Actor(user.id, KEEPER, KEEPER, (RoleGrant(Role.DATA_MANAGER, None),))


def do(store: Store, actor: Actor, seed: int, number: int) -> None:
    """Do the deed of a number. What the register refuses leaves it as it was, which is a deed too."""
    draw = random.Random(f"{seed}:{number}")
    kind = KINDS[draw.randrange(len(KINDS))] if number > 1 else "import"
    try:
        if kind == "import":
            _import(store, actor, draw, number)
        else:
            with store.write() as unit:
                {"edit": _edit, "merge": _merge, "undo": _undo}[kind](unit, actor, draw)
    except ExplainedError:
        return


def rehearse(store: Store) -> None:
    """Load everything that a first deed would have to load, and write nothing."""
    actor = Actor(UUID(int=1), KEEPER, KEEPER, (RoleGrant(Role.DATA_MANAGER, None),))
    _import(store, actor, random.Random("rehearsal"), 0, dry_run=True)


def _import(store: Store, actor: Actor, draw: random.Random, number: int, *, dry_run: bool = False) -> None:
    rows = [
        person(
            draw.choice(NAMES), 2 * draw.randrange(1, 9), draw.choice(PLACES), 婚姻状况=draw.choice(["已婚", "离婚"])
        )
        for _ in range(draw.randrange(2, 9))
    ]
    options = RegisterOptions(DAY + timedelta(days=number), dry_run=dry_run)
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / f"{number}.csv", rows)
        import_register(store, actor, path, UNDER, options)


def _people(unit: UnitOfWork) -> list[Person]:
    """Everybody, in an order that does not depend on ids."""
    found = unit.session.scalars(sa.select(Person)).all()
    names: dict[object, str] = {}
    for row in unit.session.scalars(sa.select(PersonAttribute).where(PersonAttribute.superseded_at.is_(None))):
        names[row.person_id] = max(names.get(row.person_id, ""), row.name or "")
    return sorted(found, key=lambda one: (one.id_index or b"", names.get(one.id, ""), one.version))


def _edit(unit: UnitOfWork, actor: Actor, draw: random.Random) -> None:
    people = _people(unit)
    if not people:
        return
    chosen, name = people[draw.randrange(len(people))], draw.choice(NAMES)
    query = sa.select(PersonAttribute).where(
        PersonAttribute.person_id == chosen.id,
        PersonAttribute.superseded_at.is_(None),
        PersonAttribute.valid_to.is_(None),
    )
    old = unit.session.scalars(query).first()
    if old is None:
        return
    with recording(unit, actor, "resident.edit", region=chosen.region, persons=[chosen.id]):
        old.superseded_at = unit.now
        fresh = PersonAttribute(
            region=chosen.region, id=uuid7(), person_id=chosen.id, name=name, marital_status=old.marital_status,
            presence=old.presence, valid_from=old.valid_from, recorded_at=unit.now,
        )  # fmt: skip
        unit.session.add(fresh)
        chosen.version += 1
    audit.record(unit, actor, "record.edit", region=chosen.region, subjects=[chosen.id])
    unit.changed("register")


def _merge(unit: UnitOfWork, actor: Actor, draw: random.Random) -> None:
    people = _people(unit)
    if len(people) < 2:
        return
    one, other = draw.sample(people, 2)
    merge_pair(unit, actor, pair_key(one.region, one.id, other.id), kept=one.id)


def _undo(unit: UnitOfWork, actor: Actor, draw: random.Random) -> None:
    query = sa.select(ImportBatch.id).where(ImportBatch.status == "committed", ImportBatch.lead.is_(sa.true()))
    found = list(unit.session.scalars(query.order_by(ImportBatch.effective.desc()).limit(3)))
    if found:
        undo_batch(unit, actor, draw.choice(found), together=draw.random() < 0.5)
