"""What a few words mean as a place: names, and the numbers of a building, a staircase and a room."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

HOUSE_SUFFIXES = ("", "号楼", "栋", "幢", "座", "号")
"""What may follow the number of a building where it is recorded with it."""

_NUMBER = r"[A-Z]?[0-9]{1,4}[A-Z]?"
_HOUSE = r"(?:号楼|号栋|号幢|栋楼|栋|幢|座|#楼|#)"
_ROOM = rf"(?P<room>{_NUMBER})(?:号房|房间|室|房)?"
_FORMS = (
    # 海景花园1号楼2单元301, 海景花园1栋301室, 2单元301
    re.compile(
        rf"^(?P<head>.*?)(?:(?P<building>{_NUMBER}|[A-Z]){_HOUSE}-?)?"
        rf"(?:(?P<unit>[0-9]{{1,2}}|[A-Z])(?:单元|门|梯)-?)(?:{_ROOM})?$"
    ),
    re.compile(rf"^(?P<head>.*?)(?P<building>{_NUMBER}|[A-Z]){_HOUSE}-?(?:(?P<unit>[0-9]{{1,2}})-)?(?:{_ROOM})?$"),
    # 海景花园1-2-301
    re.compile(rf"^(?P<head>.*?)(?P<building>{_NUMBER})-(?P<unit>[0-9]{{1,2}}|[A-Z])-{_ROOM}$"),
    # 海景花园1-301
    re.compile(rf"^(?P<head>.*?)(?P<building>{_NUMBER})-{_ROOM}$"),
    # 海景花园301室
    re.compile(r"^(?P<head>.*[^0-9])(?P<room>[0-9]{3,4})(?:号房|房间|室|房)$"),
)
_WORDS = re.compile(r"[0-9]+|[^0-9]+")


@dataclass(frozen=True, slots=True)
class WantedPlace:
    """``words`` are contained in what the place is called; the numbers are exact. What is not said is None."""

    words: tuple[str, ...]
    building: str | None = None
    unit: str | None = None
    room: str | None = None


def read_place(text: str) -> WantedPlace | None:
    """Read a place; None for a text that names none.

    >>> read_place("海景花园 1号楼2单元301室")
    WantedPlace(words=('海景花园',), building='1', unit='2', room='301')
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = re.sub(r"[‐‑–—―－_~/]+|--+", "-", re.sub(r"[\s,，、。;；]+", "", plain))
    for form in _FORMS:
        if match := form.match(plain):
            parts = match.groupdict()
            words = _words(parts["head"])
            if words or parts.get("building") or parts.get("room"):
                return WantedPlace(words, parts.get("building"), parts.get("unit"), parts.get("room"))
    words = _words(plain)
    return WantedPlace(words) if words else None


def _words(head: str) -> tuple[str, ...]:
    """The names and numbers in a text, without what only counts or joins."""
    found = (re.sub(r"^[号院\-]+|[第\-]+$", "", word) for word in _WORDS.findall(head))
    return tuple(word for word in found if word)
