"""The demonstration in a store: complete, countable, protected, and loaded once only."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
import sqlalchemy as sa

from geodata.city import City, make_city
from gridmap.areas.models import Area, AreaClosure, AreaName, GroundFeature
from gridmap.audit.models import AuditEntry
from gridmap.buildings.models import Building, BuildingCell, Dwelling, Verification
from gridmap.demo.load import load_city
from gridmap.demo.load_places import DemoThereError, english_name
from gridmap.demo.model import Population
from gridmap.demo.population import make_population
from gridmap.indicators.snapshot import load_snapshot
from gridmap.residents.models import Person, PersonAttribute, PersonKey, Residence
from gridmap.store.store import Store, open_store
from gridmap.store.types import to_day

AS_OF = date(2026, 11, 20)


@pytest.fixture(scope="module")
def city() -> City:
    return make_city("small")


@pytest.fixture(scope="module")
def population(city: City) -> Population:
    return make_population(city, as_of=AS_OF)


@pytest.fixture
def loaded(store: Store, city: City, population: Population) -> Store:
    with store.write() as unit:
        load_city(unit, city, population)
    return store


def test_store_holds_every_row(loaded: Store, city: City, population: Population) -> None:
    """Rows in equal rows out, and the ids of the rows are those of their keys."""
    with loaded.read() as unit:
        count = {
            model: unit.session.scalar(sa.select(sa.func.count()).select_from(model))
            for model in (Area, Building, Dwelling, Person, PersonAttribute, Residence, Verification)
        }
    assert count == {
        Area: len(city.areas),
        Building: len(city.buildings),
        Dwelling: city.dwellings.height,
        Person: population.persons.height,
        PersonAttribute: population.attributes.height,
        Residence: population.residences.height,
        Verification: population.verifications.height,
    }


def test_population_is_counted_as_it_was_made(loaded: Store, population: Population) -> None:
    """The snapshot of the store counts the same people as the frames, at both ends of the history."""
    with loaded.read() as unit:
        snapshot = load_snapshot(unit)
    assert snapshot.parted == 0
    for day in (population.start, AS_OF):
        assert len(snapshot.residences.live(to_day(day))) == population.present(day).height


def test_areas_have_names_aliases_and_ancestors(loaded: Store, city: City) -> None:
    """The tree is closed, official names come in both languages, and a street is found by its other name."""
    with loaded.read() as unit:
        street = unit.session.scalar(sa.select(Area).where(Area.code == "460108001"))
        assert street is not None
        assert street.region == 1
        above = unit.session.scalars(
            sa.select(Area.level)
            .join(AreaClosure, AreaClosure.ancestor_id == Area.id)
            .where(AreaClosure.descendant_id == street.id)
            .order_by(AreaClosure.depth)
        ).all()
        assert above == ["street", "district", "city", "province"]
        names = unit.session.execute(
            sa.select(AreaName.name, AreaName.language).where(
                AreaName.area_id == street.id, AreaName.kind == "official"
            )
        ).all()
        assert {tuple(row) for row in names} == {("海府路街道", "zh"), ("Haifulu Subdistrict", "en")}
        below = unit.session.scalar(
            sa.select(sa.func.count()).select_from(AreaClosure).where(AreaClosure.ancestor_id == street.id)
        )
        assert below == 1 + len(city.communities) + len(city.cells)


def test_buildings_belong_to_one_cell(loaded: Store, city: City) -> None:
    """Every building but the orphans has one main cell; footprints come back as they went in."""
    orphans = (city.buildings["cell"] == "").sum()
    with loaded.read() as unit:
        main = unit.session.scalars(sa.select(BuildingCell.building_id).where(BuildingCell.main)).all()
        assert len(main) == len(set(main)) == len(city.buildings) - orphans
        ground = set(unit.session.scalars(sa.select(GroundFeature.kind)))
    assert ground >= {"block", "tree", "road", "road_line", "green", "path"}


def test_protected_values_are_sealed(loaded: Store, population: Population) -> None:
    """Identity numbers and phones are only found by their blind index and opened by the vault."""
    wanted = population.persons.filter(pl.col("id_number").is_not_null()).row(0, named=True)
    with loaded.read() as unit:
        index = unit.vault.index(wanted["id_number"], "id")
        key = unit.session.scalars(sa.select(PersonKey).where(PersonKey.id_index == index)).one()
        person = unit.session.get_one(Person, (key.region, key.person_id))
        assert unit.vault.open(person.id_number, "person.id_number") == wanted["id_number"]
        assert person.birth_date == wanted["birth_date"]
        state = unit.session.scalars(
            sa.select(PersonAttribute)
            .where(PersonAttribute.person_id == person.id)
            .order_by(PersonAttribute.valid_from)
        ).first()
        assert state is not None
        assert state.name == wanted["name"]
        assert unit.vault.open(state.phone, "person_attribute.phone") == wanted["phone"]


def test_loading_leaves_one_line_in_the_log(loaded: Store) -> None:
    """The chain of the region says that synthetic rows were loaded."""
    with loaded.read() as unit:
        entries = unit.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "demo.load")).all()
    assert len(entries) == 1
    assert entries[0].region == 1


def test_second_load_is_refused(sqlite_store: Store, city: City, population: Population) -> None:
    """A register that holds the street already stays as it is, and the error says what to do."""
    with sqlite_store.write() as unit:
        load_city(unit, city, population)
    with pytest.raises(DemoThereError) as refused, sqlite_store.write() as unit:
        load_city(unit, city, population)
    assert "海府路街道" in refused.value.text
    with sqlite_store.read() as unit:
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(Building)) == len(city.buildings)


def test_same_seed_gives_the_same_keys(new_store_url, store_key, city: City, population: Population) -> None:  # type: ignore[no-untyped-def]
    """Two registers of one seed agree on their keys, so that links and screenshots stay valid."""
    found = []
    for _ in range(2):
        opened = open_store(new_store_url("sqlite"), store_key)
        with opened.write() as unit:
            load_city(unit, city, population)
            found.append(sorted(unit.session.scalars(sa.select(Building.id))))
        opened.close()
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("name", "level", "english"),
    [
        ("海口市", "city", "Haikou City"),
        ("龙舌坡社区", "community", "Longshepo Community"),
        ("龙舌坡第04网格", "cell", "Longshepo Grid 04"),
    ],
)
def test_english_names(name: str, level: str, english: str) -> None:
    """Names are romanised with the level's English word."""
    assert english_name(name, level) == english
