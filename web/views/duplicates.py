"""Pairs of records that may mean one person, side by side and masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gridmap.duplicates.service import Pair, Preview
from gridmap.duplicates.words import AGAINST, FIELDS, LIKELIHOODS, REASONS, REMARKS
from gridmap.i18n import Translator
from gridmap.residents.views import PersonView
from web.views.persons import PersonRow, label, person_row

CODED: Final = ("sex", "marital_status", "presence", "ethnic_group")
HELD_BACK: Final = ("birth_date", "registered_address", "work_unit")
"""Fields that are not shown without a purpose, not even masked."""


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair in the queue."""

    id: str
    text: str
    word: str
    place: str
    put_off: bool
    href: str


@dataclass(frozen=True, slots=True)
class SideView:
    """One of the two records. ``survives``: it is the one that is proposed to be kept."""

    code: str
    person: PersonRow
    place: str
    facts: list[dict[str, str]]
    survives: bool


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field in which the two say something different; ``chosen``: whose value is proposed."""

    code: str
    label: str
    first: str
    second: str
    chosen: str


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair to decide."""

    id: str
    title: str
    word: str
    reasons: list[dict[str, object]]
    sides: list[SideView]
    fields: list[FieldView]
    remarks: list[str]
    prev_href: str | None
    next_href: str | None


def pair_rows(pairs: Sequence[Pair], text: Translator) -> list[PairRow]:
    """The queue."""
    return [
        PairRow(
            id=str(pair.key),
            text=f"{_name(pair.first, text)} · {_name(pair.second, text)}",
            word=text.gettext(LIKELIHOODS[pair.word]),
            place=pair.first.place or pair.second.place or "",
            put_off=pair.put_off,
            href=_href(pair),
        )
        for pair in pairs
    ]


def pair_view(
    pair: Pair, shown: Preview, around: tuple[Pair | None, Pair | None], text: Translator, *, may_reveal: bool
) -> PairView:
    """Present a pair between the one before and the one after."""
    before, after = around
    own = {pair.key.first: "first", pair.key.second: "second"}
    kept = own[shown.kept]
    other = "second" if kept == "first" else "first"
    return PairView(
        id=str(pair.key),
        title=f"{_name(pair.first, text)} · {_name(pair.second, text)}",
        word=text.gettext(LIKELIHOODS[pair.word]),
        reasons=[
            {"ok": code not in AGAINST, "text": text.gettext(REASONS[code])} for code in pair.reasons if code in REASONS
        ],
        sides=[
            _side(code, person, text, survives=code == kept, may_reveal=may_reveal)
            for code, person in (("first", pair.first), ("second", pair.second))
        ],
        fields=[
            FieldView(
                code=name,
                label=text.gettext(FIELDS[name]),
                first=_value(pair.first, name, text),
                second=_value(pair.second, name, text),
                chosen=kept if shown.chosen[name] == "kept" else other,
            )
            for name in shown.open
        ],
        remarks=[text.text(REMARKS[code], day=day.isoformat()) for code, day in shown.remarks],
        prev_href=None if before is None else _href(before),
        next_href=None if after is None else _href(after),
    )


def _href(pair: Pair) -> str:
    return f"/duplicates?pair={pair.key}"


def _name(person: PersonView, text: Translator) -> str:
    return person.name or text.gettext("(no name)")


def _side(code: str, person: PersonView, text: Translator, *, survives: bool, may_reveal: bool) -> SideView:
    facts = [
        (text.gettext("Lives at"), person.place or text.gettext("room unknown")),
        (text.gettext("Since"), person.since.isoformat() if person.since else "–"),
        (text.gettext("Registered or floating"), label("presence", person.presence, text.language) or "–"),
        (text.gettext("Marital status"), label("marital_status", person.marital_status, text.language) or "–"),
    ]
    return SideView(
        code=code,
        person=person_row(person, text, may_reveal=may_reveal),
        place=person.place or "",
        facts=[{"label": name, "value": value} for name, value in facts],
        survives=survives,
    )


def _value(person: PersonView, name: str, text: Translator) -> str:
    if name in HELD_BACK:
        return text.gettext("not shown")
    value = getattr(person, name)
    if name in CODED:
        value = label(name, value, text.language)
    return str(value) if value not in (None, "") else "–"
