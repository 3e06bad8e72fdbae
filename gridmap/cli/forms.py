"""``gridmap form``: an office's own forms, checked, filled, kept."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from geodata.errors import Phrase
from gridmap.access.service import local_today
from gridmap.areas import repository as areas
from gridmap.cli.figures import save
from gridmap.cli.frame import FOUND_WRONG, As, Db, Json, Work, _, command, emit, language, out, parse_day, say, words
from gridmap.cli.frame import working as opened
from gridmap.cli.usage import Group
from gridmap.compliance.service import Assessment, make_figures
from gridmap.errors import InvalidInputError
from gridmap.forms import service
from gridmap.forms.areas import AreaSource
from gridmap.forms.example import FIGURES, ROSTER, example
from gridmap.forms.people import Reveal
from gridmap.forms.preview import Line, Standing, columns, lines
from gridmap.forms.service import KeptForm, Order, area_of, gather, words_of, write_form
from gridmap.forms.understanding import Choices, Form, open_form
from gridmap.forms.words import REASONS, place_of, said
from gridmap.indicators.cache import SnapshotCache
from gridmap.residents.reading import Purpose

app = typer.Typer(help=_("Check, fill and keep an office's own forms."), no_args_is_help=True, cls=Group)

Template = Annotated[
    str, typer.Argument(help=_("The form: a workbook (.xlsx), or the name of a kept form."), show_default=False)
]
Area = Annotated[str, typer.Option("--area", help=_("The area: a code or a unique name path."), show_default=False)]
Day = Annotated[
    str | None,
    typer.Option(
        "--date",
        "--as-of",
        help=_("The date the figures speak of, as 2026-03-31; today by default."),
        show_default=False,
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help=_("The file to write."), dir_okay=False, show_default=False)
]


class Kind(StrEnum):
    """Forms that ship as examples."""

    FIGURES = FIGURES
    ROSTER = ROSTER


@command(app, "fill")
def fill(  # noqa: PLR0913, PLR0917 - options
    template: Template,
    area: Area,
    db: Db,
    day: Day = None,
    out_: Out = None,
    purpose: Annotated[
        Purpose | None,
        typer.Option("--reveal", help=_("Write persons in full, for this purpose; it is logged."), show_default=False),
    ] = None,
    note: Annotated[str, typer.Option("--note", help=_("What else is to be said of the purpose."))] = "",
    as_: As = None,
    json_: Json = False,
) -> None:
    """Fill a form for an area and a date, with its layout kept. Persons are masked unless a purpose is named."""
    with opened(db, as_) as work:
        assessment, when = _ready(work, day)
        form, name = _form(work, template, assessment)
        with work.store.write() as unit:
            reveal = None if purpose is None else Reveal(purpose.value, note)
            order = Order(area_of(unit, area, when).id, when, reveal)
            source = gather(unit, work.actor, form, order, assessment=assessment, words=words(), name=name)
        made = write_form(form, source, name)
    target = out_ or Path(made.file_name)
    save(target, made.content)
    if json_:
        emit({"file": str(target), "form": name, "as_of": when.isoformat(), "rows": dict(made.rows)})
        return
    say("Wrote {file}.", file=target)
    _warn(form)


@command(app, "check")
def check(template: Template, area: Area, db: Db, day: Day = None, as_: As = None, json_: Json = False) -> None:
    """Say what each placeholder and column of a form will be filled with. Ends with 1 where something is not known."""
    with opened(db, as_) as work:
        assessment, when = _ready(work, day)
        form, _name = _form(work, template, assessment)
        with work.store.read() as unit:
            source = service.area_source(
                unit, work.actor, area_of(unit, area, when).id, when, assessment=assessment, words=words()
            )
    found = _lines(form, source)
    if json_:
        problems = [said(problem, words()) for problem in form.problems]
        emit({"lines": [_as_json(line) for line in found], "problems": problems})
    else:
        _show(found)
        _warn(form)
    if any(line.standing is Standing.UNKNOWN for line in found) or form.problems:
        raise typer.Exit(FOUND_WRONG)


@command(app, "keep")
def keep(
    file: Annotated[Path, typer.Argument(help=_("The form: a workbook (.xlsx)."), show_default=False)],
    area: Area,
    db: Db,
    name: Annotated[
        str, typer.Option("--name", help=_("The name to keep it under; by default the file's."), show_default=False)
    ] = "",
    as_: As = None,
    json_: Json = False,
) -> None:
    """Keep a form for an area, to be filled again. One of the same name becomes its next version."""
    content = file.read_bytes()
    with opened(db, as_) as work:
        vocabulary = words_of(_assessment(work))
        with work.store.write() as unit:
            node = area_of(unit, area, local_today(unit))
            kept = service.keep(unit, work.actor, node.id, file.name, content, words=vocabulary, name=name)
    if json_:
        emit({"form": kept.name, "version": kept.version, "area": node.code})
    else:
        say("Kept {form}, version {version}.", form=kept.name, version=kept.version)


@command(app, "list")
def list_(db: Db, as_: As = None, json_: Json = False) -> None:
    """List the forms that can be filled."""
    with opened(db, as_) as work, work.store.read() as unit:
        found = service.list_forms(unit, work.actor)
        names = {form.area_id: node for form in found if (node := areas.get(unit, form.area_id)) is not None}
    if json_:
        emit([_kept_json(form, names[form.area_id].code) for form in found])
        return
    table = Table(show_edge=False, box=None, pad_edge=False)
    for label in (_("Form"), _("Version"), _("Area"), _("By"), _("When")):
        table.add_column(label)
    for form in found:
        when = form.uploaded_at.astimezone().strftime("%Y-%m-%d %H:%M")
        cells = (form.name, str(form.version), names[form.area_id].name, form.uploaded_name, when)
        table.add_row(*(cell.replace("[", r"\[") for cell in cells))
    out.print(table)


@command(app, "delete")
def delete(
    name: Annotated[str, typer.Argument(help=_("The name of a kept form."), show_default=False)],
    db: Db,
    as_: As = None,
) -> None:
    """Delete a kept form with all its versions."""
    with opened(db, as_) as work, work.store.write() as unit:
        form = service.form_named(unit, work.actor, name)
        service.delete(unit, work.actor, form.region, form.id)
    say("Deleted {form}.", form=name)


@command(app, "example")
def example_(
    kind: Annotated[Kind, typer.Argument(help=_("figures with placeholders, or a roster with headings alone."))] = (
        Kind.FIGURES
    ),
    out_: Out = None,
) -> None:
    """Write an example of a form to begin with."""
    made = example(kind.value, language())
    target = out_ or Path(made.file_name)
    save(target, made.content)
    say("Wrote {file}.", file=target)


# --- pieces ----------------------------------------------------------------------------------------------------------


def _assessment(work: Work) -> Assessment:
    return Assessment(make_figures(SnapshotCache(work.store)))


def _ready(work: Work, text: str | None) -> tuple[Assessment, date]:
    """Figures that are counted already, so that nobody waits for them while the log is written."""
    with work.store.read() as unit:
        day = parse_day(text, "--date") or local_today(unit)
    assessment = _assessment(work)
    assessment.verdicts(day)
    return assessment, day


def _form(work: Work, template: str, assessment: Assessment) -> tuple[Form, str]:
    """The form of a file, else the kept one of that name; and what it is called."""
    path = Path(template)
    choices: Choices = {}
    if path.is_file():
        name, file_name, content = path.stem, path.name, path.read_bytes()
    elif path.suffix:
        reason = Phrase("there is no file {file}", {"file": template})
        raise InvalidInputError(field="Form", reason=reason)
    else:
        with work.store.read() as unit:
            kept = service.form_named(unit, work.actor, template)
        name, file_name, content, choices = kept.name, kept.file_name, kept.content, kept.choices
    return open_form(file_name, content, words_of(assessment), choices), name


def _lines(form: Form, source: AreaSource) -> list[Line]:
    found = lines(form, source, language())
    for table in form.tables:
        found += columns(table, source, language())
    return found


def _show(found: list[Line]) -> None:
    table = Table(show_edge=False, box=None, pad_edge=False)
    for label in (_("In cell"), _("In the form"), _("Filled with"), _("What it will be")):
        table.add_column(label)
    for line in found:
        cells = (place_of(line.sheet, line.at), line.name, line.item or _reason(line), line.value)
        table.add_row(*(cell.replace("[", r"\[") for cell in cells))
    out.print(table)


def _reason(line: Line) -> str:
    """Why it stays empty, with the known names that look alike."""
    reason = _(REASONS[line.reason])
    if not line.nearest:
        return reason
    return words().text("{reason} – perhaps {names}?", reason=reason, names=list(line.nearest))


def _warn(form: Form) -> None:
    for problem in form.problems:
        out.print(f"! {said(problem, words())}", markup=False)


def _as_json(line: Line) -> dict[str, Any]:
    return {
        "sheet": line.sheet, "cell": line.at, "name": line.name, "standing": line.standing.value, "code": line.code,
        "rows": line.rows.value if line.rows else None, "value": line.value, "nearest": list(line.nearest),
    }  # fmt: skip


def _kept_json(form: KeptForm, area: str) -> dict[str, Any]:
    return {
        "form": form.name, "version": form.version, "area": area, "by": form.uploaded_name,
        "at": form.uploaded_at.isoformat(),
    }  # fmt: skip
