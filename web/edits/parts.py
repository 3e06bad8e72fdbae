"""What forms are made of: groups of fields with what is wrong beside each, and the way from typed text to a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol
from uuid import UUID

from fastapi import Request
from starlette.datastructures import UploadFile

from gridmap.accounts.actor import Actor
from gridmap.bootstrap import UnitOfWork
from gridmap.codes.lists import code_list
from gridmap.editing.draft import Draft, open_draft, seal_draft
from gridmap.editing.errors import FormFaultsError, StaleFormError, fault
from gridmap.editing.fields import HIDDEN, Field, Nature
from gridmap.editing.saving import Saved
from gridmap.editing.values import day_typed
from gridmap.i18n import Translator
from web.security.visit import Visit
from web.site import Site
from web.views.lists import Option

LONGEST = 4096
"""Characters of one value of a form; the sealed draft is the longest."""

_INPUTS = {"day": "date", "number": "number", "whole": "number", "phone": "tel", "code": "select", "words": "select"}


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field as the template draws it. ``kind``: text, date, number, tel, select, radio, check, members. ``hint`` and
    ``error`` are in the reader's language. ``rows``: of members, with a select of ``options`` each where there are
    any."""

    name: str
    label: str
    kind: str
    value: str = ""
    options: tuple[Option, ...] = ()
    hint: str = ""
    error: str = ""
    required: bool = False
    masked: bool = False
    rows: tuple[MemberView, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberView:
    """A person who can be chosen."""

    id: str
    label: str
    note: str
    chosen: bool
    choice: str


@dataclass(frozen=True, slots=True)
class GroupView:
    """Fields under a heading."""

    title: str
    fields: tuple[FieldView, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ConflictView:
    """A field that was changed while the form was open: what it was, what others made of it, what the reader typed.
    ``keep``: ``mine`` or ``theirs``, whichever is chosen at first."""

    name: str
    label: str
    before: str
    theirs: str
    mine: str
    keep: str


@dataclass(frozen=True, slots=True)
class FormView:
    """A form. ``draft`` is its sealed part; ``reveal`` says that it can be shown in full for a purpose."""

    title: str
    place: str
    action: str
    draft: str
    submit: str
    groups: tuple[GroupView, ...]
    lead: str = ""
    danger: bool = False
    reveal: str | None = None
    shown: bool = False
    problem: str = ""
    conflicts: tuple[ConflictView, ...] = ()
    back: str = "/map"
    record_href: str | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with a form: one text a field, several for fields that may be chosen often."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """The text of a field, empty where it did not come."""
        return self.values.get(name, "").strip()

    def ids(self, name: str) -> list[UUID]:
        """The records that were chosen."""
        found = []
        for text in self.lists.get(name, ()):
            try:
                found.append(UUID(text))
            except ValueError:
                raise fault(name, "Choose one of the list.") from None
        return found

    def one_id(self, name: str) -> UUID | None:
        """The record that was chosen, or none."""
        text = self.text(name)
        try:
            return UUID(text) if text else None
        except ValueError:
            raise fault(name, "Choose one of the list.") from None


async def typed_of(request: Request) -> Typed:
    """The fields of a form."""
    form = await request.form()
    values: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile) or len(value) > LONGEST * 4:
            continue
        values[name] = value
        lists[name] = (*lists.get(name, ()), value)
    return Typed(values, lists)


@dataclass(slots=True)
class At:
    """A form at work: whose, about which record, in which unit of work. ``faults`` are what was wrong with it when it
    came the first time, ``typed`` what came; ``purpose``: why it is shown in full, empty while it is masked."""

    unit: UnitOfWork
    site: Site
    visit: Visit
    about: str
    region: int
    record_id: UUID
    action: str
    typed: Typed = field(default_factory=Typed)
    faults: Mapping[str, str] = field(default_factory=dict)
    stale: StaleFormError | None = None
    draft: Draft | None = None
    purpose: str = ""

    @property
    def actor(self) -> Actor:
        """Who is at it."""
        return self.visit.actor

    @property
    def text(self) -> Translator:
        """The reader's language."""
        return self.visit.text

    @property
    def today(self) -> date:
        """The local date."""
        return self.visit.today

    def opened(self) -> Draft:
        """The draft that came with the form.

        Raises:
            FormExpiredError.
        """
        return open_draft(self.unit, self.actor, self.typed.text("draft"), self.about, self.region, self.record_id)

    def sealed(self, base: Mapping[str, str] | None = None) -> str:
        """The draft that goes with the form: the one it came with, or a new one."""
        if self.draft is None:
            self.draft = Draft(
                self.about, self.region, self.record_id, self.actor.user_id, base=base or {}, shown=self.purpose
            )
        return seal_draft(self.unit, self.draft)

    def kept(self, name: str, default: str = "") -> str:
        """What was typed into a field, or its first value."""
        return self.typed.values.get(name, default)

    def day(self, name: str = "on") -> date | None:
        """The day that was typed into a field."""
        return day_typed(name, self.typed.text(name))


class Form(Protocol):
    """One kind of form."""

    def show(self, at: At) -> FormView:
        """The form, empty or as it came."""

    def save(self, at: At, draft: Draft) -> Saved:
        """Do what it asks for."""


# --- fields ----------------------------------------------------------------------------------------------------------


def record_field(at: At, described: Field, base: Mapping[str, str], *, masked: bool) -> FieldView:
    """A field of a record: what was typed, else what it holds, masked where it is protected."""
    held = base.get(described.name, "")
    hidden = masked and described.mask is not None and bool(held)
    value = at.kept(described.name, described.masked(held) if hidden else held)
    kind = _INPUTS.get(described.kind, "text")
    if hidden and kind == "date":
        kind = "text"
    return FieldView(
        name=described.name,
        label=at.text.gettext(described.label),
        kind=kind,
        value=value,
        options=options_of(described, at.text) if kind == "select" else (),
        error=at.faults.get(described.name, ""),
        required=described.required,
        masked=hidden and value == described.masked(held),
    )


def options_of(described: Field, text: Translator, *, blank: str = "–") -> tuple[Option, ...]:
    """What can be chosen in a field with a list, nothing first."""
    if described.words:
        named = [Option(code, text.gettext(word)) for code, word in described.words.items()]
    else:
        known = code_list(described.code_list or "")
        named = [Option(code, known.label(code, text.language)) for code in known.codes]
    return (Option("", blank), *named)


def date_field(at: At, label: str, name: str = "on", *, value: str | None = None, hint: str = "") -> FieldView:
    """A day, today unless something else was typed."""
    first = at.today.isoformat() if value is None else value
    return FieldView(
        name, at.text.gettext(label), "date", at.kept(name, first), hint=at.text.gettext(hint) if hint else "",
        error=at.faults.get(name, ""), required=True,
    )  # fmt: skip


def nature_field(at: At) -> FieldView:
    """What a new value means, in plain words."""
    words = {
        Nature.USUAL: "As usual: what identifies somebody is corrected, the rest changes from the day on",
        Nature.CHANGE: "It is different now: all of it changes from the day on, earlier figures stay",
        Nature.CORRECTION: "It was recorded wrongly: all of it is corrected, earlier figures follow",
    }
    options = tuple(Option(nature.value, at.text.gettext(said)) for nature, said in words.items())
    value = at.kept("nature", Nature.USUAL.value)
    return FieldView("nature", at.text.gettext("What kind of change is it?"), "radio", value, options)


def nature_of(typed: Typed) -> Nature:
    """What was chosen in `nature_field`."""
    known = {nature.value: nature for nature in Nature}
    return known.get(typed.text("nature"), Nature.USUAL)


def all_faults(error: FormFaultsError, text: Translator) -> dict[str, str]:
    """What is wrong, by field, in the reader's language."""
    found: dict[str, str] = {}
    for one in error.faults:
        found.setdefault(one.field, text.text(one.said.message, **one.said.params))
    return found


def conflicts_of(
    at: At, described: Mapping[str, Field], labels: Mapping[str, str] | None = None, *, masked: bool
) -> tuple[ConflictView, ...]:
    """The fields of a stale form, for choosing: what only one side changed is chosen already."""
    if at.stale is None:
        return ()
    found = []
    for one in at.stale.differences:
        spec = described.get(one.field)
        label = (labels or {}).get(one.field) or (at.text.gettext(spec.label) if spec else "")

        mine_changed = one.mine != one.before
        found.append(
            ConflictView(
                name=one.field,
                label=label,
                before=said_value(at.text, spec, one.before, masked=masked),
                theirs=said_value(at.text, spec, one.theirs, masked=masked),
                # What the reader typed themselves is no secret to them.
                mine=said_value(at.text, spec, one.mine, masked=masked and not mine_changed),
                keep="mine" if mine_changed else "theirs",
            )
        )
    return tuple(found)


def said_value(text: Translator, spec: Field | None, value: str, *, masked: bool) -> str:
    """A value of a record in words, masked where it is protected; a dash for none."""
    if not value:
        return "–"
    if spec is None:
        return code_list("relationship").label(value, text.language)
    shown = spec.masked(value) if masked else value
    if value in spec.words:
        return text.gettext(spec.words[value])
    return spec.shown(shown, text.language) if spec.kind == "code" else shown


def after_choice(typed: Typed, draft: Draft) -> dict[str, str]:
    """What is wanted after it was chosen, field by field, whose value to keep."""
    chosen = {name: text for name, text in draft.mine.items() if typed.text(f"keep-{name}") == "mine"}
    return {**draft.base, **chosen}


def stale_draft(draft: Draft, stale: StaleFormError, wanted: Mapping[str, str]) -> Draft:
    """The draft of the form that asks what to keep: over what the record holds now."""
    return replace(draft, base=stale.current, mine=dict(wanted))


def with_problem(view: FormView, said: str) -> FormView:
    """The form with what was wrong with the whole of it."""
    return replace(view, problem=said)


def errors_left(faults: Mapping[str, str], groups: Sequence[GroupView]) -> str:
    """What is wrong with fields that the form does not show, as one sentence."""
    shown: Iterable[str] = (one.name for group in groups for one in group.fields)
    names = set(shown)
    return " ".join(said for name, said in faults.items() if name not in names)


__all__ = ["HIDDEN", "At", "FieldView", "Form", "FormView", "GroupView", "MemberView", "Typed"]
