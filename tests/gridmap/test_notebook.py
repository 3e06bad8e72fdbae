"""A register in a notebook: the same figures, rights and log as on the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import sqlalchemy as sa

import gridmap
from gridmap.audit.models import AuditEntry
from gridmap.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from tests.conftest import ENGINES, TEST_KEY
from tests.gridmap.town import AS_OF, FIRST, SECOND, NewStore, Town, town_in


@pytest.fixture(scope="module", params=ENGINES)
def town(request: pytest.FixtureRequest, new_store_url: NewStore) -> Iterator[Town]:
    with town_in(new_store_url(request.param)) as made:
        yield made


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_KEY", TEST_KEY.secret.hex())


def test_figures_come_with_their_outlines(town: Town) -> None:
    """A geographic frame: one row a cell with the snapshot's counts, in longitude and latitude."""
    with gridmap.open(town.location, user="chief") as register:
        frame = register.indicators(AS_OF.isoformat(), level="cell")
    cells = frame[frame["level"] == "cell"]
    assert isinstance(frame, gpd.GeoDataFrame)
    assert cells["population"].tolist() == town.assessment.figures.table(AS_OF).cells["population"].tolist()
    assert cells.crs == "EPSG:4490"
    assert cells.geometry.notna().all()
    assert cells.total_bounds[0] > 100
    assert frame[frame["level"] == "unlocated"].geometry.isna().all()


def test_rights_and_log_hold(town: Town) -> None:
    """An officer gets the own community, an auditor nothing, and readings are logged."""
    with gridmap.open(town.location, user="officer") as register:
        assert set(register.indicators(AS_OF)["code"].str[:12]) == {FIRST}
        with pytest.raises(NotFoundError):
            register.map(SECOND, AS_OF)
        with pytest.raises(InvalidInputError):
            register.indicators(AS_OF, level="planet")
    with gridmap.open(town.location, user="auditor") as register, pytest.raises(PermissionDeniedError):
        register.indicators(AS_OF)
    with town.store.read() as unit:
        query = sa.select(AuditEntry.actor_name).where(AuditEntry.action == "statistics.read")
        assert "officer" in set(unit.session.scalars(query))


def test_maps_show_themselves_and_can_be_saved(town: Town, tmp_path: Path) -> None:
    """In a frame of their own, whose source is the page itself."""
    with gridmap.open(town.location, user="chief") as register:
        shown = register.map(FIRST, AS_OF, language="en")
        shown.save(tmp_path / "map.html")
    assert (tmp_path / "map.html").read_bytes().startswith(b"<!doctype html>")
    frame = shown._repr_html_()
    assert frame.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert frame.count('"') == 8


def test_nobody_is_no_user(town: Town) -> None:
    """An unknown user is refused, and the register closed again."""
    with pytest.raises(InvalidInputError, match="nobody"):
        gridmap.open(town.location, user="nobody")


def test_importing_the_package_loads_nothing_else() -> None:
    """The name is there at once; the libraries come when a register is opened."""
    code = "import sys, gridmap; sys.exit(sum(name in sys.modules for name in ('pandas', 'numpy', 'sqlalchemy')))"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=Path(gridmap.__file__).parent.parent, check=False).returncode
        == 0
    )
