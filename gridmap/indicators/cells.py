"""Counts of every area at a date, from the smallest up.

Every count is first taken where a record counts *itself* (its cell, or the area it is known under without a cell) and
then added up the tree. So for every area and every count, the sum over its children plus its own line is the area.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.dates import BANDS, bands_of
from gridmap.indicators.occupancy import Occupancy, occupancy_at
from gridmap.indicators.records import FIELDS, PERSON_FIELDS, unpack_attributes
from gridmap.indicators.served import standings
from gridmap.indicators.snapshot import Snapshot
from gridmap.indicators.tree import CELL, Ints, Places
from gridmap.indicators.words import STATE_WORDS, DwellingState, Marital, Presence, Sex, Tenure

_BAND_NAMES: Final = (*BANDS, "unknown")
_SEX_NAMES: Final = {Sex.UNKNOWN: "sex_unknown", Sex.MALE: "male", Sex.FEMALE: "female"}
_KNOWN: Final = ("area_only", "building_only", "located")
_AGREEMENTS: Final = ("lets_agreed", "lets_expiring", "lets_without_agreement")
_PROGRAMMES: Final = ("programmes_eligible", "programmes_enrolled", "programmes_unknown")
_USES: Final = ("dwellings_occupied", "dwellings_let", "dwellings_vacant", "dwellings_unknown")


@dataclass(frozen=True, slots=True)
class Terms:
    """What some counts depend on.

    ``windows``: for each number of days, dwellings and households verified within it are counted;
    ``unverified_days``: after how many days a dwelling's state is *unverified*; ``required``: the fields a complete
    resident has (names of ``records.FIELDS``); ``expiring_days``: how long before its end an agreement is *expiring*.
    """

    windows: tuple[int, ...]
    unverified_days: int
    required: tuple[str, ...]
    expiring_days: int = 30

    @property
    def required_bits(self) -> int:
        """The required fields as bits."""
        return sum(1 << FIELDS.index(name) for name in self.required)


@dataclass(frozen=True)
class AreaTable:
    """Counts of some areas at a date: one row an area, one column a count.

    ``rows`` are positions in the area tree. ``counts[:, column(name)]`` or ``self[name]``; ``own`` has the same shape
    and holds what the area has outside all areas below it.
    """

    occupancy: Occupancy
    terms: Terms
    names: tuple[str, ...]
    rows: NDArray[np.intp]
    counts: Ints
    own: Ints
    area_km2: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Ints:
        """One count of every row; KeyError for a name that is not counted."""
        if name not in self.names:
            raise KeyError(name)
        return self.counts[:, self.names.index(name)]

    @property
    def as_of(self) -> date:
        """The date of the counts."""
        return self.occupancy.as_of

    def own_line(self, name: str) -> Ints:
        """What each area has itself, outside all areas below it (persons known to a community but to no cell)."""
        return self.own[:, self.names.index(name)]

    def take(self, rows: NDArray[np.intp]) -> AreaTable:
        """The table of other rows; they must be positions of areas among ``rows``."""
        at = np.searchsorted(self.rows, rows)
        if len(rows) and (at.max(initial=0) >= len(self.rows) or (self.rows[at] != rows).any()):
            raise KeyError("an area is not in the table")
        return AreaTable(self.occupancy, self.terms, self.names, rows, self.counts[at], self.own[at], self.area_km2[at])

    def at_level(self, level: str) -> AreaTable:
        """The rows of one level, in force on the day the areas are divided by."""
        wanted = self.occupancy.snapshot.areas.at_level(level, self.occupancy.divided_on)
        return self.take(np.intersect1d(wanted, self.rows))

    @property
    def cells(self) -> AreaTable:
        """The rows of cells."""
        return self.at_level(CELL)

    def row_of(self, position: int) -> int:
        """The row of an area; KeyError when it has none."""
        row = int(np.searchsorted(self.rows, position))
        if row >= len(self.rows) or self.rows[row] != position:
            raise KeyError(position)
        return row


def cell_table(snapshot: Snapshot, as_of: date, terms: Terms, divided_on: date | None = None) -> AreaTable:
    """Counts of every cell in force at a date; see :func:`area_table`."""
    return area_table(snapshot, as_of, terms, divided_on).cells


def area_table(snapshot: Snapshot, as_of: date, terms: Terms, divided_on: date | None = None) -> AreaTable:
    """Counts of every area of every level that is in force.

    ``divided_on`` counts the people of ``as_of`` by the areas of another day, so that two dates can be compared over
    the same ground.
    """
    occupancy = occupancy_at(snapshot, as_of, divided_on)
    areas = len(snapshot.areas)
    blocks = [
        _people(occupancy, terms, areas),
        _programmes(occupancy, areas),
        _households(occupancy, terms, areas),
        _stock(occupancy, terms, areas),
    ]
    names = tuple(name for block in blocks for name in block)
    own = np.column_stack([values for block in blocks for values in block.values()]).astype(np.int64, copy=False)
    total = snapshot.areas.roll_up(own)
    rows = np.flatnonzero(snapshot.areas.in_force(occupancy.divided_on))
    land = land_km2(snapshot, occupancy.divided_on)
    return AreaTable(occupancy, terms, names, rows, total[rows], own[rows], land[rows])


def land_km2(snapshot: Snapshot, day: int) -> NDArray[np.float64]:
    """Land area of every area: of its own outline, else the sum of what lies under it; NaN where neither is known."""
    tree = snapshot.areas
    force = tree.in_force(day)
    size = np.where(force & ~np.isnan(tree.area_km2), tree.area_km2, 0.0)
    for depth in range(int(tree.depth.max(initial=0)), 0, -1):
        members = np.flatnonzero((tree.depth == depth) & force)
        below = np.bincount(tree.parent[members], weights=size[members], minlength=len(tree))
        size = np.where((size == 0.0) & force, below, size)
    return np.where(size > 0.0, size, np.nan)


Block = dict[str, Ints]


def count_names(terms: Terms) -> tuple[str, ...]:
    """The names of all counts of a table on these terms."""
    return (
        "population",
        *_SEX_NAMES.values(),
        *(f"age_{band}" for band in _BAND_NAMES),
        *(f"{name}_{band}" for name in _SEX_NAMES.values() for band in _BAND_NAMES),
        *(_presence_name(word) for word in Presence),
        *(f"marital_{word.name.lower()}" for word in Marital),
        *_KNOWN,
        "complete",
        *_PROGRAMMES,
        "households",
        *(f"households_verified_{days}" for days in terms.windows),
        "dwellings",
        *(f"state_{word}" for word in STATE_WORDS),
        *_USES,
        *_AGREEMENTS,
        *(f"dwellings_verified_{days}" for days in terms.windows),
        "buildings",
    )


def _people(occupancy: Occupancy, terms: Terms, areas: int) -> Block:
    residences, persons = occupancy.snapshot.residences, occupancy.snapshot.persons
    counted = _told(occupancy.place)
    live, place = occupancy.live[counted], occupancy.place[counted].astype(np.int64)
    person = residences.person[live]
    bands = bands_of(persons.birth_day, occupancy.day)[person]
    width = len(_BAND_NAMES)
    ages = _grid(place, persons.sex[person] * width + bands, areas, len(Sex) * width).reshape(areas, len(Sex), width)
    presence, marital, filled = unpack_attributes(occupancy.attribute[counted])
    kinds = _grid(place, presence * len(Marital) + marital, areas, len(Presence) * len(Marital))
    kinds = kinds.reshape(areas, len(Presence), len(Marital))
    known = (residences.building[live] >= 0).astype(np.int64) + (residences.dwelling[live] >= 0)
    complete = _complete(persons.filled[person] | residences.filled[live], filled, terms)
    records = _grid(place, known * 2 + complete, areas, 2 * len(_KNOWN)).reshape(areas, len(_KNOWN), 2)
    block: Block = {"population": ages.sum(axis=(1, 2))}
    block |= {_SEX_NAMES[sex]: ages[:, sex].sum(axis=1) for sex in Sex}
    block |= {f"age_{band}": ages[:, :, number].sum(axis=1) for number, band in enumerate(_BAND_NAMES)}
    block |= {
        f"{_SEX_NAMES[sex]}_{band}": ages[:, sex, number] for sex in Sex for number, band in enumerate(_BAND_NAMES)
    }
    block |= {_presence_name(word): kinds[:, word].sum(axis=1) for word in Presence}
    block |= {f"marital_{word.name.lower()}": kinds[:, :, word].sum(axis=1) for word in Marital}
    block |= {name: records[:, number].sum(axis=1) for number, name in enumerate(_KNOWN)}
    return block | {"complete": records[:, :, 1].sum(axis=1)}


def _programmes(occupancy: Occupancy, areas: int) -> Block:
    """Over all programmes that run: residents eligible for one, of these enrolled, and those it cannot be told of. Who
    is eligible for two counts twice."""
    block: Block = {name: np.zeros(areas, dtype=np.int64) for name in _PROGRAMMES}
    for standing in standings(occupancy):
        told = (standing.eligible, standing.eligible & standing.enrolled, standing.unknown)
        for name, flags in zip(_PROGRAMMES, told, strict=True):
            block[name] += np.bincount(occupancy.place[flags & (occupancy.place >= 0)], minlength=areas)
    return block


def _told(place: Places) -> NDArray[np.intp] | slice:
    """The rows that count somewhere; nearly always all of them, which costs nothing then."""
    told = place >= 0
    return slice(None) if told.all() else np.flatnonzero(told)


def _presence_name(word: Presence) -> str:
    return word.name.lower() if word else "presence_unknown"


def _complete(of_record: NDArray[np.uint16], of_attribute: NDArray[np.int32], terms: Terms) -> NDArray[np.bool_]:
    bits = of_record | (of_attribute << len(PERSON_FIELDS)).astype(np.uint16)
    required = np.uint16(terms.required_bits)
    whole: NDArray[np.bool_] = (bits & required) == required
    return whole


def _households(occupancy: Occupancy, terms: Terms, areas: int) -> Block:
    """A household counts once, where its head (else its first member) lives."""
    heads = np.flatnonzero(occupancy.head & (occupancy.place >= 0))
    place = occupancy.place[heads].astype(np.int64)
    dwelling = occupancy.snapshot.residences.dwelling[occupancy.live[heads]]
    block = {"households": np.bincount(place, minlength=areas)}
    for days in terms.windows:
        verified = _at(occupancy.verified(days), dwelling)
        block[f"households_verified_{days}"] = np.bincount(place[verified], minlength=areas)
    return block


def _at(flags: NDArray[np.bool_], positions: NDArray[np.int32]) -> NDArray[np.bool_]:
    """``flags`` at each position, false at -1."""
    if not len(flags):
        return np.zeros(len(positions), dtype=np.bool_)
    return flags[positions] & (positions >= 0)


def _stock(occupancy: Occupancy, terms: Terms, areas: int) -> Block:
    counted = _told(np.where(occupancy.stock, occupancy.dwelling_place, np.int32(-1)))
    place = occupancy.dwelling_place[counted].astype(np.int64)
    states = _grid(place, occupancy.states(terms.unverified_days)[counted], areas, len(DwellingState))
    uses = _grid(place, use_of(occupancy, terms)[counted], areas, len(_USES))
    block: Block = {"dwellings": states.sum(axis=1)}
    block |= {f"state_{word}": states[:, number] for number, word in enumerate(STATE_WORDS)}
    block |= {name: uses[:, number] for number, name in enumerate(_USES)}
    block |= _agreements(occupancy, terms, counted, areas)
    for days in terms.windows:
        verified = occupancy.verified(days)[counted]
        block[f"dwellings_verified_{days}"] = np.bincount(place[verified], minlength=areas)
    return block | {"buildings": _buildings(occupancy, areas)}


def _agreements(occupancy: Occupancy, terms: Terms, counted: NDArray[np.intp] | slice, areas: int) -> Block:
    """Let dwellings with a signed agreement that holds, of these the ones that end soon, and those without one."""
    let = occupancy.tenure[counted] == Tenure.LET
    place, until = occupancy.dwelling_place[counted][let].astype(np.int64), occupancy.agreed[counted][let]
    agreed = until > occupancy.day
    soon = agreed & (until - occupancy.day <= terms.expiring_days)
    chosen = dict(zip(_AGREEMENTS, (agreed, soon, ~agreed), strict=True))
    return {name: np.bincount(place[flags], minlength=areas) for name, flags in chosen.items()}


def use_of(occupancy: Occupancy, terms: Terms) -> NDArray[np.int64]:
    """How each dwelling is used: 1 let; else 0 occupied (somebody lives there), 2 vacant (recorded as vacant, or
    found without residents by a visit that is still fresh), 3 unknown."""
    seen_empty = (occupancy.tenure == Tenure.VACANT) | occupancy.verified(terms.unverified_days)
    empty = np.where(seen_empty, 2, 3)
    return np.where(occupancy.tenure == Tenure.LET, 1, np.where(occupancy.people > 0, 0, empty))


def _buildings(occupancy: Occupancy, areas: int) -> Ints:
    buildings = occupancy.snapshot.buildings
    stands = (buildings.valid_from <= occupancy.day) & (occupancy.day < buildings.valid_to)
    place: Places = occupancy.snapshot.places(occupancy.divided_on)[0]
    return np.bincount(place[stands & (place >= 0)], minlength=areas)


def _grid(place: Ints, code: NDArray[np.integer], areas: int, codes: int) -> Ints:
    """How often each code occurs in each area, ``(areas, codes)``."""
    return np.bincount(place * codes + code, minlength=areas * codes).reshape(areas, codes)
