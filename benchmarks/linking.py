"""Linking of messy addresses: how many are linked rightly, and how many a second, beside exact comparison.

The rows are made from the synthetic street with the truth beside each (`tests.messy`): in the kinds of mess that the
linker was developed on, and in those that were held out. The peer compares the same rows exactly, by the parts that the
plain grammar reads: what linking costs and what it brings beyond that.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from benchmarks.harness import Result, Size, result, seconds
from gridmap.linking.exact import link_exactly
from gridmap.linking.grammar import PARTS, parse_addresses
from gridmap.linking.index import DwellingIndex, keyed
from gridmap.linking.link import LinkResult
from tests.messy.oracle import Oracle
from tests.messy.registers import SCENARIOS, Messy, make_messy
from tests.messy.scoring import Score, link, score
from tests.messy.stock import make_stock

ROWS = {Size.SMALL: 10_000, Size.STREET: 100_000, Size.DISTRICT: 500_000, Size.CITY: 1_000_000}


def linked(size: Size) -> list[Result]:
    """Link each kind of mess, developed on and held out, once."""
    stock = make_stock()
    oracle, index = Oracle(stock), stock.index()
    return [found for held_out in (False, True) for found in _measured(oracle, index, size, held_out=held_out)]


def _measured(oracle: Oracle, index: DwellingIndex, size: Size, *, held_out: bool) -> Iterator[Result]:
    for scenario in SCENARIOS:
        messy = make_messy(oracle, ROWS[size], scenario, held_out=held_out)
        found: list[LinkResult] = []
        ours = seconds(lambda: found.append(link(messy, index)))  # noqa: B023 - called at once
        peer = seconds(lambda: _exactly(messy, index))  # noqa: B023 - called at once
        counted = score(messy, found[0])
        rates = (ROWS[size] / ours, ROWS[size] / peer)
        name = f"linking {'held out' if held_out else 'developed on'}, {scenario}"
        yield result(
            name, size, rates, unit="rows/s", peer_name="exact comparison", packages=("polars", "pypinyin"),
            details=_details(counted),
        )  # fmt: skip


def _exactly(messy: Messy, index: DwellingIndex) -> pl.DataFrame:
    read = parse_addresses(messy.rows["address"])
    rows = messy.rows.with_columns(messy.rows[part].fill_null(read[part]) for part in PARTS)
    return link_exactly(keyed(rows, index.aliases).unique(maintain_order=True).with_row_index("key"), index)


def _details(counted: Score) -> dict[str, float]:
    found: dict[str, float] = {"rows counted": counted.rows}
    for name, level in (("building", counted.building), ("dwelling", counted.dwelling)):
        # Among strangers there is no dwelling to find.
        if level.possible:
            found |= {f"{name} precision": round(level.precision, 4), f"{name} recall": round(level.recall, 4)}
    return found | {"cannot be linked": counted.unlinkable, "of these stay unlinked": round(counted.stays, 4)}
