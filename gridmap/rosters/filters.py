"""What a list is narrowed to and sorted by. Nothing in a filter is personal: it may stand in an address and be kept."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, TypeVar

from gridmap.buildings.states import uses
from gridmap.errors import InvalidInputError
from gridmap.indicators.words import PRESENCE_CODES, STATE_WORDS, Marital, Tenure

OLDEST: Final = 150
MARITAL: Final = tuple(word.name.lower() for word in Marital)
TENURES: Final = tuple(word.name.lower() for word in Tenure)
PRESENCES: Final = tuple(PRESENCE_CODES)
SEXES: Final = ("1", "2", "0")
PEOPLE_SORTS: Final = ("place", "name", "age", "presence", "since", "verified")
DWELLING_SORTS: Final = ("place", "state", "people", "verified", "tenure")

_Filter = TypeVar("_Filter", "PeopleFilter", "DwellingFilter")


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Residents: every field that is set narrows the list. Ages are completed years, both ends included."""

    presence: str | None = None
    sex: str | None = None
    marital: str | None = None
    age_from: int | None = None
    age_to: int | None = None
    state: str | None = None
    tenure: str | None = None
    use: str | None = None
    room: str | None = None
    id: str | None = None
    verified: str | None = None
    verified_before: date | None = None
    sort: str = "place"
    order: str = "up"


@dataclass(frozen=True, slots=True)
class DwellingFilter:
    """Dwellings: every field that is set narrows the list. ``people`` is ``some`` or ``none``."""

    state: str | None = None
    tenure: str | None = None
    use: str | None = None
    people: str | None = None
    verified: str | None = None
    verified_before: date | None = None
    sort: str = "place"
    order: str = "up"


_COMMON: Final[dict[str, tuple[str, ...]]] = {
    "state": STATE_WORDS,
    "tenure": TENURES,
    "use": uses(),
    "verified": ("ever", "never"),
    "order": ("up", "down"),
}
WORDS: Final[dict[type, dict[str, tuple[str, ...]]]] = {
    PeopleFilter: {
        **_COMMON, "presence": PRESENCES, "sex": SEXES, "marital": MARITAL, "room": ("known", "unknown"),
        "id": ("given", "missing"), "sort": PEOPLE_SORTS,
    },
    DwellingFilter: {**_COMMON, "people": ("some", "none"), "sort": DWELLING_SORTS},
}  # fmt: skip
"""The words that each field may hold."""

FIELD_WORDS: Final = {
    "presence": "Category",
    "sex": "Sex",
    "marital": "Marital status",
    "age_from": "Age from",
    "age_to": "Age to",
    "state": "Dwelling state",
    "tenure": "Tenure",
    "use": "Use",
    "room": "Room",
    "id": "Identity number",
    "people": "Residents",
    "verified": "Verified",
    "verified_before": "Last verified before",
    "sort": "Sorted by",
    "order": "Order",
}
"""What the fields are called: message ids."""

VALUE_WORDS: Final = {
    "known": "known",
    "unknown": "unknown",
    "given": "given",
    "missing": "missing",
    "some": "some",
    "none": "none",
    "ever": "at some time",
    "never": "never",
    "single": "single",
    "married": "married",
    "widowed": "widowed",
    "divorced": "divorced",
    "owner": "lived in by the owner",
    "let": "let",
    "vacant": "vacant",
    "residential": "residential",
    "commercial": "commercial",
    "office": "office",
    "mixed": "residential and commercial",
}
"""What the words of filters are called that no code list holds: message ids."""


def read_filter(kind: type[_Filter], values: dict[str, str]) -> _Filter:
    """A filter from the texts of an address or a form; what is empty or no field of it is left out.

    Raises:
        InvalidInputError: a word that the field does not know, no number, no date.
    """
    read: dict[str, Any] = {}
    for field in fields(kind):
        text = values.get(field.name, "").strip()
        if text:
            read[field.name] = _read(kind, field.name, text)
    return kind(**read)


def _read(kind: type, name: str, text: str) -> Any:
    label = FIELD_WORDS[name]
    if name in WORDS[kind]:
        if text not in WORDS[kind][name]:
            raise InvalidInputError(field=label, reason="not a usable value")
        return text
    if name == "verified_before":
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise InvalidInputError(field=label, reason="not a date (YYYY-MM-DD)") from None
    if not (text.isascii() and text.isdigit()) or int(text) > OLDEST:
        raise InvalidInputError(field=label, reason="an age in years, 0 to 150")
    return int(text)


def filter_texts(wanted: PeopleFilter | DwellingFilter) -> dict[str, str]:
    """The fields that are set, as they stand in an address: the reverse of :func:`read_filter`."""
    usual = type(wanted)()
    return {
        field.name: value.isoformat() if isinstance(value, date) else str(value)
        for field in fields(wanted)
        if (value := getattr(wanted, field.name)) != getattr(usual, field.name)
    }
