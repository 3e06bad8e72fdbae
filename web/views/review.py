"""Rows that wait for a decision, one at a time, with the places they may mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from gridmap.i18n import Translator
from gridmap.importing.review import Case, CaseKey, Choice
from gridmap.layers.service import MapLayers
from web.params import region_of
from web.views.imports import field_label

PARTS: Final = ("community", "compound", "road", "road_no", "building", "unit", "room")
LONGEST_ROW: Final = 9
"""Digits of the largest number of a row that any store takes."""

SHOWN: Final = ("name", "relationship", "id_number", "household")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in the queue."""

    id: str
    text: str
    rows: int
    href: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that the row may mean."""

    key: int
    id: str
    region: int
    map_id: int | None
    title: str
    room: str | None
    score: float
    reasons: list[dict[str, object]]
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """A row to decide, persons masked."""

    id: str
    text: str
    origin: str
    reason: str
    parts: list[dict[str, object]]
    candidates: list[Candidate]
    learns: str | None
    rows: list[dict[str, object]]
    rows_more: int
    prev_href: str | None
    next_href: str | None
    undo_href: str | None


def case_id(key: CaseKey) -> str:
    """A case in an address."""
    return f"{key.region}.{key.batch_id}.{key.seq}"


def case_key(text: str) -> CaseKey | None:
    """The case of an address; ``None`` where it names none."""
    region, _, rest = text.partition(".")
    batch, _, seq = rest.partition(".")
    number = region_of(region)
    if number is None or not seq.isdecimal() or len(seq) > LONGEST_ROW:
        return None
    try:
        return CaseKey(number, UUID(batch), int(seq))
    except ValueError:
        return None


def case_rows(cases: Sequence[Case], text: Translator) -> list[CaseRow]:
    """The queue."""
    return [
        CaseRow(case_id(case.key), case.address or "–", case.alike, f"/review?case={case_id(case.key)}",
                _reason(case, text) or None)
        for case in cases
    ]  # fmt: skip


def review_case(
    case: Case, around: tuple[Case | None, Case | None], found: Sequence[Choice],
    names: Mapping[tuple[int, UUID], str], layers: MapLayers, text: Translator,
) -> ReviewCase:  # fmt: skip
    """Present a case between the one before and the one after."""
    before, after = around
    candidates = [_candidate(number, choice, names, layers, case, text) for number, choice in enumerate(found, start=1)]
    return ReviewCase(
        id=case_id(case.key),
        text=case.address or "–",
        origin=text.text("{file}, row {row}", file=case.file_name, row=case.row),
        reason=_reason(case, text),
        parts=[
            {"label": field_label(part, text), "value": case.content[part], "read": None, "ok": True}
            for part in PARTS
            if case.content.get(part)
        ],
        candidates=candidates,
        learns=learned(case, candidates, text),
        rows=[{"row": case.row, **{name: case.content.get(name) for name in SHOWN}}],
        rows_more=case.alike - 1,
        prev_href=None if before is None else f"/review?case={case_id(before.key)}",
        next_href=None if after is None else f"/review?case={case_id(after.key)}",
        undo_href=None,
    )


def learned(case: Case, candidates: Sequence[Candidate], text: Translator) -> str | None:
    """What is remembered when a name is taken over."""
    written = case.content.get("compound")
    if not written or not candidates:
        return None
    return text.text("“{written}” will be understood from now on", written=written)


def _reason(case: Case, text: Translator) -> str:
    filled = text.gettext(case.message)
    # The value stood in the file and is shown with the address; here the sentence does without it.
    return filled.replace("{value}", "").replace("{other}", "").rstrip("：: 。.") if filled else ""


def _candidate(
    number: int, choice: Choice, names: Mapping[tuple[int, UUID], str], layers: MapLayers, case: Case, text: Translator
) -> Candidate:
    key = (choice.region, choice.building_id)
    bounds = layers.building_bounds(*key)
    found = choice.candidate
    reasons: list[dict[str, object]] = [
        {
            "ok": found.name_similarity >= 0.99,
            "text": text.text("name {share}%", share=round(found.name_similarity * 100)),
        },
        {"ok": found.same_building, "text": text.gettext("building number")},
        {"ok": found.same_room, "text": text.gettext("room")},
    ]
    return Candidate(
        key=number,
        id=str(choice.dwelling_id or choice.building_id),
        region=choice.region,
        map_id=layers.buildings.positions.get(key),
        title=names.get(key, "–"),
        room=case.content.get("room") if choice.dwelling_id else None,
        score=found.score,
        reasons=reasons,
        lon=None if bounds is None else (bounds[0] + bounds[2]) / 2,
        lat=None if bounds is None else (bounds[1] + bounds[3]) / 2,
    )
