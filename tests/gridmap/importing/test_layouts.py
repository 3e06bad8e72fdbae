"""A layout that was corrected once is known again by its headings: applied, said, listed, forgotten; per street."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from gridmap.importing.choices import SheetChoice
from gridmap.importing.headings import ColumnStatus
from gridmap.importing.layouts import forget_layout, known_layouts, layout_by_name, list_layouts, remember_layout
from gridmap.importing.register import import_register
from gridmap.importing.result import RegisterOptions
from gridmap.importing.understand import UnderstoodSheet, understand
from gridmap.store.ids import uuid7
from gridmap.store.store import Store
from tests.gridmap.importing.registers import Street, id_number, make_manager, make_street

UNDER = "460108001"
HEAD = "登记表\n备用,栏一,栏二,姓名\n"


@pytest.fixture
def street(store: Store) -> Street:
    return make_street(store)


@pytest.fixture
def manager(store: Store, street: Street) -> Actor:
    return make_manager(store)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def corrected(path: Path, **choice: object) -> UnderstoodSheet:
    return understand(path, choices={path.stem: SheetChoice(**choice)}).sheets[0]


def remember(
    store: Store, actor: Actor, sheet: UnderstoodSheet, name: str = "月报", *, chose_rows: bool = False
) -> None:
    with store.write() as unit:
        area = find_area(unit, UNDER)
        remember_layout(unit, actor, area.id, sheet, name=name, chose_rows=chose_rows)


def test_the_next_file_with_the_same_headings_is_read_as_the_last(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """Whatever the file and the sheet are called, and however the headings are spaced; what somebody says now wins."""
    first = written(tmp_path / "一月.csv", HEAD + f"x,{id_number(sequence=2)},海景花园1号楼1单元101室,王芳\n")
    remember(store, manager, corrected(first, columns={"B": "id_number", "C": "address"}))
    second = written(
        tmp_path / "二月.csv", HEAD.replace("栏一", "栏 一") + f"x,{id_number(sequence=3)},海景花园2号楼101,李伟\n"
    )
    result = import_register(store, manager, second, UNDER, RegisterOptions(dry_run=True))
    (columns,) = result.columns.values()
    assert [c.field for c in columns if c.status is ColumnStatus.MAPPED] == ["id_number", "address", "name"]
    assert result.counts["inserted"] == 1
    with store.read() as unit:
        layouts = known_layouts(unit, street.region)
    understood = understand(second, layouts=layouts)
    assert understood.sheets[0].layout is not None
    assert understood.sheets[0].layout.name == "月报"
    other = understand(second, layouts=layouts, choices={"二月": SheetChoice(columns={"C": "work_unit"})})
    assert {c.letters: c.field for c in other.sheets[0].columns}["C"] == "work_unit"
    third = written(tmp_path / "三月.csv", "登记表\n栏一,备用,栏二,姓名\nx,y,z,王芳\n")
    assert understand(third, layouts=layouts).sheets[0].layout is None


def test_the_rows_of_the_headings_are_remembered_where_they_had_to_be_said(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    text = "姓名,身份证号,住址\n甲,乙,丙\n{name},x,海景花园\n"
    first = written(tmp_path / "a.csv", text.format(name="王芳"))
    remember(store, manager, corrected(first, header_rows=(2,), columns={"C": "name"}), chose_rows=True)
    with store.read() as unit:
        layouts = known_layouts(unit, street.region)
    again = understand(written(tmp_path / "b.csv", text.format(name="李伟")), layouts=layouts).sheets[0]
    assert (again.header_rows, again.rows) == ((2,), 1)
    assert {c.letters: c.field for c in again.columns if c.status is ColumnStatus.MAPPED} == {"C": "name"}


def test_layouts_are_replaced_listed_and_forgotten_in_the_log(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.csv", HEAD + "x,y,z,王芳\n")
    remember(store, manager, corrected(path, columns={"B": "phone"}), "旧")
    remember(store, manager, corrected(path, columns={"B": "work_unit", "A": ""}), "新")
    with store.read() as unit:
        (layout,) = list_layouts(unit, manager)
    assert (layout.name, layout.headings) == ("新", ("备用", "栏一", "栏二", "姓名"))
    assert layout.columns == {"备用#1": "", "栏一#1": "work_unit", "姓名#1": "name"}
    with store.write() as unit:
        forget_layout(unit, manager, layout_by_name(unit, manager, "新").id)
    with store.read() as unit:
        assert list_layouts(unit, manager) == []
        with pytest.raises(InvalidInputError):
            layout_by_name(unit, manager, "新")
        acts = [entry.action for entry in audit.entries(unit, audit.EntryFilter())]
    assert acts.count("layout.remember") == 2
    assert acts.count("layout.forget") == 1


def test_rows_of_people_are_not_remembered_as_headings(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """Somebody who takes a row of residents for the headings does not make a template of a person."""
    path = written(tmp_path / "a.csv", f"姓名,身份证号\n王芳,{id_number(sequence=2)}\n李伟,x\n")
    sheet = corrected(path, header_rows=(2,), columns={"A": "name"})
    for wrong, name in ((sheet, "甲"), (corrected(path, header_rows=(), columns={"A": "name"}), "甲"), (sheet, " ")):
        with pytest.raises(InvalidInputError):
            remember(store, manager, wrong, name, chose_rows=True)


def test_layouts_belong_to_the_streets_of_those_who_import_there(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.csv", HEAD + "x,y,z,王芳\n")
    remember(store, manager, corrected(path, columns={"B": "phone"}))
    with store.write() as unit:
        (layout,) = list_layouts(unit, manager)
        reader = Actor(manager.user_id, "r", "R", (RoleGrant(Role.GRID_WORKER, None),))
        with pytest.raises(PermissionDeniedError):
            list_layouts(unit, reader)
        nowhere = Actor(manager.user_id, "n", "N", (RoleGrant(Role.DATA_MANAGER, find_area(unit, "46").id),))
        assert known_layouts(unit, None) == []
        neighbour = make_neighbour(manager)
        assert list_layouts(unit, neighbour) == []
        with pytest.raises(NotFoundError):
            forget_layout(unit, neighbour, layout.id)
        assert list_layouts(unit, nowhere) == [layout]


def make_neighbour(actor: Actor) -> Actor:
    """A data manager of an area that is not there."""
    return Actor(actor.user_id, "x", "X", (RoleGrant(Role.DATA_MANAGER, uuid7()),))
