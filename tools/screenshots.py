"""Make the pictures of docs/images: a fresh demonstration, served, and looked at with Chromium.

``python -m tools.screenshots`` makes all of them; names make some. ``--keep FOLDER`` keeps the demonstration's register
in a folder and uses the one that is there, which saves its making while the pages are worked on.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from playwright.sync_api import Browser, expect, sync_playwright

from geodata.city import Size, make_city
from gridmap.access.service import actor_of
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import find_user
from gridmap.bootstrap import Store, create_register, open_register
from gridmap.demo.load import load_city
from gridmap.demo.population import make_population
from gridmap.importing.register import import_register
from tests.browser import ARGUMENTS, find_chromium
from tests.e2e.places import cells_of, houses_of, street_of
from tests.e2e.register_file import register_file
from tests.e2e.steps import Look, Reader, opened, sign_in
from tests.live import served
from tools.office_register import add_namesake, office_register
from web.app import create_app
from web.demo import NAME, renew_users
from web.server import Listen, settings_for
from web.site import office_today

FILE = "海府路街道人口登记 2026-11.xlsx"
IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
DESK = Look()
DARK = Look(theme="dark")
ENGLISH = Look(language="en")
HAND = Look(phone=True, ratio=2)
FAMILIES, DOUBTFUL = 40, 24
"""Families and addresses that lead nowhere in the registers that are handed in."""


@dataclass(frozen=True, slots=True)
class Places:
    """What the pictures show: a cell that fails, a house, where it stands, and the camera over the middle."""

    cell: str
    house: str
    close: str
    store: Store
    folder: Path


Act = Callable[[Reader, Places], None]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: who looks and how, the address (with names of places in braces), what is done there first."""

    name: str
    user: str | None
    path: str
    look: Look = DESK
    act: Act | None = None


def open_room(reader: Reader, _places: Places) -> None:
    """Open a room in which several households live, else one of registered people, and begin to reveal somebody."""
    page = reader.page
    rooms = page.locator(".matrix .room.d-several:visible")
    (rooms if rooms.count() else page.locator(".matrix .room.d-registered:visible")).first.click()
    expect(page.locator("#dwelling .person").first).to_be_visible()
    if not reader.look.phone:
        page.locator("[data-reveal]").first.click()
    reader.drawn()


def lift(reader: Reader, _places: Places) -> None:
    """Choose a floor in the middle."""
    page = reader.page
    page.locator(".floor-list [role=option]").nth(page.locator(".floor-list [role=option]").count() // 2).click()
    reader.drawn()


def hand_in(reader: Reader, places: Places) -> None:
    """Hand a register in and stop at what was understood."""
    page = reader.page
    page.set_input_files("#file", places.folder / FILE)
    page.select_option("#i-area", str(street_of(places.store).id))
    page.locator(".import-form button.is-primary").click()
    expect(page.locator(".columns li").first).to_be_visible()


def judge(reader: Reader, places: Places) -> None:
    """Hand a register in and have every row judged."""
    hand_in(reader, places)
    page = reader.page
    page.locator('.understood button[value="check"]').click()
    expect(page.locator(".verdicts")).to_be_visible()
    page.locator(".verdict-key", has=page.locator(".v-review")).click()
    expect(page.locator(".verdict-key.is-on")).to_be_visible()


def write(reader: Reader, places: Places) -> None:
    """Hand a register in, have it judged and written."""
    judge(reader, places)
    reader.page.locator('form[action$="/commit"] button').click()
    expect(reader.page.locator(".next-steps")).to_be_visible()


def take_back(reader: Reader, places: Places) -> None:
    """Write a register, and ask to undo the import."""
    write(reader, places)
    reader.page.locator('a.is-danger[href$="/undo"]').click()
    expect(reader.page.locator(".page-head h1")).to_be_visible()


def open_form(reader: Reader, places: Places) -> None:
    """Open the form of somebody who moves in, in a room where people live."""
    open_room(reader, places)
    reader.page.keyboard.press("Escape")
    reader.page.locator('.room-acts a[href$="/move-in"]').click()
    expect(reader.page.locator(".edit-dialog .edit-form")).to_be_visible()


def compare(reader: Reader, _places: Places) -> None:
    """Look through everybody for people who stand in the register twice."""
    page = reader.page
    page.locator('form[action="/duplicates"] button').click()
    expect(page.locator(".pair-sides")).to_be_visible()


SHOTS = (
    Shot("login", None, "/login"),
    Shot("map-compliance", "street", "/map"),
    Shot("map-population", "street", "/map?by=population"),
    Shot("map-change", "street", "/map?by=change"),
    Shot("map-near", "street", "/map#16.6/{close}"),
    Shot("map-close", "street", "/map#17.8/{close}"),
    Shot("cell", "street", "/map?sel={cell}"),
    Shot("building", "street", "/map?sel={house}#17.4/{close}", act=open_room),
    Shot("floors", "street", "/map?sel={house}&mode=3d", act=lift),
    Shot("map-dark", "street", "/map?sel={cell}", DARK),
    Shot("floors-dark", "street", "/map?sel={house}&mode=3d", DARK, lift),
    Shot("map-english", "street", "/map?sel={cell}", ENGLISH),
    Shot("phone-map", "street", "/map?sel={cell}", HAND),
    Shot("phone-building", "street", "/map?sel={house}", HAND, open_room),
    Shot("register", "street", "/residents?state=several"),
    Shot("reports", "street", "/reports"),
    Shot("import-understood", "manager", "/import", act=hand_in),
    Shot("import-checked", "manager", "/import", act=judge),
    Shot("import-committed", "manager", "/import", act=write),
    Shot("import-undo", "manager", "/import", act=take_back),
    Shot("review", "manager", "/review"),
    Shot("duplicates", "manager", "/duplicates", act=compare),
    Shot("edit", "manager", "/map?sel={house}#17.4/{close}", act=open_form),
    Shot("reconciliation", "manager", "/reconciliation"),
    Shot("people", "admin", "/people"),
    Shot("audit", "auditor", "/audit"),
)


def prepare(folder: Path) -> Store:
    """Open the register of a folder; where there is none, make a sub-district with a register of doubtful rows."""
    location = folder / NAME
    if location.exists():
        return open_register(str(location))
    store = create_register(str(location))
    city = make_city(Size.STREET)
    with store.write() as unit:
        load_city(unit, city, make_population(city, as_of=office_today()))
    renew_users(store, Passwords(cheap=True))
    with store.read() as unit:
        manager = actor_of(unit, find_user(unit, "manager").id)
    given = register_file(store, folder / "龙舌坡社区人口登记.xlsx", 2, doubtful=DOUBTFUL, first=50)
    add_namesake(given.path)
    import_register(store, manager, given.path, street_of(store).code)
    office_register(store, folder / FILE, FAMILIES, 6, office_today().isoformat())
    return store


def places_of(store: Store, reader: Reader, folder: Path) -> Places:
    """Choose what the pictures show: a failing cell near the middle of the sub-district and its largest house."""
    answer = reader.get("/api/v1/values/cells?by=compliance")
    status = dict(zip(answer["ids"], answer["statuses"], strict=True))
    cells, houses = cells_of(store), houses_of(store)
    middle = shapely.MultiPoint([cell.shape.centroid for cell in cells]).centroid
    near = sorted(cells, key=lambda cell: float(cell.shape.centroid.distance(middle)))
    cell = next(cell for cell in near if status[cell.map_id] == "fails" and len(houses.get(cell.id, ())) > 4)
    house = houses[cell.id][0]
    return Places(
        cell=f"area:{cell.node.region}:{cell.id}",
        house=f"building:{house.region}:{house.id}",
        close=f"{house.lat:.5f}/{house.lon:.5f}",
        store=store,
        folder=folder,
    )


@dataclass
class Studio:
    """A served register, a browser and the users' passwords; sign-ins are kept for later pictures."""

    origin: str
    store: Store
    browser: Browser
    folder: Path
    passwords: dict[str, str]

    def __post_init__(self) -> None:
        self.states: dict[tuple[str, Look], Any] = {}
        with self.reader("street", DESK) as reader:
            self.places = places_of(self.store, reader, self.folder)

    @contextlib.contextmanager
    def reader(self, user: str | None, look: Look) -> Iterator[Reader]:
        """Somebody at the pages, signed in if they have a name."""
        known = self.states.get((user or "", look))
        with opened(self.browser, self.origin, look, known) as reader:
            if user is not None and known is None:
                sign_in(reader, user, self.passwords[user], "/account", look.language)
                self.states[user, look] = reader.page.context.storage_state()
            yield reader

    def take(self, shot: Shot) -> Path:
        """Take one picture."""
        with self.reader(shot.user, shot.look) as reader:
            reader.goto(shot.path.format(cell=self.places.cell, house=self.places.house, close=self.places.close))
            if shot.act is not None:
                shot.act(reader, self.places)
            reader.page.wait_for_load_state("networkidle")
            path = IMAGES / f"{shot.name}.png"
            reader.page.screenshot(path=path)
        return path


@contextlib.contextmanager
def studio(folder: Path) -> Iterator[Studio]:
    """Serve the demonstration of a folder and open a browser."""
    store = prepare(folder)
    try:
        passwords = renew_users(store, Passwords(cheap=True))
        app = create_app(store, settings_for(Listen(), cheap_passwords=True))
        with served(app) as origin, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=find_chromium(), args=[*ARGUMENTS, "--lang=zh-CN"])
            yield Studio(origin, store, browser, folder, passwords)
            browser.close()
    finally:
        store.close()


def main(words: Sequence[str] | None = None) -> int:
    """Take the pictures that are named, or all; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a picture; all when none is named")
    parser.add_argument("--keep", type=Path, help="a folder for the demonstration's register")
    given = parser.parse_args(words)
    unknown = set(given.names) - {shot.name for shot in SHOTS}
    if unknown:
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    IMAGES.mkdir(parents=True, exist_ok=True)
    # A file is read in a process of its own, which takes a while to start.
    expect.set_options(timeout=30_000)
    with contextlib.ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gridmap-pictures-")))
        folder.mkdir(parents=True, exist_ok=True)
        here = stack.enter_context(studio(folder))
        for shot in SHOTS:
            if not given.names or shot.name in given.names:
                path = here.take(shot)
                sys.stdout.write(f"{path.name} {path.stat().st_size // 1024} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
