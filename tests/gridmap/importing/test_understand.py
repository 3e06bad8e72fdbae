"""What offices hand in: titles, two heading rows, sections, subtotals, notes, printed pages, several tables, forms."""

from __future__ import annotations

import csv
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from geodata.readers.table_guard import TableEmptyError
from gridmap.importing.choices import SheetChoice, choices_as_json, choices_from_json
from gridmap.importing.headings import ColumnStatus, field_of, join_headings
from gridmap.importing.understand import NotARegisterError, Understood, UnderstoodSheet, understand
from tests.gridmap.importing.registers import id_number

Cells = Sequence[Sequence[object]]


def book(path: Path, *sheets: tuple[str, Callable[[Worksheet], None]]) -> Path:
    with xlsxwriter.Workbook(path) as workbook:
        for name, fill in sheets:
            fill(workbook.add_worksheet(name))
    return path


def rows_of(cells: Cells) -> Callable[[Worksheet], None]:
    def fill(sheet: Worksheet) -> None:
        for at, row in enumerate(cells):
            for place, cell in enumerate(row):
                if cell not in {None, ""}:
                    sheet.write(at, place, cell)

    return fill


def table(path: Path, cells: Cells) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(cells)
    return path


def fields(sheet: UnderstoodSheet) -> dict[str, str | None]:
    return {c.letters: c.field for c in sheet.columns if c.status is ColumnStatus.MAPPED}


def kinds(understood: Understood, at: int = 0) -> dict[int, str]:
    return dict(understood.tables[at].skipped.rows())


def test_an_office_form_is_understood_whole(tmp_path: Path) -> None:
    """Title, two heading rows under merged titles, sections, merged households, subtotals, a second printed page,
    numbered empty lines, and the notes at the end: what is no resident is named, and every resident is there."""

    def fill(sheet: Worksheet) -> None:
        sheet.merge_range("A1:H1", "东湖里社区常住人口登记表（截至2025年3月31日）")
        sheet.write(1, 0, "填报单位：东湖里社区")
        for letters in "ABCG":
            sheet.merge_range(
                f"{letters}3:{letters}4", {"A": "序号", "B": "姓 名", "C": "身份证\n号码", "G": "年龄"}[letters]
            )
        sheet.merge_range("D3:F3", "现住址")
        sheet.write_row(3, 3, ["楼栋", "单元", "房号"])
        sheet.merge_range("H3:H4", "备注")
        sheet.merge_range("A5:H5", "第一网格")
        for row, (name, number, room) in enumerate(
            [("王芳", 2, "101"), ("李伟", 3, ""), ("张三", 5, "102")], start=5
        ):  # fmt: skip
            sheet.write_row(row, 0, [row - 4, name, id_number(sequence=number)])
            if room == "102":
                sheet.write_row(row, 3, ["2号楼", "1", room])
        sheet.merge_range("D6:D7", "1号楼")
        sheet.merge_range("E6:E7", "1")
        sheet.merge_range("F6:F7", "101")
        sheet.write_row(8, 0, ["小计", "3人"])
        sheet.write_row(9, 0, ["序号", "姓 名", "身份证\n号码", "现住址"])
        sheet.write_row(10, 3, ["楼栋", "单元", "房号"])
        sheet.write(11, 0, "户籍人口名单")
        sheet.write_row(12, 0, [4, "赵六", id_number(sequence=7), "2号楼", "1", "201", 46, "说明：外出"])
        sheet.write(13, 0, 5)
        sheet.write_row(15, 0, ["合计", "", "", "", "", "", 4])
        sheet.write_row(16, 0, ["填表人：符某", "", "审核人：云某", "", "联系电话：13800000000"])
        sheet.write(17, 1, "以上人员信息属实，如有出入由社区负责。")

    understood = understand(book(tmp_path / "a.xlsx", ("人口", fill)))
    (sheet,) = understood.sheets
    assert sheet.header_rows == (3, 4)
    assert fields(sheet) == {"B": "name", "C": "id_number", "D": "building", "E": "unit", "F": "room", "G": "age"}
    assert understood.tables[0].row_numbers.tolist() == [6, 7, 8, 13]
    assert understood.tables[0].rows["D"].to_list() == ["1号楼", "1号楼", "2号楼", "2号楼"]
    assert kinds(understood) == {
        1: "title", 2: "title", 3: "header", 4: "header", 5: "section", 9: "subtotal", 10: "header", 11: "header",
        12: "section", 14: "blank", 15: "blank", 16: "subtotal", 17: "note", 18: "note",
    }  # fmt: skip
    assert sheet.all_rows == 18
    assert [(row, day.isoformat()) for row, day in sheet.dates] == [(1, "2025-03-31")]
    assert "1380000" not in repr(sheet)


def test_a_row_that_names_a_person_is_never_skipped(tmp_path: Path) -> None:
    cells = [
        ["序号", "姓名", "身份证号", "住址", "备注"],
        ["小计", "王芳", id_number(sequence=2), "", ""],
        ["", "合计", id_number(sequence=3), "", ""],
        ["", "李某1", "", "", "说明：外出"],
        ["", "张", "", "", "合计2人"],
        ["", "欧阳 第一", "", "", ""],
        ["1", "", "", "海景花园1号楼101", ""],
        ["", "赵六", "", "", ""],
    ]
    understood = understand(table(tmp_path / "a.csv", cells))
    assert understood.tables[0].row_numbers.tolist() == [2, 3, 4, 5, 6, 7, 8]


def test_sheets_of_other_layouts_stand_side_by_side(tmp_path: Path) -> None:
    """Each sheet has its own columns; one without persons, a hidden one and an empty one are not imported, and said."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        rows_of([["姓名", "公民身份号码", "现住址"], ["王芳", id_number(sequence=2), "x"]])(
            workbook.add_worksheet("甲")
        )
        rows_of([["登记表"], [], ["居住地址", "证件号码", "居民姓名"], ["y", id_number(sequence=3), "李伟"]])(
            workbook.add_worksheet("乙")
        )
        rows_of([["楼栋", "层数"], ["1号楼", 6]])(workbook.add_worksheet("楼栋"))
        rows_of([["姓名", "身份证号"], ["赵六", ""]])(hidden := workbook.add_worksheet("备份"))
        hidden.hide()
        workbook.add_worksheet("空")
    understood = understand(path)
    assert [(s.name, s.is_register, s.used, s.hidden, s.all_rows) for s in understood.sheets] == [
        ("甲", True, True, False, 2), ("乙", True, True, False, 4), ("楼栋", False, False, False, 2),
        ("备份", True, False, True, 2),
    ]  # fmt: skip
    assert [t.name for t in understood.registers()] == ["甲", "乙"]
    assert fields(understood.sheets[1]) == {"A": "address", "B": "id_number", "C": "name"}
    chosen = understand(path, choices={"甲": SheetChoice(use=False), "备份": SheetChoice(use=True)})
    assert [t.name for t in chosen.registers()] == ["乙", "备份"]
    assert [t.name for t in understood.registers("备份")] == ["备份"]


def test_two_tables_on_one_sheet_keep_their_own_columns(tmp_path: Path) -> None:
    cells = [
        ["姓名", "身份证号", "住址"], ["王芳", id_number(sequence=2), "x"],
        ["流动人口", "", ""],
        ["身份证号", "性别", "姓名"], [id_number(sequence=3), "男", "李伟"],
    ]  # fmt: skip
    understood = understand(table(tmp_path / "a.csv", cells))
    assert [(s.name, s.header_rows, s.rows) for s in understood.sheets] == [("a", (1,), 1), ("a (4)", (4,), 1)]
    assert [fields(sheet) for sheet in understood.sheets] == [
        {"A": "name", "B": "id_number", "C": "address"}, {"A": "id_number", "B": "sex", "C": "name"},
    ]  # fmt: skip
    assert sum(sheet.all_rows for sheet in understood.sheets) == 5


def test_decisions_are_followed(tmp_path: Path) -> None:
    """The heading row, a column and a skipped row, as somebody says; without headings, columns by their letters."""
    cells = [["甲", "乙", "丙"], ["栏一", "栏二", "栏三"], ["王芳", "x", id_number(sequence=2)], ["合计", "1", ""]]
    path = table(tmp_path / "a.csv", cells)
    assert not understand(path).sheets[0].is_register
    with pytest.raises(NotARegisterError):
        understand(path).registers()
    choice = SheetChoice(header_rows=(2,), columns={"A": "name", "C": "id_number"}, data_rows=frozenset({4}))
    understood = understand(path, choices={"a": choice})
    assert understood.sheets[0].header_rows == (2,)
    assert kinds(understood) == {1: "title", 2: "header"}
    assert fields(understood.sheets[0]) == {"A": "name", "C": "id_number"}
    bare = understand(path, choices={"a": SheetChoice(header_rows=(), columns={"A": "name"})})
    assert bare.tables[0].row_numbers.tolist() == [1, 2, 3]
    assert kinds(bare) == {4: "subtotal"}


def test_headings_of_a_list_without_headings_tell_nobody(tmp_path: Path) -> None:
    """The first person of a list without headings is no heading: the error that says so names nobody."""
    path = table(
        tmp_path / "a.csv", [["王芳", id_number(sequence=2), "海景花园"], ["李伟", id_number(sequence=3), "x"]]
    )
    with pytest.raises(NotARegisterError) as caught:
        understand(path).registers()
    assert "王芳" not in str(caught.value)
    assert id_number(sequence=2) not in str(caught.value)


def test_decisions_survive_being_kept() -> None:
    choices = {"甲": SheetChoice(False, (2, 3), {"B": "name", "C": ""}, frozenset({7})), "乙": SheetChoice()}
    assert choices_from_json(choices_as_json(choices)) == {"甲": choices["甲"]}
    later = SheetChoice(columns={"C": "phone"}).over(choices["甲"])
    assert later == SheetChoice(False, (2, 3), {"B": "name", "C": "phone"}, frozenset({7}))
    assert SheetChoice(header_rows=(1,)).over(choices["甲"]).columns == {}


def test_what_was_understood_can_be_handed_to_another_process(tmp_path: Path) -> None:
    understood = understand(table(tmp_path / "a.csv", [["姓名"], ["王芳"], ["合计"]]))
    again = pickle.loads(pickle.dumps(understood))
    assert (again.sheets, again.choices) == (understood.sheets, understood.choices)


def test_a_sheet_of_titles_alone_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(TableEmptyError):
        understand(table(tmp_path / "a.csv", [["姓名", "身份证号"]]))


@pytest.mark.parametrize(
    ("title", "text", "field"),
    [
        ("住址", "楼栋", "building"), ("户籍", "地址", "registered_address"), ("户主信息", "姓名", "head"),
        ("基本信息", "电话", "phone"), ("现居住", "地址", "address"), ("婚姻", "状况", "marital_status"),
        ("配偶信息", "姓名", "another_person"), ("监护人", "电话", None), ("紧急联系人", "姓名", None),
        ("计划生育", "姓名", None), ("房屋", "状态", "state"), ("人员信息", "姓名", "name"),
    ],
)  # fmt: skip
def test_a_heading_under_a_title_means_what_both_say(title: str, text: str, field: str | None) -> None:
    found = field_of(join_headings(title, text))
    assert found == field
    if title in {"配偶信息", "监护人", "紧急联系人", "计划生育"}:
        assert found not in {"name", "phone"}


@pytest.mark.parametrize("heading", ["1、姓名", "（2）姓名", "姓 名（必填）", "*姓名", "居民姓名", "姓名\n（户主）"])
def test_headings_as_forms_have_them(heading: str) -> None:
    assert field_of(heading) == "name"
