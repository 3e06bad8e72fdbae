"""Areas as a report names them, and the plan of its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.areas import repository as areas
from gridmap.areas.service import levels
from gridmap.i18n import Translator
from gridmap.indicators.cells import AreaTable
from gridmap.indicators.classes import LegendClass, natural_classes
from gridmap.indicators.service import DEDICATED
from gridmap.indicators.tree import AreaTree
from gridmap.reports import wording
from gridmap.reports.judged import Judged
from gridmap.reports.kinds import Request
from gridmap.reports.model import CardLine, Column, LegendEntry, Outline, Place, Plan, Theme

COMPLIANCE, POPULATION = "compliance", "population"
LEGEND_ORDER: Final = ("fails", "at_risk", "meets", "no_data")
OWN_LINE: Final = "{area}: in no area below"
_DIGITS: Final = re.compile(r"\d+")
_GRID: Final = 1e-6  # degrees; a tenth of a metre


@dataclass(frozen=True)
class Names:
    """The names of areas in the reader's language, by position."""

    tree: AreaTree
    words: Translator

    def full(self, position: int) -> str:
        """The official name."""
        english = self.tree.english[position]
        return english if english and not self.words.language.startswith("zh") else self.tree.names[position]

    def stem(self, position: int) -> str:
        """The name without its administrative suffix."""
        name, level = self.full(position), self.tree.levels[position]
        suffixes = (*levels().suffixes.get(level, ()), f" {wording.LEVELS[level][0]}")
        return next(
            (name.removesuffix(end) for end in suffixes if name.endswith(end) and len(name) > len(end) + 1), name
        )

    def above(self, position: int) -> str:
        """The name of the area above without its suffix; nothing at the top."""
        parent = int(self.tree.parent[position])
        return self.stem(parent) if parent >= 0 else ""

    def short(self, position: int) -> str:
        """What stands on a map: the number of a cell as its name says it, else as its code does."""
        digits = _DIGITS.findall(self.tree.names[position])
        return digits[-1] if digits else self.tree.codes[position][-2:]


def inside(table: AreaTable, position: int) -> NDArray[np.bool_]:
    """Which areas are the area of a report or lie under it."""
    return table.occupancy.snapshot.areas.below(position)


def cells_of(table: AreaTable, position: int) -> AreaTable:
    """The cells of an area, itself if it is one."""
    cells = table.cells
    return cells.take(cells.rows[inside(table, position)[cells.rows]])


def rules_line(judged: Judged, as_of: date) -> str:
    """The date of the figures and of the rules."""
    since = max((judgement.rule.valid_from for judgement in judged.verdicts.judgements), default=as_of)
    return judged.words.text(
        "Figures as of {date} · rules in force since {since}", date=as_of.isoformat(), since=since.isoformat()
    )


def plan(request: Request, judged: Judged, names: Names, position: int) -> Plan | None:
    """The cells of an area on a map; ``None`` when none has an outline."""
    cells = cells_of(judged.table, position)
    wanted = {names.tree.ids[row]: row for row in cells.rows.tolist()}
    shapes = {wanted[key]: shape for key, shape in areas.geometries(request.unit, wanted).items()}
    if not shapes:
        return None
    populations = _populations(names.tree, cells)
    classes = natural_classes(np.array([number for number in populations.values() if number is not None]))
    ramp = {row: _class_of(number, classes) for row, number in populations.items()}
    places = tuple(
        Place(
            label=names.short(row),
            title=names.full(row),
            shape=_rounded(shapes[row]),
            classes={COMPLIANCE: judged.status(row), POPULATION: ramp[row]},
            card=_card(judged, names, row),
        )
        for row in cells.rows.tolist()
        if row in shapes
    )
    return Plan(
        title=request.words.gettext("Map of cells"),
        places=places,
        outlines=_outlines(request, names, judged.table, position),
        themes=(_compliance(places, request.words), _by_population(places, classes, request.words)),
    )


def _rounded(wkb: bytes) -> shapely.Geometry:
    return shapely.set_precision(shapely.from_wkb(wkb), _GRID, mode="pointwise")


def _populations(tree: AreaTree, cells: AreaTable) -> dict[int, int | None]:
    """Population by position; ``None`` for dedicated cells without residents, which are no few people but a park."""
    found = zip(cells.rows.tolist(), cells["population"].tolist(), strict=True)
    return {row: None if tree.kinds[row] == DEDICATED and not number else number for row, number in found}


def _class_of(number: int | None, classes: list[LegendClass]) -> str:
    if number is None:
        return DEDICATED
    step = next(at for at, entry in enumerate(classes) if entry.end is not None and number <= entry.end)
    return f"p{step + 1}"


def _card(judged: Judged, names: Names, position: int) -> tuple[CardLine, ...]:
    words = judged.words
    table, row = judged.table, judged.table.row_of(position)
    lines = [
        CardLine(words.gettext("Code"), names.tree.codes[position]),
        CardLine(words.gettext("Population"), wording.number(int(table["population"][row]))),
        CardLine(words.gettext("Households"), wording.number(int(table["households"][row]))),
    ]
    columns: list[tuple[Column, object]] = list(zip(judged.columns(), judged.rates(position), strict=True))
    for column, rate in columns:
        lines.append(
            CardLine(
                column.label,
                wording.shown(rate, column, words),  # type: ignore[arg-type]
                getattr(rate, "status", None),
            )
        )
    return tuple(lines)


def _compliance(places: tuple[Place, ...], words: Translator) -> Theme:
    found = [place.classes[COMPLIANCE] for place in places]
    legend = tuple(LegendEntry(word, wording.status(word, words), found.count(word)) for word in LEGEND_ORDER)
    return Theme(COMPLIANCE, words.gettext("Compliance"), legend)


def _by_population(places: tuple[Place, ...], classes: list[LegendClass], words: Translator) -> Theme:
    found = [place.classes[POPULATION] for place in places]
    legend = [
        LegendEntry(f"p{step}", _between(entry.start, entry.end), found.count(f"p{step}"))
        for step, entry in enumerate(classes, start=1)
    ]
    if DEDICATED in found:
        legend.append(LegendEntry(DEDICATED, words.gettext("Dedicated, no residents"), found.count(DEDICATED)))
    return Theme(POPULATION, words.gettext("Population"), tuple(legend))


def _between(start: int | None, end: int | None) -> str:
    return wording.number(start) if start == end else f"{wording.number(start)}–{wording.number(end)}"


def _outlines(request: Request, names: Names, table: AreaTable, position: int) -> tuple[Outline, ...]:
    """The borders of the areas right below that of the report, or its own where these are cells: the known outline,
    else that of the cells together."""
    tree = names.tree
    cells = cells_of(table, position).rows
    below = tree.lineage[cells][:, min(int(tree.depth[position]) + 1, tree.lineage.shape[1] - 1)]
    parts = np.where((below < 0) | (below == cells), position, below)
    wanted = sorted({int(part) for part in parts} - set(cells.tolist()))
    shapes = areas.geometries(request.unit, [tree.ids[row] for row in (*wanted, *cells.tolist())])
    result = []
    for part in wanted:
        known = shapes.get(tree.ids[part])
        inner = [shapes[tree.ids[row]] for row in cells[parts == part].tolist() if tree.ids[row] in shapes]
        if known is None and not inner:
            continue
        whole = shapely.union_all(shapely.from_wkb(inner)) if known is None else shapely.from_wkb(known)
        result.append(Outline(names.stem(part), shapely.set_precision(whole, _GRID, mode="pointwise")))
    return tuple(result)
