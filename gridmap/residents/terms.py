"""What a name can be found by: each of its tails, in characters, in full pinyin and in initials.

A text inside a name is the beginning of one of its tails, so a search for any part of a name is a look-up of a range
in a sorted index, however many names there are. Names of two characters need no special case, as they would with
n-grams. Readings come from pypinyin (MIT), one look-up a character, and from ``readings.toml`` where a name is read in
another way than the character is elsewhere.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice, product
from typing import Final

import pypinyin

MOST_CHARACTERS: Final = 24
"""A tail is cut after so many characters; what is looked for, too."""

_MOST_READINGS: Final = 4
_NOISE: Final = re.compile(r"[\s·•・‧∙.．。'’`‘,，\-‐‑–—_]+")
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_PARTS: Final = re.compile(rf"{_HAN.pattern}|[^\W_]+?(?={_HAN.pattern}|$)")


@dataclass(frozen=True, slots=True)
class Term:
    """A tail of a name. ``place`` is 0 for the whole name, else which of its tails it is."""

    text: str
    place: int


@dataclass(frozen=True, slots=True)
class _Readings:
    surname: dict[str, str]
    compound: dict[str, str]
    given: dict[str, list[str]]


def search_key(text: str) -> str:
    """A name or a part of one in the form in which they are compared: half width, lower case, no spaces or dots.

    ü is written v, as on keyboards, also where a passport says YU after l or n.
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = _NOISE.sub("", plain)
    if "ü" in plain:
        plain = plain.replace("ü", "v")
    if plain.isascii():
        plain = plain.replace("lyu", "lv").replace("nyu", "nv")
    return plain


@cache
def _readings() -> _Readings:
    data = tomllib.loads(files("gridmap.residents").joinpath("readings.toml").read_text("utf-8"))
    return _Readings(data["surname"], data["compound"], data["given"])


@cache
def _usual(character: str) -> str:
    """The usual reading of a character, without tone; itself for what has none."""
    found = pypinyin.lazy_pinyin(character, errors="default", v_to_u=False)
    return str(found[0]).lower() if found else character


@cache
def _readings_at(character: str, place: int) -> tuple[str, ...]:
    known = _readings()
    usual = _usual(character)
    if place == 0:
        return tuple(dict.fromkeys((known.surname.get(character, usual), usual)))
    return tuple(dict.fromkeys((usual, *known.given.get(character, ()))))


def _spoken(parts: list[str]) -> list[tuple[str, ...]]:
    """The ways a name can be read, the likeliest first, syllable by syllable."""
    start: list[tuple[str, ...]] = []
    compound = _readings().compound.get("".join(parts[:2])) if len(parts) > 2 else None
    if compound is not None:
        start = [(syllable,) for syllable in compound.split()]
    choices = start + [_readings_at(part, place) for place, part in enumerate(parts)][len(start) :]
    return list(islice(product(*choices), _MOST_READINGS))


def name_terms(name: str) -> list[Term]:
    """Everything a name can be found by, each text once, with the earliest place it stands at.

    >>> [term.text for term in name_terms("张伟")]
    ['张伟', '伟', 'zhangwei', 'wei', 'zw']
    """
    words = [search_key(word) for word in _NOISE.split(unicodedata.normalize("NFKC", name)) if word]
    parts = [part for word in words for part in _PARTS.findall(word)]
    found: dict[str, int] = {}

    def add(tails: list[str], *, joined: bool = True) -> None:
        for place in range(len(tails)):
            text = "".join(tails[place:]) if joined else tails[place]
            found.setdefault(text[:MOST_CHARACTERS], place)

    add(parts)
    if any(_HAN.match(part) for part in parts):
        for syllables in _spoken(parts):
            add(list(syllables))
        for syllables in _spoken(parts):
            add([syllable[0] for syllable in syllables])
    # One letter alone finds half a register; nobody may look for it.
    return [Term(text, place) for text, place in found.items() if len(text) > 1 or not text.isascii()]


def sort_key(name: str) -> tuple[str, ...]:
    """Names in the order of a dictionary: by the syllables of their likeliest reading, then by the characters."""
    parts = _PARTS.findall(search_key(name))
    return (*(_spoken(parts)[0] if parts else ()), "", name)


def is_name_like(text: str) -> bool:
    """Whether a normalised text can be a part of a name: letters and characters, no digits."""
    return any(character.isalpha() for character in text) and not any(character.isdigit() for character in text)


def has_characters(text: str) -> bool:
    """Whether Chinese characters are in a text."""
    return _HAN.search(text) is not None
