"""A real Chromium for tests: fixtures ``browser``, ``page`` (a desk) and ``phone_page`` (a phone in the hand).

A page that raises an error, breaks its content security policy or asks for anything outside the server it came from
fails its test: the product must run where there is no other network.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, sync_playwright

ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers, where Chromium's own sandbox cannot start
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-angle=swiftshader",  # WebGL2 without a graphics card
    "--enable-unsafe-swiftshader",
]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
ORIGINLESS = {"about", "blob", "data"}


def find_chromium() -> Path | None:
    """Return the path of an installed Chromium or Chrome (``CHROMIUM`` in the environment names another), or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    programs = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in names)]
    mac = Path("/Applications/Chromium.app/Contents/MacOS/Chromium")
    return next((Path(program) for program in programs if program), mac if mac.exists() else None)


def _origin(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class PageWatch:
    """Collects what a page must not do. The first page opened, on loopback or from a file, sets the allowed origin."""

    def __init__(self, page: Page) -> None:
        self.faults: list[str] = []
        self._origin: str | None = None
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("console", self._hear)
        page.context.route("**/*", self._check)

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused form answers 4xx, which the browser reports as an error though the page is right.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _check(self, route: Route, request: Request) -> None:
        if self._is_allowed(request):
            route.continue_()
        else:
            self.faults.append(f"request outside the served origin: {request.url}")
            route.abort()

    def _is_allowed(self, request: Request) -> bool:
        parts = urlsplit(request.url)
        if parts.scheme in ORIGINLESS:
            return True
        if self._origin is None and (parts.scheme == "file" or parts.hostname in LOOPBACK):
            self._origin = _origin(request.url)
        return _origin(request.url) == self._origin


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole run of this process."""
    program = find_chromium()
    if program is None:
        pytest.fail("Chromium is not installed: 'make test' installs it on Debian")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, headless=True, args=ARGUMENTS)
        yield chromium
        chromium.close()


def watched_page(browser: Browser, viewport: dict[str, int], *, touch: bool, locale: str = "zh-CN") -> Iterator[Page]:
    """Open a page in a context of its own, and fail when it closes if it did what a page must not do."""
    context = browser.new_context(
        viewport={"width": viewport["width"], "height": viewport["height"]},
        locale=locale,
        timezone_id="Asia/Shanghai",
        has_touch=touch,
        is_mobile=touch,
        device_scale_factor=3 if touch else 1,
        service_workers="block",
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    watch = PageWatch(page)
    try:
        yield page
    finally:
        context.close()
    if watch.faults:
        pytest.fail("the page misbehaved:\n" + "\n".join(watch.faults), pytrace=False)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on a desk: 1440 by 900, zh-CN."""
    yield from watched_page(browser, DESK, touch=False)


@pytest.fixture
def phone_page(browser: Browser) -> Iterator[Page]:
    """A page on a phone: 390 by 844, touch, zh-CN."""
    yield from watched_page(browser, PHONE, touch=True)
