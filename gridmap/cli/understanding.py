"""How a register is understood, from the command line: shown, corrected by options, remembered, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from geodata.errors import Phrase
from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.areas.service import find_area
from gridmap.cli.frame import As, Db, Json, Work, _, emit, out, say, working
from gridmap.errors import InvalidInputError
from gridmap.importing.choices import SheetChoice
from gridmap.importing.headings import Column, ColumnStatus, importable_fields, plain_heading
from gridmap.importing.layouts import forget_layout, known_layouts, layout_by_name, list_layouts, remember_layout
from gridmap.importing.rowkinds import KINDS
from gridmap.importing.understand import Understood, UnderstoodSheet, understand

Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help=_("What a column means, by its letters or its heading: C=phone; C= leaves it out. May be repeated."),
        show_default=False,
    ),
]
HeaderRows = Annotated[
    list[int] | None,
    typer.Option(
        "--header-row",
        help=_("The row of the headings, twice where there are two; 0 where there are none."),
        show_default=False,
        min=0,
    ),
]
Sheet = Annotated[
    str | None, typer.Option("--sheet", help=_("Only this sheet of a workbook."), show_default=False)
]  # fmt: skip
Remember = Annotated[
    str | None,
    typer.Option(
        "--remember", help=_("Remember the layout under this name, for files with the same headings."),
        show_default=False,
    ),
]  # fmt: skip
File = Annotated[Path, typer.Argument(help=_("The file to import."), show_default=False)]
Under = Annotated[
    str, typer.Option("--under", help=_("The area it belongs to: a code or a unique name path."), show_default=False)
]


def understand_file(
    work: Work, file: Path, under: str, maps: Sequence[str] | None, rows: Sequence[int] | None
) -> Understood:
    """Read a register by the remembered layouts of its street and by what the options say.

    Raises:
        TableError, AreaNotFoundError, NotFoundError, PermissionDeniedError.
        InvalidInputError: an option names a column or a field that there is not.
    """
    with work.store.read() as unit:
        area = find_area(unit, under)
        require_area(unit, work.actor, Action.REGISTER_IMPORT, area.id)
        layouts = known_layouts(unit, area.region)
    header = None if rows is None else tuple(sorted({row for row in rows if row}))
    found = understand(file, layouts=layouts)
    if header is None and not maps:
        return found
    choices = {sheet.name: SheetChoice(header_rows=header) for sheet in found.sheets}
    if header is not None:
        found = understand(file, layouts=layouts, choices=choices)
    wanted = dict(_mapping(text) for text in maps or ())
    columns = {sheet.name: _columns(sheet, wanted) for sheet in found.sheets}
    unused = set(wanted).difference(*(used for _, used in columns.values()))
    if unused:
        reason = Phrase("no column is called {name}", {"name": min(unused)})
        raise InvalidInputError(field="--map", reason=reason)
    return understand(
        file,
        layouts=layouts,
        choices={name: SheetChoice(header_rows=header, columns=chosen) for name, (chosen, _) in columns.items()},
    )


def _mapping(text: str) -> tuple[str, str]:
    column, separator, meaning = text.rpartition("=")
    if not separator or not column:
        reason = Phrase("“{text}” is not COLUMN=FIELD", {"text": text})
        raise InvalidInputError(field="--map", reason=reason)
    if meaning and meaning not in importable_fields():
        reason = Phrase(
            "there is no field {name}; there are: {names}", {"name": meaning, "names": ", ".join(importable_fields())}
        )
        raise InvalidInputError(field="--map", reason=reason)
    return column, meaning


def _columns(sheet: UnderstoodSheet, wanted: dict[str, str]) -> tuple[dict[str, str], set[str]]:
    """The fields by letters, and which of the wishes were found on the sheet."""
    chosen: dict[str, str] = {}
    used: set[str] = set()
    for name, meaning in wanted.items():
        for column in sheet.columns:
            same = bool(column.heading) and plain_heading(column.heading) == plain_heading(name)
            if column.letters == name.upper() or same:
                chosen[column.letters] = meaning
                used.add(name)
    return chosen, used


def remember(work: Work, under: str, found: Understood, name: str, *, chose_rows: bool) -> None:
    """Remember the layouts of the sheets that are imported."""
    sheets = [sheet for sheet in found.sheets if sheet.used]
    with work.store.write() as unit:
        area = find_area(unit, under)
        for number, sheet in enumerate(sheets, start=1):
            own = name if len(sheets) == 1 else f"{name} {number}"
            remember_layout(unit, work.actor, area.id, sheet, name=own, chose_rows=chose_rows)


def understand_command(  # noqa: PLR0913, PLR0917 - options
    file: File,
    under: Under,
    db: Db,
    maps: Maps = None,
    header_row: HeaderRows = None,
    remember_as: Remember = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Say what a register would be understood as: sheets, headings, columns, rows that are no residents."""
    with working(db, as_) as work:
        found = understand_file(work, file, under, maps, header_row)
        if remember_as:
            remember(work, under, found, remember_as, chose_rows=header_row is not None)
    if json_:
        emit({"kind": "understood", "file": found.file_name, "sheets": [_as_json(sheet) for sheet in found.sheets]})
        return
    for sheet in found.sheets:
        show_sheet(sheet)


def show_sheet(sheet: UnderstoodSheet) -> None:
    """Print what a sheet was understood as."""
    use = _("will be imported") if sheet.used else _("not imported")
    say("Sheet {name}: {use}", name=sheet.name, use=use)
    parts = [f"{_('rows of residents')} {sheet.rows:,}"]
    parts += [f"{_(KINDS[kind])} {sheet.skipped[kind]:,}" for kind in KINDS if sheet.skipped.get(kind)]
    say("  {rows} rows = {parts}", rows=f"{sheet.all_rows:,}", parts=" + ".join(parts))
    if sheet.header_rows:
        say("  Headings in row {rows}", rows=", ".join(map(str, sheet.header_rows)))
    if sheet.layout:
        say("  Remembered layout: {name}", name=sheet.layout.name)
    if sheet.hidden_rows or sheet.hidden_columns:
        say("  Hidden, and read all the same: {rows} rows, {columns} columns", rows=sheet.hidden_rows,
            columns=len(sheet.hidden_columns))  # fmt: skip
    for row, day in sheet.dates:
        say("  Row {row} names the date {day}", row=row, day=day.isoformat())
    for column in sheet.columns:
        out.print(f"  {column.letters:>3} {column.heading or _('(no heading)')} → {_meaning(column)}", markup=False)
    rows = [f"{row.row} ({_(KINDS[row.kind])})" for row in sheet.shown]
    if rows and sheet.is_register:
        say("  No residents in row {rows}", rows=", ".join(rows))


def _meaning(column: Column) -> str:
    return column.field or "-" if column.status is ColumnStatus.MAPPED else _(column.reason)


def _as_json(sheet: UnderstoodSheet) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "used": sheet.used,
        "hidden": sheet.hidden,
        "header_rows": list(sheet.header_rows),
        "rows": sheet.all_rows,
        "residents": sheet.rows,
        "skipped": dict(sheet.skipped),
        "skipped_rows": [{"row": row.row, "kind": row.kind} for row in sheet.shown],
        "hidden_rows": sheet.hidden_rows,
        "hidden_columns": list(sheet.hidden_columns),
        "dates": [{"row": row, "date": day.isoformat()} for row, day in sheet.dates],
        "layout": sheet.layout.name if sheet.layout else None,
        "columns": [
            {"letters": c.letters, "heading": c.heading, "field": c.field, "status": c.status.value}
            for c in sheet.columns
        ],
    }


def layouts_command(
    db: Db,
    forget: Annotated[
        str | None, typer.Option("--forget", help=_("Forget the layout of this name or id."), show_default=False)
    ] = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """List the remembered layouts of registers, or forget one."""
    with working(db, as_) as work:
        if forget:
            with work.store.write() as unit:
                forget_layout(unit, work.actor, layout_by_name(unit, work.actor, forget).id)
        with work.store.read() as unit:
            found = list_layouts(unit, work.actor)
    if json_:
        emit({
            "kind": "layouts",
            "layouts": [
                {"id": str(one.id), "name": one.name, "headings": list(one.headings), "columns": dict(one.columns),
                 "header_rows": None if one.header_rows is None else list(one.header_rows)}
                for one in found
            ],
        })  # fmt: skip
        return
    if not found:
        say("No layout is remembered.")
    for one in found:
        say("{name}: {headings}", name=one.name, headings=" · ".join(one.headings))
