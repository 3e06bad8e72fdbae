"""Batches of earlier imports: listed, shown, and what stands in the way of undoing one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from gridmap.areas.tree import AreaTree
from gridmap.i18n import Translator
from gridmap.importing.history import Batch
from gridmap.importing.undoing import Obstacle
from web.frame import place_name
from web.views.accounts import local
from web.words import ACTS

KINDS: Final = {
    "register": "Register of residents",
    "dwellings": "Table of dwellings",
    "buildings": "Buildings",
    "cells": "Cells",
    "areas": "Area tree",
    "organisations": "Organisations",
    "aliases": "Other names",
    "statistics": "Reported figures",
    "agreements": "Rental agreements",
    "enrolments": "Enrolments",
    "deliveries": "Deliveries",
    "": "Another import",
}
"""What was handed in."""

CHANGES: Final = {
    "": "Changed before there was a journal",
    "review": "Decided a review case",
    "case": "Decided a review case",
    "person": "Merged records of one person",
}
"""What a change is called by the first word of its kind, where the log has no word for it."""

STATUS: Final = {"committed": "Committed", "undone": "Undone"}


@dataclass(frozen=True, slots=True)
class BatchLine:
    """An import in the list of imports, and on its own page. ``counts``: a word of the template and its number; they
    add up to ``rows``."""

    id: str
    href: str
    file_name: str
    kind_label: str
    area_name: str
    by: str
    at: datetime
    state: str
    state_label: str
    rows: int
    counts: list[tuple[str, int]]
    adds_up: bool
    absent: int
    effective: date | None
    complete: bool
    population: tuple[int, int] | None
    open_cases: int
    undone: tuple[datetime, str] | None
    undo_href: str | None
    undo_note: str | None
    workbook_href: str | None


@dataclass(frozen=True, slots=True)
class ObstacleRow:
    """A later change that stands on an import. ``href``: where it is an import itself."""

    what: str
    file_name: str | None
    by: str
    at: datetime | None
    records: int
    confirms: bool
    href: str | None


WORDS: Final = {
    "inserted": "new", "updated": "update", "unchanged": "unchanged", "needs_review": "review", "rejected": "rejected",
}  # fmt: skip
"""The page's words for verdicts."""


def batch_line(batch: Batch, tree: AreaTree, text: Translator) -> BatchLine:
    """An import as pages show it."""
    committed = batch.status == "committed"
    undone = (local(batch.undone_at), batch.undone_by or "") if batch.undone_at else None
    note = "This kind of import cannot be undone: hand in the former file again." if committed else None
    return BatchLine(
        id=str(batch.id),
        href=f"/import/{batch.id}",
        file_name=batch.file_name,
        kind_label=text.gettext(KINDS.get(batch.kind, KINDS[""])),
        area_name=_area(batch.under_code, tree, text),
        by=batch.by,
        at=local(batch.committed_at or batch.created_at),
        state=batch.status,
        state_label=text.gettext(STATUS[batch.status]),
        rows=batch.rows,
        counts=[(word, batch.counts.get(verdict, 0)) for verdict, word in WORDS.items()],
        adds_up=batch.adds_up,
        absent=batch.counts.get("absent", 0),
        effective=batch.effective,
        complete=batch.complete,
        population=batch.population,
        open_cases=batch.open_cases,
        undone=undone,
        undo_href=f"/import/{batch.id}/undo" if batch.undoable else None,
        undo_note=text.gettext(note) if note and not batch.undoable else None,
        workbook_href=f"/import/{batch.id}/workbook" if batch.workbook_rows else None,
    )


def obstacle_row(obstacle: Obstacle, text: Translator) -> ObstacleRow:
    """A later change in words."""
    what = ACTS.get(obstacle.kind) or CHANGES.get(obstacle.kind.split(".", maxsplit=1)[0]) or "Changed by hand"
    return ObstacleRow(
        what=text.gettext(what),
        file_name=obstacle.file_name,
        by=obstacle.by,
        at=local(obstacle.made_at) if obstacle.made_at else None,
        records=obstacle.records,
        confirms=obstacle.confirms,
        href=f"/import/{obstacle.change_id}" if obstacle.file_name else None,
    )


def _area(code: str | None, tree: AreaTree, text: Translator) -> str:
    node = next((node for node in tree.nodes if node.code == code), None) if code else None
    return place_name(tree, node, text.language) if node is not None else (code or "–")
