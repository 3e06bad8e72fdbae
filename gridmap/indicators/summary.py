"""The figures of one area or one building, taken from the counts of a date."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.cells import AreaTable, Terms
from gridmap.indicators.dates import BANDS
from gridmap.indicators.figures import AreaSummary, BuildingFigures, BuildingNeed, Child, Pyramid
from gridmap.indicators.flows import Reconciliation
from gridmap.indicators.occupancy import Occupancy
from gridmap.indicators.records import keys_of
from gridmap.indicators.registry import Registry
from gridmap.indicators.tree import NOWHERE, Ints
from gridmap.indicators.words import STATE_WORDS, DwellingState, Marital


@dataclass(frozen=True, slots=True)
class BuildingCounts:
    """Counts of every building by position; ``stands`` says whether it is there on the day."""

    stands: NDArray[np.bool_]
    population: Ints
    dwellings: Ints
    unverified: Ints


def building_counts(occupancy: Occupancy, terms: Terms) -> BuildingCounts:
    """Population, dwellings and unverified dwellings of every building."""
    snapshot = occupancy.snapshot
    count = len(snapshot.buildings)
    building = snapshot.residences.building[occupancy.live]
    of_dwelling = snapshot.dwellings.building
    unverified = ~occupancy.verified(terms.unverified_days)
    return BuildingCounts(
        stands=(snapshot.buildings.valid_from <= occupancy.day) & (occupancy.day < snapshot.buildings.valid_to),
        population=np.bincount(building[building >= 0], minlength=count),
        dwellings=np.bincount(of_dwelling, minlength=count),
        unverified=np.bincount(of_dwelling[unverified], minlength=count),
    )


def building_figures(occupancy: Occupancy, terms: Terms, position: int) -> BuildingFigures:
    """The figures of one building by its position."""
    snapshot = occupancy.snapshot
    first, last = snapshot.dwellings.first[position : position + 2].tolist()
    states = occupancy.states(terms.unverified_days)[first:last]
    region = np.full(last - first, snapshot.buildings.region[position])
    ids = [key[1] for key in keys_of(region, snapshot.dwellings.ids[first:last])]
    inside = snapshot.residences.building[occupancy.live] == position
    place = int(snapshot.places(occupancy.divided_on)[0][position])
    found = np.bincount(states, minlength=len(DwellingState)).tolist()
    return BuildingFigures(
        as_of=occupancy.as_of,
        map_id=position,
        area_id=None if place == NOWHERE else snapshot.areas.ids[place],
        population=int(inside.sum()),
        households=int((inside & occupancy.head).sum()),
        dwellings=dict(zip(STATE_WORDS, found, strict=True)),
        states={key: STATE_WORDS[state] for key, state in zip(ids, states.tolist(), strict=True)},
        people=dict(zip(ids, occupancy.people[first:last].tolist(), strict=True)),
        households_in=dict(zip(ids, occupancy.households[first:last].tolist(), strict=True)),
    )


def summarise(
    table: AreaTable,
    position: int,
    *,
    registry: Registry,
    before: Ints,
    reconciliation: Reconciliation,
    visible: frozenset[UUID] | None,
    most_buildings: int,
) -> AreaSummary:
    """Everything of the area at ``position``; ``before`` is the population of every area at the date compared with."""
    tree, row = table.occupancy.snapshot.areas, table.row_of(position)
    count = {name: int(table.counts[row, column]) for column, name in enumerate(table.names)}
    one = table.take(np.array([position]))
    line = tree.lineage[position]
    size = float(table.area_km2[row])
    return AreaSummary(
        id=tree.ids[position],
        region=int(tree.region[position]),
        map_id=position,
        code=tree.codes[position],
        name=tree.names[position],
        english=tree.english[position],
        level=tree.levels[position],
        kind=tree.kinds[position],
        path=tuple(tree.ids[above] for above in line[line >= 0].tolist()),
        as_of=table.as_of,
        area_km2=None if np.isnan(size) else size,
        population=count["population"],
        change_base=reconciliation.start,
        population_change=count["population"] - int(before[position]),
        households=count["households"],
        registered=count["registered_present"] + count["registered_away"],
        floating=count["floating"],
        presence_unknown=count["presence_unknown"],
        unlocated=_unlocated(table, row, position, count),
        without_dwelling=count["population"] - count["located"],
        buildings_total=count["buildings"],
        dwellings_total=count["dwellings"],
        dwellings={word: count[f"state_{word}"] for word in STATE_WORDS},
        uses={name: count[f"dwellings_{name}"] for name in ("occupied", "let", "vacant", "unknown")},
        marital={word.name.lower(): count[f"marital_{word.name.lower()}"] for word in Marital},
        pyramid=_pyramid(count, registry, one),
        indicators={name: registry.values(one, name).row(0) for name in registry.indicators},
        buildings=_needs(table, position, most_buildings),
        children=_children(table, position, before, visible),
        levels_below=_levels_below(table, position),
        reconciliation=reconciliation,
    )


def _unlocated(table: AreaTable, row: int, position: int, count: dict[str, int]) -> int:
    """The own line of an area that has others below it; in a cell, the persons without a dwelling."""
    tree = table.occupancy.snapshot.areas
    if len(tree.children(position, table.occupancy.divided_on)):
        return int(table.own_line("population")[row])
    return count["population"] - count["located"]


def _pyramid(count: dict[str, int], registry: Registry, one: AreaTable) -> Pyramid:
    male, female = (tuple(count[f"{sex}_{band}"] for band in BANDS) for sex in ("male", "female"))
    shares = [registry.values(one, name).row(0).value for name in ("share_60", "share_65")]
    return Pyramid(
        bands=BANDS,
        male=male,
        female=female,
        male_total=count["male"],
        female_total=count["female"],
        share_60=None if shares[0] is None else shares[0] / 100,
        share_65=None if shares[1] is None else shares[1] / 100,
        unknown=count["population"] - sum(male) - sum(female),
    )


def _needs(table: AreaTable, position: int, most: int) -> tuple[BuildingNeed, ...]:
    """The buildings of an area with the most unverified dwellings."""
    snapshot = table.occupancy.snapshot
    counts = building_counts(table.occupancy, table.terms)
    place = snapshot.places(table.occupancy.divided_on)[0]
    inside = np.append(snapshot.areas.below(position), False)[place]
    rows = np.flatnonzero(inside & counts.stands & (counts.unverified > 0))
    share = counts.unverified[rows] / np.maximum(counts.dwellings[rows], 1)
    rows = rows[np.lexsort((rows, -share, -counts.unverified[rows]))][:most]
    keys = keys_of(snapshot.buildings.region[rows], snapshot.buildings.ids[rows])
    return tuple(
        BuildingNeed(region, building_id, map_id, int(counts.unverified[map_id]), int(counts.dwellings[map_id]))
        for (region, building_id), map_id in zip(keys, rows.tolist(), strict=True)
    )


def _children(table: AreaTable, position: int, before: Ints, visible: frozenset[UUID] | None) -> tuple[Child, ...]:
    tree = table.occupancy.snapshot.areas
    rows = tree.children(position, table.occupancy.divided_on)
    below = table.take(rows)
    result = []
    for row, population, households in zip(
        rows.tolist(), below["population"].tolist(), below["households"].tolist(), strict=True
    ):
        told = visible is None or tree.ids[row] in visible
        result.append(
            Child(
                id=tree.ids[row],
                region=int(tree.region[row]),
                map_id=row,
                code=tree.codes[row],
                name=tree.names[row],
                english=tree.english[row],
                level=tree.levels[row],
                kind=tree.kinds[row],
                population=population if told else None,
                change=population - int(before[row]) if told else None,
                households=households if told else None,
            )
        )
    return tuple(result)


def _levels_below(table: AreaTable, position: int) -> dict[str, int]:
    """How many areas of each level lie under an area."""
    tree = table.occupancy.snapshot.areas
    inside = tree.below(position) & tree.in_force(table.occupancy.divided_on)
    inside[position] = False
    return dict(Counter(tree.levels[row] for row in np.flatnonzero(inside).tolist()))
