"""Signing in and out, sessions, language and theme."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from fastapi import FastAPI
from fastapi.testclient import TestClient

from gridmap.access.service import grant_role, grants_in_force, revoke
from gridmap.accounts import service as accounts
from gridmap.accounts.actor import Role
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import create_user
from gridmap.audit import service as audit
from gridmap.store.store import Store
from tests.web.client import Visitor, visitor
from tests.web.sample import PASSWORD, Sample
from web.app import create_app
from web.settings import Settings


def test_signing_in_opens_a_session_and_signing_out_ends_it(stranger: Visitor) -> None:
    """The cookie of an ended session opens nothing, even if it is sent again."""
    answer = stranger.sign_in("street")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert stranger.get("/account").status_code == 200
    kept = stranger.client.cookies["gridmap"]
    left = stranger.post("/logout")
    assert left.headers["location"] == "/login"
    assert left.headers["clear-site-data"] == '"cache", "storage"'
    stranger.client.cookies.set("gridmap", kept)
    assert stranger.get("/account").headers["location"] == "/login?next=/account"


def test_the_session_cookie_is_out_of_reach(stranger: Visitor, web_store: Store) -> None:
    """Scripts cannot read it, other sites cannot make a browser send it; over HTTPS it is bound to the host."""
    cookie = next(c for c in stranger.sign_in("street").headers.get_list("set-cookie") if c.startswith("gridmap="))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    secure = visitor(create_app(web_store, Settings(cheap_passwords=True, secure=True)))
    secure.client.base_url = "https://testserver"  # type: ignore[assignment]
    cookies = secure.sign_in("street").headers.get_list("set-cookie")
    cookie = next(c for c in cookies if c.startswith("__Host-gridmap="))
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(("username", "password"), [("street", "wrong"), ("no-such", PASSWORD), ("disabled", PASSWORD)])
def test_a_refusal_does_not_say_what_was_wrong(stranger: Visitor, username: str, password: str) -> None:
    """Names of users cannot be guessed at the door."""
    answer = stranger.sign_in(username, password)
    assert answer.status_code == 401
    assert "gridmap=" not in answer.headers.get("set-cookie", "").replace("gridmap-form=", "")
    other = stranger.sign_in("nobody-like-this", "x")
    assert answer.text.replace(username, "") == other.text.replace("nobody-like-this", "")


def test_an_account_locks_after_failures_and_says_how_long(app: FastAPI, web_store: Store) -> None:
    """Five failures lock, the right password too; the failures are in the log without what was typed."""
    guesser = visitor(app)
    for _ in range(5):
        assert guesser.sign_in("analyst", "guess-it-wrong").status_code == 401
    locked = guesser.sign_in("analyst")
    assert locked.status_code == 429
    with time_machine.travel(_in(minutes=11), tick=True):
        assert visitor(app).sign_in("analyst").status_code == 303
    with web_store.read() as unit:
        failures = audit.entries(unit, audit.EntryFilter(action="session.sign_in_failed"), limit=50)
        assert sum('"username": "analyst"' in entry.details for entry in failures) == 6
        assert not any("guess-it-wrong" in entry.details for entry in failures)


def test_a_name_that_is_nobodys_locks_alike(app: FastAPI, web_store: Store) -> None:
    """Else the lock would tell which names are somebody's."""
    with web_store.write() as unit:
        create_user(unit, Passwords(cheap=True), username="locked-out", display_name="被锁者", password=PASSWORD)
    guesser = visitor(app)
    answers = {
        name: [guesser.sign_in(name, "guess-it-wrong").status_code for _ in range(7)]
        for name in ("locked-out", "nobody-of-this-name")
    }
    assert answers["locked-out"] == [401] * 5 + [429] * 2
    assert answers["nobody-of-this-name"] == answers["locked-out"]


def _in(**ahead: int) -> datetime:
    return datetime.now(UTC) + timedelta(**ahead)


def test_a_name_that_is_nobodys_is_not_written_down(stranger: Visitor, web_store: Store) -> None:
    """People type their password into the wrong field."""
    stranger.sign_in("my-secret-passphrase", "")
    with web_store.read() as unit:
        entries = audit.entries(unit, audit.EntryFilter(action="session."), limit=100)
        assert not any("my-secret-passphrase" in entry.details for entry in entries)


def test_a_session_ends_when_it_is_not_used(web_store: Store, sample: Sample) -> None:
    """A browser left open is shut after the idle time, one in use is not."""
    with TestClient(create_app(web_store, Settings(cheap_passwords=True))) as client:
        someone = Visitor(client)
        someone.sign_in("street")
        for minutes in (10, 20, 30):
            with time_machine.travel(_in(minutes=minutes), tick=True):
                assert someone.get("/account").status_code == 200
                _wait_for_note(web_store, sample)
        with time_machine.travel(_in(minutes=60), tick=True):
            assert someone.get("/account").status_code == 303


def _wait_for_note(store: Store, sample: Sample) -> None:
    """That a session was used is noted after the answer; wait for it."""
    for _ in range(200):
        with store.read() as unit:
            seen = accounts.sessions_of(unit, sample.users["street"].id)[0].last_seen_at
            if unit.now - seen < timedelta(minutes=1):
                return
        threading.Event().wait(0.05)
    raise AssertionError("the use of the session was not noted")


def test_rights_change_with_the_next_request(app: FastAPI, web_store: Store, sample: Sample) -> None:
    """A revoked role, a disabled user: nothing has to be waited for."""
    with web_store.write() as unit:
        user = accounts.create_user(
            unit, Passwords(cheap=True), username="leaving", display_name="离岗", password=PASSWORD
        )
        grant = grant_role(unit, user, Role.STREET_OFFICER, sample.areas["a"].id)
    leaving = visitor(app, "leaving")
    assert leaving.get("/residents").status_code == 200
    with web_store.write() as unit:
        revoke(unit, grant.id)
        assert grants_in_force(unit, user.id) == ()
    assert leaving.get("/residents").status_code == 403
    assert leaving.get("/account").status_code == 200
    with web_store.write() as unit:
        accounts.disable_user(unit, "leaving")
    assert leaving.get("/account").status_code == 303


def test_a_temporary_password_must_be_replaced_first(app: FastAPI, web_store: Store, sample: Sample) -> None:
    """Until then every page leads to one's own; afterwards older sessions are ended."""
    administrator = visitor(app, "admin")
    answer = administrator.post(
        "/people",
        {"username": "newcomer", "name": "新人", "role": "grid_worker", "area": str(sample.areas["c1"].id)},
    )
    secret = _password_in(answer.text)
    newcomer, elsewhere = visitor(app), visitor(app)
    assert newcomer.sign_in("newcomer", secret).headers["location"] == "/account"
    elsewhere.sign_in("newcomer", secret)
    assert newcomer.get("/map").headers["location"] == "/account"
    assert newcomer.get("/api/v1/areas").json()["code"] == "password_change_required"
    chosen = {"old": secret, "new": "harbour-blue-kite-7", "again": "harbour-blue-kite-7"}
    assert newcomer.post("/account/password", {**chosen, "again": "x"}).status_code == 422
    assert newcomer.post("/account/password", {**chosen, "old": "wrong"}).status_code == 401
    assert newcomer.post("/account/password", chosen).headers["location"] == "/account?changed=1"
    assert newcomer.get("/map").status_code == 200
    assert elsewhere.get("/account").status_code == 303


def _password_in(page: str) -> str:
    found = re.search(r"<code>([a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{5})</code>", page)
    assert found is not None
    return found.group(1)


def test_the_language_is_remembered(sign_in: Callable[[str], Visitor], stranger: Visitor) -> None:
    """Before signing in by the browser, afterwards by the user; English pages speak English."""
    assert 'lang="zh-CN"' in stranger.get("/login").text
    assert 'lang="en"' in stranger.get("/login", accept_language="en-GB").text
    stranger.csrf = stranger.token("/login")
    assert stranger.post("/language", {"lang": "en", "next": "/login"}).headers["location"] == "/login"
    assert 'lang="en"' in stranger.get("/login").text
    someone = sign_in("community")
    someone.post("/language", {"lang": "en", "next": "/account"})
    assert 'lang="en"' in sign_in("community").get("/account").text
    someone.post("/language", {"lang": "zh-CN", "next": "/account"})


def test_the_theme_is_kept_by_the_browser(sign_in: Callable[[str], Visitor]) -> None:
    """A word that is no theme becomes the system's."""
    someone = sign_in("street")
    assert someone.post("/theme", {"theme": "dark"}).status_code == 204
    assert 'data-theme="dark"' in someone.get("/account").text
    someone.post("/theme", {"theme": "<script>"})
    assert 'data-theme="auto"' in someone.get("/account").text


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "/a\r\nb: c", ""])
def test_after_signing_in_nobody_is_led_away(stranger: Visitor, path: str) -> None:
    """A crafted link to this site must not end on another one."""
    stranger.csrf = stranger.token("/login")
    answer = stranger.post("/login", {"username": "street", "password": PASSWORD, "next": path})
    assert answer.headers["location"] == "/"


def test_a_link_from_another_program_finds_the_session(sign_in: Callable[[str], Visitor], stranger: Visitor) -> None:
    """A strict cookie does not come with a link followed elsewhere, so the page is asked for once more from here."""
    answer = stranger.get("/map", sec_fetch_site="cross-site")
    assert (answer.status_code, 'http-equiv="refresh"' in answer.text) == (200, True)
    assert stranger.get("/map", sec_fetch_site="same-origin").headers["location"] == "/login?next=/map"
    assert sign_in("street").get("/map", sec_fetch_site="cross-site").status_code == 200
