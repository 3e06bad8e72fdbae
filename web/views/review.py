"""Rows that wait for a decision, one at a time, with the places and persons they may mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from gridmap.i18n import Translator
from gridmap.importing.findings import FINDINGS
from gridmap.layers.service import MapLayers
from gridmap.linking.grammar import PARTS
from gridmap.reviewing.cases import Case, CaseKey
from gridmap.reviewing.choosing import Choice, PersonChoice
from gridmap.reviewing.decision import Effect
from gridmap.reviewing.history import Learned, Taken
from gridmap.reviewing.queue import Waiting
from gridmap.reviewing.showing import Open, Queued
from gridmap.reviewing.words import ABSENT_SHORT, DECIDED, EFFECTS, NO_PLACE, SAME_PLACE
from web.site import OFFICE_ZONE
from web.views.imports import field_label
from web.views.lists import Option

SHOWN: Final = ("name", "relationship", "sex", "birth_date", "id_number", "household", "age")
KINDS: Final = {"compound": "Compound", "road": "Road", "building": "Name of a building"}
AGREES: Final = ("identity number", "date of birth", "household number")
"""What of a row can agree with a known person."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in the queue."""

    id: str
    text: str
    rows: int
    href: str
    reason: str | None
    claimed_by: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that the row may mean. ``value`` names it in the form: region, building, dwelling or nothing."""

    key: int
    value: str
    building: str
    map_id: int | None
    title: str
    room: str | None
    score: float
    reasons: list[dict[str, object]]
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A known person whom the row may mean, masked."""

    key: int
    value: str
    name: str
    facts: list[str]
    place: str | None
    reasons: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """A row to decide, persons masked. ``mode``: what is asked – a place, a person, or what became of somebody."""

    id: str
    mode: str
    text: str
    origin: str
    reason: str
    hint: str
    parts: list[dict[str, object]]
    candidates: list[Candidate]
    persons: list[PersonLine]
    buildings: list[Option]
    areas: list[Option]
    given: dict[str, str]
    rows: list[dict[str, object]]
    rows_more: int
    alike: int
    named: int
    same_reason: int
    effective: date
    held_by: str | None
    prev_href: str | None
    next_href: str | None
    here_href: str


@dataclass(frozen=True, slots=True)
class LastLine:
    """What was decided last, and can be undone."""

    id: str
    text: str


def link_to(**parameters: object) -> str:
    """The address of the review with some parameters."""
    given = {name: str(value) for name, value in parameters.items() if value}
    return "/review" + (f"?{urlencode(given)}" if given else "")


def queue_lines(lines: Sequence[Queued], text: Translator, kept: Mapping[str, str]) -> list[CaseLine]:
    """The queue around the case that is shown."""
    return [
        CaseLine(
            str(line.case.key),
            line.case.address or text.text("row {row}", row=line.case.row),
            line.alike,
            link_to(case=line.case.key, **kept),
            reason_label(line.case.reason, text),
            line.claimed_by,
        )
        for line in lines
    ]


def reason_label(code: str, text: Translator) -> str:
    """A reason in a few words: its sentence without the value."""
    finding = FINDINGS.get(code)
    if finding is not None and finding.label:
        return text.gettext(finding.label)
    filled = text.gettext(finding.message if finding else ABSENT_SHORT)
    return filled.replace("{value}", "").replace("{other}", "").replace("“”", "").strip("：:， 。.")


def reason_options(waiting: Waiting, text: Translator) -> list[Option]:
    """How much is left by reason."""
    return [
        Option(code, f"{reason_label(code, text)} ({count:,})") for code, count in waiting.by_reason().items()
    ]  # fmt: skip


def batch_options(waiting: Waiting) -> list[Option]:
    """How much is left by file."""
    return [Option(str(batch), f"{name} ({count:,})") for (batch, name), count in waiting.by_batch().items()]


def review_case(
    opened: Open, areas: Sequence[tuple[str, str]], layers: MapLayers, today: date, text: Translator,
    kept: Mapping[str, str],
) -> ReviewCase:  # fmt: skip
    """Present a case."""
    case = opened.case
    candidates = candidate_lines(opened.choices, layers, case.parts, text)
    return ReviewCase(
        id=str(case.key),
        mode=_mode(case),
        text=case.address or text.gettext("No address"),
        origin=_origin(case, text),
        reason=_reason(case, text),
        hint=text.gettext(case.hint),
        parts=[
            {"label": field_label(part, text), "value": case.parts[part], "read": None, "ok": True, "name": part}
            for part in PARTS
            if case.parts.get(part)
        ],
        candidates=candidates,
        persons=_person_lines(opened.persons, text),
        buildings=_buildings(candidates),
        areas=[Option(code, label) for code, label in areas],
        given={name: case.parts.get(name, "") for name in PARTS},
        rows=[_row(one) for one in opened.together],
        rows_more=max(0, opened.alike - len(opened.together)),
        alike=opened.alike,
        named=opened.named,
        same_reason=opened.same_reason,
        effective=case.effective or today,
        held_by=opened.claim.name if opened.claim else None,
        prev_href=_neighbour(opened.previous, kept),
        next_href=_neighbour(opened.following, kept),
        here_href=link_to(case=case.key, **kept),
    )


def _mode(case: Case) -> str:
    if case.absent:
        return "absent"
    return "place" if case.person_id is not None else "person"


def _origin(case: Case, text: Translator) -> str:
    if case.absent:
        return case.file_name
    if case.sheet and case.sheet not in case.file_name:
        return text.text("{file}, sheet {sheet}, row {row}", file=case.file_name, sheet=case.sheet, row=case.row)
    return text.text("{file}, row {row}", file=case.file_name, row=case.row)


def _reason(case: Case, text: Translator) -> str:
    """Why the row was not settled, with the count it speaks of. The value is shown above with the address."""
    said = text.gettext(case.message)
    said = said.replace("{other}", "" if case.other is None else str(case.other)).replace("{value}", "")
    return said.replace("“”", "").strip("：:， 。.")


def _row(case: Case) -> dict[str, object]:
    return {"row": case.row or None, **{name: case.content.get(name) for name in SHOWN}}


def _neighbour(key: CaseKey | None, kept: Mapping[str, str]) -> str | None:
    return None if key is None else link_to(case=key, **kept)


def _buildings(candidates: Sequence[Candidate]) -> list[Option]:
    found = {candidate.building: candidate.title for candidate in candidates}
    return [Option(value, title) for value, title in found.items()]


def candidate_lines(
    choices: Sequence[Choice], layers: MapLayers, parts: Mapping[str, str], text: Translator, first: int = 1
) -> list[Candidate]:
    """Places to choose, numbered as the keys are."""
    return [
        _candidate(number, choice, layers, parts, text) for number, choice in enumerate(choices, start=first)
    ]  # fmt: skip


def _candidate(number: int, choice: Choice, layers: MapLayers, parts: Mapping[str, str], text: Translator) -> Candidate:
    key = (choice.region, choice.building_id)
    bounds = layers.building_bounds(*key)
    found = choice.candidate
    reasons: list[dict[str, object]] = [
        {
            "ok": found.name_similarity >= 0.99,
            "text": text.text("name {share}%", share=round(found.name_similarity * 100)),
        },
        {"ok": found.same_building, "text": text.gettext("building number")},
    ]
    if parts.get("room"):
        reasons.append({"ok": found.same_room, "text": text.gettext("room")})
    room = None
    if choice.room is not None:
        room = f"{choice.unit}-{choice.room}" if choice.unit else choice.room
    return Candidate(
        key=number,
        value=f"{choice.region}:{choice.building_id}:{choice.dwelling_id or ''}",
        building=f"{choice.region}:{choice.building_id}:",
        map_id=layers.buildings.positions.get(key),
        title=choice.building,
        room=room,
        score=found.score,
        reasons=reasons,
        lon=None if bounds is None else (bounds[0] + bounds[2]) / 2,
        lat=None if bounds is None else (bounds[1] + bounds[3]) / 2,
    )


def _person_lines(choices: Sequence[PersonChoice], text: Translator) -> list[PersonLine]:
    lines = []
    for number, choice in enumerate(choices, start=1):
        person = choice.person
        age = text.text("{age} years", age=person.age) if person.age is not None else None
        facts = [fact for fact in (age, person.id_number) if fact]
        lines.append(
            PersonLine(
                key=number,
                value=f"{person.region}:{person.id}",
                name=person.name,
                facts=facts,
                place=person.place,
                reasons=[
                    {"ok": agrees, "text": text.gettext(label)}
                    for agrees, label in zip(
                        (choice.same_number, choice.same_birth_date, choice.same_household), AGREES, strict=True
                    )
                    if agrees is not None
                ],
            )
        )
    return lines


def effect_view(effect: Effect, day: str, text: Translator) -> dict[str, Any]:
    """What a decision will do, in words."""
    template = EFFECTS[effect.kind]
    if effect.kind == "same_person" and not effect.written:
        template = SAME_PLACE
    if effect.kind == "new_person" and effect.home is None:
        template = NO_PLACE
    alias = effect.alias
    said = text.text(
        template, place=effect.place or "–", day=day, alias=alias.alias if alias else "",
        official=alias.official if alias else "",
    )  # fmt: skip
    return {"text": said, "cases": effect.cases, "left": effect.left, "rows": effect.rows}


def last_line(taken: Taken | None, text: Translator) -> LastLine | None:
    """What was decided last."""
    return None if taken is None else LastLine(str(taken.change_id), taken_text(taken, text))


def taken_text(taken: Taken, text: Translator) -> str:
    """A decision in words."""
    said = text.gettext(DECIDED.get(taken.kind, taken.kind))
    about = f"“{taken.alias}” = “{taken.official}”" if taken.alias else taken.place
    return f"{said}{text.gettext(': ')}{about}" if about else said


def taken_rows(taken: Sequence[Taken], text: Translator) -> list[dict[str, object]]:
    """Decisions for the list of them."""
    return [
        {
            "id": str(one.change_id), "at": one.made_at.astimezone(OFFICE_ZONE), "who": one.who,
            "text": taken_text(one, text), "cases": one.cases, "undone_at": one.undone_at,
        }
        for one in taken
    ]  # fmt: skip


def learned_rows(learned: Sequence[Learned], text: Translator) -> list[dict[str, object]]:
    """Learned names for the list of them."""
    return [
        {
            "id": str(one.id), "kind": text.gettext(KINDS.get(one.kind, one.kind)), "alias": one.alias,
            "official": one.official, "at": one.created_at, "who": one.who,
        }
        for one in learned
    ]  # fmt: skip
