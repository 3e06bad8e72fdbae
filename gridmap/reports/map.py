"""Cells on a map, alone on a page: by compliance and by population."""

from __future__ import annotations

from gridmap.indicators.cells import AreaTable
from gridmap.reports.judged import Judged
from gridmap.reports.kinds import ReportKind, Request
from gridmap.reports.model import Figure, Rate, Report
from gridmap.reports.places import Names, cells_of, plan, rules_line


def build(request: Request) -> Report:
    """Build the map of an area at a date."""
    words = request.words
    judged = Judged.at(request.assessment, request.as_of, words)
    tree = judged.table.occupancy.snapshot.areas
    names, position = Names(tree, words), tree.positions[request.area.id]
    return Report(
        code="map",
        language=words.language,
        title=words.text("Map of {area}", area=names.full(position)),
        subtitle=rules_line(judged, request.as_of),
        path=tuple(names.full(tree.positions[node.id]) for node in request.path),
        area_code=request.area.code,
        as_of=request.as_of,
        made_at=request.made_at,
        made_by=request.actor.display_name,
        internal=True,
        figures=_figures(judged, cells_of(judged.table, position), position),
        plan=plan(request, judged, names, position),
    )


def _figures(judged: Judged, cells: AreaTable, position: int) -> tuple[Figure, ...]:
    _, table = judged.words.gettext, judged.table
    row = table.row_of(position)
    meeting = sum(judged.status(cell) == "meets" for cell in cells.rows.tolist())
    counts = (("Population", "population"), ("Households", "households"), ("Dwellings", "dwellings"))
    return (
        Figure(_("Cells that meet every rule"), Rate(meeting, len(cells))),
        *(Figure(_(label), int(table[name][row])) for label, name in counts),
    )


REPORT = ReportKind(
    "map",
    "Cells on a map",
    "Cells by compliance and by population on a page of their own.",
    build,
    listed=False,  # it is a page only; the command line has a command for it
)
