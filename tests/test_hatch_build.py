"""What the build hook promises: the reviewed files and no others reach the wheel."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

import hatch_build

GOOD = b"export const answer = 42;\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree that ships one file, and the packages it comes from, as npm leaves them."""
    entry = {"from": "library/dist/library.mjs", "sha256": sha256(GOOD).hexdigest()}
    (tmp_path / "vendor.json").write_text(json.dumps({"web/static/vendor": {"library.mjs": entry}}), encoding="utf-8")
    source = tmp_path / "node_modules" / "library" / "dist"
    source.mkdir(parents=True)
    (source / "library.mjs").write_bytes(GOOD)
    return tmp_path


def test_files_are_put_in_place_once(tree: Path) -> None:
    """A missing file is fetched; one that is there as reviewed is not fetched again."""
    hatch_build.place_files(hatch_build.missing_files(tree), tree / "node_modules")
    assert (tree / "web/static/vendor/library.mjs").read_bytes() == GOOD
    assert hatch_build.missing_files(tree) == []


def test_a_changed_file_counts_as_missing(tree: Path) -> None:
    """A file that somebody edited in place does not reach the wheel."""
    hatch_build.place_files(hatch_build.missing_files(tree), tree / "node_modules")
    (tree / "web/static/vendor/library.mjs").write_bytes(GOOD + b"//")
    assert [file.target.name for file in hatch_build.missing_files(tree)] == ["library.mjs"]


def test_a_package_that_differs_from_the_reviewed_one_is_refused(tree: Path) -> None:
    """What npm brings must have the hash that was reviewed; nothing is written otherwise."""
    (tree / "node_modules/library/dist/library.mjs").write_bytes(b"export const answer = 41;\n")
    with pytest.raises(hatch_build.VendorError, match=r"library\.mjs differs from vendor\.json"):
        hatch_build.place_files(hatch_build.missing_files(tree), tree / "node_modules")
    assert not (tree / "web/static/vendor/library.mjs").exists()


def test_files_of_an_earlier_version_are_removed(tree: Path) -> None:
    """Only listed files are shipped: leftovers of an older version or an interrupted copy go."""
    hatch_build.place_files(hatch_build.missing_files(tree), tree / "node_modules")
    for name in ("library-old.mjs", "library.mjs.partial"):
        (tree / "web/static/vendor" / name).write_bytes(GOOD)
    hatch_build.remove_strangers(tree)
    assert [path.name for path in (tree / "web/static/vendor").iterdir()] == ["library.mjs"]


def test_node_is_asked_for_only_when_something_is_missing(tree: Path) -> None:
    """Building from the source archive, or a second time, needs neither Node nor a network."""
    hook = hatch_build.VendorBuildHook(str(tree), {}, None, None, str(tree), "wheel")
    assert hook.dependencies() == [hatch_build.NODE_REQUIREMENT]
    hatch_build.place_files(hatch_build.missing_files(tree), tree / "node_modules")
    assert hook.dependencies() == []
    hook.initialize("standard", {})
    assert (tree / "web/static/vendor/library.mjs").read_bytes() == GOOD
