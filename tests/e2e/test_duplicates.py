"""Two records of one person, compared and decided by keyboard, at a desk and in the hand, in both themes."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from gridmap.residents.models import Person, PersonAttribute, Residence
from gridmap.store.ids import uuid7
from gridmap.store.store import Store
from tests.e2e.conftest import Town
from tests.e2e.steps import Look
from tests.e2e.test_accessible import check

pytestmark = pytest.mark.browser


def listed_again(store: Store, count: int) -> list[UUID]:
    """People of the town a second time: in their building, without a number."""
    made = []
    with store.write() as unit:
        query = (
            sa.select(Person, PersonAttribute, Residence)
            .join(PersonAttribute, PersonAttribute.person_id == Person.id)
            .join(Residence, Residence.person_id == Person.id)
            .where(Residence.dwelling_id.is_not(None), Residence.valid_to.is_(None), Person.id_number.is_not(None))
            .order_by(Person.id)
            .limit(count)
        )
        for known, state, stay in unit.session.execute(query).all():
            again = uuid7()
            unit.session.add(Person(region=known.region, id=again, sex=known.sex, birth_date=known.birth_date))
            unit.session.flush()
            dated = {"region": known.region, "person_id": again, "valid_from": stay.valid_from}
            unit.session.add(PersonAttribute(**dated, name=state.name, marital_status="40", recorded_at=unit.now))
            unit.session.add(Residence(**dated, building_id=stay.building_id, cause_in="initial", recorded_at=unit.now))
            made.append(again)
        unit.changed("register")
    return made


def test_pairs_are_decided_by_keyboard_and_taken_back(file_town: Town) -> None:
    """Compare, look, merge with 1, take back with Z, tell apart with 2, leave with 3; nothing serious at any step."""
    listed_again(file_town.store, 3)
    faults: list[str] = []
    with file_town.reader("manager") as reader:
        page = reader.page

        def press(key: str) -> None:
            page.wait_for_load_state("load")  # the keys are there once the page is
            page.keyboard.press(key)

        reader.goto("/duplicates")
        page.locator(".pairs-search button").click()
        waiting = page.locator(".queue li")
        expect(waiting).not_to_have_count(0)
        count = waiting.count()
        assert count >= 3
        faults += check(reader, "pairs")
        page.locator("[data-reveal]").first.click()
        expect(page.locator("[data-reveal-form]:not([hidden])")).to_be_visible()
        faults += check(reader, "purposes")
        page.keyboard.press("2")  # with the purposes open, a purpose
        expect(page.locator(".person.is-revealed")).to_have_count(1)
        page.keyboard.press("j")
        expect(page).to_have_url(re.compile(r"pair="))
        press("1")
        expect(waiting).to_have_count(count - 1)
        press("z")
        expect(waiting).to_have_count(count)
        press("2")
        expect(waiting).to_have_count(count - 1)
        press("3")
        expect(waiting.last).to_contain_text("暂缓")
    with file_town.reader("manager", Look(phone=True)) as reader:
        reader.goto("/duplicates")
        faults += check(reader, "pairs on a phone")
    assert faults == []
