"""The forms in which names and numbers of places are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

import polars as pl

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1000}
NUMERAL = "[零〇一二两三四五六七八九十百千]"
# A numeral is one only before what counts it; 五指山路 and 一品花园 keep theirs.
_COUNTED = re.compile(
    f"({NUMERAL}+)(?=(?:号楼|号院|号|栋|幢|座|#|单元|门|梯|层|楼|室|房|户|弄|巷|$|-))|(?<=[元层楼栋幢座室梯#])({NUMERAL}+)"
)

_COMMITTEE = re.compile("(?:社区居民委员会|社区居委会|社区|居民委员会|居委会|村民委员会|村委会)$")


@cache
def chinese_number(text: str) -> str:
    """Read a Chinese numeral: 十二 → 12, 三百零一 → 301, 六零一 → 601 (digit by digit where no unit is named)."""
    if not any(character in _UNITS for character in text):
        return "".join(str(_DIGITS[character]) for character in text)
    total, current = 0, 0
    for character in text:
        if character in _UNITS:
            total += (current or 1) * _UNITS[character]
            current = 0
        else:
            current = _DIGITS[character]
    return str(total + current)


def read_numerals(text: str) -> str:
    """Replace Chinese numerals that count buildings, units, floors, rooms by digits."""
    return _COUNTED.sub(lambda match: chinese_number(match.group(1) or match.group(2)), text)


def name_key(text: str) -> str:
    """A name of a compound, road or community as it is compared: half width, upper case, letters and digits only."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(character for character in plain if character.isalnum())


def community_key(text: str) -> str:
    """The name of a community as it is compared: without 社区, 居民委员会 and their like."""
    return _COMMITTEE.sub("", name_key(text)) or name_key(text)


def number_key(text: str) -> str:
    """A number of a building, unit or room as it is compared.

    1号楼, 01栋, 一幢, 1# → 1; A座 → A; 2单元 → 2; 0501室 → 501.
    """
    plain = read_numerals("".join(unicodedata.normalize("NFKC", text).upper().split()))
    plain = re.sub(
        r"^(?:第|NO\.?)|(?:号楼|号栋|号幢|号院|栋|幢|座|楼|#|单元|门|梯|室|房|户|号|UNIT|ROOM|BUILDING)+$", "", plain
    )
    plain = re.sub(r"^(?:UNIT|ROOM|BUILDING)", "", plain)
    return re.sub(r"^0+(?=[0-9A-Z])", "", plain)


_SIDE = re.compile(r"^([0-9]+)(?:楼|层|F|-)*([东西南北中左右])(?:侧|边|面|户|室|房)*$")


def room_key(text: str) -> str:
    """A room as it is compared: as a number, or by floor and side: 三楼东户, 3层东 → 3东."""
    plain = read_numerals("".join(unicodedata.normalize("NFKC", text).upper().split()))
    side = _SIDE.match(plain)
    return side.group(1) + side.group(2) if side else number_key(text)


def keys(values: pl.Series, function: Callable[[str], str]) -> pl.Series:
    """The keys of a series of texts; null and empty become the empty text."""
    texts = values.drop_nulls().unique().to_list()
    if not texts:
        return pl.Series(values.name, [""] * len(values), dtype=pl.String)
    return values.replace_strict(texts, [function(text) for text in texts], default="", return_dtype=pl.String)
