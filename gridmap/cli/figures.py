"""``gridmap stats``, ``report``, ``map``: figures of areas as tables, files and a map that needs no network."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from gridmap.access.service import local_today
from gridmap.cli.frame import As, AsOf, Db, Json, Work, _, emit, parse_day, say, words, working
from gridmap.compliance.service import Assessment, make_figures
from gridmap.errors import InvalidInputError
from gridmap.indicators.cache import SnapshotCache
from gridmap.publishing.service import read_publication
from gridmap.reports import registry, wording
from gridmap.reports.dataset import UNLOCATED, read_figures
from gridmap.reports.kinds import Format
from gridmap.reports.model import Report
from gridmap.reports.places import OWN_LINE

_FORMULA: Final = re.compile(r"^[=+\-@\t\r\n＝＋－＠]")
"""A text that starts so would be taken for a formula by a spreadsheet, full-width forms too."""

_DECIMALS: Final = 6
_WIDEST: Final = 400
_SHOWN: Final = {
    "code": "Code",
    "name": "Area name",
    "population": "Population",
    "households": "Households",
    "dwellings": "Dwellings",
    "floating_share": "Floating population",
    "registration_coverage": "Dwellings verified",
    "status": "Status",
}


class StatsFormat(StrEnum):
    """How figures are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class ColorBy(StrEnum):
    """What a map is coloured by."""

    COMPLIANCE = "compliance"
    POPULATION = "population"


MaybeArea = Annotated[
    str | None,
    typer.Option("--area", help=_("Only this area: a code or a unique name path."), show_default=False),
]
Area = Annotated[str, typer.Option("--area", help=_("The area: a code or a unique name path."), show_default=False)]
MaybeOut = Annotated[
    Path | None, typer.Option("--out", "-o", help=_("The file to write."), dir_okay=False, show_default=False)
]


def stats(  # noqa: PLR0913, PLR0917 - options
    db: Db,
    as_of: AsOf = None,
    level: Annotated[str, typer.Option("--level", help=_("One row an area of this level."))] = "community",
    area: MaybeArea = None,
    format_: Annotated[StatsFormat, typer.Option("--format", help=_("How to print the figures."))] = StatsFormat.TABLE,
    out_: MaybeOut = None,
    excel: Annotated[
        bool, typer.Option("--excel", help=_("Write CSV so that Excel recognises Chinese (UTF-8 with a mark)."))
    ] = False,
    published: Annotated[
        bool,
        typer.Option("--published", help=_("Only what may leave the office: small numbers withheld, counts rounded.")),
    ] = False,
    as_: As = None,
) -> None:
    """Print figures of areas at a date, one row an area: population, households, dwellings, indicators, status.

    What lies in no area of the level has rows of the level "unlocated".
    """
    if published and area is not None:
        raise InvalidInputError(field="--area", reason="what is published is the same for all; leave it out")
    with working(db, as_) as work:
        assessment, day = _ready(work, as_of)
        with work.store.write() as unit:
            if published:
                frame = read_publication(unit, work.actor, assessment.figures, day, level)
            else:
                frame = read_figures(unit, work.actor, assessment, day, level=level, area=area)
    text = _printed(frame, format_, excel=excel)
    if text is None:
        _show(frame)
    elif out_ is None:
        typer.get_binary_stream("stdout").write(text)
    else:
        save(out_, text)


def _ready(work: Work, as_of: str | None) -> tuple[Assessment, date]:
    """Figures that are counted already, so that nobody waits for them while the log is written."""
    with work.store.read() as unit:
        day = parse_day(as_of) or local_today(unit)
    assessment = Assessment(make_figures(SnapshotCache(work.store)))
    assessment.verdicts(day)
    return assessment, day


def _printed(frame: pd.DataFrame, format_: StatsFormat, *, excel: bool) -> bytes | None:
    """The figures as a file; nothing for a table on the screen."""
    if format_ is StatsFormat.TABLE:
        return None
    rounded = frame.round(_DECIMALS)
    if format_ is StatsFormat.JSON:
        rows = rounded.astype(object).where(rounded.notna(), None).to_dict("records")
        return (json.dumps(rows, ensure_ascii=False) + "\n").encode("utf-8")
    for column in [name for name in ("name", "name_en") if name in rounded]:
        rounded[column] = [f"'{name}" if _FORMULA.match(name or "") else name for name in rounded[column]]
    text = str(rounded.to_csv(index=False, lineterminator="\r\n" if excel else "\n"))
    return text.encode("utf-8-sig" if excel else "utf-8")


def _show(frame: pd.DataFrame) -> None:
    """The figures that fit a screen; numbers are never cut, however narrow it is."""
    table = Table(show_edge=False, box=None, pad_edge=False)
    shown = {name: label for name, label in _SHOWN.items() if name in frame}
    for name, label in shown.items():
        left = name in {"code", "name", "status"}
        table.add_column(words().gettext(label), justify="left" if left else "right", no_wrap=True)
    for row in frame.to_dict("records"):
        named = {**row, "name": _named(row)}
        table.add_row(*(_shown(name, named[name]) for name in shown))
    Console(highlight=False, width=_WIDEST).print(table)


def _named(row: dict[Hashable, Any]) -> str:
    english = words().language == "en" and not pd.isna(row.get("name_en"))
    name = str(row["name_en"] if english else row["name"])
    return words().text(OWN_LINE, area=name) if row["level"] == UNLOCATED else name


def _shown(name: object, value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return wording.NOTHING
    if name == "status":
        return f"{wording.STATUS_SIGNS[str(value)]} {wording.status(str(value), words())}"
    if isinstance(value, str):
        return value.replace("[", r"\[")
    return wording.percent(value / 100, words()) if isinstance(value, float) else f"{value:,}"


def report(  # noqa: PLR0913, PLR0917 - options
    code: Annotated[str, typer.Argument(help=_("The report: coverage."), metavar="REPORT", show_default=False)],
    area: Area,
    db: Db,
    as_of: AsOf = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", help=_("xlsx or html; by default what the file's name says."), show_default=False),
    ] = None,
    out_: MaybeOut = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Write a report about an area at a date, as a workbook or as a page that opens and prints without a network."""
    registry.report_of(code)
    chosen = _format(format_, out_)
    with working(db, as_) as work:
        made = _build(work, code, area, as_of)
    _deliver(made, chosen, out_, as_json=json_)


def map_(
    area: Area,
    db: Db,
    color_by: Annotated[ColorBy, typer.Option("--color-by", help=_("What the cells are coloured by."))] = (
        ColorBy.COMPLIANCE
    ),
    as_of: AsOf = None,
    out_: MaybeOut = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Write a map of the cells of an area as one page that opens without a network."""
    with working(db, as_) as work:
        made = _build(work, "map", area, as_of)
    if made.plan is None:
        raise InvalidInputError(field="--area", reason="no cell of this area has an outline")
    themes = sorted(made.plan.themes, key=lambda theme: theme.name != color_by.value)
    made = replace(made, plan=replace(made.plan, themes=tuple(themes)))
    _deliver(made, registry.format_of("html"), out_, as_json=json_)


def _format(code: str | None, file: Path | None) -> Format:
    """The format that was named, else that of the file's name, else a workbook."""
    if code is not None:
        return registry.format_of(code)
    if file is None:
        return registry.format_of("xlsx")
    fitting = [entry for entry in registry.formats().values() if entry.suffix == file.suffix.lower()]
    return fitting[0] if fitting else registry.format_of(file.suffix.removeprefix("."))


def _build(work: Work, code: str, area: str, as_of: str | None) -> Report:
    assessment, day = _ready(work, as_of)
    with work.store.write() as unit:
        return registry.build(code, unit, work.actor, area, day, assessment=assessment, words=words())


def _deliver(made: Report, chosen: Format, file: Path | None, *, as_json: bool) -> None:
    target = file or Path(made.file_name + chosen.suffix)
    save(target, chosen.write(made))
    if as_json:
        emit({"file": str(target), "report": made.code, "area": made.area_code, "as_of": made.as_of.isoformat()})
    else:
        say("Wrote {file}: {title}.", file=target, title=made.title)


def save(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = file.with_name(file.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InvalidInputError(field="--out", reason=f"{file}: {error.strerror}") from error
