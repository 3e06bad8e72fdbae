"""Lists of the residents and of the dwellings of an area.

Who is in a list, in which order and how many comes from the figures in memory, so that a list has exactly as many rows
as the figure says and its thousandth page costs what the first does; only the rows of one page are read from the
store. Residents are masked and the read is audited.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

import numpy as np

from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.accounts.actor import Actor
from gridmap.buildings import repository as buildings
from gridmap.buildings.service import building_name
from gridmap.errors import InvalidInputError, PurposeRequiredError
from gridmap.indicators.cache import Followed
from gridmap.indicators.figures import PersonRef
from gridmap.indicators.occupancy import NEVER, Occupancy
from gridmap.indicators.reconciling import Period, Reconciler
from gridmap.indicators.records import keys_of
from gridmap.indicators.service import Crowd, Figures
from gridmap.indicators.snapshot import Snapshot
from gridmap.indicators.words import STATE_WORDS, Tenure
from gridmap.residents.reading import said_purpose
from gridmap.residents.search import Kind, matching, read_words
from gridmap.residents.service import list_persons, names_of
from gridmap.residents.terms import sort_key
from gridmap.residents.views import PersonView
from gridmap.rosters import selection
from gridmap.rosters.filters import DwellingFilter, PeopleFilter
from gridmap.rosters.order import PlaceOrder, load_order
from gridmap.rosters.selection import Ground, Positions
from gridmap.store.store import Store, UnitOfWork
from gridmap.store.types import from_day

MOST_SORTED_BY_NAME: Final = 20_000
ALL_PEOPLE: Final = PeopleFilter()
ALL_DWELLINGS: Final = DwellingFilter()
_KEPT: Final = 16


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for in a list, and why where it is the end of a number. ``repr`` hides it."""

    text: str = field(default="", repr=False)
    purpose: str = ""
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PeopleWanted:
    """The residents of an area on a day that fit a filter, or those behind a figure of it since ``base``; with a
    ``period`` the figure is one of its reconciliation."""

    area_id: UUID
    day: date
    filter: PeopleFilter = ALL_PEOPLE
    figures: tuple[str, ...] = ()
    base: date | None = None
    words: Words = Words()
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class DwellingsWanted:
    """The dwellings of an area on a day that fit a filter."""

    area_id: UUID
    day: date
    filter: DwellingFilter = ALL_DWELLINGS


@dataclass(frozen=True, slots=True)
class DwellingRow:
    """A dwelling in a list. ``verified_on`` is None for one that nobody ever visited."""

    region: int
    id: UUID
    building_id: UUID
    building: str
    unit: str
    room: str
    floor: int | None
    floor_area_m2: float | None
    area_id: UUID | None
    state: str
    tenure: str
    use: str | None
    people: int
    households: int
    verified_on: date | None


class Rosters:
    """The lists of a register, over its figures. One object serves all threads."""

    def __init__(self, store: Store, figures: Figures) -> None:
        self.figures = figures
        self.reconciler = Reconciler(store, figures)
        self._order: Followed[PlaceOrder] = Followed(store, ("geometry",), lambda unit, _: load_order(unit))
        self._kept: OrderedDict[object, tuple[Snapshot, Positions]] = OrderedDict()
        self._lock = threading.Lock()

    def people(self, unit: UnitOfWork, actor: Actor, wanted: PeopleWanted) -> Crowd:
        """Everybody in a list, by position: to be counted, and named a page at a time.

        Raises:
            PermissionDeniedError, NotFoundError (area outside the actor's scope).
            InvalidInputError: words nobody can be found by, or too many to sort by name.
            PurposeRequiredError: the end of a number without a purpose.
        """
        # The right to the area comes first: how long a list is says something too.
        require_area(unit, actor, Action.PERSON_LIST, wanted.area_id)
        crowd = self._crowd(unit, wanted)
        if not wanted.words.text:
            return crowd
        kind = read_words(wanted.words.text).kind
        if kind is Kind.TAIL and said_purpose(wanted.words.purpose, wanted.words.note) is None:
            raise PurposeRequiredError
        persons = crowd.snapshot.persons
        regions = np.unique(persons.region[crowd.persons]).tolist()
        found = matching(unit, regions, wanted.words.text, wanted.day) if regions else []
        rank = selection.among(persons.ids[crowd.persons], [person.bytes for _, person in found])
        hits = crowd.persons[rank >= 0]
        by_fit = wanted.filter.sort == ALL_PEOPLE.sort
        return Crowd(crowd.snapshot, hits[np.argsort(rank[rank >= 0], kind="stable")] if by_fit else hits)

    def people_page(
        self, unit: UnitOfWork, actor: Actor, wanted: PeopleWanted, *, limit: int, offset: int
    ) -> tuple[list[PersonView], int]:
        """A page of a list of residents, masked, and how many there are; the read is audited. Raises as `people`."""
        crowd = self.people(unit, actor, wanted)
        shown = [(ref.region, ref.id) for ref in crowd.page(offset, limit)]
        words = wanted.words
        figure = " ".join(wanted.figures) or "population"
        details = {"search": read_words(words.text).kind.value} if words.text else {}
        purpose = said_purpose(words.purpose, words.note) if words.text else None
        views = list_persons(unit, actor, wanted.area_id, shown, wanted.day, figure, details=details, purpose=purpose)
        return views, len(crowd)

    def dwellings_page(
        self, unit: UnitOfWork, actor: Actor, wanted: DwellingsWanted, *, limit: int, offset: int
    ) -> tuple[list[DwellingRow], int]:
        """A page of a list of dwellings, and how many there are: places and counts, nobody's name.

        Raises:
            PermissionDeniedError, NotFoundError (area outside the actor's scope).
        """
        require_area(unit, actor, Action.BUILDING_READ, wanted.area_id)
        figures, day = self.figures, wanted.day
        occupancy, _ = figures.standing(wanted.area_id, day)
        ground = self._ground(unit, occupancy, wanted.filter.use, day)
        inside = figures.dwellings_inside(wanted.area_id, occupancy)
        rows = self._once(occupancy.snapshot, wanted, lambda: selection.dwellings(ground, inside, wanted.filter))
        return _named(unit, ground, rows[offset : offset + limit], day), len(rows)

    def _crowd(self, unit: UnitOfWork, wanted: PeopleWanted) -> Crowd:
        if wanted.period is not None:
            crowd = self.reconciler.behind(wanted.period, wanted.figures[0])
            _, first = np.unique(crowd.persons, return_index=True)
            return Crowd(crowd.snapshot, crowd.persons[np.sort(first)])
        if wanted.figures:
            return self.figures.behind(wanted.area_id, wanted.day, wanted.figures, base=wanted.base)
        occupancy, inside = self.figures.standing(wanted.area_id, wanted.day)
        snapshot = occupancy.snapshot

        def choose() -> Positions:
            ground = self._ground(unit, occupancy, wanted.filter.use, wanted.day)
            rows = selection.people(ground, inside, wanted.filter)
            if wanted.filter.sort == "name":
                return _by_name(unit, ground, rows, wanted.day, descending=wanted.filter.order == "down")
            return selection.sort_people(ground, rows, wanted.filter)

        key = (wanted.area_id, wanted.day, wanted.filter)
        rows = self._once(snapshot, key, choose)
        return Crowd(snapshot, snapshot.residences.person[occupancy.live[rows]])

    def _ground(self, unit: UnitOfWork, occupancy: Occupancy, use: str | None, day: date) -> Ground:
        ranks = self._order.current().of(occupancy.snapshot)
        with_use = None
        if use:
            with_use = {key.bytes for key in buildings.dwellings_with_use(unit, use, day)}
        return Ground(occupancy, occupancy.states(self.figures.terms.unverified_days), *ranks, with_use)

    def _once(self, snapshot: Snapshot, key: object, choose: Callable[[], Positions]) -> Positions:
        """What was chosen before from the same snapshot, so that leafing through a list chooses once."""
        with self._lock:
            held = self._kept.get(key)
            if held is not None and held[0] is snapshot:
                self._kept.move_to_end(key)
                return held[1]
        chosen = choose()
        with self._lock:
            self._kept[key] = (snapshot, chosen)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return chosen


def _by_name(unit: UnitOfWork, ground: Ground, rows: Positions, day: date, *, descending: bool) -> Positions:
    """Rows by the pinyin of the names, those without a name last. Names are read, sorted by and forgotten."""
    if len(rows) > MOST_SORTED_BY_NAME:
        raise InvalidInputError(field="Sorted by", reason="too many people to sort by name; choose a smaller area")
    occupancy = ground.occupancy
    person = occupancy.snapshot.residences.person[occupancy.live[rows]]
    persons = occupancy.snapshot.persons
    keys = keys_of(persons.region[person], persons.ids[person])
    names = names_of(unit, keys, day)
    sortable = [sort_key(names[key]) if names.get(key) else None for key in keys]
    known = [place for place, key in enumerate(sortable) if key is not None]
    known.sort(key=lambda place: sortable[place] or (), reverse=descending)
    rest = [place for place, key in enumerate(sortable) if key is None]
    return rows[np.array(known + rest, dtype=np.int64)] if keys else rows


def _named(unit: UnitOfWork, ground: Ground, rows: Positions, day: date) -> list[DwellingRow]:
    """Dwellings with what they are called."""
    occupancy = ground.occupancy
    snapshot = occupancy.snapshot
    region = snapshot.buildings.region[snapshot.dwellings.building[rows]]
    refs = [PersonRef(*key) for key in keys_of(region, snapshot.dwellings.ids[rows])]
    found = buildings.dwellings_by_id(unit, [(ref.region, ref.id) for ref in refs])
    uses = buildings.uses_of(unit, [(ref.region, ref.id) for ref in refs], day)
    named = []
    for ref, row in zip(refs, rows.tolist(), strict=True):
        if (ref.region, ref.id) not in found:
            continue  # deleted since the snapshot was read
        dwelling, staircase, building, compound = found[ref.region, ref.id]
        place = int(occupancy.dwelling_place[row])
        visited = int(occupancy.visited[row])
        named.append(
            DwellingRow(
                region=ref.region,
                id=ref.id,
                building_id=building.id,
                building=building_name(building, compound),
                unit=staircase.name,
                room=dwelling.room,
                floor=dwelling.floor,
                floor_area_m2=dwelling.floor_area_m2,
                area_id=snapshot.areas.ids[place] if place >= 0 else None,
                state=STATE_WORDS[ground.states[row]],
                tenure=Tenure(int(occupancy.tenure[row])).name.lower(),
                use=uses.get((ref.region, ref.id)),
                people=int(occupancy.people[row]),
                households=int(occupancy.households[row]),
                verified_on=None if visited <= NEVER else from_day(visited),
            )
        )
    return named
