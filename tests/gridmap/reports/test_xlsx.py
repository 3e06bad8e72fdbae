"""The workbook: values and formulas that agree with the report, text that stays text, pages ready to print."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from gridmap.reports import registry, wording
from gridmap.reports.model import Kind, Rate, Report, RowStyle, Table
from tests.gridmap.reports.samples import HOSTILE, hostile_report
from tests.gridmap.town import Town

TOP = 5  # the first row of a table's headings


@pytest.fixture(scope="module")
def report(town: Town) -> Report:
    return town.report()


@pytest.fixture(scope="module")
def book(report: Report) -> Workbook:
    """The workbook with the values that are kept beside the formulas."""
    return openpyxl.load_workbook(io.BytesIO(registry.write(report, "xlsx")), data_only=True)


@pytest.fixture(scope="module")
def formulas(report: Report) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(registry.write(report, "xlsx")))


def sheets(report: Report) -> list[Table]:
    return [table for table in report.tables if not table.summary]


def first_row(table: Table) -> int:
    return TOP + (2 if any(column.kind is Kind.RATE for column in table.columns) else 1)


def test_sheets_are_the_overview_the_tables_and_the_notes(report: Report, book: Workbook) -> None:
    """One sheet a table, named as people would."""
    assert book.sheetnames == ["Overview", "Communities", "Cells", "What is short", "Notes"]
    assert book["Overview"]["A1"].value == report.title


def test_every_value_is_the_report_s(report: Report, book: Workbook) -> None:
    """Row by row: texts, counts, and of each rate its two counts and the share."""
    for table in sheets(report):
        page = book[table.name]
        for number, cells in enumerate(table.rows):
            row, at = first_row(table) + number, 1
            for column, cell in zip(table.columns, cells, strict=True):
                found = page.cell(row, at).value
                if column.kind is Kind.RATE:
                    rate = cell if isinstance(cell, Rate) else Rate(0, None)
                    assert page.cell(row, at + 1).value == rate.denominator
                    share = page.cell(row, at + 2).value
                    assert share == pytest.approx(rate.value) if rate.value is not None else not share
                    assert (found or 0) == rate.numerator
                    at += 2
                elif column.kind is Kind.STATUS:
                    assert str(found or "").endswith(wording.status(str(cell), wording.words_of(report)))
                else:
                    assert (found or None) == (cell or None), (table.name, row, column.label)
                at += 1


def test_rates_and_sums_are_formulas_that_agree_with_what_is_kept(report: Report, formulas: Workbook) -> None:
    """A rate divides the two cells before it; the last row adds the rows above it."""
    pattern = re.compile(r'=IF\(([A-Z]+)(\d+)=0,"",([A-Z]+)(\d+)/([A-Z]+)(\d+)\)')
    for table in sheets(report)[:2]:
        page = formulas[table.name]
        last = first_row(table) + len(table.rows) - 1
        seen = 0
        for cell in page[last]:
            if cell.data_type != "f":
                continue
            found = pattern.fullmatch(cell.value)
            if found:
                left = [page.cell(last, cell.column - back).coordinate for back in (1, 2)]
                assert [f"{found[1]}{found[2]}", f"{found[3]}{found[4]}"] == left
            else:
                letter = cell.column_letter
                assert cell.value == f"=SUM({letter}{first_row(table)}:{letter}{last - 1})"
            seen += 1
        assert seen > 10


def test_pages_are_ready_to_print(report: Report, book: Workbook) -> None:
    """A4 across, headings on every page and in sight, a filter over the rows without their sum, a marked head."""
    for table in sheets(report):
        page = book[table.name]
        assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "landscape")
        assert page.sheet_properties.pageSetUpPr is not None
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
        low = first_row(table) - 1
        assert page.print_title_rows == f"${TOP}:${low}"
        assert page.freeze_panes == f"C{low + 1}"
        totals = sum(style is RowStyle.TOTAL for style in table.styles)
        assert page.auto_filter.ref is not None
        assert page.auto_filter.ref.split(":")[1].endswith(str(low + len(table.rows) - totals))
        assert "suppressed" in str(page.oddHeader.right.text)
        assert "&P" in str(page.oddFooter.right.text)
    assert book.properties.title == report.title
    assert book.properties.creator == "Chief"
    assert book.properties.created == report.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def coloured(page: Worksheet) -> str:
    return " ".join(str(area.sqref) for area in page.conditional_formatting)


def test_colours_follow_values_but_no_rule_judges_own_lines(report: Report, book: Workbook) -> None:
    """Status and rates are coloured by conditions that leave out the lines of those in no area below."""
    table = next(table for table in report.tables if table.name == "Cells")
    page = book["Cells"]
    own = [first_row(table) + at for at in range(len(table.rows)) if table.style(at) is RowStyle.OWN]
    assert own
    for area in page.conditional_formatting:
        for part in area.sqref.ranges:
            assert not set(range(part.min_row, part.max_row + 1)) & set(own)
    assert "D" in coloured(page)


def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    """Nothing random, no clock."""
    assert registry.write(report, "xlsx") == registry.write(report, "xlsx")


def test_no_name_becomes_a_formula_a_link_or_a_number() -> None:
    """Hostile names are text, whatever they begin with; there is no link and no formula but ours."""
    content = registry.write(hostile_report(), "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    texts = set()
    for page in book:
        for row in page.iter_rows():
            for cell in row:
                assert cell.hyperlink is None
                if cell.data_type == "f":
                    assert re.match(r"=(IF|SUM)\(", cell.value)
                elif cell.data_type == "s":
                    texts.add(cell.value)
    assert set(HOSTILE) <= texts | {"\t=1+1"}
    assert any(text.strip() == "=1+1" for text in texts)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not [name for name in names if "external" in name.lower() or "vba" in name.lower()]


def test_names_of_sheets_are_made_to_fit() -> None:
    """Signs that a sheet's name may not have, and a length it may not pass."""
    book = openpyxl.load_workbook(io.BytesIO(registry.write(hostile_report(), "xlsx")))
    assert book.sheetnames[1].startswith("a_b_c____x")
    assert all(len(name) <= 31 for name in book.sheetnames)


def test_chinese_columns_are_wide_enough(town: Town) -> None:
    """A Chinese sign takes the room of two."""
    report = town.report(language="zh-CN")
    book = openpyxl.load_workbook(io.BytesIO(registry.write(report, "xlsx")))
    page = book.worksheets[2]
    cells = sheets(report)[1]
    names = [str(row[1]) for at, row in enumerate(cells.rows) if cells.style(at) is RowStyle.PLAIN]
    widest = max(sum(2 if sign > "\u2e80" else 1 for sign in name) for name in names)
    assert any(sign > "\u2e80" for name in names for sign in name)
    assert page.column_dimensions["B"].width > widest
