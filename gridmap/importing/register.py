"""Import a register of residents: read, check, link, match, and write everything in one transaction or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import polars as pl

from geodata.errors import Phrase
from geodata.readers.table_guard import TableLimits
from gridmap.access.policy import Action
from gridmap.access.scope import require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.node import AreaNode
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.batches.models import ImportBatch
from gridmap.errors import InvalidInputError
from gridmap.importing.check import CheckedRows, check_rows
from gridmap.importing.filing import ABSENT
from gridmap.importing.findings import FINDINGS, Weight
from gridmap.importing.headings import ColumnStatus
from gridmap.importing.outcome import Progress, Verdict, file_digest, silent
from gridmap.importing.places import Places, load_places
from gridmap.importing.plan import Days, Plan, make_plan
from gridmap.importing.reach import reach_of
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.importing.understand import Understood, understand
from gridmap.importing.writing import NO_REGION, write_plan, write_rows
from gridmap.store.bulk import refresh_plans
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork

KIND = "register"
_STEPS = ("read", "check", "match", "persons", "attributes", "residences", "dwellings", "rows", "done")


@dataclass(frozen=True, slots=True)
class _Job:
    """What stays the same while a file is imported."""

    path: Path
    file_name: str
    digest: bytes
    under: AreaNode
    days: Days
    options: RegisterOptions
    batch_id: UUID
    step: Callable[[str], None]


def import_register(  # noqa: PLR0913 - the facts of a batch
    store: Store,
    actor: Actor,
    path: Path,
    under: str,
    options: RegisterOptions | None = None,
    *,
    progress: Progress = silent,
    limits: TableLimits | None = None,
    name: str | None = None,
) -> BatchResult:
    """Import a register of the residents of an area.

    Every row gets one verdict: *inserted*, *updated*, *unchanged*, *needs_review* or *rejected*. All accepted rows are
    committed together with the batch, the verdicts and one audit entry. A rejected row blocks no other. A row that
    needs review is stored as far as it is clear: the person is counted under the area (or the building) until
    somebody chooses the dwelling; where the person is not clear, nothing but the row itself is kept.

    ``under`` is an area by code or name; ``progress`` is told a step, how many are done and how many there are.

    Raises `TableError`, `NotARegisterError`, `SheetUnknownError`, `AreaNotFoundError`, `PermissionDeniedError`,
    `NotFoundError`, `InvalidInputError` (an effective date in the future).
    """
    options = options or RegisterOptions()

    def step(what: str) -> None:
        progress(what, _STEPS.index(what), len(_STEPS) - 1)

    step("read")
    with store.read() as unit:
        area = _allowed_area(unit, actor, under)
        days = _days(local_today(unit), options.effective)
    understood = understand(path, limits=limits, name=name, chosen=options.columns)
    tables = understood.registers(options.sheet)
    step("check")
    checked = check_rows(tables, today=days.today, chosen=options.columns)
    job = _Job(path, understood.file_name, file_digest(path), area, days, options, uuid7(), step)
    step("match")
    if options.dry_run:
        with store.read() as unit:
            reach = reach_of(unit, scope_of(actor, Action.REGISTER_IMPORT), area, days.today)
            places = load_places(unit, area, days.today)
            plan = make_plan(unit, checked, places, days, reach, complete=options.complete)
    else:
        with store.write() as unit:
            _allowed_area(unit, actor, under)
            reach = reach_of(unit, scope_of(actor, Action.REGISTER_IMPORT), area, days.today)
            places = load_places(unit, area, days.today)
            plan = make_plan(unit, checked, places, days, reach, complete=options.complete)
            _commit(unit, actor, job, plan, checked)
    step("done")
    return _result(job, understood, checked, plan, places)


def _allowed_area(unit: UnitOfWork, actor: Actor, under: str) -> AreaNode:
    area = find_area(unit, under)
    require_area(unit, actor, Action.REGISTER_IMPORT, area.id)
    return area


def _days(today: date, effective: date | None) -> Days:
    if effective is not None and effective > today:
        raise InvalidInputError(
            field="Effective date", reason=Phrase("{day} lies in the future", {"day": effective.isoformat()})
        )
    return Days(today, effective or today)


def _commit(unit: UnitOfWork, actor: Actor, job: _Job, plan: Plan, checked: CheckedRows) -> None:
    regions = plan.rows["region"].fill_null(NO_REGION).unique().to_list() + plan.absent["region"].unique().to_list()
    counts = _counts(plan)
    not_imported = [
        {"sheet": sheet, "heading": column.heading, "status": column.status.value}
        for sheet, columns in checked.columns.items()
        for column in columns
        if column.status is not ColumnStatus.MAPPED
    ]
    for region in sorted(set(regions)):
        unit.session.add(
            ImportBatch(
                region=region,
                id=job.batch_id,
                kind=KIND,
                file_name=job.file_name[:256],
                file_hash=job.digest,
                under_code=job.under.code,
                effective=job.days.effective,
                complete=job.options.complete,
                not_imported=json.dumps(not_imported, ensure_ascii=False),
                status="committed",
                counts=json.dumps(counts),
                created_at=unit.now,
                created_by=actor.user_id,
                committed_at=unit.now,
            )
        )
    unit.session.flush()
    write_plan(unit, plan, job.batch_id, actor.user_id, job.step)
    job.step("rows")
    write_rows(unit, plan, checked.raw, job.batch_id, job.under, job.days.today)
    audit.record(
        unit,
        actor,
        Action.REGISTER_IMPORT.value,
        region=job.under.region or audit.INSTALLATION_REGION,
        details={"batch": str(job.batch_id), "under": job.under.code, **counts},
    )
    if _writes_anything(plan):
        unit.changed("register")
    refresh_plans(unit)


def _writes_anything(plan: Plan) -> bool:
    acts = plan.leads.filter(
        pl.col("a_action").is_not_null() | pl.col("p_change") | ~pl.col("r_action").is_in(["same", "review"])
    )
    return bool(acts.height or plan.stock.states.height or plan.stock.visits.height or plan.disputed.height)


def _counts(plan: Plan) -> dict[str, int]:
    found = dict(plan.rows["verdict"].value_counts().rows())
    counts = {verdict.value: int(found.get(verdict.value, 0)) for verdict in Verdict}
    return {"rows": plan.rows.height, **counts, ABSENT: plan.absent.height}


def _result(job: _Job, understood: Understood, checked: CheckedRows, plan: Plan, places: Places) -> BatchResult:
    headings = checked.headings()
    issues = _explained(plan.issues, headings).join(plan.rows.select("at", "sheet", "row"), on="at", how="left")
    worst = issues.filter(pl.col("weight") > int(Weight.NOTE)).unique("at", keep="first", maintain_order=True)
    rows = plan.rows.join(
        worst.select("at", "column", "message", "remedy", "value", "other"), on="at", how="left", maintain_order="left"
    )
    imported = set(checked.columns)
    return BatchResult(
        batch_id=job.batch_id,
        file_name=job.file_name,
        dry_run=job.options.dry_run,
        counts=_counts(plan),
        blank_rows=sum(sheet.blank_rows for sheet in understood.sheets if sheet.name in imported),
        columns=checked.columns,
        population=(plan.before, plan.after),
        verdicts=rows.select(
            "sheet",
            "row",
            "verdict",
            _shown_ids(rows["dwelling_id"], places.dwellings),
            _shown_ids(rows["building_id"], places.buildings),
            _uuids(rows["person_id"]),
            "column",
            "reason",
            "message",
            "remedy",
            "value",
            "other",
        ),
        issues=issues.select("sheet", "row", "column", "code", "weight", "message", "remedy", "value", "other"),
    )


def _explained(issues: pl.DataFrame, headings: dict[str, str]) -> pl.DataFrame:
    """Findings with the heading of their column, and their sentences (English; the message id is the code's)."""
    texts = issues.select("code", "value", "other").unique()
    said = [FINDINGS[code].message.format(value=value or "", other=other or "") for code, value, other in texts.rows()]
    todo = [FINDINGS[code].hint for code in texts["code"].to_list()]
    texts = texts.with_columns(message=pl.Series(said, dtype=pl.String), remedy=pl.Series(todo, dtype=pl.String))
    named = issues.join(texts, on=["code", "value", "other"], how="left", nulls_equal=True, maintain_order="left")
    return named.with_columns(column=pl.col("field").replace(list(headings), list(headings.values())))


def _shown_ids(ids: pl.Series, places: pl.DataFrame) -> pl.Series:
    """The office's own id where there is one, else ours."""
    coded = places.filter(pl.col("code").is_not_null() & (pl.col("code") != ""))
    own = _uuids(ids)
    codes = ids.to_frame("id").join(coded.select("id", "code"), on="id", how="left", maintain_order="left")["code"]
    return codes.fill_null(own).alias(ids.name)


def _uuids(ids: pl.Series) -> pl.Series:
    """Keys of 16 bytes as people write UUIDs."""
    text = ids.bin.encode("hex")
    parts = [text.str.slice(start, length) for start, length in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]
    return pl.select(pl.concat_str(parts, separator="-")).to_series().alias(ids.name)
