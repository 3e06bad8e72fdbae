"""A data manager resolves a queue of doubtful rows with the keyboard alone, beside the map; another one on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gridmap.reviewing.queue import waiting_for
from tests.e2e.conftest import Town
from tests.e2e.review_file import NOWHERE, OTHER_NAME, Home, data_manager, hand_in_all_but_one, hand_in_doubtful
from tests.e2e.steps import Look, Reader

pytestmark = pytest.mark.browser


def address(page: Page) -> str:
    """The address of the case."""
    return page.locator(".case h2").first.inner_text()


def ready(page: Page) -> None:
    """Wait until the page hears keys."""
    expect(page.locator("body[data-keys=ready]")).to_be_attached()


def effect(page: Page, within: str = "#case") -> str:
    """What the decision will do, once the server has said it."""
    said = page.locator(f"{within} .effect-text")
    expect(said).to_be_visible()
    return said.inner_text()


def on_to_the_next(page: Page, key: str = "Enter") -> None:
    """Press a key that decides, and wait for the page after it."""
    with page.expect_navigation(url=re.compile(r"/review\?after=")):
        page.keyboard.press(key)
    ready(page)


def asked(page: Page, key: str, kind: str) -> str:
    """Press a key that asks; what its decision would do."""
    page.keyboard.press(key)
    expect(page.locator(f'dialog[data-kind="{kind}"]')).to_be_visible()
    return effect(page, f'dialog[data-kind="{kind}"]')


def search(page: Page, text: str) -> None:
    """Look for a place and take the first that is found."""
    page.keyboard.press("f")
    expect(page.locator("#place-search")).to_be_focused()
    page.keyboard.type(text)
    expect(page.locator("#found .candidate").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found .candidate input").first).to_be_checked()


def place_what_is_missing(page: Page, homes: list[Home]) -> None:
    """A compound without a building: the room is looked for, found and taken."""
    assert address(page) == homes[1].compound
    page.keyboard.press("2")
    expect(page.locator(".candidate").nth(1).locator("input")).to_be_checked()
    expect(page.locator(".map-pin.is-chosen")).to_have_text("2")
    search(page, homes[1].text)
    expect(page.locator("#case .effect-text")).to_contain_text(homes[1].room)
    on_to_the_next(page)
    expect(page.locator(".last-decision")).to_contain_text(homes[1].room)


def undo_and_do_again(page: Page, homes: list[Home]) -> None:
    """The last decision is taken back by a key; its case is there again."""
    with page.expect_navigation(url=re.compile(r"/review\?case=")):
        page.keyboard.press("u")
    ready(page)
    assert address(page) == homes[1].compound
    # Its buildings fit equally well: none of them is chosen before somebody does.
    expect(page.locator('input[name="candidate"]:checked')).to_have_count(0)
    page.keyboard.press("1")
    page.keyboard.press("1")
    expect(page.locator(".candidate").first.locator("input")).to_be_checked()
    assert "1" in asked(page, "b", "building")
    on_to_the_next(page)


def resolve(page: Page, homes: list[Home]) -> list[str]:
    """Decide case after case by its kind; which keys were needed."""
    used: list[str] = []
    while page.locator(".case h2").count():
        assert len(used) < 20, used
        text = address(page)
        if page.locator('input[name="person"]').count():
            assert homes[4].room in effect(page)
            on_to_the_next(page)
            used.append("person")
        elif page.locator('[data-ask="new_person"]').count():
            assert asked(page, "n", "new_person")
            on_to_the_next(page)
            used.append("new person")
        elif page.locator('[data-ask="leave"]').count():
            assert asked(page, "l", "leave")
            page.keyboard.press("Escape")
            assert asked(page, "t", "stays")
            on_to_the_next(page)
            used.append("stays")
        elif text.startswith(OTHER_NAME):
            search(page, homes[0].text)
            said = asked(page, "a", "alias")
            assert OTHER_NAME in said
            assert homes[0].compound in said
            on_to_the_next(page)
            used.append("alias")
        elif text == NOWHERE:
            expect(page.locator(".case-rows tr")).to_have_count(2)
            assert "2" in asked(page, "r", "give_back")
            on_to_the_next(page)
            used.append("back")
        elif "9999" in text or "99单元" in text:
            assert asked(page, "n", "new_place")
            expect(page.locator('dialog[data-kind="new_place"] .is-bad')).to_have_count(0)
            on_to_the_next(page)
            used.append("new place")
        else:
            assert asked(page, "s", "skip")
            on_to_the_next(page)
            used.append("skip")
    return used


def test_a_queue_is_resolved_by_the_keyboard_alone(own_town: Town, tmp_path: Path) -> None:
    """Thirteen rows of nine kinds: each says why it waits and what a decision does; in the end nothing waits."""
    _, homes = hand_in_doubtful(own_town.store, tmp_path)
    absent = hand_in_all_but_one(own_town.store, tmp_path)
    assert absent.counts["absent"] == 1
    with own_town.reader("manager") as reader:
        page = reader.page
        reader.goto("/review")
        expect(page.locator(".queue-head span")).to_have_text("13")
        expect(page.locator("#map canvas")).to_be_visible()
        expect(page.locator(".map-pin").first).to_be_visible()
        ready(page)
        page.keyboard.press("?")
        expect(page.locator('dialog[data-kind="help"]')).to_be_visible()
        page.keyboard.press("Escape")
        first = address(page)
        with page.expect_navigation():
            page.keyboard.press("j")
        ready(page)
        assert address(page) != first
        with page.expect_navigation():
            page.keyboard.press("k")
        ready(page)
        assert address(page) == first
        place_what_is_missing(page, homes)
        undo_and_do_again(page, homes)
        used = resolve(page, homes)
        assert {"alias", "back", "new place", "person", "new person", "stays", "skip"} <= set(used)
        expect(page.locator(".card-empty h2")).to_be_visible()
    with own_town.store.read() as unit:
        assert waiting_for(unit, data_manager(own_town.store)).total == 0


def narrow(reader: Reader) -> None:
    """Nothing is wider than the phone."""
    page = reader.page
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_a_case_is_decided_on_a_phone(own_town: Town, tmp_path: Path) -> None:
    """The map stands above the case, candidates and buttons are as large as fingers, nothing scrolls sideways."""
    hand_in_doubtful(own_town.store, tmp_path)
    with own_town.reader("manager", Look(phone=True)) as reader:
        page = reader.page
        reader.goto("/review")
        expect(page.locator("#map canvas")).to_be_visible()
        narrow(reader)
        text = address(page)
        ready(page)
        page.locator(".candidate").first.tap()
        expect(page.locator('input[name="candidate"]').first).to_be_checked()
        effect(page)
        button = page.locator('[data-ask="skip"]')
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 40
        button.tap()
        effect(page, 'dialog[data-kind="skip"]')
        with page.expect_navigation(url=re.compile(r"/review\?after=")):
            page.locator('dialog[data-kind="skip"] [data-confirm-ask]').tap()
        assert address(page) != text
        narrow(reader)
        reader.goto("/review/decisions")
        narrow(reader)
