"""From the coloured map down to one resident and up again to the log that tells who looked: the whole way, by hand."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import openpyxl
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Response, expect

from gridmap.audit.service import EntryFilter, entries, verify
from gridmap.residents.models import Person
from gridmap.store.store import Store
from tests.e2e.conftest import REVEAL_S, Town
from tests.e2e.places import Cell, House, cells_of, first_house, street_of
from tests.e2e.steps import Reader, speak

pytestmark = pytest.mark.browser

MASKED = re.compile(r"^\d{6}\*{11}[\dX]$")
SHOWN = re.compile(r'data-person="([0-9a-f-]{36})"')
STATES = {"fails": "未达标", "at_risk": "有风险", "meets": "达标", "no_data": "数据不足"}
CITY_ZOOM, CLOSE_ZOOM = 15.5, 18.5


def watch_people(page: Page) -> set[UUID]:
    """Every person whose row the server hands out from now on."""
    seen: set[UUID] = set()

    def note(response: Response) -> None:
        if response.ok and ("/fragments/" in response.url or "/residents" in response.url):
            seen.update(UUID(found) for found in SHOWN.findall(response.text()))

    page.on("response", note)
    return seen


def median_colours(reader: Reader, cells: list[Cell]) -> np.ndarray[Any, Any]:
    """The colour that most of each cell has; its icon, label and houses cover the lesser part. Shape (cells, 3)."""
    points = np.concatenate([cell.points(25) for cell in cells])
    return np.median(np.array(reader.colours_at(points.tolist())).reshape(len(cells), 25, 3), axis=1)


def check_colours(reader: Reader, cells: list[Cell]) -> None:
    """Colour by population, then by compliance: cells that fail are red, the others are not, and the legend counts."""
    page = reader.page
    middle = cells[0].shape.centroid
    reader.goto(f"/map#{CITY_ZOOM}/{middle.y:.5f}/{middle.x:.5f}")
    page.click('[data-by="population"]')
    expect(page.locator("#legend .legend-title")).to_have_text("常住人口")
    page.click('[data-by="compliance"]')
    expect(page.locator("#legend .legend-title")).to_have_text("达标情况")
    reader.drawn()
    answer = reader.get("/api/v1/values/cells?by=compliance")
    states = answer["legend"]["states"]
    rows = [f"{word}{states[state]}" for state, word in STATES.items()]
    expect(page.locator("#legend .legend-row")).to_have_text(rows)
    status = dict(zip(answer["ids"], answer["statuses"], strict=True))
    assert sorted(states.items()) == sorted((state, list(status.values()).count(state)) for state in states)
    for cell, (red, green, _) in zip(cells, median_colours(reader, cells), strict=True):
        word = status[cell.map_id]
        assert (red > green + 60) == (word == "fails"), (cell.node.name, word, red, green)


def open_house(reader: Reader, cell: Cell, house: House) -> None:
    """Click the cell, come closer, click the building."""
    page = reader.page
    reader.goto(f"/map#{CITY_ZOOM}/{house.lat:.6f}/{house.lon:.6f}")
    lon, lat = cell.points(1)[0]
    reader.click_at(lon, lat)
    reader.wait_for_title(re.compile("网格"))
    assert page.locator("#drawer .view").get_attribute("data-id") == str(cell.id)
    page.evaluate(f"location.hash = '#{CLOSE_ZOOM}/{house.lat:.6f}/{house.lon:.6f}'")
    reader.drawn()
    reader.click_at(house.lon, house.lat)
    expect(page.locator('#drawer .view[data-kind="building"]')).to_have_attribute("data-id", str(house.id))


def open_room(reader: Reader) -> None:
    """Open the first room of the topmost floor with registered people: they are there, masked."""
    page = reader.page
    assert page.locator(".matrix .room").count() > 0
    page.locator(".matrix .room.d-registered:visible").first.click()
    people = page.locator("#dwelling .person")
    expect(people.first).to_be_visible()
    for row in people.all():
        assert "*" in row.locator(".person-name").inner_text()
        number = row.locator(".person-id").first.inner_text()
        assert MASKED.match(number) or number == "无身份证号", number


def true_number(store: Store, region: int, person: UUID) -> str:
    """The identity number as the register keeps it."""
    with store.read() as unit:
        sealed = unit.session.scalar(sa.select(Person.id_number).where(Person.region == region, Person.id == person))
        number = unit.vault.open(sealed, "person.id_number")
    assert number is not None
    return number


def reveal_one(reader: Reader, store: Store) -> UUID:
    """Reveal a resident for a purpose, see all of it, and see it masked again when the time is over."""
    page = reader.page
    row = page.locator("#dwelling .person", has=page.locator("[data-reveal]")).first
    person, region = UUID(row.get_attribute("data-person")), int(row.get_attribute("data-region") or 0)
    number = true_number(store, region, person)
    assert number not in page.content()
    row.locator("[data-reveal]").click()
    expect(row.locator(".purposes button")).to_have_count(4)
    page.keyboard.press("1")
    shown = page.locator(f'#dwelling .person.is-revealed[data-person="{person}"]')
    expect(shown).to_contain_text(number)
    assert "*" not in shown.locator(".person-name").inner_text()
    expect(shown.locator("[data-countdown]")).to_have_text(re.compile(rf"^[1-{REVEAL_S}]$"))
    expect(shown.locator("[data-countdown]")).to_have_text("1", timeout=(REVEAL_S + 3) * 1000)
    expect(shown).to_have_count(0)
    assert number not in page.content()
    return person


def download_report(reader: Reader) -> openpyxl.Workbook:
    """Take the coverage report of the whole street as a workbook."""
    page = reader.page
    reader.goto("/map")
    page.locator('.drawer-tools a[href^="/reports"]').click()
    page.wait_for_url("**/reports?area=*")
    page.locator('input[name="format"][value="xlsx"]').check(force=True)
    with page.expect_download() as given:
        page.locator(".report-form button.is-primary").click()
    path = given.value.path()
    assert given.value.suggested_filename.endswith(".xlsx")
    return openpyxl.load_workbook(BytesIO(Path(path).read_bytes()), data_only=True)


def rows_of(book: openpyxl.Workbook) -> list[tuple[Any, ...]]:
    """Every row of every sheet, without empty cells at the end."""
    return [row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True)]


def check_report(reader: Reader, book: openpyxl.Workbook, store: Store, cells: list[Cell]) -> None:
    """The workbook says of the street and of each cell what the interface answers."""
    rows = rows_of(book)
    summary = reader.get(f"/api/v1/areas/{street_of(store).id}/summary")
    assert any(summary["population"] in row for row in rows)
    assert any(summary["households"] in row for row in rows)
    values = reader.get("/api/v1/values/cells?by=population")
    at = {map_id: place for place, map_id in enumerate(values["ids"])}
    for cell in cells:
        row = next((row for row in rows if cell.node.code in row), None)
        assert row is not None, cell.node.code
        assert values["counts"]["population"][at[cell.map_id]] in row, (cell.node.name, row)
        assert values["counts"]["households"][at[cell.map_id]] in row, (cell.node.name, row)


def check_log(town: Town, since: datetime, seen: set[UUID], revealed: UUID) -> None:
    """The log names exactly the people that were shown, the reveal with its purpose, and its chain is whole."""
    with town.store.read() as unit:
        found = entries(unit, EntryFilter(actor_name="street", since=since), limit=500)
        read = [entry for entry in found if entry.action.startswith("person.")]
        assert {UUID(key) for entry in read for key in json.loads(entry.subjects)} == seen
        reveals = [entry for entry in read if entry.action == "person.reveal"]
        assert [json.loads(entry.subjects) for entry in reveals] == [[str(revealed)]]
        assert all(entry.purpose for entry in reveals)
        assert all(check.intact for check in verify(unit))
        purpose = reveals[0].purpose
    with town.reader("auditor") as auditor:
        auditor.goto("/audit?actor=street&action=person.reveal")
        rows = auditor.page.locator("tbody tr")
        expect(rows).to_have_count(1)
        assert rows.locator("td").last.inner_text().strip(), purpose
        assert str(reveals[0].seq) in rows.first.inner_text()
        auditor.page.locator('form[action="/audit/verify"] button').click()
        expect(auditor.page.locator(".banner.is-good")).to_be_visible()


def test_from_the_map_to_a_resident_and_to_the_log(town: Town) -> None:
    """An officer of the street goes the whole way, and the auditor finds all of it."""
    since = datetime.now(UTC)
    cells = cells_of(town.store)
    with town.reader("street") as reader:
        seen = watch_people(reader.page)
        reader.goto("/map")
        check_colours(reader, cells)
        cell, house = first_house(town.store)
        open_house(reader, cell, house)
        open_room(reader)
        revealed = reveal_one(reader, town.store)
        speak(reader, "en")
        reader.drawn()
        expect(reader.page.locator("#matrix-title")).to_have_text("Dwellings by floor")
        speak(reader, "zh-CN")
        check_report(reader, download_report(reader), town.store, cells)
    assert seen
    check_log(town, since, seen, revealed)
