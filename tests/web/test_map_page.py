"""The map page in a real browser: what a reader sees, clicks and types, and what must never leave the page."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import watched_page
from tests.live import served
from tests.web.sample import PASSWORD, Sample

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("filled", ["sqlite"], indirect=True, scope="module")]

READY_MS = 30_000
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
FINDINGS = """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).then(
  result => result.violations.flatMap(found => found.nodes.map(node => `${found.id}: ${node.html.slice(0, 160)}`)))"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A small desk: the map is drawn by the processor here, and every pixel costs."""
    yield from watched_page(browser, {"width": 1120, "height": 640}, touch=False)


@pytest.fixture(scope="module")
def origin(app: FastAPI) -> Iterator[str]:
    """The application on a port of its own."""
    with served(app) as address:
        yield address


def enter(page: Page, origin: str, username: str, path: str = "/map") -> None:
    """Sign in through the form and wait until the page at ``path`` is drawn."""
    page.goto(f"{origin}/login")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click(".login-form .is-primary")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(f"{origin}{path}")
    if path.startswith("/map"):
        expect(page.locator("#map")).to_have_attribute("data-state", "ready", timeout=READY_MS)


def first_need(page: Page) -> Locator:
    """The building that stands first among those to visit, of the first cell of the first community."""
    page.locator(".bars a").first.click()
    expect(page.locator(".view")).to_have_attribute("data-level", "community")
    page.locator(".bars a").first.click()
    expect(page.locator(".view")).to_have_attribute("data-level", "cell")
    return page.locator(".need a").first


def test_the_map_opens_on_the_readers_area_with_its_legend(page: Page, origin: str) -> None:
    """The drawer shows the reader's own area; from afar the legend counts its cells by class."""
    enter(page, origin, "street", "/map#14.5/20.032/110.342")
    expect(page.locator(".view h2")).to_contain_text("东湖街道")
    expect(page.locator(".legend-row")).to_have_count(4)
    counted = [int(text) for text in page.locator(".legend-row b").all_inner_texts()]
    assert sum(counted) == 3


def test_what_is_chosen_stands_in_the_address_and_back_works(page: Page, origin: str) -> None:
    """Choosing makes a step of history that Back takes again; a copied address opens the same view."""
    enter(page, origin, "street")
    start = page.locator(".view h2").inner_text()
    page.locator(".bars a").first.click()
    expect(page.locator(".view")).to_have_attribute("data-level", "community")
    chosen, address = page.locator(".view h2").inner_text(), page.url
    assert "sel=area:" in address
    page.go_back()
    expect(page.locator(".view h2")).to_have_text(start)
    page.goto(address)
    expect(page.locator(".view h2")).to_have_text(chosen)
    page.keyboard.press("Escape")
    expect(page.locator(".view h2")).to_have_text(start)


def test_a_measure_and_a_date_recolour_without_a_new_tile(page: Page, origin: str) -> None:
    """Another measure and another date ask for values only, never for a tile."""
    enter(page, origin, "street")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.click('[data-by="population"]')
    expect(page.locator('[data-by="population"]')).to_have_attribute("aria-checked", "true")
    expect(page.locator("#timebar")).to_be_visible()
    shown = page.locator("[data-date-text]").inner_text()
    page.keyboard.press("[")
    expect(page.locator("[data-date-text]")).not_to_have_text(shown)
    page.wait_for_load_state("networkidle")
    assert any("/api/v1/values/cells" in url and "by=population" in url for url in asked)
    assert not [url for url in asked if "/tiles/" in url]


def test_rooms_are_walked_by_keys_and_a_person_is_revealed_for_a_purpose(
    page: Page, origin: str, sample: Sample
) -> None:
    """One tab stop, arrows walk, Enter opens; names are masked until a purpose is chosen, and no address holds one."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    enter(page, origin, "street")
    first_need(page).click()
    expect(page.locator(".matrix")).to_be_visible()
    assert page.locator('.room[tabindex="0"]').count() == 1
    page.locator('.room[tabindex="0"]').focus()
    before = page.evaluate("document.activeElement.dataset.room")
    page.keyboard.press("PageDown")
    page.keyboard.press("Home")
    assert page.locator('.room[tabindex="0"]').count() == 1
    assert page.evaluate("document.activeElement.dataset.room") != before
    page.locator(".room:not(.d-vacant)").first.click()
    expect(page.locator("#dwelling .person").first).to_be_visible()
    names = {person.name for person in sample.people}
    assert not names & set(page.locator(".person-name").all_inner_texts())
    page.locator("[data-reveal]").first.click()
    page.keyboard.press("1")
    expect(page.locator(".person.is-revealed")).to_have_count(1)
    assert page.locator(".person.is-revealed .person-name").inner_text() in names
    assert not [url for url in asked for person in sample.people for token in person.tokens[1:] if token in url]


def test_floors_stand_apart_in_3d(page: Page, origin: str) -> None:
    """``3`` turns to 3D, the arrows choose a floor, ``3`` again comes back to the table of rooms."""
    enter(page, origin, "street")
    first_need(page).click()
    expect(page.locator(".matrix")).to_be_visible()
    page.keyboard.press("3")
    expect(page.locator("[data-floors]")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.locator('[data-floors] [aria-selected="true"]')).to_have_count(1)
    expect(page.locator("#floor-labels .is-chosen")).to_have_count(1)
    page.keyboard.press("3")
    expect(page.locator(".matrix")).to_be_visible()


def test_search_is_opened_by_a_key_and_its_words_stay_out_of_addresses(page: Page, origin: str) -> None:
    """``/`` focuses the box, arrows and Enter open a result; the words go in the body of the request."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    enter(page, origin, "street")
    page.keyboard.press("/")
    page.keyboard.type("花园")
    expect(page.locator("#search-results [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#search-results")).to_be_hidden()
    assert not [url for url in asked if "花园" in url or "%E8%8A%B1" in url]


def test_a_link_outside_ones_areas_says_so(page: Page, origin: str, sample: Sample) -> None:
    """A copied link opens a plain "no access" for a reader who has none; the map stays."""
    foreign = sample.areas["c4"]
    enter(page, origin, "street", f"/map?sel=area:{foreign.region}:{foreign.id}")
    expect(page.locator(".view-message")).to_be_visible()
    assert "松林" not in page.locator("#drawer").inner_text()


@pytest.mark.parametrize(("path", "theme"), [("/map", "light"), ("/residents", "dark")])
def test_nothing_is_found_by_the_accessibility_rules(page: Page, origin: str, path: str, theme: str) -> None:
    """WCAG 2.2 A and AA as far as a machine can see, in both themes."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    enter(page, origin, "street", path)
    page.evaluate(AXE)
    assert page.evaluate(FINDINGS) == []


def test_the_panel_is_a_sheet_with_three_stops_on_a_phone(phone_page: Page, origin: str) -> None:
    """The grabber takes the sheet from half to full height and by keys down to a peek."""
    enter(phone_page, origin, "street")
    drawer = phone_page.locator("#drawer")
    expect(drawer).to_have_attribute("data-stop", "half")
    phone_page.tap("#grabber")
    expect(drawer).to_have_attribute("data-stop", "full")
    phone_page.locator("#grabber").focus()
    phone_page.keyboard.press("ArrowDown")
    phone_page.keyboard.press("ArrowDown")
    expect(drawer).to_have_attribute("data-stop", "peek")
