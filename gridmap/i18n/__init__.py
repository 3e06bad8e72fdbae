"""The reader's language: English message ids in code, one catalogue a language beside this file."""

from gridmap.i18n.translator import LANGUAGES, Explained, Translator, language_of, translator

__all__ = ["LANGUAGES", "Explained", "Translator", "language_of", "translator"]
