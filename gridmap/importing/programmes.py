"""Import of enrolments in programmes and of what was delivered: who, which programme, when, how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import sqlalchemy as sa

from geodata.issues import Issue
from gridmap.access.policy import Action
from gridmap.access.scope import require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.node import AreaNode
from gridmap.areas.service import find_area
from gridmap.changes.journal import recording
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict, silent, write_batch
from gridmap.importing.sheet import MappedSheet, read_mapped
from gridmap.importing.values import read_days
from gridmap.residents.models import PersonKey
from gridmap.residents.repository import visible_persons
from gridmap.residents.rules import normalise_id
from gridmap.services.models import Delivery, Enrolment
from gridmap.services.programmes import all_programmes
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork

ENROLMENTS: Final = ("programme", "person_id_number", "enrolled_from", "enrolled_to")
DELIVERIES: Final = ("programme", "person_id_number", "served_on", "amount_yuan")
_MOST_YUAN: Final = Decimal(10_000_000)
_CHUNK: Final = 5000

PersonRef = tuple[int, UUID]
Kept = TypeVar("Kept", Enrolment, Delivery)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line with what its texts mean: the programme, the person, both days (the second may be open)."""

    number: int
    programme: UUID
    person: PersonRef
    day: date
    until: date | None
    amount_fen: int | None


@dataclass(frozen=True, slots=True)
class _Lookups:
    """What the texts of a file may mean: programmes by code and name, persons by identity number, days."""

    programmes: Mapping[str, UUID]
    persons: Mapping[str, PersonRef]
    days: Mapping[str, date | None]


def import_enrolments(
    store: Store, actor: Actor, path: Path, under: str, *, progress: Progress = silent
) -> ImportOutcome:
    """Import who is signed up for which programme since when.

    A resident is found by identity number among those the actor is responsible for; whether a number exists elsewhere
    is not told. An enrolment that is known and says another end is a new belief; the old one is kept.

    Raises:
        PermissionDeniedError, NotFoundError, AreaNotFoundError, TableError, MissingColumnError.
    """
    return _run(store, actor, path, under, ("enrolments", ENROLMENTS, "enrolled_from", _enrol), progress)


def import_deliveries(
    store: Store, actor: Actor, path: Path, under: str, *, progress: Progress = silent
) -> ImportOutcome:
    """Import services given and amounts paid. The same service to the same person on the same day is known again; an
    amount that differs is a new belief.

    Raises: as :func:`import_enrolments`.
    """
    return _run(store, actor, path, under, ("deliveries", DELIVERIES, "served_on", _deliver), progress)


Keep = Callable[[UnitOfWork, ImportOutcome, list[_Row]], None]


def _run(
    store: Store,
    actor: Actor,
    path: Path,
    under: str,
    what: tuple[str, tuple[str, ...], str, Keep],
    progress: Progress,
) -> ImportOutcome:
    kind, fields, since, keep = what
    outcome = ImportOutcome(kind, path.name)
    progress("read", 0, 1)
    with store.read() as unit:
        _allowed(unit, actor, under)
    sheet = read_mapped(path, fields, ("programme", "person_id_number", since))
    with store.write() as unit:
        top = _allowed(unit, actor, under)
        lookups = _lookups(unit, actor, sheet, fields)
        columns = {name: [str(text) for text in sheet.text(name)] for name in fields}
        read = [
            _read(number, {name: columns[name][at] for name in fields}, since, lookups)
            for at, number in enumerate(sheet.rows.tolist())
        ]
        for found in read:
            if isinstance(found, Issue):
                outcome.reject(found)
        rows = [found for found in read if isinstance(found, _Row)]
        progress("write", 0, len(sheet))
        region = top.region or 0
        regions = {row.person[0] for row in rows} or {region}
        change = f"{kind}.import"
        with recording(unit, actor, change, region=region, change_id=outcome.batch_id, bulk=True) as journal:
            journal.touches(sorted(regions))
            keep(unit, outcome, rows)
        write_batch(unit, actor, outcome, path, regions=regions, under_code=top.code)
        if outcome.verdicts[Verdict.INSERTED] or outcome.verdicts[Verdict.UPDATED]:
            unit.changed("register")
    progress("write", len(sheet), len(sheet))
    return outcome


def _allowed(unit: UnitOfWork, actor: Actor, under: str) -> AreaNode:
    top = find_area(unit, under)
    require_area(unit, actor, Action.REGISTER_IMPORT, top.id)
    return top


def _lookups(unit: UnitOfWork, actor: Actor, sheet: MappedSheet, fields: tuple[str, ...]) -> _Lookups:
    programmes: dict[str, UUID] = {}
    for row in all_programmes(unit):
        programmes |= {row.code: row.id, row.name: row.id}
    numbers = {str(text) for text in sheet.text("person_id_number") if text}
    texts = {str(text) for name in fields[2:] if name != "amount_yuan" for text in sheet.text(name)}
    return _Lookups(programmes, _persons(unit, actor, numbers), read_days(texts))


def _persons(unit: UnitOfWork, actor: Actor, numbers: set[str]) -> dict[str, PersonRef]:
    """The persons of identity numbers, as written, of those that the actor is responsible for."""
    index = {text: unit.vault.index(normalise_id(text), "id") for text in numbers}
    keys = list(set(index.values()))
    holders: dict[bytes, PersonRef] = {}
    for start in range(0, len(keys), _CHUNK):
        query = sa.select(PersonKey).where(PersonKey.id_index.in_(keys[start : start + _CHUNK]))
        holders |= {row.id_index: (row.region, row.person_id) for row in unit.session.scalars(query)}
    found = {text: holders[key] for text, key in index.items() if key in holders}
    scope, today = scope_of(actor, Action.REGISTER_IMPORT), local_today(unit)
    by_region: dict[int, set[UUID]] = {}
    for region, person in found.values():
        by_region.setdefault(region, set()).add(person)
    seen = {region: visible_persons(unit, region, persons, scope, today) for region, persons in by_region.items()}
    return {text: ref for text, ref in found.items() if ref[1] in seen[ref[0]]}


def _read(number: int, row: Mapping[str, str], since: str, lookups: _Lookups) -> _Row | Issue:
    programme, person = lookups.programmes.get(row["programme"]), lookups.persons.get(row["person_id_number"])
    if programme is None:
        return Issue(
            "programme_unknown", "There is no programme “{value}”.", "Add it first: gridmap programme keep.", number,
            "programme", params={"value": row["programme"]},
        )  # fmt: skip
    if person is None:
        return Issue(
            "person_not_found", "No resident of yours has this identity number.",
            "Check the number; people of other areas are for those who are responsible there.", number, "id_number",
        )  # fmt: skip
    day, until = lookups.days.get(row[since]), lookups.days.get(row.get("enrolled_to", ""))
    for column in (since, "enrolled_to"):
        text = row.get(column, "")
        if (column == since or text) and lookups.days.get(text) is None:
            return Issue(
                "date_not_understood", "“{value}” is not a date.", "Write it as 2026-03-31.", number, column,
                params={"value": text},
            )  # fmt: skip
    if day is None or (until is not None and until <= day):
        return Issue(
            "ends_before_it_begins", "It ends on {value}, before it begins.", "Correct whichever day is wrong.",
            number, "enrolled_to", params={"value": row.get("enrolled_to", "")},
        )  # fmt: skip
    amount = _fen(row.get("amount_yuan", ""))
    if amount is None and row.get("amount_yuan"):
        return Issue(
            "amount_wrong", "“{value}” is no amount in yuan.", "Write it as 300 or 300.50.", number, "amount_yuan",
            params={"value": row["amount_yuan"]},
        )  # fmt: skip
    return _Row(number, programme, person, day, until, amount)


def _fen(text: str) -> int | None:
    """An amount in hundredths of a yuan; ``None`` where it is none."""
    try:
        amount = Decimal(text.replace(",", "").replace("，", "").removesuffix("元").strip())
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= _MOST_YUAN or amount * 100 != int(amount * 100):
        return None
    return int(amount * 100)


def _times(line: _Row) -> dict[str, object]:
    return {"valid_from": line.day, "valid_to": line.until}


def _amount(line: _Row) -> dict[str, object]:
    return {"served_on": line.day, "amount_fen": line.amount_fen}


def _same_end(known: Enrolment, line: _Row) -> bool:
    return known.valid_to == line.until


def _same_amount(known: Delivery, line: _Row) -> bool:
    """An amount that is left out is not new."""
    return line.amount_fen in {None, known.amount_fen}


def _enrol(unit: UnitOfWork, outcome: ImportOutcome, rows: list[_Row]) -> None:
    _keep(
        unit, outcome, rows, Enrolment,
        day=lambda row: row.valid_from,
        same=_same_end,
        facts=_times,
    )  # fmt: skip


def _deliver(unit: UnitOfWork, outcome: ImportOutcome, rows: list[_Row]) -> None:
    _keep(
        unit, outcome, rows, Delivery,
        day=lambda row: row.served_on,
        same=_same_amount,
        facts=_amount,
    )  # fmt: skip


def _keep(
    unit: UnitOfWork,
    outcome: ImportOutcome,
    rows: list[_Row],
    model: type[Kept],
    *,
    day: Callable[[Kept], date],
    same: Callable[[Kept, _Row], bool],
    facts: Callable[[_Row], dict[str, object]],
) -> None:
    """Keep what is new; what is known of the same person, programme and day and says something else is superseded."""
    known = {(row.region, row.person_id, row.programme_id, day(row)): row for row in _believed(unit, model, rows)}
    line: _Row
    for line in rows:
        region, person = line.person
        key = (region, person, line.programme, line.day)
        found = known.get(key)
        if found is not None and same(found, line):
            outcome.verdicts[Verdict.UNCHANGED] += 1
            continue
        if found is not None:
            found.superseded_at = unit.now
        fresh = model(
            region=region, id=uuid7(), programme_id=line.programme, person_id=person,
            recorded_at=unit.now, batch_id=outcome.batch_id, **facts(line),
        )  # fmt: skip
        unit.session.add(fresh)
        known[key] = fresh
        outcome.verdicts[Verdict.UPDATED if found is not None else Verdict.INSERTED] += 1
    unit.session.flush()


def _believed(unit: UnitOfWork, model: type[Kept], rows: list[_Row]) -> list[Kept]:
    """What is believed of the persons of a file."""
    persons = list({line.person[1] for line in rows})
    found: list[Kept] = []
    for start in range(0, len(persons), _CHUNK):
        clause = model.person_id.in_(persons[start : start + _CHUNK])
        found += unit.session.scalars(sa.select(model).where(clause, model.superseded_at.is_(None)))
    return found
