"""What is built is whole: the wheel carries all that the program reads, and nothing of what developers need."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("geodata", "gridmap", "web")


def _package_files() -> set[str]:
    """Every file that lies in the folders of the packages, but for what Python itself puts there."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            relative = path.relative_to(ROOT).as_posix()
            if path.is_file() and "__pycache__" not in relative and not relative.endswith((".pyc", ".partial")):
                found.add(relative)
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source tree with its front end in place (so without a network)."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    """Templates, catalogues, data lists, migrations and the front end are all there; tests and tools are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    missing = {name for name in _package_files() if name not in names and (ROOT / name).exists()}
    assert not missing
    assert {name.split("/")[0] for name in names} == set(PACKAGES)


def test_the_wheel_holds_the_listed_front_end_with_its_licences(wheel: Path) -> None:
    """Each file of vendor.json is in the wheel with the hash that was reviewed, and each library has its licence."""
    listing = json.loads((ROOT / "vendor.json").read_text(encoding="utf-8"))
    with zipfile.ZipFile(wheel) as archive:
        for folder, entries in listing.items():
            for name, entry in entries.items():
                assert sha256(archive.read(f"{folder}/{name}")).hexdigest() == entry["sha256"], name
        licences = {name for name in archive.namelist() if "/licenses/" in name}
    assert {name.rsplit("/", 1)[1] for name in licences} == {"LICENSE", "NOTICE"}
    libraries = {entry["from"].split("/")[0] for entries in listing.values() for entry in entries.values()}
    licensed = {
        entry["from"].split("/")[0]
        for entries in listing.values()
        for name, entry in entries.items()
        if name.endswith(".LICENSE.txt")
    }
    assert licensed == libraries


def test_the_unpacked_wheel_runs_apart_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Package data is found where pip puts it: a register is made and opened from the installed files alone."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import gridmap.bootstrap, gridmap.store.migrate as migrate\n"
        "assert gridmap.bootstrap.__file__.startswith(sys.argv[1])\n"
        "assert migrate.head()\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program, str(tmp_path / "site")],
                          cwd=tmp_path, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_source_archive_builds_without_a_network(tmp_path: Path) -> None:
    """The source archive carries the front end, so that building from it fetches nothing."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                target = tmp_path / "unpacked" / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
    tree = next((tmp_path / "unpacked").iterdir())
    program = "import sys, pathlib, hatch_build; sys.exit(len(hatch_build.missing_files(pathlib.Path.cwd())))"
    assert subprocess.run([sys.executable, "-c", program], cwd=tree, check=False).returncode == 0


def test_constraints_name_versions_only_and_cover_every_requirement() -> None:
    """Each line is name==version, without an address, and every direct requirement is pinned."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+( ; .+)?", line)] == []

    def plain(requirement: str) -> str:
        return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~!; ]", requirement)[0]).lower()

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {plain(line) for line in project["project"]["dependencies"] + project["build-system"]["requires"]}
    wanted |= {plain(line) for line in project["project"]["optional-dependencies"]["test"]}
    assert wanted <= {plain(line) for line in pins}


def test_the_front_end_lock_names_no_address() -> None:
    """package-lock.json holds versions and hashes, not where they were fetched, and pins are exact."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    assert all(entry.get("integrity") for name, entry in lock["packages"].items() if name)
    pins = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert all(version in notice for version in pins.values())
