"""What dwellings are used for over time, and the organisations in the buildings."""

from __future__ import annotations

import numpy as np
import polars as pl

from geodata.city import City
from gridmap.demo.housing import FOREVER, Households, Ints, Stock
from gridmap.demo.words import Words

USES = ("residential", "commercial", "office", "mixed")
TENURES = ("owner", "let", "vacant", "unknown")
OWNER, LET, VACANT, UNKNOWN = range(4)


def as_dates(days: Ints) -> pl.Series:
    """Days since 1970 as dates; days at the end of time become null."""
    dates = pl.Series(days.astype(np.int32)).cast(pl.Date)
    return dates.set(pl.Series(days >= FOREVER), None)


def recorded(days: Ints, latest: int, random: np.random.Generator, *, campaign: bool = False) -> pl.Series:
    """When events of these days were entered: mostly within a week, some weeks or months late, in office hours (UTC).

    ``latest`` is the last day on which anything was entered. ``campaign`` spreads over a month, as a first survey does.
    """
    count = len(days)
    lag = np.floor(random.gamma(1.1, 2.6, count)).astype(np.int64)
    late = random.random(count)
    lag = np.where(late < 0.10, random.integers(12, 60, count), lag)
    lag = np.where(late < 0.02, random.integers(60, 150, count), lag)
    if campaign:
        lag = random.integers(0, 30, count)
    # 08:30 to 17:30 in China is 00:30 to 09:30 UTC.
    minute = random.integers(30, 570, count)
    day = np.minimum(days + lag, np.maximum(days, latest))
    moment = (day * 86_400 + minute * 60) * 1_000_000
    return pl.Series(moment).cast(pl.Datetime("us", "UTC"))


def dwelling_states(
    stock: Stock,
    households: Households,
    emptied: Ints,
    unknown: np.ndarray,
    period: tuple[int, int],
    random: np.random.Generator,
) -> pl.DataFrame:
    """Use and tenure of every dwelling from the register's first day on.

    ``emptied`` is by household the day its last member left; ``unknown`` marks dwellings nobody has ever looked at.
    """
    start, end = period
    main = np.flatnonzero((households.dwelling >= 0) & ~households.second & (emptied > households.start))
    let = stock.let[households.dwelling[main]]
    opened = np.column_stack((households.dwelling[main], households.start[main], np.where(let, LET, OWNER)))
    gone = main[emptied[main] < FOREVER]
    closed = np.column_stack((households.dwelling[gone], emptied[gone], np.full(len(gone), VACANT)))
    every = np.arange(len(stock.building))
    ground = np.column_stack(
        (every, np.full(len(every), start), np.where(stock.homes, VACANT, np.where(every % 3 == 0, OWNER, LET)))
    )
    # Of rows on one day the later in this order holds: somebody moving in outweighs somebody leaving.
    rows = np.vstack((ground, closed, opened))
    rank = np.repeat([0, 1, 2], [len(ground), len(closed), len(opened)])
    order = np.lexsort((rank, rows[:, 1], rows[:, 0]))
    rows = rows[order]
    last_of_day = np.ones(len(rows), dtype=bool)
    last_of_day[:-1] = (rows[1:, 0] != rows[:-1, 0]) | (rows[1:, 1] != rows[:-1, 1])
    rows = rows[last_of_day]
    rows[unknown[rows[:, 0]], 2] = UNKNOWN
    changed = np.ones(len(rows), dtype=bool)
    changed[1:] = (rows[1:, 0] != rows[:-1, 0]) | (rows[1:, 2] != rows[:-1, 2])
    rows = rows[changed]
    until = np.full(len(rows), FOREVER)
    same = rows[1:, 0] == rows[:-1, 0]
    until[:-1][same] = rows[1:, 1][same]
    use = np.where(stock.homes[rows[:, 0]], 0, 1)
    use = _with_side_uses(rows, use)
    return pl.DataFrame(
        {
            "dwelling": rows[:, 0],
            "use": np.array(USES)[use],
            "tenure": np.array(TENURES)[rows[:, 2]],
            "valid_from": as_dates(rows[:, 1]),
            "valid_to": as_dates(until),
            "recorded_at": recorded(rows[:, 1], end, random, campaign=False),
        }
    )


def _with_side_uses(rows: Ints, use: Ints) -> Ints:
    """A few flats serve as workshops or offices: use by row of (dwelling, day, tenure)."""
    lived_in = (use == 0) & (rows[:, 2] <= LET)
    lot = rows[:, 0] * 7919 % 1000
    return np.asarray(np.where(lived_in & (lot < 9), 3, np.where(lived_in & (lot > 994), 2, use)), dtype=np.int64)


def organisations(
    city: City, stock: Stock, period: tuple[int, int], words: Words, random: np.random.Generator
) -> pl.DataFrame:
    """Shops in ground-floor rooms and shop buildings, firms in offices, one institution a school or hospital."""
    start, end = period
    kinds = city.buildings["kind"].to_numpy()
    floors = city.buildings["floors_above"].to_numpy()
    rooms = np.flatnonzero(~stock.homes)
    rooms = rooms[random.random(len(rooms)) < 0.9]
    counts = np.zeros(len(kinds), dtype=np.int64)
    for kind, low, high in (
        ("shop", 1, 4),
        ("commercial", 4, 9),
        ("office", 6, 16),
        ("market", 5, 14),
        ("industrial", 1, 3),
    ):
        chosen = kinds == kind
        counts[chosen] = random.integers(low, high, int(chosen.sum())) + np.where(
            kind == "office", floors[chosen] // 4, 0
        )
    spread = np.repeat(np.arange(len(kinds)), counts)
    building = np.concatenate((stock.building[rooms], spread))
    dwelling = np.concatenate((rooms, np.full(len(spread), -1)))
    line = np.where(np.isin(kinds[building], ("office", "market", "industrial")), kinds[building], "shop").astype(str)
    first = np.array(words.organisations["first"])[random.integers(0, len(words.organisations["first"]), len(building))]
    trade = np.empty(len(building), dtype=object)
    for name in ("shop", "office", "market", "industrial"):
        chosen = np.flatnonzero(line == name)
        trade[chosen] = np.array(words.organisations[name], dtype=object)[
            random.integers(0, len(words.organisations[name]), len(chosen))
        ]
    since = start - random.integers(30, 3000, len(building))
    fresh = random.random(len(building)) < 0.16
    since[fresh] = random.integers(start + 5, end - 60, int(fresh.sum()))
    until = np.full(len(building), FOREVER)
    over = random.random(len(building)) < 0.07
    until[over] = np.maximum(since[over], start) + random.integers(40, 600, int(over.sum()))
    until[until >= end] = FOREVER
    shops = pl.DataFrame(
        {
            "name": pl.Series(first.astype(str)) + pl.Series(trade.astype(str)),
            "kind": line, "building": building, "dwelling": dwelling,
            "valid_from": as_dates(since), "valid_to": as_dates(until),
        }
    )  # fmt: skip
    return pl.concat([shops, _institutions(city, start)])


def _institutions(city: City, start: int) -> pl.DataFrame:
    """Schools, hospitals and markets under the name of their ground, in its first building."""
    compound = city.buildings["compound"].to_numpy()
    kinds = np.append(city.compounds["kind"].to_numpy(), "")[compound]
    whole = np.flatnonzero(np.isin(kinds, ("school", "hospital", "market", "park")))
    first = whole[np.unique(compound[whole], return_index=True)[1]]
    return pl.DataFrame(
        {
            "name": city.compounds["name"].to_numpy()[compound[first]].astype(str),
            "kind": kinds[first].astype(str), "building": first, "dwelling": np.full(len(first), -1),
            "valid_from": as_dates(np.full(len(first), start - 4000)),
            "valid_to": as_dates(np.full(len(first), FOREVER)),
        }
    )  # fmt: skip
