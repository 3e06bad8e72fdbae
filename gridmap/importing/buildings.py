"""Import of buildings: footprints with floors, heights and addresses; dwellings generated from floors on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata.assign import assign_by_overlap
from geodata.errors import NotPolygonsError
from geodata.floors import parse_floors
from geodata.issues import Issue, Severity
from geodata.readers import map_fields, read_layer
from gridmap.access.policy import Action
from gridmap.access.scope import require_area, scope_of
from gridmap.accounts.actor import Actor
from gridmap.areas import repository as areas
from gridmap.areas.models import Area
from gridmap.areas.node import AreaNode
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.buildings.models import Building, BuildingCode, Compound
from gridmap.changes.journal import Journal, recording
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict, silent, write_batch
from gridmap.importing.placing import cells_in_force, place_buildings
from gridmap.importing.rooms import RoomPlan, generate_dwellings
from gridmap.store.bulk import bulk_insert
from gridmap.store.ids import uuid7_bytes
from gridmap.store.spatial import reindex
from gridmap.store.store import Store, UnitOfWork

FIELDS = (
    "building_id", "compound", "number", "road", "road_no", "address", "name", "floors", "floors_below", "height_m",
    "units", "use",
)  # fmt: skip
METRES_A_FLOOR = 3.0
OSM_COLUMNS = frozenset({"osm_id", "@id", "osm_way_id"})


@dataclass(frozen=True, slots=True)
class BuildingOptions:
    """How buildings are read, and whether dwellings are made from their floors."""

    layer: str | None = None
    crs: str | None = None
    rooms: RoomPlan | None = None


@dataclass(slots=True)
class _Layer:
    """The columns of a building layer, one entry a feature, and where each goes."""

    numbers: NDArray[np.int64]
    shapes: list[bytes]
    text: dict[str, list[str | None]]
    floors_above: list[int | None]
    floors_below: list[int | None]
    height_m: list[float | None]
    scheme: str
    region: list[int | None] = field(default_factory=list)
    area: list[UUID | None] = field(default_factory=list)


def import_buildings(
    store: Store, actor: Actor, path: Path, under: str | None, options: BuildingOptions, *, progress: Progress = silent
) -> ImportOutcome:
    """Import building footprints.

    A building goes to the street of the cell it overlaps most, else to ``under``. It is known again by its external id,
    else by an identical footprint; a known one is updated. A building with neither cell nor area is rejected.

    Raises:
        PermissionDeniedError, NotFoundError, AreaNotFoundError, GeodataError.
    """
    outcome = ImportOutcome("buildings", path.name)
    progress("read", 0, 4)
    read = read_layer(path, layer=options.layer, crs=options.crs)
    outcome.issues += read.issues
    outcome.verdicts[Verdict.REJECTED] += read.dropped
    _require_polygons(read.frame)
    layer = _columns(read.frame, outcome)
    progress("place", 1, 4)
    with store.write() as unit:
        top = _top(unit, actor, under)
        _locate(unit, layer, read.frame, top)
        progress("write", 2, 4)
        regions = sorted({region for region in layer.region if region is not None})
        with recording(
            unit, actor, "buildings.import", region=next(iter(regions), audit.INSTALLATION_REGION),
            change_id=outcome.batch_id, bulk=True,
        ) as journal:  # fmt: skip
            journal.touches(regions)
            ids = _write(journal, outcome, layer, regions)
            placed = place_buildings(unit, regions, journal=journal)
            if options.rooms is not None:
                progress("dwellings", 3, 4)
                outcome.notes["dwellings"] = _rooms(journal, layer, ids, options.rooms, outcome)
        outcome.issues += placed.issues
        outcome.notes |= {"orphans": placed.orphans, "straddlers": placed.straddlers}
        reindex(unit.session, "building")
        write_batch(unit, actor, outcome, path, regions=regions, under_code=top.code if top else None)
        if outcome.verdicts[Verdict.INSERTED] or outcome.verdicts[Verdict.UPDATED] or outcome.notes.get("dwellings"):
            unit.changed("geometry", "register")
    progress("write", 4, 4)
    return outcome


def _require_polygons(frame: gpd.GeoDataFrame) -> None:
    kinds = shapely.get_type_id(np.asarray(frame.geometry.array, dtype=object))
    wrong = ~np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    if wrong.any():
        raise NotPolygonsError(position=int(np.flatnonzero(wrong)[0]) + 1)


def _top(unit: UnitOfWork, actor: Actor, under: str | None) -> AreaNode | None:
    """The area given, else the only street there is; the actor must be allowed to import there."""
    if under is not None:
        top = find_area(unit, under)
        require_area(unit, actor, Action.GEOMETRY_IMPORT, top.id)
        return top
    scope_of(actor, Action.GEOMETRY_IMPORT)
    streets = [node for node in areas.everything(unit) if node.level == "street"]
    if len(streets) != 1:
        return None
    require_area(unit, actor, Action.GEOMETRY_IMPORT, streets[0].id)
    return streets[0]


def _columns(frame: gpd.GeoDataFrame, outcome: ImportOutcome) -> _Layer:
    mapped = map_fields(frame, FIELDS)
    floors = parse_floors(_column(frame, mapped.get("floors")))
    outcome.issues += floors.issues
    below = parse_floors(_column(frame, mapped.get("floors_below")))
    height = pd.to_numeric(_column(frame, mapped.get("height_m")), errors="coerce")
    height = height.where((height > 0) & (height < 1000))
    derived = (height / METRES_A_FLOOR).round().clip(lower=1)
    above = floors.above.astype("Float64").fillna(derived.astype("Float64"))
    id_column = mapped.get("building_id")
    return _Layer(
        numbers=frame.index.to_numpy(dtype=np.int64),
        shapes=[bytes(shape) for shape in shapely.to_wkb(np.asarray(frame.geometry.array, dtype=object))],
        text={name: _texts(frame, mapped.get(name)) for name in FIELDS},
        floors_above=[None if pd.isna(v) else int(v) for v in above],
        floors_below=[None if pd.isna(v) else int(v) for v in floors.below.fillna(below.above)],
        height_m=[None if pd.isna(v) else float(v) for v in height],
        scheme="osm" if id_column and id_column.lower() in OSM_COLUMNS else "office",
    )


def _column(frame: gpd.GeoDataFrame, column: str | None) -> pd.Series:
    return pd.Series(None, index=frame.index, dtype=object) if column is None else frame[column]


def _texts(frame: gpd.GeoDataFrame, column: str | None) -> list[str | None]:
    values = _column(frame, column)
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip().str.removesuffix(".0")
    return [value or None for value in text]


def _locate(unit: UnitOfWork, layer: _Layer, frame: gpd.GeoDataFrame, top: AreaNode | None) -> None:
    """Region and area of each building: of its cell, else of the area named by the user."""
    cells, grid = cells_in_force(unit, unit.now.date())
    count = len(layer.numbers)
    layer.region = [top.region if top else None] * count
    layer.area = [top.id if top else None] * count
    if not cells:
        return
    rows = unit.session.execute(sa.select(Area.id, Area.region, Area.parent_id).where(Area.id.in_(cells)))
    home = {row.id: (row.region, row.parent_id) for row in rows}
    for position, cell in enumerate(assign_by_overlap(frame.reset_index(drop=True), grid).cell.tolist()):
        if cell >= 0:
            layer.region[position], layer.area[position] = home[cells[cell]]


def _write(journal: Journal, outcome: ImportOutcome, layer: _Layer, regions: Sequence[int]) -> list[UUID | None]:
    """Insert new buildings, update known ones; returns the id of each feature (None when rejected)."""
    unit = journal.unit
    known = _known(unit, regions)
    ids: list[UUID | None] = []
    fresh: list[int] = []
    keys = uuid7_bytes(len(layer.numbers))
    for position, region in enumerate(layer.region):
        if region is None:
            outcome.reject(_homeless(int(layer.numbers[position])))
            ids.append(None)
            continue
        code = layer.text["building_id"][position]
        found = known.by_code.get((region, code)) if code else None
        found = found or known.by_shape.get((region, layer.shapes[position]))
        if found is None:
            new = UUID(bytes=keys[position])
            ids.append(new)
            fresh.append(position)
            if code:
                known.by_code[region, code] = new
            continue
        ids.append(found)
        if position < len(ids) and found in known.rows:
            changed = _update(unit, layer, position, known.rows[found])
            outcome.verdicts[Verdict.UPDATED if changed else Verdict.UNCHANGED] += 1
        else:
            outcome.reject(_repeated(int(layer.numbers[position]), code))
            ids[-1] = None
    _insert(journal, layer, fresh, ids)
    outcome.verdicts[Verdict.INSERTED] += len(fresh)
    return ids


def _homeless(number: int) -> Issue:
    return Issue(
        "building_without_area",
        "The building lies in no cell and no area was named for it.",
        "Name the street or community with --under, or import the cells first.",
        number,
    )


def _repeated(number: int, code: str | None) -> Issue:
    return Issue(
        "building_repeated",
        "The building id {code} stands twice in the layer.",
        "Keep one feature for each building.",
        number,
        "building_id",
        params={"code": code or "-"},
    )


@dataclass(slots=True)
class _Known:
    by_code: dict[tuple[int, str], UUID]
    by_shape: dict[tuple[int, bytes], UUID]
    rows: dict[UUID, Building]


def _known(unit: UnitOfWork, regions: Sequence[int]) -> _Known:
    rows = list(unit.session.scalars(sa.select(Building).where(Building.region.in_(regions))))
    codes = unit.session.execute(
        sa.select(BuildingCode.region, BuildingCode.value, BuildingCode.building_id).where(
            BuildingCode.region.in_(regions)
        )
    )
    return _Known(
        {(region, value): building for region, value, building in codes},
        {(row.region, _normal(row.footprint)): row.id for row in rows if row.footprint is not None},
        {row.id: row for row in rows},
    )


def _normal(shape: bytes) -> bytes:
    """WKB as this program writes it, whatever engine kept it."""
    return bytes(shapely.to_wkb(shapely.from_wkb(shape)))


def _facts(layer: _Layer, position: int) -> dict[str, Any]:
    text = layer.text
    return {
        "number": text["number"][position],
        "name": text["name"][position],
        "road": text["road"][position],
        "road_no": text["road_no"][position],
        "address": text["address"][position],
        "use": text["use"][position],
        "floors_above": layer.floors_above[position],
        "floors_below": layer.floors_below[position],
        "height_m": layer.height_m[position],
    }


def _update(unit: UnitOfWork, layer: _Layer, position: int, row: Building) -> bool:
    """Take over what the layer says and the register does not know better; a silent field changes nothing."""
    changed = False
    for name, value in _facts(layer, position).items():
        if value is not None and getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    if row.footprint is None or _normal(row.footprint) != layer.shapes[position]:
        row.footprint = layer.shapes[position]
        changed = True
    compound = layer.text["compound"][position]
    if compound is not None:
        known = compounds(unit, row.region, [compound], row.area_id)[compound]
        if row.compound_id != known:
            row.compound_id = known
            changed = True
    if changed:
        row.version += 1
        unit.session.flush()
    return changed


def compounds(unit: UnitOfWork, region: int, names: Sequence[str], area_id: UUID | None) -> dict[str, UUID]:
    """Ids of compounds by name within a region; unknown ones are added."""
    rows = unit.session.execute(sa.select(Compound.name, Compound.id).where(Compound.region == region))
    known = {name: compound_id for name, compound_id in rows}  # noqa: C416 - rows are not pairs to the type checker
    for name in dict.fromkeys(names):
        if name not in known:
            compound = Compound(region=region, name=name, area_id=area_id)
            unit.session.add(compound)
            unit.session.flush()
            known[name] = compound.id
    return known


def _insert(journal: Journal, layer: _Layer, fresh: list[int], ids: list[UUID | None]) -> None:
    if not fresh:
        return
    unit = journal.unit
    named: dict[int, list[str]] = {}
    for position in fresh:
        if (name := layer.text["compound"][position]) is not None:
            named.setdefault(layer.region[position] or 0, []).append(name)
    by_region = {region: compounds(unit, region, names, None) for region, names in named.items()}
    facts = [_facts(layer, position) for position in fresh]
    chosen = [
        by_region.get(layer.region[position] or 0, {}).get(layer.text["compound"][position] or "") for position in fresh
    ]
    bulk_insert(
        unit,
        Building,
        {
            "region": [layer.region[position] for position in fresh],
            "id": [ids[position] for position in fresh],
            "compound_id": chosen,
            "area_id": [layer.area[position] for position in fresh],
            **{name: [fact[name] for fact in facts] for name in facts[0]},
            "footprint": [layer.shapes[position] for position in fresh],
            "batch_id": journal.id,
            "version": 1,
        },
    )
    coded = [position for position in fresh if layer.text["building_id"][position]]
    if coded:
        columns: dict[str, Any] = {
            "region": [layer.region[position] for position in coded],
            "scheme": layer.scheme,
            "value": [layer.text["building_id"][position] for position in coded],
        }
        bulk_insert(unit, BuildingCode, {**columns, "building_id": [ids[position] for position in coded]})
        pairs = zip(columns["region"], columns["value"], strict=True)
        journal.created(BuildingCode, [{"region": r, "scheme": layer.scheme, "value": value} for r, value in pairs])


def _rooms(journal: Journal, layer: _Layer, ids: list[UUID | None], plan: RoomPlan, outcome: ImportOutcome) -> int:
    """Generate dwellings for buildings that have floors and no dwellings yet."""
    wanted = [
        (layer.region[position] or 0, building, floors, layer.text["units"][position])
        for position, (building, floors) in enumerate(zip(ids, layer.floors_above, strict=True))
        if building is not None and floors
    ]
    without = sum(1 for building, floors in zip(ids, layer.floors_above, strict=True) if building and not floors)
    if without:
        outcome.issues.append(
            Issue(
                "floors_unknown",
                "{count} buildings have neither floors nor height, so no dwellings were made for them.",
                "Add the floors, or import a table of dwellings.",
                severity=Severity.WARNING,
                params={"count": without},
            )
        )
    return generate_dwellings(journal, wanted, plan)
