"""What stands beside the cells: merges, hidden rows and columns, the epoch; in new and in old workbooks.

The .xls files in ``samples`` were written by hand-made lists through LibreOffice; they hold nobody.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from geodata.readers.table import read_tables
from geodata.readers.table_biff import find_old_marks
from geodata.readers.table_marks import Merge, fill_merges

SAMPLES = Path(__file__).parent / "samples"
KNOWN = {"序号", "姓名", "身份证号", "住址", "楼栋", "房号", "出生日期", "备注"}


def known(text: str) -> bool:
    return text in KNOWN


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_hidden_rows_and_columns_are_read_and_said(tmp_path: Path, kind: str) -> None:
    path = SAMPLES / "marks_1904.xls"
    if kind == "xlsx":
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
            sheet = book.add_worksheet("人口")
            sheet.write_row(0, 0, ["姓名", "住址", "身份证号"])
            for row in range(1, 7):
                sheet.write_row(row, 0, [f"张测{row}", "x", "y"])
            sheet.set_row(6, None, None, {"hidden": True})
            sheet.set_column("C:C", 20, None, {"hidden": True})
            book.add_worksheet("说明").write(0, 0, "本表一式两份")
    table = read_tables(path, known=known)[0]
    assert table.hidden_rows == {7}
    assert 7 in table.row_numbers.tolist()
    assert table.hidden_columns == {"C"}
    assert table.rows["C"].null_count() < table.rows.height
    assert table.from_1904


def test_an_old_workbook_is_understood_like_a_new_one() -> None:
    people, note, backup = read_tables(SAMPLES / "marks_1904.xls", known=known)
    assert people.header_rows == (2, 3)
    assert people.headings == ("序号", "姓名", "身份证号", "楼栋", "房号", "出生日期")
    assert people.skipped.rows() == [(1, "title"), (2, "header"), (3, "header"), (8, "blank")]
    assert people.rows["D"].to_list()[1:3] == ["1栋", "1栋"], "the room of a family is merged over its members"
    assert people.own.tolist() == [1, 6, 4, 4, 2]
    assert people.wide.tolist() == [True, False, False, False, False]
    assert people.typed_numbers["C"].tolist() == [False, False, True, False, False]
    assert people.rows["F"].to_list()[1:3] == ["1980-05-06", "27885"]
    assert (note.headings, note.header_rows) == (("",), ())
    assert backup.hidden


def test_merges_of_a_long_old_workbook_reach_every_member() -> None:
    (table,) = read_tables(SAMPLES / "merges.xls", known=known)
    assert table.rows["B"].to_list() == [f"海景花园{at // 3 + 1}号楼" for at in range(120)]
    assert table.hidden_rows == {51}


@given(
    st.sampled_from(["marks_1904.xls", "merges.xls"]),
    st.lists(st.tuples(st.integers(0, 19_000), st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, 20_000),
)
def test_no_damage_to_an_old_workbook_is_an_error_here(
    name: str, changes: list[tuple[int, bytes]], length: int
) -> None:
    content = bytearray((SAMPLES / name).read_bytes()[: max(length, 64)])
    for at, data in changes:
        content[at : at + len(data)] = data
    find_old_marks(bytes(content))


def test_ranges_that_overlap_cost_no_more_than_their_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("姓名,住址\n" + "甲,\n" * 50, encoding="utf-8")
    (table,) = read_tables(path, known=known)
    cells = table.rows.with_columns(B=table.rows["B"].scatter([0], ["x"]))
    merges = [Merge(1, 50, 1, 1), *(Merge(row, 1_048_576, 1, 1) for row in range(2, 49))]
    assert fill_merges(cells, merges, 1)["B"].to_list() == ["x"] * 50


def test_somebody_may_say_which_rows_are_the_headings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("甲栏,乙栏\n张测一,1\n李测二,2\n", encoding="utf-8")
    for rows, headings, numbers in (
        ((1,), ("甲栏", "乙栏"), [2, 3]), ((), ("", ""), [1, 2, 3]), ((1, 2), ("张测一", "1"), [3]),
        ((3,), ("李测二", "2"), []), ((99,), ("", ""), [1, 2, 3]),
    ):  # fmt: skip
        tables = read_tables(path, known=known, header_rows={"a": rows}) if numbers else []
        for table in tables:
            assert (table.headings, table.row_numbers.tolist()) == (headings, numbers)
            assert sorted([*numbers, *table.skipped["row"].to_list()]) == [1, 2, 3]


def test_a_list_without_headings_does_not_lose_its_first_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "张测一,99010819800506002X,海景花园1号楼\n李测二,990108198005060038,海景花园2号楼\n", encoding="utf-8"
    )
    (table,) = read_tables(path, known=known)
    assert table.header_rows == ()
    assert table.row_numbers.tolist() == [1, 2]
