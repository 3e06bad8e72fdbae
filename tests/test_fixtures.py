"""The promises that the shared fixtures make to every other test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from gridmap.store import migrate
from gridmap.store.store import Store, open_store
from tests.conftest import TEST_KEY
from tests.postgres import PREFIX, Cluster, private_postgres, start_cluster

pytest_plugins = ["pytester"]


def test_a_store_is_fresh_and_at_the_newest_schema(store: Store) -> None:
    """Each test gets an empty register whose schema is current, in both kinds of store."""
    migrate.require_current(store)
    with store.read() as unit:
        assert unit.session.scalar(sa.text("SELECT count(*) FROM person")) == 0


def test_stores_do_not_share_rows(store_url: str, new_store_url: object) -> None:
    """What one test writes, no other sees."""
    first = open_store(store_url, TEST_KEY)
    with first.write() as unit:
        unit.changed("person")
    engine = first.dialect
    first.close()
    second = open_store(new_store_url(engine), TEST_KEY)  # type: ignore[operator]
    assert "person" not in second.change_numbers()
    second.close()


def test_the_application_is_no_superuser(postgres: Cluster, new_store_url: object) -> None:
    """Rights are tested for real: the role that owns the tables has none beyond them."""
    opened = open_store(new_store_url("postgresql"), TEST_KEY)  # type: ignore[operator]
    with opened.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) is False
        assert connection.scalar(sa.text("SELECT ST_IsValid(ST_MakeEnvelope(0, 0, 1, 1, 4490))")) is True
    opened.close()


def test_a_private_cluster_is_gone_afterwards() -> None:
    """Neither files nor a server are left when the block ends in an error."""
    folders: list[Path] = []

    def fail() -> None:
        with private_postgres() as cluster:
            folders.append(cluster.folder)
            assert (cluster.folder / "data" / "postmaster.pid").exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert folders[0].name.startswith(PREFIX)
    assert not folders[0].exists()


def test_a_cluster_outlives_its_killed_owner_only_until_the_next_one_starts() -> None:
    """A run that was killed leaves a server behind; the next run ends it."""
    owner = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    orphan = start_cluster(int(owner.stdout))
    with private_postgres():
        assert not orphan.folder.exists()


def test_nothing_beyond_this_machine_is_reached() -> None:
    """A connection to another host is refused before it is tried."""
    with socket.socket() as caller, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        caller.connect(("192.0.2.1", 80))


def test_settings_of_the_shell_do_not_leak_in() -> None:
    """Tests see none of the developer's own GRIDMAP_ settings."""
    assert not [name for name in os.environ if name.startswith("GRIDMAP_")]


def test_rules_of_the_run(pytester: pytest.Pytester) -> None:
    """A skipped test or module is a failure; tests on absent layers are deselected, with a line that says so."""
    root = Path(__file__).resolve().parent
    folder = pytester.mkdir("tests")
    for name in ("__init__.py", "conftest.py", "postgres.py", "browser.py"):
        (folder / name).write_text((root / name).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "test_rules.py").write_text(
        "import pytest\n"
        "def test_skips(): pytest.skip('no time')\n"
        "def test_passes(): pass\n"
        "@pytest.mark.shared_data\n"
        "def test_layers(shared_data): assert shared_data.is_dir()\n",
        encoding="utf-8",
    )
    (folder / "test_module.py").write_text("import pytest\npytest.importorskip('no_such_module')\n", encoding="utf-8")
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\nmarkers = ["shared_data"]\n'
        f'pythonpath = [".", {json.dumps(str(root.parent))}]\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--continue-on-collection-errors", "tests"],
        cwd=pytester.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "1 failed, 1 passed, 1 deselected, 1 error" in done.stdout
    assert "there is no folder" in done.stdout
