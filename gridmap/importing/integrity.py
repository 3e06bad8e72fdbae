"""Checking a whole register: what no import can promise once and for all."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import sqlalchemy as sa

from geodata.coverage import check_coverage
from geodata.issues import Issue, Severity
from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.models import Area
from gridmap.audit import service as audit
from gridmap.buildings.models import Building, BuildingCell, Dwelling
from gridmap.importing.placing import cells_in_force
from gridmap.residents.indexing import examine
from gridmap.residents.models import Person, Residence
from gridmap.store.store import Store, UnitOfWork

TOLERANCE_M = 1.0


@dataclass(slots=True)
class RegisterCheck:
    """Counts and findings; ``errors`` are those that must not be."""

    figures: dict[str, int] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    @property
    def errors(self) -> list[Issue]:
        """Findings that must not be."""
        return [issue for issue in self.issues if issue.severity is Severity.ERROR]


def check_register(store: Store, actor: Actor) -> RegisterCheck:
    """Check cells, buildings, residences and the audit log of a register.

    Raises:
        PermissionDeniedError: the actor may not see the whole of it.
    """
    scope_of(actor, Action.GEOMETRY_IMPORT)
    report = RegisterCheck()
    with store.read() as unit:
        _check_pages(unit, report)
        if report.errors:
            return report  # what a damaged file says of anything else is worth nothing, if it says anything
        _count(unit, report)
        _check_cells(unit, report)
        _check_buildings(unit, report)
        _check_residences(unit, report)
        _check_search(unit, report)
        _check_audit(unit, report)
    return report


def _check_pages(unit: UnitOfWork, report: RegisterCheck) -> None:
    """Every page of an embedded file must carry its own seal, and the tables must hang together."""
    if unit.dialect != "sqlite":
        return
    broken = [row[0] for row in unit.session.execute(sa.text("PRAGMA cipher_integrity_check"))]
    if not broken:
        broken = [row[0] for row in unit.session.execute(sa.text("PRAGMA quick_check(5)")) if row[0] != "ok"]
    if broken:
        report.issues.append(
            Issue(
                "file_damaged",
                "The file of the register is damaged in {count} places.",
                "Stop using it, and restore the last backup.",
                params={"count": len(broken)},
            )
        )


def _count(unit: UnitOfWork, report: RegisterCheck) -> None:
    for name, model in (("areas", Area), ("buildings", Building), ("dwellings", Dwelling), ("persons", Person)):
        report.figures[name] = int(unit.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0)


def _check_cells(unit: UnitOfWork, report: RegisterCheck) -> None:
    cells, grid = cells_in_force(unit, local_today(unit))
    report.figures["cells"] = len(cells)
    if not cells:
        return
    codes = {row.id: row.code for row in unit.session.execute(sa.select(Area.id, Area.code).where(Area.id.in_(cells)))}
    grid.index = np.array([codes[cell] for cell in cells], dtype=object)
    for issue in check_coverage(grid, tolerance_m=TOLERANCE_M).to_issues():
        severity = Severity.WARNING if issue.severity is Severity.ERROR else issue.severity
        report.issues.append(
            Issue(issue.code, issue.message, issue.hint, None, issue.column, severity, issue.params, issue.x, issue.y)
        )


def _check_buildings(unit: UnitOfWork, report: RegisterCheck) -> None:
    placed = sa.exists().where(
        BuildingCell.region == Building.region,
        BuildingCell.building_id == Building.id,
        BuildingCell.main,
        BuildingCell.valid_to.is_(None),
    )
    for name, clause in (
        ("buildings_without_footprint", Building.footprint.is_(None)),
        ("buildings_in_no_cell", sa.and_(Building.footprint.is_not(None), ~placed)),
    ):
        count = unit.session.scalar(sa.select(sa.func.count()).select_from(Building).where(clause)) or 0
        report.figures[name] = count
        if count:
            report.issues.append(
                Issue(
                    name,
                    "{count} buildings have no footprint."
                    if "footprint" in name
                    else "{count} buildings lie in no cell.",
                    "Import their footprints."
                    if "footprint" in name
                    else "Extend the cells, or check the buildings' places.",
                    severity=Severity.WARNING,
                    params={"count": count},
                )
            )


def _check_residences(unit: UnitOfWork, report: RegisterCheck) -> None:
    """Nobody may have two principal residences at once."""
    # In the order of their beginnings, if any two overlap then some neighbours do: one sorted pass finds all persons.
    before = sa.func.lag(Residence.valid_to).over(partition_by=Residence.person_id, order_by=Residence.valid_from)
    place = sa.func.row_number().over(partition_by=Residence.person_id, order_by=Residence.valid_from)
    stays = (
        sa.select(Residence.person_id, Residence.valid_from, before.label("before"), place.label("place"))
        .where(Residence.principal, Residence.superseded_at.is_(None))
        .subquery()
    )
    overlap = sa.select(sa.func.count(sa.distinct(stays.c.person_id))).where(
        stays.c.place > 1, sa.or_(stays.c.before.is_(None), stays.c.before > stays.c.valid_from)
    )
    count = unit.session.scalar(overlap) or 0
    report.figures["persons_counted_twice"] = count
    if count:
        report.issues.append(
            Issue(
                "residence_overlap",
                "{count} persons have two principal residences at the same time.",
                "Undo the import that made them, and tell the developers.",
                params={"count": count},
            )
        )


def _check_search(unit: UnitOfWork, report: RegisterCheck) -> None:
    """Everybody must be found by their name and numbers, and nobody by what they are called no more."""
    state = examine(unit)
    if not state.sound:
        report.issues.append(
            Issue(
                "search_incomplete",
                "The search index lacks {missing} entries and has {stray} that belong to nobody.",
                "Run gridmap upgrade; it makes the index anew.",
                severity=Severity.ERROR if state.missing else Severity.WARNING,
                params={"missing": state.missing, "stray": state.stray},
            )
        )


def _check_audit(unit: UnitOfWork, report: RegisterCheck) -> None:
    for chain in audit.verify(unit):
        report.figures["audit_entries"] = report.figures.get("audit_entries", 0) + chain.entries
        if not chain.intact:
            report.issues.append(
                Issue(
                    "audit_broken",
                    "The audit log of region {region} is broken at entry {seq}.",
                    "Keep the file as it is, and compare it with the last backup whose log verifies.",
                    params={"region": chain.region, "seq": chain.broken_at},
                )
            )
