"""Deciding rows that an import could not place."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from tests.web.client import Visitor
from tests.web.sample import Sample, id_number
from tests.web.test_imports import HEADINGS, hand_in, wait

CASE = re.compile(r'action="/review/([^"]+)"')


@pytest.fixture
def manager(sign_in: Callable[[str], Visitor]) -> Visitor:
    """A data manager of sub-district A."""
    return sign_in("manager")


def unplaced(manager: Visitor, app: FastAPI, sample: Sample, serials: tuple[int, ...]) -> None:
    """Import people whose compound is written in another way."""
    lines = [HEADINGS]
    for serial in serials:
        birth = sample.today.replace(year=1980, month=3, day=4)
        lines.append(f"待定{serial},{id_number(serial, birth, '1')},男,户主,,,云弯花苑1号楼1单元302")
    path = hand_in(manager, sample, "\n".join(lines).encode("utf-8-sig"), f"待定{serials[0]}.csv", area="c1")
    wait(manager, app, path)
    manager.post(f"{path}/columns")
    wait(manager, app, path)
    manager.post(f"{path}/commit")
    wait(manager, app, path)


def first_case(manager: Visitor) -> tuple[str, str]:
    """The case on the page and the page."""
    page = manager.get("/review").text
    found = CASE.search(page)
    assert found is not None, "no case waits"
    return found.group(1), page


def test_cases_are_skipped_placed_and_counted(manager: Visitor, app: FastAPI, sample: Sample) -> None:
    """A decided case leaves the queue and cannot be decided again; the badge follows."""
    unplaced(manager, app, sample, (910,))
    case, page = first_case(manager)
    assert "云弯花苑" in page
    birth = sample.today.replace(year=1980, month=3, day=4)
    assert id_number(910, birth, "1") not in page
    assert 'class="badge"' in page
    assert manager.post(f"/review/{case}", {"action": "skip"}).headers["location"] == "/review"
    assert manager.post(f"/review/{case}", {"action": "skip"}).status_code == 422
    assert case not in manager.get("/review").text


def test_a_case_is_placed_in_the_dwelling_that_is_chosen(manager: Visitor, app: FastAPI, sample: Sample) -> None:
    """The person counts in the room from then on."""
    unplaced(manager, app, sample, (921,))
    case, _ = first_case(manager)
    dwelling = sample.dwellings[sample.buildings["c1"][0].id][5]
    before = len(people_in(manager, dwelling.region, str(dwelling.id)))
    outside = sample.dwellings[sample.buildings["c4"][0].id][5]
    assert manager.post(f"/review/{case}", {"action": "choose", "candidate": f"1:{outside.id}"}).status_code == 404
    answer = manager.post(f"/review/{case}", {"action": "choose", "candidate": f"1:{dwelling.id}"})
    assert answer.status_code == 303, answer.text
    assert len(people_in(manager, dwelling.region, str(dwelling.id))) == before + 1


def people_in(someone: Visitor, region: int, dwelling_id: str) -> list[object]:
    """The people of a room."""
    found = someone.get(f"/api/v1/dwellings/{region}/{dwelling_id}").json()
    return [member for household in found["households"] for member in household["members"]]


@pytest.mark.parametrize(
    ("case", "form", "status"),
    [("x", {"action": "skip"}, 404), ("1.2.3", {"action": "skip"}, 404),
     ("1.00000000-0000-0000-0000-000000000007.1", {"action": "skip"}, 404),
     ("1.00000000-0000-0000-0000-000000000007.1", {"action": "burn"}, 422)],
)  # fmt: skip
def test_what_names_no_case_or_no_decision_is_refused(
    manager: Visitor, case: str, form: dict[str, str], status: int
) -> None:
    """Addresses typed by hand change nothing."""
    assert manager.post(f"/review/{case}", form).status_code == status
