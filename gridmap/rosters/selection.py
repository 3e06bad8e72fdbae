"""Who and what is in a list: whole columns of a snapshot compared at once. The result is positions, in order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.columns import UNKNOWN_DAY
from gridmap.indicators.dates import birthday_limit
from gridmap.indicators.keys import KeyIndex
from gridmap.indicators.occupancy import NEVER, Occupancy
from gridmap.indicators.records import FIELDS, unpack_attributes
from gridmap.indicators.words import PRESENCE_CODES, STATE_WORDS, Marital, Tenure
from gridmap.rosters.filters import DwellingFilter, PeopleFilter
from gridmap.rosters.order import LAST, Ranks
from gridmap.store.types import to_day

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]
_ID_GIVEN = 1 << FIELDS.index("id_number")
FARTHEST = np.int64(2**40)


@dataclass(frozen=True, slots=True)
class Ground:
    """One day of the register as lists need it. ``states`` by dwelling; ``with_use`` the ids of dwellings with the use
    that is asked for (None: any); the ranks say where a dwelling or building stands in the order of places."""

    occupancy: Occupancy
    states: NDArray[np.int8]
    dwelling_ranks: Ranks = field(repr=False)
    building_ranks: Ranks = field(repr=False)
    with_use: Collection[bytes] | None = None


def people(ground: Ground, inside: Mask, wanted: PeopleFilter) -> Positions:
    """Positions among the live residences: those ``inside`` that fit, in the order of places.

    ``inside`` is a mask over the live residences. Whoever has no room comes after everybody of the rooms.
    """
    occupancy = ground.occupancy
    snapshot = occupancy.snapshot
    keep = inside & _of_person(occupancy, wanted)
    dwelling = snapshot.residences.dwelling[occupancy.live]
    if wanted.room:
        keep &= (dwelling >= 0) == (wanted.room == "known")
    fitting = _dwellings_fitting(ground, wanted)
    if fitting is not None:
        keep &= np.append(fitting, False)[dwelling]
    rows = np.flatnonzero(keep)
    place = _place_of(ground, rows)
    return rows[np.argsort(place, kind="stable")]


def sort_people(ground: Ground, rows: Positions, wanted: PeopleFilter) -> Positions:
    """People in the order of places, sorted by something else; what is not known comes last either way."""
    occupancy = ground.occupancy
    snapshot = occupancy.snapshot
    live = occupancy.live[rows]
    match wanted.sort:
        case "age":
            birth = snapshot.persons.birth_day[snapshot.residences.person[live]].astype(np.int64)
            key = np.where(birth == UNKNOWN_DAY, FARTHEST, -birth)
        case "presence":
            code = unpack_attributes(occupancy.attribute[rows])[0].astype(np.int64)
            key = np.where(code == 0, FARTHEST, code)
        case "since":
            key = snapshot.residences.valid_from[live].astype(np.int64)
        case "verified":
            key = _visit_key(occupancy, snapshot.residences.dwelling[live])
        case _:
            key = np.arange(len(rows), dtype=np.int64)
    return _sorted(rows, key, descending=wanted.order == "down")


def dwellings(ground: Ground, inside: Mask, wanted: DwellingFilter) -> Positions:
    """Positions of dwellings: those ``inside`` that fit, sorted. ``inside`` is a mask over all dwellings."""
    occupancy = ground.occupancy
    keep = inside & occupancy.stock
    fitting = _dwellings_fitting(ground, wanted)
    if fitting is not None:
        keep &= fitting
    if wanted.people:
        keep &= (occupancy.people > 0) == (wanted.people == "some")
    rows = np.flatnonzero(keep)
    rows = rows[np.argsort(ground.dwelling_ranks[rows], kind="stable")]
    match wanted.sort:
        case "state":
            key = ground.states[rows].astype(np.int64)
        case "people":
            key = occupancy.people[rows].astype(np.int64)
        case "verified":
            key = _visit_key(occupancy, rows)
        case "tenure":
            code = occupancy.tenure[rows].astype(np.int64)
            key = np.where(code == Tenure.UNKNOWN, FARTHEST, code)
        case _:
            key = np.arange(len(rows), dtype=np.int64)
    return _sorted(rows, key, descending=wanted.order == "down")


def among(persons: NDArray[Any], ids: Collection[bytes]) -> NDArray[np.int32]:
    """Where each of some person keys stands in a list of ids; -1 where it does not."""
    if not ids:
        return np.full(len(persons), -1, dtype=np.int32)
    return KeyIndex(np.array(list(ids), dtype="S16")).positions(persons)


def _of_person(occupancy: Occupancy, wanted: PeopleFilter) -> Mask:
    """What a person's own facts leave, over the live residences."""
    snapshot = occupancy.snapshot
    person = snapshot.residences.person[occupancy.live]
    persons = snapshot.persons
    presence, marital, _ = unpack_attributes(occupancy.attribute)
    keep = np.ones(len(person), dtype=np.bool_)
    if wanted.presence:
        keep &= presence == PRESENCE_CODES[wanted.presence]
    if wanted.marital:
        keep &= marital == Marital[wanted.marital.upper()]
    if wanted.sex:
        keep &= persons.sex[person] == int(wanted.sex)
    if wanted.id:
        keep &= ((persons.filled[person] & _ID_GIVEN) > 0) == (wanted.id == "given")
    if wanted.age_from is not None or wanted.age_to is not None:
        birth = persons.birth_day[person]
        keep &= birth != UNKNOWN_DAY
        if wanted.age_from is not None:
            keep &= birth <= to_day(birthday_limit(occupancy.as_of, wanted.age_from))
        if wanted.age_to is not None:
            keep &= birth > to_day(birthday_limit(occupancy.as_of, wanted.age_to + 1))
    return keep


def _dwellings_fitting(ground: Ground, wanted: PeopleFilter | DwellingFilter) -> Mask | None:
    """What the facts of dwellings leave of them; None where nothing is asked of them."""
    occupancy = ground.occupancy
    keep: Mask | None = None

    def narrow(mask: Mask) -> None:
        nonlocal keep
        keep = mask if keep is None else keep & mask

    if wanted.state:
        narrow(ground.states == STATE_WORDS.index(wanted.state))
    if wanted.tenure:
        narrow(occupancy.tenure == Tenure[wanted.tenure.upper()])
    if wanted.use and ground.with_use is not None:
        narrow(among(occupancy.snapshot.dwellings.ids, ground.with_use) >= 0)
    if wanted.verified:
        narrow((occupancy.visited > NEVER) == (wanted.verified == "ever"))
    if wanted.verified_before is not None:
        narrow(occupancy.visited < to_day(wanted.verified_before))
    return keep


def _place_of(ground: Ground, rows: Positions) -> Positions:
    """Where each live residence stands in the order of places."""
    residences = ground.occupancy.snapshot.residences
    live = ground.occupancy.live[rows]
    dwelling, building = residences.dwelling[live], residences.building[live]
    room = np.append(ground.dwelling_ranks, LAST)[dwelling].astype(np.int64)
    house = np.append(ground.building_ranks, LAST)[building].astype(np.int64)
    return np.where(dwelling >= 0, room, np.int64(LAST) + 1 + house)


def _visit_key(occupancy: Occupancy, dwelling: NDArray[Any]) -> Positions:
    """Days of the last visits; dwellings never visited first, for they are to be visited first; no room last."""
    visited = np.append(occupancy.visited, NEVER).astype(np.int64)[dwelling]
    return np.where(dwelling >= 0, visited, FARTHEST)


def _sorted(rows: Positions, key: Positions, *, descending: bool) -> Positions:
    if descending:
        key = np.where(key == FARTHEST, FARTHEST, -key)
    return rows[np.argsort(key, kind="stable")]
