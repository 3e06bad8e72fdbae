"""Which household lives where and when: first occupants, turnover, moves within, people without a known room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import City

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
FOREVER = 2_000_000
HISTORY_DAYS = 731
INITIAL, BIRTH, MOVE_IN, MOVE_WITHIN, DEATH, MOVE_OUT, OPEN = 0, 1, 2, 3, 4, 5, 6
CAUSES = ("initial", "birth", "move_in", "move_within", "death", "move_out", None)

LET_SHARE = {"village": 0.5, "mixed": 0.36, "slab": 0.165, "tower": 0.18}
OCCUPIED_SHARE = 0.872
FLOATING_OWNERS = 0.19
FLOATING_TENANTS = 0.94


@dataclass(slots=True)
class Stock:
    """The dwellings as columns: building, cell (position among the city's cells, -1 for none), street, homes, let.

    ``street`` is a position among the streets. ``building_cell`` is by building.
    """

    building: Ints
    cell: Ints
    street: Ints
    homes: Bools
    let: Bools
    building_cell: Ints


@dataclass(slots=True)
class Households:
    """Households as columns; ``community`` is a position among the communities or -1 where the place is known.

    ``moved_from`` is the household that moved here within the register, -1 for all others; ``second`` marks households
    that share a dwelling with the one that holds it.
    """

    dwelling: Ints
    building: Ints
    community: Ints
    tenant: Bools
    floating: Bools
    start: Ints
    end: Ints
    cause_in: Ints
    cause_out: Ints
    moved_from: Ints
    second: Bools

    def __len__(self) -> int:
        return len(self.dwelling)


def stock_of(city: City, random: np.random.Generator) -> Stock:
    """Read the dwellings of a city and decide which are let."""
    cells = city.cells["code"].to_numpy()
    order = np.argsort(cells)
    wanted = city.buildings["cell"].to_numpy()
    found = order[np.searchsorted(cells, wanted, sorter=order).clip(0, len(cells) - 1)]
    building_cell = np.where(cells[found] == wanted, found, -1)
    building = city.dwellings["building"].to_numpy()
    homes = city.dwellings["use"].to_numpy() == "residential"
    kind = city.buildings["kind"].to_numpy()
    share = np.array([LET_SHARE.get(name, 0.15) for name in kind])[building]
    let = homes & (random.random(len(building)) < share)
    streets = city.streets["code"].to_numpy()
    street = np.searchsorted(streets, city.buildings["street"].to_numpy())[building]
    return Stock(building, building_cell[building], street, homes, let, building_cell)


def house(stock: Stock, communities: int, start: int, end: int, random: np.random.Generator) -> Households:
    """Decide all households from the register's first day ``start`` to ``end`` (days since 1970)."""
    homes = np.flatnonzero(stock.homes)
    lived_in = random.random(len(homes)) < OCCUPIED_SHARE
    first, empty = homes[lived_in], homes[~lived_in]
    second = first[random.random(len(first)) < np.where(stock.let[first], 0.1, 0.042)]
    here = np.concatenate((first, second))
    is_second = np.arange(len(here)) >= len(first)
    tenant = stock.let[here] | is_second
    opening = _rows(stock, here, tenant, np.full(len(here), start), INITIAL, random)
    opening.second[:] = is_second
    _leave(opening, start, end, random)
    filled = empty[random.random(len(empty)) < 0.09]
    arriving = _rows(
        stock, filled, stock.let[filled], random.integers(start + 10, end - 5, len(filled)), MOVE_IN, random
    )
    following = _followers(stock, opening, end, random)
    nowhere = _unlocated(stock, communities, start, round(0.016 * len(here)), random)
    parts = [opening, arriving, following, nowhere]
    free = np.setdiff1d(empty, filled)
    parts.append(_move_within(stock, opening, free, (start, end), random))
    return Households(*(np.concatenate([getattr(part, name) for part in parts]) for name in Households.__slots__))


def _rows(
    stock: Stock, dwelling: Ints, tenant: Bools, start: Ints, cause: int, random: np.random.Generator
) -> Households:
    count = len(dwelling)
    floating = random.random(count) < np.where(tenant, FLOATING_TENANTS, FLOATING_OWNERS)
    minus = np.full(count, -1, dtype=np.int64)
    return Households(
        dwelling=dwelling, building=stock.building[dwelling], community=minus, tenant=tenant, floating=floating,
        start=start.astype(np.int64), end=np.full(count, FOREVER, dtype=np.int64),
        cause_in=np.full(count, cause, dtype=np.int64), cause_out=np.full(count, OPEN, dtype=np.int64),
        moved_from=minus.copy(), second=np.zeros(count, dtype=bool),
    )  # fmt: skip


def _leave(households: Households, start: int, end: int, random: np.random.Generator) -> None:
    """Let some households leave the register: tenants often, owners seldom."""
    leaving = random.random(len(households)) < np.where(households.tenant, 0.2, 0.045)
    day = random.integers(start + 30, end - 3, len(households))
    households.end[leaving] = day[leaving]
    households.cause_out[leaving] = MOVE_OUT


def _followers(stock: Stock, opening: Households, end: int, random: np.random.Generator) -> Households:
    """Who moves in where somebody moved out, after some days or weeks."""
    day = opening.end + random.integers(4, 75, len(opening))
    again = (opening.cause_out == MOVE_OUT) & ~opening.second & (day < end - 3) & (random.random(len(opening)) < 0.9)
    dwelling = opening.dwelling[again]
    return _rows(stock, dwelling, stock.let[dwelling], day[again], MOVE_IN, random)


def _unlocated(stock: Stock, communities: int, start: int, count: int, random: np.random.Generator) -> Households:
    """Households whose room is unknown: two thirds known by community only, one third by building."""
    homes = np.flatnonzero(stock.homes & (stock.cell >= 0))
    rows = _rows(stock, random.choice(homes, count), np.ones(count, bool), np.full(count, start), INITIAL, random)
    only_community = random.random(count) < 0.66
    rows.dwelling[:] = -1
    rows.building[only_community] = -1
    rows.community[only_community] = random.integers(0, communities, int(only_community.sum()))
    rows.floating[:] = random.random(count) < 0.6
    return rows


def paired_in_street(stock: Stock, homes: Ints, movers: Ints, targets: Ints) -> tuple[Ints, Ints]:
    """Pair movers (positions in ``homes``, their dwellings) with dwellings of their own street, each used once.

    A move to another street leaves one street's register and enters another's: it is no move within.
    """
    at, to = stock.street[homes[movers]], stock.street[targets]
    keys = (at * len(stock.building) + rank_within(at), to * len(stock.building) + rank_within(to))
    _, mine, theirs = np.intersect1d(*keys, assume_unique=True, return_indices=True)
    return movers[mine], targets[theirs]


def rank_within(group: Ints) -> Ints:
    """0, 1, 2 … within equal values, in the order given."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered, side="left")
    return rank


def _move_within(
    stock: Stock, opening: Households, free: Ints, period: tuple[int, int], random: np.random.Generator
) -> Households:
    """Move some households into dwellings that stood empty; the move ends one household row and opens another."""
    stay = np.flatnonzero((opening.cause_out == OPEN) & ~opening.second & ~opening.tenant)
    count = min(round(0.013 * len(opening)), len(free) // 3, len(stay))
    movers, target = paired_in_street(
        stock, opening.dwelling, random.permutation(stay)[:count], random.permutation(free)
    )
    day = random.integers(period[0] + 20, period[1] - 5, len(movers))
    rows = _rows(stock, target, opening.tenant[movers], day, MOVE_WITHIN, random)
    rows.floating[:] = opening.floating[movers]
    rows.moved_from[:] = movers
    opening.end[movers] = day
    opening.cause_out[movers] = MOVE_WITHIN
    return rows
