"""A grid worker keeps the register by hand: a birth, a household that leaves, a name corrected, and back again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from tests.e2e.conftest import Town
from tests.e2e.places import Cell, House, cells_of, houses_of
from tests.e2e.steps import Look, Reader
from tests.e2e.test_accessible import check
from web.site import office_today

pytestmark = pytest.mark.browser

PEOPLE = re.compile(r"常住\s*(\d+)")
VALUES = "/api/v1/values/cells"


@dataclass
class Desk:
    """A worker at a building of their cell."""

    reader: Reader
    cell: Cell
    house: House

    @property
    def page(self) -> Page:
        """The window."""
        return self.reader.page

    def open(self) -> None:
        """The building in the drawer, cells by population."""
        self.reader.goto(f"/map?by=population&sel=building:{self.house.region}:{self.house.id}")

    def population(self) -> int:
        """The residents of the building, as the drawer says."""
        found = PEOPLE.search(self.page.locator("#drawer .view-meta").inner_text())
        assert found is not None
        return int(found.group(1))

    def in_cell(self) -> int:
        """The residents of the cell, as the map is told."""
        answer = self.reader.get(f"{VALUES}?by=population")
        return int(answer["values"][answer["ids"].index(self.cell.map_id)])

    def choose_room(self, *, least: int) -> Locator:
        """Open a room with some people; its button."""
        rooms = self.page.locator(".matrix .room:visible")
        for room in rooms.all():
            text = room.inner_text()
            if text.isdigit() and int(text) >= least:
                room.click()
                expect(self.page.locator("#dwelling .room-acts")).to_be_visible()
                return room
        raise AssertionError("no room with people")

    def form(self, name: str) -> Locator:
        """Open a form of the room in the dialog."""
        self.page.locator(f'.room-acts a[href$="/{name}"]').click()
        form = self.page.locator(".edit-dialog .edit-form")
        expect(form).to_be_visible()
        return form

    def save(self) -> Locator:
        """Save the form that is open; the message at the foot of the window."""
        self.page.locator(".edit-dialog .edit-foot button").click()
        toast = self.page.locator(".toast", has_text="已保存")
        expect(toast).to_be_visible()
        expect(self.page.locator(".edit-dialog")).to_be_hidden()
        return toast

    @contextmanager
    def repainted(self) -> Iterator[list[Any]]:
        """The figures that the map asks for meanwhile, without the page being loaded again."""
        seen: list[Any] = []

        def note(response: Response) -> None:
            if VALUES in response.url and response.ok:
                seen.append(response.json())

        self.page.on("response", note)
        try:
            yield seen
        finally:
            self.page.remove_listener("response", note)

    def wait_for_population(self, expected: int) -> None:
        """Wait until the drawer says so."""
        expect(self.page.locator("#drawer .view-meta")).to_contain_text(re.compile(rf"常住\s*{expected}\b"))


def desk_of(town: Town, reader: Reader) -> Desk:
    """The first cell of the town is the worker's."""
    cell = cells_of(town.store)[0]
    return Desk(reader, cell, houses_of(town.store)[cell.id][0])


def test_a_worker_keeps_the_register_by_hand(own_town: Town) -> None:
    """A newborn is added, a household moves out and comes back by Undo, a name is corrected and the correction taken
    back; the figures on the map follow each without a reload."""
    with own_town.reader("worker") as reader:
        desk = desk_of(own_town, reader)
        desk.open()
        before, in_cell = desk.population(), desk.in_cell()
        room = desk.choose_room(least=2)
        members = int(room.inner_text())

        birth = desk.form("birth")
        birth.locator("#e-name").fill("新生一")
        birth.locator("#e-sex").select_option("2")
        birth.locator("#e-birth_date").fill(office_today().isoformat())
        birth.locator("#e-relationship").select_option("30")
        with desk.repainted() as figures:
            desk.save()
            desk.wait_for_population(before + 1)
            reader.drawn()
        assert figures, "the map did not ask for its figures again"
        at = figures[-1]["ids"].index(desk.cell.map_id)
        assert figures[-1]["values"][at] == in_cell + 1
        expect(reader.page.locator("#dwelling .person")).to_have_count(members + 1)

        form = desk.form("move-out")
        expect(form.locator('input[name="members"]:checked')).to_have_count(members + 1)
        toast = desk.save()
        desk.wait_for_population(before - members)
        toast.locator("button").click()
        desk.wait_for_population(before + 1)
        assert desk.in_cell() == in_cell + 1

        reader.page.locator("#dwelling .person-name a").first.click()
        expect(reader.page.locator(".history")).to_be_visible()
        correct_a_name(reader)
        undo_the_newest(reader)
        desk.open()
        assert desk.population() == before + 1


def correct_a_name(reader: Reader) -> None:
    """On the page of a person: shown in full for a purpose, another name, saved."""
    page = reader.page
    page.locator('.record-acts a[href$="/details"]').click()
    page.locator(".edit-reveal summary").click()
    page.locator('.edit-reveal button[value="correction"]').click()
    expect(page.locator(".edit-open")).to_be_visible()
    expect(page.locator("#e-name")).not_to_have_value(re.compile(r"\*"))
    page.locator("#e-name").fill("符改名")
    page.locator("#e-name").press("Enter")
    expect(page.locator("h1")).to_contain_text("符*名")
    first = page.locator(".history > li").first
    expect(first).to_contain_text("修改人员信息")
    expect(first).to_contain_text("网格员")
    expect(first.locator(".history-lines")).to_contain_text("符*名")


def undo_the_newest(reader: Reader) -> None:
    """From the history; the entry stays and says who took it back."""
    page = reader.page
    page.locator(".history > li").first.locator("button").click()
    expect(page.locator(".history > li").first).to_contain_text("已由 网格员 撤销")
    expect(page.locator("h1")).not_to_contain_text("符*名")


def test_keys_are_enough_and_escape_loses_nothing(file_town: Town) -> None:
    """A form is opened, refused, mended and saved by keys alone; Escape closes the dialog and not the drawer."""
    with file_town.reader("worker") as reader:
        desk = desk_of(file_town, reader)
        desk.open()
        desk.choose_room(least=2)
        page = reader.page
        page.locator('.room-acts a[href$="/move-within"]').focus()
        page.keyboard.press("Enter")
        expect(page.locator(".edit-dialog .edit-form")).to_be_visible()
        page.locator("#e-to").focus()
        page.keyboard.type("9-999")
        page.keyboard.press("Enter")
        expect(page.locator("#error-to")).to_be_visible()
        expect(page.locator("#e-to")).to_be_focused()
        page.once("dialog", lambda dialog: dialog.accept())
        page.keyboard.press("Escape")
        expect(page.locator(".edit-dialog")).to_be_hidden()
        expect(page.locator("#dwelling .room-acts")).to_be_visible()
        expect(page.locator('.room-acts a[href$="/move-within"]')).to_be_focused()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_forms_and_records_are_accessible(file_town: Town, phone: bool) -> None:
    """A form in the dialog with its faults, a form on a page, the page of a person: light and dark."""
    faults: list[str] = []
    with file_town.reader("worker", Look(phone=phone)) as reader:
        desk, page = desk_of(file_town, reader), reader.page
        desk.open()
        desk.choose_room(least=2)
        desk.form("birth")
        page.locator(".edit-dialog .edit-foot button").click()
        expect(page.locator("#error-birth_date")).to_be_visible()
        faults += check(reader, "birth")
        page.locator(".edit-dialog [data-edit-cancel]").click()
        page.locator("#dwelling .person-name a").first.click()
        expect(page.locator(".history")).to_be_visible()
        faults += check(reader, "record")
        reader.goto(page.url.removeprefix(reader.origin).replace("/records/", "/edit/") + "/details")
        page.locator(".edit-reveal summary").click()
        faults += check(reader, "details")
    assert faults == []


def test_a_phone_shows_the_whole_form(file_town: Town) -> None:
    """Nothing wider than the window, the buttons within it."""
    with file_town.reader("worker", Look(phone=True)) as reader:
        desk = desk_of(file_town, reader)
        desk.open()
        desk.choose_room(least=1)
        desk.form("move-in")
        page = reader.page
        width = page.viewport_size["width"] if page.viewport_size else 0
        assert page.evaluate("document.querySelector('.edit-dialog .edit').scrollWidth") <= width
        box = page.locator(".edit-dialog .edit-foot").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= (page.viewport_size["height"] if page.viewport_size else 0)
