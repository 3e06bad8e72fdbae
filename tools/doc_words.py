"""What generated pages say beside the program's own words: titles, introductions, and Chinese for texts that are
written for developers alone (descriptions of settings and of the programming interface)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gridmap.i18n import Translator, translator

FILE: Final = Path(__file__).with_name("doc_words.toml")
LANGUAGES: Final = {"en": "en", "zh-CN": "zh-CN"}
"""Folders of docs/ by the tag of their language."""


@dataclass(frozen=True)
class Words:
    """The words of one language. ``missing`` collects what has no Chinese."""

    tag: str
    pages: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, str]
    catalogue: Translator
    missing: set[str] = field(default_factory=set)

    def say(self, text: str) -> str:
        """A text in this language: by the program's catalogue, else by the words of this folder."""
        if self.tag == "en" or not text:
            return text
        found = self.catalogue.messages.get(text) or self.texts.get(text)
        if found is None:
            self.missing.add(text)
        return found or text

    def head(self, text: str) -> str:
        """The heading of a column: by the words of this folder, else as any text."""
        return self.texts.get(text) or self.say(text) if self.tag != "en" else text

    def join(self, texts: Iterable[str]) -> str:
        """Several texts, one after the other."""
        return ("、" if self.tag == "zh-CN" else ", ").join(self.say(text) for text in texts)

    def page(self, name: str) -> str:
        """The frame of a page, with ``{table}`` places for what is generated."""
        return self.pages[name]["zh" if self.tag == "zh-CN" else "en"]


def words_of(tag: str) -> Words:
    """The words of a language."""
    data: dict[str, Any] = tomllib.loads(FILE.read_text("utf-8"))
    return Words(tag, data["pages"], data["zh"], translator(tag))
