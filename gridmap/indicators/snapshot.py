"""The register as it is believed now, in arrays: what every figure at every date is counted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata.crs import LONLAT, areas_m2
from gridmap.areas import repository as areas_repository
from gridmap.areas.models import Area, AreaName
from gridmap.buildings.models import Building, BuildingCell, Dwelling, DwellingState, Verification
from gridmap.indicators import words
from gridmap.indicators.columns import (
    OPEN,
    UNKNOWN_DAY,
    CodeColumn,
    Column,
    DayColumn,
    KeyColumn,
    NumberColumn,
    PresentColumns,
    read_everywhere,
)
from gridmap.indicators.keys import KeyIndex, sorted_by
from gridmap.indicators.overlaps import neighbours, without_overlaps
from gridmap.indicators.past import believed, with_former_values
from gridmap.indicators.records import (
    ATTRIBUTE_FIELDS,
    PERSON_FIELDS,
    RESIDENCE_FIELDS,
    Agreements,
    Attributes,
    Buildings,
    Dwellings,
    MainCells,
    Persons,
    Residences,
    Tenures,
    Verifications,
    pack_attributes,
)
from gridmap.indicators.served import Served, load_agreements, load_served
from gridmap.indicators.tree import AreaTree, Places
from gridmap.residents.models import Person, PersonAttribute, Residence
from gridmap.store.models import ChangeNumber
from gridmap.store.store import UnitOfWork
from gridmap.store.types import to_day

_BELIEVED = "superseded_at IS NULL"
_VALID = {"valid_from": DayColumn("valid_from", 0), "valid_to": DayColumn("valid_to")}
_M2_PER_KM2 = 1e6

Table = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Snapshot:
    """The register at one state of the store. ``numbers`` are the change numbers it was read at.

    ``parted`` counts the persons whose principal residences overlapped and had to be told apart.
    """

    numbers: Mapping[str, int]
    areas: AreaTree
    buildings: Buildings
    main_cells: MainCells
    dwellings: Dwellings
    tenures: Tenures
    verifications: Verifications
    agreements: Agreements
    persons: Persons
    attributes: Attributes
    residences: Residences
    served: Served
    parted: int
    change_days: NDArray[np.int32]
    _places: dict[int, tuple[Places, Places]] = field(default_factory=dict, repr=False, compare=False)

    def places(self, day: int) -> tuple[Places, Places]:
        """The area of each building and the area that stands for each area on a day; -1 for nowhere.

        A building lies in its main cell, else in the area it was recorded under; an area that is not in force is
        stood for by the nearest one above it that is. Both change on ``change_days`` only.
        """
        epoch = int(np.searchsorted(self.change_days, day, side="right"))
        found = self._places.get(epoch)
        if found is None:
            standing = self.areas.standing(day)
            cells = self.main_cells
            held = np.flatnonzero((cells.valid_from <= day) & (day < cells.valid_to))
            recorded = self.buildings.area.copy()
            recorded[cells.building[held]] = cells.cell[held]
            found = self._places[epoch] = (_through(standing, recorded), standing)
        return found

    def place_of(self, residences: NDArray[np.intp], day: int) -> Places:
        """The area in which each of some residences counts on a day: its building's, else the one it names."""
        of_building, standing = self.places(day)
        building = self.residences.building[residences]
        place = _through(of_building, building)
        lost = np.flatnonzero(place < 0)
        if len(lost):
            place[lost] = _through(standing, self.residences.area[residences[lost]])
        return place


def _through(mapping: Places, positions: NDArray[np.int32]) -> Places:
    """``mapping`` at each position; -1 stays -1."""
    if not len(mapping):
        return np.full(len(positions), -1, dtype=np.int32)
    return np.where(positions >= 0, mapping[positions], np.int32(-1)).astype(np.int32, copy=False)


def change_numbers(unit: UnitOfWork) -> dict[str, int]:
    """The store's change numbers as this unit of work sees them."""
    return {row.name: row.value for row in unit.session.scalars(sa.select(ChangeNumber))}


def load_snapshot(unit: UnitOfWork, known_at: datetime | None = None) -> Snapshot:
    """Read the whole register of every region as it is believed in this unit of work. With ``known_at`` who lived where
    in which category is what was known at that moment; buildings, visits and what is held of dwellings are today's."""
    areas = load_areas(unit)
    area_keys = KeyIndex(np.array([area.bytes for area in areas.ids], dtype="S16"))
    buildings, building_keys = _buildings(unit, area_keys)
    main_cells = _main_cells(unit, building_keys, area_keys)
    dwellings, dwelling_keys = _dwellings(unit, building_keys, len(buildings))
    rows = _residence_rows(unit, (building_keys, dwelling_keys, area_keys), known_at)
    people, person_keys = _people(unit)
    rows["person"] = person_keys.positions(rows["person"])
    rows, parted = without_overlaps(rows)
    residences, order = _arranged(rows)
    persons, renumbered = _renumbered(people, order)
    days = [areas.change_days(), main_cells.valid_from, main_cells.valid_to[main_cells.valid_to != OPEN]]
    return Snapshot(
        numbers=change_numbers(unit),
        areas=areas,
        buildings=buildings,
        main_cells=main_cells,
        dwellings=dwellings,
        tenures=_tenures(unit, dwelling_keys),
        verifications=_verifications(unit, dwelling_keys),
        agreements=load_agreements(unit, dwelling_keys),
        persons=persons,
        attributes=_attributes(unit, person_keys, renumbered, known_at),
        residences=residences,
        served=load_served(unit, person_keys, renumbered),
        parted=parted,
        change_days=np.unique(np.concatenate(days)),
    )


def load_areas(unit: UnitOfWork) -> AreaTree:
    """The whole area tree, every area that ever was."""
    nodes = sorted(areas_repository.everything(unit), key=lambda node: (node.code, node.id))
    positions = {node.id: position for position, node in enumerate(nodes)}
    english = sa.select(AreaName.area_id, AreaName.name).where(
        AreaName.language == "en", AreaName.kind == "official", AreaName.valid_to.is_(None)
    )
    names = {area: name for area, name in unit.session.execute(english)}  # noqa: C416 - rows are no tuples to mypy
    return AreaTree(
        ids=tuple(node.id for node in nodes),
        codes=tuple(node.code for node in nodes),
        names=tuple(node.name for node in nodes),
        english=tuple(names.get(node.id) for node in nodes),
        levels=tuple(node.level for node in nodes),
        kinds=tuple(node.kind for node in nodes),
        region=np.array([node.region or 0 for node in nodes], dtype=np.int32),
        parent=np.array([positions.get(node.parent_id, -1) for node in nodes], dtype=np.int32),  # type: ignore[arg-type]
        valid_from=np.array([to_day(node.valid_from) for node in nodes], dtype=np.int32),
        valid_to=np.array([OPEN if node.valid_to is None else to_day(node.valid_to) for node in nodes], dtype=np.int32),
        area_km2=_areas_km2(unit, positions),
    )


def _areas_km2(unit: UnitOfWork, positions: dict[Any, int]) -> NDArray[np.float64]:
    sizes = np.full(len(positions), np.nan)
    rows = unit.session.execute(sa.select(Area.id, Area.geometry).where(Area.geometry.is_not(None))).all()
    if rows:
        shapes = gpd.GeoSeries(shapely.from_wkb([geometry for _, geometry in rows]), crs=LONLAT)
        sizes[[positions[area] for area, _ in rows]] = areas_m2(shapes).to_numpy() / _M2_PER_KM2
    return sizes


def _buildings(unit: UnitOfWork, area_keys: KeyIndex) -> tuple[Buildings, KeyIndex]:
    rows = read_everywhere(
        unit,
        Building.__table__,  # type: ignore[arg-type]
        {
            "id": KeyColumn("id"),
            "region": NumberColumn("region"),
            "area": KeyColumn("area_id"),
            "valid_from": DayColumn("valid_from", UNKNOWN_DAY),
            "valid_to": DayColumn("valid_to"),
        },
    )
    rows = _taken(rows, sorted_by(rows["region"], rows["id"]))
    buildings = Buildings(
        ids=rows["id"],
        region=rows["region"],
        area=area_keys.positions(rows["area"]),
        valid_from=rows["valid_from"],
        valid_to=rows["valid_to"],
    )
    return buildings, KeyIndex(rows["id"])


def _main_cells(unit: UnitOfWork, building_keys: KeyIndex, area_keys: KeyIndex) -> MainCells:
    table = BuildingCell.__table__
    main = "main" if unit.dialect == "postgresql" else "main = 1"
    columns = {"building": KeyColumn("building_id"), "cell": KeyColumn("cell_id"), **_VALID}
    rows = read_everywhere(unit, table, columns, main)  # type: ignore[arg-type]
    rows = _taken(rows, sorted_by(rows["valid_from"], rows["cell"]))
    return MainCells(
        building=building_keys.positions(rows["building"]),
        cell=area_keys.positions(rows["cell"]),
        valid_from=rows["valid_from"],
        valid_to=rows["valid_to"],
    )


def _dwellings(unit: UnitOfWork, building_keys: KeyIndex, buildings: int) -> tuple[Dwellings, KeyIndex]:
    columns = {"id": KeyColumn("id"), "building": KeyColumn("building_id")}
    rows = read_everywhere(unit, Dwelling.__table__, columns)  # type: ignore[arg-type]
    rows["building"] = building_keys.positions(rows["building"])
    rows = _taken(rows, np.argsort(rows["building"], kind="stable"))
    first = np.searchsorted(rows["building"], np.arange(buildings + 1))
    return Dwellings(ids=rows["id"], building=rows["building"], first=first), KeyIndex(rows["id"])


def _residence_rows(unit: UnitOfWork, places: tuple[KeyIndex, KeyIndex, KeyIndex], known_at: datetime | None) -> Table:
    building_keys, dwelling_keys, area_keys = places
    principal = "principal" if unit.dialect == "postgresql" else "principal = 1"
    columns: dict[str, Column] = {
        "person": KeyColumn("person_id"),
        "household": KeyColumn("household_id"),
        "dwelling": KeyColumn("dwelling_id"),
        "building": KeyColumn("building_id"),
        "area": KeyColumn("area_id"),
        "head": CodeColumn("relationship", words.HEAD_CODES),
        "filled": PresentColumns(RESIDENCE_FIELDS),
        **_VALID,
        "cause_in": CodeColumn("cause_in", words.CAUSE_IN_CODES),
        "cause_out": CodeColumn("cause_out", words.CAUSE_OUT_CODES),
    }
    rows = _known(unit, Residence.__table__, columns, known_at, f" AND {principal}")
    rows["building"] = building_keys.positions(rows["building"])
    rows["dwelling"] = dwelling_keys.positions(rows["dwelling"])
    rows["area"] = area_keys.positions(rows["area"])
    rows["household"] = _numbered(rows["household"], rows["building"])
    return rows


def _known(
    unit: UnitOfWork, table: Any, columns: dict[str, Column], known_at: datetime | None, also: str = ""
) -> Table:
    """Records that are believed now, or were known at a moment, with what they held then."""
    where = believed(unit, known_at) + also
    if known_at is None:
        return read_everywhere(unit, table, columns, where)
    rows = read_everywhere(unit, table, {"id": KeyColumn("id"), **columns}, where)
    rows = with_former_values(unit, table.name, rows, columns, known_at)
    del rows["id"]
    return rows


def _numbered(keys: NDArray[np.bytes_], building: NDArray[np.int32]) -> NDArray[np.int32]:
    """Numbers for households so that those of one building stand together; -1 for none."""
    words_of = np.ascontiguousarray(keys).view(np.uint64).reshape(-1, 2)
    order = sorted_by(words_of[:, 0], words_of[:, 1])
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (words_of[order[1:]] != words_of[order[:-1]]).any(axis=1)
    group = np.empty(len(order), dtype=np.int32)
    group[order] = np.cumsum(new) - 1
    firsts = order[new]
    rank = np.empty(len(firsts), dtype=np.int32)
    rank[np.argsort(building[firsts], kind="stable")] = np.arange(len(firsts))
    return np.where((words_of == 0).all(axis=1), np.int32(-1), rank[group]).astype(np.int32)


def _arranged(rows: Table) -> tuple[Residences, NDArray[np.int32]]:
    """Residences by household, heads first, and the persons in that order."""
    homeless = rows["household"] < 0
    order = sorted_by(homeless, rows["household"], 1 - rows["head"], rows["building"], rows["valid_from"])
    rows = _taken(rows, order)
    listed: NDArray[np.int32] = rows["person"]
    seen, firsts = np.unique(listed, return_index=True)
    persons = seen[np.argsort(firsts)]
    renumber = np.full(int(listed.max(initial=-1)) + 1, -1, dtype=np.int32)
    renumber[persons] = np.arange(len(persons), dtype=np.int32)
    person = renumber[listed]
    previous, following = neighbours(person, rows["valid_from"], rows["valid_to"])
    residences = Residences(
        person=person,
        household=rows["household"],
        dwelling=rows["dwelling"],
        building=rows["building"],
        area=rows["area"],
        filled=_shifted(rows["filled"], len(PERSON_FIELDS) + len(ATTRIBUTE_FIELDS)),
        valid_from=rows["valid_from"],
        valid_to=rows["valid_to"],
        cause_in=rows["cause_in"].astype(np.int8),
        cause_out=rows["cause_out"].astype(np.int8),
        previous=previous,
        following=following,
    )
    return residences, persons


def _people(unit: UnitOfWork) -> tuple[Table, KeyIndex]:
    columns = {
        "id": KeyColumn("id"),
        "region": NumberColumn("region"),
        "sex": CodeColumn("sex", words.SEX_CODES),
        "birth_day": DayColumn("birth_date", UNKNOWN_DAY),
        "filled": PresentColumns(PERSON_FIELDS),
    }
    rows = read_everywhere(unit, Person.__table__, columns)  # type: ignore[arg-type]
    # Someone who moved to another street is kept there under the same id: still one person.
    rows = _taken(rows, np.unique(rows["id"], return_index=True)[1])
    return rows, KeyIndex(rows["id"])


def _renumbered(people: Table, order: NDArray[np.int32]) -> tuple[Persons, NDArray[np.int32]]:
    """The persons that reside somewhere in their new order, and the new number of each old one (-1 for others)."""
    renumber = np.full(len(people["id"]), -1, dtype=np.int32)
    renumber[order] = np.arange(len(order), dtype=np.int32)
    taken = _taken(people, order)
    persons = Persons(
        ids=taken["id"],
        region=taken["region"],
        sex=taken["sex"].astype(np.int8),
        birth_day=taken["birth_day"],
        filled=taken["filled"].astype(np.uint16),
    )
    return persons, renumber


def _attributes(
    unit: UnitOfWork, person_keys: KeyIndex, renumbered: NDArray[np.int32], known_at: datetime | None
) -> Attributes:
    columns: dict[str, Column] = {
        "person": KeyColumn("person_id"),
        "presence": CodeColumn("presence", words.PRESENCE_CODES),
        "marital": CodeColumn("marital_status", words.MARITAL_CODES),
        "filled": PresentColumns(ATTRIBUTE_FIELDS),
        **_VALID,
    }
    rows = _known(unit, PersonAttribute.__table__, columns, known_at)
    old = person_keys.positions(rows["person"])
    rows["person"] = np.where(old >= 0, renumbered[old], -1) if len(renumbered) else old
    rows = _taken(rows, np.flatnonzero(rows["person"] >= 0))
    rows = _taken(rows, sorted_by(rows["person"], rows["valid_from"]))
    return Attributes(
        person=rows["person"],
        packed=pack_attributes(rows["presence"], rows["marital"], rows["filled"]),
        valid_from=rows["valid_from"],
        valid_to=rows["valid_to"],
    )


def _tenures(unit: UnitOfWork, dwelling_keys: KeyIndex) -> Tenures:
    columns = {
        "dwelling": KeyColumn("dwelling_id"),
        "tenure": CodeColumn("tenure", words.TENURE_CODES),
        **_VALID,
    }
    rows = read_everywhere(unit, DwellingState.__table__, columns, _BELIEVED)  # type: ignore[arg-type]
    rows["dwelling"] = dwelling_keys.positions(rows["dwelling"])
    rows = _taken(rows, sorted_by(rows["dwelling"], rows["valid_from"]))
    return Tenures(rows["dwelling"], rows["tenure"].astype(np.int8), rows["valid_from"], rows["valid_to"])


def _verifications(unit: UnitOfWork, dwelling_keys: KeyIndex) -> Verifications:
    columns = {"dwelling": KeyColumn("dwelling_id"), "day": DayColumn("verified_on", 0)}
    rows = read_everywhere(unit, Verification.__table__, columns)  # type: ignore[arg-type]
    rows["dwelling"] = dwelling_keys.positions(rows["dwelling"])
    rows = _taken(rows, sorted_by(rows["dwelling"], rows["day"]))
    return Verifications(rows["dwelling"], rows["day"])


def _shifted(bits: NDArray[Any], by: int) -> NDArray[np.uint16]:
    shifted: NDArray[np.uint16] = bits.astype(np.uint16) << np.uint16(by)
    return shifted


def _taken(rows: Table, order: NDArray[Any]) -> Table:
    return {name: values[order] for name, values in rows.items()}
