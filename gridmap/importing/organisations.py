"""Import of organisations (单位): name, kind, where, since when."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from geodata.errors import Phrase
from geodata.issues import Issue
from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas import repository as areas
from gridmap.areas.node import BEGINNING
from gridmap.areas.service import find_area
from gridmap.buildings.models import BuildingCode, Dwelling, DwellingCode, Organisation
from gridmap.changes.journal import recording
from gridmap.errors import InvalidInputError
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict, silent, write_batch
from gridmap.importing.places import link_texts
from gridmap.importing.sheet import read_mapped
from gridmap.importing.values import read_days
from gridmap.store.store import Store, UnitOfWork

FIELDS = ("name", "kind", "building_id", "address", "dwelling_id", "valid_from", "valid_to")
Place = tuple[UUID | None, UUID | None]


def import_organisations(
    store: Store, actor: Actor, path: Path, under: str | None, *, progress: Progress = silent
) -> ImportOutcome:
    """Import organisations under an area (the only street when there is one).

    Each is placed by dwelling_id, building_id or address, in this order. The same name in the same building is the same
    organisation; a changed kind or date is a new belief, the old one is kept.

    Raises:
        PermissionDeniedError, NotFoundError, AreaNotFoundError, TableError, MissingColumnError.
    """
    outcome = ImportOutcome("organisations", path.name)
    progress("read", 0, 1)
    sheet = read_mapped(path, FIELDS, ("name",))
    total = len(sheet)
    with store.write() as unit:
        top = find_area(unit, under or _only_street(unit))
        require_area(unit, actor, Action.GEOMETRY_IMPORT, top.id)
        if top.region is None:
            several = Phrase("{area} spans several streets; name one street", {"area": top.name})
            raise InvalidInputError(field="--under", reason=several)
        region = top.region
        by_address = link_texts(unit, top, [str(text) for text in sheet.text("address")], local_today(unit))
        places = _Places(unit, region)
        known = _known(unit, region)
        columns = [sheet.text(name) for name in FIELDS]
        days = read_days([*sheet.text("valid_from"), *sheet.text("valid_to")])
        with recording(unit, actor, "organisations.import", region=region, change_id=outcome.batch_id, bulk=True):
            for position, values in enumerate(zip(sheet.rows.tolist(), *columns, strict=True)):
                row = dict(zip(("row", *FIELDS), values, strict=True))
                place = places.find(row) or by_address[position]
                _apply(unit, outcome, (region, known, days), row, place)
                if position % 1000 == 0:
                    progress("write", position, total)
        write_batch(unit, actor, outcome, path, regions=[region], under_code=top.code)
        if outcome.verdicts[Verdict.INSERTED] or outcome.verdicts[Verdict.UPDATED]:
            unit.changed("register")
    progress("write", total, total)
    return outcome


def _only_street(unit: UnitOfWork) -> str:
    streets = [node.code for node in areas.everything(unit) if node.level == "street"]
    if len(streets) != 1:
        raise InvalidInputError(field="--under", reason="name the street or community these organisations are in")
    return streets[0]


class _Places:
    """External ids of the region's dwellings and buildings."""

    def __init__(self, unit: UnitOfWork, region: int) -> None:
        rooms = (
            sa.select(DwellingCode.value, Dwelling.building_id, Dwelling.id)
            .join(Dwelling, sa.and_(Dwelling.region == DwellingCode.region, Dwelling.id == DwellingCode.dwelling_id))
            .where(DwellingCode.region == region)
        )
        self._dwellings = {row.value: (row.building_id, row.id) for row in unit.session.execute(rooms)}
        houses = sa.select(BuildingCode.value, BuildingCode.building_id).where(BuildingCode.region == region)
        self._buildings = {row.value: row.building_id for row in unit.session.execute(houses)}

    def find(self, row: dict[str, str]) -> Place | None:
        """The place by ids, ``None`` when the row has no id that is known."""
        if row["dwelling_id"] in self._dwellings:
            return self._dwellings[row["dwelling_id"]]
        if row["building_id"] in self._buildings:
            return self._buildings[row["building_id"]], None
        return None


def _known(unit: UnitOfWork, region: int) -> dict[tuple[UUID | None, str], Organisation]:
    rows = unit.session.scalars(
        sa.select(Organisation).where(Organisation.region == region, Organisation.superseded_at.is_(None))
    )
    return {(row.building_id, row.name): row for row in rows}


def _apply(
    unit: UnitOfWork,
    outcome: ImportOutcome,
    around: tuple[int, dict[tuple[UUID | None, str], Organisation], dict[str, date | None]],
    row: dict[str, str],
    place: Place,
) -> None:
    region, known, days = around
    number = int(row["row"])
    start, end, problem = _dates(row, days, number)
    if not row["name"]:
        problem = Issue("organisation_unnamed", "The row has no name.", "Fill in the name.", number, "name")
    elif problem is None and place[0] is None:
        problem = Issue(
            "organisation_place_unknown",
            "The place of the organisation is not known.",
            "Give the id of its building, or an address that is in the table of dwellings.",
            number,
            "address" if row["address"] else "building_id",
        )
    if problem is not None:
        outcome.reject(problem)
        return
    found = known.get((place[0], row["name"]))
    facts = {"dwelling_id": place[1], "kind": row["kind"] or None, "valid_from": start or BEGINNING, "valid_to": end}
    if found is not None and all(getattr(found, name) == value for name, value in facts.items()):
        outcome.verdicts[Verdict.UNCHANGED] += 1
        return
    if found is not None:
        found.superseded_at = unit.now
    fresh = Organisation(
        region=region, building_id=place[0], name=row["name"], recorded_at=unit.now, batch_id=outcome.batch_id, **facts
    )
    unit.session.add(fresh)
    known[place[0], row["name"]] = fresh
    outcome.verdicts[Verdict.UPDATED if found is not None else Verdict.INSERTED] += 1


def _dates(
    row: dict[str, str], days: dict[str, date | None], number: int
) -> tuple[date | None, date | None, Issue | None]:
    for column in ("valid_from", "valid_to"):
        text = row[column]
        if text and days[text] is None:
            issue = Issue(
                "date_not_understood",
                "“{value}” is not a date.",
                "Write it as 2026-03-31.",
                number,
                column,
                params={"value": text},
            )
            return None, None, issue
    start, end = days[row["valid_from"]], days[row["valid_to"]]
    if end is not None and end <= (start or BEGINNING):
        issue = Issue(
            "ends_before_it_begins",
            "It ends on {value}, before it begins.",
            "valid_to is the first day it no longer holds; correct whichever is wrong.",
            number,
            "valid_to",
            params={"value": end.isoformat()},
        )
        return None, None, issue
    return start, end, None
