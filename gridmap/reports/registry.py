"""Which reports and formats there are, and the way from a wish to a file.

A new report or a new format is a new module of this package: the command line and the page read this registry.
"""

from __future__ import annotations

import importlib
import pkgutil
from datetime import date, timedelta, timezone
from functools import cache
from types import ModuleType
from typing import Final
from uuid import UUID

from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.accounts.actor import Actor
from gridmap.areas import repository as areas
from gridmap.areas.node import AreaNode
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.compliance.service import Assessment
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.i18n import Translator
from gridmap.reports.kinds import Format, ReportKind, Request
from gridmap.reports.model import Report
from gridmap.store.store import UnitOfWork

CHINA: Final = timezone(timedelta(hours=8))
"""The time of the offices; there is no daylight saving."""


@cache
def _modules() -> tuple[ModuleType, ...]:
    package = importlib.import_module("gridmap.reports")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__, prefix="gridmap.reports."))
    return tuple(importlib.import_module(name) for name in names)


@cache
def reports() -> dict[str, ReportKind]:
    """Every report by its code."""
    found = [getattr(module, "REPORT", None) for module in _modules()]
    return {kind.code: kind for kind in found if isinstance(kind, ReportKind)}


@cache
def formats() -> dict[str, Format]:
    """Every format by its code."""
    found = [getattr(module, "FORMAT", None) for module in _modules()]
    return {entry.code: entry for entry in found if isinstance(entry, Format)}


def report_of(code: str) -> ReportKind:
    """The report of a code; InvalidInputError names those there are."""
    if code not in reports():
        raise InvalidInputError(field="Report", reason=_one_of([kind.code for kind in reports().values()]))
    return reports()[code]


def format_of(code: str) -> Format:
    """The format of a code; InvalidInputError names those there are."""
    if code not in formats():
        raise InvalidInputError(field="Format", reason=_one_of(list(formats())))
    return formats()[code]


def _one_of(codes: list[str]) -> str:
    return " | ".join(codes)


def build(
    code: str,
    unit: UnitOfWork,
    actor: Actor,
    area: str | UUID,
    as_of: date,
    *,
    assessment: Assessment,
    words: Translator,
) -> Report:
    """Build a report for whoever may read it, and say so in the audit log.

    Args:
        code: which report.
        unit: must be writing, for the log; count the figures of the date before you open it, lest others wait.
        area: an id, a code or a unique name path.
        as_of: the date of all figures.
        assessment: where figures and verdicts come from.
        words: the reader's language.

    Raises:
        InvalidInputError: there is no such report.
        PermissionDeniedError, NotFoundError: the actor may not read it, or not for this area.
        AreaNotFoundError, AreaAmbiguousError: nothing or too much fits the area's name.
    """
    kind = report_of(code)
    node = permitted_area(unit, actor, area, as_of)
    path = tuple(areas.ancestors(unit, node.id))
    report = kind.build(Request(unit, actor, assessment, path, as_of, unit.now.astimezone(CHINA), words))
    audit.record(
        unit,
        actor,
        Action.REPORT_READ.value,
        region=node.region or audit.INSTALLATION_REGION,
        details={"report": code, "area": node.code, "as_of": as_of.isoformat()},
    )
    return report


def permitted_area(
    unit: UnitOfWork, actor: Actor, area: str | UUID, as_of: date, action: Action = Action.REPORT_READ
) -> AreaNode:
    """The area an actor asks figures of.

    Raises:
        PermissionDeniedError, NotFoundError: the actor may not, or not there.
        AreaNotFoundError, AreaAmbiguousError: nothing or too much fits the name.
    """
    node = areas.get(unit, area) if isinstance(area, UUID) else find_area(unit, area, as_of)
    if node is None:
        raise NotFoundError
    require_area(unit, actor, action, node.id)
    return node


def write(report: Report, code: str) -> bytes:
    """A report as the content of a file. InvalidInputError for an unknown format."""
    return format_of(code).write(report)
