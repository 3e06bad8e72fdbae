"""Use cases of records that may mean one person: find them, show a pair, merge, keep apart, put off, take back.

Everybody sees only pairs of which both records are theirs. What leaves is masked; every reading and every decision is
audited, and every decision can be undone. The likelihood is told as one of three words and nowhere but here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import polars as pl
import sqlalchemy as sa

from gridmap.access.policy import Action
from gridmap.access.scope import Scope, require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.models import Area
from gridmap.audit import service as audit
from gridmap.changes import service as changes
from gridmap.changes.journal import recording
from gridmap.duplicates import repository
from gridmap.duplicates.merging import (
    FIELDS,
    KEPT,
    OTHER,
    Choices,
    Merge,
    Side,
    apply_merge,
    plan_merge,
    side_of,
    survivor_first,
)
from gridmap.duplicates.models import DuplicatePair, PairDecision
from gridmap.duplicates.scoring import Opener, find_pairs
from gridmap.duplicates.timeline import Remark
from gridmap.duplicates.weights import weights
from gridmap.errors import GridmapError, InvalidInputError, NotFoundError
from gridmap.residents.repository import latest_of, visible_persons
from gridmap.residents.views import PersonView, view_of
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

APART, LATER = "apart", "later"
KINDS = {"person.merge", "person.apart", "person.later"}
_CHUNK = 500
LARGEST_REGION = 32_767


class AlreadyMergedError(GridmapError):
    """Somebody else was faster."""

    code = "already_merged"
    message = "One of the two records is no longer there: it has been merged into another one."
    hint = "Reload the list; the next pair follows."


@dataclass(frozen=True, slots=True)
class PairKey:
    """Two records of one region; ``first`` is the smaller id."""

    region: int
    first: UUID
    second: UUID

    def __str__(self) -> str:
        return f"{self.region}.{self.first}.{self.second}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may mean one person. ``word``: ``certain``, ``likely`` or ``possible``; ``reasons``: codes of
    `scoring.Reason`; ``first`` and ``second`` are masked; ``put_off``: somebody looked and left it for later."""

    key: PairKey
    word: str
    reasons: tuple[str, ...]
    put_off: bool
    first: PersonView
    second: PersonView


@dataclass(frozen=True, slots=True)
class Preview:
    """What merging a pair will do. ``kept``: the record that survives; ``open``: fields in which both say something
    different; ``chosen``: by field, whose value is kept; ``remarks``: what becomes of the residences, with the day."""

    kept: UUID
    open: tuple[str, ...]
    chosen: Choices
    remarks: tuple[tuple[Remark, date], ...]


def pair_key(region: int, one: UUID, other: UUID) -> PairKey:
    """The key of two records in either order."""
    first, second = sorted((one, other), key=lambda key: key.bytes)
    return PairKey(region, first, second)


def read_key(text: str) -> PairKey | None:
    """The pair that a text as ``str(key)`` gives it names, in either order; None where it names none."""
    parts = text.split(".")
    region = parts[0]
    if len(parts) != 3 or not (region.isascii() and region.isdigit()) or int(region[:6]) > LARGEST_REGION:
        return None
    try:
        return pair_key(int(region[:6]), UUID(parts[1]), UUID(parts[2]))
    except ValueError:
        return None


def list_pairs(
    unit: UnitOfWork, actor: Actor, *, area_id: UUID | None = None, limit: int = 50, offset: int = 0
) -> tuple[list[Pair], int]:
    """The pairs that wait for the actor (of an area: at least one record in it), the likeliest first, and how many
    there are. The reading is audited; call it in a unit of work that writes.

    Raises:
        PermissionDeniedError, NotFoundError (area outside the actor's scope).
    """
    waiting = _waiting(unit, actor, area_id)
    shown = [
        pair
        for row, decision in waiting[offset : offset + limit]
        if (pair := _shown(unit, row.region, row.first_id, row.second_id, row.bits, json.loads(row.reasons), decision))
    ]
    _audit_reading(unit, actor, shown)
    return shown, len(waiting)


def count_waiting(unit: UnitOfWork, actor: Actor) -> int:
    """How many pairs wait for the actor; nothing of them is read, so nothing is recorded.

    Raises:
        PermissionDeniedError.
    """
    return sum(decision is None for _, decision in _waiting(unit, actor, None))


def search_pairs(unit: UnitOfWork, actor: Actor, area_id: UUID) -> int:
    """Compare everybody of the region of an area anew; what was decided stays decided. Returns how many pairs the
    actor may see now. Call it in a unit of work that writes.

    Raises:
        PermissionDeniedError, NotFoundError.
    """
    require_area(unit, actor, Action.PERSON_MERGE, area_id)
    area = unit.session.get(Area, area_id)
    regions = [area.region] if area is not None and area.region is not None else _regions_below(unit, area_id)
    for region in regions:
        repository.forget_pairs(unit, region)
        people = repository.people_of(unit, [region]).with_columns(fresh=pl.lit(value=True))
        note_pairs(unit, people, find_pairs(people, opener_of(unit, people)))
    seen = len(_waiting(unit, actor, area_id))
    audit.record(unit, actor, "person.compare", region=regions[0] if len(regions) == 1 else 0, details={"found": seen})
    return seen


def opener_of(unit: UnitOfWork, people: pl.DataFrame) -> Opener:
    """Opens the numbers of some rows of people who are in the register."""
    ids = people["person_id"].to_list()
    regions = people["region"].unique().to_list()

    def numbers(rows: Sequence[int]) -> list[str | None]:
        known = repository.numbers_of(unit, regions, [ids[row] for row in rows])
        return [known.get(ids[row]) for row in rows]

    return numbers


def note_pairs(unit: UnitOfWork, people: pl.DataFrame, found: pl.DataFrame) -> int:
    """Write pairs of rows of ``people``, which have a ``person_id``; returns how many are new."""
    ids, regions = people["person_id"], people["region"]
    pairs = found.select(
        "bits", "reasons", region=regions.gather(found["one"]),
        one=ids.gather(found["one"]), other=ids.gather(found["other"]),
    )  # fmt: skip
    return repository.write_pairs(unit, pairs)


def preview(
    unit: UnitOfWork, actor: Actor, key: PairKey, kept: UUID | None = None, choices: Choices | None = None
) -> Preview:
    """What merging a pair will do; ``kept``: the record that shall survive, by default the more complete one. The
    reading is audited.

    Raises:
        PermissionDeniedError, NotFoundError, AlreadyMergedError.
    """
    merge = _planned(unit, actor, key, kept, choices)
    audit.record(
        unit, actor, "person.pairs", region=key.region, subjects=[key.first, key.second],
        details={"rows": 1, "fields": "masked"},
    )  # fmt: skip
    return Preview(merge.kept.person.id, merge.open, merge.chosen, merge.line.remarks)


def merge_pair(
    unit: UnitOfWork, actor: Actor, key: PairKey, kept: UUID | None = None, choices: Choices | None = None
) -> UUID:
    """Make one record of two; returns the change by which it can be undone.

    Raises:
        PermissionDeniedError, NotFoundError (either record outside the actor's areas), AlreadyMergedError,
        InvalidInputError (a choice that is none).
    """
    merge = _planned(unit, actor, key, kept, choices)
    ids = [merge.kept.person.id, merge.other.person.id]
    details = {"kept": str(ids[0]), "fields": [name for name in merge.open if merge.chosen[name] == OTHER]}
    with recording(unit, actor, "person.merge", region=key.region, persons=ids, details=details) as journal:
        if (decision := repository.decision_of(unit, key.region, key.first, key.second)) is not None:
            unit.session.delete(decision)
        apply_merge(unit, merge, actor.user_id)
    audit.record(unit, actor, Action.PERSON_MERGE.value, region=key.region, subjects=ids, details=details)
    unit.changed("register")
    return journal.id


def decide(unit: UnitOfWork, actor: Actor, key: PairKey, decision: str) -> UUID:
    """Say that two records are two persons (`APART`, never proposed again) or leave them for `LATER`; returns the
    change by which it can be undone.

    Raises:
        PermissionDeniedError, NotFoundError, AlreadyMergedError, InvalidInputError.
    """
    if decision not in {APART, LATER}:
        raise InvalidInputError(field="Decision", reason="not a usable value")
    _sides(unit, actor, key)
    kind = f"person.{decision}"
    ids = [key.first, key.second]
    with recording(unit, actor, kind, region=key.region, persons=ids) as journal:
        known = repository.decision_of(unit, key.region, key.first, key.second)
        if known is None:
            unit.session.add(
                PairDecision(
                    region=key.region, id=uuid7(), first_id=key.first, second_id=key.second, decision=decision,
                    decided_by=actor.user_id, decided_at=unit.now,
                )
            )  # fmt: skip
        else:
            known.decision, known.decided_by, known.decided_at = decision, actor.user_id, unit.now
    audit.record(unit, actor, kind, region=key.region, subjects=ids)
    return journal.id


def take_back(unit: UnitOfWork, actor: Actor, change_id: UUID) -> None:
    """Undo a decision about a pair: a merge exactly, or not at all.

    Raises:
        PermissionDeniedError, NotFoundError (no such decision on records of the actor), AlreadyUndoneError,
        ChangedSinceError.
    """
    made = changes.change(unit, change_id)
    if made[0].kind not in KINDS:
        raise NotFoundError
    scope = scope_of(actor, Action.PERSON_MERGE)
    for region, person in changes.persons_of(unit, change_id):
        lead = repository.surviving(unit, region, [person]).get(person, person)
        if not visible_persons(unit, region, {lead}, scope, local_today(unit)):
            raise NotFoundError
    changes.undo(unit, actor, change_id)


def survivor_of(unit: UnitOfWork, actor: Actor, region: int, person_id: UUID) -> UUID | None:
    """The record that a given-up one leads to, for whoever may see that person; None for any other record.

    Raises:
        PermissionDeniedError.
    """
    scope = scope_of(actor, Action.PERSON_LIST)
    lead = repository.surviving(unit, region, [person_id]).get(person_id)
    if lead is None or not visible_persons(unit, region, {lead}, scope, local_today(unit)):
        return None
    return lead


def last_decision(unit: UnitOfWork, actor: Actor) -> UUID | None:
    """The actor's newest decision about a pair that has not been undone."""
    own = changes.own_changes(unit, actor.user_id, limit=50)
    return next((one.id for one in own if one.kind in KINDS and one.undone_at is None), None)


# --- whose pairs -----------------------------------------------------------------------------------------------------


def _waiting(unit: UnitOfWork, actor: Actor, area_id: UUID | None) -> list[tuple[DuplicatePair, str | None]]:
    scope = scope_of(actor, Action.PERSON_MERGE)
    if area_id is not None:
        require_area(unit, actor, Action.PERSON_MERGE, area_id)
    found = repository.open_pairs(unit, _regions_of(unit, scope))
    mine = _visible(unit, found, scope)
    found = [one for one in found if all((one[0].region, side) in mine for side in _sides_of(one[0]))]
    if area_id is None:
        return found
    here = _visible(unit, found, Scope(frozenset({area_id})))
    return [one for one in found if any((one[0].region, side) in here for side in _sides_of(one[0]))]


def _sides_of(pair: DuplicatePair) -> tuple[UUID, UUID]:
    return pair.first_id, pair.second_id


def _visible(
    unit: UnitOfWork, pairs: Collection[tuple[DuplicatePair, str | None]], scope: Scope
) -> set[tuple[int, UUID]]:
    today = local_today(unit)
    by_region: dict[int, set[UUID]] = {}
    for pair, _ in pairs:
        by_region.setdefault(pair.region, set()).update(_sides_of(pair))
    found: set[tuple[int, UUID]] = set()
    for region, persons in by_region.items():
        ids = sorted(persons)
        for start in range(0, len(ids), _CHUNK):
            some = visible_persons(unit, region, ids[start : start + _CHUNK], scope, today)
            found |= {(region, person) for person in some}
    return found


def _regions_of(unit: UnitOfWork, scope: Scope) -> list[int]:
    query = sa.select(Area.region).distinct().where(Area.region.is_not(None))
    if not scope.everywhere:
        query = query.where(scope.covers(Area.id))
    return sorted(region for region in unit.session.scalars(query) if region is not None)


def _regions_below(unit: UnitOfWork, area_id: UUID) -> list[int]:
    return _regions_of(unit, Scope(frozenset({area_id})))


def _sides(unit: UnitOfWork, actor: Actor, key: PairKey) -> tuple[Side, Side]:
    """Both records, if the actor is responsible for both; else they are as if they did not exist."""
    scope, today = scope_of(actor, Action.PERSON_MERGE), local_today(unit)
    leads = repository.surviving(unit, key.region, [key.first, key.second])
    wanted = {leads.get(person, person) for person in (key.first, key.second)}
    if visible_persons(unit, key.region, wanted, scope, today) != wanted or key.first == key.second:
        raise NotFoundError
    first, second = side_of(unit, key.region, key.first), side_of(unit, key.region, key.second)
    if leads:
        raise AlreadyMergedError
    if first is None or second is None:
        raise NotFoundError
    return first, second


def _planned(unit: UnitOfWork, actor: Actor, key: PairKey, kept: UUID | None, choices: Choices | None) -> Merge:
    first, second = _sides(unit, actor, key)
    mine, other = survivor_first(first, second)
    if kept is not None:
        if kept not in {key.first, key.second}:
            raise NotFoundError
        mine, other = (first, second) if kept == key.first else (second, first)
    given = dict(choices or {})
    residence = given.pop("residence", "")
    if not set(given) <= set(FIELDS) or not {*given.values(), residence or KEPT} <= {KEPT, OTHER}:
        raise InvalidInputError(field="Decision", reason="not a usable value")
    return plan_merge(mine, other, given, residence)


# --- what is shown ---------------------------------------------------------------------------------------------------


def _shown(
    unit: UnitOfWork, region: int, first: UUID, second: UUID, bits: float, reasons: Sequence[str], decision: str | None
) -> Pair | None:
    known = latest_of(unit, region, [first, second])
    if len(known) < 2:
        return None
    today = local_today(unit)
    views = [view_of(unit, known[side], today) for side in (first, second)]
    key = PairKey(region, first, second)
    return Pair(key, weights().word(bits), tuple(reasons), decision == LATER, views[0], views[1])


def _audit_reading(unit: UnitOfWork, actor: Actor, shown: Sequence[Pair]) -> None:
    by_region: dict[int, set[UUID]] = {}
    for pair in shown:
        by_region.setdefault(pair.key.region, set()).update((pair.key.first, pair.key.second))
    for region, persons in sorted((by_region or {audit.INSTALLATION_REGION: set()}).items()):
        audit.record(
            unit, actor, "person.pairs", region=region, subjects=persons,
            details={"rows": len(shown), "fields": "masked"},
        )  # fmt: skip
