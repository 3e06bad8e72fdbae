"""Loads the index of buildings and dwellings below an area, with their aliases and external ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
import polars as pl
import sqlalchemy as sa

from gridmap.access.scope import Scope
from gridmap.areas import repository as areas
from gridmap.areas.node import AreaNode
from gridmap.buildings.models import Building, BuildingCell, BuildingCode, Compound, Dwelling, DwellingCode, Unit
from gridmap.buildings.repository import inside, valid_at
from gridmap.linking.grammar import parse_addresses
from gridmap.linking.keys import name_key
from gridmap.linking.link import Buildings, DwellingIndex, Dwellings, LinkResult, link_addresses
from gridmap.linking.models import Alias
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class LoadedIndex:
    """The index with the keys of its positions."""

    index: DwellingIndex
    buildings: list[tuple[int, UUID]]
    dwellings: list[tuple[int, UUID]]
    dwelling_building: np.ndarray

    def link(self, parsed: pl.DataFrame) -> LinkResult:
        """Link parsed addresses."""
        return link_addresses(parsed, self.index)


def load_index(unit: UnitOfWork, under: AreaNode, day: date) -> LoadedIndex:
    """Load what lies below an area on a day."""
    regions = _regions(unit, under)
    rows = unit.session.execute(
        sa.select(
            Building.region, Building.id, Building.number, Building.name, Building.road, Building.road_no,
            Building.area_id, Compound.name.label("compound"),
        )
        .outerjoin(Compound, sa.and_(Compound.region == Building.region, Compound.id == Building.compound_id))
        .where(Building.region.in_(regions), inside(Scope(frozenset({under.id})), day))
        .order_by(Building.region, Building.id)
    ).all()  # fmt: skip
    keys = [(row.region, row.id) for row in rows]
    at = {key: position for position, key in enumerate(keys)}
    community = _communities(unit, regions, day)
    codes = unit.session.execute(
        sa.select(BuildingCode.region, BuildingCode.value, BuildingCode.building_id).where(
            BuildingCode.region.in_(regions)
        )
    )
    places = Buildings(
        community=[community(row.region, row.id, row.area_id) for row in rows],
        compound=[row.compound or "" for row in rows],
        number=[row.number or "" for row in rows],
        name=[row.name or "" for row in rows],
        road=[row.road or "" for row in rows],
        road_no=[row.road_no or "" for row in rows],
        external_id=["" for _ in rows],
    )
    building_ids = {row.value: at[row.region, row.building_id] for row in codes if (row.region, row.building_id) in at}
    dwelling_keys, dwellings, dwelling_ids = _dwellings(unit, regions, at)
    index = DwellingIndex.build(
        places, dwellings, aliases=_aliases(unit), building_ids=building_ids, dwelling_ids=dwelling_ids
    )
    return LoadedIndex(index, keys, dwelling_keys, dwellings.building)


def link_texts(unit: UnitOfWork, under: AreaNode, texts: list[str], day: date) -> list[tuple[UUID | None, UUID | None]]:
    """Building and dwelling of each address below an area, ``None`` where it is not clear."""
    if not any(texts):
        return [(None, None)] * len(texts)
    loaded = load_index(unit, under, day)
    found = loaded.link(parse_addresses(pl.Series(texts, dtype=pl.String)))
    return [
        (
            loaded.buildings[building][1] if building >= 0 else None,
            loaded.dwellings[dwelling][1] if dwelling >= 0 else None,
        )
        for building, dwelling in zip(found.building.tolist(), found.dwelling.tolist(), strict=True)
    ]


def _regions(unit: UnitOfWork, under: AreaNode) -> list[int]:
    if under.region is not None:
        return [under.region]
    return sorted({node.region for node in areas.descendants(unit, under.id) if node.region is not None})


class _Communities:
    """The community a building lies in, by its main cell or the area it was recorded under."""

    def __init__(self, unit: UnitOfWork, regions: list[int], day: date) -> None:
        nodes = {node.id: node for node in areas.everything(unit)}
        self._names: dict[UUID, str] = {}
        for node in nodes.values():
            above: AreaNode | None = node
            while above is not None and above.level != "community":
                above = nodes.get(above.parent_id) if above.parent_id else None
            self._names[node.id] = above.name if above else ""
        cells = unit.session.execute(
            sa.select(BuildingCell.region, BuildingCell.building_id, BuildingCell.cell_id).where(
                BuildingCell.region.in_(regions), BuildingCell.main, valid_at(BuildingCell, day)
            )
        )
        self._cells = {(row.region, row.building_id): row.cell_id for row in cells}

    def __call__(self, region: int, building_id: UUID, area_id: UUID | None) -> str:
        place = self._cells.get((region, building_id), area_id)
        return self._names.get(place, "") if place else ""


_communities = _Communities


def _dwellings(
    unit: UnitOfWork, regions: Iterable[int], at: dict[tuple[int, UUID], int]
) -> tuple[list[tuple[int, UUID]], Dwellings, dict[str, int]]:
    rows = unit.session.execute(
        sa.select(Dwelling.region, Dwelling.id, Dwelling.building_id, Unit.name, Dwelling.room)
        .join(Unit, sa.and_(Unit.region == Dwelling.region, Unit.id == Dwelling.unit_id))
        .where(Dwelling.region.in_(list(regions)))
    ).all()
    rows = [row for row in rows if (row.region, row.building_id) in at]
    keys = [(row.region, row.id) for row in rows]
    position = {key: number for number, key in enumerate(keys)}
    codes = unit.session.execute(
        sa.select(DwellingCode.region, DwellingCode.value, DwellingCode.dwelling_id).where(
            DwellingCode.region.in_(list(regions))
        )
    )
    table = Dwellings(
        building=np.array([at[row.region, row.building_id] for row in rows], dtype=np.int64),
        unit=[row.name for row in rows],
        room=[row.room for row in rows],
        external_id=["" for _ in rows],
    )
    ids = {
        row.value: position[row.region, row.dwelling_id] for row in codes if (row.region, row.dwelling_id) in position
    }
    return keys, table, ids


def _aliases(unit: UnitOfWork) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in unit.session.execute(
        sa.select(Alias.kind, Alias.alias, Alias.official).where(Alias.withdrawn_at.is_(None))
    ):
        found.setdefault(row.kind, {})[name_key(row.alias)] = row.official
    return found
