"""Find every message that can reach a reader, by reading the sources: code, templates and data files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from babel.messages.extract import extract

from tools.word_calls import Message, Messages, python_sources

EXTRACTOR: Final = "jinja2.ext:babel_extract"
TEMPLATES: Final = ("web/templates", "gridmap/reports/templates")
DATA: Final[Mapping[str, tuple[str, ...]]] = {
    "gridmap/indicators/registry.toml": ("indicator.*.name", "indicator.*.unit", "indicator.*.source"),
    "gridmap/indicators/periods.toml": ("indicator.*.name", "indicator.*.unit", "indicator.*.source"),
    "gridmap/ranking/schemes.toml": ("scheme.*.name",),
    "gridmap/compliance/rules.toml": ("rule.*.name", "rule.*.action", "rule.*.action_above"),
    "gridmap/importing/headings.toml": ("*.reason",),
    "gridmap/editing/fields.toml": ("*.*.label", "words.*.*"),
    "gridmap/areas/levels.toml": ("level.*.name",),
    "geodata/repair.toml": ("reasons.*",),
}
"""Data files and where in them messages stand."""


def template_messages(root: Path) -> Iterator[Message]:
    """The messages of the templates and of the scripts, which get theirs from a template."""
    options = {
        "extensions": "jinja2.ext.i18n",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
        "newstyle_gettext": "true",
    }
    for folder in TEMPLATES:
        for path in sorted((root / folder).rglob("*.html")):
            with path.open("rb") as file:
                for line, text, _notes, _context in extract(EXTRACTOR, file, options=options):
                    place = f"{path.relative_to(root).as_posix()}:{line}"
                    one, many = (text[0], text[1]) if isinstance(text, tuple) else (text, None)
                    yield Message(one, many, place)


def data_messages(root: Path) -> Iterator[Message]:
    """The messages of data files."""
    for name, paths in DATA.items():
        content = tomllib.loads((root / name).read_text(encoding="utf-8"))
        for path in paths:
            yield from (Message(text, None, name) for text in _at(content, path.split(".")))


def _at(value: Any, path: list[str]) -> Iterator[str]:
    if not path:
        if isinstance(value, str):
            yield value
        return
    head, rest = path[0], path[1:]
    if head == "*":
        for part in value.values() if isinstance(value, dict) else value:
            yield from _at(part, rest)
    elif isinstance(value, dict) and head in value:
        yield from _at(value[head], rest)


def every_message(root: Path) -> Messages:
    """Every message of the program by its id."""
    messages = python_sources(root).messages
    for message in (*template_messages(root), *data_messages(root)):
        known = messages.get(message.id)
        if known is None or (known.plural is None and message.plural is not None):
            messages[message.id] = message
    return messages
