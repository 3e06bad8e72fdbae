"""Import of reported statistics: area_code, period_start, period_end, measure, value; one verdict a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from uuid import UUID

import polars as pl

from geodata.issues import Issue, Severity
from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas import repository as areas
from gridmap.areas.node import AreaNode
from gridmap.areas.service import levels
from gridmap.audit import service as audit
from gridmap.changes.journal import recording
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict, silent, write_batch
from gridmap.importing.sheet import read_mapped
from gridmap.importing.values import parse_dates
from gridmap.statistics.measures import Measure, measure_of, measures, part_exceeds_whole
from gridmap.statistics.service import Figure, figures_of, keep_figure
from gridmap.store.store import Store, UnitOfWork

FIELDS = ("area_code", "period_start", "period_end", "measure", "value")


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    area: str
    start: date | None
    end: date | None
    measure: str
    value: str


def import_statistics(store: Store, actor: Actor, path: Path, *, progress: Progress = silent) -> ImportOutcome:
    """Import figures that an office reports. A figure that is known with the same value is unchanged.

    Rejected: an unknown or foreign area, an unknown measure, a period that ends before it begins or in the future, a
    value that is no number of the measure's kind, a part that exceeds its whole, and a measure for an area below the
    level at which it may be kept.

    Raises `PermissionDeniedError`, `TableError`, `MissingColumnError`.
    """
    outcome = ImportOutcome("statistics", path.name)
    progress("read", 0, 1)
    sheet = read_mapped(path, FIELDS, FIELDS)
    texts = {name: [str(text) for text in sheet.text(name)] for name in FIELDS}
    starts, ends = (parse_dates(pl.Series(texts[name], dtype=pl.String))["date"] for name in FIELDS[1:3])
    columns = (texts["area_code"], starts.to_list(), ends.to_list(), texts["measure"], texts["value"])
    rows = [_Row(number, *cells) for number, *cells in zip(sheet.rows.tolist(), *columns, strict=True)]
    with store.write() as unit:
        allowed = scope_of(actor, Action.STATISTICS_IMPORT).area_ids(unit)
        today = local_today(unit)
        nodes = {node.code: node for node in areas.everything(unit) if node.id in allowed}
        read = [(row, _read(row, nodes, today)) for row in rows]
        figures = [(row, found) for row, found in read if isinstance(found, Figure)]
        for _, found in read:
            if isinstance(found, Issue):
                outcome.reject(found)
        with recording(unit, actor, "statistics.import", region=audit.INSTALLATION_REGION, change_id=outcome.batch_id):
            regions = _keep(unit, actor, outcome, figures, {node.id: node for node in nodes.values()})
        write_batch(unit, actor, outcome, path, regions=regions)
        if outcome.verdicts[Verdict.INSERTED] or outcome.verdicts[Verdict.UPDATED]:
            unit.changed("statistics")
    progress("write", len(rows), len(rows))
    return outcome


def _keep(
    unit: UnitOfWork,
    actor: Actor,
    outcome: ImportOutcome,
    figures: list[tuple[_Row, Figure]],
    nodes: dict[UUID, AreaNode],
) -> set[int]:
    """Keep the plausible figures; answers the regions they belong to."""
    known = figures_of(unit, {figure.area_id for _, figure in figures})
    together: dict[tuple[UUID, date, date], dict[str, float]] = {}
    for (area, measure, start, end), value in known.items():
        together.setdefault((area, start, end), {})[measure] = value
    for _, figure in figures:
        together.setdefault((figure.area_id, figure.period_start, figure.period_end), {})[figure.measure] = figure.value
    regions: set[int] = set()
    for row, figure in figures:
        values = together[figure.area_id, figure.period_start, figure.period_end]
        if figure.measure in part_exceeds_whole(values):
            outcome.reject(_part_issue(row, measures()[figure.measure]))
            continue
        outcome.verdicts[Verdict(keep_figure(unit, figure, actor.user_id))] += 1
        regions.add(nodes[figure.area_id].region or 0)
        if (issue := _parts_missing(row, figure, values)) is not None:
            outcome.issues.append(issue)
    return regions


def _read(row: _Row, nodes: dict[str, AreaNode], today: date) -> Figure | Issue:
    node, measure = nodes.get(row.area), measure_of(row.measure)
    if node is None:
        return Issue(
            "area_unknown", "There is no area {code} among yours.", "Check the code.", row.number, "area_code",
            params={"code": row.area},
        )  # fmt: skip
    if measure is None:
        return Issue(
            "measure_unknown", "“{measure}” is not a figure that is kept here.", "Use one of: {known}.", row.number,
            "measure", params={"measure": row.measure, "known": ", ".join(measures())},
        )  # fmt: skip
    if levels().rank(node.level) > levels().rank(measure.lowest_level):
        return Issue(
            "measure_too_fine", "{measure} is kept for a {level} or above only.",
            "Report it for the area above; it is never kept for smaller areas.", row.number, "area_code",
            params={"measure": measure.name, "level": measure.lowest_level},
        )  # fmt: skip
    if row.start is None or row.end is None or row.start > row.end or row.end > today:
        return Issue(
            "period_wrong", "The period is missing, ends before it begins, or lies in the future.",
            "Write both days as 2026-03-31.", row.number, "period_start" if row.start is None else "period_end",
        )  # fmt: skip
    value = _number(row.value, measure)
    if value is None:
        return Issue(
            "value_wrong", "“{value}” is not a possible value of {measure}.",
            "Write a number that is not negative, and a whole one for counts.", row.number, "value",
            params={"value": row.value, "measure": measure.name},
        )  # fmt: skip
    return Figure(node.id, measure.name, row.start, row.end, value)


def _number(text: str, measure: Measure) -> float | None:
    try:
        value = float(text.replace(",", "").replace("，", "").strip())
    except ValueError:
        return None
    if not isfinite(value) or value < 0 or (measure.integer and value != int(value)):
        return None
    return value


def _part_issue(row: _Row, measure: Measure) -> Issue:
    return Issue(
        "part_exceeds_whole", "{measure} is more than {whole} of the same area and period.",
        "Correct whichever is wrong and hand both in again.", row.number, "value",
        params={"measure": measure.name, "whole": measure.whole},
    )  # fmt: skip


def _parts_missing(row: _Row, figure: Figure, values: dict[str, float]) -> Issue | None:
    """Boys and girls that do not add up to the births are kept, and said."""
    measure = measures()[figure.measure]
    parts = [values[part] for part in measure.complement if part in values]
    if measure.whole not in values or len(parts) < max(len(measure.complement), 1) or not measure.complement:
        return None
    if sum(parts) == values[measure.whole] or figure.measure != measure.complement[0]:
        return None
    return Issue(
        "parts_do_not_add_up", "{parts} together are not {whole}.", "Check the figures; they were kept as reported.",
        row.number, "value", severity=Severity.WARNING,
        params={"parts": " + ".join(measure.complement), "whole": measure.whole},
    )  # fmt: skip
