"""What the names in a form mean: placeholders and headings, in Chinese and English, with the nearest known names."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from gridmap.i18n import LANGUAGES, translator
from gridmap.importing.headings import field_of, is_never_stored
from gridmap.indicators.registry import Registry

NEAREST: Final = 3
_APART_GROUPS: Final = frozenset({"rows", "period", "flow"})
_APART: Final = re.compile(r"[\s_\-*:：、,，/\\·]")
_BRACKETS: Final = re.compile(r"[(\[【〔<《][^)\]】〕>》]*[)\]】〕>》]")
_INDICATOR: Final = ("indicator", "指标")
_REGISTER: Final = {"valid_from": "since", "use": "tenure"}
"""Fields of a register that are called otherwise here."""


class Rows(StrEnum):
    """What a repeated part of a form has a row for."""

    CHILDREN = "children"
    COMMUNITIES = "communities"
    CELLS = "cells"
    RESIDENTS = "residents"
    DWELLINGS = "dwellings"


AREA_ROWS: Final = frozenset({Rows.CHILDREN, Rows.COMMUNITIES, Rows.CELLS})
_GROUPS: Final[Mapping[Rows | None, tuple[str, ...]]] = {
    None: ("form", "count", "indicator", "flow"),
    Rows.CHILDREN: ("area", "count", "indicator", "flow"),
    Rows.COMMUNITIES: ("area", "count", "indicator", "flow"),
    Rows.CELLS: ("area", "count", "indicator", "flow"),
    Rows.RESIDENTS: ("resident", "place"),
    Rows.DWELLINGS: ("dwelling", "place"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """Something a form can be filled with. ``group`` says of what it is: the form, an area, a count, an indicator, a
    flow (what happened in a period: ``month.births``), a place, a dwelling, a resident; ``of`` how a count is made of
    others, when it is not counted under its key."""

    group: str
    key: str
    zh: str
    en: str
    of: str = ""

    @property
    def code(self) -> str:
        """How a choice of it is written down."""
        return f"{self.group}.{self.key}"

    def label(self, language: str) -> str:
        """What it is called."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name means: an item, or why there is none. ``rows`` is set when the name belongs to a row.

    ``never``: it is about what is never stored, so it stays empty; ``absent``: it is understood, but the register does
    not keep it; ``nearest``: known names that look alike.
    """

    item: Item | None
    rows: Rows | None = None
    never: bool = False
    nearest: tuple[str, ...] = ()
    absent: bool = False


def plain(name: str) -> str:
    """The form in which names are compared."""
    return _APART.sub("", unicodedata.normalize("NFKC", name)).lower().strip(".")


@dataclass(frozen=True)
class Vocabulary:
    """The known names, with the indicators of a registry."""

    items: Mapping[str, Item]
    names: Mapping[str, Mapping[str, Item]]
    rows: Mapping[str, Rows]
    row_labels: Mapping[Rows, tuple[str, str]]

    def of(self, code: str) -> Item | None:
        """The item of a written code."""
        return self.items.get(code)

    def choices(self, rows: Rows | None) -> list[Item]:
        """What a column or placeholder may be chosen to be."""
        groups = _GROUPS[rows]
        return [item for group in groups for item in self.items.values() if item.group == group]

    def kind(self, name: str) -> Rows | None:
        """The rows a block or a prefix names."""
        return self.rows.get(plain(name))

    def row_label(self, rows: Rows, language: str) -> str:
        """What rows are called."""
        zh, en = self.row_labels[rows]
        return zh if language.startswith("zh") else en

    def placeholder(self, name: str, block: Rows | None) -> Meaning:
        """What a placeholder means inside a block (or outside all): ``name``, ``row.name``, ``indicator: name``."""
        text = unicodedata.normalize("NFKC", name).strip()
        prefix, dot, rest = text.partition(".")
        rows = self.kind(prefix) if dot and rest.strip() else None
        if rows is not None:
            chosen = block if rows is Rows.CHILDREN and block is not None else rows
            return self._meaning(rest, chosen, _GROUPS[chosen])
        if block is not None and self._find(*_narrowed(text, _GROUPS[block])) is not None:
            return self._meaning(text, block, _GROUPS[block])
        return self._meaning(text, None, _GROUPS[None], extra=_GROUPS[block])

    def heading(self, heading: str, rows: Rows) -> Meaning:
        """What a column of this heading is filled with, in a table with such rows."""
        if is_never_stored(heading):
            return Meaning(None, rows, never=True)
        groups = _GROUPS[rows]
        bare = _BRACKETS.sub("", unicodedata.normalize("NFKC", heading))
        found = self._find(heading, groups) or self._find(bare, groups)
        field = field_of(heading)
        if found is None and field is not None:
            key = _REGISTER.get(field, field)
            found = next((item for group in groups if (item := self.items.get(f"{group}.{key}"))), None)
        if found is None and field is not None:
            return Meaning(None, rows, absent=True)
        return Meaning(found, rows, nearest=() if found else self._nearest(heading, groups))

    def _meaning(self, name: str, rows: Rows | None, groups: Iterable[str], extra: Iterable[str] = ()) -> Meaning:
        name, groups = _narrowed(name, tuple(groups))
        found = self._find(name, groups)
        if found is not None:
            return Meaning(found, rows)
        if is_never_stored(name):
            return Meaning(None, rows, never=True)
        if field_of(name) is not None:
            return Meaning(None, rows, absent=True)
        return Meaning(None, rows, nearest=self._nearest(name, (*groups, *extra)))

    def _find(self, name: str, groups: Iterable[str]) -> Item | None:
        key = plain(name)
        return next((item for group in groups if (item := self.names[group].get(key))), None)

    def _nearest(self, name: str, groups: Iterable[str]) -> tuple[str, ...]:
        """Known names that share most characters; Chinese names that contain each other come first."""
        wanted = plain(name)
        known = {key: item for group in dict.fromkeys(groups) for key, item in self.names[group].items()}
        inside = [key for key in known if len(key) > 1 and wanted and (key in wanted or wanted in key)]
        inside.sort(key=lambda key: (abs(len(key) - len(wanted)), key))
        alike = difflib.get_close_matches(wanted, list(known), n=NEAREST, cutoff=0.5)
        chinese = not wanted.isascii()
        shown = [known[key].zh if chinese else known[key].en for key in (*inside, *alike)]
        return tuple(dict.fromkeys(shown))[:NEAREST]


def _narrowed(name: str, groups: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """A name without the word that says it is an indicator, and where it is to be looked for."""
    head, colon, rest = name.partition(":")
    if colon and plain(head) in _INDICATOR:
        return rest, tuple(group for group in ("indicator", "count") if group in groups) or groups
    return name, groups


def vocabulary(registry: Registry) -> Vocabulary:
    """The names that ship with the program, and the indicators of a registry by code and by name."""
    data = _shipped()
    items: dict[str, Item] = {}
    names: dict[str, dict[str, Item]] = {group: {} for group in data if group not in _APART_GROUPS}
    names["flow"] = {}
    for group, entries in data.items():
        if group in _APART_GROUPS or group == "indicator":
            continue
        for key, spelled in entries.items():
            item = Item(group, key, spelled["zh"][0], spelled["en"][0], str(spelled.get("of", "")))
            items[item.code] = item
            for name in (*spelled["zh"], *spelled["en"], key):
                names[group].setdefault(plain(name), item)
    for indicator in registry.indicators.values():
        zh, en = (translator(language).gettext(indicator.name) for language in LANGUAGES)
        group = "count" if indicator.id in data["count"] else "indicator"  # population and households are counts
        item = items.setdefault(f"{group}.{indicator.id}", Item(group, indicator.id, zh, en))
        more = data["indicator"].get(indicator.id, {"zh": [], "en": []})
        for name in (indicator.id, zh, en, *more["zh"], *more["en"]):
            names[group].setdefault(plain(name), item)
    _bands(items, names)
    _flows(items, names)
    rows = {
        plain(name): Rows(key) for key, spelled in data["rows"].items() for name in (*spelled["zh"], *spelled["en"])
    }
    labels = {Rows(key): (spelled["zh"][0], spelled["en"][0]) for key, spelled in data["rows"].items()}
    return Vocabulary(items, names, rows, labels)


def _bands(items: dict[str, Item], names: dict[str, dict[str, Item]]) -> None:
    """Persons by five-year age bands, alone and by sex."""
    for first in range(0, 90, 5):
        band = "85_up" if first == 85 else f"{first}_{first + 4}"
        zh = "85岁及以上" if first == 85 else f"{first}-{first + 4}岁"
        en = "aged 85 and over" if first == 85 else f"aged {first} to {first + 4}"
        for key, sex_zh, sex_en in (("age", "", ""), ("male", "男性", "men "), ("female", "女性", "women ")):
            item = Item("count", f"{key}_{band}", f"{sex_zh}{zh}", f"{sex_en}{en}")
            items[item.code] = item
            for name in (item.key, item.zh, item.en, f"{item.zh}人口", f"{item.zh}人数"):
                names["count"].setdefault(plain(name), item)


def _flows(items: dict[str, Item], names: dict[str, dict[str, Item]]) -> None:
    """What happened in each period: its name before or after that of the event, as each language has it."""
    data = _shipped()
    for period, spans in data["period"].items():
        for flow, events in data["flow"].items():
            spelled = [f"{span}{event}" for span in spans["zh"] for event in events["zh"]]
            spelled += [f"{event} {span}" for span in spans["en"] for event in events["en"]]
            english = f"{events['en'][0]} {spans['en'][0]}"
            item = Item("flow", f"{period}.{flow}", spelled[0], english)
            items[item.code] = item
            for name in (*spelled, item.key):
                names["flow"].setdefault(plain(name), item)


@cache
def _shipped() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(files("gridmap.forms").joinpath("names.toml").read_text("utf-8"))
