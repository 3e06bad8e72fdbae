"""An office's own forms: hand one in, see what it asks for, fill it, fill it again."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from geodata.readers.table_guard import check_size
from gridmap.access.policy import Action, allows
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.forms import service
from gridmap.forms.example import EXAMPLES, example
from gridmap.forms.package import LIMITS
from gridmap.forms.people import Reveal
from gridmap.forms.service import Filled, KeptForm, Order, RegisterSource, words_of
from gridmap.forms.understanding import Choices, Form, open_form
from gridmap.forms.vocabulary import Rows
from web.answers import Context, page, reading, see_other, writing
from web.frame import home_area
from web.params import RegionNumber, day_of, fields_of, optional_id, visible_areas
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site, site_of
from web.views.forms import Chosen, form_row, form_view, path_of
from web.views.lists import area_options
from web.views.persons import purposes

router = APIRouter(prefix="/forms")
Reader = Annotated[Visit, guard(Action.REPORT_READ)]
Keeper = Annotated[Visit, guard(Action.FORM_KEEP)]
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AreaText = Annotated[str, Query(max_length=36)]
DateText = Annotated[str, Query(max_length=10)]


@router.get("")
async def start(request: Request, visit: Reader) -> Response:
    """Hand a form in, and the forms that are kept."""
    return await page(request, visit, "forms.html", "reports", await reading(request, _start, visit))


def _start(unit: UnitOfWork, site: Site, visit: Visit) -> Context:
    tree = site.tree.current()
    home = home_area(visit.actor, tree, visit.today)
    keeping = allows(visit.actor, Action.FORM_KEEP)
    return {
        "forms": [form_row(form, tree, visit.lang) for form in service.list_forms(unit, visit.actor)],
        "areas": area_options(tree, visit.today, visit.lang, visible_areas(unit, visit.actor, Action.FORM_KEEP))
        if keeping
        else [],
        "home": None if home is None else str(home.id),
        "max_mb": LIMITS.max_bytes // 1_048_576,
        "may_keep": keeping,
    }


@router.post("")
async def receive(request: Request, visit: Keeper) -> Response:
    """Keep a form that is handed in, and show what it asks for."""
    try:
        form: Any = await request.form(max_files=1)
        upload = form.get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise InvalidInputError(field="File", reason="choose a file")
        check_size(upload.filename, upload.size or 0, LIMITS)
        area = optional_id(str(form.get("area") or ""), "Area")
        content = await upload.read()
        name = str(form.get("name") or "")
        kept = await writing(request, _keep, visit, area, (upload.filename, content, name))
    finally:
        await request.close()  # the framework's own copy of the file
    return see_other(path_of(kept))


def _keep(unit: UnitOfWork, site: Site, visit: Visit, area: UUID | None, file: tuple[str, bytes, str]) -> KeptForm:
    if area is None:
        raise NotFoundError
    file_name, content, name = file
    words = words_of(site.assessment)
    return service.keep(unit, visit.actor, area, file_name, content, words=words, name=name)


@router.get("/examples/{example_kind}")
async def give_example(request: Request, visit: Reader, example_kind: str) -> Response:
    """A form to begin with."""
    if example_kind not in EXAMPLES:
        raise NotFoundError
    made = await site_of(request).runner.read(example, example_kind, visit.lang)
    return _file(made.content, made.file_name)


@router.get("/{region}/{form_id}")
async def show(
    request: Request, visit: Reader, region: RegionNumber, form_id: UUID, area: AreaText = "", as_of: DateText = ""
) -> Response:
    """What a form asks for and what it will be filled with."""
    day = day_of(as_of, visit.today)
    site = site_of(request)
    await site.runner.read(site.assessment.verdicts, day)
    context = await reading(request, _show, visit, (region, form_id), area, day)
    return await page(request, visit, "form.html", "reports", context)


def _show(unit: UnitOfWork, site: Site, visit: Visit, key: tuple[int, UUID], area: str, day: date) -> Context:
    tree = site.tree.current()
    kept = service.get_form(unit, visit.actor, *key)
    words = words_of(site.assessment)
    form = open_form(kept.file_name, kept.content, words, kept.choices)
    visible = visible_areas(unit, visit.actor, Action.REPORT_READ)
    area_id = optional_id(area, "Area") or _area_for(kept, visit, site, visible)
    source = service.area_source(
        unit, visit.actor, area_id, day, assessment=site.assessment, words=visit.text
    )  # fmt: skip
    versions = [form_row(v, tree, visit.lang, kept) for v in service.list_versions(unit, visit.actor, kept)]
    view = form_view(
        kept, form, source, words, visit.text, versions,
        may_keep=service.may_keep(unit, visit.actor, kept.area_id),
    )  # fmt: skip
    return {
        "form": view,
        "areas": area_options(tree, visit.today, visit.lang, visible),
        "chosen": Chosen(str(area_id), day),
        "today": visit.today,
        "purposes": purposes(visit.text),
        "may_list": allows(visit.actor, Action.PERSON_LIST),
        "may_reveal": allows(visit.actor, Action.PERSON_REVEAL),
        "as_of": day,
    }


def _area_for(kept: KeptForm, visit: Visit, site: Site, visible: frozenset[UUID] | None) -> UUID:
    """The form's own area for those who look after it, else the reader's own."""
    if visible is None or kept.area_id in visible:
        return kept.area_id
    home = home_area(visit.actor, site.tree.current(), visit.today)
    if home is None:
        raise NotFoundError
    return home.id


@router.post("/{region}/{form_id}/columns")
async def correct(request: Request, visit: Keeper, region: RegionNumber, form_id: UUID) -> Response:
    """Remember what the columns are to be filled with."""
    fields = await fields_of(request)
    kept = await writing(request, _correct, visit, (region, form_id), fields)
    query = urlencode({name: fields[name] for name in ("area", "as_of") if fields.get(name)})
    return see_other(f"{path_of(kept)}?{query}" if query else path_of(kept))


def _correct(unit: UnitOfWork, site: Site, visit: Visit, key: tuple[int, UUID], fields: dict[str, str]) -> KeptForm:
    kept = service.get_form(unit, visit.actor, *key)
    form = open_form(kept.file_name, kept.content, words_of(site.assessment), kept.choices)
    choices = {name: dict(decided) for name, decided in kept.choices.items()}
    for number, sheet in enumerate(form.sheets):
        decided = _decided(form, sheet.name, number, fields)
        if decided is not None:
            choices[sheet.name] = decided
    service.correct(unit, visit.actor, *key, choices)
    return kept


def _decided(form: Form, sheet: str, number: int, fields: dict[str, str]) -> dict[str, Any] | None:
    """What the form of the page says of one sheet; columns mean something only within the kind of rows they were
    chosen for."""
    table = next((table for table in form.tables if table.sheet == sheet), None)
    rows = fields.get(f"rows-{number}")
    if table is None or rows is None:
        return None
    if rows not in {"", *Rows}:
        raise InvalidInputError(field="Column", reason="not a usable value")
    if rows != (table.rows or ""):
        return {"rows": rows}
    columns = {
        column.letters: fields[f"column-{number}-{column.letters}"]
        for column in table.columns
        if f"column-{number}-{column.letters}" in fields
    }
    return {"rows": rows, "columns": columns}


@router.post("/{region}/{form_id}/fill")
async def fill(request: Request, visit: Reader, region: RegionNumber, form_id: UUID) -> Response:
    """The filled form as a file; everything read for it is in the log before it leaves."""
    fields = await fields_of(request)
    day = day_of(fields.get("as_of"), visit.today)
    area = optional_id(fields.get("area", ""), "Area")
    site = site_of(request)
    await site.runner.read(site.assessment.verdicts, day)
    kept, form, source = await writing(request, _gather, visit, (region, form_id), area, day, _reveal(fields))
    made: Filled = await site.runner.read(service.write_form, form, source, kept.name)
    return _file(made.content, made.file_name)


def _reveal(fields: dict[str, str]) -> Reveal | None:
    return Reveal(fields.get("purpose", ""), fields.get("note", "")[:512]) if fields.get("reveal") else None


def _gather(
    unit: UnitOfWork, site: Site, visit: Visit, key: tuple[int, UUID], area: UUID | None, day: date,
    reveal: Reveal | None,
) -> tuple[KeptForm, Form, RegisterSource]:  # fmt: skip
    kept = service.get_form(unit, visit.actor, *key)
    choices: Choices = kept.choices
    form = open_form(kept.file_name, kept.content, words_of(site.assessment), choices)
    order = Order(area or kept.area_id, day, reveal)
    source = service.gather(
        unit, visit.actor, form, order, assessment=site.assessment, words=visit.text, name=kept.name
    )  # fmt: skip
    return kept, form, source


@router.post("/{region}/{form_id}/delete")
async def delete(request: Request, visit: Keeper, region: RegionNumber, form_id: UUID) -> Response:
    """Delete a form with all its versions."""
    await writing(request, _delete, visit, region, form_id)
    return see_other("/forms")


def _delete(unit: UnitOfWork, _site: Site, visit: Visit, region: int, form_id: UUID) -> None:
    service.delete(unit, visit.actor, region, form_id)


@router.get("/{region}/{form_id}/file")
async def original(request: Request, visit: Reader, region: RegionNumber, form_id: UUID) -> Response:
    """The form as it was handed in."""
    kept: KeptForm = await reading(request, _get, visit, region, form_id)
    return _file(kept.content, kept.file_name)


def _get(unit: UnitOfWork, _site: Site, visit: Visit, region: int, form_id: UUID) -> KeptForm:
    return service.get_form(unit, visit.actor, region, form_id)


def _file(body: bytes, name: str) -> Response:
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(body, media_type=WORKBOOK, headers=headers)
