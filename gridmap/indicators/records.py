"""The arrays a snapshot is made of.

Nothing here names a person: names, identity numbers and phones stay in the store, only whether they are filled is
held. Days are numbers of days since 1970-01-01; intervals are half open, ``OPEN`` when they have not ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.keys import Keys
from gridmap.indicators.tree import Places

Days = NDArray[np.int32]
Codes = NDArray[np.int8]
Indices = NDArray[np.int32]
Bits = NDArray[np.uint16]

FIELDS: tuple[str, ...] = (
    "id_number", "sex", "birth_date", "name", "marital_status", "presence", "ethnic_group", "registered_address",
    "work_unit", "phone", "relationship",
)  # fmt: skip
"""Fields of a resident of which it is held whether they are filled, as bits from 0 up: of the person, then of its dated
attributes, then of its residence."""

PERSON_FIELDS = FIELDS[:3]
ATTRIBUTE_FIELDS = FIELDS[3:10]
RESIDENCE_FIELDS = FIELDS[10:]


@dataclass(frozen=True, slots=True)
class Residences:
    """Principal residences, sorted by household, its head first; those without a household at the end.

    ``building`` and ``dwelling`` are -1 where unknown, ``area`` is -1 unless the residence names one. ``previous`` and
    ``following`` are the residence of the same person that ends on the day this one begins, and the reverse; -1 where
    there is none. No two residences of a person overlap.
    """

    person: Indices
    household: Indices
    dwelling: Indices
    building: Indices
    area: Places
    filled: Bits
    valid_from: Days
    valid_to: Days
    cause_in: Codes
    cause_out: Codes
    previous: Indices
    following: Indices

    def __len__(self) -> int:
        return len(self.person)

    def live(self, day: int) -> NDArray[np.intp]:
        """Positions of the residences that are valid on a day."""
        return np.flatnonzero((self.valid_from <= day) & (day < self.valid_to))


@dataclass(frozen=True, slots=True)
class Persons:
    """Persons in the order in which residences first name them; ``birth_day`` is ``UNKNOWN_DAY`` where unknown."""

    ids: Keys
    region: NDArray[np.int32]
    sex: Codes
    birth_day: Days
    filled: Bits

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Attributes:
    """What changes about persons, sorted by person and day. ``packed`` holds presence, marital status and what is
    filled in one number (see :func:`pack_attributes`), so that a date needs one pass."""

    person: Indices
    packed: NDArray[np.int32]
    valid_from: Days
    valid_to: Days


@dataclass(frozen=True)
class Buildings:
    """All buildings, sorted by (region, id): the position of a building is its ``map_id``."""

    ids: Keys
    region: NDArray[np.int32]
    area: Places
    valid_from: Days
    valid_to: Days

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def positions(self) -> dict[tuple[int, UUID], int]:
        """Position by (region, id)."""
        return {key: position for position, key in enumerate(keys_of(self.region, self.ids))}


@dataclass(frozen=True, slots=True)
class MainCells:
    """Which cell a building belongs to and when, in order of time."""

    building: Indices
    cell: Places
    valid_from: Days
    valid_to: Days


@dataclass(frozen=True, slots=True)
class Dwellings:
    """All dwellings, sorted by building; those of building ``b`` stand from ``first[b]`` to ``first[b + 1]``."""

    ids: Keys
    building: Indices
    first: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Tenures:
    """How dwellings are held and when, sorted by dwelling and day."""

    dwelling: Indices
    tenure: Codes
    valid_from: Days
    valid_to: Days


@dataclass(frozen=True, slots=True)
class Verifications:
    """Visits that confirmed a dwelling, sorted by dwelling and day."""

    dwelling: Indices
    day: Days


@dataclass(frozen=True, slots=True)
class Agreements:
    """Rental agreements that are believed; ``until`` is the first day one no longer holds, ``OPEN`` for none."""

    dwelling: Indices
    signed: Days
    until: Days


def keys_of(region: NDArray[np.int32], ids: Keys) -> list[tuple[int, UUID]]:
    """(region, UUID) of each row of a table."""
    raw = np.ascontiguousarray(ids).tobytes()
    return [(number, UUID(bytes=raw[16 * place : 16 * place + 16])) for place, number in enumerate(region.tolist())]


_MARITAL_SHIFT, _FILLED_SHIFT = 2, 5


def pack_attributes(
    presence: NDArray[np.int32], marital: NDArray[np.int32], filled: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Presence (2 bits), marital status (3 bits) and the bits of filled fields in one number."""
    packed: NDArray[np.int32] = presence | marital << _MARITAL_SHIFT | filled << _FILLED_SHIFT
    return packed


def unpack_attributes(
    packed: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """The reverse of :func:`pack_attributes`."""
    return packed & 3, packed >> _MARITAL_SHIFT & 7, packed >> _FILLED_SHIFT
