"""How two names are related: the same, one miswritten as the other, or different. Works on whole columns.

Chinese names are short, so that a single wrong character weighs much. The usual mistakes are a character of the same
or nearly the same sound (typed by pinyin), one of a similar shape (copied by hand or read by a scanner), two
characters that changed places, and one that was left out.
"""

from __future__ import annotations

import tomllib
from enum import IntEnum
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import polars as pl

LONGEST = 24
"""Characters of a name that are compared; what follows must be equal."""

# Sounds that speakers and typists of the south mix up: retroflex and flat, front and back nasals, n and l, f and h.
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"), ("r", "l"))
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"), ("ong", "on"))

Ints = npt.NDArray[np.int64]


class Relation(IntEnum):
    """What one name is to another; the worse, the higher."""

    SAME = 0
    SOUND = 1
    SWAPPED = 2
    SHAPE = 3
    SHORTER = 4
    ONE_OTHER = 5
    DIFFERENT = 6


def sound(character: str) -> str:
    """The sound of a character as it is typed, without its tone; of anything else the character itself."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - a dictionary that only imports and searches for pairs need

    return str(lazy_pinyin(character)[0]).replace("ü", "v").replace("lve", "lue").replace("nve", "nue")


def rough(read: str) -> str:
    """A sound in one form for all those that are often mixed up with it."""
    if not read.isalpha() or not read.isascii():
        return read
    for long, short in _FINALS:
        if read.endswith(long):
            read = read[: -len(long)] + short
            break
    for initial, instead in _INITIALS:
        if read.startswith(initial) and len(read) > len(initial):
            return instead + read[len(initial) :]
    return read


@cache
def _look_alikes() -> dict[str, frozenset[int]]:
    """Groups of look-alikes by character."""
    data = tomllib.loads(files("gridmap.duplicates").joinpath("shapes.toml").read_text("utf-8"))
    found: dict[str, set[int]] = {}
    for number, group in enumerate(data["groups"]):
        for character in group:
            found.setdefault(character, set()).add(number)
    return {character: frozenset(groups) for character, groups in found.items()}


def look_alike(one: str, other: str) -> bool:
    """Whether two characters are taken for one another by their shape."""
    groups = _look_alikes()
    return not groups.get(one, frozenset()).isdisjoint(groups.get(other, frozenset()))


class Names:
    """The distinct names of a column, taken apart once: pairs of them are then compared by position."""

    def __init__(self, names: pl.Series) -> None:
        plain = names.fill_null("").str.replace_all(r"[\s·・•.．。]", "")
        self._distinct = plain.unique(maintain_order=True)
        self.at: Ints = _positions(plain, self._distinct)
        lengths = self._distinct.str.len_chars().cast(pl.Int64).to_numpy()
        self._lengths = np.minimum(lengths, LONGEST)
        self._characters, self._codes = _take_apart(self._distinct)
        sounds = [sound(character) for character in self._characters]
        self._sounds = _numbered(sounds)[self._codes]
        self._rough = _numbered([rough(read) for read in sounds])[self._codes]
        self._alike = self._shape_pairs()

    def _shape_pairs(self) -> Ints:
        """Sorted keys (one * n + other) of the characters in use that look alike."""
        size = len(self._characters) + 1
        groups: dict[int, list[int]] = {}
        for code, character in enumerate(self._characters, 1):
            for group in _look_alikes().get(character, ()):
                groups.setdefault(group, []).append(code)
        keys = {a * size + b for members in groups.values() for a in members for b in members if a != b}
        return np.array(sorted(keys), dtype=np.int64)

    def syllables(self) -> pl.DataFrame:
        """``name`` (position of the distinct name) and ``syllable``, one row for each sound that the name has."""
        where, place = np.nonzero(self._codes)
        frame = pl.DataFrame({"name": where.astype(np.int64), "syllable": self._rough[where, place]})
        return frame.unique(maintain_order=True)

    def sounding(self) -> Ints:
        """A number for the whole sound of each distinct name."""
        _, numbers = np.unique(self._rough, axis=0, return_inverse=True)
        return np.asarray(numbers, dtype=np.int64).reshape(-1)

    def surnames(self) -> Ints:
        """The sound of the first character of each distinct name; -1 for an empty name."""
        return self._rough[:, 0]

    def relations(self, one: Ints, other: Ints) -> npt.NDArray[np.int8]:
        """The `Relation` of pairs of names, given by the rows of the column; an empty name is different from any."""
        a, b = self.at[one], self.at[other]
        size = len(self._distinct)
        keys, back = np.unique(np.minimum(a, b) * size + np.maximum(a, b), return_inverse=True)
        found = np.empty(len(keys), dtype=np.int8)
        for start in range(0, len(keys), 200_000):
            part = keys[start : start + 200_000]
            found[start : start + len(part)] = self._compare(part // size, part % size)
        return found[np.asarray(back).reshape(-1)]

    def _compare(self, a: Ints, b: Ints) -> npt.NDArray[np.int8]:
        codes_a, codes_b = self._codes[a], self._codes[b]
        same_length = self._lengths[a] == self._lengths[b]
        differs = codes_a != codes_b
        count = differs.sum(axis=1)
        like_sound = (self._sounds[a] == self._sounds[b]).all(axis=1)
        # Two characters that are both only roughly alike are chance: 刘娜 and 牛拉.
        like_sound |= (count == 1) & (self._rough[a] == self._rough[b]).all(axis=1)
        size = len(self._characters) + 1
        like_shape = np.isin(codes_a * size + codes_b, self._alike) | (self._sounds[a] == self._sounds[b])
        swapped = (count == 2) & (np.sort(codes_a, axis=1) == np.sort(codes_b, axis=1)).all(axis=1)
        long_enough = self._lengths[a] >= 2
        found = np.full(len(a), int(Relation.DIFFERENT), dtype=np.int8)
        found[same_length & long_enough & (count == 1)] = Relation.ONE_OTHER
        found[_one_left_out(codes_a, codes_b, self._lengths[a], self._lengths[b])] = Relation.SHORTER
        found[same_length & long_enough & like_shape.all(axis=1) & (count <= 2)] = Relation.SHAPE
        found[same_length & swapped] = Relation.SWAPPED
        found[same_length & like_sound] = Relation.SOUND
        found[(a == b) & (self._lengths[a] > 0)] = Relation.SAME
        found[(self._lengths[a] == 0) | (self._lengths[b] == 0)] = Relation.DIFFERENT
        return found


def _numbered(texts: list[str]) -> Ints:
    """A number for each text, the same for the same; before them -1 for where there is none."""
    known = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return np.array([-1, *(known[text] for text in texts)], dtype=np.int64)


def _positions(values: pl.Series, distinct: pl.Series) -> Ints:
    numbered = pl.DataFrame({"value": distinct, "at": np.arange(len(distinct), dtype=np.int64)})
    found = values.to_frame("value").join(numbered, on="value", how="left", maintain_order="left")
    return found["at"].to_numpy()


def _take_apart(names: pl.Series) -> tuple[list[str], Ints]:
    """The characters in use, and the names as rows of their numbers (from 1, 0 where the name is over)."""
    texts = [text[:LONGEST] for text in names.to_list()]
    characters = list(dict.fromkeys("".join(texts)))
    numbers = {character: code for code, character in enumerate(characters, 1)}
    codes = np.zeros((len(texts), max((len(text) for text in texts), default=1) or 1), dtype=np.int64)
    joined = np.array([numbers[character] for text in texts for character in text], dtype=np.int64)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    codes[np.repeat(np.arange(len(texts)), lengths), np.arange(len(joined)) - starts] = joined
    return characters, codes


def _one_left_out(codes_a: Ints, codes_b: Ints, length_a: Ints, length_b: Ints) -> npt.NDArray[np.bool_]:
    """Whether the longer name without one of its given characters is the shorter one, which has at least two."""
    near = (np.abs(length_a - length_b) == 1) & (np.minimum(length_a, length_b) >= 2)
    found = np.zeros(len(codes_a), dtype=bool)
    where = np.flatnonzero(near)
    if not len(where):
        return found
    longer = np.where((length_a > length_b)[where, None], codes_a[where], codes_b[where])
    shorter = np.where((length_a > length_b)[where, None], codes_b[where], codes_a[where])
    width = codes_a.shape[1]
    fits = np.zeros(len(where), dtype=bool)
    for left_out in range(1, width):
        rest = np.concatenate([longer[:, :left_out], longer[:, left_out + 1 :], np.zeros((len(where), 1), int)], axis=1)
        fits |= (rest == shorter).all(axis=1)
    found[where] = fits
    return found


def alike(one: pl.Series, other: pl.Series) -> pl.Series:
    """Whether each name may be the other one miswritten, where something else says already that one person is meant:
    as `Relation` has it, and of three characters and more one may be another altogether."""
    names = Names(pl.concat([one, other]))
    rows = np.arange(len(one), dtype=np.int64)
    relation = names.relations(rows, rows + len(one))
    long = ((one.str.len_chars() > 2) & (other.str.len_chars() > 2)).fill_null(value=False).to_numpy()
    return pl.Series((relation < Relation.ONE_OTHER) | ((relation == Relation.ONE_OTHER) & long))
