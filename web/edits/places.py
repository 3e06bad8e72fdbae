"""Forms about dwellings and organisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from gridmap.buildings.service import BuildingDetail, building_detail
from gridmap.editing import dwellings, organisations
from gridmap.editing.draft import Draft
from gridmap.editing.errors import StaleFormError
from gridmap.editing.fields import Record, fields_of
from gridmap.editing.persons import Edit
from gridmap.editing.reach import building_in_reach, dwelling_in_reach, organisation_in_reach
from gridmap.editing.saving import Saved
from gridmap.editing.showing import room_of
from gridmap.editing.values import read_values
from gridmap.errors import NotFoundError
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
from web.views.persons import room_label

_PLACE = ("unit", "floor", "room", "floor_area_m2")
_STATE = ("use", "tenure")


def place_form(
    at: At, title: str, place: str, building_id: UUID, groups: Sequence[GroupView], *, lead: str = "", room: str = ""
) -> FormView:
    """A form about a place in a building."""
    return FormView(
        title=at.text.gettext(title),
        place=place,
        action=at.action,
        draft=at.sealed(),
        submit=at.text.gettext("Save"),
        groups=tuple(groups),
        lead=at.text.gettext(lead) if lead else "",
        back=f"/map?sel=building:{at.region}:{building_id}" + (f"&room={room}" if room else ""),
    )


def _fields(at: At, record: Record, names: Sequence[str], base: Mapping[str, str]) -> tuple[FieldView, ...]:
    described = fields_of(record)
    return tuple(record_field(at, described[name], base, masked=False) for name in names)


class Dwelling:
    """Unit, floor, room, size, use, tenure, and whether somebody was there today."""

    def show(self, at: At) -> FormView:
        """The fields."""
        building_id = dwelling_in_reach(at.unit, at.actor, at.region, at.record_id).building_id
        base = at.draft.base if at.draft else dwellings.dwelling_values(at.unit, at.region, at.record_id)
        draft = at.sealed(base)
        conflicts = conflicts_of(at, fields_of(Record.DWELLING), masked=False)
        groups = []
        if not conflicts:
            groups = [
                GroupView(at.text.gettext("Where it is"), _fields(at, Record.DWELLING, _PLACE, base)),
                GroupView(at.text.gettext("How it is used"), _fields(at, Record.DWELLING, _STATE, base)),
            ]
        seen_today = at.text.gettext("Somebody was there today and found it so (verified today)")
        change = (
            nature_field(at), date_field(at, "Valid from", hint="For what is different from a day on"),
            FieldView("verified", seen_today, "check", at.kept("verified")),
        )  # fmt: skip
        groups.append(GroupView(at.text.gettext("The change"), change))
        place = room_of(at.unit, at.actor, at.region, at.record_id).label
        view = place_form(at, "Edit dwelling", place, building_id, groups, room=str(at.record_id))
        href = f"/records/dwelling/{at.region}/{at.record_id}"
        return replace(view, draft=draft, conflicts=conflicts, record_href=href)

    def save(self, at: At, draft: Draft) -> Saved:
        """Write what was changed."""
        if draft.mine:
            wanted = after_choice(at.typed, draft)
        else:
            wanted = read_values(Record.DWELLING, at.typed.values, draft.base, masked=False, today=at.today)
        edit = Edit(draft.key, draft.base, wanted, nature_of(at.typed), at.day() or at.today)
        verified = at.typed.text("verified") == "1"
        try:
            return dwellings.edit_dwelling(at.unit, at.actor, at.region, at.record_id, edit, verified=verified)
        except StaleFormError as stale:
            at.draft = stale_draft(draft, stale, wanted)
            raise


class Verified:
    """Somebody was in a dwelling today."""

    def show(self, at: At) -> FormView:
        """Nothing but a button."""
        building_id = dwelling_in_reach(at.unit, at.actor, at.region, at.record_id).building_id
        place = room_of(at.unit, at.actor, at.region, at.record_id).label
        lead = "You were there today and found it as it is recorded here."
        view = place_form(at, "Verified today", place, building_id, [], lead=lead, room=str(at.record_id))
        return replace(view, submit=at.text.gettext("Confirm"))

    def save(self, at: At, draft: Draft) -> Saved:
        """Note the visit."""
        return dwellings.verify_dwelling(at.unit, at.actor, at.region, at.record_id, draft.key)


class RemoveDwelling:
    """A dwelling that does not exist."""

    def show(self, at: At) -> FormView:
        """Nothing but a button."""
        building_id = dwelling_in_reach(at.unit, at.actor, at.region, at.record_id).building_id
        place = room_of(at.unit, at.actor, at.region, at.record_id).label
        lead = "For a dwelling that does not exist and in which nobody was ever recorded."
        view = place_form(at, "Take out the dwelling", place, building_id, [], lead=lead)
        said = at.faults.get("room", "")
        return replace(view, submit=at.text.gettext("Take out"), danger=True, problem=said)

    def save(self, at: At, draft: Draft) -> Saved:
        """Take it out."""
        return dwellings.remove_dwelling(at.unit, at.actor, at.region, at.record_id, draft.key)


class NewDwelling:
    """A dwelling that is missing in a building."""

    def show(self, at: At) -> FormView:
        """The fields of a dwelling."""
        detail = _building(at)
        units = sorted({place.unit for place in detail.dwellings})
        first = {"unit": units[0]} if len(units) == 1 else {}
        groups = [
            GroupView(at.text.gettext("Where it is"), _fields(at, Record.DWELLING, _PLACE, first)),
            GroupView(at.text.gettext("How it is used"), _fields(at, Record.DWELLING, _STATE, {})),
        ]
        return place_form(at, "Add a dwelling", detail.name, at.record_id, groups)

    def save(self, at: At, draft: Draft) -> Saved:
        """Add it."""
        values = read_values(Record.DWELLING, at.typed.values, {}, masked=False, today=at.today)
        return dwellings.add_dwelling(at.unit, at.actor, at.region, at.record_id, values, draft.key)


class NewOrganisation:
    """An organisation in a building."""

    def show(self, at: At) -> FormView:
        """The fields of an organisation."""
        detail = _building(at)
        groups = [GroupView("", (*_organisation_fields(at, {"valid_from": at.today.isoformat()}, detail),))]
        return place_form(at, "Add an organisation", detail.name, at.record_id, groups)

    def save(self, at: At, draft: Draft) -> Saved:
        """Add it."""
        values = read_values(Record.ORGANISATION, at.typed.values, {}, masked=False, today=at.today)
        values["dwelling"] = at.typed.text("dwelling")
        return organisations.add_organisation(at.unit, at.actor, at.region, at.record_id, values, draft.key)


class Organisation:
    """What is recorded of an organisation, and its end."""

    def show(self, at: At) -> FormView:
        """The fields."""
        building_id = organisation_in_reach(at.unit, at.actor, at.region, at.record_id).building_id
        if building_id is None:
            raise NotFoundError
        base = at.draft.base if at.draft else organisations.organisation_values(at.unit, at.region, at.record_id)
        draft = at.sealed(base)
        detail = building_detail(at.unit, at.actor, at.region, building_id, at.today)
        labels = {"dwelling": at.text.gettext("Room")}
        conflicts = conflicts_of(at, fields_of(Record.ORGANISATION), labels, masked=False)
        groups = [] if conflicts else [GroupView("", _organisation_fields(at, base, detail))]
        view = place_form(at, "Edit organisation", detail.name, building_id, groups)
        href = f"/records/organisation/{at.region}/{at.record_id}"
        return replace(view, draft=draft, conflicts=conflicts, record_href=href)

    def save(self, at: At, draft: Draft) -> Saved:
        """Write what was changed."""
        if draft.mine:
            wanted = after_choice(at.typed, draft)
        else:
            wanted = read_values(Record.ORGANISATION, at.typed.values, draft.base, masked=False, today=at.today)
            wanted["dwelling"] = at.typed.values.get("dwelling", draft.base["dwelling"]).strip()
        edit = Edit(draft.key, draft.base, wanted)
        try:
            return organisations.edit_organisation(at.unit, at.actor, at.region, at.record_id, edit)
        except StaleFormError as stale:
            at.draft = stale_draft(draft, stale, wanted)
            raise


def _building(at: At) -> BuildingDetail:
    building_in_reach(at.unit, at.actor, at.region, at.record_id)
    return building_detail(at.unit, at.actor, at.region, at.record_id, at.today)


def _organisation_fields(at: At, base: Mapping[str, str], detail: BuildingDetail) -> tuple[FieldView, ...]:
    rooms = tuple(Option(str(place.id), room_label(place.unit, place.room)) for place in detail.dwellings)
    room = FieldView(
        "dwelling", at.text.gettext("Room"), "select", at.kept("dwelling", base.get("dwelling", "")),
        (Option("", at.text.gettext("the building")), *rooms), error=at.faults.get("dwelling", ""),
    )  # fmt: skip
    name, kind, since, until = _fields(at, Record.ORGANISATION, ("name", "kind", "valid_from", "valid_to"), base)
    return name, kind, room, since, until


ROOM_FORMS: Mapping[str, Form] = {"details": Dwelling(), "verified": Verified(), "remove": RemoveDwelling()}
"""Forms about a dwelling itself by the last part of their address."""

BUILDING_FORMS: Mapping[str, Form] = {"dwelling": NewDwelling(), "organisation": NewOrganisation()}
"""What can be added to a building."""

ORGANISATION_FORMS: Mapping[str, Form] = {"details": Organisation()}
"""Forms about an organisation."""
