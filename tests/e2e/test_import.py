"""A data manager hands in a register by the browser: what was understood, row by row, and what the map says then."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Town
from tests.e2e.places import street_of
from tests.e2e.register_file import RegisterFile, register_file
from tests.e2e.steps import Reader

pytestmark = pytest.mark.browser


def understand(reader: Reader, given: RegisterFile, area: str) -> None:
    """Hand the file in and look at what its columns were taken for."""
    page = reader.page
    reader.goto("/import")
    page.set_input_files("#file", given.path)
    page.select_option("#i-area", area)
    page.locator(".import-form button.is-primary").click()
    columns = page.locator(".columns li")
    expect(columns.first).to_be_visible()
    taken = {column.locator("label").inner_text(): column.locator("select").input_value() for column in columns.all()}
    assert taken["公民身份号码"] == "id_number"
    assert taken["现住址"] == "address"
    assert taken["姓名"] == "name"
    assert taken["备注"] == taken["序号"] == ""


def check_rows(reader: Reader, given: RegisterFile) -> None:
    """Have every row judged: the sum is printed and right, bad cells are marked, nothing is written yet."""
    page = reader.page
    page.locator('.understood button[value="check"]').click()
    expect(page.locator(".verdicts")).to_be_visible()
    expect(page.locator(".verdicts .sum.is-good")).to_be_visible()
    found = [int(text.replace(",", "")) for text in page.locator(".verdict-key b").all_inner_texts()]
    assert found == [given.new, given.updated, 0, given.review, given.rejected]
    assert sum(found) == given.rows
    page.locator(".verdict-key", has=page.locator(".v-rejected")).click()
    expect(page.locator("tr.row-rejected")).to_have_count(given.rejected)
    expect(page.locator("tr.row-rejected .mark-bad")).to_have_count(1)
    assert "*" in page.locator("tr.row-rejected .mark-bad").inner_text()
    assert page.locator("tr.row-rejected .reason").inner_text()


def commit(reader: Reader, given: RegisterFile) -> None:
    """Write what was judged, and take the workbook of what was not."""
    page = reader.page
    button = page.locator('form[action$="/commit"] button')
    expect(button).to_contain_text(str(given.new + given.updated + given.review))
    button.click()
    expect(page.locator(".steps li.is-done")).to_have_count(4)
    with page.expect_download() as taken:
        page.locator('a[href$="/workbook"]').first.click()
    sheet = openpyxl.load_workbook(BytesIO(taken.value.path().read_bytes())).active
    assert sheet is not None
    marked = [cell for row in sheet.iter_rows() for cell in row if cell.comment is not None]
    assert marked


def test_a_register_goes_from_a_workbook_onto_the_map(own_town: Town, tmp_path: Path) -> None:
    """Upload, understand, check, commit; the map and its drawer count the new people, the review waits for one row."""
    given = register_file(own_town.store, tmp_path / "某社区.xlsx")
    street = street_of(own_town.store)
    with own_town.reader("manager") as reader:
        before = reader.get(f"/api/v1/areas/{street.id}/summary")
        understand(reader, given, str(street.id))
        check_rows(reader, given)
        assert reader.get(f"/api/v1/areas/{street.id}/summary")["population"] == before["population"]
        commit(reader, given)
        after = reader.get(f"/api/v1/areas/{street.id}/summary")
        grown = before["population"] + given.new + given.review
        assert after["population"] == grown
        reader.goto("/map?by=population")
        expect(reader.page.locator("#drawer .figure").first).to_have_text(f"{grown:,}")
        expect(reader.page.locator('[data-go="v"] .badge')).to_be_visible()
        reader.goto("/review")
        expect(reader.page.locator(".case h2")).to_be_visible()
        reader.page.locator(".queue a", has_text=re.compile("望月新村")).click()
        expect(reader.page.locator(".case h2")).to_contain_text("望月新村77号楼")
