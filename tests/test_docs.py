"""The documentation says what the program does, in both languages, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gridmap.access.policy import POLICY
from gridmap.bootstrap import METADATA
from gridmap.compliance.rules import shipped_rules
from gridmap.importing.findings import FINDINGS
from gridmap.indicators.registry import shipped_registry
from tools.doc_pages import PAGES, VARIABLES, api_routes, error_classes, variables_in_code
from tools.doc_words import LANGUAGES, words_of
from web.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def page(folder: str, name: str) -> str:
    """The text of a page of the reference."""
    return (DOCS / folder / "reference" / f"{name}.md").read_text("utf-8")


def test_generated_pages_are_in_step() -> None:
    """After a change of roles, errors, indicators, rules, settings, routes or commands: ``python -m tools.docs``."""
    # In a process of its own: the language of commands is settled when they are loaded.
    done = subprocess.run(
        [sys.executable, "-m", "tools.docs", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run 'python -m tools.docs'; out of step:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("folder", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("roles", {action.value for action in POLICY}),
        ("errors", {kind.code for kind in error_classes()}),
        ("findings", set(FINDINGS)),
        ("indicators", set(shipped_registry().indicators)),
        ("rules", {rule.id for rule in shipped_rules().rules}),
        ("settings", {PREFIX + name.upper() for name in Settings.model_fields} | variables_in_code()),
        ("model", {table.name for table in METADATA.tables.values()}),
    ],
)
def test_everything_has_an_entry(folder: str, name: str, wanted: set[str]) -> None:
    assert wanted
    text = page(folder, name)
    assert {word for word in wanted if f"`{word}`" not in text} == set()


@pytest.mark.parametrize("folder", LANGUAGES)
def test_every_route_of_the_interface_has_an_entry(folder: str) -> None:
    headings = re.findall(r"^### (.+)$", page(folder, "api"), re.MULTILINE)
    assert set(headings) == {f"{method} {route.path}" for route in api_routes() for method in route.methods or ()}


def test_every_variable_that_the_code_reads_is_described() -> None:
    assert variables_in_code() == set(VARIABLES)


def test_the_chinese_reference_is_chinese_throughout() -> None:
    """A text without Chinese goes to tools/doc_words.toml, or to the program's catalogue."""
    words = words_of("zh-CN")
    for build in PAGES.values():
        build(words)
    assert words.missing == set()


def test_both_languages_have_the_same_pages() -> None:
    pages = {
        folder: {file.relative_to(DOCS / folder).as_posix() for file in (DOCS / folder).rglob("*.md")}
        for folder in LANGUAGES
    }
    assert pages["zh-CN"] == pages["en"]


def documents() -> list[Path]:
    """Every document of the repository."""
    return [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]


def anchors(file: Path) -> set[str]:
    """What links may point to inside a document."""
    headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", re.sub(r"\[([^]]*)]\([^)]*\)", r"\1", text)).strip().lower() for text in headings)
    return {re.sub(r"\s", "-", text) for text in plain}


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(file: Path) -> None:
    text = re.sub(r"```.*?```", "", file.read_text("utf-8"), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        found = (file.parent / place).resolve() if place else file
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
            broken.append(target)
    assert broken == []


def test_documents_speak_of_no_place_but_the_readers_own() -> None:
    for file in [*(DOCS / "en").rglob("*.md"), *(DOCS / "zh-CN").rglob("*.md")]:
        assert not re.search(r"/(root|work|tmp)/", file.read_text("utf-8")), file


@pytest.mark.parametrize("folder", LANGUAGES)
def test_the_tests_that_prove_an_answer_to_a_threat_exist(folder: str) -> None:
    named = set(re.findall(r"`(tests/\S+?)::(\w+)`", (DOCS / folder / "security.md").read_text("utf-8")))
    assert named
    assert {
        f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / file).read_text("utf-8")
    } == set()


def known_commands() -> dict[str, set[str]]:
    """The options of each command, as the reference lists them."""
    parts = re.split(r"^## ", (DOCS / "en" / "reference" / "cli.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0]: set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", part)) for part in parts}


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_commands_in_examples_are_those_there_are(file: Path) -> None:
    known = known_commands()
    wrong = []
    for block in re.findall(r"```sh\n(.*?)```", file.read_text("utf-8"), re.DOTALL):
        for line in re.findall(r"^(?:[A-Z_]+=\S+ )*(gridmap .*)$", block, re.MULTILINE):
            words = line.split()
            name = next((name for n in (3, 2) if (name := " ".join(words[:n])) in known), None)
            options = {word for word in words if word.startswith("-")}
            if name is None or options - known[name]:
                wrong.append(line)
    assert wrong == []
