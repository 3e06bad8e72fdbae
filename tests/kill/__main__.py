"""The long run: ``python -m tests.kill --kills 1000`` (half an hour on two processors), on either kind of store."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from sqlalchemy import make_url

from tests.conftest import TEST_KEY, make_template
from tests.kill.harness import run
from tests.kill.town import furnish
from tests.postgres import shared_cluster, stop_shared_cluster


def main() -> None:
    """Kill, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--deeds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    print(f"{chosen.kills} kills on {chosen.store}, seed {chosen.seed}")
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        file = folder / "template.gridmap"
        file.touch(mode=0o600)
        make_template(str(file))
        furnish(str(file), TEST_KEY)
        numbers = count()

        def copy() -> str:
            number = next(numbers)
            for old in folder.glob(f"{number - 1}.gridmap*") if number > 2 else ():
                old.unlink(missing_ok=True)
            path = folder / f"{number}.gridmap"
            shutil.copyfile(file, path)
            return str(path)

        rehearsal = copy()
        try:
            make = _databases(folder) if chosen.store == "postgresql" else copy
            began = time.monotonic()
            found = run(make, TEST_KEY, kills=chosen.kills, deeds=chosen.deeds, seed=chosen.seed, rehearsal=rehearsal)
        finally:
            stop_shared_cluster(folder)
    print(
        f"{found.kills} kills in {time.monotonic() - began:.0f} s: {found.deeds} deeds acknowledged, none lost; "
        f"{found.in_deed} kills hit a deed, {found.kept} of these after its commit; "
        f"slowest restart {found.slowest_restart_s:.2f} s"
    )


def _databases(folder: Path) -> Callable[[], str]:
    cluster = shared_cluster(folder, os.getpid())
    location = cluster.create_database("kill_template")
    make_template(location)
    furnish(location, TEST_KEY)
    numbers = count()

    def copy() -> str:
        return cluster.create_database(f"kill_{next(numbers)}", make_url(location).database)

    return copy


if __name__ == "__main__":
    main()
