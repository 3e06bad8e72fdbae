"""Templates, scripts and styles keep their promises: nothing inline, nothing from elsewhere, nothing undefined."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

ROOT = Path(str(files("web")))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))


def _names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


@pytest.mark.parametrize("template", TEMPLATES, ids=_names(TEMPLATES))
def test_a_template_compiles(template: Path) -> None:
    """Every template parses with the extension that translates."""
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    assert environment.get_template(template.relative_to(ROOT / "templates").as_posix())


@pytest.mark.parametrize("template", TEMPLATES, ids=_names(TEMPLATES))
def test_a_template_needs_no_exception_from_the_content_policy(template: Path) -> None:
    """No inline style, handler or script stands in a template; data blocks are JSON."""
    text = template.read_text(encoding="utf-8")
    tags = re.findall(r"<[a-zA-Z][^>]*>", re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", text, flags=re.S))
    for tag in tags:
        assert not re.search(r"\sstyle\s*=", tag), tag
        assert not re.search(r"\son[a-z]+\s*=", tag), tag
        assert "hx-on" not in tag, tag
        assert "javascript:" not in tag, tag
        if tag.startswith("<script"):
            assert " src=" in tag or 'type="application/json"' in tag, tag
    assert "<style" not in text
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES, *TEMPLATES], ids=_names([*SCRIPTS, *STYLES, *TEMPLATES]))
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    """The only absolute address is the namespace of SVG."""
    addresses = set(re.findall(r"https?://[^\s\"'`)]+|(?<=[\"'(])//[a-z][^\s\"'`)]+", path.read_text(encoding="utf-8")))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    """Icons named in templates and scripts exist."""
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text(encoding="utf-8")))
    named: set[str] = set()
    for path in [*TEMPLATES, *SCRIPTS]:
        named |= set(re.findall(r"\bicon\(\"([a-z_-]+)\"", path.read_text(encoding="utf-8")))
    assert named
    assert named - sprite == set()
    by_value = "meets at_risk fails no_data map register review import reports people audit"
    assert set(by_value.split()) - sprite == set()


def test_every_string_that_the_scripts_ask_for_is_given() -> None:
    """Keys of ``t("…")`` stand in the messages that the server renders."""
    messages = (ROOT / "templates" / "fragments" / "messages.html").read_text(encoding="utf-8")
    given = set(re.findall(r'"([a-z_0-9]+)":\s', messages))
    asked: set[str] = set()
    for path in SCRIPTS:
        asked |= set(re.findall(r"\bt\(\"([a-z_0-9]+)\"", path.read_text(encoding="utf-8")))
    assert len(asked) > 30
    assert asked - given == set()


def test_every_import_of_a_script_leads_to_a_file() -> None:
    """Modules import their neighbours or a vendored file, by a relative path."""
    for path in SCRIPTS:
        for target in re.findall(r"(?:from|import\()\s*\"([^\"]+)\"", path.read_text(encoding="utf-8")):
            assert target.startswith("."), f"{path.name}: {target}"
            assert "/vendor/" in target or (path.parent / target).is_file(), f"{path.name}: {target}"


@pytest.mark.parametrize("path", [*SCRIPTS, *TEMPLATES], ids=_names([*SCRIPTS, *TEMPLATES]))
def test_a_file_stays_readable(path: Path) -> None:
    """No script or template grows beyond 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


def test_every_colour_and_size_that_is_used_is_a_token() -> None:
    """Custom properties that the style sheets read are defined, or set by a script while dragging."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
    defined = set(re.findall(r"(--[\w-]+)\s*:", text))
    set_by_scripts = {"--split", "--sheet"}
    assert set(re.findall(r"var\((--[\w-]+)", text)) - defined - set_by_scripts == set()


def test_the_map_reads_only_tokens_that_exist_in_both_themes() -> None:
    """Colours the map asks for are defined for the light and for the dark theme."""
    tokens = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    names = re.search(r"const NAMES = `([^`]+)`", (ROOT / "static" / "js" / "palette.js").read_text(encoding="utf-8"))
    assert names
    dark = tokens[tokens.index(":root[data-theme=dark]{") : tokens.index("@media (prefers-color-scheme:dark)")]
    for name in names.group(1).split():
        assert f"--{name}:" in tokens, name
        assert f"--{name}:" in dark, name
