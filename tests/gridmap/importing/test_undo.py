"""What the undo of an import promises: exactly as before, or untouched and told why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.audit import service as audit
from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.bootstrap import METADATA
from gridmap.changes import service as changes
from gridmap.changes.images import journaled
from gridmap.changes.journal import recording
from gridmap.changes.service import AlreadyUndoneError
from gridmap.errors import NotFoundError, PermissionDeniedError
from gridmap.importing.aliases import import_aliases
from gridmap.importing.cells import CellOptions, import_cells
from gridmap.importing.dwellings import import_dwellings
from gridmap.importing.history import find_batch, list_batches, show_batch
from gridmap.importing.organisations import import_organisations
from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.importing.undoing import (
    BeyondReachError,
    NotJournaledError,
    StandsInTheWayError,
    close_cases,
    obstacles,
    undo_batch,
)
from gridmap.residents.models import Person, PersonAttribute
from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, UnitOfWork, open_store
from tests.gridmap.importing.registers import Street, counted, make_manager, make_street, person, write_csv

STREET, UNDER, OTHER = "460108001", "460108001001", "460108001002"
DAY = date(2025, 1, 1)
Digests = dict[str, str]


def digests(unit: UnitOfWork) -> Digests:
    """A digest of every table that the journal keeps, whatever the order of its rows; of the verdicts only those of
    batches that were not undone, which are the log of what is no more."""
    undone = sa.select(ImportBatch.id).where(ImportBatch.status == "undone")
    found = {}
    for table in METADATA.sorted_tables:
        if journaled(table):
            query = sa.select(table)
            if table.name == "import_row":
                query = query.where(table.c.batch_id.not_in(undone))
            rows = sorted(repr(tuple(row)) for row in unit.session.execute(query))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def state(store: Store) -> Digests:
    with store.read() as unit:
        return digests(unit)


@pytest.fixture
def street(store: Store) -> Street:
    return make_street(store)


@pytest.fixture
def manager(store: Store) -> Actor:
    return make_manager(store)


def hand_in(
    store: Store, actor: Actor, folder: Path, *rows: dict[str, str], day: date = DAY, under: str = UNDER
) -> BatchResult:
    path = write_csv(folder / f"r{len(list(folder.iterdir()))}.csv", rows)
    return import_register(store, actor, path, under, RegisterOptions(day))


def undo(store: Store, actor: Actor, batch_id: UUID, **also: bool) -> None:
    with store.write() as unit:
        undo_batch(unit, actor, batch_id, **also)


def test_an_import_is_taken_back_exactly(store: Store, street: Street, manager: Actor, tmp_path: Path) -> None:
    """Whoever was known before is as before: place, name, marital status, number, dispute."""
    hand_in(
        store, manager, tmp_path, person("王芳", 2), person("李伟", 3, "海景花园2号楼1单元201室"),
        {"姓名": "周九", "出生日期": "1990-01-02", "现住址": "海景花园1号楼1单元102室"},
    )  # fmt: skip
    before = state(store)
    second = hand_in(
        store, manager, tmp_path,
        person("王芳", 2, "海景花园2号楼1单元101室", 婚姻状况="离婚"),
        person("李维", 3, "海景花园2号楼1单元201室", 与户主关系="配偶"),
        person("赵六", 3, "海景花园2号楼1单元202室"),
        {"姓名": "周九", "出生日期": "1990-01-02", "现住址": "海景花园1号楼1单元102室", "性别": "男"},
        person("新人", 12, "没有的花园1号楼101"), person("新人二", 14, "海景花园1号楼2单元301室"),
        day=DAY + timedelta(days=30),
    )  # fmt: skip
    assert second.counts["updated"] >= 2
    assert second.counts["needs_review"] >= 1
    assert state(store) != before
    undo(store, manager, second.batch_id)
    assert state(store) == before
    with store.read() as unit:
        batch = show_batch(unit, manager, second.batch_id)
        assert (batch.status, batch.undone_by, batch.open_cases) == ("undone", "M", 0)
        log = [entry for entry in audit.entries(unit) if entry.action == "batch.undo"]
        assert json.loads(log[0].details)["batch"] == str(second.batch_id)
        assert all(check.intact for check in audit.verify(unit))
    with store.write() as unit, pytest.raises(AlreadyUndoneError):
        undo_batch(unit, manager, second.batch_id)


def test_later_imports_stand_in_the_way_and_can_be_undone_first(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """A later file that only found the same persons counts too: its word must not vanish unnoticed."""
    nothing = state(store)
    first = hand_in(store, manager, tmp_path, person("王芳", 2), person("李伟", 3))
    moved = hand_in(store, manager, tmp_path, person("王芳", 2, "海景花园2号楼1单元101室"), day=DAY + timedelta(days=9))
    found = hand_in(store, manager, tmp_path, person("李伟", 3), day=DAY + timedelta(days=20))
    assert found.counts["unchanged"] == 1
    before = state(store)
    with store.read() as unit:
        named = {one.change_id: one for one in obstacles(unit, manager, first.batch_id)}
    assert set(named) == {moved.batch_id, found.batch_id}
    assert named[found.batch_id].confirms
    assert not named[moved.batch_id].confirms
    assert named[moved.batch_id].by == "M"
    assert named[moved.batch_id].file_name is not None
    assert named[found.batch_id].records == 1
    with store.write() as unit, pytest.raises(StandsInTheWayError) as refused:
        undo_batch(unit, manager, first.batch_id)
    assert [one.change_id for one in refused.value.obstacles] == [found.batch_id, moved.batch_id]
    assert state(store) == before
    undo(store, manager, first.batch_id, together=True)
    assert state(store) == nothing
    with store.read() as unit:
        assert {batch.status for batch in list_batches(unit, manager)[0]} == {"undone"}


def test_an_edit_by_hand_stands_in_the_way(store: Store, street: Street, manager: Actor, tmp_path: Path) -> None:
    first = hand_in(store, manager, tmp_path, person("王芳", 2))
    with store.write() as unit, recording(unit, manager, "resident.edit", region=street.region) as journal:
        row = unit.session.scalars(sa.select(PersonAttribute)).one()
        row.name = "王方"
    with store.read() as unit:
        (found,) = obstacles(unit, manager, first.batch_id)
    assert (found.change_id, found.kind, found.records) == (journal.id, "resident.edit", 1)
    undo(store, manager, first.batch_id, together=True)
    assert counted(store)["person"] == 0


def test_cases_of_an_undone_batch_need_no_decision(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """Also those that a later file had settled and whose undo would open them again."""
    first = hand_in(store, manager, tmp_path, person("王芳", 2, "没有的花园1号楼101"))
    second = hand_in(store, manager, tmp_path, person("王芳", 2, "没有的花园1号楼101"), person("李伟", 3, ""))
    with store.read() as unit:
        decisions = dict(unit.session.execute(sa.select(ImportRow.batch_id, ImportRow.decision)).all())
    assert decisions[first.batch_id] == "replaced"
    undo(store, manager, first.batch_id, together=True)
    with store.read() as unit:
        rows = unit.session.scalars(sa.select(ImportRow).where(ImportRow.verdict == "needs_review")).all()
    assert {row.batch_id for row in rows} == {first.batch_id, second.batch_id}
    assert {row.decision for row in rows} <= {"undone", "replaced"}


def test_a_batch_is_undone_only_by_whoever_answers_for_all_it_touched(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """A file for one community moved somebody away from another: its manager alone cannot take that back."""
    hand_in(store, manager, tmp_path, person("王芳", 2, "银湖花园1栋1单元101室"), under=OTHER)
    moved = hand_in(store, manager, tmp_path, person("王芳", 2), day=DAY + timedelta(days=9))
    own = hand_in(store, manager, tmp_path, person("李伟", 3))
    local = make_manager(store, street.community)
    worker = Actor(local.user_id, "w", "w", (RoleGrant(Role.GRID_WORKER, street.community),))
    before = state(store)
    with store.write() as unit, pytest.raises(BeyondReachError):
        undo_batch(unit, local, moved.batch_id)
    with store.write() as unit, pytest.raises(PermissionDeniedError):
        undo_batch(unit, worker, own.batch_id)
    assert state(store) == before
    undo(store, local, own.batch_id)
    with store.read() as unit:
        assert {batch.id for batch in list_batches(unit, local)[0]} == {moved.batch_id, own.batch_id}
        foreign = list_batches(unit, manager)[0][-1].id
        with pytest.raises(NotFoundError):
            show_batch(unit, local, foreign)
        assert find_batch(unit, local, own.batch_id.hex[-8:]) == own.batch_id


def write_table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_dwellings_organisations_and_names_are_taken_back(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    hand_in(store, manager, tmp_path, person("王芳", 2))
    states = [state(store)]
    rows = "dwelling_id,building_id,compound,building,unit,room,state,verified_on\n"
    first = write_table(
        tmp_path / "d.csv",
        f"{rows}D-0001,B0,海景花园,1号楼,1单元,101,自住,2026-01-05\nD-9,B0,海景花园,1号楼,1单元,909,空置,\n"
        "D-10,B9,新花园,7号楼,,101,出租,2026-02-01\n",
    )
    done = [import_dwellings(store, manager, first, STREET).batch_id]
    states.append(state(store))
    again = write_table(tmp_path / "d2.csv", f"{rows}D-0001,B0,海景花园,1号楼,1单元,101,出租,2026-03-05\n")
    done.append(import_dwellings(store, manager, again, STREET).batch_id)
    states.append(state(store))
    shops = write_table(tmp_path / "o.csv", "name,kind,building_id\n东湖小店,商店,B0\n")
    done.append(import_organisations(store, manager, shops, STREET).batch_id)
    states.append(state(store))
    shops = write_table(tmp_path / "o2.csv", "name,kind,building_id\n东湖小店,超市,B0\n")
    done.append(import_organisations(store, manager, shops, STREET).batch_id)
    states.append(state(store))
    names = write_table(tmp_path / "a.csv", "kind,official,alias\ncompound,海景花园,海景小区\n")
    done.append(import_aliases(store, manager, names).batch_id)
    for batch_id, before in zip(reversed(done), reversed(states), strict=True):
        undo(store, manager, batch_id)
        assert state(store) == before


def test_cells_say_that_they_cannot_be_taken_back(store: Store, street: Street, manager: Actor, tmp_path: Path) -> None:
    square = [[110.34, 20.03], [110.342, 20.03], [110.342, 20.032], [110.34, 20.032], [110.34, 20.03]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [square]}}
    path = tmp_path / "cells.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    done = import_cells(store, manager, path, UNDER, CellOptions())
    with store.read() as unit:
        assert not show_batch(unit, manager, done.batch_id).undoable
    with store.write() as unit, pytest.raises(NotJournaledError):
        undo_batch(unit, manager, done.batch_id)


# --- whatever happens ------------------------------------------------------------------------------------------------

ADDRESSES = (
    "海景花园1号楼1单元101室", "海景花园1号楼2单元301室", "海景花园2号楼1单元202室", "海景花园1号楼", "",
    "没有的花园9号楼1",
)  # fmt: skip
NAMES = ("王芳", "王方", "欧阳娜娜")
ROW = st.fixed_dictionaries(
    {
        "who": st.integers(0, 5),
        "name": st.sampled_from(NAMES),
        "address": st.sampled_from(ADDRESSES),
        "married": st.sampled_from(["已婚", "离婚", "丧偶"]),
        "numbered": st.booleans(),
        "use": st.sampled_from(["", "自住", "出租"]),
    }
)
# An example takes a store of its own: shrinking one would take minutes.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
STEPS = st.lists(st.tuples(st.lists(ROW, min_size=1, max_size=4), st.integers(0, 300)), min_size=2, max_size=5)
Steps = list[tuple[list[dict[str, object]], int]]


@dataclass
class History:
    """What was done to a store, and how it stood before each step."""

    batches: list[UUID] = field(default_factory=list)
    states: list[Digests] = field(default_factory=list)


def _row(drawn: dict[str, object]) -> dict[str, str]:
    row = person(str(drawn["name"]), 2 + 2 * int(str(drawn["who"])), str(drawn["address"]))
    row |= {"婚姻状况": str(drawn["married"]), "房屋状态": str(drawn["use"])}
    if not drawn["numbered"]:
        row |= {"公民身份号码": "", "出生日期": f"1980-05-{int(str(drawn['who'])) + 1:02d}"}
    return row


def _play(store: Store, actor: Actor, folder: Path, steps: Steps) -> History:
    history = History()
    for at, (rows, days) in enumerate(steps):
        before = state(store)
        path = write_csv(folder / f"{at}.csv", [_row(row) for row in rows])
        options = RegisterOptions(DAY + timedelta(days=days), complete=at % 3 == 2)
        done = import_register(store, actor, path, UNDER, options)
        if not done.repeats:
            history.batches.append(done.batch_id)
            history.states.append(before)
    return history


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 10), ("postgresql", 3)])
def test_whatever_was_imported_is_undone_backwards_through_every_state(
    engine: str,
    examples: int,
    new_store_url: Callable[[str], str],
    store_key: MasterKey,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Random files about the same people: they move, are corrected, conflict, cannot be placed. Before the way back,
    every batch is asked out of order: it is undone exactly for what it wrote, or refused with nothing touched."""

    @given(STEPS)
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING)
    def check(steps: Steps) -> None:
        store = open_store(new_store_url(engine), store_key)
        try:
            make_street(store)
            manager = make_manager(store)
            history = _play(store, manager, tmp_path_factory.mktemp("files"), steps)
            after = state(store)
            for batch_id in history.batches[:-1]:
                with store.read() as unit:
                    found = obstacles(unit, manager, batch_id)
                if found:
                    with store.write() as unit, pytest.raises(StandsInTheWayError):
                        undo_batch(unit, manager, batch_id)
                    assert state(store) == after
            for batch_id, before in zip(reversed(history.batches), reversed(history.states), strict=True):
                undo(store, manager, batch_id)
                assert state(store) == before
            assert counted(store)["person"] == 0
        finally:
            store.close()

    check()


@given(STEPS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING)
def test_a_batch_undone_out_of_order_leaves_the_records_of_others_alone(
    new_store_url: Callable[[str], str], store_key: MasterKey, tmp_path_factory: pytest.TempPathFactory, steps: Steps
) -> None:
    """What is left is what the other batches wrote, to the byte."""
    store = open_store(new_store_url("sqlite"), store_key)
    try:
        make_street(store)
        manager = make_manager(store)
        history = _play(store, manager, tmp_path_factory.mktemp("files"), steps)
        for batch_id in history.batches[:-1]:
            with store.read() as unit:
                if obstacles(unit, manager, batch_id):
                    continue
                kept = _of_others(unit, batch_id)
            undo(store, manager, batch_id)
            with store.read() as unit:
                assert _of_others(unit, batch_id) == kept
                assert not unit.session.scalar(
                    sa.select(sa.func.count()).select_from(Person).where(Person.batch_id == batch_id)
                )
    finally:
        store.close()


def _of_others(unit: UnitOfWork, batch_id: UUID) -> dict[str, list[str]]:
    """Rows of the tables of residents that other batches wrote, without those that this batch had closed."""
    found = {}
    touched = METADATA.tables["change_row"]
    mine = sa.select(touched.c.row_id).where(touched.c.change_id == batch_id, touched.c.row_id.is_not(None))
    for name in ("person", "person_attribute", "residence", "household", "dwelling_state"):
        table = METADATA.tables[name]
        query = sa.select(table).where(table.c.batch_id != batch_id, table.c.id.not_in(mine))
        found[name] = sorted(repr(tuple(row)) for row in unit.session.execute(query))
    return found


def test_a_data_manager_of_a_street_may_undo_for_all_of_it(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """The grant over the street covers what moved between its communities."""
    with store.read() as unit:
        area = unit.session.scalars(
            sa.select(METADATA.tables["area"].c.id).where(METADATA.tables["area"].c.code == STREET)
        ).one()
    of_street = make_manager(store, area)
    hand_in(store, manager, tmp_path, person("王芳", 2, "银湖花园1栋1单元101室"), under=OTHER)
    before = state(store)
    moved = hand_in(store, manager, tmp_path, person("王芳", 2), day=DAY + timedelta(days=9))
    undo(store, of_street, moved.batch_id)
    assert state(store) == before


def test_taking_back_a_decision_does_not_open_a_case_of_an_undone_import(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """Somebody skipped a case, somebody else undid its import, and then the decision is taken back."""
    done = hand_in(store, manager, tmp_path, person("王芳", 2, "没有的花园1号楼101"))
    with store.write() as unit, recording(unit, manager, "review.skip", region=street.region) as journal:
        row = unit.session.scalars(sa.select(ImportRow)).one()
        row.decision, row.decided_at = "skipped", unit.now
    undo(store, manager, done.batch_id)
    with store.write() as unit:
        taken = changes.undo(unit, manager, journal.id)
        close_cases(unit, manager, taken.regions)
    with store.read() as unit:
        assert unit.session.scalars(sa.select(ImportRow.decision)).one() == "undone"
