"""What goes wrong between a place and its address on paper: one small function a kind of fault.

A fault changes the parts of an address before they are written, or the written columns; it says whether it found
anything to change. Faults of meaning (what is left out) tell it in ``facts``; faults of spelling in ``typed``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from pypinyin import lazy_pinyin

from tests.messy.parts import Parts
from tests.messy.stock import Stock

_TABLES = tomllib.loads(Path(__file__).with_name("confusions.toml").read_text(encoding="utf-8"))
DIGITS = "零一二三四五六七八九"
GENERIC: tuple[str, ...] = tuple(_TABLES["general"])
NEAR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("ang", "an"), ("n", "l"), ("h", "f"))


@dataclass(slots=True)
class World:
    """What a fault may look at."""

    stock: Stock
    random: Random
    held_out: bool
    others: Mapping[str, Mapping[str, list[str]]]

    def table(self, name: str) -> dict[str, Any]:
        """The confusions of this part."""
        found: dict[str, Any] = _TABLES["held_out" if self.held_out else "develop"].get(name, {})
        return found


PartFault = Callable[[Parts, World], bool]
TextFault = Callable[[dict[str, str], World], bool]


@cache
def homophones() -> dict[str, list[str]]:
    """The common characters by how they are read, without tone."""
    found: dict[str, list[str]] = {}
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF if high != 0xD7 else 0xFA):
            character = bytes([high, low]).decode("gb2312")
            found.setdefault(lazy_pinyin(character)[0], []).append(character)
    return found


def other_names(stock: Stock) -> dict[str, dict[str, list[str]]]:
    """By kind, the other names of every official name."""
    found: dict[str, dict[str, list[str]]] = {}
    for kind, pairs in stock.aliases.items():
        for alias, official in pairs.items():
            found.setdefault(kind, {}).setdefault(official, []).append(alias)
    return found


# What is written differently, but right.


def prefix_whole(parts: Parts, world: World) -> bool:
    """省市区街道 before the address."""
    parts.prefix = "".join(world.stock.admin)
    return True


def prefix_doubled(parts: Parts, world: World) -> bool:
    """海口市海口市美兰区."""
    _, city, district, street = world.stock.admin
    parts.prefix = city * 2 + district + (street if world.random.random() < 0.5 else "")
    return True


def prefix_bare(parts: Parts, world: World) -> bool:
    """海口美兰, without 市 and 区."""
    parts.prefix = "".join(word[:-1] for word in world.stock.admin[1:3])
    return True


def numerals(parts: Parts, world: World) -> bool:
    """三栋二单元五零二."""
    if not parts.building.isdigit() and not parts.unit.isdigit():
        return False
    parts.building = _counted(parts.building)
    parts.unit = _counted(parts.unit)
    if world.random.random() < 0.4 and parts.room.isdigit():
        parts.room = "".join(DIGITS[int(digit)] for digit in parts.room)
    return True


def _counted(number: str) -> str:
    if not number.isdigit() or not 0 < int(number) < 100:
        return number
    tens, ones = divmod(int(number), 10)
    return (("" if tens == 1 else DIGITS[tens]) + "十" if tens else "") + (DIGITS[ones] if ones else "")


def leading_zero(parts: Parts, world: World) -> bool:
    """03栋."""
    if not parts.building.isdigit() or len(parts.building) > 1:
        return False
    parts.building = "0" + parts.building
    return True


def committee(parts: Parts, world: World) -> bool:
    """东湖里居委会 for 东湖里社区."""
    parts.community_word = world.random.choice(["居委会", "社区居委会"])
    return bool(parts.community)


def alias(parts: Parts, world: World) -> bool:
    """Another name of the compound."""
    names = world.others.get("compound", {}).get(parts.compound)
    if not names:
        return False
    parts.compound = world.random.choice(names)
    return True


def old_road(parts: Parts, world: World) -> bool:
    """The old name of the road."""
    names = world.others.get("road", {}).get(parts.road)
    if not names:
        return False
    parts.road = world.random.choice(names)
    return True


def community_twice(parts: Parts, world: World) -> bool:
    """东湖里社区东湖里社区."""
    parts.prefix += f"{parts.community}社区"
    return bool(parts.community)


def generic_added(parts: Parts, world: World) -> bool:
    """海景花园小区."""
    if not parts.compound or parts.compound.endswith("区") or parts.house_number:
        return False
    parts.compound += "小区"
    return True


def within(parts: Parts, world: World) -> bool:
    """海景花园内3栋."""
    parts.compound += world.random.choice(["内", "院内"]) if parts.compound else ""
    return bool(parts.compound)


def note(parts: Parts, world: World) -> bool:
    """A remark behind the address."""
    parts.after = str(world.random.choice(world.table("notes")["words"]))
    return True


def phone(parts: Parts, world: World) -> bool:
    """A telephone number behind the address."""
    number = f"1{world.random.choice('3578')}{world.random.randrange(10**9):09d}"
    parts.after = (f"（电话{number}）" if world.held_out else f" {number}") + parts.after
    return True


# What is left out.


def no_suffix(parts: Parts, world: World) -> bool:
    """海景 for 海景花园."""
    for word in GENERIC if parts.compound == parts.facts.get("compound") else ():
        if parts.compound.endswith(word) and len(parts.compound) - len(word) >= 2:
            parts.compound = parts.compound[: -len(word)]
            parts.facts["compound_start"] = parts.facts.pop("compound")[: -len(word)]
            return True
    return False


def _forget(parts: Parts, *names: str) -> None:
    for name in names:
        parts.facts.pop(name, None)


def no_compound(parts: Parts, world: World) -> bool:
    """The compound is not named."""
    if not parts.compound or not parts.placed:
        return False
    parts.compound = ""
    _forget(parts, "compound", "compound_start")
    return True


def no_unit(parts: Parts, world: World) -> bool:
    """The unit is not named."""
    if not parts.unit:
        return False
    parts.unit = ""
    _forget(parts, "unit")
    return True


def no_room(parts: Parts, world: World) -> bool:
    """Neither room nor unit is named."""
    parts.room = parts.unit = ""
    _forget(parts, "unit", "room")
    return True


def no_building(parts: Parts, world: World) -> bool:
    """The building is not named."""
    if not parts.building or parts.dashed:
        return False
    parts.building = ""
    _forget(parts, "building")
    return True


# What is misspelt.


def _mistype(parts: Parts, world: World, change: Callable[[str, World], str]) -> bool:
    fields = [
        name for name in ("compound", "compound", "compound", "community", "road") if len(getattr(parts, name)) > 1
    ]
    if not fields:
        return False
    name = world.random.choice(fields)
    old = getattr(parts, name)
    new = change(old, world)
    if new == old:
        return False
    setattr(parts, name, new)
    parts.typed[name] = new
    return True


def _replaced(text: str, world: World, choices: Mapping[str, Any]) -> str:
    places = [at for at, character in enumerate(text) if choices.get(character)]
    if not places:
        return text
    at = world.random.choice(places)
    return text[:at] + str(world.random.choice(choices[text[at]])) + text[at + 1 :]


def by_sound(parts: Parts, world: World) -> bool:
    """海京花园."""

    def change(text: str, world: World) -> str:
        at = world.random.randrange(len(text))
        alike = [c for c in homophones().get(lazy_pinyin(text[at])[0], []) if c != text[at]]
        return text[:at] + world.random.choice(alike) + text[at + 1 :] if alike else text

    return _mistype(parts, world, change)


def by_near_sound(parts: Parts, world: World) -> bool:
    """As southern speakers hear it: 银 for 宁, 兰 for 南."""

    def change(text: str, world: World) -> str:
        at = world.random.randrange(len(text))
        said = lazy_pinyin(text[at])[0]
        heard = [said.replace(a, b, 1) for a, b in NEAR if a in said] + [
            said.replace(b, a, 1) for a, b in NEAR if b in said and a not in said
        ]
        alike = [c for sound in heard if sound != said for c in homophones().get(sound, [])]
        return text[:at] + world.random.choice(alike) + text[at + 1 :] if alike else text

    return _mistype(parts, world, change)


def by_shape(parts: Parts, world: World) -> bool:
    """海影花园."""
    return _mistype(parts, world, lambda text, world: _replaced(text, world, world.table("shape")))


def transposed(parts: Parts, world: World) -> bool:
    """景海花园."""

    def change(text: str, world: World) -> str:
        at = world.random.randrange(len(text) - 1)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]

    return _mistype(parts, world, change)


def omitted(parts: Parts, world: World) -> bool:
    """海花园."""

    def change(text: str, world: World) -> str:
        at = world.random.randrange(len(text))
        return text[:at] + text[at + 1 :] if len(text) > 2 else text

    return _mistype(parts, world, change)


def doubled(parts: Parts, world: World) -> bool:
    """海景景花园."""

    def change(text: str, world: World) -> str:
        at = world.random.randrange(len(text))
        return text[:at] + text[at] + text[at:]

    return _mistype(parts, world, change)


# What happens to the written columns.


def _everywhere(columns: dict[str, str], change: Callable[[str], str]) -> bool:
    changed = {name: change(text) for name, text in columns.items()}
    found = changed != columns
    columns.update(changed)
    return found


def full_width(columns: dict[str, str], world: World) -> bool:
    """３栋２０１."""
    wide = {ord(c): ord(c) + 0xFEE0 for c in "0123456789ABCDEFGH-#()"}
    return _everywhere(columns, lambda text: text.translate(wide))


def spaces(columns: dict[str, str], world: World) -> bool:
    """Spaces anywhere between characters."""

    def change(text: str) -> str:
        at = world.random.randrange(len(text) + 1)
        return text[:at] + world.random.choice([" ", "　"]) + text[at:]

    return _everywhere(columns, change)


def lower_case(columns: dict[str, str], world: World) -> bool:
    """a座."""
    return _everywhere(columns, str.lower)


def traditional(columns: dict[str, str], world: World) -> bool:
    """棟 for 栋."""
    table = str.maketrans(_TABLES["held_out"]["traditional"])
    return _everywhere(columns, lambda text: text.translate(table))


def counter_misspelt(columns: dict[str, str], world: World) -> bool:
    """单园 for 单元."""

    def change(text: str) -> str:
        found = [(word, wrong) for word, wrong in world.table("counters").items() if word in text]
        if not found:
            return text
        word, wrong = world.random.choice(found)
        before, _, behind = text.rpartition(word)
        # A word that stands in a name is a name's typo, not this one.
        return before + world.random.choice(wrong) + behind if before[-1:].isalnum() and before[-1:].isascii() else text

    return _everywhere(columns, change)


@dataclass(frozen=True, slots=True)
class Part:
    """The faults of one part of the generator, by what they do."""

    writing: tuple[PartFault, ...]
    texts: tuple[TextFault, ...]
    missing: tuple[PartFault, ...]
    typos: tuple[PartFault, ...]
    wrong_texts: tuple[TextFault, ...]


DEVELOP = Part(
    (prefix_whole, prefix_doubled, numerals, committee, alias, alias, alias, old_road, note, phone),
    (full_width, spaces),
    (no_suffix, no_compound, no_unit, no_room),
    (by_sound, by_sound, by_shape, transposed, omitted, doubled),
    (counter_misspelt,),
)
HELD_OUT = Part(
    (prefix_bare, leading_zero, community_twice, generic_added, within, alias, alias, old_road, note, phone, numerals),
    (lower_case, traditional, full_width, spaces),
    (no_suffix, no_building, no_compound, no_unit, no_room),
    (by_near_sound, by_shape, by_shape, by_sound, transposed, omitted, doubled),
    (counter_misspelt,),
)
