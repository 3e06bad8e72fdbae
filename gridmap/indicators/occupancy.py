"""Who lives where on one day, and what that makes of each dwelling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.columns import OPEN
from gridmap.indicators.records import Codes, Indices
from gridmap.indicators.snapshot import Snapshot
from gridmap.indicators.tree import Places
from gridmap.indicators.words import DwellingState, Presence, Tenure
from gridmap.store.types import from_day, to_day

NEVER = np.int32(np.iinfo(np.int32).min // 2)
"""The day of the last visit of a dwelling that nobody has visited."""


@dataclass(frozen=True, slots=True)
class Occupancy:
    """One day of the register.

    ``live`` are the residences valid on the day, ``place`` the area each counts in (-1 nowhere), ``head`` marks the
    first member of each household, ``attribute`` the packed attributes of each live person.
    By dwelling: ``households``, ``people`` (principal residents), ``tenure``, ``visited`` (day of the last visit up to
    the day, ``NEVER``), ``floating`` (of the people), ``agreed`` (the day until which a signed agreement holds, 0 where
    none does), ``stock`` (whether its building stands on the day) and ``place``.
    """

    snapshot: Snapshot
    day: int
    divided_on: int
    live: NDArray[np.intp]
    place: Places
    head: NDArray[np.bool_]
    attribute: NDArray[np.int32]
    households: NDArray[np.int64]
    people: NDArray[np.int64]
    floating: NDArray[np.int64]
    tenure: Codes
    visited: Indices
    agreed: Indices
    stock: NDArray[np.bool_]
    dwelling_place: Places

    @property
    def as_of(self) -> date:
        """The day as a date."""
        return from_day(self.day)

    def verified(self, within_days: int) -> NDArray[np.bool_]:
        """Which dwellings had a visit on the day or in the ``within_days`` days before it."""
        recent: NDArray[np.bool_] = self.visited >= self.day - within_days
        return recent

    def states(self, unverified_days: int) -> Codes:
        """The one state of each dwelling, by precedence: unverified, several households, let, floating, registered,
        vacant."""
        state = np.full(len(self.people), DwellingState.VACANT, dtype=np.int8)
        state[self.people > 0] = DwellingState.REGISTERED
        state[self.floating > 0] = DwellingState.FLOATING
        state[self.tenure == Tenure.LET] = DwellingState.LET
        state[self.households >= 2] = DwellingState.SEVERAL
        state[~self.verified(unverified_days)] = DwellingState.UNVERIFIED
        return state


def occupancy_at(snapshot: Snapshot, as_of: date, divided_on: date | None = None) -> Occupancy:
    """The register on a day. ``divided_on`` counts by the cells of another day (by default by those of the day)."""
    day = to_day(as_of)
    division = day if divided_on is None else to_day(divided_on)
    residences = snapshot.residences
    live = residences.live(day)
    household, dwelling = residences.household[live], residences.dwelling[live]
    head = np.ones(len(live), dtype=np.bool_)
    head[1:] = household[1:] != household[:-1]
    head &= household >= 0
    attribute = attributes_at(snapshot, day)[residences.person[live]]
    floating = (attribute & 3) == Presence.FLOATING
    count = len(snapshot.dwellings)
    in_room = dwelling >= 0
    building = snapshot.dwellings.building
    stands = (snapshot.buildings.valid_from <= day) & (day < snapshot.buildings.valid_to)
    return Occupancy(
        snapshot=snapshot,
        day=day,
        divided_on=division,
        live=live,
        place=snapshot.place_of(live, division),
        head=head,
        attribute=attribute,
        households=np.bincount(dwelling[head & in_room], minlength=count),
        people=np.bincount(dwelling[in_room], minlength=count),
        floating=np.bincount(dwelling[floating & in_room], minlength=count),
        tenure=_tenure_at(snapshot, day),
        visited=_visited_by(snapshot, day),
        agreed=_agreed_at(snapshot, day),
        stock=stands[building],
        dwelling_place=snapshot.places(division)[0][building],
    )


def attributes_at(snapshot: Snapshot, day: int) -> NDArray[np.int32]:
    """The packed attributes of every person on a day; 0 (nothing known, nothing filled) where there are none."""
    attributes = snapshot.attributes
    found = np.zeros(len(snapshot.persons), dtype=np.int32)
    valid = np.flatnonzero((attributes.valid_from <= day) & (day < attributes.valid_to))
    # Sorted by day within a person: of two that are valid at once the later one stays.
    found[attributes.person[valid]] = attributes.packed[valid]
    return found


def _tenure_at(snapshot: Snapshot, day: int) -> Codes:
    tenures = snapshot.tenures
    found = np.full(len(snapshot.dwellings), Tenure.UNKNOWN, dtype=np.int8)
    valid = np.flatnonzero((tenures.valid_from <= day) & (day < tenures.valid_to))
    found[tenures.dwelling[valid]] = tenures.tenure[valid]
    return found


def _visited_by(snapshot: Snapshot, day: int) -> Indices:
    visits = snapshot.verifications
    found = np.full(len(snapshot.dwellings), NEVER, dtype=np.int32)
    past = np.flatnonzero(visits.day <= day)
    found[visits.dwelling[past]] = visits.day[past]
    return found


def _agreed_at(snapshot: Snapshot, day: int) -> Indices:
    """The day until which an agreement that is signed on ``day`` holds, the longest of several; 0 where none does."""
    agreements = snapshot.agreements
    found = np.zeros(len(snapshot.dwellings), dtype=np.int32)
    held = np.flatnonzero((agreements.signed <= day) & (day < agreements.until))
    np.maximum.at(found, agreements.dwelling[held], agreements.until[held])
    return found


def population_at(snapshot: Snapshot, as_of: date, divided_on: date | None = None) -> NDArray[np.int64]:
    """Population of every area on a day, everything below included: the quick way when nothing else is asked."""
    live = snapshot.residences.live(to_day(as_of))
    place = snapshot.place_of(live, to_day(divided_on or as_of))
    return snapshot.areas.roll_up(np.bincount(place[place >= 0], minlength=len(snapshot.areas)))


def latest_day(snapshot: Snapshot) -> date | None:
    """The last day on which anything in the register begins or ends, ``None`` for an empty register."""
    days = np.concatenate([snapshot.residences.valid_from, snapshot.residences.valid_to])
    days = days[days != OPEN]
    return from_day(int(days.max())) if len(days) else None
