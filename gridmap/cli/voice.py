"""How the command line speaks: its language, its two streams."""

from __future__ import annotations

import os

from rich.console import Console

from gridmap.i18n import Translator, language_of, translator

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def language() -> str:
    """The language of the command line: ``GRIDMAP_LANG``, else Chinese."""
    return language_of([os.environ.get("GRIDMAP_LANG")])


def words() -> Translator:
    """The translator of the command line."""
    return translator(language())


def _(message: str) -> str:
    """A message in the language of the command line."""
    return words().gettext(message)


def escape(text: str) -> str:
    """A text that holds no markup."""
    return text.replace("[", r"\[")


def say(message: str, **params: object) -> None:
    """Print a translated sentence."""
    out.print(escape(words().text(message, **params)))
