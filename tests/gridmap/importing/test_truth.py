"""A register whose truth is known, damaged in known ways: every row is judged as its damage deserves."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.importing.verdicts import VERDICT_COLUMNS, write_error_workbook, write_verdicts
from gridmap.store.store import Store, open_store
from tests.conftest import TEST_KEY
from tests.gridmap.importing.registers import Street, counted, id_number, make_manager, make_street, person, write_csv

UNDER = "460108001001"
Row = dict[str, str]


def lost_digits(row: Row) -> Row:
    return row | {"公民身份号码": row["公民身份号码"][:15] + "000"}


def wrong_check(row: Row) -> Row:
    last = "1" if row["公民身份号码"][-1] != "1" else "2"
    return row | {"公民身份号码": row["公民身份号码"][:-1] + last}


def no_address(row: Row) -> Row:
    return row | {"现住址": ""}


def no_room(row: Row) -> Row:
    return row | {"现住址": "海景花园1号楼"}


def wrong_sound(row: Row) -> Row:
    return row | {"现住址": row["现住址"].replace("海景", "海岸")}


def full_width(row: Row) -> Row:
    return {key: text.translate(str.maketrans("0123456789", "０１２３４５６７８９")) for key, text in row.items()}


def numerals(row: Row) -> Row:
    return row | {"现住址": "海景花园一号楼二单元" + "".join("零一二三"[int(d)] for d in row["现住址"][-4:-1]) + "室"}


def other_sex(row: Row) -> Row:
    return row | {"性别": "女" if row["性别"] == "男" else "男"}


def no_person(row: Row) -> Row:
    return row | {"姓名": "", "公民身份号码": ""}


def name_alone(row: Row) -> Row:
    return row | {"公民身份号码": ""}


def unknown_words(row: Row) -> Row:
    return row | {"婚姻状况": "待定", "人员类别": "？", "联系电话": "打不通"}


DAMAGES: dict[Callable[[Row], Row], str] = {
    dict: "inserted", lost_digits: "rejected", wrong_check: "rejected", no_address: "inserted", no_room: "inserted",
    wrong_sound: "needs_review", full_width: "inserted", numerals: "inserted", other_sex: "rejected",
    no_person: "rejected", name_alone: "needs_review", unknown_words: "inserted",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(new_store_url: Callable[[str], str]) -> tuple[Store, Street]:
    """One street for all examples; every example uses numbers of its own."""
    store = open_store(new_store_url("sqlite"), TEST_KEY)
    return store, make_street(store)


_serial = iter(range(1, 10_000))


def fresh_rows(damages: list[Callable[[Row], Row]]) -> list[Row]:
    rows = []
    for damage in damages:
        serial = next(_serial)
        born = date.fromordinal(date(1950, 1, 1).toordinal() + serial).strftime("%Y%m%d")
        room = f"{1 + serial % 3}0{1 + serial % 2}"
        row = person("张三丰", 1 + 2 * (serial % 400), f"海景花园1号楼2单元{room}室")
        rows.append(damage(row | {"公民身份号码": id_number(born, 1 + 2 * (serial % 400))}))
    return rows


def run(world: tuple[Store, Street], rows: list[Row], folder: Path) -> BatchResult:
    store, _ = world
    path = write_csv(folder / "r.csv", rows)
    return import_register(store, make_manager(store), path, UNDER, RegisterOptions(date(2026, 1, 1)))


@given(st.lists(st.sampled_from(list(DAMAGES)), min_size=1, max_size=25))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_row_is_judged_as_its_damage_deserves(
    world: tuple[Store, Street], damages: list[Callable[[Row], Row]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = counted(world[0])["person"]
        rows = fresh_rows(damages)
        result = run(world, rows, Path(folder))
        assert result.verdicts["verdict"].to_list() == [DAMAGES[damage] for damage in damages]
        expected = Counter(DAMAGES[damage] for damage in damages)
        assert {name: n for name, n in result.counts.items() if n and name != "rows"} == dict(expected)
        assert result.counts["rows"] == len(damages)
        stored = sum(1 for damage in damages if DAMAGES[damage] != "rejected" and damage is not name_alone)
        assert counted(world[0])["person"] - before == stored
        assert result.population[1] - result.population[0] == stored
        again = run(world, rows, Path(folder))
        assert again.counts["inserted"] == again.counts["updated"] == 0
        assert again.counts["unchanged"] == expected["inserted"]
        assert counted(world[0])["person"] - before == stored


def test_verdicts_and_the_marked_workbook_lead_back_to_a_clean_import(
    world: tuple[Store, Street], tmp_path: Path
) -> None:
    store, _ = world
    rows = [row | {"孕检情况": "已检XQ", "备注": "二孩XQ"} for row in fresh_rows([dict, wrong_check, wrong_sound])]
    result = run(world, rows, tmp_path)
    write_verdicts(result, tmp_path / "v.csv")
    with (tmp_path / "v.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == VERDICT_COLUMNS
    assert [line["verdict"] for line in lines] == ["inserted", "rejected", "needs_review"]
    assert [line["reason"] for line in lines] == ["", "id_checksum", "compound_unknown"]
    assert "张三丰" not in (tmp_path / "v.csv").read_text(encoding="utf-8")

    errors = tmp_path / "errors.xlsx"
    assert write_error_workbook(result, tmp_path / "r.csv", errors) == 2
    book = openpyxl.load_workbook(errors)
    sheet = book.active
    headings = [cell.value for cell in sheet[1]]
    assert "孕检情况" not in headings
    text = str([[cell.value for cell in row] for row in sheet.iter_rows()])
    assert "XQ" not in text
    number = sheet.cell(2, headings.index("公民身份号码") + 1)
    assert number.comment is not None
    assert number.value == rows[1]["公民身份号码"]
    number.value = number.value[:-1] + id_number(number.value[6:14], int(number.value[14:17]))[-1]
    for line in (2, 3):
        address = sheet.cell(line, headings.index("现住址") + 1)
        address.value = address.value.replace("海岸", "海景")
    book.save(tmp_path / "mended.xlsx")
    again = import_register(store, make_manager(store), tmp_path / "mended.xlsx", UNDER)
    assert again.verdicts["verdict"].to_list() == ["inserted", "updated"]
