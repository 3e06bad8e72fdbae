"""Real layers of Shanghai and Helsinki come in by the commands of the program and are used like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect
from typer.testing import CliRunner

from geodata.partition import regular_cells
from gridmap.access.service import grant_role
from gridmap.accounts.actor import Role
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import create_user
from gridmap.buildings.models import Building
from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, open_store
from tests.e2e.conftest import NewStore, Town, town_in
from tests.e2e.places import cells_of, first_house
from tests.e2e.steps import Reader
from web.cli import application

pytestmark = [pytest.mark.browser, pytest.mark.shared_data]

OPERATOR = "operator"
HELSINKI = (24.935, 60.155, 24.98, 60.18)
"""Lon and lat of what is divided into cells there, more than the layer covers."""


@contextmanager
def register(
    new_store_url: NewStore, key: MasterKey, patch: pytest.MonkeyPatch
) -> Iterator[tuple[Store, Callable[..., str]]]:
    """An empty register with one data manager, and the program's command line over it."""
    location = new_store_url("sqlite")
    patch.setenv("GRIDMAP_KEY", key.secret.hex())
    store = open_store(location, key)
    with store.write() as unit:
        user = create_user(unit, Passwords(cheap=True), username=OPERATOR, display_name="Operator", password=None)
        grant_role(unit, user, Role.DATA_MANAGER, None)

    def run(*words: str) -> str:
        done = CliRunner().invoke(application(), [*words, "--db", location, "--as", OPERATOR])
        assert done.exit_code == 0, done.output
        return done.output

    try:
        yield store, run
    finally:
        store.close()


def divisions(folder: Path, city: str, street: str) -> Path:
    """A table with one sub-district of a city."""
    table = folder / "divisions.csv"
    lines = ["code,name,level,parent_code", f"9901,{city},city,", f"990101,{city}区,district,9901",
             f"990101001,{street},street,990101", f"990101001001,{street}社区,community,990101001"]  # fmt: skip
    table.write_text("\n".join(lines), "utf-8")
    return table


def use(town: Town) -> None:
    """Click a real building on the canvas, see its dwellings, and take the report."""
    with town.reader("manager") as reader:
        cell, house = first_house(town.store)
        reader.goto(f"/map#18.5/{house.lat:.6f}/{house.lon:.6f}")
        reader.click_at(house.lon, house.lat)
        drawer = reader.page.locator("#drawer .view")
        expect(drawer).to_have_attribute("data-id", str(house.id))
        assert reader.page.locator(".matrix .room").count() == house.dwellings
        expect(reader.page.locator(".crumbs")).to_contain_text(cell.node.name)
        export(reader)


def export(reader: Reader) -> None:
    """The report comes as a page that holds its map."""
    reader.goto("/reports")
    reader.page.locator('input[name="format"][value="html"]').check(force=True)
    with reader.page.expect_download() as given:
        reader.page.locator(".report-form button.is-primary").click()
    text = Path(given.value.path()).read_text("utf-8")
    assert "<svg" in text
    assert "</html>" in text


def count(store: Store) -> int:
    """How many buildings are in the register."""
    with store.read() as unit:
        return unit.session.scalar(sa.select(sa.func.count()).select_from(Building)) or 0


def test_shanghai_from_files_to_a_report(
    shared_data: Path, new_store_url: NewStore, store_key: MasterKey, tmp_path: Path, browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Lujiazui and the Bund: 1,321 buildings in 309 blocks as cells."""
    with register(new_store_url, store_key, monkeypatch) as (store, run):
        run("import", "areas", str(divisions(tmp_path, "上海市", "陆家嘴街道")))
        layer = str(shared_data / "shanghai_osm_buildings.gpkg")
        run("import", "cells", layer, "--layer", "blocks", "--under", "990101001001")
        run("import", "buildings", layer, "--layer", "buildings", "--under", "990101001001",
            "--dwellings", "from-floors", "--rooms-per-floor", "2")  # fmt: skip
        assert count(store) == 1321
        assert len(cells_of(store)) == 309
        with town_in(store, browser) as town:
            use(town)


def test_helsinki_from_files_to_a_report(
    shared_data: Path, new_store_url: NewStore, store_key: MasterKey, tmp_path: Path, browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The centre of Helsinki: 489 buildings, some of them broken in the source, in a regular grid."""
    cells = gpd.GeoDataFrame(geometry=regular_cells(HELSINKI, rows=4, columns=5).geometry, crs="EPSG:4326")
    cells.to_file(tmp_path / "cells.gpkg", layer="cells")
    with register(new_store_url, store_key, monkeypatch) as (store, run):
        run("import", "areas", str(divisions(tmp_path, "赫尔辛基", "中心街道")))
        run("import", "cells", str(tmp_path / "cells.gpkg"), "--under", "990101001001")
        run("import", "buildings", str(shared_data / "helsinki_osm_buildings.gpkg"), "--under", "990101001001",
            "--dwellings", "from-floors", "--rooms-per-floor", "2")  # fmt: skip
        assert count(store) > 470
        with town_in(store, browser) as town:
            use(town)
