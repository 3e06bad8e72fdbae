"""Forms about one person: what is recorded, death, moving out and within, corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from gridmap.editing import events
from gridmap.editing.draft import Draft
from gridmap.editing.errors import StaleFormError, fault
from gridmap.editing.fields import Record, fields_of
from gridmap.editing.persons import Edit, edit_resident, resident_values
from gridmap.editing.reach import person_in_reach
from gridmap.editing.saving import Event, Saved
from gridmap.editing.showing import PersonSheet, Room, find_rooms, log_full, person_sheet, room_of
from gridmap.editing.values import read_values
from gridmap.errors import NotFoundError
from gridmap.residents.service import may_reveal
from web.edits.parts import (
    At,
    FieldView,
    Form,
    FormView,
    GroupView,
    after_choice,
    conflicts_of,
    date_field,
    nature_field,
    nature_of,
    record_field,
    stale_draft,
)
from web.views.lists import Option

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Identity": ("name", "sex", "birth_date", "id_number", "ethnic_group"),
    "Household": ("relationship",),
    "Circumstances": ("presence", "marital_status", "phone", "registered_address", "work_unit"),
}


class Details:
    """Everything that is recorded of a resident."""

    def show(self, at: At) -> FormView:
        """The fields, masked unless shown in full for a purpose."""
        sheet = seen(at)
        base = at.draft.base if at.draft else resident_values(at.unit, at.region, at.record_id)
        purpose = at.draft.shown if at.draft else at.purpose
        masked = not purpose
        if purpose:
            log_full(at.unit, at.actor, at.region, at.record_id, purpose)
        described = fields_of(Record.RESIDENT)
        conflicts = conflicts_of(at, described, masked=masked)
        groups = []
        if not conflicts:
            for title, names in _GROUPS.items():
                shown = tuple(record_field(at, described[name], base, masked=masked) for name in names)
                groups.append(GroupView(at.text.gettext(title), shown))
        if "id_number" in at.faults and not conflicts:
            groups.append(GroupView("", (self._disputed(at),)))
        changes = (nature_field(at), date_field(at, "Valid from", hint="For what is different from a day on"))
        groups.append(GroupView(at.text.gettext("The change"), changes))
        return person_form(
            at, sheet, "Edit resident", groups, draft=at.sealed(base), conflicts=conflicts,
            reveal=f"{at.action}/reveal" if masked and may_reveal(at.actor) and not conflicts else None,
            shown=not masked,
        )  # fmt: skip

    def _disputed(self, at: At) -> FieldView:
        label = at.text.gettext("The number is right: record both as disputed until it is clear whose it is")
        return FieldView("disputed", label, "check", at.kept("disputed"))

    def save(self, at: At, draft: Draft) -> Saved:
        """Write what was changed."""
        if draft.mine:
            wanted = after_choice(at.typed, draft)
        else:
            wanted = read_values(Record.RESIDENT, at.typed.values, draft.base, masked=not draft.shown, today=at.today)
        edit = Edit(
            draft.key, draft.base, wanted, nature_of(at.typed), at.day() or at.today,
            disputed=at.typed.text("disputed") == "1",
        )  # fmt: skip
        try:
            return edit_resident(at.unit, at.actor, at.region, at.record_id, edit)
        except StaleFormError as stale:
            at.draft = stale_draft(draft, stale, wanted)
            raise


class Death:
    """Somebody died."""

    def show(self, at: At) -> FormView:
        """The day."""
        group = GroupView("", (date_field(at, "Day of death"),))
        return person_form(at, seen(at), "Record a death", [group], danger=True, draft=at.sealed())

    def save(self, at: At, draft: Draft) -> Saved:
        """End the person's residences."""
        return events.record_death(at.unit, at.actor, at.region, at.record_id, Event(draft.key, at.day()))


class MoveOut:
    """Somebody leaves the area of the register."""

    def show(self, at: At) -> FormView:
        """The day."""
        group = GroupView("", (date_field(at, "Moved out on"),))
        lead = "The person leaves the area of this register. Where to is not recorded."
        return person_form(at, seen(at), "Record a move out", [group], lead=lead, draft=at.sealed())

    def save(self, at: At, draft: Draft) -> Saved:
        """End the person's residence."""
        return events.record_move_out(at.unit, at.actor, at.region, [at.record_id], Event(draft.key, at.day()))


class MoveWithin:
    """Somebody moves to another dwelling of the register."""

    def show(self, at: At) -> FormView:
        """Where to, and the day."""
        sheet = seen(at)
        group = GroupView("", (*target_fields(at, sheet.building_id), date_field(at, "Moved on")))
        lead = "To another dwelling of this register. Somebody who lives alone takes the household along."
        return person_form(at, sheet, "Record a move within", [group], lead=lead, draft=at.sealed())

    def save(self, at: At, draft: Draft) -> Saved:
        """Close one residence, open the next."""
        sheet = person_sheet(at.unit, at.actor, at.region, at.record_id)
        room = target_of(at, sheet.building_id)
        moved = Event(draft.key, at.day())
        return events.record_move_within(at.unit, at.actor, at.region, [at.record_id], room.id, None, moved)


class Residence:
    """Where or since when somebody lives was recorded wrongly."""

    def show(self, at: At) -> FormView:
        """Another place, another day."""
        sheet = seen(at)
        since = sheet.since.isoformat() if sheet.since else ""
        where = target_fields(at, sheet.building_id, hint="Leave it empty if the dwelling is right")
        group = GroupView("", (*where, date_field(at, "Lives here since", "since", value=since)))
        lead = "What was recorded is replaced from its beginning; earlier figures follow. A real move is another event."
        return person_form(at, sheet, "Correct dwelling or day", [group], lead=lead, draft=at.sealed())

    def save(self, at: At, draft: Draft) -> Saved:
        """Believe something else."""
        sheet = person_sheet(at.unit, at.actor, at.region, at.record_id)
        room = target_of(at, sheet.building_id) if at.typed.text("to") or at.typed.text("to_id") else None
        return events.correct_residence(
            at.unit, at.actor, at.region, at.record_id, room.id if room else None, at.day("since"), draft.key
        )


class StrikeOut:
    """Somebody is in the register by mistake."""

    def show(self, at: At) -> FormView:
        """From when on the person counts no more."""
        group = GroupView("", (date_field(at, "Not counted from"),))
        lead = "For somebody who should never have been recorded. It appears as a correction; figures before it stay."
        return person_form(at, seen(at), "Take out of the count", [group], lead=lead, danger=True, draft=at.sealed())

    def save(self, at: At, draft: Draft) -> Saved:
        """End the count."""
        return events.strike_out(at.unit, at.actor, at.region, at.record_id, Event(draft.key, at.day()))


FORMS: Mapping[str, Form] = {
    "details": Details(),
    "death": Death(),
    "move-out": MoveOut(),
    "move-within": MoveWithin(),
    "residence": Residence(),
    "strike-out": StrikeOut(),
}
"""Forms about a person by the last part of their address."""


def seen(at: At) -> PersonSheet:
    """The person of the form, masked and audited, if they are the actor's to change."""
    person_in_reach(at.unit, at.actor, at.region, at.record_id)
    return person_sheet(at.unit, at.actor, at.region, at.record_id)


def person_form(
    at: At, sheet: PersonSheet, title: str, groups: list[GroupView], *, draft: str, lead: str = "", **more: object
) -> FormView:
    """A form about a person."""
    place = " · ".join(part for part in (sheet.values["name"] or at.text.gettext("(no name)"), sheet.place) if part)
    view = FormView(
        title=at.text.gettext(title),
        place=place,
        action=at.action,
        draft=draft,
        submit=at.text.gettext("Save"),
        groups=tuple(groups),
        lead=at.text.gettext(lead) if lead else "",
        back=f"/records/person/{at.region}/{at.record_id}",
        record_href=f"/records/person/{at.region}/{at.record_id}",
    )
    return replace(view, **more)  # type: ignore[arg-type]


def target_fields(at: At, near: UUID | None, *, hint: str = "") -> tuple[FieldView, ...]:
    """Where somebody moves to: typed as people write it, then chosen where several dwellings fit."""
    error = at.faults.get("to", "")
    said = hint or "As in 2-802, or with compound and building"
    where = FieldView("to", at.text.gettext("Dwelling"), "text", at.kept("to"), hint=at.text.gettext(said), error=error)
    rooms = _candidates(at, near)
    if len(rooms) < 2:
        return (where,)
    options = tuple(Option(str(room.id), room.label) for room in rooms)
    choose = FieldView(
        "to_id", at.text.gettext("Several dwellings fit"), "radio", at.kept("to_id"), options,
        error=at.faults.get("to_id", ""),
    )  # fmt: skip
    return where, choose


def _candidates(at: At, near: UUID | None) -> list[Room]:
    if "to_id" not in at.faults and not at.typed.text("to_id"):
        return []
    return find_rooms(at.unit, at.actor, at.region, at.typed.text("to"), near)


def target_of(at: At, near: UUID | None) -> Room:
    """The dwelling that was typed or chosen.

    Raises:
        FormFaultsError: none, or several fit.
    """
    chosen = at.typed.one_id("to_id")
    text = at.typed.text("to")
    if not text and chosen is None:
        raise fault("to", "This must be filled in.")
    found = find_rooms(at.unit, at.actor, at.region, text, near) if text else []
    if chosen is not None and (chosen in {room.id for room in found} or not text):
        try:
            return room_of(at.unit, at.actor, at.region, chosen)
        except NotFoundError:
            raise fault("to", "There is no such dwelling in your areas.") from None
    if not found:
        raise fault("to", "There is no such dwelling in your areas.")
    if len(found) > 1:
        raise fault("to_id", "Choose which one is meant.")
    return found[0]
