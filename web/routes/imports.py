"""The import page: hand a file in, see what it means and what every row would do, commit."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from geodata.errors import Phrase
from gridmap.access.policy import Action, allows
from gridmap.access.scope import require_area
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.history import batch_workbook, list_batches, note_reading, show_batch
from gridmap.importing.layouts import forget_layout, list_layouts, remember_layout
from gridmap.importing.undoing import StandsInTheWayError, obstacles, undo_batch
from web.answers import Context, fragment, page, reading, see_other, writing
from web.desk_jobs import BUSY, Job, Order, State
from web.frame import place_name
from web.params import optional_day, optional_id, visible_areas
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site, site_of
from web.views.batches import BatchLine, batch_line, obstacle_row
from web.views.imports import REGISTER, WORDS, batch_row, batch_view, field_options, verdict_csv
from web.views.lists import Option, area_options, page_of
from web.views.understood import Decision, decision_of, layout_rows, understood_view

router = APIRouter(prefix="/import")
Reader = Annotated[Visit, guard(Action.BATCH_READ)]
Importer = Annotated[Visit, guard(Action.REGISTER_IMPORT)]
Undoer = Annotated[Visit, guard(Action.BATCH_UNDO)]


@router.get("")
async def start(
    request: Request, visit: Reader, number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1
) -> Response:
    """Hand a file in; the files in hand and the imports before."""
    return await page(request, visit, "import.html", "import", await reading(request, _start, visit, number))


def _start(unit: UnitOfWork, site: Site, visit: Visit, number: int) -> Context:
    tree = site.tree.current()
    visible = visible_areas(unit, visit.actor, Action.REGISTER_IMPORT)
    size = site.settings.page_size
    found, total = list_batches(unit, visit.actor, limit=size, offset=(number - 1) * size)
    jobs = [job for job in site.desk.jobs(visit.actor) if job.state is not State.COMMITTED]
    return {
        "batches": [batch_row(job, visit.text) for job in jobs],
        "imports": [batch_line(batch, tree, visit.text) for batch in found],
        "page": page_of("/import", {}, number=number, size=size, total=total),
        "batch": None,
        "templates": [Option(REGISTER, visit.text.gettext("Register of residents"))],
        "areas": area_options(tree, visit.today, visit.lang, visible),
        "today": visit.today,
        "max_mb": site.settings.upload_mb,
        "layouts": layout_rows(list_layouts(unit, visit.actor) if allows(visit.actor, Action.REGISTER_IMPORT) else []),
    }


@router.post("")
async def receive(request: Request, visit: Importer) -> Response:
    """Take a file in; it is read in the background."""
    try:
        return await _receive(request, visit)
    finally:
        await request.close()  # the framework's own copy of the file


async def _receive(request: Request, visit: Visit) -> Response:
    form = await request.form(max_files=1)
    upload = form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise InvalidInputError(field="File", reason="choose a file")
    order = await reading(request, _order, visit, {name: str(form.get(name) or "") for name in FIELDS})
    site = site_of(request)
    job = await site.runner.write(site.desk.receive, visit.actor, upload.filename, upload.file, order)
    return see_other(f"/import/{job.id}")


FIELDS = ("template", "area", "effective", "completeness")


def _order(unit: UnitOfWork, site: Site, visit: Visit, fields: dict[str, str]) -> Order:
    area_id = optional_id(fields["area"], "Area")
    node = site.tree.current().get(area_id) if area_id is not None else None
    if node is None:
        raise NotFoundError
    require_area(unit, visit.actor, Action.REGISTER_IMPORT, node.id)
    effective: date | None = optional_day(fields["effective"], "Effective date")
    name = place_name(site.tree.current(), node, visit.lang)
    complete = fields["completeness"] == "complete"
    return Order(node.id, node.code, name, node.region, effective, complete=complete, language=visit.lang)


@router.get("/{job_id}")
async def show(
    request: Request, visit: Reader, job_id: UUID, verdict: Annotated[str, Query(max_length=16)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:  # fmt: skip
    """Where a file in hand stands, or what an import was."""
    site = site_of(request)
    job = site.desk.find(visit.actor, job_id)
    if job is not None and job.result is not None and job.result.repeats:
        return see_other(f"/import/{job.result.batch_id}?again=1")
    written = await reading(request, _written, visit, job_id, missing=job is not None)
    if job is None:
        again = request.query_params.get("again") == "1"
        return await page(request, visit, "import_batch.html", "import", {"line": written, "again": again})
    chosen = verdict if verdict in WORDS.values() else None
    view = await site.runner.read(
        batch_view, job, visit.text, verdict=chosen, number=number, size=site.settings.page_size
    )
    understood = await site.runner.read(understood_view, job, visit.text)
    context = {
        "batches": [], "batch": view, "understood": understood, "fields": field_options(visit.text), "line": written,
        "templates": [], "areas": [], "today": visit.today, "max_mb": site.settings.upload_mb,
    }  # fmt: skip
    return await page(request, visit, "import.html", "import", context)


def _written(unit: UnitOfWork, site: Site, visit: Visit, batch_id: UUID, *, missing: bool) -> BatchLine | None:
    try:
        return batch_line(show_batch(unit, visit.actor, batch_id), site.tree.current(), visit.text)
    except NotFoundError:
        if missing:
            return None
        raise


@router.get("/{job_id}/undo")
async def before_undo(request: Request, visit: Undoer, job_id: UUID) -> Response:
    """What undoing an import takes back, and what stands in the way."""
    return await page(request, visit, "import_undo.html", "import", await reading(request, _before, visit, job_id))


def _before(unit: UnitOfWork, site: Site, visit: Visit, batch_id: UUID) -> Context:
    found = obstacles(unit, visit.actor, batch_id)
    line = batch_line(show_batch(unit, visit.actor, batch_id), site.tree.current(), visit.text)
    return {"line": line, "obstacles": [obstacle_row(one, visit.text) for one in found]}


@router.post("/{job_id}/undo")
async def undo(request: Request, visit: Undoer, job_id: UUID) -> Response:
    """Take an import back, with what stands on it where that was asked for; else show what stands in the way."""
    form = await request.form()
    try:
        await writing(request, _undo, visit, job_id, together=form.get("together") == "yes")
    except StandsInTheWayError:
        return see_other(f"/import/{job_id}/undo")
    return see_other(f"/import/{job_id}")


def _undo(unit: UnitOfWork, _site: Site, visit: Visit, batch_id: UUID, *, together: bool) -> None:
    undo_batch(unit, visit.actor, batch_id, together=together)


@router.get("/{job_id}/progress")
async def progress(request: Request, visit: Reader, job_id: UUID) -> Response:
    """How far background work is; tells the page to reload when it is done."""
    site = site_of(request)
    job = site.desk.get(visit.actor, job_id)
    view = {
        "id": str(job.id),
        "state": job.state.value,
        "progress": {"done": job.done, "total": job.total} if job.total else None,
    }
    response = fragment(request, visit, "fragments/progress.html", {"batch": view})
    if job.state not in BUSY:
        response.headers["hx-refresh"] = "true"
    return response


@router.post("/{job_id}/columns")
async def columns(request: Request, visit: Importer, job_id: UUID) -> Response:
    """Confirm or change what was understood, and check every row, or read the file again where rows changed."""
    site = site_of(request)
    job = site.desk.get(visit.actor, job_id)
    form: Any = await request.form()
    decision = decision_of({name: str(value) for name, value in form.items()}, job)
    if decision.effective is not None and decision.effective > visit.today:
        late = Phrase("{day} lies in the future", {"day": decision.effective.isoformat()})
        raise InvalidInputError(field="Effective date", reason=late)
    step = site.desk.read_again if decision.again else site.desk.check
    if decision.remember:
        await writing(request, _remember, visit, job, decision)
    step(job, visit.actor, decision.choices, decision.effective)
    return see_other(f"/import/{job_id}")


def _remember(unit: UnitOfWork, _site: Site, visit: Visit, job: Job, decision: Decision) -> None:
    for name, sheet, chose_rows in decision.remember:
        remember_layout(unit, visit.actor, job.order.area_id, sheet, name=name, chose_rows=chose_rows)


@router.post("/layouts/{layout_id}/forget")
async def forget(request: Request, visit: Importer, layout_id: UUID) -> Response:
    """Forget a remembered layout; what was imported by it stays."""
    await writing(request, _forget, visit, layout_id)
    return see_other("/import#layouts")


def _forget(unit: UnitOfWork, _site: Site, visit: Visit, layout_id: UUID) -> None:
    forget_layout(unit, visit.actor, layout_id)


@router.post("/{job_id}/commit")
async def commit(request: Request, visit: Importer, job_id: UUID) -> Response:
    """Write the checked file into the register."""
    site_of(request).desk.commit(site_of(request).desk.get(visit.actor, job_id), visit.actor)
    return see_other(f"/import/{job_id}")


@router.post("/{job_id}/cancel")
async def cancel(request: Request, visit: Importer, job_id: UUID) -> Response:
    """Give a file up; nothing was written."""
    site_of(request).desk.cancel(site_of(request).desk.get(visit.actor, job_id))
    return see_other(f"/import/{job_id}")


@router.get("/{job_id}/verdicts.csv")
async def verdicts(request: Request, visit: Reader, job_id: UUID) -> Response:
    """One line a row with its verdict and reason."""
    job = site_of(request).desk.get(visit.actor, job_id)
    body = await _file(request, visit, job, "csv")
    return _download(body, "text/csv; charset=utf-8", "verdicts.csv")


@router.get("/{job_id}/workbook")
async def workbook(request: Request, visit: Reader, job_id: UUID) -> Response:
    """The rows that could not be taken, each bad cell marked, ready to be mended and handed in again."""
    job = site_of(request).desk.find(visit.actor, job_id)
    if job is not None and job.workbook:
        body = await _file(request, visit, job, "xlsx")
    else:
        body = await writing(request, _kept, visit, job_id)
    return _download(body, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "to-correct.xlsx")


def _kept(unit: UnitOfWork, _site: Site, visit: Visit, batch_id: UUID) -> bytes:
    return batch_workbook(unit, visit.actor, batch_id)


async def _file(request: Request, visit: Visit, job: Job, kind: str) -> bytes:
    if job.outcome is None:
        raise NotFoundError
    await writing(request, _note_file, visit, job, kind)
    if kind == "csv":
        return await site_of(request).runner.read(verdict_csv, job.outcome, site_of(request).desk.folder)
    return job.workbook


def _note_file(unit: UnitOfWork, _site: Site, visit: Visit, job: Job, kind: str) -> None:
    note_reading(unit, visit.actor, job.outcome.batch_id if job.outcome else None, kind)


def _download(body: bytes, media_type: str, name: str) -> Response:
    return Response(body, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
