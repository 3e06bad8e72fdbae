"""Values as people write them: read where it is clear, noted where it was read otherwise, never guessed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from geodata.readers.table import read_tables
from gridmap.importing.check import CheckedRows, check_rows
from gridmap.importing.headings import is_known_heading
from gridmap.importing.values import fits_written, half_width, parse_ages, parse_dates, tidy_names, without_nothing
from tests.gridmap.importing.registers import id_number, person, write_csv

TODAY = date(2026, 11, 24)
NUMERALS = "〇一二三四五六七八九"


def check(path: Path, on: date | None = None) -> CheckedRows:
    return check_rows(read_tables(path, known=is_known_heading), today=TODAY, on=on)


def notes(checked: CheckedRows, at: int = 0) -> dict[str, str | None]:
    """Code → value of the findings of a row."""
    return dict(checked.issues.filter(pl.col("at") == at).select("code", "value").rows())


def in_words(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else NUMERALS[tens]) + ("十" if tens else "") + (NUMERALS[ones] if ones or not tens else "")


@given(st.dates(date(1927, 6, 1), date(2026, 11, 24)))
def test_more_ways_to_write_one_date(day: date) -> None:
    year = "".join(NUMERALS[int(digit)] for digit in str(day.year))
    forms = [
        f"{year}年{in_words(day.month)}月{in_words(day.day)}日", f"{day.year}年{day.month}月{day.day}日生",
        f"{day.year}、{day.month}、{day.day}", f"{day.year} {day.month:02d} {day.day:02d}",
        f"{day.year}．{day.month}．{day.day}".replace("．", "."),
        "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in day.isoformat()),
    ]  # fmt: skip
    if day.day > 12:
        forms += [f"{day.day}/{day.month}/{day.year}", f"{day.month}/{day.day}/{day.year}"]
    if day.year < 2000 and day.year % 100 > 31:
        forms += [f"{day:%y%m%d}", f"{day:%y}.{day.month}.{day.day}", f"{day:%y}年{day.month}月{day.day}日"]
    found = parse_dates(pl.Series(forms), today=TODAY)
    assert found["date"].to_list() == [day] * len(forms)


@given(st.dates(date(1932, 1, 1), date(2026, 1, 1)))
def test_day_numbers_count_from_the_epoch_of_their_workbook(day: date) -> None:
    serials = [str((day - date(1899, 12, 30)).days), str((day - date(1904, 1, 1)).days)]
    found = parse_dates(pl.Series(serials), from_1904=np.array([False, True]))
    assert found["date"].to_list() == [day, day]
    assert found["way"].to_list() == ["serial", "serial"]


@pytest.mark.parametrize(
    "text", ["120312", "5/6/1985", "05-06-85", "85年3月", "280312", "农历三月初五", "1985.13.1x", "6月5日"]
)
def test_what_can_mean_two_dates_is_none(text: str) -> None:
    assert parse_dates(pl.Series([text]), today=TODAY)["date"].to_list() == [None]


@given(st.dates(date(1930, 1, 1), date(2026, 1, 1)), st.integers(-400, 400))
def test_half_a_date_is_only_compared(born: date, days: int) -> None:
    """A month, a year or two digits of it agree with a birth date or not; nothing is made of them."""
    other = born + timedelta(days=days)
    for form, same in (
        (f"{born.year}.{born.month:02d}", (other.year, other.month) == (born.year, born.month)),
        (f"{born.year}年{born.month}月", (other.year, other.month) == (born.year, born.month)),
        (f"{born.year}年", other.year == born.year), (f"{born.year}", other.year == born.year),
    ):  # fmt: skip
        assert fits_written(pl.Series([form]), pl.Series([other])).to_list() == [same]
    assert fits_written(pl.Series(["春节", None]), pl.Series([born, born])).to_list() == [None, None]


def test_a_partial_birth_date_is_checked_against_the_number(tmp_path: Path) -> None:
    rows = [
        person("王芳", 2, 出生日期="1980.5"),
        person("李伟", 3, 出生日期="1981年5月"),
        person("张三", 5, 出生日期="800506"),
        person("赵六", 7, 出生日期="1980.5", 公民身份号码=""),
    ]  # fmt: skip
    checked = check(write_csv(tmp_path / "a.csv", rows))
    assert checked.rows["reason"].to_list() == [None, "birth_differs", None, "person_unclear"]
    assert checked.rows["birth_date"].to_list()[3] is None
    assert notes(checked, 2)["date_read"] == "800506 → 1980-05-06"
    assert "birth_date_incomplete" in notes(checked, 3)


def test_an_age_is_compared_and_never_made_into_a_birth_date(tmp_path: Path) -> None:
    rows = [
        person("王芳", 2, 年龄="46"), person("李伟", 3, 年龄="58岁"), person("张三", 5, 年龄="47", 公民身份号码=""),
        person("赵六", 7, 年龄="不详"),
    ]  # fmt: skip
    path = write_csv(tmp_path / "a.csv", rows)
    checked = check(path)
    assert [notes(checked, at) for at in (0, 1, 3)] == [{}, {"age_differs": "58岁"}, {}]
    assert notes(checked, 2)["age_only"] == "47"
    assert checked.rows["birth_date"].to_list()[2] is None
    assert "age" not in checked.rows.columns
    assert "age_differs" in notes(check(path, on=date(2010, 1, 1)))


def test_a_masked_number_is_no_number_and_is_compared(tmp_path: Path) -> None:
    full = id_number(sequence=2)
    shown = [
        f"{full[:6]}********{full[14:]}",
        f"{full[:3]}***{full[-4:]}",
        f"{full[:10]}****{full[-4:]}",
        f"{full[:6]}xxxxxxxx{full[14:]}",
    ]
    rows = [person("王芳", 2, 公民身份号码=text, 出生日期="1980-05-06") for text in shown]
    rows += [
        person("李伟", 3, 公民身份号码=shown[0], 出生日期="1980-05-06"),
        person("王芳", 2, 公民身份号码=shown[2], 出生日期="1979-05-06"),
        person("王芳", 2, 公民身份号码=shown[0], 出生日期=""),
    ]  # fmt: skip
    checked = check(write_csv(tmp_path / "a.csv", rows))
    assert checked.rows["id_number"].null_count() == len(rows)
    assert checked.rows["id_pattern"].to_list()[:2] == [f"{full[:6]}*{full[14:]}", f"{full[:3]}*{full[-4:]}"]
    assert checked.rows["reason"].to_list()[4:] == ["sex_differs", "birth_differs", "person_unclear"]
    assert all("id_masked" in notes(checked, at) for at in range(len(rows)))
    assert set(checked.rows["reason"].to_list()[:4]) <= {None, "repeat_differs"}


def test_what_was_tidied_is_noted_masked(tmp_path: Path) -> None:
    number = id_number(born="19491231", sequence=2, area="110105")
    rows = [
        person("欧阳　娜", 2, 公民身份号码="１１０１０５ 19491231 002 x", 联系电话="+86 138-0000-0001"),
        person("买买提.艾力", 3, 公民身份号码="460108800506003", 联系电话="13800000001、0898-65300000"),
        person("王芳", 4),
    ]
    checked = check(write_csv(tmp_path / "a.csv", rows))
    assert checked.rows["id_number"].to_list()[0] == number
    assert checked.rows["name"].to_list()[:2] == ["欧阳娜", "买买提·艾力"]
    assert set(notes(checked, 0)) == {"id_read", "name_read", "phone_read"}
    assert set(notes(checked, 1)) == {"id_from_15", "name_read", "phone_several"}
    assert notes(checked, 2) == {}
    shown = " ".join(value or "" for value in checked.issues["value"].to_list())
    assert all(text not in shown for text in (number, "13800000001", "欧阳娜", "买买提·艾力"))


def test_missing_is_missing_however_it_is_said(tmp_path: Path) -> None:
    row = person("无人居住", 2, 公民身份号码="无", 联系电话="/", 出生日期="不详", 核实日期="-", 婚姻状况="暂无")
    checked = check(write_csv(tmp_path / "a.csv", [row]))
    values = checked.rows.select("name", "id_number", "phone", "birth_date", "verified_on", "marital_status").row(0)
    assert values == (None,) * 6
    assert set(notes(checked)) == {"person_unknown"}


def test_words_of_code_lists_are_counted_as_they_were_read(tmp_path: Path) -> None:
    rows = [
        person("王芳", 2, 与户主关系="爱人"),
        person("李娜", 4, 与户主关系="爱人"),
        person("赵丽", 6, 与户主关系="配偶"),
    ]
    checked = check(write_csv(tmp_path / "a.csv", rows))
    assert ("relationship", "爱人", "10", 2) in checked.readings.rows()
    assert all(written != "配偶" for _, written, _, _ in checked.readings.rows())


def test_a_number_that_lost_its_digits_is_refused_with_that_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "身份证号", "出生日期"])
        sheet.write_row(1, 0, ["王芳", 460108198005060028, 29347])
    checked = check(path)
    assert checked.rows["reason"].to_list() == ["id_lost_digits"]
    assert notes(checked)["date_read"] == "29347 → 1980-05-06"


@given(st.text(max_size=20))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    once = tidy_names(pl.Series([text], dtype=pl.String))
    assert tidy_names(once).to_list() == once.to_list()


def test_reading_leaves_what_it_was_given_as_it_is() -> None:
    given_texts = ["１９８０", "无", "王　芳"]
    series = pl.Series(given_texts)
    for read in (half_width, parse_dates, tidy_names, without_nothing, parse_ages):
        read(series)
    assert series.to_list() == given_texts


@pytest.mark.parametrize(
    ("text", "age"), [("45", 45), ("45岁", 45), ("8个月", 0), ("虚岁46", 46), ("约50", None), ("200", None), ("", None)]
)
def test_ages(text: str, age: int | None) -> None:
    assert parse_ages(pl.Series([text])).to_list() == [age]
