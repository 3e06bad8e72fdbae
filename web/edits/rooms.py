"""Forms about the people of a room: births, moves of some or all, splitting and merging households."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from gridmap.editing import events, households
from gridmap.editing.draft import Draft
from gridmap.editing.errors import StaleFormError, fault
from gridmap.editing.events import Entry
from gridmap.editing.fields import Record, fields_of
from gridmap.editing.residences import HEADS
from gridmap.editing.saving import Event, Saved
from gridmap.editing.values import read_values
from gridmap.errors import InvalidInputError, PurposeRequiredError
from gridmap.residents.search import search_persons
from gridmap.residents.service import dwelling_residents
from gridmap.residents.views import DwellingResidents, HouseholdView, PersonView
from web.edits.parts import (
    At,
    FieldView,
    Form,
    FormView,
    GroupView,
    after_choice,
    conflicts_of,
    date_field,
    options_of,
    record_field,
    stale_draft,
)
from web.edits.persons import target_fields, target_of
from web.edits.room_parts import (
    chosen_household,
    household_field,
    members_field,
    person_note,
    relationship_field,
    room_form,
    seen,
)
from web.views.lists import Option

_CHILD = ("name", "sex", "birth_date")
_PERSON = (
    "name", "sex", "birth_date", "id_number", "phone", "presence", "marital_status", "ethnic_group",
    "registered_address", "work_unit",
)  # fmt: skip


class Birth:
    """A child is born into a household of the room."""

    def show(self, at: At) -> FormView:
        """The child, and whose household."""
        room = seen(at)
        described = fields_of(Record.RESIDENT)
        child = [record_field(at, described[name], {}, masked=False) for name in _CHILD]
        groups = [
            GroupView(at.text.gettext("The child"), (*child, relationship_field(at))),
            GroupView("", (household_field(at, room, "Household"),)),
        ]
        lead = "The child counts from the day of birth on. A name may follow later."
        return room_form(at, room, "Record a birth", groups, lead=lead)

    def save(self, at: At, draft: Draft) -> Saved:
        """A new person in the household."""
        child = read_values(Record.RESIDENT, at.typed.values, {}, masked=False, today=at.today)
        home = chosen_household(at)
        if home is None:
            raise fault("household", "Choose one of the list.")
        return events.record_birth(at.unit, at.actor, at.region, at.record_id, home, child, draft.key)


class MoveIn:
    """Somebody comes to live in the room."""

    def show(self, at: At) -> FormView:
        """Who, into which household, and the day."""
        room = seen(at)
        described = fields_of(Record.RESIDENT)
        who = FieldView(
            "who", at.text.gettext("Somebody who was recorded here before"), "text", at.kept("who"),
            hint=at.text.gettext("Name or identity number; leave it empty for a new person"),
            error=at.faults.get("who", ""),
        )  # fmt: skip
        groups = [GroupView(at.text.gettext("Who comes"), (who, *self._choose(at)))]
        if "who_id" not in at.faults:
            fields = [record_field(at, described[name], {}, masked=False) for name in _PERSON]
            if "id_number" in at.faults:
                text = "The number is right: record both as disputed until it is clear whose it is"
                fields.append(FieldView("disputed", at.text.gettext(text), "check", at.kept("disputed")))
            groups.append(GroupView(at.text.gettext("A new person"), tuple(fields)))
        number = FieldView("number", at.text.gettext("Household number"), "text", at.kept("number"))
        where = household_field(at, room, "Household", new=True)
        day = date_field(at, "Moved in on")
        groups.append(GroupView(at.text.gettext("Where and when"), (where, number, relationship_field(at), day)))
        return room_form(at, room, "Record a move in", groups)

    def _choose(self, at: At) -> tuple[FieldView, ...]:
        if "who_id" not in at.faults:
            return ()
        options = tuple(
            Option(f"{person.region}:{person.id}", f"{person.name} · {person.place or '–'}", person_note(at, person))
            for person in self._found(at)
        )
        return (
            FieldView(
                "who_id", at.text.gettext("Who is it?"), "radio", at.kept("who_id"), options, error=at.faults["who_id"]
            ),
        )

    def _found(self, at: At) -> list[PersonView]:
        try:
            return search_persons(at.unit, at.actor, at.typed.text("who"))[0]
        except (InvalidInputError, PurposeRequiredError):
            raise fault("who", "Write the whole name or the whole identity number.") from None

    def save(self, at: At, draft: Draft) -> Saved:
        """A residence of a new person, or of one who comes back."""
        entry = Entry(chosen_household(at), at.typed.text("number")[:64], at.typed.text("relationship"))
        moved = Event(draft.key, at.day())
        if at.typed.text("who"):
            known = self._known(at)
            return events.record_move_in(at.unit, at.actor, at.region, at.record_id, known, entry, moved)
        values = read_values(Record.RESIDENT, at.typed.values, {}, masked=False, today=at.today)
        return events.record_move_in(
            at.unit, at.actor, at.region, at.record_id, values, entry, moved, disputed=at.typed.text("disputed") == "1"
        )

    def _known(self, at: At) -> UUID:
        region, _, chosen = at.typed.text("who_id").partition(":")
        if chosen and region != str(at.region):
            raise fault("who", "This person is recorded in another sub-district: record them here as a new person.")
        if chosen:
            try:
                return UUID(chosen)
            except ValueError:
                raise fault("who_id", "Choose one of the list.") from None
        if not self._found(at):
            raise fault("who", "Nobody in your areas fits. Leave it empty and record a new person.")
        raise fault("who_id", "Choose who is meant.")


class MoveOut:
    """Some or all of the room leave the area of the register."""

    def show(self, at: At) -> FormView:
        """Who, and the day."""
        room = seen(at)
        who = members_field(at, room, "Who moves out", relationships=False, everybody=True)
        group = GroupView("", (who, date_field(at, "Moved out on")))
        lead = "They leave the area of this register. Where to is not recorded."
        return room_form(at, room, "Record a move out", [group], lead=lead)

    def save(self, at: At, draft: Draft) -> Saved:
        """End their residences."""
        who = at.typed.ids("members")
        return events.record_move_out(at.unit, at.actor, at.region, who, Event(draft.key, at.day()))


class MoveWithin:
    """Some or all of the room move to another dwelling of the register."""

    def show(self, at: At) -> FormView:
        """Who, where to, and the day."""
        room = seen(at)
        who = members_field(at, room, "Who moves", relationships=False, everybody=True)
        group = GroupView("", (who, *target_fields(at, room.building_id), date_field(at, "Moved on")))
        lead = "To another dwelling of this register. A whole household stays together; some of one found a new one."
        return room_form(at, room, "Record a move within", [group], lead=lead)

    def save(self, at: At, draft: Draft) -> Saved:
        """Close their residences, open the next."""
        room = seen(at)
        target = target_of(at, room.building_id)
        moved = Event(draft.key, at.day())
        who = at.typed.ids("members")
        return events.record_move_within(at.unit, at.actor, at.region, who, target.id, None, moved)


class Split:
    """Some of a household found one of their own in the same room."""

    def show(self, at: At) -> FormView:
        """Who, what they are in it, and the day."""
        room = seen(at)
        who = members_field(at, room, "Who leaves the household", relationships=True, everybody=False)
        number = FieldView("number", at.text.gettext("Household number"), "text", at.kept("number"))
        group = GroupView("", (who, number, date_field(at, "Separate since")))
        lead = "They stay in the room and are a household of their own. Nobody moves."
        return room_form(at, room, "Split a household", [group], lead=lead)

    def save(self, at: At, draft: Draft) -> Saved:
        """A new household in the same place."""
        room = seen(at)
        who = at.typed.ids("members")
        homes = {household.id for household in room.households if any(person.id in who for person in household.members)}
        if len(homes) != 1 or (home := next(iter(homes))) is None:
            raise fault("members", "Choose members of one household.")
        leaving = {person: at.typed.text(f"relationship-{person}") for person in who}
        if not any(text in HEADS for text in leaving.values()) and len(leaving) == 1:
            leaving = dict.fromkeys(leaving, HEADS[1])
        number = at.typed.text("number")[:64]
        parted = Event(draft.key, at.day())
        return households.split_household(at.unit, at.actor, at.region, home, leaving, number, parted)


class Merge:
    """A household of the room joins another of it."""

    def show(self, at: At) -> FormView:
        """Which joins which, what its members are then, and the day."""
        room = seen(at)
        members = members_field(at, room, "What those who join are in it", relationships=True, everybody=True)
        home = household_field(at, room, "This household joins")
        into = household_field(at, room, "this one", "into", skip=1)
        group = GroupView("", (home, into, members, date_field(at, "One household since")))
        lead = "Both live in this room and are one household from the day on. Nobody moves."
        return room_form(at, room, "Merge households", [group], lead=lead)

    def save(self, at: At, draft: Draft) -> Saved:
        """One household of two."""
        room = seen(at)
        home, into = chosen_household(at), chosen_household(at, "into")
        if home is None or into is None:
            raise fault("into", "Choose one of the list.")
        joining = next((household.members for household in room.households if household.id == home), ())
        relationships = {person.id: at.typed.text(f"relationship-{person.id}") for person in joining}
        joined = Event(draft.key, at.day())
        return households.merge_households(at.unit, at.actor, at.region, home, into, relationships, joined)


class HouseholdDetails:
    """The number of a household and who is what in it; about a household, not about a room."""

    def show(self, at: At) -> FormView:
        """The number, and a relationship for each member."""
        room, household = self._seen(at)
        base = at.draft.base if at.draft else households.household_values(at.unit, at.region, at.record_id)
        draft = at.sealed(base)
        names = {str(person.id): person.name or at.text.gettext("(no name)") for person in household.members}
        described = fields_of(Record.HOUSEHOLD)
        conflicts = conflicts_of(at, described, names, masked=True)
        groups = [] if conflicts else [self._fields(at, household, base)]
        view = room_form(at, room, "Edit household", groups)
        href = f"/records/household/{at.region}/{at.record_id}"
        return replace(view, draft=draft, conflicts=conflicts, record_href=href)

    def _fields(self, at: At, household: HouseholdView, base: Mapping[str, str]) -> GroupView:
        spec = fields_of(Record.RESIDENT)["relationship"]
        number = record_field(at, fields_of(Record.HOUSEHOLD)["number"], base, masked=False)
        fields = [number]
        for person in household.members:
            key = str(person.id)
            fields.append(
                FieldView(
                    key, person.name or at.text.gettext("(no name)"), "select", at.kept(key, base.get(key, "")),
                    options_of(spec, at.text), hint=person_note(at, person),
                    error=at.faults.get(key) or at.faults.get("members", ""),
                )
            )  # fmt: skip
        return GroupView(at.text.gettext("Who is what"), tuple(fields))

    def _seen(self, at: At) -> tuple[DwellingResidents, HouseholdView]:
        dwelling_id = households.dwelling_of(at.unit, at.actor, at.region, at.record_id)
        room = dwelling_residents(at.unit, at.actor, at.region, dwelling_id, at.today)
        found = next((household for household in room.households if household.id == at.record_id), None)
        return room, found or HouseholdView(at.record_id, None, ())

    def save(self, at: At, draft: Draft) -> Saved:
        """Write number and relationships."""
        if draft.mine:
            wanted = after_choice(at.typed, draft)
        else:
            wanted = read_values(
                Record.HOUSEHOLD, at.typed.values, {"number": draft.base["number"]}, masked=False, today=at.today
            )
            wanted |= {name: at.typed.text(name) for name in draft.base if name in at.typed.values and name != "number"}
        try:
            return households.edit_household(at.unit, at.actor, at.region, at.record_id, draft.base, wanted, draft.key)
        except StaleFormError as stale:
            at.draft = stale_draft(draft, stale, {**draft.base, **wanted})
            raise


FORMS: Mapping[str, Form] = {
    "birth": Birth(),
    "move-in": MoveIn(),
    "move-out": MoveOut(),
    "move-within": MoveWithin(),
    "split": Split(),
    "merge": Merge(),
}
"""Forms about the people of a room by the last part of their address."""
