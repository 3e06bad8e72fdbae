"""Write an address by a layout: as one text, or into columns of its own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.messy.parts import Parts

_PIECE = re.compile(r"\|([^|]*)\|")
_FACTS = {
    "c": ("community",),
    "r": ("road",),
    "n": ("compound", "compound_start"),
    "b": ("building",),
    "u": ("unit",),
    "h": ("room",),
}
_FIELD = re.compile(r"\{(\w)\}")


@cache
def layouts(part: str, kind: str) -> dict[str, Any]:
    """The layouts of a part (``develop``, ``held_out``) and a kind (``text``, ``split``) by name."""
    text = Path(__file__).with_name("layouts.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)[part][kind]
    return found


def write(parts: Parts, layout: str | Mapping[str, str]) -> dict[str, str]:
    """The columns of the row: ``address`` alone, or one a part; columns without content are left out."""
    if isinstance(layout, str):
        return {"address": parts.before + _filled(parts, layout) + parts.after}
    columns = {name: _filled(parts, text if "|" in text else f"|{text}|") for name, text in layout.items()}
    written = {name: text for name, text in columns.items() if text}
    if parts.before and written:
        first = next(iter(written))
        written[first] = parts.before + written[first]
    return written


def fields_of(layout: str | Mapping[str, str]) -> set[str]:
    """Which fields a layout has room for: community, road, compound, compound_start, building, unit, room."""
    letters = set(_FIELD.findall(layout if isinstance(layout, str) else " ".join(layout.values())))
    return {name for letter, names in _FACTS.items() if letter in letters for name in names}


def _fields(parts: Parts) -> dict[str, str]:
    house = parts.building
    return {
        "p": parts.prefix,
        "c": parts.community and parts.community + parts.community_word,
        "r": parts.road and parts.road_no and parts.road + parts.road_no,
        "n": parts.compound,
        "b": house,
        "u": parts.unit,
        "f": parts.floor,
        "h": parts.room,
    }


def _filled(parts: Parts, layout: str) -> str:
    values = _fields(parts)

    def piece(match: re.Match[str]) -> str:
        names = _FIELD.findall(match.group(1))
        if any(not values[name] for name in names):
            return ""
        text = _FIELD.sub(lambda field: values[field.group(1)], match.group(1))
        # A room that is named by its side carries its own word, and a house of a village is no block.
        if names == ["h"] and parts.sided:
            return values["h"]
        if names == ["b"] and parts.house_number:
            return values["b"] + "号"
        if names == ["b"] and len(values["b"]) > 2 and not values["b"][0].isascii():
            return values["b"] + ("-" if text.endswith("-") else "")
        return text

    return _PIECE.sub(piece, layout)
