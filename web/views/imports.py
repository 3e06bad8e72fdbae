"""Files handed in: what was understood, what every row would do, what was done."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from gridmap.i18n import Translator
from gridmap.importing.findings import FINDINGS, Weight
from gridmap.importing.headings import Column, ColumnStatus, importable_fields
from gridmap.importing.outcome import Verdict
from gridmap.importing.result import BatchResult
from gridmap.importing.understand import Understood, UnderstoodSheet
from gridmap.importing.verdicts import write_verdicts
from gridmap.residents.rules import mask_id, mask_name, mask_phone
from web.desk_jobs import BUSY, Job, State
from web.views.accounts import local
from web.views.differences import difference_text, differences_of
from web.views.lists import Option, Page, page_of

WORDS: Final = {
    Verdict.INSERTED.value: "new",
    Verdict.UPDATED.value: "update",
    Verdict.UNCHANGED.value: "unchanged",
    Verdict.NEEDS_REVIEW.value: "review",
    Verdict.REJECTED.value: "rejected",
}
"""The page's words for verdicts."""

STATES: Final = {
    State.RECEIVED: "Being read",
    State.UNDERSTOOD: "Columns to confirm",
    State.CHECKING: "Being checked",
    State.CHECKED: "Ready to commit",
    State.COMMITTING: "Being written",
    State.COMMITTED: "Committed",
    State.CANCELLED: "Cancelled",
    State.FAILED: "Failed",
}
FIELDS: Final = {
    "name": "Name",
    "id_number": "Identity number",
    "sex": "Sex",
    "birth_date": "Birth date",
    "marital_status": "Marital status",
    "relationship": "Relationship to the head",
    "household": "Household number",
    "head": "Head of household",
    "phone": "Telephone",
    "presence": "Registered or floating",
    "address": "Address",
    "registered_address": "Registered address",
    "work_unit": "Work unit",
    "ethnic_group": "Ethnic group",
    "age": "Age (compared only)",
    "community": "Community",
    "cell": "Cell",
    "compound": "Compound",
    "road": "Road",
    "road_no": "House number",
    "building": "Building number",
    "unit": "Unit of the building",
    "floor": "Floor",
    "room": "Room",
    "use": "Use of the dwelling",
    "state": "State of the dwelling",
    "tenure": "Tenure",
    "dwelling_id": "Code of the dwelling",
    "building_id": "Code of the building",
    "valid_from": "Lives here since",
    "verified_on": "Verified on",
}
MASKS: Final = {"id_number": mask_id, "phone": mask_phone, "name": mask_name, "head": mask_name}
SHOWN_COLUMNS: Final = 7
SHOWN_FIRST: Final = (
    "name", "id_number", "address", "compound", "building", "unit", "room", "relationship", "sex", "birth_date",
)  # fmt: skip
"""Who it is and where they live: shown before other columns, wherever they stand in the workbook."""
REGISTER: Final = "register"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A file in the list of files."""

    id: str
    file_name: str
    template_label: str
    area_name: str
    by: str
    at: datetime
    state: str
    state_label: str
    rows: int
    href: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """An input row with its verdict; what identifies people is masked."""

    row: int
    sheet: str | None
    cells: list[dict[str, str]]
    verdict: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class BatchView:
    """A file and where it stands."""

    id: str
    file_name: str
    size_bytes: int
    template_label: str
    area_name: str
    by: str
    at: datetime
    state: str
    message: str | None
    progress: dict[str, int] | None
    sheet: dict[str, Any] | None
    verdicts: dict[str, Any] | None
    effects: list[str]
    row_columns: list[str]
    rows: list[PreviewRow]
    verdict_filter: str | None
    page: Page | None
    commit_rows: int
    may_commit: bool
    may_undo: bool
    undo_until: date | None
    taken_up: bool
    earlier: str | None
    earlier_href: str | None
    workbook_href: str | None
    verdict_hrefs: dict[str, str]


def batch_row(job: Job, text: Translator) -> BatchRow:
    """A file in hand as a row."""
    return BatchRow(
        id=str(job.id),
        file_name=job.file_name,
        template_label=text.gettext("Register of residents"),
        area_name=job.order.area_name,
        by=job.actor.display_name,
        at=local(job.at),
        state=job.state.value,
        state_label=text.gettext(STATES[job.state]),
        rows=job.outcome.counts["rows"] if job.outcome else 0,
        href=f"/import/{job.id}",
    )


def field_options(text: Translator) -> list[Option]:
    """What a column can mean."""
    return [Option(name, field_label(name, text)) for name in importable_fields()]


def field_label(name: str, text: Translator) -> str:
    """A field in words."""
    return text.gettext(FIELDS.get(name, name.replace("_", " ").capitalize()))


def batch_view(job: Job, text: Translator, *, verdict: str | None, number: int, size: int) -> BatchView:
    """A file in hand as its page shows it."""
    outcome = job.outcome
    sheet = _register_sheet(job.understood)
    said = None if job.error is None else text.error(job.error)
    shown = _shown(outcome, verdict)
    rows, page = ([], None) if shown is None else _rows(job, shown, text, number=number, size=size, verdict=verdict)
    commit = 0 if outcome is None else sum(outcome.counts[v.value] for v in (Verdict.INSERTED, Verdict.UPDATED))
    return BatchView(
        id=str(job.id),
        file_name=job.file_name,
        size_bytes=job.size_bytes,
        template_label=text.gettext("Register of residents"),
        area_name=job.order.area_name,
        by=job.actor.display_name,
        at=local(job.at),
        state=job.state.value,
        message=None if said is None else f"{said.message} {said.hint}",
        progress={"done": job.done, "total": job.total} if job.state in BUSY and job.total else None,
        sheet=None if sheet is None else _sheet(sheet, job.understood),
        verdicts=None if outcome is None else _verdicts(outcome),
        effects=[] if outcome is None else _effects(job, outcome, text),
        row_columns=[heading for _, heading in _shown_fields(job.understood)],
        rows=rows,
        verdict_filter=verdict,
        page=page,
        commit_rows=commit + (0 if outcome is None else outcome.counts[Verdict.NEEDS_REVIEW.value]),
        may_commit=job.state is State.CHECKED,
        may_undo=False,
        undo_until=None,
        taken_up=job.taken_up,
        earlier=_earlier(outcome, text) if job.state is State.CHECKED else None,
        earlier_href=f"/import/{outcome.earlier.batch_id}" if outcome is not None and outcome.earlier else None,
        workbook_href=f"/import/{job.id}/workbook" if outcome is not None and job.workbook else None,
        verdict_hrefs={
            "all": f"/import/{job.id}",
            **{word: f"/import/{job.id}?verdict={word}" for word in WORDS.values()},
        },
    )


def _register_sheet(understood: Understood | None) -> UnderstoodSheet | None:
    if understood is None:
        return None
    return next((sheet for sheet in understood.sheets if sheet.is_register), None)


def _sheet(sheet: UnderstoodSheet, understood: Understood | None) -> dict[str, Any]:
    header = sheet.header_rows
    return {
        "name": sheet.name,
        "header": "–".join(dict.fromkeys([str(header[0]), str(header[-1])])) if header else "–",
        "first_row": header[-1] + 1 if header else 1,
        "columns": len(sheet.columns),
        "sheets": len(understood.sheets) if understood else 1,
        "rows": sheet.rows,
    }


def _verdicts(outcome: BatchResult) -> dict[str, Any]:
    counts = {word: outcome.counts[verdict] for verdict, word in WORDS.items()}
    total = outcome.counts["rows"]
    # "update" is a method of dictionaries, which templates would find first.
    return {**counts, "updated": counts["update"], "total": total, "adds_up": sum(counts.values()) == total}


def _effects(job: Job, outcome: BatchResult, text: Translator) -> list[str]:
    before, after = outcome.population
    change = f"+{after - before:,}" if after >= before else f"−{before - after:,}"
    effects = [
        text.text(
            "{area}: residents {before} → {after} ({change})", area=job.order.area_name, before=f"{before:,}",
            after=f"{after:,}", change=change,
        )
    ]  # fmt: skip
    if outcome.counts.get("absent"):
        effects.append(text.text("{count} residents are not in the file", count=f"{outcome.counts['absent']:,}"))
    return effects


def _earlier(outcome: BatchResult | None, text: Translator) -> str | None:
    """That the same file came before, and what it would change now."""
    if outcome is None or outcome.earlier is None:
        return None
    before, changed = outcome.earlier, sum(outcome.counts[v.value] for v in (Verdict.INSERTED, Verdict.UPDATED))
    said = text.text(
        "This very file was committed before, on {day} by {who}.",
        day=local(before.committed_at).strftime("%Y-%m-%d %H:%M"), who=before.by or "–",
    )  # fmt: skip
    if outcome.changes:
        return f"{said} {text.text('It would change {count} rows now.', count=f'{changed:,}')}"
    return f"{said} {text.gettext('It would change nothing now.')}"


def _shown(outcome: BatchResult | None, verdict: str | None) -> pl.DataFrame | None:
    if outcome is None:
        return None
    wanted = {word: name for name, word in WORDS.items()}.get(verdict or "")
    return outcome.verdicts if wanted is None else outcome.verdicts.filter(pl.col("verdict") == wanted)


def _shown_fields(understood: Understood | None) -> list[tuple[str, str]]:
    """The fields that the preview shows, each under the heading that the first sheet with it has."""
    found: dict[str, str] = {}
    for sheet in understood.sheets if understood else ():
        for column in sheet.columns if sheet.used else ():
            if column.status is ColumnStatus.MAPPED and column.field:
                found.setdefault(column.field, column.heading or column.letters)
    ranked = sorted(found, key=lambda name: SHOWN_FIRST.index(name) if name in SHOWN_FIRST else len(SHOWN_FIRST))
    chosen = frozenset(ranked[:SHOWN_COLUMNS])
    return [(name, heading) for name, heading in found.items() if name in chosen]


def _rows(
    job: Job, shown: pl.DataFrame, text: Translator, *, number: int, size: int, verdict: str | None
) -> tuple[list[PreviewRow], Page]:
    part = shown.slice((number - 1) * size, size)
    contents = _contents(job.understood)
    dicts = part.to_dicts()
    changes = differences_of(job.outcome.differences, dicts) if job.outcome is not None else {}
    labels = {name: field_label(name, text) for name in FIELDS}
    fields = [name for name, _ in _shown_fields(job.understood)]
    notes = _notes(job.outcome, part)
    several = job.outcome is not None and len(job.outcome.columns) > 1
    rows = []
    for found in dicts:
        key = (found["sheet"], found["row"])
        said = difference_text(changes.get(key, ()), labels, text)
        cells = _cells(found, contents, fields, notes.get(key, {}))
        remarks = [found_text(*note, text, remedy=False) for note in notes.get(key, {}).values()]
        reason = " ".join(part for part in (reason_text(found, text) or said, *remarks) if part)
        sheet = found["sheet"] if several else None
        rows.append(PreviewRow(found["row"], sheet, cells, WORDS[found["verdict"]], reason or None))
    page = page_of(f"/import/{job.id}", {"verdict": verdict}, number=number, size=size, total=shown.height)
    return rows, page


Contents = Mapping[str, tuple[dict[str, Column], dict[int, int], pl.DataFrame]]
Notes = dict[str, tuple[str, str | None, int | None]]


def _contents(understood: Understood | None) -> Contents:
    """Sheets by name: the columns by field, positions by row number, and the cells."""
    if understood is None:
        return {}
    found = {}
    for sheet, table in zip(understood.sheets, understood.tables, strict=True):
        positions = {row: position for position, row in enumerate(table.row_numbers.tolist())}
        columns = {column.field: column for column in sheet.columns if column.status is ColumnStatus.MAPPED}
        found[sheet.name] = ({name: column for name, column in columns.items() if name}, positions, table.rows)
    return found


def _notes(outcome: BatchResult | None, part: pl.DataFrame) -> dict[tuple[str, int], Notes]:
    """What was read otherwise than written, or left out, in some rows: by sheet and row, one note a heading."""
    if outcome is None:
        return {}
    mild = outcome.issues.filter(pl.col("weight") == int(Weight.NOTE))
    here = mild.join(part.select("sheet", "row"), on=["sheet", "row"], how="semi")
    found: dict[tuple[str, int], Notes] = {}
    columns = ("sheet", "row", "column", "code", "value", "other")
    for sheet, row, column, code, value, other in here.select(columns).rows():
        found.setdefault((sheet, row), {}).setdefault(column, (code, value, other))
    return found


def _cells(found: dict[str, Any], contents: Contents, fields: list[str], notes: Notes) -> list[dict[str, str]]:
    known = contents.get(found["sheet"])
    if known is None or found["row"] not in known[1]:
        return [{"text": "", "mark": ""} for _ in fields]
    columns, positions, frame = known
    return [
        _cell(columns[name], frame.item(positions[found["row"]], columns[name].letters), found, notes)
        if name in columns
        else {"text": "", "mark": ""}
        for name in fields
    ]


def _cell(column: Column, value: str | None, found: dict[str, Any], notes: Notes) -> dict[str, str]:
    mask = MASKS.get(column.field or "")
    shown = value or ""
    mark = "read" if column.heading in notes else ""
    if found["column"] == column.heading and found["reason"]:
        mark = "bad" if found["verdict"] == Verdict.REJECTED.value else "warn"
    return {"text": mask(shown) if mask else shown, "mark": mark}


def reason_text(found: dict[str, Any], text: Translator) -> str | None:
    """Why a row got its verdict, and what to do."""
    return found_text(found["reason"], found["value"], found["other"], text)


def found_text(
    code: str | None, value: str | None, other: int | None, text: Translator, *, remedy: bool = True
) -> str | None:
    """A finding in words, with or without what to do."""
    finding = FINDINGS.get(code or "")
    if finding is None:
        return None
    params = {"value": value or "", "other": "" if other is None else other}
    # A value of the file is shown as it is, even where it happens to be a message.
    said = text.gettext(finding.message).format(**params)
    return f"{said} {text.gettext(finding.hint).format(**params)}" if remedy else said


def verdict_csv(outcome: BatchResult, folder: Path) -> bytes:
    """One line a row of the file: where it went and why."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "verdicts.csv"
        write_verdicts(outcome, path)
        return path.read_bytes()
