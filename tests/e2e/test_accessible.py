"""Every page, light and dark, at a desk and in the hand: axe-core finds nothing serious, nothing is cut off."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import Town
from tests.e2e.places import first_house
from tests.e2e.register_file import register_file
from tests.e2e.steps import Look, Reader

pytestmark = pytest.mark.browser

SERIOUS = {"serious", "critical"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
THEMES = ("light", "dark")
HANDS = pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])


def check(reader: Reader, place: str) -> list[str]:
    """What is seriously wrong with the page as it stands, in both themes, one line an element."""
    faults = []
    for theme in THEMES:
        reader.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        found = Axe().run(reader.page, options=RULES).response["violations"]
        faults += [
            f"{place}, {theme}: {rule['id']} {node['target']} {node['failureSummary']}"
            for rule in found
            if rule["impact"] in SERIOUS
            for node in rule["nodes"]
        ]
    wide = reader.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return faults + ([f"{place}: {wide[0]} px wide in a window of {wide[1]} px"] if wide[0] > wide[1] else [])


def map_states(reader: Reader, town: Town) -> list[tuple[str, Callable[[], None]]]:
    """The map with each kind of drawer, and how to get there."""
    cell, house = first_house(town.store)
    page = reader.page

    def room() -> None:
        page.locator(".matrix .room.d-registered:visible").first.click()
        expect(page.locator("#dwelling .person").first).to_be_visible()
        page.locator("[data-reveal]").first.click()

    return [
        ("map", lambda: reader.goto("/map")),
        ("population", lambda: reader.goto("/map?by=population")),
        ("cell", lambda: reader.goto(f"/map?sel=area:{cell.node.region}:{cell.id}")),
        ("building", lambda: reader.goto(f"/map?sel=building:{house.region}:{house.id}")),
        ("room", room),
    ]


@HANDS
def test_the_map_and_its_drawers(file_town: Town, phone: bool) -> None:
    """The map, a cell, a building, and a room with the purposes of a reveal open."""
    faults: list[str] = []
    with file_town.reader("street", Look(phone=phone)) as reader:
        for place, go in map_states(reader, file_town):
            go()
            faults += check(reader, place)
    assert faults == []


PAGES = {
    "street": ("/residents", "/dwellings", "/reconciliation", "/reports", "/forms", "/account"),
    "manager": ("/import", "/review"),
    "admin": ("/people",),
    "auditor": ("/audit",),
}


@HANDS
def test_the_other_pages(file_town: Town, phone: bool) -> None:
    """Sign-in, register, reports, account, import, review, people and log."""
    faults: list[str] = []
    with file_town.stranger(Look(phone=phone)) as reader:
        reader.goto("/login")
        faults += check(reader, "/login")
    for username, paths in PAGES.items():
        with file_town.reader(username, Look(phone=phone)) as reader:
            for path in paths:
                reader.goto(path)
                faults += check(reader, path)
    assert faults == []


def test_an_import_under_way(file_town: Town, tmp_path: Path) -> None:
    """The steps of an import: what was understood, and every row judged."""
    given = register_file(file_town.store, tmp_path / "register.xlsx")
    faults: list[str] = []
    with file_town.reader("manager") as reader:
        page = reader.page
        reader.goto("/import")
        page.set_input_files("#file", given.path)
        page.locator(".import-form button.is-primary").click()
        expect(page.locator(".columns li").first).to_be_visible()
        faults += check(reader, "understood")
        page.locator('.understood button[value="check"]').click()
        expect(page.locator(".verdicts")).to_be_visible()
        faults += check(reader, "checked")
        page.on("dialog", lambda dialog: dialog.accept())
        page.locator('form[action$="/cancel"] button').click()
        expect(page).to_have_url(re.compile("/import/"))
    assert faults == []
