"""How alike two names are: by their characters, by how these sound and by how they look.

A cost of 0 says equal, 1 is a character taken for an unrelated one. What people do when they type costs less: a
character that sounds or looks like the right one, two characters in the wrong order, one typed twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

SAME_SOUND, NEAR_SOUND, SAME_SHAPE, UNRELATED = 0.35, 0.5, 0.5, 1.0
LEFT_OUT, PUT_IN, TYPED_TWICE, TURNED = 0.8, 0.8, 0.3, 0.5
_CHUNK = 40_000

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

# What southern speakers do not tell apart: 四 and 十, 南 and 兰, 宁 and 林, 胡 and 符.
_FOLDED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("hu", "f"), ("fu", "f"), ("l", "n"), ("r", "n"))


@cache
def sounds_of(character: str) -> tuple[str, ...]:
    """The readings of a character, without tones; its own self where it has none."""
    from pypinyin import Style, pinyin  # noqa: PLC0415 - a dictionary that plain registers do not need

    return tuple(dict.fromkeys(pinyin(character, style=Style.NORMAL, heteronym=True)[0]))


def folded(sound: str) -> str:
    """A reading as it is heard where some sounds are not told apart."""
    for given, heard in _FOLDED:
        if sound.startswith(given):
            sound = heard + sound[len(given) :]
            break
    return sound[:-1] if sound.endswith("ng") else sound


@cache
def shapes() -> dict[str, frozenset[str]]:
    """The characters that look like a character."""
    return {character: frozenset(found) for character, found in _both_ways("shapes.txt").items()}


@cache
def simplified() -> dict[str, str]:
    """Traditional characters and their simplified form."""
    return {other: line[0] for line in _lines("traditional.txt") for other in line[1:]}


def _lines(name: str) -> list[str]:
    text = files("gridmap.linking").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _both_ways(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in _lines(name):
        for other in line[1:]:
            found.setdefault(line[0], set()).add(other)
            found.setdefault(other, set()).add(line[0])
    return found


@cache
def heard_as() -> dict[str, frozenset[str]]:
    """The common characters by their reading."""
    found: dict[str, set[str]] = {}
    for character in shapes():
        for sound in sounds_of(character):
            found.setdefault(sound, set()).add(character)
    return {sound: frozenset(characters) for sound, characters in found.items()}


@cache
def taken_for(character: str) -> frozenset[str]:
    """The characters that may stand where this one is meant: equal in sound, or alike in shape."""
    sound = sounds_of(character)[0]
    return heard_as().get(sound, frozenset()) | shapes().get(character, frozenset()) - {character}


def character_costs(written: str, known: str) -> Floats:
    """The cost of every character written where each of the known ones is meant (``len(written)`` × ``len(known)``)."""
    costs = np.full((len(written), len(known)), UNRELATED, dtype=np.float32)
    place = {character: at for at, character in enumerate(known)}
    for at, character in enumerate(written):
        for other in shapes().get(character, ()):
            if other in place:
                costs[at, place[other]] = SAME_SHAPE
    # Sounds cost least, so they are laid over the shapes.
    for fold, cost in ((True, NEAR_SOUND), (False, SAME_SOUND)):
        numbers: dict[str, int] = {}
        left, right = _readings(written, numbers, fold=fold), _readings(known, numbers, fold=fold)
        shared = _incidence(left, len(numbers)) @ _incidence(right, len(numbers)).T > 0
        costs = np.where(shared, np.minimum(costs, np.float32(cost)), costs)
    same = np.array(list(written))[:, None] == np.array(list(known))[None, :] if written and known else None
    if same is not None:
        costs[same] = 0
    return costs


def _readings(characters: str, numbers: dict[str, int], *, fold: bool) -> list[list[int]]:
    found: list[list[int]] = []
    for character in characters:
        heard = sounds_of(character) if not character.isascii() else (character,)
        texts = {folded(sound) for sound in heard} if fold else set(heard)
        found.append([numbers.setdefault(text, len(numbers)) for text in sorted(texts)])
    return found


def _incidence(readings: list[list[int]], width: int) -> Floats:
    table = np.zeros((len(readings), max(width, 1)), dtype=np.float32)
    for at, numbers in enumerate(readings):
        table[at, numbers] = 1
    return table


def name_costs(written: Sequence[str], known: Sequence[str], pairs: tuple[Ints, Ints]) -> Floats:
    """The least cost of making a known name out of a written one, for pairs of positions in the two lists."""
    left, letters = _coded(written)
    right, signs = _coded(known)
    costs = character_costs(letters, signs)
    found = np.empty(len(pairs[0]), dtype=np.float32)
    for start in range(0, len(found), _CHUNK):
        part = slice(start, start + _CHUNK)
        found[part] = _aligned(left[pairs[0][part]], right[pairs[1][part]], costs)
    return found


def _coded(texts: Sequence[str]) -> tuple[npt.NDArray[np.int32], str]:
    """Texts as rows of numbers, -1 behind their end, and the characters that the numbers stand for."""
    alphabet = "".join(sorted({character for text in texts for character in text}))
    numbers = {character: at for at, character in enumerate(alphabet)}
    width = max((len(text) for text in texts), default=0)
    rows = np.full((len(texts), width), -1, dtype=np.int32)
    for at, text in enumerate(texts):
        rows[at, : len(text)] = [numbers[character] for character in text]
    return rows, alphabet


def _aligned(left: npt.NDArray[np.int32], right: npt.NDArray[np.int32], costs: Floats) -> Floats:
    """The costs of aligning rows with rows: one column of the table after the other, for all pairs at once."""
    count, height, width = len(left), left.shape[1], right.shape[1]
    ends = ((left >= 0).sum(axis=1), (right >= 0).sum(axis=1))
    every = np.arange(count)
    rows: list[Floats] = [np.arange(width + 1, dtype=np.float32)[None, :].repeat(count, axis=0) * np.float32(LEFT_OUT)]
    result: Floats = rows[0][every, ends[1]].copy()
    twice = left[:, 1:] == left[:, :-1] if height > 1 else np.zeros((count, 0), dtype=bool)
    for i in range(1, height + 1):
        row = np.empty((count, width + 1), dtype=np.float32)
        put_in = np.full(count, PUT_IN, dtype=np.float32)
        if i > 1:
            put_in = np.where(twice[:, i - 2], np.float32(TYPED_TWICE), put_in)
        row[:, 0] = rows[i - 1][:, 0] + put_in
        for j in range(1, width + 1):
            here = costs[left[:, i - 1], right[:, j - 1]]
            best = np.minimum(rows[i - 1][:, j - 1] + here, rows[i - 1][:, j] + put_in)
            best = np.minimum(best, row[:, j - 1] + np.float32(LEFT_OUT))
            if i > 1 and j > 1:
                crossed = costs[left[:, i - 1], right[:, j - 2]] + costs[left[:, i - 2], right[:, j - 1]]
                turned = np.where(crossed == 0, rows[i - 2][:, j - 2] + np.float32(TURNED), np.float32(np.inf))
                best = np.minimum(best, turned)
            row[:, j] = best
        rows.append(row)
        ended = ends[0] == i
        result[ended] = row[ended, ends[1][ended]]
    return result
