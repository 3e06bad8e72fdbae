"""What forms about a room are made of: its people, its households, who of them is meant."""

from __future__ import annotations

from uuid import UUID

from gridmap.editing.errors import fault
from gridmap.editing.fields import Record, fields_of
from gridmap.editing.reach import dwelling_in_reach
from gridmap.residents.service import dwelling_residents
from gridmap.residents.views import DwellingResidents, HouseholdView, PersonView
from web.edits.parts import At, FieldView, FormView, GroupView, MemberView, options_of, record_field
from web.views.lists import Option
from web.views.persons import label, room_label

NEW = "new"


def seen(at: At) -> DwellingResidents:
    """The room of the form with its people, masked and audited, if it is the actor's to change."""
    dwelling_in_reach(at.unit, at.actor, at.region, at.record_id)
    return dwelling_residents(at.unit, at.actor, at.region, at.record_id, at.today)


def room_form(at: At, room: DwellingResidents, title: str, groups: list[GroupView], *, lead: str = "") -> FormView:
    """A form about a room."""
    return FormView(
        title=at.text.gettext(title),
        place=f"{room.building_name} {room_label(room.unit, room.room)}",
        action=at.action,
        draft=at.sealed(),
        submit=at.text.gettext("Save"),
        groups=tuple(groups),
        lead=at.text.gettext(lead) if lead else "",
        back=f"/map?sel=building:{at.region}:{room.building_id}&room={room.dwelling_id}",
        record_href=f"/records/dwelling/{at.region}/{at.record_id}",
    )


def household_label(at: At, place: int, household: HouseholdView) -> str:
    """Household 1 · 王* (3 people): who is first in it tells households apart."""
    first = household.members[0].name if household.members else "–"
    count = len(household.members)
    people = at.text.ngettext("%(num)s person", "%(num)s people", count) % {"num": count}
    number = f" · {household.number}" if household.number else ""
    return f"{at.text.gettext('Household %(n)s') % {'n': place}}{number} · {first} · {people}"


def household_options(at: At, room: DwellingResidents, *, new: bool = False) -> tuple[Option, ...]:
    """The households of a room, to choose from."""
    found = [
        Option(str(household.id), household_label(at, place, household))
        for place, household in enumerate(room.households, start=1)
        if household.id is not None
    ]
    return (*found, Option(NEW, at.text.gettext("A new household"))) if new else tuple(found)


def household_field(
    at: At, room: DwellingResidents, title: str, name: str = "household", *, new: bool = False, skip: int = 0
) -> FieldView:
    """Which household of the room is meant."""
    options = household_options(at, room, new=new)
    first = options[skip].code if len(options) > skip else ""
    return FieldView(
        name, at.text.gettext(title), "radio", at.kept(name, first), options, error=at.faults.get(name, ""),
        required=True,
    )  # fmt: skip


def person_note(at: At, person: PersonView) -> str:
    """Relationship, sex and age of a member."""
    parts = (
        label("relationship", person.relationship, at.text.language), label("sex", person.sex, at.text.language),
        None if person.age is None else str(person.age),
    )  # fmt: skip
    return " · ".join(part for part in parts if part)


def members_field(at: At, room: DwellingResidents, title: str, *, relationships: bool, everybody: bool) -> FieldView:
    """Who of the room is meant, with what each is from then on where that changes."""
    chosen = set(at.typed.lists.get("members", ()))
    first = not at.typed.values
    rows = [
        MemberView(
            id=str(person.id),
            label=person.name or at.text.gettext("(no name)"),
            note=person_note(at, person),
            chosen=(first and everybody) or str(person.id) in chosen,
            choice=at.kept(f"relationship-{person.id}"),
        )
        for household in room.households
        for person in household.members
    ]
    spec = fields_of(Record.RESIDENT)["relationship"]
    options = options_of(spec, at.text, blank=at.text.gettext("relationship not known")) if relationships else ()
    return FieldView(
        "members", at.text.gettext(title), "members", options=options, error=at.faults.get("members", ""),
        rows=tuple(rows),
    )  # fmt: skip


def chosen_household(at: At, name: str = "household") -> UUID | None:
    """The household that was chosen; None for a new one.

    Raises:
        FormFaultsError: none was chosen.
    """
    if at.typed.text(name) == NEW:
        return None
    chosen = at.typed.one_id(name)
    if chosen is None:
        raise fault(name, "Choose one of the list.")
    return chosen


def relationship_field(at: At) -> FieldView:
    """What somebody is to the head of the household they come into."""
    return record_field(at, fields_of(Record.RESIDENT)["relationship"], {}, masked=False)
