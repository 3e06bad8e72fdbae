"""Import of rental agreements: which dwelling, from whom, since when, until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import Phrase
from geodata.issues import Issue
from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.node import AreaNode
from gridmap.areas.service import find_area
from gridmap.buildings.models import DwellingCode
from gridmap.changes.journal import recording
from gridmap.errors import InvalidInputError
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict, silent, write_batch
from gridmap.importing.places import link_texts, load_places
from gridmap.importing.sheet import MappedSheet, read_mapped
from gridmap.importing.values import read_days
from gridmap.services.agreements import LANDLORD, same_terms
from gridmap.services.models import RentalAgreement
from gridmap.store.store import Store, UnitOfWork

KIND: Final = "agreements"
FIELDS: Final = (
    "dwelling_id", "address", "compound", "number", "unit", "room", "agreement_no", "landlord", "signed_on",
    "expires_on", "ended_on",
)  # fmt: skip
_DATES: Final = ("signed_on", "expires_on", "ended_on")


@dataclass(frozen=True, slots=True)
class _Known:
    """The agreements of a region that are believed: by number, and by dwelling and day of signature."""

    region: int
    by_number: dict[str, RentalAgreement]
    by_day: dict[tuple[UUID, date], RentalAgreement]

    def find(self, number: str, dwelling: UUID, signed: date) -> RentalAgreement | None:
        """The same agreement, if it is known."""
        return self.by_number.get(number) if number else self.by_day.get((dwelling, signed))

    def keep(self, row: RentalAgreement) -> None:
        """Remember an agreement for the rows that follow."""
        if row.number:
            self.by_number[row.number] = row
        self.by_day[row.dwelling_id, row.signed_on] = row


def import_agreements(
    store: Store, actor: Actor, path: Path, under: str, *, progress: Progress = silent
) -> ImportOutcome:
    """Import rental agreements of dwellings under an area.

    The dwelling is found by dwelling_id, else by its address (one text, or compound, building, unit and room). An
    agreement is known again by its number, else by dwelling and day of signature; what changed about it is a new
    belief, the old one is kept. Every row gets one verdict.

    Raises:
        PermissionDeniedError, NotFoundError, AreaNotFoundError, TableError, MissingColumnError, InvalidInputError.
    """
    outcome = ImportOutcome(KIND, path.name)
    progress("read", 0, 1)
    with store.read() as unit:
        _allowed(unit, actor, under)
    sheet = read_mapped(path, FIELDS, ("signed_on",))
    with store.write() as unit:
        top, region = _allowed(unit, actor, under)
        with recording(unit, actor, "agreements.import", region=region, change_id=outcome.batch_id, bulk=True):
            _apply_all(unit, outcome, top, sheet, progress)
        write_batch(unit, actor, outcome, path, regions=[region], under_code=top.code)
        if outcome.verdicts[Verdict.INSERTED] or outcome.verdicts[Verdict.UPDATED]:
            unit.changed("register")
    progress("write", len(sheet), len(sheet))
    return outcome


def _allowed(unit: UnitOfWork, actor: Actor, under: str) -> tuple[AreaNode, int]:
    """The area and its region, if the actor may import there."""
    top = find_area(unit, under)
    require_area(unit, actor, Action.REGISTER_IMPORT, top.id)
    if top.region is None:
        several = Phrase("{area} spans several streets; name one street", {"area": top.name})
        raise InvalidInputError(field="--under", reason=several)
    return top, top.region


def _apply_all(unit: UnitOfWork, outcome: ImportOutcome, top: AreaNode, sheet: MappedSheet, progress: Progress) -> None:
    today = local_today(unit)
    columns = {name: [str(text) for text in sheet.text(name)] for name in FIELDS}
    dwellings = _dwellings(unit, top, columns, today)
    days = read_days([text for name in _DATES for text in columns[name]])
    known = _known(unit, top.region or 0)
    for position, number in enumerate(sheet.rows.tolist()):
        row = {name: columns[name][position] for name in FIELDS}
        _apply(unit, outcome, known, (number, row, dwellings[position]), days)
        if position % 1000 == 0:
            progress("write", position, len(sheet))


def _dwellings(unit: UnitOfWork, top: AreaNode, columns: Mapping[str, list[str]], today: date) -> list[UUID | None]:
    """The dwelling of each row among those under the area, by the office's id, else by the address."""
    parts = ("compound", "number", "unit", "room")
    texts = [
        address or _joined(dict(zip(parts, split, strict=True)))
        for address, *split in zip(columns["address"], *(columns[name] for name in parts), strict=True)
    ]
    places = load_places(unit, top, today)
    linked = link_texts(unit, top, texts, today, places=places)
    query = sa.select(DwellingCode.value, DwellingCode.dwelling_id).where(DwellingCode.region == top.region)
    codes = {row.value: row.dwelling_id for row in unit.session.execute(query)}
    inside = set(places.dwellings["id"].to_list())
    found = [
        codes.get(code) if code else dwelling
        for code, (_, dwelling) in zip(columns["dwelling_id"], linked, strict=True)
    ]
    return [dwelling if dwelling is not None and dwelling.bytes in inside else None for dwelling in found]


def _joined(parts: Mapping[str, str]) -> str:
    """Split parts as an address is usually written."""
    suffix = {"compound": "", "number": "栋", "unit": "单元", "room": "室"}
    return "".join(
        text if not text[-1:].isalnum() or not text[-1:].isascii() else text + suffix[name]
        for name, text in parts.items()
        if text
    )


def _known(unit: UnitOfWork, region: int) -> _Known:
    query = sa.select(RentalAgreement).where(RentalAgreement.region == region, RentalAgreement.superseded_at.is_(None))
    known = _Known(region, {}, {})
    for row in unit.session.scalars(query):
        known.keep(row)
    return known


def _apply(
    unit: UnitOfWork,
    outcome: ImportOutcome,
    known: _Known,
    line: tuple[int, dict[str, str], UUID | None],
    days: Mapping[str, date | None],
) -> None:
    number, row, dwelling = line
    problem = _problem(number, row, dwelling, days)
    signed = days.get(row["signed_on"]) if row["signed_on"] else None
    if problem is not None or dwelling is None or signed is None:
        outcome.reject(problem or _missing(number))
        return
    found = known.find(row["agreement_no"], dwelling, signed)
    fresh = RentalAgreement(
        region=known.region,
        dwelling_id=dwelling,
        number=row["agreement_no"] or (found.number if found else None),
        landlord=unit.vault.seal(row["landlord"], LANDLORD) if row["landlord"] else (found.landlord if found else None),
        signed_on=signed,
        expires_on=days.get(row["expires_on"]) if row["expires_on"] else None,
        ended_on=days.get(row["ended_on"]) if row["ended_on"] else (found.ended_on if found else None),
        recorded_at=unit.now,
        batch_id=outcome.batch_id,
    )
    if found is not None and same_terms(unit, found, fresh, row["landlord"]):
        outcome.verdicts[Verdict.UNCHANGED] += 1
        return
    if found is not None:
        found.superseded_at = unit.now
    unit.session.add(fresh)
    known.keep(fresh)
    outcome.verdicts[Verdict.UPDATED if found is not None else Verdict.INSERTED] += 1


def _missing(number: int) -> Issue:
    return Issue(
        "agreement_unsigned", "The row has no day of signature.", "Fill in when the agreement was signed.", number,
        "signed_on",
    )  # fmt: skip


def _problem(number: int, row: dict[str, str], dwelling: UUID | None, days: Mapping[str, date | None]) -> Issue | None:
    for column in _DATES:
        if row[column] and days[row[column]] is None:
            return Issue(
                "date_not_understood", "“{value}” is not a date.", "Write it as 2026-03-31.", number, column,
                params={"value": row[column]},
            )  # fmt: skip
    if not row["signed_on"]:
        return _missing(number)
    if dwelling is None:
        return Issue(
            "agreement_place_unknown", "The dwelling of the agreement is not known.",
            "Give the id of the dwelling, or an address that names one room under the area.", number,
            "address" if row["address"] else "dwelling_id",
        )  # fmt: skip
    signed = days[row["signed_on"]]
    for column in ("expires_on", "ended_on"):
        last = days[row[column]] if row[column] else None
        if signed is not None and last is not None and (last <= signed if column == "expires_on" else last < signed):
            return Issue(
                "ends_before_it_begins", "It ends on {value}, before it begins.",
                "Correct whichever day is wrong.", number, column, params={"value": last.isoformat()},
            )  # fmt: skip
    return None
