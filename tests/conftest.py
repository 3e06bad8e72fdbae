"""What all tests share: a database of each kind, real layers where they are at hand, and a few firm rules.

Rules: no test is skipped (it runs, or it is deselected as a whole with a line that says so), nothing reaches beyond
this machine, and no setting of the developer's shell leaks in.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from gridmap.store.keys import MasterKey
from gridmap.store.migrate import upgrade
from gridmap.store.store import Store, open_store
from tests.postgres import Cluster, locked, shared_cluster, stop_shared_cluster

pytest_plugins = ["tests.browser"]

ENGINES = ["sqlite", "postgresql"]
SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
TEST_KEY = MasterKey(bytes(range(32)))
PG_TEMPLATE = "gridmap_template"
RUN = pytest.StashKey[tuple[Path, int]]()

settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


# --- the run ---------------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a folder and remember which process owns it; workers of pytest-xdist get their controller's."""
    for name in [name for name in os.environ if name.startswith("GRIDMAP_")]:
        del os.environ[name]
    given = getattr(config, "workerinput", None)
    if given is None:
        config.stash[RUN] = (Path(tempfile.mkdtemp(prefix="gridmap-run-")), os.getpid())
    else:
        config.stash[RUN] = (Path(given["gridmap_run"]), given["gridmap_owner"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the run's folder is."""
    folder, owner = node.config.stash[RUN]
    node.workerinput |= {"gridmap_run": str(folder), "gridmap_owner": owner}


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what the run started, whatever became of its tests."""
    folder, owner = config.stash.get(RUN, (Path(), 0))
    if owner == os.getpid():
        stop_shared_cluster(folder)
        shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say so when the real layers are not here."""
    if not SHARED_DATA.is_dir():
        terminalreporter.write_line(f"Tests on real layers were deselected: there is no folder {SHARED_DATA}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests on real layers where these are absent."""
    if SHARED_DATA.is_dir():
        return
    without = [item for item in items if item.get_closest_marker("shared_data")]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn a skipped test into a failure: a check that does not run checks nothing."""
    report: Any = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; no test may be: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Turn a skipped module into a failure, too."""
    report: Any = yield
    if report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped; no module may be: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse connections beyond this machine: the product must work where there is no network."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


# --- real layers -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real layers; only tests marked ``shared_data`` may use it."""
    return SHARED_DATA


# --- databases -------------------------------------------------------------------------------------------------------


def make_template(location: str) -> None:
    """Bring an empty database to the newest schema."""
    store = open_store(location, TEST_KEY)
    try:
        upgrade(store)
    finally:
        store.close()


@pytest.fixture(scope="session")
def run_folder(pytestconfig: pytest.Config) -> Path:
    """A folder that all processes of this run share; it is gone afterwards."""
    return pytestconfig.stash[RUN][0]


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Cluster:
    """The private PostgreSQL cluster of this run, started when a test first needs it."""
    return shared_cluster(*pytestconfig.stash[RUN])


@pytest.fixture(scope="session")
def store_key() -> MasterKey:
    """The key of every database that the fixtures make."""
    return TEST_KEY


@pytest.fixture(scope="session")
def sqlite_template(run_folder: Path) -> Path:
    """An encrypted file at the newest schema, made once a run and only ever copied."""
    template = run_folder / "template.gridmap"
    with locked(run_folder / "sqlite.lock"):
        if not template.exists():
            draft = run_folder / "draft.gridmap"
            draft.touch(mode=0o600)
            make_template(str(draft))
            draft.replace(template)
    return template


@pytest.fixture(scope="session")
def postgres_template(run_folder: Path, request: pytest.FixtureRequest) -> str:
    """The name of a PostgreSQL database at the newest schema, made once a run and only ever copied."""
    cluster: Cluster = request.getfixturevalue("postgres")
    done = run_folder / "postgres-template"
    with locked(run_folder / "postgres-template.lock"):
        if not done.exists():
            cluster.drop_database(PG_TEMPLATE)
            make_template(cluster.create_database(PG_TEMPLATE))
            done.touch()
    return PG_TEMPLATE


@pytest.fixture(scope="session")
def new_store_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """A function that makes a fresh database at the newest schema and returns its location.

    It takes ``"sqlite"`` or ``"postgresql"``. Use it in a fixture of module scope where tests may share a database;
    PostgreSQL is only started when asked for.
    """
    folder = tmp_path_factory.mktemp("stores")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    numbers = count()

    def make(engine: str) -> str:
        name = f"{worker}_{next(numbers)}"
        if engine == "sqlite":
            file = folder / f"{name}.gridmap"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
            file.chmod(0o600)
            return str(file)
        if engine == "postgresql":
            cluster: Cluster = request.getfixturevalue("postgres")
            return cluster.create_database(name, request.getfixturevalue("postgres_template"))
        raise ValueError(f"no such engine: {engine}")

    return make


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, new_store_url: Callable[[str], str]) -> Iterator[str]:
    """A fresh database at the newest schema, once of each kind: a file's path, or a PostgreSQL address."""
    cluster: Cluster | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    location = new_store_url(request.param)
    yield location
    if cluster is not None:
        cluster.drop_database(make_url(location).database or "")


@pytest.fixture
def store(store_url: str, store_key: MasterKey) -> Iterator[Store]:
    """An open, fresh register, once of each kind."""
    opened = open_store(store_url, store_key)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(new_store_url: Callable[[str], str], store_key: MasterKey) -> Iterator[Store]:
    """An open, fresh register in an encrypted file, for tests in which the kind of store makes no difference."""
    opened = open_store(new_store_url("sqlite"), store_key)
    yield opened
    opened.close()
