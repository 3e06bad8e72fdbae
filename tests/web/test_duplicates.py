"""Comparing, merging, keeping apart and taking back pairs of records in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from fastapi import FastAPI

from gridmap.residents.models import Household, Person, PersonAttribute, Residence
from gridmap.store.ids import uuid7
from gridmap.store.store import Store
from tests.web.client import Visitor, visitor
from tests.web.sample import Sample, Someone

PAIR = re.compile(r'action="/duplicates/([^"/]+)"')


@pytest.fixture
def manager(sign_in: Callable[[str], Visitor]) -> Visitor:
    """A data manager of sub-district A."""
    return sign_in("manager")


def listed_again(store: Store, someone: Someone) -> UUID:
    """The same person a second time, in another room of the building, without a number."""
    key = uuid7()
    with store.write() as unit:
        known = unit.session.get(Person, (someone.region, someone.id))
        assert known is not None
        unit.session.add(Person(region=someone.region, id=key, sex=known.sex, birth_date=known.birth_date))
        household = Household(region=someone.region, building_id=someone.building_id)
        unit.session.add(household)
        unit.session.flush()
        since = date(2025, 5, 1)
        unit.session.add(
            PersonAttribute(region=someone.region, person_id=key, name=someone.name, marital_status="90",
                            valid_from=since, recorded_at=unit.now)
        )  # fmt: skip
        unit.session.add(
            Residence(region=someone.region, person_id=key, household_id=household.id,
                      building_id=someone.building_id, valid_from=since, recorded_at=unit.now)
        )  # fmt: skip
        unit.changed("register")
    return key


def open_pair(manager: Visitor, sample: Sample) -> tuple[str, str]:
    """Compare everybody of the sub-district; the pair on the page, and the page."""
    assert manager.post("/duplicates", {"area": str(sample.areas["a"].id)}).status_code == 303
    page = manager.get("/duplicates").text
    found = PAIR.search(page)
    assert found is not None, "no pair waits"
    return found.group(1), page


def test_a_pair_is_shown_masked_merged_and_taken_back(manager: Visitor, web_store: Store, sample: Sample) -> None:
    """Side by side with the reasons; after the merge it is gone, after the undo it is there again."""
    someone = sample.of("c1")[0]
    again = listed_again(web_store, someone)
    pair, page = open_pair(manager, sample)
    assert str(again) in pair
    assert "姓名相同" in page
    assert "出生日期相同" in page
    assert not [word for word in someone.tokens[1:] if word in page]
    sent = {"action": "same", "kept": "first", "field-marital_status": "second"}
    assert manager.post(f"/duplicates/{pair}", sent).headers["location"] == "/duplicates"
    assert pair not in manager.get("/duplicates").text
    assert manager.post(f"/duplicates/{pair}", sent).status_code == 422
    assert manager.post("/duplicates/undo").status_code == 303
    assert pair in manager.get("/duplicates").text
    for action in ("later", "apart"):
        assert manager.post(f"/duplicates/{pair}", {"action": action}).status_code == 303
        assert (pair in manager.get("/duplicates").text) is (action == "later")
    open_again = manager.post("/duplicates", {"area": str(sample.areas["a"].id)})
    assert open_again.status_code == 303
    assert pair not in manager.get("/duplicates").text
    manager.post("/duplicates/undo")


@pytest.mark.parametrize(
    ("pair", "form", "status"),
    [("x", {"action": "same"}, 404), ("1.2.3", {"action": "same"}, 404), ("1", {"action": "apart"}, 404),
     (f"1.{UUID(int=1)}.{UUID(int=2)}", {"action": "same"}, 404),
     (f"1.{UUID(int=1)}.{UUID(int=2)}", {"action": "burn"}, 422),
     (f"1.{UUID(int=1)}.{UUID(int=2)}", {"action": "same", "kept": "third"}, 422),
     (f"1.{UUID(int=1)}.{UUID(int=2)}", {"action": "same", "field-name": "third"}, 422)],
)  # fmt: skip
def test_what_names_no_pair_or_no_decision_is_refused(
    manager: Visitor, pair: str, form: dict[str, str], status: int
) -> None:
    """Addresses typed by hand change nothing."""
    assert manager.post(f"/duplicates/{pair}", form).status_code == status


def test_a_pair_of_another_sub_district_does_not_exist(app: FastAPI, web_store: Store, sample: Sample) -> None:
    """Neither to be seen nor to be merged; who may not merge is told so."""
    someone = sample.of("c4")[0]
    again = listed_again(web_store, someone)
    first, second = sorted((someone.id, again), key=lambda key: key.bytes)
    manager = visitor(app, "manager")
    assert manager.post("/duplicates", {"area": str(sample.areas["b"].id)}).status_code == 404
    pair = f"{someone.region}.{first}.{second}"
    assert manager.post(f"/duplicates/{pair}", {"action": "same"}).status_code == 404
    assert pair not in manager.get(f"/duplicates?pair={pair}").text
    assert visitor(app, "street").get("/duplicates").status_code == 403
