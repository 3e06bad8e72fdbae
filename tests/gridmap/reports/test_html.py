"""The page of a report: opens from a disk, asks for nothing, runs nothing but its own, and says the same figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from gridmap.reports import registry
from gridmap.reports.html import write
from gridmap.reports.model import Rate, Report, Table
from tests.browser import watched_page
from tests.gridmap.reports.samples import HOSTILE, hostile_report
from tests.gridmap.town import FIRST, Town

pytestmark = pytest.mark.browser
DESK, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def report(town: Town) -> Report:
    return town.report()


@pytest.fixture
def sheet(browser: Browser) -> Iterator[Page]:
    """A page that fails its test when it asks for anything, raises, or breaks its own policy."""
    yield from watched_page(browser, DESK, touch=False)


def opened(page: Page, content: bytes, folder: Path) -> list[str]:
    """Open the page from a disk; the addresses it asked for."""
    file = folder / "report.html"
    file.write_bytes(content)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_function("document.querySelectorAll('path.cell').length > 0")
    return asked


def test_it_opens_from_a_disk_without_a_single_request(sheet: Page, report: Report, tmp_path: Path) -> None:
    """The file itself is all that is read; every cell is drawn in the colour of its status."""
    asked = opened(sheet, write(report), tmp_path)
    assert [Path(url).name for url in asked] == ["report.html"]
    assert sheet.title() == report.title
    assert report.plan is not None
    for entry in report.plan.themes[0].legend:
        assert sheet.locator(f"path.fill-{entry.name}").count() == entry.count


def test_tables_hold_the_report_s_values(sheet: Page, report: Report, tmp_path: Path) -> None:
    """As many rows and columns, and each rate with its n/N."""
    opened(sheet, write(report), tmp_path)
    tables = [table for table in report.tables if table.rows]
    shown = sheet.locator("main table")
    assert shown.count() == len(tables)
    cells: Table = next(table for table in tables if table.name == "Cells")
    rows = shown.nth(tables.index(cells)).locator("tbody tr")
    assert rows.count() == len(cells.rows)
    for number, values in enumerate(cells.rows):
        text = rows.nth(number).inner_text()
        for value in values:
            if isinstance(value, Rate) and value.denominator:
                assert f"{value.numerator:,}/{value.denominator:,}" in text
            elif isinstance(value, int):
                assert f"{value:,}" in text


def test_colours_change_at_a_click_and_cards_tell_the_figures(sheet: Page, report: Report, tmp_path: Path) -> None:
    """Population instead of compliance with its own legend; a card over the cell, with words besides colours."""
    opened(sheet, write(report), tmp_path)
    sheet.get_by_role("button", name="Population").click()
    assert sheet.locator("path[class*='fill-p']").count() > 0
    assert sheet.locator("[data-legend=population]").is_visible()
    assert not sheet.locator("[data-legend=compliance]").is_visible()
    sheet.locator("path.cell").first.hover(force=True)
    assert report.plan is not None
    place = report.plan.places[0]
    text = sheet.locator(".card").inner_text()
    assert place.title in text
    assert all(line.label in text and line.value in text for line in place.card)


def test_names_are_never_markup(sheet: Page, tmp_path: Path) -> None:
    """Hostile names are shown as they are, in tables, on the map and on cards; nothing of them runs."""
    report = hostile_report()
    sheet.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    asked = opened(sheet, write(report), tmp_path)
    assert len(asked) == 1
    assert sheet.locator("img").count() == 0
    assert sheet.title() == report.title
    for number, name in enumerate(HOSTILE):
        assert name.strip() in sheet.locator("main tbody tr").nth(number).inner_text()
        sheet.locator("path.cell").nth(number).dispatch_event("mouseover")
        assert sheet.locator(".card h3").inner_text().strip() == name.strip()


def test_a_policy_names_the_only_scripts_that_may_run(report: Report) -> None:
    """Nothing by default, scripts and styles by their hashes."""
    text = write(report).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    said = policy[1].replace("&#39;", "'")
    assert said.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in said
    assert text.count("<script>") == said.split(";")[1].count("sha256-") == 3


def test_it_is_the_same_file_every_time(report: Report) -> None:
    """No random names inside."""
    assert registry.write(report, "html") == registry.write(report, "html")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_it_is_accessible(sheet: Page, town: Town, tmp_path: Path, language: str) -> None:
    """Axe finds nothing serious, in either language; the language is declared."""
    opened(sheet, write(town.report(FIRST, language=language)), tmp_path)
    assert sheet.locator("html").get_attribute("lang") == language
    found = Axe().run(sheet, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    serious = [issue for issue in found.response["violations"] if issue["impact"] in {"serious", "critical"}]
    assert [(issue["id"], issue["nodes"][0]["html"]) for issue in serious] == []


def test_it_prints_on_a4_with_the_mark_on_every_page(sheet: Page, report: Report, tmp_path: Path) -> None:
    """Several upright A4 pages."""
    opened(sheet, write(report), tmp_path)
    printed = sheet.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(boxes) >= 2
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(595, 842)}
    assert '@top-right { content: "Internal · small numbers are not suppressed"; }' in write(report).decode()


def test_it_fits_a_phone(browser: Browser, report: Report, tmp_path: Path) -> None:
    """Nothing sticks out at 390 pixels but tables, which scroll by themselves."""
    for page in watched_page(browser, PHONE, touch=True):
        opened(page, write(report), tmp_path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_map_fills_the_window(sheet: Page, town: Town, tmp_path: Path) -> None:
    """The map report has no tables: the map takes the whole window, with its legend over it."""
    report = town.report(code="map")
    assert report.plan is not None
    assert not report.tables
    opened(sheet, write(report), tmp_path)
    box = sheet.locator("#map_plan").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (DESK["width"], DESK["height"])
    assert sheet.locator("aside .legend:visible li").count() == len(report.plan.themes[0].legend)
    assert sheet.locator("path.cell").count() == len(report.plan.places)
