"""What a reader does at the map and the pages: sign in, point at a place, read what is shown."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser import DESK, PHONE, PageWatch

CALM = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const busy = () => document.getElementById("map").dataset.state === "drawing"
    || document.querySelector('[aria-busy="true"]') !== null;
  for (let calm = 0; calm < 10; calm += 1) {
    await frame();
    if (busy()) calm = 0;
  }
}"""
DEVELOP = """async ([picture, pixels]) => {
  const image = new Image();
  image.src = "data:image/png;base64," + picture;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return pixels.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3));
}"""
TILE_PX = 512
"""MapLibre's world is this wide at zoom 0, in CSS pixels."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a reader looks: language, theme, desk or phone in the hand; ``ratio`` is device pixels a CSS pixel."""

    language: str = "zh-CN"
    theme: str = "light"
    phone: bool = False
    ratio: int = 1

    @property
    def viewport(self) -> dict[str, int]:
        """Width and height of the window, CSS pixels."""
        return PHONE if self.phone else DESK


@dataclass
class Reader:
    """Somebody at a page of one server."""

    page: Page
    origin: str
    look: Look = field(default_factory=Look)

    def goto(self, path: str) -> None:
        """Open an address of the server; on the map wait until it is drawn."""
        self.page.goto(self.origin + path, wait_until="domcontentloaded")
        if urlsplit(path).path == "/map":
            self.drawn()

    def drawn(self) -> None:
        """Wait until the map has nothing left to draw: it says so for ten frames on end and nothing is on its way."""
        self.page.wait_for_selector('#map[data-state="ready"], #map[data-state="still"]')
        self.page.evaluate(CALM)

    def get(self, path: str) -> Any:
        """The JSON at an address, asked for by the page itself."""
        answer = self.page.request.get(self.origin + path)
        assert answer.ok, f"{path}: {answer.status} {answer.text()}"
        return answer.json()

    def point_of(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place stands in the window, CSS pixels, while the camera looks straight down and north is up."""
        zoom, centre_lat, centre_lon = camera(self.page)
        box = self.page.locator("#map").bounding_box()
        assert box is not None
        scale = TILE_PX * 2**zoom
        x, y = mercator(lon, lat)
        centre_x, centre_y = mercator(centre_lon, centre_lat)
        return box["x"] + box["width"] / 2 + (x - centre_x) * scale, box["y"] + box["height"] / 2 + (
            y - centre_y
        ) * scale

    def click_at(self, lon: float, lat: float) -> None:
        """Click a place on the map's canvas."""
        self.page.mouse.click(*self.point_of(lon, lat))

    def colours_at(self, points: Sequence[tuple[float, float]]) -> list[list[int]]:
        """The colours drawn at places (lon, lat): red, green, blue, each 0 to 255."""
        picture = base64.b64encode(self.page.screenshot(scale="css")).decode()
        pixels = [[round(x), round(y)] for x, y in (self.point_of(lon, lat) for lon, lat in points)]
        with self.page.context.new_page() as darkroom:
            found: list[list[int]] = darkroom.evaluate(DEVELOP, [picture, pixels])
        return found

    def title(self) -> str:
        """The heading of the drawer."""
        return self.page.locator("#drawer .view-title h2").inner_text()

    def wait_for_title(self, text: str | re.Pattern[str]) -> None:
        """Wait until the drawer shows something of this name."""
        expect(self.page.locator("#drawer .view-title h2")).to_have_text(text)


def mercator(lon: float, lat: float) -> tuple[float, float]:
    """Web Mercator (EPSG:3857) as fractions of the world's width, from degrees; y grows southward."""
    return (lon + 180) / 360, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2


def camera(page: Page) -> tuple[float, float, float]:
    """Zoom, latitude and longitude of the map's centre, as the address says."""
    found = re.match(r"#([\d.]+)/([-\d.]+)/([-\d.]+)", str(page.evaluate("location.hash")))
    assert found, "no camera in the address"
    return float(found[1]), float(found[2]), float(found[3])


def sign_in(reader: Reader, username: str, password: str, path: str = "/map", language: str = "zh-CN") -> None:
    """Sign in by the form, arrive at ``path`` and have the pages speak a language."""
    page = reader.page
    page.goto(f"{reader.origin}/login?next={path}", wait_until="domcontentloaded")
    page.fill("#username", username)
    page.fill("#password", password)
    with page.expect_navigation(url=lambda url: "/login" not in url, wait_until="domcontentloaded"):
        page.locator(".login-form button.is-primary").click()
    speak(reader, language)


@contextmanager
def opened(browser: Browser, origin: str, look: Look | None = None, state: Any = None) -> Iterator[Reader]:
    """A reader in a context of their own; fails at the end if a page did what it must not do.

    ``state`` holds the cookies of an earlier window.
    """
    look = look or Look()
    context = new_context(browser, origin, look, state)
    page = context.new_page()
    watch = PageWatch(page)
    try:
        yield Reader(page, origin, look)
    finally:
        context.close()
    assert not watch.faults, "the page misbehaved:\n" + "\n".join(watch.faults)


def new_context(browser: Browser, origin: str, look: Look, state: Any = None) -> BrowserContext:
    """A window that nobody has signed in at, with language and theme chosen as the pages' own buttons do."""
    width, height = look.viewport["width"], look.viewport["height"]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=look.language,
        timezone_id="Asia/Shanghai",
        has_touch=look.phone,
        is_mobile=look.phone,
        device_scale_factor=look.ratio,
        service_workers="block",
        reduced_motion="reduce",
        accept_downloads=True,
        storage_state=state,
    )
    context.set_default_timeout(15_000)
    for name, value in (("theme", look.theme), ("lang", look.language)):
        context.add_cookies([{"name": name, "value": value, "url": origin}])
    return context


def speak(reader: Reader, language: str) -> None:
    """Change the language by the rail's button unless it is spoken already."""
    if reader.page.locator("html").get_attribute("lang") != language:
        with reader.page.expect_navigation(wait_until="domcontentloaded"):
            reader.page.locator(f'button[name="lang"][value="{language}"]').click()
    expect(reader.page.locator("html")).to_have_attribute("lang", language)


@contextmanager
def requests_of(page: Page, part: str) -> Iterator[list[str]]:
    """Collect the addresses with ``part`` in their path that the page asks for meanwhile."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if part in urlsplit(request.url).path:
            seen.append(request.url)

    page.on("request", note)
    try:
        yield seen
    finally:
        page.remove_listener("request", note)
