"""The closed lists of the register as small numbers, as arrays hold them."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Sex(IntEnum):
    """Sex by GB/T 2261.1; everything but male and female is its own column."""

    UNKNOWN = 0
    MALE = 1
    FEMALE = 2


class Presence(IntEnum):
    """Whether a person is registered here and lives here."""

    UNKNOWN = 0
    REGISTERED_PRESENT = 1
    REGISTERED_AWAY = 2
    FLOATING = 3


class Marital(IntEnum):
    """Marital status by the tens of GB/T 2261.2 (21 to 23 are kinds of 20)."""

    UNKNOWN = 0
    SINGLE = 1
    MARRIED = 2
    WIDOWED = 3
    DIVORCED = 4


class Tenure(IntEnum):
    """How a dwelling is held."""

    UNKNOWN = 0
    OWNER = 1
    LET = 2
    VACANT = 3


class DwellingState(IntEnum):
    """The colour of a dwelling: one state, the first in order of precedence that fits (highest number first)."""

    VACANT = 0
    REGISTERED = 1
    FLOATING = 2
    LET = 3
    SEVERAL = 4
    UNVERIFIED = 5


class CauseIn(IntEnum):
    """How a residence began."""

    INITIAL = 0
    BIRTH = 1
    MOVE_IN = 2
    MOVE_WITHIN = 3
    CORRECTION = 4


class CauseOut(IntEnum):
    """How a residence ended."""

    UNKNOWN = 0
    DEATH = 1
    MOVE_OUT = 2
    MOVE_WITHIN = 3
    CORRECTION = 4


SEX_CODES: Final = {"1": Sex.MALE.value, "2": Sex.FEMALE.value}
PRESENCE_CODES: Final = {word.name.lower(): word.value for word in Presence if word}
MARITAL_CODES: Final = {
    "10": Marital.SINGLE.value,
    **dict.fromkeys(("20", "21", "22", "23"), Marital.MARRIED.value),
    "30": Marital.WIDOWED.value,
    "40": Marital.DIVORCED.value,
}
TENURE_CODES: Final = {word.name.lower(): word.value for word in Tenure if word}
CAUSE_IN_CODES: Final = {word.name.lower(): word.value for word in CauseIn}
CAUSE_OUT_CODES: Final = {word.name.lower(): word.value for word in CauseOut if word}
HEAD_CODES: Final = {"01": 1, "02": 1}
"""Relationships (GB/T 4761) that mark the head of a household."""

STATE_WORDS: Final = tuple(state.name.lower() for state in DwellingState)
"""The words of dwelling states by their numbers."""
