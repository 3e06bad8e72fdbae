"""Rental agreements of an invented register: most let dwellings have one, some cells are behind."""

from __future__ import annotations

import numpy as np
import polars as pl

from geodata.city import City
from gridmap.demo.housing import Bools, Ints
from gridmap.demo.keys import KeyMaker, PlaceKeys
from gridmap.demo.model import Population
from gridmap.services.models import RentalAgreement
from gridmap.store.bulk import bulk_insert
from gridmap.store.store import UnitOfWork
from gridmap.store.types import to_day

# Shares of let dwellings whose agreement is in order, and how often a cell is kept so.
_KEPT, _HOW_OFTEN = (0.975, 0.92, 0.84), (0.72, 0.17, 0.11)
_YEAR = 365


def agreements(city: City, population: Population, seed: int) -> pl.DataFrame:
    """Agreements by ``dwelling`` (position): number, landlord, signed_on, expires_on. Each let time is covered by
    agreements of a year; the last is missing or was not renewed in the share of dwellings that a cell is behind by."""
    random = np.random.Generator(np.random.PCG64([seed, 9173]))
    lets = population.dwelling_states.filter(pl.col("tenure") == "let")
    dwelling = lets["dwelling"].to_numpy()
    end = to_day(population.as_of)
    first = lets["valid_from"].to_physical().to_numpy().astype(np.int64)
    last = lets["valid_to"].to_physical().fill_null(end + 1).to_numpy().astype(np.int64)
    order = _in_order(city, dwelling, random)
    # Where the register began with a dwelling already let, its agreement is some months old.
    signed = np.where(first <= to_day(population.start), first - random.integers(0, 300, len(first)), first)
    years = np.maximum((np.minimum(last, end) - signed) // _YEAR + 1, 1)
    years = np.where(order, years, years - 1)
    row = np.repeat(np.arange(len(dwelling)), years)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(years) - years, years)
    start = signed[row] + turn * _YEAR
    names = population.persons["name"].to_numpy()
    return pl.DataFrame(
        {
            "dwelling": dwelling[row],
            "number": [f"租{day}-{at:06d}" for day, at in zip(start.tolist(), row.tolist(), strict=True)],
            "landlord": names[random.integers(0, len(names), len(dwelling))][row],
            "signed_on": pl.Series(start.astype(np.int32)).cast(pl.Date),
            "expires_on": pl.Series((start + _YEAR).astype(np.int32)).cast(pl.Date),
        }
    )


def _in_order(city: City, dwelling: Ints, random: np.random.Generator) -> Bools:
    """Which let times have all their agreements: by how well the cell of the dwelling is kept."""
    cells, cell = np.unique(city.buildings["cell"].to_numpy().astype(str), return_inverse=True)
    share = random.choice(np.array(_KEPT), len(cells), p=_HOW_OFTEN)
    building = city.dwellings["building"].to_numpy()[dwelling]
    kept: Bools = random.random(len(dwelling)) < share[cell[building]]
    return kept


def load_agreements(
    unit: UnitOfWork, city: City, population: Population, places: PlaceKeys, keys: KeyMaker, seed: int
) -> int:
    """Insert the agreements; returns how many."""
    rows = agreements(city, population, seed)
    dwelling = rows["dwelling"].to_numpy()
    region = places.building_region[places.dwelling_building[dwelling]]
    return bulk_insert(
        unit,
        RentalAgreement,
        {
            "region": region.tolist(),
            "id": list(keys.make(rows.height)),
            "dwelling_id": list(places.dwelling[dwelling]),
            "number": rows["number"].to_list(),
            "landlord": unit.vault.seal_many(rows["landlord"].to_list(), "rental_agreement.landlord"),
            "signed_on": rows["signed_on"].to_list(),
            "expires_on": rows["expires_on"].to_list(),
            "recorded_at": unit.now,
            "version": 1,
        },
    )
