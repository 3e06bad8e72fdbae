"""Load a synthetic city with its invented register into a store, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping

from geodata.city import City
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.demo.agreements import load_agreements
from gridmap.demo.keys import KeyMaker
from gridmap.demo.load_people import load_people
from gridmap.demo.load_places import load_places
from gridmap.demo.model import Population
from gridmap.demo.programmes import load_programmes
from gridmap.store.bulk import refresh_plans
from gridmap.store.store import UnitOfWork

ACTION = "demo.load"


def load_city(
    unit: UnitOfWork, city: City, population: Population, *, actor: Actor | None = None, seed: int = 29
) -> Mapping[str, int]:
    """Insert a city and its register in the caller's transaction; returns how many rows of each kind.

    The same city, register and seed give the same keys. One entry in the audit chain of each region says that the rows
    are synthetic. Areas above the street that the register knows already are reused.

    Raises:
        DemoThereError: a street of the city is in the register already.
    """
    keys = KeyMaker(population.as_of, seed)
    places = load_places(unit, city, keys)
    persons = load_people(unit, population, places, keys)
    agreements = load_agreements(unit, city, population, places, keys, seed)
    enrolments = load_programmes(unit, population.as_of, sorted(places.region_of_street.values()), keys, seed)
    counts = {
        "areas": len(city.areas),
        "buildings": len(city.buildings),
        "dwellings": city.dwellings.height,
        "households": population.households.height,
        "persons": persons,
        "agreements": agreements,
        "enrolments": enrolments,
    }
    for region in places.region_of_street.values():
        audit.record(unit, actor, ACTION, region=region, details={**counts, "size": city.size, "synthetic": True})
    unit.changed("geometry", "register")
    refresh_plans(unit)
    return counts
