"""Deciding rows that an import could not place, in the browser's requests."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi import FastAPI

from gridmap.access.service import actor_of, grant_role
from gridmap.accounts.actor import Actor, Role
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import create_user
from gridmap.i18n import translator
from gridmap.importing.findings import FINDINGS, Weight
from gridmap.importing.register import import_register
from gridmap.importing.result import RegisterOptions
from gridmap.reviewing.claims import give_up
from gridmap.store.store import Store
from tests.web.client import Visitor, visitor
from tests.web.sample import PASSWORD, Sample, id_number
from web.views.review import reason_label

CASE = re.compile(r'data-case="([^"]+)"')
CHANGE = re.compile(r'name="change" value="([^"]+)"')
VALUE = re.compile(r'name="candidate" value="([^"]+)"')
SERIALS = iter(range(300, 900))
WRITTEN = "旭日花园"


@pytest.fixture
def manager(sign_in: Callable[[str], Visitor], web_store: Store, sample: Sample) -> Iterator[Visitor]:
    """A data manager of sub-district A, who goes home afterwards."""
    yield sign_in("manager")
    with web_store.write() as unit:
        give_up(unit, acting(web_store, sample))


def acting(store: Store, sample: Sample) -> Actor:
    """The data manager as an actor."""
    with store.read() as unit:
        return actor_of(unit, sample.users["manager"].id)


def hand_in(
    store: Store, sample: Sample, folder: Path, addresses: list[str], *, complete: bool = False, **also: str
) -> list[str]:
    """Import people at some addresses; their names."""
    path = folder / f"旧册{next(SERIALS)}.csv"
    born = date(1980, 3, 4)
    names = []
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["姓名", "公民身份号码", "性别", "与户主关系", "现住址", *also])
        for address in addresses:
            serial = next(SERIALS)
            names.append(f"待定{chr(0x4E00 + serial)}")
            number = id_number(serial, born.replace(day=1 + serial % 28, year=1950 + serial % 50), "1")
            rows.writerow([names[-1], number, "男", "户主", address, *also.values()])
    import_register(store, acting(store, sample), path, "469900001001", RegisterOptions(date(2026, 1, 1), complete))
    return names


def open_case(someone: Visitor, path: str = "/review") -> tuple[str, str]:
    """The case on the page and the page."""
    page = someone.get(path).text
    found = CASE.search(page)
    assert found is not None, "no case waits"
    return found.group(1), page


def clear(someone: Visitor) -> None:
    """Leave everything that waits as it is."""
    while found := CASE.search(someone.get("/review").text):
        someone.post(f"/review/{found.group(1)}", {"action": "skip", "extent": "reason"})


def people_in(someone: Visitor, region: int, dwelling_id: str) -> list[object]:
    """The people of a room."""
    found = someone.get(f"/api/v1/dwellings/{region}/{dwelling_id}").json()
    return [member for household in found["households"] for member in household["members"]]


def test_a_case_is_shown_masked_with_what_it_may_mean(
    manager: Visitor, web_store: Store, sample: Sample, tmp_path: Path
) -> None:
    """Its address, why it waits, its rows, numbered places, what is left by reason and file; the badge counts it."""
    clear(manager)
    names = hand_in(web_store, sample, tmp_path, [f"{WRITTEN}1号楼1单元302"] * 2)
    _, page = open_case(manager)
    assert f"{WRITTEN}1号楼1单元302" in page
    assert not [name for name in names if name in page]
    assert page.count('class="candidate"') >= 1
    assert "2 行" in page
    assert 'class="badge"' in page
    assert '<option value="compound_unknown"' in page
    clear(manager)
    assert 'class="badge"' not in manager.get("/review").text


def test_a_decision_says_what_it_will_do_then_does_it_and_is_undone(
    manager: Visitor, web_store: Store, sample: Sample, tmp_path: Path
) -> None:
    """People count in the room from then on, and no more once it is taken back."""
    clear(manager)
    hand_in(web_store, sample, tmp_path, [f"{WRITTEN}1号楼1单元302"] * 2)
    case, _ = open_case(manager)
    dwelling = sample.dwellings[sample.buildings["c1"][0].id][5]
    outside = sample.dwellings[sample.buildings["c4"][0].id][5]
    room = f"1:{sample.buildings['c1'][0].id}:{dwelling.id}"
    before = len(people_in(manager, dwelling.region, str(dwelling.id)))
    wanted = {"action": "choose", "candidate": room, "extent": "alike"}
    said = manager.post(f"/review/{case}/effect", wanted).text
    assert "云湾花园1号楼 1-302" in said
    assert "2 行" in said
    assert len(people_in(manager, dwelling.region, str(dwelling.id))) == before
    refused = manager.post(f"/review/{case}/effect", {"action": "choose", "candidate": ""})
    assert refused.status_code == 200
    assert "is-bad" in refused.text
    elsewhere = {"action": "choose", "candidate": f"1:{sample.buildings['c4'][0].id}:{outside.id}"}
    assert manager.post(f"/review/{case}", elsewhere).status_code == 404
    answer = manager.post(f"/review/{case}", wanted)
    assert answer.status_code == 303, answer.text
    assert len(people_in(manager, dwelling.region, str(dwelling.id))) == before + 2
    page = manager.get(answer.headers["location"]).text
    assert "云湾花园1号楼 1-302" in page
    change = CHANGE.search(page)
    assert change is not None
    back = manager.post("/review/undo", {"change": change.group(1)})
    assert back.headers["location"] == f"/review?case={case}"
    assert len(people_in(manager, dwelling.region, str(dwelling.id))) == before
    assert open_case(manager, back.headers["location"])[0] == case


def test_a_name_is_learned_listed_and_withdrawn(
    manager: Visitor, web_store: Store, sample: Sample, tmp_path: Path
) -> None:
    clear(manager)
    hand_in(web_store, sample, tmp_path, [f"{WRITTEN}1号楼1单元301", f"{WRITTEN}2号楼1单元102"])
    case, page = open_case(manager)
    place = next(value for value in VALUE.findall(page) if value.split(":")[1] == str(sample.buildings["c1"][0].id))
    said = manager.post(f"/review/{case}/effect", {"action": "alias", "candidate": place}).text
    assert f"“{WRITTEN}”" in said
    assert "“云湾花园”" in said
    assert "2 行" in said
    assert manager.post(f"/review/{case}", {"action": "alias", "candidate": place}).status_code == 303
    listed = manager.get("/review/decisions").text
    assert WRITTEN in listed
    name = re.search(r'name="name" value="([^"]+)"', listed)
    assert name is not None
    assert manager.post("/review/names/withdraw", {"name": name.group(1)}).status_code == 303
    assert 'name="name"' not in manager.get("/review/decisions").text
    assert manager.post("/review/names/withdraw", {"name": name.group(1)}).status_code == 404


def test_a_late_decision_goes_on_to_the_next_case_and_says_why(
    manager: Visitor, web_store: Store, sample: Sample, tmp_path: Path
) -> None:
    clear(manager)
    hand_in(web_store, sample, tmp_path, [f"{WRITTEN}1号楼1单元301", f"{WRITTEN}2号楼1单元102"])
    case, _ = open_case(manager)
    assert manager.post(f"/review/{case}", {"action": "skip"}).status_code == 303
    late = manager.post(f"/review/{case}", {"action": "skip"})
    assert late.status_code == 409
    assert "工号manager" in late.text
    assert case not in CASE.findall(late.text)
    by_link = manager.get(f"/review?case={case}")
    assert by_link.status_code == 200
    assert "已由工号manager处理" in by_link.text
    clear(manager)


def test_two_reviewers_have_different_cases(
    manager: Visitor, app: FastAPI, web_store: Store, sample: Sample, tmp_path: Path
) -> None:
    """A case that somebody has open is shown to others as such, and not decided by them."""
    clear(manager)
    hand_in(web_store, sample, tmp_path, [f"{WRITTEN}1号楼1单元301", f"{WRITTEN}2号楼1单元102"])
    with web_store.write() as unit:
        name = f"second{next(SERIALS)}"
        user = create_user(unit, Passwords(cheap=True), username=name, display_name="小李", password=PASSWORD)
        grant_role(unit, user, Role.DATA_MANAGER, sample.areas["a"].id)
    colleague = visitor(app, name)
    mine, _ = open_case(manager)
    theirs, page = open_case(colleague)
    assert mine != theirs
    assert "工号manager正在处理" in page
    taken = colleague.get(f"/review?case={mine}").text
    assert "工号manager正在处理这条记录" in taken
    assert 'value="choose" id="decide" disabled' in taken
    assert colleague.post(f"/review/{mine}", {"action": "skip"}).status_code == 409
    assert manager.post(f"/review/{mine}/keep").status_code == 204
    assert "is-bad" in colleague.post(f"/review/{mine}/keep").text
    clear(manager)
    clear(colleague)


def test_places_are_looked_for_and_made(manager: Visitor, web_store: Store, sample: Sample, tmp_path: Path) -> None:
    clear(manager)
    hand_in(web_store, sample, tmp_path, ["听涛阁77号楼9"])
    case, _ = open_case(manager)
    found = manager.post(f"/review/{case}/places", {"q": "云湾花园2号楼 201"}).text
    room = sample.dwellings[sample.buildings["c1"][1].id][2]
    assert str(room.id) in found
    assert "candidate" not in manager.post(f"/review/{case}/places", {"q": " "}).text
    where = f"1:{sample.buildings['c1'][1].id}:"
    wanted = {"action": "new_place", "where": where, "unit": "1", "room": "401", "on": "2026-02-01"}
    assert "云湾花园2号楼 1-401" in manager.post(f"/review/{case}/effect", wanted).text
    assert manager.post(f"/review/{case}", {**wanted, "room": ""}).status_code == 422
    assert manager.post(f"/review/{case}", wanted).status_code == 303
    floors = manager.get(f"/api/v1/buildings/1/{sample.buildings['c1'][1].id}").text
    assert "401" in floors


def test_who_is_absent_leaves_or_stays(manager: Visitor, web_store: Store, sample: Sample, tmp_path: Path) -> None:
    clear(manager)
    hand_in(web_store, sample, tmp_path, ["云湾花园1号楼1单元101"], complete=True)
    case, page = open_case(manager)
    assert 'data-ask="leave"' in page
    assert not [one for one in sample.people if one.name in page]
    future = {"action": "leave", "cause": "death", "on": "2999-01-01"}
    assert manager.post(f"/review/{case}", future).status_code == 422
    assert manager.post(f"/review/{case}", {"action": "leave", "cause": "x", "on": "2026-01-02"}).status_code == 422
    answer = manager.post(f"/review/{case}", {"action": "leave", "cause": "move_out", "on": "2026-01-02"})
    assert answer.status_code == 303
    change = CHANGE.search(manager.get("/review").text)
    assert change is not None
    assert manager.post("/review/undo", {"change": change.group(1), "back": "decisions"}).status_code == 303
    clear(manager)


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
    assert manager.post("/review/undo", {"change": "x"}).status_code == 422
    assert manager.post("/review/undo", {"change": "00000000-0000-0000-0000-000000000007"}).status_code == 404


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_reason_that_counts_has_a_name_without_its_number(language: str) -> None:
    """The queue and its filter name reasons of many rows: nothing is left out of the middle of a sentence."""
    text = translator(language)
    for code, finding in FINDINGS.items():
        if finding.weight is Weight.REVIEW and "{other}" in finding.message:
            label = reason_label(code, text)
            assert label == text.gettext(finding.label) != ""
            assert "{" not in label
