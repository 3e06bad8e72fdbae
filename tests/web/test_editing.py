"""Changing records in the browser: forms, dialogs, stale forms, history and undo."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from tests.web.client import Visitor
from tests.web.sample import GIVEN, SURNAMES, Sample, Someone

INPUT = re.compile(r"<(input|select|option)\b[^>]*>")
OWN_WORDS = re.compile("花园|号楼|工号|便民|滨海")
"""Words of the sample, not of the program."""

ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


@pytest.fixture
def worker(sign_in: Callable[[str], Visitor]) -> Visitor:
    """The worker of cell 1."""
    return sign_in("worker1")


def fields(html: str) -> dict[str, Any]:
    """The fields of the form on a page, as a browser would send them untouched."""
    form = html[html.index("data-edit-form") :]
    found: dict[str, Any] = {}
    select = ""
    for tag in INPUT.finditer(form):
        values = {name: unescape(value) for name, value in ATTRIBUTE.findall(tag.group(0)[len(tag.group(1)) + 1 :])}
        name = values.get("name", "")
        if tag.group(1) == "select":
            select = name
            found[name] = ""
        elif tag.group(1) == "option":
            if "selected" in values:
                found[select] = values["value"]
        elif values.get("type") in {"checkbox", "radio"}:
            if "checked" in values:
                several = values["type"] == "checkbox" and name in found
                found[name] = [*found[name], values["value"]] if several else values["value"]
                if values["type"] == "checkbox" and name == "members" and not several:
                    found[name] = [values["value"]]
        else:
            found[name] = values.get("value", "")
    return found


def opened(someone: Visitor, path: str) -> dict[str, Any]:
    """Open a form; its fields."""
    answer = someone.get(path)
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in fields(answer.text).items() if name != "csrf"}


def person_path(person: Someone, form: str = "details") -> str:
    """The address of a form about a person."""
    return f"/edit/person/{person.region}/{person.id}/{form}"


def room_path(person: Someone, form: str) -> str:
    """The address of a form about the room of a person."""
    return f"/edit/dwelling/{person.region}/{person.dwelling_id}/{form}"


def history(someone: Visitor, person: Someone) -> str:
    """The page of a person."""
    answer = someone.get(f"/records/person/{person.region}/{person.id}")
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def saved(answer: Any) -> dict[str, Any]:
    """What a script is told after a change."""
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = json.loads(answer.text)
    return found


def test_a_masked_form_keeps_what_is_not_touched(worker: Visitor, sample: Sample) -> None:
    """Nothing hidden reaches the page; what is sent back untouched stays as it was."""
    person = sample.of("c1")[0]
    form = opened(worker, person_path(person))
    assert form["name"].count("*") == 2
    assert not any(token in json.dumps(form, ensure_ascii=False) for token in person.tokens[1:])
    answer = worker.post(person_path(person), {**form, "marital_status": "30"})
    assert answer.status_code == 303, answer.text
    shown = worker.post(f"{person_path(person)}/reveal", {"purpose": "correction"}).text
    full = fields(shown)
    assert (full["name"], full["phone"], full["id_number"]) == (person.name, person.phone, person.id_number)
    assert (full["marital_status"], full["registered_address"]) == ("30", person.address)
    assert worker.post(f"{person_path(person)}/reveal", {"purpose": ""}).status_code == 422


def test_what_is_wrong_stands_beside_its_field(worker: Visitor, sample: Sample) -> None:
    """In the reader's language, with what was typed kept."""
    person = sample.of("c1")[1]
    form = opened(worker, person_path(person))
    answer = worker.post(person_path(person), {**form, "phone": "12", "work_unit": "新华书店"})
    assert answer.status_code == 422
    assert "这不是电话号码" in answer.text
    assert 'aria-describedby="error-phone"' in answer.text
    again = fields(answer.text)
    assert (again["phone"], again["work_unit"]) == ("12", "新华书店")
    assert worker.post(person_path(person), {**again, "phone": ""}).status_code == 303


def test_two_who_edit_at_once_see_both_versions(
    worker: Visitor, sign_in: Callable[[str], Visitor], sample: Sample
) -> None:
    """The later one is asked field by field whose value is kept; nothing of the other's is lost."""
    person, other = sample.of("c1")[2], sign_in("community")
    mine, theirs = opened(worker, person_path(person)), opened(other, person_path(person))
    assert (
        other.post(person_path(person), {**theirs, "presence": "registered_away", "phone": "13911112222"}).status_code
        == 303
    )
    answer = worker.post(person_path(person), {**mine, "phone": "13933334444", "marital_status": "40"})
    assert answer.status_code == 409
    choice = fields(answer.text)
    assert {name: value for name, value in choice.items() if name.startswith("keep-")} == {
        "keep-phone": "mine", "keep-marital_status": "mine", "keep-presence": "theirs",
    }  # fmt: skip
    assert "13911112222" not in answer.text
    assert "139******22" in answer.text
    assert worker.post(person_path(person), {**choice, "keep-phone": "theirs"}).status_code == 303
    full = fields(worker.post(f"{person_path(person)}/reveal", {"purpose": "visit"}).text)
    assert (full["phone"], full["marital_status"], full["presence"]) == ("13911112222", "40", "registered_away")


def test_a_form_sent_twice_changes_once(worker: Visitor, sample: Sample) -> None:
    """A second click on Save is the first one."""
    person = sample.of("c1")[4]
    form = opened(worker, room_path(person, "birth"))
    child = {**form, "name": "张新生", "sex": "2", "birth_date": sample.today.isoformat(), "relationship": "30"}
    answers = [saved(worker.post(room_path(person, "birth"), child, hx_request="true")) for _ in range(2)]
    assert answers[0] == answers[1]
    members = worker.get(f"/api/v1/dwellings/{person.region}/{person.dwelling_id}").json()["households"][0]["members"]
    assert len(members) == 3
    assert saved(worker.post(answers[0]["undo"], hx_request="true"))["saved"] == "已撤销。"
    members = worker.get(f"/api/v1/dwellings/{person.region}/{person.dwelling_id}").json()["households"][0]["members"]
    assert len(members) == 2


def test_a_household_moves_and_the_history_says_so(worker: Visitor, sample: Sample) -> None:
    """Out of the form of the room, with the target as people write it; from the history it is taken back."""
    person = sample.of("c1")[6]
    form = opened(worker, room_path(person, "move-within"))
    assert len(form["members"]) == 2
    path, day = room_path(person, "move-within"), (sample.today - timedelta(days=1)).isoformat()
    assert "没有这处房屋" in worker.post(path, {**form, "to": "1-999", "on": day}).text
    assert worker.post(path, {**form, "to": "1-302", "on": day}).status_code == 303
    page = history(worker, person)
    assert "移居" in page
    assert "工号worker1" in page
    undo = re.search(r'action="(/undo/[^"]+)"', page)
    assert undo is not None
    assert worker.post(undo.group(1), {"back": "/map"}).headers["location"] == "/map"
    assert worker.post(undo.group(1)).status_code == 409
    assert "已由 工号worker1 撤销" in history(worker, person)


def test_what_stands_in_the_way_of_an_undo_is_listed(worker: Visitor, sample: Sample) -> None:
    """With a button for each change that has to be taken back first."""
    person, undos = sample.of("c1")[12], []
    for number in ("13800000001", "13800000002"):
        form = opened(worker, person_path(person))
        undos.append(saved(worker.post(person_path(person), {**form, "phone": number}, hx_request="true"))["undo"])
    answer = worker.post(undos[0], {"back": "/map"})
    assert answer.status_code == 409
    assert f'action="{undos[1]}"' in answer.text
    assert "先撤销这一项" in answer.text
    for undo in reversed(undos):
        assert worker.post(undo, {"back": "/map"}).status_code == 303


def test_several_rooms_that_fit_are_asked_for(sign_in: Callable[[str], Visitor], sample: Sample) -> None:
    """Never the first of several."""
    officer, person = sign_in("community"), sample.of("c1")[6]
    path = person_path(person, "move-within")
    form = opened(officer, path)
    answer = officer.post(path, {**form, "to": "滨海路302室"})
    assert answer.status_code == 422
    assert answer.text.count('name="to_id"') >= 2
    choices = re.findall(r'name="to_id" value="([^"]+)"', answer.text)
    assert officer.post(path, {**fields(answer.text), "to_id": choices[0]}).status_code == 303


def test_a_known_person_comes_back_by_name(worker: Visitor, sample: Sample) -> None:
    """Whoever is found is chosen from, masked; the number of residents follows."""
    person = sample.of("c1")[8]
    form = opened(worker, person_path(person, "move-out"))
    assert worker.post(person_path(person, "move-out"), {**form, "on": sample.today.isoformat()}).status_code == 303
    assert "已迁出" in history(worker, person)
    form = opened(worker, room_path(person, "move-in"))
    answer = worker.post(room_path(person, "move-in"), {**form, "who": "没有这个人"})
    assert "没有符合的人员" in answer.text


def test_history_of_rooms_and_organisations(worker: Visitor, sample: Sample) -> None:
    """A room is verified, a shop added and ended; each has its page."""
    building = sample.buildings["c1"][1]
    room = sample.dwellings[building.id][4]
    path = f"/edit/dwelling/1/{room.id}/verified"
    assert worker.post(path, opened(worker, path)).status_code == 303
    assert "核实日期" in worker.get(f"/records/dwelling/1/{room.id}").text
    path = f"/edit/building/1/{building.id}/organisation"
    form = {**opened(worker, path), "name": "东门书店", "kind": "零售"}
    assert saved(worker.post(path, form, hx_request="true"))["undo"]
    drawer = worker.get(f"/fragments/building/1/{building.id}").text
    shop = re.search(r'href="(/records/organisation/[^"]+)">东门书店', drawer)
    assert shop is not None
    page = worker.get(shop.group(1)).text
    assert "新增单位" in page
    edit = shop.group(1).replace("/records/", "/edit/") + "/details"
    ended = {**opened(worker, edit), "valid_to": (sample.today + timedelta(days=1)).isoformat()}
    assert worker.post(edit, ended).status_code == 303


def test_forms_are_complete_in_english(sign_in: Callable[[str], Visitor], sample: Sample) -> None:
    """Every form opens for whoever keeps the records, in both languages."""
    person = sample.of("c1")[10]
    officer = sign_in("community")
    home = re.search(r"/edit/household/[^\"]+", officer.get(f"/fragments/dwelling/1/{person.dwelling_id}").text)
    assert home is not None
    about_person = ("details", "death", "move-out", "move-within", "residence", "strike-out")
    about_room = ("birth", "move-in", "move-out", "move-within", "split", "merge", "details", "verified", "remove")
    paths = [person_path(person, form) for form in about_person] + [room_path(person, form) for form in about_room]
    paths += [f"/edit/building/1/{person.building_id}/{form}" for form in ("dwelling", "organisation")]
    paths += [home.group(0), home.group(0).replace("/edit/", "/records/").removesuffix("/details")]
    officer.post("/language", {"lang": "en", "next": "/account"})
    for path in paths:
        answer = officer.get(path)
        assert answer.status_code == 200, path
        main = re.sub(r"<[^>]+>", " ", answer.text.split("<main")[1].split("</main")[0])
        words = {word for word in re.findall("[㐀-鿿]+", main) if not OWN_WORDS.search(word)}
        assert words <= set(SURNAMES + GIVEN + "龙凤"), path
    officer.post("/language", {"lang": "zh-CN", "next": "/account"})


def test_a_form_of_another_user_or_time_is_refused(
    worker: Visitor, sign_in: Callable[[str], Visitor], sample: Sample
) -> None:
    """The sealed part belongs to one user, one form and one record."""
    person = sample.of("c1")[0]
    form = opened(sign_in("community"), person_path(person))
    assert worker.post(person_path(person), form).status_code == 422
    assert worker.post(person_path(person), {"name": "赵"}).status_code == 422
    assert worker.post(person_path(sample.of("c3")[0]), {"name": "赵"}).status_code == 404
    assert worker.get(person_path(person, "nothing")).status_code == 404


def test_the_district_reads_histories_and_changes_nothing(sign_in: Callable[[str], Visitor], sample: Sample) -> None:
    """No buttons, and no way around them."""
    district, person = sign_in("district"), sample.of("c1")[0]
    assert "/edit/" not in history(district, person)
    assert district.get(person_path(person)).status_code == 403
    assert "/edit/" not in district.get(f"/fragments/dwelling/1/{person.dwelling_id}").text
