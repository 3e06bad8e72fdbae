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
from gridmap.accounts.models import User
from gridmap.areas.node import AreaNode
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.batches import service as batches
from gridmap.batches.models import ImportBatch
from gridmap.batches.service import INSTALLATION_REGION
from gridmap.batches.states import IN_HAND, Status
from gridmap.changes.journal import recording
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.i18n import translator
from gridmap.importing.check import CheckedRows, check_rows
from gridmap.importing.filing import ABSENT
from gridmap.importing.findings import FINDINGS, Weight
from gridmap.importing.headings import ColumnStatus
from gridmap.importing.layouts import known_layouts
from gridmap.importing.outcome import Progress, Verdict, file_digest, silent
from gridmap.importing.places import Places, load_places
from gridmap.importing.plan import Days, Plan, make_plan
from gridmap.importing.reach import reach_of
from gridmap.importing.result import BatchResult, Earlier, RegisterOptions
from gridmap.importing.understand import Understood, understand
from gridmap.importing.verdicts import error_workbook
from gridmap.importing.writing import NO_REGION, write_plan, write_rows
from gridmap.store.bulk import refresh_plans
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork

KIND = "register"
COPIED = (
    "kind", "file_name", "file_hash", "under_code", "effective", "complete", "status", "created_at", "created_by",
    "committed_at", "not_imported", "counts",
)  # fmt: skip
"""What the records of a batch in several regions have in common."""
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

    @property
    def region(self) -> int:
        """Where the record stands that stands for the batch."""
        return self.under.region or INSTALLATION_REGION


@dataclass(frozen=True, slots=True)
class _Judged:
    """A file as the register stands: what every row means and what it would write."""

    plan: Plan
    places: Places
    earlier: Earlier | None

    @property
    def writes(self) -> bool:
        return _writes_anything(self.plan)

    @property
    def repeats(self) -> bool:
        """The same order was carried out before, and nothing happened since that would let it change anything."""
        return self.earlier is not None and self.earlier.same_order and not self.writes


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
    batch_id: UUID | None = None,
    understood: Understood | None = None,
) -> BatchResult:
    """Import a register of the residents of an area.

    Every row gets one verdict: *inserted*, *updated*, *unchanged*, *needs_review* or *rejected*. All accepted rows are
    committed together with the batch, the verdicts, the rows to mend, the journal and one audit entry. A rejected row
    blocks no other. A row that needs review is stored as far as it is clear: the person is counted under the area (or
    the building) until somebody chooses the dwelling; where the person is not clear, nothing but the row itself is
    kept. The same file for the same order again, where it would change nothing, makes no second batch.

    ``under`` is an area by code or name; ``progress`` is told a step, how many are done and how many there are, and may
    raise to end the work with nothing written. ``batch_id``: the batch that was received before; it is committed once,
    however often it is asked for. ``understood``: the file as it was read already.

    Raises `TableError`, `NotARegisterError`, `SheetUnknownError`, `AreaNotFoundError`, `PermissionDeniedError`,
    `NotFoundError`, `InvalidInputError` (an effective date in the future), `BatchStateError` (committed already).
    """
    options = options or RegisterOptions()

    def step(what: str) -> None:
        progress(what, _STEPS.index(what), len(_STEPS) - 1)

    step("read")
    with store.read() as unit:
        area = _allowed_area(unit, actor, under)
        days = _days(local_today(unit), options.effective)
        layouts = [] if understood else known_layouts(unit, area.region)
    understood = understood or understand(path, limits=limits, name=name, choices=options.choices, layouts=layouts)
    tables = understood.registers(options.sheet)
    step("check")
    checked = check_rows(tables, today=days.today, on=days.effective, choices=understood.choices)
    job = _Job(path, understood.file_name, file_digest(path), area, days, options, batch_id or uuid7(), step)
    step("match")
    with store.read() if options.dry_run else store.write() as unit:
        _allowed_area(unit, actor, under)
        judged = _judge(unit, actor, job, checked)
        result = _result(job, understood, checked, judged)
        if not options.dry_run:
            _commit(unit, actor, job, judged, (checked, understood, result))
    if options.dry_run and result.differences.height:
        _record_preview(store, actor, job, result)
    step("done")
    return result


def _record_preview(store: Store, actor: Actor, job: _Job, result: BatchResult) -> None:
    """What would change tells what is known of people: looking at it is recorded."""
    details = {"under": job.under.code, "rows": result.differences["row"].n_unique()}
    with store.write() as unit:
        audit.record(unit, actor, "register.preview", region=job.region, details=details)


def _judge(unit: UnitOfWork, actor: Actor, job: _Job, checked: CheckedRows) -> _Judged:
    reach = reach_of(unit, scope_of(actor, Action.REGISTER_IMPORT), job.under, job.days.today)
    places = load_places(unit, job.under, job.days.today)
    plan = make_plan(unit, checked, places, job.days, reach, complete=job.options.complete)
    return _Judged(plan, places, _earlier(unit, job))


def _earlier(unit: UnitOfWork, job: _Job) -> Earlier | None:
    """The last time that this file was committed for this area, the same order if there was one."""
    order = (job.days.effective, job.options.complete)
    found = batches.same_file(unit, KIND, job.digest, job.under.code)
    same = [batch for batch in found if (batch.effective, batch.complete) == order]
    batch = next(iter([*same, *found]), None)
    if batch is None or batch.committed_at is None:
        return None
    user = unit.session.get(User, batch.created_by) if batch.created_by else None
    return Earlier(batch.id, batch.committed_at, user.display_name if user else "", same_order=batch in same)


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


def _commit(
    unit: UnitOfWork,
    actor: Actor,
    job: _Job,
    judged: _Judged,
    file: tuple[CheckedRows, Understood, BatchResult],
) -> None:
    """Write everything, or, where the same order was carried out before, nothing."""
    plan, (checked, understood, result) = judged.plan, file
    batch = _batch(unit, actor, job)
    if judged.repeats:
        batch.status = Status.CANCELLED.value
        batch.outcome = json.dumps({"repeats": str(result.batch_id)})
        return
    home = {"under": job.under.code, "file": job.file_name}
    regions = _open_batch(unit, job, plan, batch, _facts(checked, result))
    with recording(
        unit, actor, "register.import", region=job.region, change_id=job.batch_id, details=home, bulk=True
    ) as journal:
        journal.touches(regions)
        write_plan(journal, plan, actor.user_id, job.step)
        job.step("rows")
        write_rows(journal, plan, checked.raw, job.under, job.days.today)
    content, batch.workbook_rows = (
        error_workbook(result, understood.tables, translator(job.options.language).gettext)
        if result.to_mend
        else (b"", 0)
    )
    batches.keep_file(unit, batch, batches.WORKBOOK, content)
    audit.record(
        unit,
        actor,
        Action.REGISTER_IMPORT.value,
        region=job.region,
        details={"batch": str(job.batch_id), "under": job.under.code, **result.counts},
    )
    if judged.writes:
        unit.changed("register")
    refresh_plans(unit)


def _batch(unit: UnitOfWork, actor: Actor, job: _Job) -> ImportBatch:
    """The record of the batch: the one that was received, else a new one; locked, so that it is committed once."""
    try:
        return batches.move_on(unit, job.batch_id, IN_HAND, Status.PREVIEWED)
    except NotFoundError:
        handed = batches.HandedIn(
            KIND, job.file_name, job.digest, job.path.stat().st_size, job.region, job.under.code, job.days.effective,
            job.options.complete,
        )  # fmt: skip
        return batches.receive(unit, job.batch_id, actor.user_id, handed)


def _facts(checked: CheckedRows, result: BatchResult) -> dict[str, str]:
    """What the record says of the file beside its state."""
    not_imported = [
        {"sheet": sheet, "heading": column.heading, "status": column.status.value}
        for sheet, columns in checked.columns.items()
        for column in columns
        if column.status is not ColumnStatus.MAPPED
    ]
    outcome = {
        "population": list(result.population),
        "blank_rows": result.blank_rows,
        "skipped": result.skipped,
        "left_out": result.left_out,
        "notes": result.notes,
        "readings": checked.readings.rows(),
    }
    return {
        "not_imported": json.dumps(not_imported, ensure_ascii=False),
        "counts": json.dumps(dict(result.counts)),
        "outcome": json.dumps(outcome, ensure_ascii=False),
    }


def _open_batch(unit: UnitOfWork, job: _Job, plan: Plan, batch: ImportBatch, facts: dict[str, str]) -> list[int]:
    """Mark the batch as committed, with a record in every region it has rows in; answers the regions."""
    found = plan.rows["region"].fill_null(NO_REGION).unique().to_list() + plan.absent["region"].unique().to_list()
    batch.status, batch.committed_at = Status.COMMITTED.value, unit.now
    batch.effective = job.days.effective
    for name, value in facts.items():
        setattr(batch, name, value)
    copied = {name: getattr(batch, name) for name in COPIED}
    for region in sorted(set(found) - {batch.region}):
        unit.session.add(ImportBatch(region=region, id=batch.id, lead=False, **copied))
    unit.session.flush()
    return sorted({*found, batch.region})


def _writes_anything(plan: Plan) -> bool:
    acts = plan.leads.filter(
        pl.col("a_action").is_not_null() | pl.col("p_change") | ~pl.col("r_action").is_in(["same", "review"])
    )
    return bool(acts.height or plan.stock.states.height or plan.stock.visits.height or plan.disputed.height)


def _counts(plan: Plan) -> dict[str, int]:
    found = dict(plan.rows["verdict"].value_counts().rows())
    counts = {verdict.value: int(found.get(verdict.value, 0)) for verdict in Verdict}
    return {"rows": plan.rows.height, **counts, ABSENT: plan.absent.height}


def _result(job: _Job, understood: Understood, checked: CheckedRows, judged: _Judged) -> BatchResult:
    plan, places = judged.plan, judged.places
    placed = plan.issues.join(
        plan.rows.select("at", "sheet", "row"), on="at", how="left", maintain_order="left"
    )  # fmt: skip
    issues = _explained(placed, checked.headings())
    worst = issues.filter(pl.col("weight") > int(Weight.NOTE)).unique("at", keep="first", maintain_order=True)
    rows = plan.rows.join(
        worst.select("at", "column", "message", "remedy", "value", "other"), on="at", how="left", maintain_order="left"
    )
    imported = set(checked.columns)
    return BatchResult(
        batch_id=judged.earlier.batch_id if judged.earlier and judged.repeats else job.batch_id,
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
        changes=judged.writes,
        earlier=judged.earlier,
        repeats=judged.repeats,
        skipped={sheet.name: dict(sheet.skipped) for sheet in understood.sheets if sheet.name in imported},
        left_out={sheet.name: sheet.all_rows for sheet in understood.sheets if sheet.name not in imported},
        readings=checked.readings,
        differences=plan.differences.join(plan.rows.select("at", "sheet", "row"), on="at", how="left").select(
            "sheet", "row", "field", "before", "after"
        ),
    )


def _explained(issues: pl.DataFrame, headings: pl.DataFrame) -> pl.DataFrame:
    """Findings with the heading of their column, and their sentences (English; the message id is the code's)."""
    texts = issues.select("code", "value", "other").unique()
    said = [FINDINGS[code].message.format(value=value or "", other=other or "") for code, value, other in texts.rows()]
    todo = [FINDINGS[code].hint for code in texts["code"].to_list()]
    texts = texts.with_columns(message=pl.Series(said, dtype=pl.String), remedy=pl.Series(todo, dtype=pl.String))
    named = issues.join(texts, on=["code", "value", "other"], how="left", nulls_equal=True, maintain_order="left")
    named = named.join(headings, on=["sheet", "field"], how="left", maintain_order="left")
    return named.with_columns(pl.col("column").fill_null(pl.col("field")))


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
