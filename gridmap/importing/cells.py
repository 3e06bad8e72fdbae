"""Import of cells: polygons under an area, checked as a coverage, coded, dated; buildings follow their cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import geopandas as gpd
import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata.assign import assign_by_overlap
from geodata.coverage import check_coverage
from geodata.errors import Phrase
from geodata.issues import Issue, Severity
from geodata.readers import map_fields, read_layer
from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.accounts.actor import Actor
from gridmap.areas import repository
from gridmap.areas.models import Area
from gridmap.areas.node import BEGINNING, CELL, AreaNode
from gridmap.areas.service import add_area, find_area, levels, short_name
from gridmap.errors import GridmapError, InvalidInputError
from gridmap.importing.neighbours import overlaps_with_others
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict, silent, write_batch
from gridmap.importing.placing import frame_of, place_buildings
from gridmap.store.spatial import reindex
from gridmap.store.store import Store, UnitOfWork

FIELDS = ("community", "parent_code", "kind", "name", "code")
# A cell counts as replaced by a re-division when more than this part of it is covered by new cells.
REPLACED_SHARE = 0.01
CODE_DIGITS = 15


class CellsUnderCellError(GridmapError):
    """Cells were to be put under a cell."""

    code = "cells_under_cell"
    message = "{area} is itself a cell; cells lie under a community."
    hint = "Name the community or the street with --under."


WIDEST_SLIVER_M = 100.0


@dataclass(frozen=True, slots=True)
class CellOptions:
    """How cells are read: the layer, its CRS, from when they hold, and what counts as a sliver (metres)."""

    layer: str | None = None
    crs: str | None = None
    valid_from: date | None = None
    tolerance_m: float = 1.0


def import_cells(
    store: Store, actor: Actor, path: Path, under: str, options: CellOptions, *, progress: Progress = silent
) -> ImportOutcome:
    """Import cells under an area.

    The parent of each cell is the community its layer names, else the community whose polygon it overlaps most, else
    ``under`` itself. A code in the layer is kept; otherwise codes are generated (parent padded to 12 digits + 3 digits,
    from west to east, then north to south, DB11/T 2157-2023). With ``valid_from`` the cells that the new ones cover end
    that day; without it cells with the same code are corrected in place.

    Raises:
        PermissionDeniedError, NotFoundError, AreaNotFoundError, CellsUnderCellError, GeodataError.
    """
    if not 0 <= options.tolerance_m <= WIDEST_SLIVER_M:
        raise InvalidInputError(
            field="--tolerance", reason=Phrase("0 to {most} metres", {"most": f"{WIDEST_SLIVER_M:g}"})
        )
    outcome = ImportOutcome("cells", path.name)
    progress("read", 0, 3)
    read = read_layer(path, layer=options.layer, crs=options.crs)
    outcome.issues += read.issues
    outcome.verdicts[Verdict.REJECTED] += read.dropped
    progress("check", 1, 3)
    report = check_coverage(read.frame, tolerance_m=options.tolerance_m)
    outcome.issues += report.to_issues()
    outcome.notes |= {"gaps": len(report.gaps), "overlaps": len(report.overlaps), "slivers": len(report.slivers)}
    with store.write() as unit:
        top = find_area(unit, under, options.valid_from)
        if top.level == CELL:
            raise CellsUnderCellError(area=top.name)
        require_area(unit, actor, Action.GEOMETRY_IMPORT, top.id)
        progress("write", 2, 3)
        regions = _write(unit, outcome, read.frame, top, options)
        placed = place_buildings(unit, regions, options.valid_from or BEGINNING)
        outcome.issues += placed.issues
        outcome.notes |= {"buildings_moved": placed.changed, "orphans": placed.orphans, "straddlers": placed.straddlers}
        reindex(unit.session, "area")
        write_batch(unit, actor, outcome, path, regions=regions, under_code=top.code, effective=options.valid_from)
        if outcome.verdicts[Verdict.INSERTED] or outcome.verdicts[Verdict.UPDATED] or placed.changed:
            unit.changed("geometry", "register")
    progress("write", 3, 3)
    return outcome


def _text(frame: gpd.GeoDataFrame, column: str | None) -> NDArray[np.object_]:
    if column is None:
        return np.full(len(frame), "", dtype=object)
    text = frame[column].astype(object).where(frame[column].notna(), "").astype(str).str.strip()
    return np.asarray(text.str.removesuffix(".0"), dtype=object)


def _write(
    unit: UnitOfWork, outcome: ImportOutcome, frame: gpd.GeoDataFrame, top: AreaNode, options: CellOptions
) -> list[int]:
    mapped = map_fields(frame, FIELDS)
    texts = {name: _text(frame, mapped.get(name)) for name in FIELDS}
    parents = _parents(unit, outcome, frame, top, texts)
    shapes = [bytes(shape) for shape in shapely.to_wkb(np.asarray(frame.geometry.array, dtype=object))]
    existing = {node.code: node for node in repository.descendants(unit, top.id, level=CELL) if node.valid_to is None}
    stored = repository.geometries(unit, [node.id for node in existing.values()])
    by_shape = {stored[node.id]: code for code, node in existing.items() if node.id in stored}
    known = [by_shape.get(shape) for shape in shapes]
    codes = _codes(unit, outcome, frame, parents, texts["code"], known)
    valid_from = options.valid_from or BEGINNING
    ended: set[str] = set()
    if options.valid_from is not None:
        ended = _end_replaced(unit, outcome, existing, stored, frame, set(zip(codes, shapes, strict=True)), valid_from)
    others = overlaps_with_others(unit, frame, set(codes), options.tolerance_m)
    outcome.issues += others
    outcome.notes["overlaps_with_others"] = len(others)
    regions: set[int] = {top.region} if top.region is not None else set()
    for position, (code, shape, parent) in enumerate(zip(codes, shapes, parents, strict=True)):
        found = existing.get(code)
        if found is not None and code not in ended:
            same = stored.get(found.id) == shape
            if not same:
                unit.session.execute(
                    sa.update(Area).where(Area.id == found.id).values(geometry=shape, version=Area.version + 1)
                )
            outcome.verdicts[Verdict.UNCHANGED if same else Verdict.UPDATED] += 1
            continue
        name = texts["name"][position] or f"{short_name(parent)}第{code[-3:][-2:] if code[-3:].isdigit() else code}网格"
        area = add_area(
            unit, code=code, name=name, level=CELL, parent=parent, kind=_kind(texts["kind"][position]),
            geometry=shape, valid_from=valid_from,
        )  # fmt: skip
        outcome.verdicts[Verdict.INSERTED] += 1
        if area.region is not None:
            regions.add(area.region)
    return sorted(regions)


def _kind(text: str) -> str:
    kinds = levels().cell_kinds
    for name, label in kinds.items():
        if text.lower() == name or text == label:
            return name
    return "dedicated" if "专属" in text else "residential"


def _parents(
    unit: UnitOfWork,
    outcome: ImportOutcome,
    frame: gpd.GeoDataFrame,
    top: AreaNode,
    texts: dict[str, NDArray[np.object_]],
) -> list[AreaNode]:
    below = [node for node in repository.descendants(unit, top.id) if node.level != CELL and node.valid_to is None]
    leaves = [node for node in below if not any(other.parent_id == node.id for other in below)]
    by_text: dict[str, AreaNode] = {}
    for node in leaves:
        for text in (node.code, node.name, *repository.names_of(unit, node.id)):
            by_text.setdefault(text, node)
    overlapped = _by_overlap(unit, frame, leaves)
    parents: list[AreaNode] = []
    for position, number in enumerate(frame.index):
        named = [texts[field][position] for field in ("parent_code", "community") if texts[field][position]]
        found = next((by_text[text] for text in named if text in by_text), None)
        if found is None and named and named[0] not in {top.code, top.name}:
            outcome.issues.append(
                Issue(
                    "cell_community_unknown",
                    "There is no community “{community}” under {area}; the cell was put by its place.",
                    "Correct the name, or import the community first.",
                    int(number),
                    severity=Severity.WARNING,
                    params={"community": named[0], "area": top.name},
                )
            )
        parents.append(found or overlapped.get(position) or top)
    if leaves and any(parent is top for parent in parents):
        outcome.issues.append(
            Issue(
                "cells_without_community",
                "{count} cells hang directly under {area}, in no community.",
                "Give the layer a column with the community, import the communities' outlines, or name the community.",
                severity=Severity.WARNING,
                params={"count": sum(parent is top for parent in parents), "area": top.name},
            )
        )
    return parents


def _by_overlap(unit: UnitOfWork, frame: gpd.GeoDataFrame, leaves: list[AreaNode]) -> dict[int, AreaNode]:
    shapes = repository.geometries(unit, [node.id for node in leaves])
    drawn = [node for node in leaves if node.id in shapes]
    if not drawn:
        return {}
    found = assign_by_overlap(frame.reset_index(drop=True), frame_of(shapes[node.id] for node in drawn))
    return {position: drawn[cell] for position, cell in enumerate(found.cell.tolist()) if cell >= 0}


def _codes(
    unit: UnitOfWork,
    outcome: ImportOutcome,
    frame: gpd.GeoDataFrame,
    parents: list[AreaNode],
    given: NDArray[np.object_],
    known: list[str | None],
) -> list[str]:
    """The layer's codes where they are complete, unique and free; otherwise generated ones."""
    filled = [code for code in given if code]
    taken = {node.code for node in repository.everything(unit) if node.level != CELL}
    if filled and len(set(filled)) == len(given) and not taken & set(filled):
        return [str(code) for code in given]
    if filled:
        outcome.issues.append(
            Issue(
                "cell_codes_unusable",
                "The codes of the layer are incomplete, repeated or belong to other areas; new ones were generated.",
                "Give each cell a code of its own to keep the office's codes.",
                severity=Severity.WARNING,
            )
        )
    centres = shapely.get_coordinates(shapely.centroid(np.asarray(frame.geometry.array, dtype=object)))
    return _generated(unit, parents, centres, known)


def _generated(
    unit: UnitOfWork, parents: list[AreaNode], centres: NDArray[np.float64], known: list[str | None]
) -> list[str]:
    """A known cell keeps its code; the others are numbered from west to east, then from north to south."""
    order = np.lexsort((-centres[:, 1], centres[:, 0]))
    used = {node.code for node in repository.everything(unit)}
    codes: dict[int, str] = {}
    sequence: dict[str, int] = {}
    for position in order.tolist():
        before = known[position]
        if before is not None:
            codes[position] = before
            continue
        stem = parents[position].code.ljust(CODE_DIGITS - 3, "0")[: CODE_DIGITS - 3]
        number = sequence.get(stem, 0) + 1
        while f"{stem}{number:03d}" in used:
            number += 1
        sequence[stem] = number
        codes[position] = f"{stem}{number:03d}"
    return [codes[position] for position in range(len(parents))]


def _end_replaced(
    unit: UnitOfWork,
    outcome: ImportOutcome,
    existing: dict[str, AreaNode],
    stored: dict[UUID, bytes],
    frame: gpd.GeoDataFrame,
    fresh: set[tuple[str, bytes]],
    day: date,
) -> set[str]:
    """Close the cells that the new ones cover; a cell that comes again unchanged goes on."""
    candidates = [node for node in existing.values() if node.id in stored and (node.code, stored[node.id]) not in fresh]
    candidates = [node for node in candidates if node.valid_from < day]
    if not candidates:
        return set()
    old = frame_of(stored[node.id] for node in candidates)
    shares = assign_by_overlap(old, frame.reset_index(drop=True)).share
    closed = [node for node, share in zip(candidates, shares.tolist(), strict=True) if share > REPLACED_SHARE]
    repository.close(unit, [node.id for node in closed], day)
    outcome.notes["ended"] = len(closed)
    return {node.code for node in closed}
