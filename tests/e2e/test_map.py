"""What a reader does with the map: addresses, dates, search, keys, a phone, a browser that cannot draw."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from gridmap.buildings.models import Organisation
from gridmap.store.keys import MasterKey
from gridmap.store.store import open_store
from tests.browser import ARGUMENTS, find_chromium
from tests.e2e.conftest import NewStore, Town, town_in
from tests.e2e.places import Cell, cells_of, first_house, houses_of
from tests.e2e.steps import Look, Reader, opened, requests_of, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def officer(file_town: Town) -> Iterator[Reader]:
    """The street's officer at a desk; tests of this module share the window."""
    with file_town.reader("street") as reader:
        yield reader


@pytest.fixture(scope="module")
def cells(file_town: Town) -> list[Cell]:
    """Every cell of the town."""
    return cells_of(file_town.store)


def building_path(town: Town, cell: Cell) -> str:
    """The address of the largest house of a cell."""
    house = houses_of(town.store)[cell.id][0]
    return f"/map?sel=building:{house.region}:{house.id}"


def test_an_address_leads_back_to_the_same_view(officer: Reader, file_town: Town) -> None:
    """Choices stand in the address: Back and Forward walk them, and a copied link shows them again."""
    page = officer.page
    officer.goto("/map")
    street = officer.title()
    page.locator("#drawer .bar-row").first.click()
    officer.wait_for_title(re.compile("社区$"))
    community = officer.title()
    page.locator("#drawer .bar-row").first.click()
    officer.wait_for_title(re.compile("网格"))
    cell = officer.title()
    page.go_back()
    officer.wait_for_title(community)
    page.go_back()
    officer.wait_for_title(street)
    page.go_forward()
    page.go_forward()
    officer.wait_for_title(cell)
    page.click('[data-by="population"]')
    officer.drawn()
    with file_town.reader("street") as other:
        other.goto(page.url.removeprefix(officer.origin))
        other.wait_for_title(cell)
        expect(other.page.locator('[data-by="population"]')).to_have_attribute("aria-checked", "true")


def test_another_date_brings_other_values_and_no_tiles(officer: Reader) -> None:
    """Moving the date asks for values of that date; shapes are not fetched again."""
    page = officer.page
    officer.goto("/map?by=population")
    thumb = page.locator('[data-thumb="date"]')
    expect(thumb).to_be_visible()
    now = officer.get("/api/v1/values/cells?by=population")
    figure = page.locator("#drawer .figure").first
    before = figure.inner_text()
    thumb.focus()
    with requests_of(page, "/tiles/") as tiles, requests_of(page, "/values/cells") as values:
        for _ in range(6):
            page.keyboard.press("PageDown")
        expect(page).to_have_url(re.compile(r"date=\d{4}-\d\d-\d\d"))
        day = re.findall(r"date=([\d-]+)", page.url)[0]
        expect(figure).not_to_have_text(before)
        officer.drawn()
        assert any(f"as_of={day}" in url for url in values)
        assert tiles == []
    then = officer.get(f"/api/v1/values/cells?by=population&as_of={day}")
    assert then["values"] != now["values"]
    total = officer.get(f"/api/v1/areas/{page.locator('#drawer .view').get_attribute('data-id')}/summary?as_of={day}")
    assert figure.inner_text().replace(",", "") == str(total["population"])


def test_a_worker_sees_other_cells_without_values(file_town: Town, cells: list[Cell]) -> None:
    """Cells outside a worker's charge are drawn, but neither coloured nor counted."""
    with file_town.reader("worker") as reader:
        middle = cells[0].shape.centroid
        reader.goto(f"/map#15.5/{middle.y:.5f}/{middle.x:.5f}")
        reader.drawn()
        answer = reader.get("/api/v1/values/cells?by=compliance")
        status = dict(zip(answer["ids"], answer["statuses"], strict=True))
        mine = [cell for cell in cells if status[cell.map_id] is not None]
        assert len(mine) == 1
        at = answer["ids"].index(mine[0].map_id)
        assert [n for place, n in enumerate(answer["counts"]["population"]) if place != at] == [None] * (len(cells) - 1)
        others = [cell for cell in cells if cell is not mine[0]]
        points = np.concatenate([cell.points(15) for cell in others])
        colours = np.array(reader.colours_at(points.tolist())).reshape(len(others), 15, 3)
        for cell, colour in zip(others, np.median(colours, axis=1), strict=True):
            assert np.ptp(colour) < 24, (cell.node.name, colour)


def test_search_finds_buildings_by_address_and_by_organisation(officer: Reader, file_town: Town) -> None:
    """Words typed in the box lead to the building; they never stand in an address."""
    page = officer.page
    with file_town.store.read() as unit:
        name = unit.session.scalar(
            sa.select(Organisation.name).where(Organisation.building_id.is_not(None)).order_by(Organisation.name)
        )
    officer.goto("/map")
    with requests_of(page, "/") as asked:
        page.keyboard.press("/")
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.type(str(name))
        found = page.locator('#search-results [data-select="organisation"]', has_text=str(name))
        expect(found).to_be_visible()
        while found.get_attribute("aria-selected") != "true":
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator('#drawer .view[data-kind="building"]')).to_be_visible()
        expect(page.locator("#drawer .organisations")).to_contain_text(str(name))
        address = page.locator("#drawer .view-meta span").first.inner_text()
        page.fill("#q", address)
        expect(page.locator("#search-results [role=option]", has_text=address).first).to_be_visible()
        page.locator("#search-results [role=option]", has_text=address).first.click()
        expect(page.locator("#drawer .view-meta")).to_contain_text(address)
    assert not [url for url in asked if "q=" in url]


def test_keys_walk_the_dwellings_and_close_level_by_level(officer: Reader, file_town: Town, cells: list[Cell]) -> None:
    """Arrows walk the rooms, Enter opens one, Escape goes from room to building to cell, [ goes a month back."""
    page = officer.page
    officer.goto(building_path(file_town, first_house(file_town.store)[0]))
    building = officer.title()
    room = page.locator(".matrix .room[tabindex='0']:visible")
    room.focus()
    start = room.get_attribute("data-room")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    walked = page.evaluate("document.activeElement.dataset.room")
    assert walked not in {None, start}
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    assert page.evaluate("document.activeElement.dataset.room") == start
    page.keyboard.press("Enter")
    expect(page.locator(f'#dwelling [data-dwelling="{start}"]')).to_be_visible()
    expect(page).to_have_url(re.compile("room="))
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("room="))
    assert officer.title() == building
    page.keyboard.press("Escape")
    officer.wait_for_title(re.compile("网格"))
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile("date="))


def test_three_dimensions_lift_the_floors_apart(officer: Reader, file_town: Town, cells: list[Cell]) -> None:
    """3 turns to 3D: the building's floors stand apart with labels, and a floor can be chosen by arrows."""
    page = officer.page
    officer.goto(building_path(file_town, first_house(file_town.store)[0]))
    page.keyboard.press("3")
    expect(page).to_have_url(re.compile("mode=3d"))
    expect(page.locator(".floor-list")).to_be_visible()
    floors = page.locator(".floor-list [role=option]").count()
    assert floors > 1
    expect(page.locator("#floor-labels text").first).to_be_attached()
    officer.drawn()
    lifted = officer.page.screenshot()
    page.locator(".floor-list").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator('.floor-list [aria-selected="true"]')).to_have_count(1)
    officer.drawn()
    assert officer.page.screenshot() != lifted
    page.keyboard.press("3")
    expect(page.locator(".matrix")).to_be_visible()


def test_a_phone_keeps_map_and_sheet(file_town: Town, cells: list[Cell]) -> None:
    """In the hand the drawer is a sheet with three stops; choosing a cell on the map opens it."""
    with file_town.reader("street", Look(phone=True)) as reader:
        reader.goto("/map")
        page, sheet, grabber = reader.page, reader.page.locator("#drawer"), reader.page.locator("#grabber")
        stops = {}
        for stop, key in (("half", None), ("full", "ArrowUp"), ("half", "ArrowDown"), ("peek", "ArrowDown")):
            if key:
                grabber.press(key)
            expect(sheet).to_have_attribute("data-stop", stop)
            page.wait_for_timeout(0)
            box = grabber.bounding_box()
            assert box is not None
            stops[stop] = box["y"]
        assert stops["full"] < stops["half"] < stops["peek"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        lon, lat = cells[0].points(1)[0]
        page.evaluate(f"location.hash = '#15.2/{lat:.6f}/{lon:.6f}'")
        reader.drawn()
        page.touchscreen.tap(*reader.point_of(lon, lat))
        reader.wait_for_title(cells[0].node.name)
        expect(sheet).to_have_attribute("data-stop", "half")
        sizes = page.locator(".rail-entry:visible").evaluate_all(
            "nodes => nodes.map(n => n.getBoundingClientRect().height)"
        )
        assert min(sizes) >= 44


def test_a_link_outside_ones_areas_says_so(file_town: Town, cells: list[Cell]) -> None:
    """A worker who follows a link to a building of another cell reads why it stays closed, and goes back."""
    with file_town.reader("worker") as reader:
        own = reader.get("/api/v1/values/cells?by=population")
        mine = {map_id for map_id, value in zip(own["ids"], own["values"], strict=True) if value is not None}
        lived_in = houses_of(file_town.store)
        other = next(cell for cell in cells if cell.map_id not in mine and cell.id in lived_in)
        path = building_path(file_town, other)
        reader.goto(path)
        message = reader.page.locator('#drawer [data-kind="denied"], #drawer .view-message')
        expect(message).to_be_visible()
        assert reader.page.locator(".matrix").count() == 0
        reader.page.locator("#drawer .message .button").click()
        expect(reader.page.locator('#drawer .view[data-kind="area"]')).to_be_visible()


def test_an_empty_register_tells_how_to_begin(new_store_url: NewStore, store_key: MasterKey, browser: Browser) -> None:
    """Without cells the map offers ways to begin instead of an empty legend."""
    store = open_store(new_store_url("sqlite"), store_key)
    try:
        with town_in(store, browser) as town, town.reader("manager") as reader:
            reader.goto("/map")
            expect(reader.page.locator("#empty-title")).to_be_visible()
            expect(reader.page.locator("#legend")).to_be_hidden()
            reader.page.locator('.start-cards a[href="/import"]').click()
            expect(reader.page.locator('input[type="file"]')).to_be_attached()
    finally:
        store.close()


def test_a_browser_that_cannot_draw_shows_plan_and_table(file_town: Town, browser: Browser) -> None:
    """Without WebGL2 a still plan and a table take the map's place, and lead to the same drawer."""
    arguments = [given for given in ARGUMENTS if "swiftshader" not in given]
    kind = browser.browser_type
    plain = kind.launch(
        executable_path=find_chromium(), args=[*arguments, "--disable-3d-apis", "--disable-gpu",
                                               "--disable-software-rasterizer"])  # fmt: skip
    try:
        with opened(plain, file_town.origin) as reader:
            sign_in(reader, "street", file_town.passwords["street"])
            reader.drawn()
            page = reader.page
            expect(page.locator('#map[data-state="still"]')).to_be_visible()
            street = reader.get("/api/v1/values/cells?by=population")
            rows = page.locator(".fallback-table tbody tr")
            expect(rows).to_have_count(len(street["ids"]))
            assert page.locator(".plan .plan-cell").count() == len(street["ids"])
            shown = [int(text.replace(",", "")) for text in rows.locator("td:nth-child(2)").all_inner_texts()]
            assert sorted(shown) == sorted(street["values"])
            rows.first.locator("a").click()
            reader.wait_for_title(re.compile("网格"))
    finally:
        plain.close()
