"""What the map, the drawers and reports are given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from gridmap.errors import NotFoundError
from gridmap.indicators.cache import SnapshotCache
from gridmap.indicators.service import Figures
from gridmap.indicators.snapshot import Snapshot
from gridmap.residents.models import Residence
from gridmap.store.ids import uuid7_bytes
from gridmap.store.store import Store, open_store
from tests.gridmap.indicators.world import (
    LONG_AGO,
    AreaRow,
    BuildingRow,
    DwellingRow,
    HouseholdRow,
    PersonRow,
    ResidenceRow,
    World,
    fill,
    square,
    uuid,
)

DAY = date(2026, 11, 20)
YEAR_AGO = date(2025, 11, 20)


@dataclass
class Place:
    """A street, a community, two cells with people and a dedicated one without."""

    world: World
    street: AreaRow
    community: AreaRow
    cells: list[AreaRow]
    buildings: list[BuildingRow]


def make_place() -> Place:
    keys = iter(uuid7_bytes(200))
    street = AreaRow(next(keys), "460108001", "street", None, 1)
    community = AreaRow(next(keys), "460108001001", "community", street, 1)
    kinds = ("residential", "residential", "dedicated")
    cells = [
        AreaRow(next(keys), f"46010800100100{n + 1}", "cell", community, 1, kind, shape=square(0.002 * n, 0))
        for n, kind in enumerate(kinds)
    ]
    world = World([street, community, *cells])
    for cell in cells[:2]:
        building = BuildingRow(next(keys), 1, community, cells=[(cell, LONG_AGO, None)])
        building.dwellings = [DwellingRow(next(keys), building) for _ in range(4)]
        world.buildings.append(building)
    place = Place(world, street, community, cells, world.buildings)
    _people(place, keys)
    return place


def _people(place: Place, keys: object) -> None:
    """Cell 1: a couple (let, verified), a floating single; cell 2: a family of three, a baby since spring, all
    unverified; one more is known to the community only. A man moved from cell 1 to cell 2 in May, one died in June."""
    first, second = place.buildings

    def person(sex: str, birth: date, presence: str | None = "registered_present") -> PersonRow:
        row = PersonRow(next(keys), 1, sex, birth, True)  # type: ignore[call-overload]
        row.attributes = [
            {
                "presence": presence,
                "marital_status": "20",
                "name": "某",
                "valid_from": LONG_AGO,
                "valid_to": None,
                "superseded": False,
            }
        ]
        place.world.persons.append(row)
        return row

    def home(dwelling: DwellingRow) -> HouseholdRow:
        return HouseholdRow(next(keys), dwelling, dwelling.building, None)  # type: ignore[call-overload]

    def lives(
        row: PersonRow, house: HouseholdRow, start: date = LONG_AGO, end: date | None = None, **causes: str
    ) -> None:
        row.residences.append(ResidenceRow(row, house, house.dwelling, house.building, None, start, end, **causes))  # type: ignore[arg-type]

    flat = home(first.dwellings[0])
    first.dwellings[0].states, first.dwellings[0].visits = [("let", LONG_AGO, None)], [date(2026, 10, 1)]
    lives(person("1", date(1980, 1, 1)), flat)
    lives(person("2", date(1950, 1, 1)), flat)
    single = home(first.dwellings[1])
    first.dwellings[1].visits = [date(2026, 11, 20), date(2026, 11, 21)]
    lives(person("2", date(1999, 1, 1), "floating"), single)
    first.dwellings[2].visits = [date(2026, 9, 1)]
    mover = person("1", date(1970, 1, 1))
    lives(mover, home(first.dwellings[3]), end=date(2026, 5, 4), cause_out="move_within")
    family = home(second.dwellings[0])
    lives(mover, family, date(2026, 5, 4), cause_in="move_within")
    lives(person("2", date(1972, 1, 1)), family)
    lives(person("1", date(2000, 1, 1)), family)
    lives(person("1", date(2026, 3, 3)), family, date(2026, 3, 3), cause_in="birth")
    lives(person("1", date(1940, 1, 1)), home(second.dwellings[1]), end=date(2026, 6, 6), cause_out="death")
    unlocated = person("2", date(1985, 1, 1), None)
    unlocated.residences.append(ResidenceRow(unlocated, None, None, None, place.community, date(2026, 2, 2), None))


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def figures(sqlite_store: Store, place: Place) -> Figures:
    fill(sqlite_store, place.world)
    return Figures(SnapshotCache(sqlite_store, poll_s=0.0))


def test_summary_of_a_community(figures: Figures, place: Place) -> None:
    """Population, its own line of unlocated people, children and the year's reconciliation add up."""
    summary = figures.area_summary(uuid(place.community.key), DAY)
    assert (summary.population, summary.unlocated, summary.without_dwelling) == (8, 1, 1)
    assert [child.population for child in summary.children] == [3, 4, 0]
    assert [child.change for child in summary.children] == [-1, 1, 0]
    assert sum(child.population or 0 for child in summary.children) + summary.unlocated == summary.population
    assert (summary.households, summary.registered, summary.floating, summary.presence_unknown) == (3, 6, 1, 1)
    assert summary.levels_below == {"cell": 3}
    found = summary.reconciliation
    assert (found.opening, found.births, found.moves_in, found.deaths, found.moves_out) == (7, 1, 1, 1, 0)
    assert (found.corrections, found.boundary_changes, found.closing, found.difference) == (0, 0, 8, 0)
    assert summary.population_change == 1
    assert summary.path == (uuid(place.street.key), uuid(place.community.key))
    assert summary.area_km2 == pytest.approx(
        3 * (figures.area_summary(uuid(place.cells[0].key), DAY).area_km2 or 0), rel=1e-3
    )


def test_a_move_between_cells_is_seen_by_the_cells_only(figures: Figures, place: Place) -> None:
    """Out of one cell, into the other, nothing for the community; the persons behind are the same one."""
    one, two = (figures.area_summary(uuid(cell.key), DAY).reconciliation for cell in place.cells[:2])
    assert (one.moves_out, one.moves_in) == (1, 0)
    assert (two.moves_out, two.moves_in) == (0, 1)
    out = figures.persons_behind(uuid(place.cells[0].key), DAY, "moves_out")
    into = figures.persons_behind(uuid(place.cells[1].key), DAY, "moves_in")
    assert out == into
    assert figures.persons_behind(uuid(place.community.key), DAY, "moves_out") == ()


@pytest.mark.parametrize(
    ("figure", "count"),
    [("population", 8), ("closing", 8), ("opening", 7), ("registered", 6), ("floating", 1), ("unlocated", 1),
     ("births", 1), ("deaths", 1), ("moves_in", 1), ("corrections", 0)],
)  # fmt: skip
def test_persons_behind_a_figure_are_as_many_as_it_says(
    figures: Figures, place: Place, figure: str, count: int
) -> None:
    """Each figure opens exactly the persons it counts."""
    behind = figures.persons_behind(uuid(place.community.key), DAY, figure)
    assert len(behind) == len(set(behind)) == count
    known = {(1, uuid(person.key)) for person in place.world.persons}
    assert {(person.region, person.id) for person in behind} <= known


def test_dwellings_by_state_and_need(figures: Figures, place: Place) -> None:
    """One state a dwelling by precedence, all of them together; the building with most unverified ones comes first."""
    summary = figures.area_summary(uuid(place.community.key), DAY)
    assert dict(summary.dwellings) == {
        "vacant": 1, "registered": 0, "floating": 1, "let": 1, "several": 0, "unverified": 5
    }  # fmt: skip
    assert sum(summary.dwellings.values()) == summary.dwellings_total == 8
    assert sum(summary.uses.values()) == 8
    assert [(need.unverified, need.dwellings) for need in summary.buildings] == [(4, 4), (1, 4)]
    assert summary.buildings[0].id == uuid(place.buildings[1].key)


def test_one_building(figures: Figures, place: Place) -> None:
    """A building tells the state and the people of each of its dwellings."""
    building = place.buildings[0]
    found = figures.building(1, uuid(building.key), DAY)
    assert (found.population, found.households, found.area_id) == (3, 2, uuid(place.cells[0].key))
    assert [found.states[uuid(d.key)] for d in building.dwellings] == ["let", "floating", "vacant", "unverified"]
    assert [found.people[uuid(d.key)] for d in building.dwellings] == [2, 1, 0, 0]
    assert sum(found.dwellings.values()) == 4
    with pytest.raises(NotFoundError):
        figures.building(2, uuid(building.key), DAY)


def test_pyramid(figures: Figures, place: Place) -> None:
    """Bands by sex add up to the sexes, and shares are of those whose age is known."""
    pyramid = figures.area_summary(uuid(place.street.key), DAY).pyramid
    assert (pyramid.male_total, pyramid.female_total, pyramid.unknown) == (4, 4, 0)
    assert (sum(pyramid.male), sum(pyramid.female)) == (4, 4)
    assert pyramid.male[0] == 1
    assert pyramid.share_60 == pyramid.share_65 == pytest.approx(1 / 8)


def test_values_of_cells(figures: Figures, place: Place) -> None:
    """Cells by map id with population and legend; a dedicated cell without residents stands outside the classes."""
    found = figures.cell_values(DAY)
    assert found.map_ids == (2, 3, 4)
    assert found.values == (3, 4, None)
    assert found.population == (3, 4, 0)
    assert (found.legend.total, found.legend.dedicated) == (3, 1)
    assert [(part.start, part.end, part.count) for part in found.legend.classes] == [(3, 3, 1), (4, 4, 1)]
    change = figures.cell_values(DAY, by="change")
    assert (change.base, change.values) == (YEAR_AGO, (-1, 1, None))
    assert sum(part.count for part in change.legend.classes) == 2


def test_others_figures_are_left_out(figures: Figures, place: Place) -> None:
    """A reader of one cell sees no value of another, neither on the map nor among the children."""
    visible = frozenset({uuid(place.cells[0].key)})
    found = figures.cell_values(DAY, visible=visible)
    assert (found.values, found.population, found.households) == ((3, None, None), (3, None, None), (2, None, None))
    assert found.legend.total == 1
    buildings = figures.building_values(DAY, visible=visible)
    assert buildings.population == (3, None)
    assert buildings.unverified == (1, None)
    assert buildings.unverified_share == (0.25, None)
    community = figures.area_summary(uuid(place.community.key), DAY, visible=visible | {uuid(place.community.key)})
    assert [child.population for child in community.children] == [3, None, None]
    with pytest.raises(NotFoundError):
        figures.area_summary(uuid(place.community.key), DAY, visible=visible)


def test_trend(figures: Figures, place: Place) -> None:
    """Thirteen dates: twelve month ends and the day, by the areas of the day."""
    trend = figures.trend(uuid(place.community.key), DAY)
    assert (trend.dates[0], trend.dates[-1], len(trend.dates)) == (date(2025, 11, 30), DAY, 13)
    assert trend.population == (7, 7, 7, 8, 9, 9, 9, 8, 8, 8, 8, 8, 8)[: len(trend.dates)]


def test_unknown_areas(figures: Figures, place: Place) -> None:
    """An area that is unknown, or not in force on the day, is not found; a figure that is none is a KeyError."""
    with pytest.raises(NotFoundError):
        figures.area_summary(uuid(uuid7_bytes(1)[0]), DAY)
    with pytest.raises(NotFoundError):
        figures.trend(uuid(uuid7_bytes(1)[0]), DAY)
    with pytest.raises(NotFoundError):
        figures.area_summary(uuid(place.street.key), LONG_AGO - timedelta(days=1))
    with pytest.raises(KeyError):
        figures.persons_behind(uuid(place.street.key), DAY, "shoe_size")


def test_figures_follow_the_register(sqlite_store: Store, figures: Figures, place: Place) -> None:
    """After a committed change the next answer is the new one."""
    street = uuid(place.street.key)
    assert figures.area_summary(street, DAY).population == 8
    with sqlite_store.write() as unit:
        unit.session.execute(sa.update(Residence).where(Residence.region == 1).values(valid_to=DAY))
        unit.changed("register")
    assert figures.area_summary(street, DAY).population == 0


def test_one_thread_reads_and_the_others_wait(store: Store, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask at once, the register is read once; between polls the store is left alone."""
    fill(store, place.world)
    reads: list[int] = []
    now = [0.0]
    cache = SnapshotCache(store, poll_s=5.0, clock=lambda: now[0])
    make: Callable[..., Snapshot] = cache._make
    monkeypatch.setattr(cache, "_make", lambda unit, numbers: (reads.append(1), make(unit, numbers))[1])
    found: list[Snapshot] = []
    threads = [threading.Thread(target=lambda: found.append(cache.current())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1
    assert len({id(snapshot) for snapshot in found}) == 1
    elsewhere = open_store(store.location, store.key)  # another process changes the register: seen with the next poll
    with elsewhere.write() as unit:
        unit.changed("register")
    assert cache.current() is found[0]
    now[0] = 5.0
    assert cache.current() is not found[0]
    assert len(reads) == 2
    with elsewhere.write() as unit:
        unit.changed("geometry")
    elsewhere.close()
    assert cache.current(at_once=True).numbers["geometry"] == 2
    with store.write() as unit:
        unit.changed("register")
    assert cache.current().numbers["register"] == 3  # what this process changed is seen at once
    with store.write() as unit:
        unit.changed("access")
    cache.current(at_once=True)
    assert len(reads) == 4


def test_a_person_of_two_streets_is_one_person(store: Store, place: Place) -> None:
    """Who moved to another street is kept there under the same id: the move is one person's, counted once."""
    keys = iter(uuid7_bytes(3))
    other = AreaRow(next(keys), "460108002", "street", None, 2)
    place.world.areas.append(other)
    mover = place.world.persons[0]
    twin = PersonRow(mover.key, 2, mover.sex, mover.birth, True)
    mover.residences[0].valid_to, mover.residences[0].cause_out = date(2026, 7, 1), "move_out"
    twin.residences = [ResidenceRow(twin, None, None, None, other, date(2026, 7, 1), None)]
    place.world.persons.append(twin)
    fill(store, place.world)
    figures = Figures(SnapshotCache(store))
    assert len(figures.snapshot().persons) == len(place.world.persons) - 1
    there = figures.area_summary(uuid(other.key), DAY)
    assert (there.population, there.reconciliation.moves_in) == (1, 1)
    assert figures.area_summary(uuid(place.street.key), DAY).reconciliation.moves_out == 1
