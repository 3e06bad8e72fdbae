"""Use cases of forms: say what one asks for, keep it, fill it for an area and a date.

Figures are aggregates for whoever may read reports; lists of rooms and people need the rights to these, and every
person written into a form stands in the log.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from gridmap.access.policy import Action, allows
from gridmap.access.scope import require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas import repository as areas
from gridmap.areas.node import AreaNode
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.compliance.service import Assessment
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.forms import repository
from gridmap.forms.areas import AreaSource
from gridmap.forms.errors import FormAsksNothingError, FormNameTakenError
from gridmap.forms.filling import Given, RowValues, fill
from gridmap.forms.ground import Ground
from gridmap.forms.models import FormTemplate
from gridmap.forms.people import Reveal, dwelling_rows, resident_rows
from gridmap.forms.understanding import Choices, Form, open_form
from gridmap.forms.vocabulary import AREA_ROWS, Item, Rows, Vocabulary, vocabulary
from gridmap.i18n import Translator
from gridmap.reports.wording import INTERNAL
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

MOST_VERSIONS: Final = 20
"""Versions of one form that are kept; the oldest give way."""

_SEALED: Final = "form_template.content"
_FORBIDDEN: Final = frozenset('\\/:*?"<>|\r\n\t')


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form that is kept: whose it is, which version, who handed it in when."""

    region: int
    id: UUID
    area_id: UUID
    name: str
    version: int
    file_name: str
    size_bytes: int
    uploaded_at: datetime
    uploaded_name: str
    choices: Mapping[str, Any]
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled form: the file, its name, and how many rows of each kind were written into it."""

    content: bytes = field(repr=False)
    file_name: str
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Order:
    """What a form is to be filled with: the area, the date, and the reason where persons are to be shown in full."""

    area_id: UUID
    as_of: date
    reveal: Reveal | None = None


def words_of(assessment: Assessment) -> Vocabulary:
    """The names that forms may use."""
    return vocabulary(assessment.figures.registry)


# --- keeping ---------------------------------------------------------------------------------------------------------


def keep(
    unit: UnitOfWork, actor: Actor, area_id: UUID, file_name: str, content: bytes, *, words: Vocabulary, name: str = ""
) -> KeptForm:
    """Keep a form for an area; one of the same name becomes its next version, with what was decided before.

    Raises:
        PermissionDeniedError, NotFoundError: the actor may not keep forms there.
        TableError: it is no usable workbook.
        InvalidInputError: the name is empty or too long.
    """
    require_area(unit, actor, Action.FORM_KEEP, area_id)
    node = areas.get(unit, area_id)
    if node is None:
        raise NotFoundError
    title = (name.strip() or PurePath(file_name).stem)[:128]
    if not title:
        raise InvalidInputError(field="Name", reason="choose a name")
    open_form(file_name, content, words)
    region = node.region or audit.INSTALLATION_REGION
    known = repository.versions(unit, region, area_id, title)
    digest = hashlib.sha256(content).digest()
    if known and known[0].content_hash == digest:
        return _kept(known[0])
    form = FormTemplate(
        region=region, id=uuid7(), area_id=area_id, name=title, version=known[0].version + 1 if known else 1,
        file_name=PurePath(file_name).name[:256], size_bytes=len(content), content_hash=digest,
        content=unit.vault.seal(base64.b64encode(content).decode("ascii"), _SEALED),
        choices=known[0].choices if known else "{}", uploaded_at=unit.now, uploaded_by=actor.user_id,
        uploaded_name=actor.display_name or actor.username,
    )  # fmt: skip
    unit.session.add(form)
    try:
        unit.session.flush()
    except IntegrityError:
        raise FormNameTakenError(name=title) from None
    repository.delete(unit, region, [old.id for old in known[MOST_VERSIONS - 1 :]])
    audit.record(
        unit, actor, "form.keep", region=region,
        details={"form": title, "version": form.version, "area": node.code, "file_hash": digest.hex()},
    )  # fmt: skip
    return _kept(form)


def _kept(form: FormTemplate, content: bytes = b"") -> KeptForm:
    return KeptForm(
        form.region, form.id, form.area_id, form.name, form.version, form.file_name, form.size_bytes,
        form.uploaded_at, form.uploaded_name, json.loads(form.choices), content,
    )  # fmt: skip


def list_forms(unit: UnitOfWork, actor: Actor) -> list[KeptForm]:
    """The newest version of each form the actor can fill."""
    return [_kept(form) for form in repository.latest_everywhere(unit, scope_of(actor, Action.REPORT_READ))]


def list_versions(unit: UnitOfWork, actor: Actor, form: KeptForm) -> list[KeptForm]:
    """All versions of a form, the newest first."""
    scope_of(actor, Action.REPORT_READ)
    return [_kept(version) for version in repository.versions(unit, form.region, form.area_id, form.name)]


def get_form(unit: UnitOfWork, actor: Actor, region: int, form_id: UUID) -> KeptForm:
    """A kept form with its content. NotFoundError for one that is not there for the actor."""
    found = repository.get(unit, region, form_id, scope_of(actor, Action.REPORT_READ))
    if found is None:
        raise NotFoundError
    return _kept(found, base64.b64decode(unit.vault.open(found.content, _SEALED) or ""))


def form_named(unit: UnitOfWork, actor: Actor, name: str) -> KeptForm:
    """The newest version of a kept form by its name.

    Raises:
        NotFoundError: there is none. InvalidInputError: several areas have one.
    """
    found = repository.named_everywhere(unit, name, scope_of(actor, Action.REPORT_READ))
    if not found:
        raise NotFoundError
    if len(found) > 1:
        raise InvalidInputError(field="Form", reason="several areas have a form of this name; give the file")
    return get_form(unit, actor, found[0].region, found[0].id)


def may_keep(unit: UnitOfWork, actor: Actor, area_id: UUID) -> bool:
    """Whether the actor may change or delete forms of an area."""
    if not allows(actor, Action.FORM_KEEP):
        return False
    try:
        require_area(unit, actor, Action.FORM_KEEP, area_id)
    except NotFoundError:
        return False
    return True


def correct(unit: UnitOfWork, actor: Actor, region: int, form_id: UUID, choices: Choices) -> None:
    """Remember what was decided about a form's columns.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    form = _own(unit, actor, region, form_id)
    form.choices = json.dumps(choices, ensure_ascii=False, sort_keys=True)
    unit.session.flush()
    audit.record(
        unit, actor, "form.correct", region=region, details={"form": form.name, "version": form.version}
    )  # fmt: skip


def delete(unit: UnitOfWork, actor: Actor, region: int, form_id: UUID) -> None:
    """Delete a form with all its versions.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    form = _own(unit, actor, region, form_id)
    found = repository.versions(unit, region, form.area_id, form.name)
    repository.delete(unit, region, [version.id for version in found])
    audit.record(
        unit, actor, "form.delete", region=region, details={"form": form.name, "versions": len(found)}
    )  # fmt: skip


def _own(unit: UnitOfWork, actor: Actor, region: int, form_id: UUID) -> FormTemplate:
    form = repository.get(unit, region, form_id, scope_of(actor, Action.FORM_KEEP))
    if form is None:
        raise NotFoundError
    require_area(unit, actor, Action.FORM_KEEP, form.area_id)
    return form


# --- filling ---------------------------------------------------------------------------------------------------------


def area_source(
    unit: UnitOfWork, actor: Actor, area_id: UUID, as_of: date, *, assessment: Assessment, words: Translator
) -> AreaSource:
    """The figures of an area at a date, for looking at what a form will be filled with.

    Raises:
        PermissionDeniedError, NotFoundError: the actor may not read figures there, or the area does not exist then.
    """
    require_area(unit, actor, Action.REPORT_READ, area_id)
    position = assessment.figures.snapshot().areas.positions.get(area_id)
    if position is None:
        raise NotFoundError
    made = (local_today(unit), actor.display_name or actor.username, words.gettext(INTERNAL))
    source = AreaSource.at(assessment, position, as_of, made=made, words=words)
    try:
        source.table.row_of(position)
    except KeyError:
        raise NotFoundError from None
    return source


class RegisterSource:
    """Values of one area at one date, read once: figures from one table, lists when a form asks for them."""

    def __init__(
        self, unit: UnitOfWork, actor: Actor, order: Order, *, assessment: Assessment, words: Translator, form: str
    ) -> None:
        self._unit, self._actor, self._order, self._form = unit, actor, order, form
        self.areas = area_source(unit, actor, order.area_id, order.as_of, assessment=assessment, words=words)
        self._known: dict[Rows, Sequence[RowValues]] = {}

    def value(self, item: Item) -> Given:
        """An item of the whole form."""
        return self.areas.value(item)

    def rows(self, rows: Rows) -> Sequence[RowValues]:
        """The rows of a kind; what was read once is not read (nor logged) again."""
        if rows not in self._known:
            self._known[rows] = self._read(rows)
        return self._known[rows]

    def day(self, day: date) -> str:
        """A date of the whole form as a text."""
        return self.areas.day(day)

    def counts(self) -> dict[str, int]:
        """How many rows of each kind were read."""
        return {rows.value: len(found) for rows, found in self._known.items()}

    def _read(self, rows: Rows) -> Sequence[RowValues]:
        if rows in AREA_ROWS:
            return self.areas.rows(rows)
        ground = Ground(self.areas.table, self.areas.names)
        area_id, as_of = self._order.area_id, self._order.as_of
        if rows is Rows.DWELLINGS:
            return dwelling_rows(self._unit, self._actor, area_id, ground)
        return resident_rows(
            self._unit, self._actor, area_id, as_of, ground, form=self._form, reveal=self._order.reveal
        )


def gather(
    unit: UnitOfWork,
    actor: Actor,
    form: Form,
    order: Order,
    *,
    assessment: Assessment,
    words: Translator,
    name: str,
) -> RegisterSource:
    """Read everything a form asks for and log it; the unit of work must be writing. What is given can be written into
    the form afterwards, when nobody waits for the store any more.

    Raises:
        PermissionDeniedError, NotFoundError: the actor may not read figures (or list residents) of the area, or the
            area does not exist on the date.
        PurposeRequiredError: persons in full without a purpose.
        FormAsksNothingError, TooManyRowsError.
    """
    if not form.asks:
        raise FormAsksNothingError(name=name)
    source = RegisterSource(unit, actor, order, assessment=assessment, words=words, form=name)
    for rows in sorted(form.kinds()):
        source.rows(rows)
    tree, position = source.areas.tree, source.areas.position
    audit.record(
        unit, actor, "form.fill", region=int(tree.region[position]) or audit.INSTALLATION_REGION,
        details={"form": name, "area": tree.codes[position], "as_of": order.as_of.isoformat(), **source.counts()},
    )  # fmt: skip
    return source


def write_form(form: Form, source: RegisterSource, name: str) -> Filled:
    """The filled form from what was gathered for it."""
    content = fill(form, source)
    area = source.areas.tree.names[source.areas.position]
    title = f"{name} {area} {source.areas.table.as_of.isoformat()}"
    title = "".join(character for character in title if character not in _FORBIDDEN)
    return Filled(content, f"{title}.xlsx", source.counts())


def area_of(unit: UnitOfWork, text: str, as_of: date) -> AreaNode:
    """An area by code or name path. AreaNotFoundError, AreaAmbiguousError."""
    return find_area(unit, text, as_of)
