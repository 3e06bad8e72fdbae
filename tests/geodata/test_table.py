"""Tables as text: exact values, row numbers people see, headings under titles, and files that are refused."""

from __future__ import annotations

import csv
import datetime as dt
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from geodata.errors import GeodataError
from geodata.readers.table import SheetTable, read_tables
from geodata.readers.table_guard import (
    TableDamagedError,
    TableEmptyError,
    TableLimits,
    TableProtectedError,
    TableTooLargeError,
    TableTypeError,
    TableUnsafeError,
    column_letters,
)

KNOWN = {"姓名", "身份证号", "出生日期", "楼栋", "单元", "房号", "住址", "数"}


def known(text: str) -> bool:
    return text in KNOWN


def workbook(path: Path, fill: Callable[[xlsxwriter.Workbook], None]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        fill(book)
    return path


def one(path: Path) -> SheetTable:
    (table,) = read_tables(path, known=known)
    return table


def test_a_workbook_is_read_as_text_with_the_row_numbers_people_see(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("人口")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write(1, 1, "某社区人口登记表")
        sheet.write_row(3, 1, ["姓名", "身份证号", "出生日期", "数"])
        sheet.write_row(4, 1, ["王芳", "11010519491231002X"])
        sheet.write(4, 3, dt.date(1949, 12, 31), day)
        sheet.write(4, 4, 3)
        sheet.write_row(6, 1, [" 李伟", "110105194912310021"])
        sheet.write(6, 4, 2.5)

    table = one(workbook(tmp_path / "a.xlsx", fill))
    assert table.name == "人口"
    assert table.headings == ("姓名", "身份证号", "出生日期", "数")
    assert table.header_rows == (4,)
    assert table.letters == ("B", "C", "D", "E")
    assert table.row_numbers.tolist() == [5, 7]
    assert table.blank_rows == 1
    assert table.rows.rows() == [
        ("王芳", "11010519491231002X", "1949-12-31", "3"),
        (" 李伟", "110105194912310021", None, "2.5"),
    ]
    assert table.typed_numbers == {}


def test_long_numbers_typed_as_numbers_are_told_from_text(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "身份证号"])
        sheet.write_row(1, 0, ["a", "110105194912310000"])
        sheet.write_string(2, 0, "b")
        sheet.write_number(2, 1, 110105194912310021)
        sheet.write_string(3, 0, "c")
        sheet.write_number(3, 1, 110105491231002)

    table = one(workbook(tmp_path / "a.xlsx", fill))
    assert table.typed_numbers["B"].tolist() == [False, True, False]
    assert table.rows["B"].to_list() == ["110105194912310000", "110105194912310000", "110105491231002"]


def test_two_heading_rows_under_merged_titles_are_joined(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:E1", "登记表")
        sheet.merge_range("A2:A3", "姓名")
        sheet.merge_range("B2:D2", "住址")
        sheet.write_row(2, 1, ["楼栋", "单元", "房号"])
        sheet.merge_range("E2:E3", "身份证号")
        sheet.write_row(3, 0, ["王芳", "1", "2", "301", "x"])

    table = one(workbook(tmp_path / "a.xlsx", fill))
    assert table.header_rows == (2, 3)
    assert table.headings == ("姓名", "楼栋", "单元", "房号", "身份证号")
    assert table.row_numbers.tolist() == [4]


def test_a_value_merged_over_rows_stands_in_each_of_them(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("人 & 房")
        sheet.merge_range("A1:C1", "登记表")
        sheet.write_row(1, 0, ["住址", "姓名", "房号"])
        sheet.merge_range("A3:A5", "海景花园1栋")
        sheet.merge_range("C3:C4", "301")
        for row, name in [(2, "王芳"), (3, "王伟"), (6, "李娜")]:
            sheet.write(row, 1, name)
        book.add_worksheet("空")

    table = one(workbook(tmp_path / "a.xlsx", fill))
    assert table.rows.rows() == [("海景花园1栋", "王芳", "301"), ("海景花园1栋", "王伟", "301"), (None, "李娜", None)]
    assert table.row_numbers.tolist() == [3, 4, 7]
    assert table.blank_rows == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "，"])
def test_text_tables_in_every_usual_form(tmp_path: Path, encoding: str, separator: str) -> None:
    lines = ["登记表", separator.join(["姓名", "身份证号", "住址"]), "", separator.join(["王芳", "0012", '"a,b;c"'])]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding=encoding)
    table = one(path)
    assert table.headings == ("姓名", "身份证号", "住址")
    assert table.rows.rows() == [("王芳", "0012", "a,b;c")]
    assert table.row_numbers.tolist() == [4]
    assert table.blank_rows == 1


def test_a_row_longer_than_the_headings_loses_no_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("姓名,身份证号\n王芳,1,多出来\n李伟\n", encoding="utf-8")
    table = one(path)
    assert table.rows.rows() == [("王芳", "1", "多出来"), ("李伟", None, None)]
    assert table.headings == ("姓名", "身份证号", "")


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff"), max_size=8), min_size=2, max_size=2
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_stands_in_a_csv_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["姓名", "身份证号"], *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(text.getvalue().encode())
    filled = [tuple(cell if cell.strip() else None for cell in row) for row in rows]
    wanted = [row for row in filled if any(row)]
    if not wanted:
        with pytest.raises(TableEmptyError):
            one(path)
        return
    table = one(path)
    assert table.rows.rows() == wanted
    assert table.row_numbers.tolist() == [i + 2 for i, row in enumerate(filled) if any(row)]


def test_one_far_cell_is_refused_at_once(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "姓名"
    book.active["AZ200000"] = "x"
    path = tmp_path / "far.xlsx"
    book.save(path)
    # 52 columns x 200,000 rows are within the limits: it must be read without harm, not refused.
    started = time.perf_counter()
    assert one(path).row_numbers.tolist() == [200_000]
    assert time.perf_counter() - started < 10
    book.active["XFD1048576"] = "x"
    book.save(path)
    with pytest.raises(TableTooLargeError) as caught:
        one(path)
    assert "XFD1048576" in caught.value.text


def test_a_lying_dimension_does_not_help(tmp_path: Path) -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (i, i) for i in range(1, 150_000))
    bomb = b'<row r="1048576"><c s="1" r="XFD1048576"><v>1</v></c></row>'
    path = raw_workbook(
        tmp_path / "lie.xlsx",
        b'<worksheet><dimension ref="A1:B9"/><sheetData>' + rows + bomb + b"</sheetData></worksheet>",
    )
    with pytest.raises(TableTooLargeError):
        one(path)


def raw_workbook(path: Path, sheet: bytes, *, extra: dict[str, bytes] | None = None) -> Path:
    """A workbook whose sheet is these bytes."""
    plain = io.BytesIO()
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet().write(0, 0, "姓名")
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            data = sheet if info.filename.endswith("sheet1.xml") else source.read(info)
            target.writestr(info.filename, data)
        for name, data in (extra or {}).items():
            target.writestr(name, data)
    return path


def test_archives_that_are_not_only_a_table_are_refused(tmp_path: Path) -> None:
    sheet = b"<worksheet><sheetData/></worksheet>"
    small = TableLimits(max_unpacked_bytes=100_000, max_entries=40)
    for name, extra, error in [
        ("macro", {"xl/vbaProject.bin": b"x"}, TableUnsafeError),
        ("slip", {"../../evil.xml": b"x"}, TableUnsafeError),
        ("nested", {"xl/inner.zip": b"x"}, TableUnsafeError),
        ("many", {f"xl/{i}.xml": b"x" for i in range(60)}, TableTooLargeError),
        ("big", {"xl/big.xml": b"a" * 200_000}, TableTooLargeError),
    ]:
        path = raw_workbook(tmp_path / f"{name}.xlsx", sheet, extra=extra)
        with pytest.raises(error):
            read_tables(path, limits=small)
    bomb = raw_workbook(tmp_path / "ratio.xlsx", sheet, extra={"xl/zeros.xml": b" " * 20_000_000})
    with pytest.raises(TableTooLargeError, match="ratio"):
        read_tables(bomb)


def test_what_is_no_table_is_refused_with_its_kind(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "a.xlsx", lambda book: book.add_worksheet().write_row(0, 0, ["姓名", "数"]) or None)
    cases: list[tuple[bytes, type[GeodataError]]] = [
        (b"", TableEmptyError),
        (b"  \n\n", TableEmptyError),
        (whole.read_bytes()[:-300], TableDamagedError),
        (b"<html><table><tr><td>x</td></tr></table></html>", TableTypeError),
        (b"%PDF-1.7 ...", TableTypeError),
        (b"\x89PNG\r\n\x1a\n\x00\x00", TableTypeError),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), TableProtectedError),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, TableTypeError),
        (b'{"a": 1}', TableTypeError),
        ('姓名,"数\n1,2\n'.encode(), TableDamagedError),
    ]
    for place, (content, error) in enumerate(cases):
        path = tmp_path / f"case{place}.xls"
        path.write_bytes(content)
        with pytest.raises(error) as caught:
            read_tables(path, known=known)
        assert caught.value.text
        assert caught.value.remedy
    with pytest.raises(TableEmptyError):
        read_tables(whole, known=known)
    archive = tmp_path / "plain.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "x")
    with pytest.raises(TableTypeError):
        read_tables(archive)


def test_limits_of_size_rows_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("姓名,数\n" + "a,1\n" * 200, encoding="utf-8")
    assert one(path).rows.height == 200
    for limits in (TableLimits(max_bytes=100), TableLimits(max_rows=150), TableLimits(max_columns=1)):
        with pytest.raises(TableTooLargeError):
            read_tables(path, limits=limits, known=known)


@given(st.integers(0, 16_383))
def test_column_letters_are_those_of_a_spreadsheet(index: int) -> None:
    assert column_letters(index) == get_column_letter(index + 1)


def test_a_number_written_with_a_small_exponent_is_found_too(tmp_path: Path) -> None:
    """Some programs write long numbers as 9.9e+17, some as 9.9E+17: both have lost digits."""
    workbook = openpyxl.Workbook()
    workbook.active.append(["姓名", "身份证号"])
    workbook.active.append(["张三", "990108199001011032"])
    workbook.active.append(["李四", 990108199001011000])
    workbook.save(tmp_path / "r.xlsx")
    table = read_tables(tmp_path / "r.xlsx")[0]
    assert table.typed_numbers["B"].tolist() == [False, True]
