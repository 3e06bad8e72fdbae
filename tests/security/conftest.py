"""The application over the sample register, as in the tests of pages."""

from __future__ import annotations

from tests.web.conftest import app, filled, sample, sign_in, stranger, web_store

__all__ = ["app", "filled", "sample", "sign_in", "stranger", "web_store"]
