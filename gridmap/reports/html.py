"""The page of a report: one file that asks for nothing, opens from a disk, prints on A4.

Scripts and styles stand in the file and are named by their hashes in its content security policy; nothing else runs.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from gridmap.i18n import Translator
from gridmap.reports import wording
from gridmap.reports.kinds import Format
from gridmap.reports.model import Cell, Column, Figure, Kind, Rate, Report, RowStyle, Table
from gridmap.reports.palette import palette

_IMAGE = re.compile(r"url\([^)]*\)")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def write(report: Report) -> bytes:
    """A report as one self-contained HTML file (UTF-8)."""
    words = wording.words_of(report)
    scripts = _scripts(report)
    mark = words.gettext(wording.INTERNAL) if report.internal else ""
    style = _style(mark)
    page = _environment(words).get_template("report.html")
    return page.render(
        report=report,
        full=_is_map(report),
        policy=_policy(scripts, style),
        style=style,
        scripts=scripts,
        data=_data(report),
        colours=palette()["status"],
        statuses={word: words.gettext(text) for word, text in wording.STATUS_WORDS.items()},
        mark=mark,
        figures=[_figure(figure, words) for figure in report.figures],
        tables=[_table(table, words) for table in report.tables],
        path=" › ".join(report.path),
        made=words.text(wording.MADE, at=report.made_at.strftime("%Y-%m-%d %H:%M"), name=report.made_by),
    ).encode("utf-8")


def _is_map(report: Report) -> bool:
    """A report that is only a plan fills the window."""
    return report.plan is not None and not report.tables


@cache
def _text(name: str) -> str:
    return resources.files("gridmap.reports").joinpath(*name.split("/")).read_text("utf-8")


def _environment(words: Translator) -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: _text(f"templates/{name}")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = words.gettext
    return environment


# --- scripts, styles and the policy that names them ------------------------------------------------------------------


def _scripts(report: Report) -> list[str]:
    if report.plan is None:
        return []
    from gridmap.reports.offline_map import map_script  # noqa: PLC0415 - folium takes a second to load

    leaflet = _SOURCE_MAP.sub("", _text("vendor/leaflet.js"))
    return [leaflet, map_script(report.plan, wheel=_is_map(report)), _text("templates/plan.js")]


def _data(report: Report) -> dict[str, Any] | None:
    if report.plan is None:
        return None
    from gridmap.reports.offline_map import map_data  # noqa: PLC0415 - folium takes a second to load

    return map_data(report.plan)


def _style(mark: str) -> str:
    """Leaflet's styles without the images we do not use, ours, the colours of classes, and the edge of every page."""
    leaflet = _IMAGE.sub("none", _text("vendor/leaflet.css"))
    edge = mark.replace("\\", "").replace('"', "")
    page = (
        f'@page {{ @top-right {{ content: "{edge}"; }}'
        " @bottom-right { content: counter(page) ' / ' counter(pages); } }"
    )
    return "\n".join([leaflet, _text("templates/report.css"), *_colours(), page])


def _colours() -> Iterable[str]:
    for word, colours in palette()["status"].items():
        fill = f"url(#hatch-{word})" if "hatch" in colours else colours["fill"]
        yield f".fill-{word} {{ fill: {fill}; }}"
        yield f".soft-{word} {{ background: {colours['soft']}; color: {colours['ink']}; }}"
        yield f".ink-{word} {{ color: {colours['ink']}; }}"
        yield f".sign-{word} {{ fill: {colours['solid']}; }}"
    population = palette()["population"]
    for step, colour in enumerate(population["ramp"]):
        yield f".fill-p{step + 1} {{ fill: {colour}; }}"
        if step >= population["white_from"]:
            yield f".on-p{step + 1} {{ color: #fff; }}"


def _policy(scripts: list[str], style: str) -> str:
    hashes = " ".join(_hash(script) for script in scripts) or "'none'"
    parts = ("default-src 'none'", f"script-src {hashes}", f"style-src {_hash(style)}", "img-src data:",
             "base-uri 'none'", "form-action 'none'")  # fmt: skip
    return "; ".join(parts)


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


# --- what the template shows -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shown:
    """A cell of a table: its text, a smaller one below, a status, whether the text is that status's word."""

    text: str
    small: str = ""
    status: str | None = None
    word: bool = False
    kind: str = ""


def _figure(figure: Figure, words: Translator) -> dict[str, Any]:
    value = figure.value
    if isinstance(value, Rate):
        return {
            "label": figure.label,
            "value": wording.percent(value.value, words, figure.limits),
            "part": wording.part(value),
            "note": figure.note,
            "status": figure.status,
        }
    decimals = 2 if isinstance(value, float) else 0
    text = wording.number(value, decimals)
    return {"label": figure.label, "value": text, "part": "", "note": figure.note, "status": figure.status}


def _table(table: Table, words: Translator) -> dict[str, Any]:
    """A table with its code under the name, where both are there."""
    paired = len(table.columns) > 1 and (table.columns[0].kind, table.columns[1].kind) == (Kind.CODE, Kind.TEXT)
    columns = table.columns[1:] if paired else table.columns
    rows = []
    for number, cells in enumerate(table.rows):
        shown = [_shown(cell, column, words) for column, cell in zip(table.columns, cells, strict=True)]
        if paired:
            code, name, *rest = shown
            plain = table.style(number) is RowStyle.TOTAL
            shown = [_Shown(name.text, "" if plain else code.text, kind="name"), *rest]
        rows.append({"style": table.style(number).value, "cells": shown})
    heads = [{"label": column.label, "threshold": column.threshold, "kind": _kind(column)} for column in columns]
    return {"title": table.title, "summary": table.summary, "columns": heads, "rows": rows, "empty": table.empty}


def _shown(cell: Cell, column: Column, words: Translator) -> _Shown:
    if isinstance(cell, Rate):
        if not cell.denominator:
            return _Shown(wording.NOTHING if cell.denominator == 0 else wording.part(cell), kind=_kind(column))
        share = wording.percent(cell.value, words, column.limits)
        return _Shown(
            share, wording.part(cell), None if cell.status in {None, "meets"} else cell.status, kind=_kind(column)
        )
    text = wording.shown(cell, column, words)
    if column.kind is Kind.STATUS and cell:
        return _Shown(text, status=str(cell), word=True)
    return _Shown(text, kind=_kind(column))


def _kind(column: Column) -> str:
    """The class of a column's cells in the style sheet."""
    return " ".join([column.kind.value, *(["number"] if column.numeric else [])])


FORMAT = Format("html", "Page with a map, to look at and to print", ".html", "text/html", write)
