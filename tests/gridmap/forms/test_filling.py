"""A filled form is the office's form: values in their cells, everything else as it was."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from gridmap.forms.filling import Figure, fill
from gridmap.forms.vocabulary import Rows
from tests.gridmap.forms.books import AS_OF, PIXEL, Fixed, areas, book, cells, opened, part, people, repacked, sheet_of


def filled(content: bytes, source: Fixed | None = None) -> bytes:
    return fill(opened(content), source or Fixed())


def test_placeholders_become_numbers_and_texts() -> None:
    """Alone in its cell a figure is a number; within a text it is part of the text; full-width braces do too."""
    content = cells(
        A1="{{常住人口}}",
        A2="截至{{日期}}，{{street}}有 {{ population }} 人",
        A3="｛｛街道｝｝",
        A4="{{indicator: population}}",
    )
    sheet = sheet_of(filled(content))
    assert [sheet[f"A{row}"].value for row in range(1, 5)] == [
        10315, "截至2026年11月20日，龙舌坡街道有 10315 人", "龙舌坡街道", 10315,
    ]  # fmt: skip


def test_the_cell_s_format_decides_how_a_value_is_written() -> None:
    """A share under a percent format is a share, elsewhere hundredths; a date under a date format is a day."""

    def draw(made: Any, sheet: Any) -> None:
        sheet.write("A1", "{{性别比}}", made.add_format({"num_format": "0.0%"}))
        sheet.write("A2", "{{性别比}}")
        sheet.write("A3", "{{性别比}}", made.add_format({"num_format": "0.000"}))
        sheet.write("A4", "{{日期}}", made.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write("A5", "{{户均人口}}")

    source = Fixed({"sex_ratio": Figure(12.3456, percent=True), "household_size": Figure(None)})
    sheet = sheet_of(filled(book(draw), source))
    assert sheet["A4"].value.date() == AS_OF
    assert [sheet[f"A{row}"].value for row in (1, 2, 3, 5)] == [
        pytest.approx(0.123456), 12.35, pytest.approx(12.3456), "–",
    ]  # fmt: skip


def test_texts_are_never_formulas_nor_filled_twice() -> None:
    """A name that looks like a formula, markup or a placeholder is written as it is."""
    hostile = ["=1+1", "@SUM(A1)", "{{date}}", "<v>&amp;</v>", "-2\x00\x0b", "+ \ud800x"]
    source = Fixed(rows={Rows.RESIDENTS: [{"name": name} for name in hostile]})
    result = filled(cells(A1="{{居民.姓名}}"), source)
    sheet = sheet_of(result)
    shown = [sheet[f"A{row}"] for row in range(1, 7)]
    assert [cell.value for cell in shown] == ["=1+1", "@SUM(A1)", "{{date}}", "<v>&amp;</v>", "-2", "+ x"]
    assert {cell.data_type for cell in shown[1:]} == {"s"}
    assert b"<f>" not in part(result, "xl/worksheets/sheet1.xml")


def test_a_row_of_row_values_is_repeated() -> None:
    """Style, height and merged cells come with every copy, sums below reach over all, what follows moves down."""

    def draw(made: Any, sheet: Any) -> None:
        sheet.merge_range("A1:C1", "{{street}}", made.add_format({"bold": True}))
        sheet.set_row(1, 33)
        sheet.write("A2", "{{row.no}}", made.add_format({"border": 1}))
        sheet.merge_range("B2:C2", "{{网格.名称}}", made.add_format({"italic": True}))
        sheet.write("D2", "{{网格.常住人口}}")
        sheet.write_formula("E2", "=D2/D$3")
        sheet.write_formula("D3", "=SUM(D2:D2)")
        sheet.write("A4", "foot")
        sheet.print_area("A1:E4")
        sheet.set_h_pagebreaks([3])
        sheet.data_validation("D2", {"validate": "integer", "criteria": ">=", "value": 0})

    sheet = sheet_of(filled(book(draw), Fixed(rows=areas(4))))
    assert [sheet[f"B{row}"].value for row in range(2, 6)] == [f"第{n}网格" for n in range(1, 5)]
    assert [sheet[f"E{row}"].value for row in (2, 5)] == ["=D2/D$6", "=D5/D$6"]
    assert (sheet["D6"].value, sheet["A7"].value) == ("=SUM(D2:D5)", "foot")
    assert {str(merge) for merge in sheet.merged_cells.ranges} == {"A1:C1", "B2:C2", "B3:C3", "B4:C4", "B5:C5"}
    assert (sheet["B5"].font.italic, sheet.row_dimensions[5].height, sheet.row_dimensions[6].height) == (True, 33, None)
    assert sheet.print_area == "'表1'!$A$1:$E$7"
    assert [str(check.sqref) for check in sheet.data_validations.dataValidation] == ["D2:D5"]
    assert [mark.id for mark in sheet.row_breaks.brk] == [6]


def test_rows_between_marks_are_repeated_together() -> None:
    """Rows that hold the marks alone vanish; values of the whole form stand inside, too."""
    content = cells(A1="{{#网格}}", A2="{{name}}", A3="共 {{population}} 人（{{日期}}）", A4="{{/网格}}", A5="end")
    sheet = sheet_of(filled(content, Fixed(rows=areas(2))))
    assert [sheet[f"A{row}"].value for row in range(1, 6)] == [
        "第1网格", "共 1 人（2026年11月20日）", "第2网格", "共 2 人（2026年11月20日）", "end",
    ]  # fmt: skip


def test_without_a_row_the_template_is_emptied() -> None:
    """Formulas around keep something to look at."""
    sheet = sheet_of(filled(cells(A1="{{网格.名称}}", B1="{{网格.常住人口}}", B2="=SUM(B1:B1)")))
    assert [sheet["A1"].value, sheet["B1"].value, sheet["B2"].value] == [None, None, "=SUM(B1:B1)"]


def test_a_table_with_known_headings_is_filled_below_them() -> None:
    """Free rows are used first; more are added in the style of the first; what stands below moves."""

    def draw(made: Any, sheet: Any) -> None:
        boxed = made.add_format({"border": 1})
        sheet.merge_range("A1:D1", "居民名册")
        for column, heading in enumerate(("序号", "姓 名", "年龄（周岁）", "性别", "备注")):
            sheet.write(1, column, heading)
            for row in (2, 3):
                sheet.write(row, column, "", boxed)
        sheet.write("A5", "填表人：")

    few, many = (sheet_of(filled(book(draw), Fixed(rows=people(count)))) for count in (1, 4))
    assert [[cell.value for cell in row] for row in few.iter_rows(min_row=3, max_row=5)] == [
        [1, "居民1", 1, "男", None], [None] * 5, ["填表人：", *[None] * 4],
    ]  # fmt: skip
    assert [many[f"B{row}"].value for row in range(3, 8)] == ["居民1", "居民2", "居民3", "居民4", None]
    assert (many["A7"].value, many["E6"].border.left.style) == ("填表人：", "thin")


def test_everything_else_goes_through_untouched() -> None:
    """Pictures, charts, styles, themes and print settings are the same bytes; a chart follows the rows it shows."""

    def draw(made: Any, sheet: Any) -> None:
        sheet.write("A1", "{{网格.名称}}")
        sheet.write("B1", "{{网格.常住人口}}")
        sheet.insert_image("D8", "seal.png", {"image_data": io.BytesIO(PIXEL)})
        chart = made.add_chart({"type": "column"})
        chart.add_series({"categories": "=表1!$A$1:$A$1", "values": "=表1!$B$1:$B$1"})
        sheet.insert_chart("D12", chart)
        sheet.set_landscape()
        sheet.write_comment("B1", "from the register")
        sheet.set_header("&L{{street}}&R&D")

    before = book(draw)
    after = filled(before, Fixed({"street": "A&B街道"}, rows=areas(6)))
    for path in ("xl/styles.xml", "xl/theme/theme1.xml", "xl/media/image1.png", "docProps/app.xml"):
        assert part(after, path) == part(before, path)
    assert "表1!$B$1:$B$6".encode() in part(after, "xl/charts/chart1.xml")
    assert b"<xdr:from><xdr:col>3</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>12</xdr:row>" in part(
        after, "xl/drawings/drawing1.xml"
    )
    sheet = sheet_of(after)
    assert sheet.oddHeader.left.text == "A&&B街道"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet["B1"].comment.text == "from the register"


def test_formatted_parts_of_a_text_stay_formatted() -> None:
    """A placeholder within one format takes that format; one across formats makes the text plain."""

    def draw(made: Any, sheet: Any) -> None:
        bold = made.add_format({"bold": True})
        sheet.write_rich_string("A1", "共有 ", bold, "{{population}}", " 人")
        sheet.write_rich_string("A2", "共有 {{popul", bold, "ation}}", " 人")

    after = filled(book(draw))
    assert [sheet_of(after)[at].value for at in ("A1", "A2")] == ["共有 10315 人", "共有 10315 人"]
    assert b"<b/>" in part(after, "xl/worksheets/sheet1.xml")


def test_figures_are_calculated_anew_when_it_is_opened() -> None:
    """Results that were stored in the form are gone, and the workbook says so."""
    after = filled(cells(A1="{{population}}", A2="=A1*2"))
    assert b'fullCalcOnLoad="1"' in part(after, "xl/workbook.xml")
    assert b"<f>A1*2</f></c>" in part(after, "xl/worksheets/sheet1.xml")


def test_shared_formulas_become_each_row_s_own() -> None:
    """Spreadsheet programs write a filled-down formula once; rows that move apart need theirs."""
    content = cells(A1="{{网格.常住人口}}", B2="x", A4=1, B4="=A4*2", B5=0)
    xml = part(content, "xl/worksheets/sheet1.xml")
    shared = xml.replace(b"<f>A4*2</f>", b'<f t="shared" ref="B4:B5" si="0">A4*2</f>').replace(
        b'<c r="B5"><v>0</v></c>', b'<c r="B5"><f t="shared" si="0"/><v>0</v></c>'
    )
    sheet = sheet_of(filled(repacked(content, xl__worksheets__sheet1_xml=shared), Fixed(rows=areas(3))))
    assert [sheet["B6"].value, sheet["B7"].value] == ["=A6*2", "=A7*2"]


def test_other_sheets_follow() -> None:
    """A summary on another sheet still looks at the right rows."""

    def draw(made: Any, sheet: Any) -> None:
        sheet.write("A1", "{{网格.常住人口}}")
        sheet.write_formula("A2", "=SUM(A1:A1)")
        made.add_worksheet("汇总").write_formula("A1", "=表1!A2+SUM(表1!A1:A1)")

    assert sheet_of(filled(book(draw), Fixed(rows=areas(5))), "汇总")["A1"].value == "=表1!A6+SUM(表1!A1:A5)"


def test_the_same_form_and_figures_give_the_same_file() -> None:
    """So that two fillings can be compared."""
    content = cells(A1="{{网格.常住人口}}")
    assert filled(content, Fixed(rows=areas(3))) == filled(content, Fixed(rows=areas(3)))


def test_dates_of_rows_are_plain_dates() -> None:
    """Within lists a date is written so that it sorts."""
    source = Fixed(rows={Rows.RESIDENTS: [{"birth_date": date(1990, 1, 2)}]})
    assert sheet_of(filled(cells(A1="{{居民.出生日期}}"), source))["A1"].value == "1990-01-02"
