"""What stands around every answer: headers, limits, faults, the log of requests."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from gridmap.store.store import Store
from tests.security.addresses import LEAVES, addresses
from tests.web.client import Visitor, visitor
from tests.web.sample import Sample
from web.app import create_app
from web.settings import Settings

GOLDEN = Path(__file__).with_name("headers.golden")
EVERYWHERE = dict(line.split(": ", 1) for line in GOLDEN.read_text("utf-8").splitlines())
KEPT = {"GET /static/{version}/{path:path}", "GET /tiles/{layer}/{version}/{z}/{x}/{y}.mvt", "GET /tiles/{layer}.json",
        "GET /login/plan.svg"}  # fmt: skip
"""What browsers may keep; everything else may hold records."""


TOTAL = re.compile(r'class="pager"[^>]*><span>\D*[\d,]+–[\d,]+\D+([\d,]+)')


def test_every_answer_has_the_headers(app: FastAPI, sample: Sample) -> None:
    """Right or wrong, page or file, known or unknown: exactly those of the golden file."""
    for username in ("street", None):
        someone = visitor(app, username)
        for address in addresses(app, sample, "c1"):
            if address.template in LEAVES and username:
                continue
            answer = someone.get(address.path) if address.method == "GET" else someone.post(address.path, address.form)
            assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE, str(address)
            assert len(answer.headers["x-request-id"]) == 16
            kept = str(address) in KEPT and answer.status_code < 400
            assert (answer.headers["cache-control"] == "no-store") != kept, str(address)
            assert "strict-transport-security" not in answer.headers
    for path in ("/nowhere", "/static/x/../../settings.py", "/api/v1/nothing"):
        assert {name: visitor(app).get(path).headers.get(name) for name in EVERYWHERE} == EVERYWHERE


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    """No inline code, no eval, no other host."""
    policy = EVERYWHERE["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy


def test_over_https_browsers_are_told_to_stay_there(web_store: Store) -> None:
    """Only when it is so: on this computer alone there is no HTTPS."""
    client = TestClient(create_app(web_store, Settings(secure=True)), base_url="https://testserver")
    assert client.get("/healthz").headers["strict-transport-security"] == "max-age=31536000"


def test_a_fault_of_the_program_says_nothing_but_its_number(
    app: FastAPI, sample: Sample, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the answer nor the log has the message, which may carry values of records; both have the number."""
    secret = sample.people[0].id_number
    someone = visitor(app, "street")

    def broken(*_: object) -> None:
        raise RuntimeError(f"UNIQUE constraint failed: {secret}")

    monkeypatch.setattr(app.state.site.tree, "current", broken)
    caplog.set_level(logging.DEBUG)
    for path, accept in (("/map", "text/html"), ("/api/v1/areas", "application/json")):
        answer = someone.get(path, accept=accept)
        number = answer.headers["x-request-id"]
        assert answer.status_code == 500
        assert number in answer.text
        assert secret not in answer.text
        assert "Traceback" not in answer.text
        assert number in caplog.text
        assert "RuntimeError at broken" in caplog.text
        assert secret not in caplog.text


def test_the_log_of_requests_has_no_queries(
    sign_in: Callable[[str], Visitor], caplog: pytest.LogCaptureFixture
) -> None:
    """What people look for is nobody else's business."""
    caplog.set_level(logging.INFO, logger="gridmap.access")
    someone = sign_in("street")
    someone.get("/residents?presence=floating&area=")
    lines = [record.getMessage() for record in caplog.records if record.name == "gridmap.access"]
    assert any(line.startswith("GET /residents 200") for line in lines)
    assert not any("floating" in line for line in lines)


def test_more_than_is_read_is_refused(app: FastAPI, web_store: Store) -> None:
    """A form or a body of half a megabyte is a mistake or an attack; files have their own limit."""
    someone = visitor(app, "manager")
    answer = someone.post("/fragments/search", {"q": "x" * 600_000}, accept="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    small = visitor(create_app(web_store, Settings(cheap_passwords=True, upload_mb=1)), "manager")
    sent = small.client.post(
        "/import", data={"csrf": small.csrf}, files={"file": ("a.csv", b"x" * 1_300_000)},
        headers={"accept": "application/json"},
    )  # fmt: skip
    assert sent.status_code == 413


def test_a_body_without_a_length_is_counted_while_it_is_read(app: FastAPI) -> None:
    """Leaving the length out does not help."""
    someone = visitor(app, "manager")

    def parts() -> object:
        for _ in range(20):
            yield b"q=" + b"x" * 100_000

    answer = someone.client.post(
        "/fragments/search", content=parts(),  # type: ignore[arg-type]
        headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json",
                 "x-csrf-token": someone.csrf},
    )  # fmt: skip
    assert answer.status_code == 413


def test_only_known_host_names_are_answered(web_store: Store) -> None:
    """A page elsewhere cannot point its own name at this server and read it through a browser."""
    app = create_app(web_store, Settings(allowed_hosts=frozenset({"localhost", "127.0.0.1", "::1"})))
    client = TestClient(app)
    for host, status in (("localhost:8600", 200), ("127.0.0.1", 200), ("[::1]:8600", 200), ("evil.example", 421)):
        assert client.get("/healthz", headers={"host": host}).status_code == status


def test_static_files_leave_their_folder_by_no_path(app: FastAPI) -> None:
    """Only what was read at the start is there."""
    someone = visitor(app)
    version = app.state.site.static.version
    for path in ("../settings.py", "..%2fsettings.py", "css/../../settings.py", "/etc/passwd", "%2e%2e/settings.py"):
        assert someone.get(f"/static/{version}/{path}").status_code == 404
    assert someone.get(f"/static/{version}/logo.svg").headers["content-type"] == "image/svg+xml"
    module = someone.get(f"/static/{version}/vendor/maplibre-gl.mjs")
    assert module.headers["content-type"].startswith("text/javascript")
    assert module.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (
        someone.get(f"/static/{version}/vendor/maplibre-gl.mjs", if_none_match=module.headers["etag"]).status_code
        == 304
    )
    assert someone.get("/static/other/logo.svg").headers["cache-control"] == "no-cache"


def test_no_path_writes_a_line_of_its_own_into_the_log(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    """Line ends and colours of terminals stay as they were sent."""
    caplog.set_level(logging.INFO, logger="gridmap.access")
    visitor(app).get("/no%0a2026-01-01 INFO forged%1b[31m/%E7%94%B2")
    lines = [record.getMessage() for record in caplog.records if record.name == "gridmap.access"]
    assert any(line.startswith("GET /no%0A2026-01-01%20INFO%20forged%1B%5B31m/%E7%94%B2 404") for line in lines)
    assert all(line.isprintable() and line.isascii() for line in lines)


@pytest.mark.parametrize("number", ["32768", "-32769", "9" * 30])
def test_numbers_that_no_store_can_hold_are_no_fault_of_the_program(app: FastAPI, sample: Sample, number: str) -> None:
    """A number of a region, a row or a day beyond what there can be is answered, not stumbled over."""
    someone, manager, somewhere = visitor(app, "street"), visitor(app, "manager"), sample.people[0].id
    for path in ("/fragments/building", "/fragments/dwelling", "/api/v1/buildings", "/api/v1/dwellings"):
        assert someone.get(f"{path}/{number}/{somewhere}").status_code == 404
    for purpose in ("visit", ""):
        said = {"person": str(somewhere), "region": number, "purpose": purpose}
        assert someone.post("/fragments/reveal", said).status_code == 404
    assert someone.send(f"/api/v1/persons/{number}/{somewhere}/reveal", {"purpose": "visit"}).status_code == 404
    assert manager.post(f"/review/{number}.{somewhere}.1", {"action": "skip"}).status_code == 404
    assert manager.post(f"/review/1.{somewhere}.{'9' * 20}", {"action": "skip"}).status_code == 404
    assert visitor(app, "auditor").get("/audit?since=0001-01-01&until=9999-12-31").status_code == 200


def test_who_only_verifies_learns_nothing_of_what_others_did(app: FastAPI) -> None:
    """Counts of entries by name and act would tell an administrator who looks at whom how often."""
    chosen = "/audit?actor=worker1&action=person"
    admin = visitor(app, "admin")
    everything = TOTAL.search(admin.get("/audit").text)
    some = TOTAL.search(admin.get(chosen).text)
    assert everything
    assert some
    assert int(some[1].replace(",", "")) >= int(everything[1].replace(",", ""))
