"""How many floors above and below ground a text such as 六层, 18F, 11+1 or 地上7地下1 means.

``11+1`` is read as it is used for dwellings: eleven floors and a loft, twelve above ground. The distinct texts of
a column are parsed once each, so a column of hundreds of thousands of buildings costs what its few texts cost.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.issues import Issue, Severity

_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3}
_HAN_NUMBER: Final = re.compile(r"[零〇一二两三四五六七八九十百廿卅壹贰叁]+")
_NOISE: Final = re.compile(r"[\s,，。.;；:：()（）\[\]【】共约总高建筑数为有、]|floors?|stor(?:e?ys?|ies)|levels?")
_UNIT: Final = re.compile(r"[层楼fl]+(?![a-z])")


@dataclass(frozen=True, slots=True)
class Floors:
    """Floors above and below ground, aligned to the input (nullable whole numbers), and what was not understood.

    ``issues`` carry the label of the value in the input's index as their row.
    """

    above: pd.Series
    below: pd.Series
    issues: list[Issue]


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files("geodata").joinpath("floors.toml").read_text(encoding="utf-8"))


def _han_value(text: str) -> int:
    """A Chinese number below a thousand: 十八, 二十三, 一百零二, 廿四; digits side by side as such (一八)."""
    text = text.replace("廿", "二十").replace("卅", "三十")
    if not set(text) & {"十", "百"}:
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, 0
    for character in text:
        if character in {"十", "百"}:
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


def _plain(text: str) -> str:
    """Half-width, lower case, Chinese numbers as figures, without words that say nothing."""
    text = unicodedata.normalize("NFKC", text).strip().lower()
    text = re.sub(r"(\d)\.0+(?!\d)", r"\1", text)
    text = re.sub(r"[–—−~至到-]+", "-", text)  # every dash that people type
    text = _HAN_NUMBER.sub(lambda m: str(_han_value(m.group())), text)
    text = re.sub(r"(\d)\.5(?!\d)", r"\1", text)  # a loft that is counted as half a floor
    text = re.sub(r"(?<=\d)[\s,，、;；]+(?=\d)", "|", text)  # two figures are not one
    return _NOISE.sub("", text)


def parse_floor(text: str) -> tuple[int, int] | None:
    """(above, below) of one text, or None when it is not understood or beyond any building.

    A single basement (``-1F``, ``B1``) has no floor above ground.
    """
    words = _data()["words"]
    if unicodedata.normalize("NFKC", text).strip() in words["single"]:
        return 1, 0
    found = _parts(_plain(text), words)
    limits = _data()["limits"]
    if found is None or found == (0, 0) or found[0] > limits["above"] or found[1] > limits["below"]:
        return None
    return found


def _parts(text: str, words: dict[str, list[str]]) -> tuple[int, int] | None:
    above_words = "|".join(sorted(words["above"], key=len, reverse=True))
    below_words = "|".join(sorted(words["below"], key=len, reverse=True))
    text = re.sub(rf"(?:{below_words})-?(\d+)", r"<\1", text)
    text = re.sub(rf"(?:{above_words})(\d+)", r">\1", text)
    text = _UNIT.sub("", text)
    text = re.sub(r"b(\d+)|(\d+)d", r"<\1\2", text)
    for pattern, make in _SHAPES:
        match = pattern.fullmatch(text)
        if match:
            return make(*(int(g) for g in match.groups()))
    return None


#: Shapes of a text after it is made plain: ``>n`` is above ground, ``<n`` below.
_SHAPES: Final = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (r">?(\d+)", lambda a: (a, 0)),
        (r"[<-](\d+)", lambda b: (0, b)),
        (r"1-(\d+)", lambda a: (a, 0)),
        (r">?(\d+)(?:[/+]?<|[/+]-)(\d+)", lambda a, b: (a, b)),
        (r"[<-](\d+)(?:[/+-]>?|>)(\d+)", lambda b, a: (a, b)),
        (r">?(\d+)\+(\d)", lambda a, loft: (a + loft, 0)),
        (r">?(\d+)\+(\d)(?:[/+]?<|[/+]-)(\d+)", lambda a, loft, b: (a + loft, b)),
        (r"g\+(\d+)", lambda a: (a + 1, 0)),
    )
)


def _as_text(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def parse_floors(values: Iterable[object]) -> Floors:
    """Floors of a column of texts or numbers; missing and blank values are missing, not an issue.

    What is not understood is missing in the result and has an issue (severity warning) with its label.
    """
    column = values if isinstance(values, pd.Series) else pd.Series(list(values), dtype=object)
    codes, distinct = pd.factorize(column.astype(object))
    texts = [_as_text(v) for v in distinct]
    parsed = [parse_floor(t) if t else None for t in texts]
    # The code of a missing value is -1 and finds the last place.
    above = np.array([*(np.nan if p is None else p[0] for p in parsed), np.nan])[codes]
    below = np.array([*(np.nan if p is None else p[1] for p in parsed), np.nan])[codes]
    wrong = np.array([*(bool(t) and p is None for t, p in zip(texts, parsed, strict=True)), False])[codes]
    return Floors(
        above=pd.Series(above, index=column.index, name="floors_above").astype("Int64"),
        below=pd.Series(below, index=column.index, name="floors_below").astype("Int64"),
        issues=_not_understood(column, wrong),
    )


def _not_understood(column: pd.Series, wrong: NDArray[np.bool_]) -> list[Issue]:
    return [
        Issue(
            "floors_not_understood",
            "The number of floors “{value}” is not understood and was left empty.",
            "Write it as 18, 11+1 or 地上7地下1.",
            row=int(label) if isinstance(label, int | np.integer) else None,
            column=str(column.name) if column.name is not None else None,
            severity=Severity.WARNING,
            params={"value": _as_text(value)[:20]},
        )
        for label, value in zip(column.index[wrong], column[wrong], strict=True)
    ]
