"""Headings, dates, and the check of rows: nothing is guessed, every doubtful value is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.readers.table import read_tables
from gridmap.importing.check import CheckedRows, check_rows
from gridmap.importing.findings import FINDINGS
from gridmap.importing.headings import ColumnStatus, field_of, is_known_heading, is_never_stored, map_columns
from gridmap.importing.values import parse_dates, tidy_names
from tests.gridmap.importing.registers import id_number, person, write_csv

TODAY = date(2026, 11, 24)


def check(path: Path) -> CheckedRows:
    return check_rows(read_tables(path, known=is_known_heading), today=TODAY)


def codes(checked: CheckedRows) -> set[str]:
    return set(checked.issues["code"].to_list())


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("姓名*", "name"), ("身份证号码（18位）", "id_number"),
        ("公民身份号码", "id_number"), ("出生 日期", "birth_date"),
        ("与户主关系", "relationship"), ("现住址", "address"), ("人员类别", "presence"), ("户号", "household"),
        ("ID_Number", "id_number"), ("birth_date", "birth_date"), ("valid_from", "valid_from"), ("road_no", "road_no"),
        ("核实日期", "verified_on"), ("房屋状态", "state"), ("租住", "tenure"), ("序号", "sequence"), ("星座", None),
    ],
)  # fmt: skip
def test_headings(heading: str, field: str | None) -> None:
    assert field_of(heading) == field


@pytest.mark.parametrize(
    "heading",
    ["孕检情况", "环孕检", "避孕措施", "节育", "生育证号", "准生证",
    "计生情况", "计划生育", "胎次", "二孩", "三孩指标", "独生子女证",
     "独生子女父母光荣证", "是否怀孕", "Pregnancy", "birth permit no.",
     "birth_permit", "contraception", "only child", "Birth-order"],
)  # fmt: skip
def test_what_is_never_stored_is_known_by_its_heading(heading: str) -> None:
    assert is_never_stored(heading)
    (column,) = map_columns(["A"], [heading], [True])
    assert column.status is ColumnStatus.DROPPED


@pytest.mark.parametrize(
    "heading",
    [
        "姓名",
        "出生日期",
        "户籍地址",
        "与户主关系",
        "人员类别",
        "子女",
        "birth_date",
        "name",
        "unit",
        "工作单位",
        "孙子",
    ],
)
def test_ordinary_headings_are_not_banned(heading: str) -> None:
    assert not is_never_stored(heading)


def test_the_second_column_of_a_field_is_named_not_lost() -> None:
    columns = map_columns(["A", "B", "C", "D"], ["联系电话", "手机", "", ""], [False, True, True, False])
    assert [(c.letters, c.status) for c in columns] == [
        ("A", ColumnStatus.MAPPED),
        ("B", ColumnStatus.MAPPED),
        ("C", ColumnStatus.UNKNOWN),
    ]
    both = map_columns(["A", "B"], ["联系电话", "手机"], [True, True])
    assert [c.status for c in both] == [ColumnStatus.MAPPED, ColumnStatus.REPEATED]


@given(st.dates(date(1901, 1, 1), date(2099, 12, 31)))
def test_every_form_of_a_date_is_one_date(day: date) -> None:
    forms = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.isoformat()} 12:30:00",
        f"{day.isoformat()}T00:00:00",
    ]
    serial = (day - date(1899, 12, 30)).days
    if 10000 <= serial < 80000:
        forms.append(str(serial))
    found = parse_dates(pl.Series(forms))
    assert found["date"].to_list() == [day] * len(forms)
    assert found["problem"].null_count() == len(forms)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1980-02-30", "date_impossible"), ("19800231", "date_impossible"), ("1900-02-29", "date_impossible"),
        ("1980-13-01", "date_impossible"), ("1980.5", "date_incomplete"), ("1980年5月", "date_incomplete"),
        ("1980", "date_incomplete"), ("198005", "date_incomplete"),
        ("5/6/80", "date_unclear"), ("春节", "date_unclear"),
        ("٢٠٢٠-01-01", "date_unclear"),
    ],
)  # fmt: skip
def test_no_day_is_invented(text: str, problem: str) -> None:
    assert parse_dates(pl.Series([text])).row(0) == (None, problem, None)


def test_names_keep_what_is_theirs() -> None:
    names = pl.Series([" 王 芳 ", "阿依古丽.买买提", "John  Smith", "", None, "ＡＢ"])
    assert tidy_names(names).to_list() == ["王芳", "阿依古丽·买买提", "John Smith", None, None, "AB"]


def test_missing_stays_missing_and_unknown_words_are_named(tmp_path: Path) -> None:
    rows = [
        person("王芳", 2, 婚姻状况="", 人员类别="不知道", 联系电话="123"),
        person("李伟", 3, 与户主关系="", 核实日期="2026-02-30", 出生日期="1980.5"),
        person("张三", 5, 公民身份号码="", 出生日期="1980.5"),
    ]
    checked = check(write_csv(tmp_path / "a.csv", rows))
    assert codes(checked) == {"presence_unknown", "phone_wrong", "verified_on_impossible", "birth_date_incomplete",
                              "person_unclear"}  # fmt: skip
    first, second, third = checked.rows.to_dicts()
    assert (first["marital_status"], first["presence"], first["phone"]) == (None, None, None)
    assert (second["relationship"], second["verified_on"]) == (None, None)
    assert second["birth_date"] == date(1980, 5, 6)
    assert third["birth_date"] is None
    assert checked.rows["weight"].to_list() == [0, 0, 1]


def test_disagreements_with_the_number_reject_the_row(tmp_path: Path) -> None:
    rows = [
        person("王芳", 2, 出生日期="1981-05-06"),
        person("李伟", 3, 性别="女"),
        person("张三", 5, 出生日期="2999-01-01", 公民身份号码=""),
        person("赵六", 7, 入住日期="2027-01-01"),
    ]
    checked = check(write_csv(tmp_path / "a.csv", rows))
    assert checked.rows["reason"].to_list() == [
        "birth_differs",
        "sex_differs",
        "birth_date_future",
        "valid_from_future",
    ]
    assert checked.rows["weight"].to_list() == [2] * 4


def test_findings_show_no_full_number(tmp_path: Path) -> None:
    bad = id_number(sequence=3)[:-1] + ("0" if id_number(sequence=3)[-1] != "0" else "1")
    checked = check(write_csv(tmp_path / "a.csv", [person("李伟", 3, 公民身份号码=bad, 联系电话="1387654321")]))
    shown = "".join(text for text in checked.issues["value"].to_list() if text)
    assert bad not in shown
    assert "1387654321" not in shown
    assert bad[:6] in shown


def test_every_finding_has_a_sentence_and_a_remedy_that_can_be_filled() -> None:
    for finding in FINDINGS.values():
        assert finding.message.format(value="x", other=1).endswith((".", "?"))
        assert finding.hint.format()


def test_the_same_row_on_two_sheets_is_one_person(tmp_path: Path) -> None:
    first, second = (
        write_csv(tmp_path / "a.csv", [person("王芳", 2)]),
        write_csv(tmp_path / "b.csv", [person("王芳", 2)]),
    )
    tables = [*read_tables(first, known=is_known_heading), *read_tables(second, known=is_known_heading)]
    checked = check_rows(tables, today=TODAY)
    assert checked.rows["sheet"].to_list() == ["a", "b"]
    assert codes(checked) == {"repeat_same"}
