"""Translate messages and fill them afterwards.

The catalogue is read from its ``.po`` file at run time, so that a deployment can correct a word with a text editor and
nothing has to be compiled. A message without an entry stays English: a gap is visible, never an empty label.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from babel.messages.pofile import read_po

from geodata.errors import ExplainedError, Phrase

LANGUAGES: Mapping[str, str | None] = {"zh-CN": "zh_CN.po", "en": None}
"""Languages by their tag and catalogue; English is the language of the message ids themselves."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An error in the reader's language."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Translator:
    """Messages of one language. ``plural`` gives the index of the form for a number."""

    language: str
    messages: Mapping[str, str] = field(repr=False)
    plurals: Mapping[str, tuple[str, ...]] = field(repr=False)
    plural: Callable[[int], int] = field(repr=False)

    def gettext(self, message: str) -> str:
        """The message in this language, unfilled."""
        return self.messages.get(message, message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The form of a message for a number, unfilled."""
        forms = self.plurals.get(singular)
        if forms is None:
            return singular if number == 1 else plural
        return forms[min(self.plural(number), len(forms) - 1)]

    def text(self, message: str, /, **params: object) -> str:
        """The message, filled like ``str.format`` after translation. A parameter that is a message itself, or a list
        of them, is translated first."""
        return self.gettext(message).format(**{name: self._param(value) for name, value in params.items()})

    def error(self, error: ExplainedError) -> Explained:
        """An error's sentence and hint."""
        return Explained(error.code, self.text(error.message, **error.params), self.text(error.hint, **error.params))

    def _param(self, value: object) -> object:
        if isinstance(value, str):
            return self.gettext(value)
        if isinstance(value, Phrase):
            return self.text(value.message, **value.params)
        if isinstance(value, list | tuple):
            return ("、" if self.language.startswith("zh") else ", ").join(str(self._param(part)) for part in value)
        return value


@cache
def translator(language: str) -> Translator:
    """The translator of a language tag of :data:`LANGUAGES`; an unknown tag is a ``KeyError``."""
    name = LANGUAGES[language]
    if name is None:
        return Translator(language, {}, {}, lambda number: int(number != 1))
    text = resources.files("gridmap.i18n").joinpath(name).read_bytes()
    catalogue = read_po(io.BytesIO(text), locale=name.removesuffix(".po"))
    messages: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, str):
            messages[message.id] = str(message.string) or message.id
        else:
            plurals[message.id[0]] = tuple(message.string or ())
    return Translator(language, messages, plurals, lambda _number: 0)


def language_of(stated: Iterable[str | None], accepted: str | None = None) -> str:
    """The first known language among stated wishes, then of an ``Accept-Language`` header, then Chinese."""
    wishes = [*stated, *(part.split(";")[0] for part in (accepted or "").split(","))]
    for wish in wishes:
        primary = (wish or "").strip().lower().split("-")[0]
        for tag in LANGUAGES:
            if primary and tag.lower().split("-")[0] == primary:
                return tag
    return "zh-CN"
