"""What a form asks for is said before it is filled: every placeholder and column, what it means, what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.readers.table_guard import (
    TableDamagedError,
    TableEmptyError,
    TableError,
    TableProtectedError,
    TableTooLargeError,
    TableTypeError,
    TableUnsafeError,
)
from gridmap.forms.example import EXAMPLES, example
from gridmap.forms.filling import fill
from gridmap.forms.preview import Standing, columns, lines
from gridmap.forms.vocabulary import Rows, plain
from gridmap.forms.words import said
from gridmap.i18n import LANGUAGES, translator
from gridmap.indicators.cells import count_names
from gridmap.indicators.registry import AREA_MEASURE, parsed, shipped_registry
from tests.gridmap.forms.books import WORDS, Fixed, book, cells, opened, repacked, sheet_of


def test_every_indicator_goes_by_code_and_by_both_names() -> None:
    """Also after a colon that says it is an indicator."""
    for indicator in shipped_registry().indicators.values():
        names = [indicator.id, *(translator(language).gettext(indicator.name) for language in LANGUAGES)]
        for name in names:
            found = WORDS.placeholder(f"指标：{name}", None).item
            assert found is not None, name
            assert found.key == indicator.id
            assert WORDS.placeholder(name, None).item is not None, name


def test_every_count_is_one_that_is_counted() -> None:
    """By its own name, or by the expression that makes it."""
    registry = shipped_registry()
    table = count_names(registry.terms())
    for item in (item for item in WORDS.items.values() if item.group == "count"):
        assert WORDS.names["count"][plain(item.key)] == item
        known = item.key in table or item.key in registry.measures or item.key == AREA_MEASURE
        assert known or parsed(item.of).names <= set(table), item.key


def test_unknown_placeholders_are_named_with_their_cell_and_what_looks_like_them() -> None:
    """So that a slip can be mended in a minute."""
    found = {line.at: line for line in lines(opened(cells(B3="{{常住人囗}}", C4="{{居民.联系电活}}")), None, "zh-CN")}
    assert found["B3"].standing is Standing.UNKNOWN
    assert "常住人口" in found["B3"].nearest
    assert found["C4"].rows is Rows.RESIDENTS
    assert "联系电话" in found["C4"].nearest


@pytest.mark.parametrize("name", ["孕情", "居民.独生子女证", "居民.避孕措施", "生育情况", "居民.birth permit"])
def test_reproduction_is_left_empty_and_said_so(name: str) -> None:
    """By decision, whatever the form's maker asks for."""
    content = cells(A1="{{" + name + "}}")
    (line,) = lines(opened(content), None, "en")
    assert (line.standing, line.reason) == (Standing.NEVER, "never")
    assert sheet_of(fill(opened(content), Fixed()))["A1"].value is None


def test_reproduction_columns_of_a_list_are_left_empty() -> None:
    """They cannot be chosen to hold something else either."""
    content = cells(A1="姓名", B1="身份证号", C1="孕检情况", D1="是否独生子女", E1="电话")
    form = opened(content, {"Sheet": {}, "表1": {"columns": {"C": "resident.phone"}}})
    found = {line.at: line for line in columns(form.tables[0], None, "zh-CN")}
    assert [found[at].standing for at in "ABCDE"] == [
        Standing.FILLED, Standing.FILLED, Standing.NEVER, Standing.NEVER, Standing.FILLED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headings", "rows"),
    [
        (("序号", "姓名", "性别", "身份证号码"), Rows.RESIDENTS),
        (("小区", "楼栋", "单元", "房号", "居住人数"), Rows.DWELLINGS),
        (("网格名称", "常住人口", "户数"), Rows.CELLS),
        (("社区", "常住人口", "60岁及以上"), Rows.COMMUNITIES),
        (("name", "sex", "age"), Rows.RESIDENTS),
        (("日期", "事项", "金额"), None),
    ],
)
def test_headings_say_what_a_list_is_of(headings: tuple[str, ...], rows: Rows | None) -> None:
    """Known headings are enough; what is not understood is left alone."""
    form = opened(cells(**{f"{chr(65 + at)}3": heading for at, heading in enumerate(headings)}))
    assert [table.rows for table in form.tables] == ([] if rows is None else [rows])


def test_two_rows_of_headings_are_read_together() -> None:
    """Titles above several columns, headings that reach over both rows, a row that numbers the columns."""

    def draw(_: Any, sheet: Any) -> None:
        sheet.merge_range("A1:E1", "人口信息登记表")
        sheet.merge_range("A2:A3", "序号")
        sheet.merge_range("B2:B3", "姓名")
        sheet.merge_range("C2:D2", "基本情况")
        sheet.write_row("C3", ["性别", "民族"])
        sheet.merge_range("E2:E3", "联系电话")
        sheet.write_row("A4", [1, 2, 3, 4, 5])

    (table,) = opened(book(draw)).tables
    assert (table.heading_rows, table.first) == ((2, 3), 5)
    assert [column.heading for column in table.columns] == ["序号", "姓名", "性别", "民族", "联系电话"]


def test_what_was_understood_can_be_corrected() -> None:
    """A column to another meaning or none, the list to another kind, the sheet left alone."""
    content = cells(A1="姓名", B1="性别", C1="住处", D1="电话")
    form = opened(content, {"表1": {"columns": {"C": "place.address", "D": ""}}})
    assert [column.meaning.item and column.meaning.item.code for column in form.tables[0].columns] == [
        "resident.name", "resident.sex", "place.address", None,
    ]  # fmt: skip
    assert not opened(content, {"表1": {"rows": ""}}).asks
    assert (
        opened(cells(A1="姓名", B1="性别", C1="户数"), {"表1": {"rows": "dwellings"}}).tables[0].rows is Rows.DWELLINGS
    )


def test_sample_rows_are_not_overwritten() -> None:
    """Who left an example below the headings is told to clear it."""
    form = opened(cells(A1="姓名", B1="性别", A2="张三（示例）"))
    assert form.tables[0].problem is not None
    assert not form.asks


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"A1": "{{#网格}}"}, "表1!A1: a repeated part begins here and never ends"),
        ({"B2": "{{/网格}}"}, "表1!B2: a repeated part ends here that has not begun"),
        ({"A1": "{{#天气}}"}, "表1!A1: “天气” names nothing that has rows"),
        ({"A1": "{{#网格}}{{#社区}}{{/社区}}"}, "表1!A1: a repeated part cannot stand inside another"),
        ({"A1": '="{{population}}"'}, "表1!A1: a placeholder inside a formula is not filled"),
        ({"A1": "{{网格.名称}}{{居民.姓名}}"}, "表1!A1: one row cannot be repeated for two kinds"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(texts: dict[str, str], expected: str) -> None:
    """In sentences, each with the cell."""
    problems = [said(problem, translator("en")) for problem in opened(cells(**texts)).problems]
    assert any(problem.startswith(expected) for problem in problems), problems


def test_what_is_lost_is_said() -> None:
    """A signature, placeholders in text boxes, pivot tables."""
    content = repacked(
        cells(A1="{{population}}"), _xmlsignatures__sig1_xml=b"<a/>", xl__drawings__drawing9_xml=b"<a>{{x}}</a>",
        xl__pivotTables__pivotTable1_xml=b"<a/>",
    )  # fmt: skip
    assert len(opened(content).problems) == 3


@pytest.mark.parametrize("kind", EXAMPLES)
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_shipped_examples_are_understood_whole(kind: str, language: str) -> None:
    """No unknown placeholder, nothing to complain of; a roster leaves the remarks empty."""
    form = opened(example(kind, language).content)
    found = [*lines(form, None, language), *(line for table in form.tables for line in columns(table, None, language))]
    empty = [(line.at, line.reason) for line in found if line.standing is not Standing.FILLED]
    assert empty == ([] if kind == "figures" else [("J", "absent")])
    assert form.problems == ()
    assert form.asks


# --- hostile workbooks ----------------------------------------------------------------------------------------------


def _cell(at: str) -> bytes:
    xml = f'<worksheet><sheetData><row r="1"><c r="{at}"><v>1</v></c></row></sheetData></worksheet>'
    return repacked(cells(A1="x"), xl__worksheets__sheet1_xml=xml.encode())


_BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><worksheet>&c;</worksheet>'


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", TableEmptyError),
        (b"name,age\n", TableTypeError),
        (b"PK\x03\x04 cut short", TableDamagedError),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), TableTypeError),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), TableProtectedError),
        (repacked(cells(A1="x"), xl__worksheets__sheet1_xml=_BOMB), TableDamagedError),
        (repacked(cells(A1="x"), xl__worksheets__sheet1_xml=b"<worksheet><sheetData>"), TableDamagedError),
        (repacked(cells(A1="x"), xl__worksheets__sheet1_xml=b"<worksheet>" + b"<row/>" * 10**6), TableTooLargeError),
        (repacked(cells(A1="x"), **{"xl__vbaProject.bin": b"macro"}), TableUnsafeError),
        (_cell("B2"), TableDamagedError),
        (_cell("XFD1048576"), TableTooLargeError),
    ],
)  # fmt: skip
def test_hostile_workbooks_are_refused(content: bytes, error: type[TableError]) -> None:
    """Before a parser opens them, each with what is wrong."""
    with pytest.raises(error):
        opened(content)


@given(position=st.floats(0, 1), bits=st.binary(min_size=1, max_size=8))
def test_damaged_workbooks_are_refused_or_read(position: float, bits: bytes) -> None:
    """Whatever byte is wrong: an explained refusal or a form, never a fault."""
    whole = bytearray(example("figures", "zh-CN").content)
    at = int(position * (len(whole) - len(bits)))
    whole[at : at + len(bits)] = bits
    try:
        form = opened(bytes(whole))
        fill(form, Fixed())
    except TableError:
        pass


def test_no_path_leads_out_of_the_archive() -> None:
    """A part that names a file of the server."""
    content = cells(A1="x")
    evil = content.replace(b"xl/styles.xml", b"../styles.xml")
    with pytest.raises((TableUnsafeError, TableDamagedError)):
        opened(evil)
