"""A browser without a screen: keeps cookies, knows the token of its forms."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.web.sample import PASSWORD

TOKEN = re.compile(r'<meta name="csrf" content="([^"]*)">')


class Visitor:
    """One visitor of the application; ``signed_in`` as a user or unknown."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.csrf = ""

    def sign_in(self, username: str, password: str = PASSWORD) -> Any:
        """Sign in as people do; the answer of the form."""
        self.csrf = self.token("/login")
        answer = self.post("/login", {"username": username, "password": password, "next": "/account"})
        if answer.status_code == 303:
            self.csrf = self.token("/account")
        return answer

    def token(self, path: str) -> str:
        """The token that a page hands to its forms."""
        found = TOKEN.search(self.get(path).text)
        return found.group(1) if found else ""

    def get(self, path: str, **headers: str) -> Any:
        """Ask for something; redirects are not followed."""
        return self.client.get(path, headers=_headers(headers), follow_redirects=False)

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> Any:
        """Send a form with its token."""
        body = {"csrf": self.csrf, **(data or {})}
        return self.client.post(path, data=body, headers=_headers(headers), follow_redirects=False)

    def send(self, path: str, content: dict[str, Any], **headers: str) -> Any:
        """Send JSON with the token in the header."""
        return self.client.post(
            path, json=content, headers={"x-csrf-token": self.csrf, **_headers(headers)}, follow_redirects=False
        )


def _headers(headers: dict[str, str]) -> dict[str, str]:
    return {"accept": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}


def visitor(app: FastAPI, username: str | None = None) -> Visitor:
    """A visitor, signed in when named."""
    # Faults of the program answer 500 as they would in service, instead of passing through to the test.
    someone = Visitor(TestClient(app, raise_server_exceptions=False))
    if username is not None:
        answer = someone.sign_in(username)
        assert answer.status_code == 303, answer.text
    return someone
