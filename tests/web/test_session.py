"""Signing in and out, sessions, language and theme."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from tests.web.client import Visitor, visitor
from tests.web.sample import PASSWORD


def test_signing_in_opens_a_session_and_signing_out_ends_it(stranger: Visitor) -> None:
    """The cookie of an ended session opens nothing, even if it is sent again."""
    answer = stranger.sign_in("street")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert stranger.get("/account").status_code == 200
    kept = stranger.client.cookies["gridmap"]
    assert stranger.post("/logout").headers["location"] == "/login"
    stranger.client.cookies.set("gridmap", kept)
    assert stranger.get("/account").headers["location"] == "/login?next=/account"
