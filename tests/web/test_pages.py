"""Pages and fragments for those who may see them, and what they hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI

from gridmap.reports.registry import formats, reports
from tests.web.client import Visitor, visitor
from tests.web.sample import Sample

CONFIG = re.compile(r'<script type="application/json" id="map-config">(.*?)</script>', re.DOTALL)


@pytest.fixture
def street(sign_in: Callable[[str], Visitor]) -> Visitor:
    """An officer of sub-district A."""
    return sign_in("street")


@pytest.mark.parametrize(
    ("username", "home"),
    [("street", "/map"), ("worker1", "/map"), ("admin", "/people"), ("auditor", "/audit"), ("nobody", "/account")],
)
def test_everybody_starts_where_their_work_is(sign_in: Callable[[str], Visitor], username: str, home: str) -> None:
    """Who has no figures is not sent to an empty map."""
    someone = sign_in(username)
    assert someone.get("/").headers["location"] == home
    assert someone.get(home).status_code == 200


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_drawn_in_both_languages(app: FastAPI, sample: Sample, language: str) -> None:
    """No name is missing in any template."""
    pages = {"manager": ["/map", "/residents", "/dwellings", "/review", "/import", "/reports", "/forms", "/account",
                         "/nowhere"],
             "admin": ["/people", f"/people?user={sample.users['worker1'].id}", "/map"],
             "auditor": ["/audit", "/audit?actor=street&since=2026-01-01"]}  # fmt: skip
    for username, paths in pages.items():
        someone = visitor(app, username)
        someone.post("/language", {"lang": language, "next": "/"})
        for path in paths:
            answer = someone.get(path)
            assert answer.status_code == (404 if path == "/nowhere" else 200), (path, answer.text[:2000])
            assert f'<html lang="{language}"' in answer.text
        someone.post("/language", {"lang": "zh-CN", "next": "/"})


def test_the_map_is_told_where_everything_is(street: Visitor, sample: Sample) -> None:
    """Bounds of the reader's areas, layers with their version, dates, and where to begin."""
    found = CONFIG.search(street.get("/map").text)
    assert found is not None
    config = json.loads(found.group(1))
    assert config["home"]["id"] == str(sample.areas["a"].id)
    assert config["has_cells"] is True
    assert config["dates"]["today"] == config["as_of"] == sample.today.isoformat()
    west, south, east, north = config["bounds"]
    assert west < 110.341 < east
    assert south < 20.031 < north
    assert set(config["layers"]) == {"areas", "cells", "buildings", "ground", "labels"}
    tile = config["layers"]["cells"]["url"].format(z=16, x=52855, y=29045)
    assert street.get(tile).status_code in {200, 204}


def test_figures_agree_between_drawer_map_and_interface(street: Visitor, sample: Sample) -> None:
    """One number for one thing, wherever it is shown."""
    area = sample.areas["c1"].id
    summary = street.get(f"/api/v1/areas/{area}/summary").json()
    values = street.get("/api/v1/values/cells").json()
    at = values["ids"].index(summary["map_id"])
    people = len(sample.of("c1"))
    assert summary["population"] == values["values"][at] == values["counts"]["population"][at] == people
    assert '<p class="figure">' in street.get(f"/fragments/area/{area}").text
    trend = street.get(f"/api/v1/trend?area={area}").json()
    assert trend["population"][-1] == people
    assert trend["dates"][-1] == sample.today.isoformat()
    listed = street.get(f"/api/v1/areas/{area}/residents").json()
    assert listed["total"] == people
    assert len({person["id"] for person in listed["residents"]}) == min(people, listed["size"])


def test_values_stop_at_the_readers_areas(sign_in: Callable[[str], Visitor], sample: Sample) -> None:
    """Others' cells are there without a value, in every kind of value; the legend counts one's own."""
    worker, layer = sign_in("worker1"), {}
    for by in ("population", "compliance", "change"):
        values = worker.get(f"/api/v1/values/cells?by={by}").json()
        shown = [n for n, told in zip(values["ids"], values["counts"]["population"], strict=True) if told is not None]
        assert len(values["ids"]) == 4
        assert len(shown) == 1
        assert values["legend"]["total"] == 1
        for name in ("values", "statuses", "failing"):
            told = [one for one in values.get(name) or [1] if one is not None]
            assert len(told) == 1, (by, name)
        layer[by] = shown
    assert len({tuple(shown) for shown in layer.values()}) == 1
    buildings = worker.get("/api/v1/values/buildings").json()
    assert sum(one is not None for one in buildings["population"]) == len(sample.buildings["c1"])
    auditor = sign_in("auditor").get("/api/v1/values/cells").json()
    assert set(auditor["values"]) == {None}


def test_a_building_shows_its_rooms_and_a_room_its_people(street: Visitor, sample: Sample) -> None:
    """Six rooms on three floors; names masked; a copied link opens the room at once."""
    building = sample.buildings["c1"][0]
    person = sample.of("c1")[0]
    drawer = street.get(f"/fragments/building/{building.region}/{building.id}").text
    assert drawer.count("data-room=") == 6
    assert drawer.count("<tr data-floor=") == 3
    room = street.get(f"/fragments/dwelling/{building.region}/{person.dwelling_id}").text
    assert room.count('class="person"') == 2
    assert person.name not in room
    assert person.name[0] in room
    both = street.get(f"/fragments/building/{building.region}/{building.id}?room={person.dwelling_id}").text
    assert both.count('class="person"') == 2
    count_only = visitor(street.client.app, "analyst").get(  # type: ignore[arg-type]
        f"/fragments/dwelling/{building.region}/{person.dwelling_id}"
    )
    assert count_only.status_code == 403


def test_a_person_is_shown_in_full_for_a_purpose(street: Visitor, sample: Sample) -> None:
    """Without one the row stays masked and says why; “other” wants a note."""
    person = sample.of("c2")[3]
    form = {"person": str(person.id), "region": str(person.region)}
    shown = street.post("/fragments/reveal", {**form, "purpose": "visit"})
    assert shown.status_code == 200
    assert person.id_number in shown.text
    assert person.phone in shown.text
    assert 'data-reveal-seconds="60"' in shown.text
    for purpose, note, status in (("", "", 422), ("fun", "", 422), ("other", "", 422), ("other", "防疫排查", 200)):
        answer = street.post("/fragments/reveal", {**form, "purpose": purpose, "note": note})
        assert answer.status_code == status
        assert (person.id_number in answer.text) == (status == 200)
        assert str(person.id) in answer.text


def test_lists_behind_figures_have_as_many_people_as_the_figure(street: Visitor, sample: Sample) -> None:
    """Each link of a drawer leads to a list of that length."""
    drawer = street.get(f"/fragments/area/{sample.areas['a'].id}").text
    links = set(re.findall(r'<a class="counted" href="([^"]+)">([\d,]+)</a>', drawer))
    assert len(links) >= 4
    for href, figure in links:
        answer = street.get(href.replace("&amp;", "&"))
        assert answer.status_code == 200, href
        total = re.search(r"· ([\d,]+) (?:people|人)", answer.text)
        assert total is not None, href
        if "list=households" not in href:
            assert total.group(1) == figure, href


def test_search_finds_places_and_says_where_they_are(street: Visitor, sample: Sample) -> None:
    """Areas, compounds, organisations; each with a place for the map to go to."""
    for words, kind in (("白坡里", "area"), ("云湾", "compound"), ("药店c1", "organisation")):
        found = street.post("/fragments/search", {"q": words}).text
        assert f'data-select="{kind}"' in found, words
        assert "data-lon=" in found
    assert "data-select" not in street.post("/fragments/search", {"q": "松林"}).text


def test_two_dates_are_compared(street: Visitor, sample: Sample) -> None:
    """The legend has seven classes, and the reconciliation closes."""
    base = sample.today - timedelta(days=300)
    answer = street.get(f"/fragments/compare?area={sample.areas['a'].id}&base={base}")
    assert answer.status_code == 200
    assert answer.text.count('class="c') >= 7
    values = street.get(f"/api/v1/values/cells?by=change&base={base}").json()
    assert values["base"] == base.isoformat()
    assert len(values["legend"]["classes"]) == 7


def test_the_still_map_has_every_cell_and_a_row_for_ones_own(sign_in: Callable[[str], Visitor]) -> None:
    """For browsers without WebGL."""
    page = sign_in("community").get("/fragments/fallback-map").text
    assert page.count('class="plan-cell') == 4
    assert page.count('<th scope="row">') == 2


@pytest.mark.parametrize("code", ["coverage"])
def test_a_report_is_seen_and_downloaded_in_every_format(street: Visitor, sample: Sample, code: str) -> None:
    """The file is named for what it is and kept in the list of recent ones."""
    assert code in reports()
    page = street.get(f"/reports?report={code}&area={sample.areas['k1'].id}")
    assert page.status_code == 200
    assert street.get(f"/fragments/report-preview?report={code}&area={sample.areas['k1'].id}").status_code == 200
    for name, kind in formats().items():
        form = {"report": code, "area": str(sample.areas["k1"].id), "format": name}
        answer = street.post("/reports/download", form)
        assert answer.status_code == 200, name
        assert answer.headers["content-type"].startswith(kind.media_type.split(";")[0])
        assert f"{code}_469900001001_" in answer.headers["content-disposition"]
        assert len(answer.content) > 500
    assert street.post("/reports/download", {"report": code, "format": "exe"}).status_code == 422
    assert code in street.get("/reports").text


def test_tiles_of_another_version_are_not_found(street: Visitor) -> None:
    """A page that is older than the map asks anew; the description always has the current address."""
    described = street.get("/tiles/cells.json").json()
    template = described["tiles"][0].removeprefix("http://testserver")
    address = template.format(z=14, x=13213, y=7261)
    tile = street.get(address)
    assert tile.status_code == 200
    assert tile.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert street.get(address, if_none_match=tile.headers["etag"]).status_code == 304
    version = address.split("/")[3]
    assert street.get(address.replace(version, "0" * 12)).status_code == 404
    assert street.get(template.format(z=14, x=1, y=1)).status_code == 204
    assert street.get(template.format(z=3, x=99, y=1)).status_code == 422
    assert street.get(address.replace("cells", "people")).status_code == 404


def test_the_interface_describes_itself(street: Visitor) -> None:
    """OpenAPI names every address under /api/ and how to sign in."""
    described = street.get("/api/v1/openapi.json").json()
    paths = {route.path for route in street.client.app.routes if route.path.startswith("/api/")}  # type: ignore[attr-defined]
    assert set(described["paths"]) == paths
    assert described["openapi"].startswith("3.")
    assert "session" in described["components"]["securitySchemes"]
    assert visitor(street.client.app).get("/docs").status_code == 404  # type: ignore[arg-type]


def test_errors_answer_each_reader_in_their_form(street: Visitor, stranger: Visitor) -> None:
    """A page, a piece of the drawer, problem details; strangers are led to the door and back."""
    assert "<html" in street.get("/nowhere").text
    piece = street.get("/fragments/nowhere", hx_request="true").text
    assert "<html" not in piece
    assert "view-message" in piece
    problem = street.get("/api/v1/nowhere")
    assert problem.headers["content-type"] == "application/problem+json"
    assert set(problem.json()) == {"status", "code", "title", "message", "hint"}
    assert street.get("/logout").status_code == 405
    sent_away = stranger.get("/residents?presence=floating")
    assert sent_away.headers["location"] == "/login?next=/residents%3Fpresence=floating".replace("%3F", "?")
    drawer = stranger.get("/fragments/street", hx_request="true")
    assert (drawer.status_code, drawer.headers["hx-redirect"]) == (401, "/login")
    assert stranger.get("/api/v1/areas").json()["code"] == "not_signed_in"


def test_the_log_shows_what_was_done_and_verifies(sign_in: Callable[[str], Visitor], sample: Sample) -> None:
    """Auditors read it, administrators only verify it, and reading it is in it."""
    sign_in("street").get("/residents")
    auditor = sign_in("auditor")
    page = auditor.get("/audit?action=person.list").text
    assert "street" in page
    assert page.split("<tbody>")[1].count("<tr>") > 0
    assert auditor.post("/audit/verify").text.count('class="banner is-good"') == 1
    administrator = sign_in("admin").post("/audit/verify").text
    assert "person.list" not in administrator
    assert "street" not in administrator.split("<main")[1]
    assert "session.sign_in" not in administrator


def test_rights_are_given_and_taken(app: FastAPI, sample: Sample) -> None:
    """With the dates they hold; nobody gives to themselves; nobody locks themselves out."""
    administrator, user = visitor(app, "admin"), sample.users["worker3"]
    given = {"role": "community_officer", "area": str(sample.areas["k2"].id),
             "valid_from": sample.today.isoformat(), "valid_to": ""}  # fmt: skip
    assert administrator.post(f"/people/{user.id}/grants", given).status_code == 303
    worker = visitor(app, "worker3")
    assert worker.get(f"/fragments/area/{sample.areas['k2'].id}").status_code == 200
    page = administrator.get(f"/people?user={user.id}").text
    grant = re.findall(rf"/people/{user.id}/grants/([0-9a-f-]+)/revoke", page)
    for one in grant:
        if worker.get(f"/fragments/area/{sample.areas['k2'].id}").status_code == 200:
            administrator.post(f"/people/{user.id}/grants/{one}/revoke")
    assert worker.get(f"/fragments/area/{sample.areas['k2'].id}").status_code in {403, 404}
    own = sample.users["admin"].id
    assert administrator.post(f"/people/{own}/grants", given).status_code == 422
    assert administrator.post(f"/people/{own}/disable").status_code == 422
    assert administrator.post(f"/people/{user.id}/grants", {**given, "role": "king"}).status_code == 422
    assert administrator.post(f"/people/{user.id}/grants", {**given, "valid_to": "2001-01-01"}).status_code == 422
    assert administrator.post(f"/people/{user.id}/disable").status_code == 303
    assert worker.get("/account").status_code == 303
    assert administrator.post(f"/people/{user.id}/enable").status_code == 303
