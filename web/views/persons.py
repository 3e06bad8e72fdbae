"""People as rows: masked unless revealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from gridmap.codes.lists import code_list
from gridmap.i18n import Translator
from gridmap.residents.views import DwellingResidents, PersonView
from web.views.lists import Option
from web.words import PURPOSES

STATES: Final = ("registered", "floating", "let", "several", "vacant", "unverified")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person's row."""

    id: str
    region: int
    name: str
    relationship: str | None
    sex: str | None
    age: int | None
    id_number: str | None
    phone: str | None
    disputed: bool
    may_reveal: bool
    refusal: str | None = None
    revealed: bool = False
    record_href: str | None = None


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """A household in a dwelling."""

    ordinal: int
    tenure: str | None
    note: str | None
    members: list[PersonRow]
    edit_href: str | None = None


@dataclass(frozen=True, slots=True)
class DwellingView:
    """A room and, for those who may see them, its people."""

    id: str
    region: int
    room: str
    building_id: str
    building_name: str
    state: str
    people: int | None
    verified_on: date | None
    agreement: str | None
    households: list[HouseholdRow]
    may_see_people: bool
    edit_href: str | None = None


def label(list_name: str, code: str | None, language: str) -> str | None:
    """The label of a code of a code list; ``None`` stays ``None``."""
    return None if code is None else code_list(list_name).label(code, language)


def person_row(person: PersonView, text: Translator, *, may_reveal: bool, refusal: str | None = None) -> PersonRow:
    """A person as a row."""
    return PersonRow(
        id=str(person.id),
        region=person.region,
        name=person.name or text.gettext("(no name)"),
        relationship=label("relationship", person.relationship, text.language),
        sex=label("sex", person.sex, text.language),
        age=person.age,
        id_number=person.id_number,
        phone=person.phone,
        disputed=person.disputed,
        may_reveal=may_reveal,
        refusal=refusal,
        revealed=person.revealed,
        record_href=f"/records/person/{person.region}/{person.id}",
    )


def purposes(text: Translator) -> list[Option]:
    """The purposes of showing a person in full."""
    return [Option(code, text.gettext(word)) for code, word in PURPOSES.items()]


def room_label(unit: str, room: str) -> str:
    """A room with its staircase: 2-802."""
    return f"{unit}-{room}" if unit else room


def dwelling_view(
    found: DwellingResidents,
    state: str,
    tenure: str | None,
    text: Translator,
    *,
    may_reveal: bool,
    agreement: str | None = None,
    may_edit: bool = False,
) -> DwellingView:
    """A room with its households."""
    households = [
        HouseholdRow(
            ordinal=number,
            tenure=text.gettext("Let") if tenure == "let" else None,
            note=None,
            members=[person_row(member, text, may_reveal=may_reveal) for member in household.members],
            edit_href=f"/edit/household/{found.region}/{household.id}/details" if may_edit and household.id else None,
        )
        for number, household in enumerate(found.households, start=1)
    ]
    return DwellingView(
        id=str(found.dwelling_id),
        region=found.region,
        room=room_label(found.unit, found.room),
        building_id=str(found.building_id),
        building_name=found.building_name,
        state=state,
        people=sum(len(household.members) for household in households) + found.elsewhere,
        verified_on=found.verified_on,
        agreement=agreement,
        households=households,
        may_see_people=True,
        edit_href=f"/edit/dwelling/{found.region}/{found.dwelling_id}" if may_edit else None,
    )
