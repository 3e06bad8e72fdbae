"""Lists against a plain reading of the same records: who is in them, in which order, page by page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from gridmap.areas.service import find_area
from gridmap.buildings.models import DwellingState, Verification
from gridmap.errors import InvalidInputError, NotFoundError, PermissionDeniedError, PurposeRequiredError
from gridmap.residents.models import Person, PersonAttribute, Residence
from gridmap.residents.rules import age_on
from gridmap.rosters.filters import WORDS, DwellingFilter, PeopleFilter, filter_texts, read_filter
from gridmap.rosters.order import natural
from gridmap.rosters.service import DwellingsWanted, PeopleWanted, Rosters, Words
from gridmap.store.store import UnitOfWork
from tests.gridmap.town import AS_OF, FIRST, STREET, NewStore, Town, town_in

MARITAL = {
    "10": "single",
    "20": "married",
    "21": "married",
    "22": "married",
    "23": "married",
    "30": "widowed",
    "40": "divorced",
}


@pytest.fixture(scope="module")
def town(new_store_url: NewStore) -> Iterator[Town]:
    """A small town; nobody changes it."""
    with town_in(new_store_url("sqlite")) as made:
        yield made


@pytest.fixture(scope="module")
def rosters(town: Town) -> Rosters:
    """Its lists."""
    return Rosters(town.store, town.assessment.figures)


@pytest.fixture
def unit(town: Town) -> Iterator[UnitOfWork]:
    """A unit of work that is thrown away."""
    with town.store._session(writing=True) as opened:
        yield opened


def believed(unit: UnitOfWork, model: type, day: date) -> list:
    query = sa.select(model).where(model.superseded_at.is_(None), model.valid_from <= day,
                                   sa.or_(model.valid_to.is_(None), model.valid_to > day))  # fmt: skip
    return list(unit.session.scalars(query))


class Plain:
    """The register of a day, row by row."""

    def __init__(self, unit: UnitOfWork, day: date) -> None:
        self.day = day
        self.residences = [row for row in believed(unit, Residence, day) if row.principal]
        self.attributes = {row.person_id: row for row in believed(unit, PersonAttribute, day)}
        self.persons = {row.id: row for row in unit.session.scalars(sa.select(Person))}
        self.states = {row.dwelling_id: row for row in believed(unit, DwellingState, day)}
        self.visits: dict = {}
        for row in unit.session.scalars(sa.select(Verification).where(Verification.verified_on <= day)):
            self.visits[row.dwelling_id] = max(row.verified_on, self.visits.get(row.dwelling_id, date.min))

    def fits(self, stay: Residence, wanted: PeopleFilter) -> bool:
        person, state = self.persons[stay.person_id], self.attributes.get(stay.person_id)
        age = None if person.birth_date is None else age_on(person.birth_date, self.day)
        tenure = self.states.get(stay.dwelling_id)
        visit = self.visits.get(stay.dwelling_id)
        checks = {
            "presence": lambda value: state is not None and state.presence == value,
            "sex": lambda value: (person.sex or "0") == value,
            "marital": lambda value: MARITAL.get(state.marital_status if state else None, "unknown") == value,
            "age_from": lambda value: age is not None and age >= value,
            "age_to": lambda value: age is not None and age <= value,
            "room": lambda value: (stay.dwelling_id is not None) == (value == "known"),
            "id": lambda value: (person.id_number is not None) == (value == "given"),
            "tenure": lambda value: (
                stay.dwelling_id is not None and ((tenure.tenure if tenure else None) or "unknown") == value
            ),
            "use": lambda value: tenure is not None and tenure.use == value,
            "verified": lambda value: stay.dwelling_id is not None and (visit is not None) == (value == "ever"),
            "verified_before": lambda value: stay.dwelling_id is not None and (visit is None or visit < value),
        }
        texts = {name: getattr(wanted, name) for name in filter_texts(wanted)}
        return all(checks[name](value) for name, value in texts.items() if name in checks)


def drawn(rng: random.Random) -> PeopleFilter:
    """A filter of one to three fields."""
    texts = {}
    for name in rng.sample(sorted(set(WORDS[PeopleFilter]) - {"sort", "order", "state"}), rng.randint(1, 2)):
        texts[name] = rng.choice(WORDS[PeopleFilter][name])
    if rng.random() < 0.4:
        low = rng.randint(0, 80)
        texts |= {"age_from": str(low), "age_to": str(low + rng.randint(0, 40))}
    if rng.random() < 0.3:
        texts["verified_before"] = (AS_OF - timedelta(days=rng.randint(1, 400))).isoformat()
    return read_filter(PeopleFilter, texts)


def test_lists_hold_exactly_those_who_fit(town: Town, rosters: Rosters, unit: UnitOfWork) -> None:
    """Sixty filters on three dates, against reading every record."""
    rng, street = random.Random(7), find_area(unit, STREET)
    found = 0
    for day in (AS_OF, AS_OF - timedelta(days=200), AS_OF - timedelta(days=31)):
        plain = Plain(unit, day)
        for _ in range(20):
            wanted = drawn(rng)
            expected = {stay.person_id for stay in plain.residences if plain.fits(stay, wanted)}
            crowd = rosters.people(unit, town.actors["chief"], PeopleWanted(street.id, day, wanted))
            assert {ref.id for ref in crowd.page(0, len(crowd))} == expected, wanted
            found += len(expected)
    assert found > 1000


@pytest.mark.parametrize("sort", ["place", "name", "age", "presence", "since", "verified"])
@pytest.mark.parametrize("order", ["up", "down"])
def test_pages_put_together_are_the_list_in_order(
    town: Town, rosters: Rosters, unit: UnitOfWork, sort: str, order: str
) -> None:
    """Nobody twice, nobody lost; what is not known comes last whichever way the list is turned."""
    community = find_area(unit, FIRST)
    wanted = PeopleWanted(community.id, AS_OF, PeopleFilter(sort=sort, order=order, age_from=60))
    pages, total, offset = [], 1, 0
    while offset < total:
        page, total = rosters.people_page(unit, town.actors["chief"], wanted, limit=37, offset=offset)
        pages += page
        offset += 37
    assert len(pages) == len({person.id for person in pages}) == total > 100
    plain = Plain(unit, AS_OF)
    stays = {stay.person_id: stay for stay in plain.residences}
    keys = {
        "age": lambda p: plain.persons[p].birth_date and -plain.persons[p].birth_date.toordinal(),
        "since": lambda p: stays[p].valid_from.toordinal(),
        "verified": lambda p: None if stays[p].dwelling_id is None
        else plain.visits.get(stays[p].dwelling_id, date.min).toordinal(),
        "presence": lambda p: {"registered_present": 1, "registered_away": 2, "floating": 3}.get(
            plain.attributes[p].presence
        ),
    }  # fmt: skip
    if sort in keys:
        values = [keys[sort](person.id) for person in pages]
        known = [value for value in values if value is not None]
        assert values[: len(known)] == known
        assert known == sorted(known, reverse=order == "down")


def test_places_stand_as_people_look_for_them(town: Town, rosters: Rosters, unit: UnitOfWork) -> None:
    """Compound by compound, building 2 before building 10, room by room; who has no room comes last."""
    street = find_area(unit, STREET)
    rows, total = rosters.dwellings_page(
        unit, town.actors["chief"], DwellingsWanted(street.id, AS_OF), limit=10_000, offset=0
    )
    assert len(rows) == total > 500
    keys = [(natural(row.unit), row.floor or 0, natural(row.room)) for row in rows]
    changes = [place for place in range(1, total) if rows[place].building_id != rows[place - 1].building_id]
    assert len(changes) == len({row.building_id for row in rows}) - 1
    for start, end in zip([0, *changes], [*changes, total], strict=True):
        assert keys[start:end] == sorted(keys[start:end])
    people, _ = rosters.people_page(unit, town.actors["chief"], PeopleWanted(street.id, AS_OF), limit=20_000, offset=0)
    roomless = [person.dwelling_id is None for person in people]
    assert roomless == sorted(roomless)
    assert any(roomless)
    rank = {row.id: place for place, row in enumerate(rows)}
    ranks = [rank[person.dwelling_id] for person in people if person.dwelling_id]
    assert ranks == sorted(ranks)


def test_dwellings_that_fit(town: Town, rosters: Rosters, unit: UnitOfWork) -> None:
    """By state, tenure, use, people, visits; the states add up to all."""
    street, chief = find_area(unit, STREET), town.actors["chief"]

    def count(**fields: object) -> int:
        return rosters.dwellings_page(
            unit, chief, DwellingsWanted(street.id, AS_OF, DwellingFilter(**fields)), limit=0, offset=0
        )[1]  # type: ignore[arg-type]

    everything = count()
    for field in ("state", "tenure", "people", "verified"):
        assert sum(count(**{field: word}) for word in WORDS[DwellingFilter][field]) == everything
    plain = Plain(unit, AS_OF)
    lets = sum(state.tenure == "let" for state in plain.states.values())
    assert count(tenure="let") == lets > 0
    for use in WORDS[DwellingFilter]["use"]:
        assert count(use=use) == sum(state.use == use for state in plain.states.values())
    limit = AS_OF - timedelta(days=60)
    assert count(verified_before=limit) == everything - sum(visit >= limit for visit in plain.visits.values())
    down, _ = rosters.dwellings_page(
        unit, chief, DwellingsWanted(street.id, AS_OF, DwellingFilter(sort="people", order="down")), limit=200, offset=0
    )
    assert [row.people for row in down] == sorted((row.people for row in down), reverse=True)
    assert down[0].people > 0


def test_words_narrow_a_list_within_it(town: Town, rosters: Rosters, unit: UnitOfWork) -> None:
    """Nobody of another community, the best fit first, and a purpose for the end of a number."""
    community, officer = find_area(unit, FIRST), town.actors["officer"]
    everybody, _ = rosters.people_page(unit, officer, PeopleWanted(community.id, AS_OF), limit=20_000, offset=0)
    inside = {person.id for person in everybody}
    plain = Plain(unit, AS_OF)
    surname = next(plain.attributes[person].name[0] for person in inside if plain.attributes[person].name)
    expected = {
        stay.person_id for stay in plain.residences
        if surname in (plain.attributes[stay.person_id].name or "")
    }  # fmt: skip
    crowd = rosters.people(unit, officer, PeopleWanted(community.id, AS_OF, words=Words(surname)))
    assert {ref.id for ref in crowd.page(0, len(crowd))} == expected & inside
    assert expected - inside
    with pytest.raises(PurposeRequiredError):
        rosters.people(unit, officer, PeopleWanted(community.id, AS_OF, words=Words("1234")))
    assert surname not in repr(PeopleWanted(community.id, AS_OF, words=Words(surname)))


def test_no_list_outside_the_areas(town: Town, rosters: Rosters, unit: UnitOfWork) -> None:
    """Neither people nor dwellings, nor how many."""
    street = find_area(unit, STREET)
    with pytest.raises(NotFoundError):
        rosters.people(unit, town.actors["officer"], PeopleWanted(street.id, AS_OF))
    with pytest.raises(NotFoundError):
        rosters.dwellings_page(unit, town.actors["officer"], DwellingsWanted(street.id, AS_OF), limit=0, offset=0)
    with pytest.raises(PermissionDeniedError):
        rosters.people(unit, town.actors["auditor"], PeopleWanted(street.id, AS_OF))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("presence", "x"),
        ("age_from", "-1"),
        ("age_to", "151"),
        ("age_to", "４"),
        ("verified_before", "heute"),
        ("sort", "id"),
    ],
)
def test_filters_take_known_words_only(name: str, text: str) -> None:
    """What an address says is checked field by field."""
    with pytest.raises(InvalidInputError):
        read_filter(PeopleFilter, {name: text})


def test_filters_survive_an_address() -> None:
    """Text and back, for every word there is."""
    for kind in (PeopleFilter, DwellingFilter):
        for name, words in WORDS[kind].items():
            for word in words:
                wanted = read_filter(kind, {name: word, "verified_before": "2026-01-31"})
                assert read_filter(kind, filter_texts(wanted)) == wanted
