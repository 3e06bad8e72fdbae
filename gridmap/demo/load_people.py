"""Persons, their attributes, households, stays, states and visits of an invented register as rows of a store."""

from __future__ import annotations

from datetime import UTC, datetime, time

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.buildings.models import DwellingState, Organisation, Verification
from gridmap.demo.keys import Ints, KeyMaker, PlaceKeys, picked
from gridmap.demo.model import Population
from gridmap.residents.indexing import ID_TAIL, PHONE_TAIL, index_names, index_numbers
from gridmap.residents.models import Household, Person, PersonAttribute, PersonKey, Residence
from gridmap.store.bulk import bulk_insert
from gridmap.store.store import UnitOfWork

VISIT_HOUR = time(9, 40, tzinfo=UTC)


def load_people(unit: UnitOfWork, population: Population, places: PlaceKeys, keys: KeyMaker) -> int:
    """Insert the register; returns how many persons."""
    household_region = _regions_of(population.households, places)
    stays = population.residences
    # A second home has no household; its building tells where it is kept.
    region = np.where(
        stays["household"].to_numpy() >= 0,
        household_region[stays["household"].to_numpy()],
        places.building_region[np.maximum(stays["building"].to_numpy(), 0)],
    )
    home = np.zeros(population.persons.height, dtype=np.int64)
    home[stays["person"].to_numpy()[::-1]] = region[::-1]
    persons = _load_persons(unit, population, home, keys)
    _load_attributes(unit, population, home, persons, keys)
    households = _load_households(unit, population, household_region, places, keys)
    _load_stays(unit, population, region, (persons, households), places, keys)
    _load_states(unit, population, places, keys)
    _load_organisations(unit, population, places, keys)
    return population.persons.height


def _regions_of(households: pl.DataFrame, places: PlaceKeys) -> Ints:
    """The region of each household: its building's, else that of its community's street."""
    building = households["building"].to_numpy()
    codes = households["area_code"].fill_null("").to_list()
    of_area = np.array([places.region_of_street.get(code[:9], 0) for code in codes], dtype=np.int64)
    return np.where(building >= 0, places.building_region[np.maximum(building, 0)], of_area)


def _load_persons(unit: UnitOfWork, population: Population, region: Ints, keys: KeyMaker) -> npt.NDArray[np.object_]:
    persons = population.persons
    ids = keys.make(persons.height)
    numbers = persons["id_number"].to_list()
    index = unit.vault.index_many(numbers, "id")
    bulk_insert(
        unit,
        Person,
        {
            "region": region.tolist(),
            "id": list(ids),
            "sex": persons["sex"].to_list(),
            "birth_date": persons["birth_date"].to_list(),
            "id_number": unit.vault.seal_many(numbers, "person.id_number"),
            "id_index": index,
            "disputed": False,
            "version": 1,
        },
    )
    known = [position for position, value in enumerate(index) if value is not None]
    bulk_insert(
        unit,
        PersonKey,
        {
            "id_index": [index[position] for position in known],
            "region": region[known].tolist(),
            "person_id": list(ids[known]),
        },
    )
    index_numbers(unit, ID_TAIL, region.tolist(), list(ids), numbers)
    return ids


def _load_attributes(
    unit: UnitOfWork, population: Population, region: Ints, persons: npt.NDArray[np.object_], keys: KeyMaker
) -> None:
    rows = population.attributes
    who = rows["person"].to_numpy()
    phones = rows["phone"].to_list()
    names = population.persons["name"].gather(who).to_list()
    index_names(unit, region[who].tolist(), names)
    index_numbers(unit, PHONE_TAIL, region[who].tolist(), list(persons[who]), phones)
    bulk_insert(
        unit,
        PersonAttribute,
        {
            "region": region[who].tolist(),
            "id": list(keys.make(rows.height)),
            "person_id": list(persons[who]),
            "name": names,
            "marital_status": rows["marital_status"].to_list(),
            "presence": rows["presence"].to_list(),
            "ethnic_group": population.persons["ethnic"].gather(who).to_list(),
            "registered_address": rows["registered_address"].to_list(),
            "phone": unit.vault.seal_many(phones, "person_attribute.phone"),
            "phone_index": unit.vault.index_many(phones, "phone"),
            "valid_from": rows["valid_from"].to_list(),
            "valid_to": rows["valid_to"].to_list(),
            "recorded_at": rows["recorded_at"].to_list(),
        },
    )


def _load_households(
    unit: UnitOfWork, population: Population, region: Ints, places: PlaceKeys, keys: KeyMaker
) -> npt.NDArray[np.object_]:
    rows = population.households
    ids = keys.make(rows.height)
    bulk_insert(
        unit,
        Household,
        {
            "region": region.tolist(),
            "id": list(ids),
            "number": ("H" + rows["household"].cast(pl.String).str.zfill(7)).to_list(),
            "dwelling_id": picked(places.dwelling, rows["dwelling"].to_numpy()),
            "building_id": picked(places.building, rows["building"].to_numpy()),
            "area_id": [places.area.get(code) for code in rows["area_code"].to_list()],
            "version": 1,
        },
    )
    return ids


def _load_stays(
    unit: UnitOfWork, population: Population, region: Ints,
    ids: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]], places: PlaceKeys, keys: KeyMaker,
) -> None:  # fmt: skip
    rows = population.residences
    persons, households = ids
    bulk_insert(
        unit,
        Residence,
        {
            "region": region.tolist(),
            "id": list(keys.make(rows.height)),
            "person_id": list(persons[rows["person"].to_numpy()]),
            "household_id": picked(households, rows["household"].to_numpy()),
            "dwelling_id": picked(places.dwelling, rows["dwelling"].to_numpy()),
            "building_id": picked(places.building, rows["building"].to_numpy()),
            "area_id": [places.area.get(code) for code in rows["area_code"].to_list()],
            "relationship": rows["relationship"].to_list(),
            "principal": rows["principal"].to_list(),
            "valid_from": rows["valid_from"].to_list(),
            "valid_to": rows["valid_to"].to_list(),
            "cause_in": rows["cause_in"].to_list(),
            "cause_out": rows["cause_out"].to_list(),
            "recorded_at": rows["recorded_at"].to_list(),
        },
    )


def _load_states(unit: UnitOfWork, population: Population, places: PlaceKeys, keys: KeyMaker) -> None:
    """Dated states of dwellings and the visits that confirmed them."""
    region = places.building_region[places.dwelling_building]
    rows = population.dwelling_states
    dwelling = rows["dwelling"].to_numpy()
    bulk_insert(
        unit,
        DwellingState,
        {
            "region": region[dwelling].tolist(),
            "id": list(keys.make(rows.height)),
            "dwelling_id": list(places.dwelling[dwelling]),
            "use": rows["use"].to_list(),
            "tenure": rows["tenure"].to_list(),
            "valid_from": rows["valid_from"].to_list(),
            "valid_to": rows["valid_to"].to_list(),
            "recorded_at": rows["recorded_at"].to_list(),
        },
    )
    visits = population.verifications
    visited = visits["dwelling"].to_numpy()
    days = visits["date"].to_list()
    moments = {day: datetime.combine(day, VISIT_HOUR) for day in set(days)}
    bulk_insert(
        unit,
        Verification,
        {
            "region": region[visited].tolist(),
            "id": list(keys.make(visits.height)),
            "dwelling_id": list(places.dwelling[visited]),
            "verified_on": days,
            "recorded_at": [moments[day] for day in days],
        },
    )


def _load_organisations(unit: UnitOfWork, population: Population, places: PlaceKeys, keys: KeyMaker) -> None:
    rows = population.organisations
    building = rows["building"].to_numpy()
    recorded = [datetime.combine(max(day, population.start), VISIT_HOUR) for day in rows["valid_from"].to_list()]
    bulk_insert(
        unit,
        Organisation,
        {
            "region": places.building_region[building].tolist(),
            "id": list(keys.make(rows.height)),
            "building_id": list(places.building[building]),
            "dwelling_id": picked(places.dwelling, rows["dwelling"].to_numpy()),
            "name": rows["name"].to_list(),
            "kind": rows["kind"].to_list(),
            "valid_from": rows["valid_from"].to_list(),
            "valid_to": rows["valid_to"].to_list(),
            "recorded_at": recorded,
            "version": 1,
        },
    )
