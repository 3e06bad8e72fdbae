"""Import of dwellings from a table: the office's own ids are kept, missing buildings are created without footprint."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

from geodata.errors import Phrase
from geodata.floors import parse_floor
from geodata.issues import Issue, Severity
from gridmap.access.policy import Action
from gridmap.access.scope import require_area
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.node import BEGINNING
from gridmap.areas.service import find_area
from gridmap.buildings.models import (
    Building,
    BuildingCode,
    Dwelling,
    DwellingState,
    Unit,
)
from gridmap.buildings.states import read_state
from gridmap.changes.journal import recording
from gridmap.errors import InvalidInputError
from gridmap.importing.buildings import compounds
from gridmap.importing.dwelling_stock import DwellingStock, load_stock, plain_number, write_stock
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict, silent, write_batch
from gridmap.importing.sheet import read_mapped
from gridmap.importing.values import read_days
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork

FIELDS = (
    "dwelling_id", "building_id", "community", "compound", "road", "road_no", "building", "unit", "floor", "room",
    "state", "tenure", "verified_on",
)  # fmt: skip


def import_dwellings(
    store: Store, actor: Actor, path: Path, under: str, *, progress: Progress = silent
) -> ImportOutcome:
    """Import a table of dwellings under an area.

    A building is found by its external id, else by compound (or road and number) and building number. One that is not
    there yet is created without a footprint and reported.

    Raises:
        PermissionDeniedError, NotFoundError, AreaNotFoundError, TableError, MissingColumnError.
    """
    outcome = ImportOutcome("dwellings", path.name)
    progress("read", 0, 1)
    sheet = read_mapped(path, FIELDS, ("room",))
    with store.write() as unit:
        top = find_area(unit, under)
        require_area(unit, actor, Action.GEOMETRY_IMPORT, top.id)
        if top.region is None:
            several = Phrase("{area} spans several streets; name one street", {"area": top.name})
            raise InvalidInputError(field="--under", reason=several)
        stock = load_stock(unit, top, top.region)
        columns = [sheet.text(name) for name in FIELDS]
        days, today = read_days(sheet.text("verified_on")), local_today(unit)
        total = len(sheet)
        with recording(
            unit, actor, "dwellings.import", region=top.region, change_id=outcome.batch_id, bulk=True
        ) as journal:
            for position, values in enumerate(zip(sheet.rows.tolist(), *columns, strict=True)):
                if position % 5000 == 0:
                    progress("write", position, total)
                row = dict(zip(("row", *FIELDS), values, strict=True))
                _row(unit, outcome, stock, row, _visit(row, days, today))
            write_stock(journal, stock)
        if stock.created:
            outcome.issues.append(_unlocated(len(stock.created)))
            outcome.notes["buildings_without_footprint"] = len(stock.created)
        write_batch(unit, actor, outcome, path, regions=[top.region], under_code=top.code)
        if outcome.verdicts[Verdict.INSERTED] or outcome.verdicts[Verdict.UPDATED]:
            unit.changed("register", "geometry")
    progress("write", total, total)
    return outcome


def _unlocated(count: int) -> Issue:
    return Issue(
        "buildings_without_footprint",
        "{count} buildings are in the table but not on the map; they were created without a footprint.",
        "Import their footprints with the same building ids.",
        severity=Severity.WARNING,
        params={"count": count},
    )


def _unit_name(text: str) -> str:
    return text.removesuffix("单元").removesuffix("门").removesuffix("梯")


def _row(
    unit: UnitOfWork,
    outcome: ImportOutcome,
    stock: DwellingStock,
    row: dict[str, str],
    visit: tuple[date | None, Issue | None],
) -> None:
    number = int(row["row"])
    room = row["room"].removesuffix("室").removesuffix("房")
    if not room:
        outcome.reject(Issue("room_missing", "The row has no room.", "Fill in the room number.", number, "room"))
        return
    use, tenure, unknown = read_state(row["state"], row["tenure"])
    visited, problem = visit
    if problem is None and unknown is not None:
        problem = Issue(
            "state_unknown", "The state “{state}” is not known.", "Use for example 自住, 出租, 空置.", number, "state",
            params={"state": unknown},
        )  # fmt: skip
    if problem is not None:
        outcome.reject(problem)
        return
    building, moved = _building(unit, stock, row)
    if building is None:
        outcome.reject(
            Issue(
                "building_unnamed",
                "The row names no building.",
                "Fill in building_id, or compound (or road and number) and building.",
                number,
                "building",
            )
        )
        return
    staircase = _staircase(stock, building, _unit_name(row["unit"]))
    known = stock.rooms.get((building, staircase, room))
    by_code = stock.codes.get(row["dwelling_id"]) if row["dwelling_id"] else None
    if by_code is not None and known is not None and by_code != known:
        outcome.reject(
            Issue(
                "dwelling_id_taken",
                "The dwelling id {code} belongs to another room.",
                "Give each room its own id.",
                number,
                "dwelling_id",
                params={"code": row["dwelling_id"]},
            )
        )
        return
    dwelling = known or by_code
    fresh = dwelling is None
    if dwelling is None:
        dwelling = uuid7()
        stock.new_rooms.append(
            Dwelling(
                region=stock.region,
                id=dwelling,
                building_id=building,
                unit_id=staircase,
                floor=_floor(row, room),
                room=room,
            )
        )
        stock.rooms[building, staircase, room] = dwelling
    changed = moved | _code(stock, row["dwelling_id"], dwelling) | _state(unit, stock, dwelling, use, tenure, visited)
    if visited is not None and (dwelling, visited) not in stock.visits:
        stock.visits.add((dwelling, visited))
        stock.new_visits.append((dwelling, visited))
        changed = True
    outcome.verdicts[Verdict.INSERTED if fresh else Verdict.UPDATED if changed else Verdict.UNCHANGED] += 1


def _visit(row: dict[str, str], days: dict[str, date | None], today: date) -> tuple[date | None, Issue | None]:
    """The day a row says the dwelling was verified, or what is wrong with it."""
    text = row["verified_on"]
    day = days[text]
    if not text or (day is not None and day <= today):
        return day, None
    code, message = (
        ("date_not_understood", "“{value}” is not a date.")
        if day is None
        else ("date_in_future", "The date {value} lies in the future.")
    )
    issue = Issue(code, message, "Write it as 2026-03-31.", int(row["row"]), "verified_on", params={"value": text})
    return None, issue


def _floor(row: dict[str, str], room: str) -> int | None:
    """The floor as written, else from the room number (``1204`` is on the twelfth)."""
    parsed = parse_floor(row["floor"]) if row["floor"] else None
    if parsed is not None:
        return -parsed[1] if parsed[0] == 0 else parsed[0]
    digits = room if room.isdigit() else ""
    return int(digits[:-2]) if 3 <= len(digits) <= 4 else None


def _code(stock: DwellingStock, code: str, dwelling: UUID) -> bool:
    if not code or code in stock.codes:
        return False
    stock.codes[code] = dwelling
    stock.new_codes.append((code, dwelling))
    return True


def _building(unit: UnitOfWork, stock: DwellingStock, row: dict[str, str]) -> tuple[UUID | None, bool]:
    """The building of a row, created when it is not there; and whether what is known of it grew."""
    name = (row["compound"], row["road"], row["road_no"], plain_number(row["building"]))
    code = row["building_id"]
    found = stock.by_code.get(code) if code else stock.by_name.get(name) or _by_compound(stock, name)
    if found is None and code:
        found = stock.by_name.get(name) if any(name) else None
    if found is None:
        if not code and not (row["building"] or row["road_no"]):
            return None, False
        return _create(unit, stock, row, name), False
    if code and code not in stock.by_code:
        stock.by_code[code] = found
        unit.session.add(BuildingCode(region=stock.region, scheme="office", value=code, building_id=found))
    return found, _complete(unit, stock, stock.buildings[found], row)


def _by_compound(stock: DwellingStock, name: tuple[str, str, str, str]) -> UUID | None:
    """A building known by compound and number alone, whatever road it stands on."""
    fits = stock.by_compound.get((name[0], name[3]), set()) if name[0] and name[3] else set()
    return next(iter(fits)) if len(fits) == 1 else None


def _create(unit: UnitOfWork, stock: DwellingStock, row: dict[str, str], name: tuple[str, str, str, str]) -> UUID:
    area = stock.communities.get(row["community"], stock.under.id)
    building = Building(region=stock.region, id=uuid7(), area_id=area, version=1)
    unit.session.add(building)
    stock.buildings[building.id] = building
    stock.created.add(building.id)
    _complete(unit, stock, building, row)
    stock.by_name[name] = building.id
    stock.by_compound.setdefault((name[0], name[3]), set()).add(building.id)
    if row["building_id"]:
        stock.by_code[row["building_id"]] = building.id
        unit.session.flush()
        unit.session.add(
            BuildingCode(region=stock.region, scheme="office", value=row["building_id"], building_id=building.id)
        )
    return building.id


def _complete(unit: UnitOfWork, stock: DwellingStock, building: Building, row: dict[str, str]) -> bool:
    """Fill in what the register does not know yet of a building; nothing known is overwritten."""
    grown = False
    for column, value in (("number", row["building"]), ("road", row["road"]), ("road_no", row["road_no"])):
        if value and getattr(building, column) is None:
            setattr(building, column, value)
            grown = True
    if row["compound"] and building.compound_id is None:
        if row["compound"] not in stock.compound_ids:
            area = stock.communities.get(row["community"])
            stock.compound_ids |= compounds(unit, stock.region, [row["compound"]], area)
        building.compound_id = stock.compound_ids[row["compound"]]
        grown = True
    return grown


def _staircase(stock: DwellingStock, building: UUID, name: str) -> UUID:
    known = stock.units.get((building, name))
    if known is None:
        known = uuid7()
        stock.units[building, name] = known
        position = int(name) if name.isdigit() else 0
        stock.new_units.append(Unit(region=stock.region, id=known, building_id=building, name=name, position=position))
    return known


def _state(
    unit: UnitOfWork, stock: DwellingStock, dwelling: UUID, use: str | None, tenure: str | None, day: date | None
) -> bool:
    """Write the state where it says something new: from the day it was seen, else from always."""
    if use is None and tenure is None:
        return False
    known = stock.states.get(dwelling)
    if known is not None and (use in {None, known.use}) and (tenure in {None, known.tenure}):
        return False
    start = day or (unit.now.date() if known is not None else BEGINNING)
    if known is not None:
        if known.valid_from >= start:
            known.superseded_at = unit.now
        else:
            known.valid_to = start
    fresh = DwellingState(
        region=stock.region,
        dwelling_id=dwelling,
        use=use or (known.use if known else None),
        tenure=tenure or (known.tenure if known else None),
        valid_from=start,
        recorded_at=unit.now,
    )
    stock.states[dwelling] = fresh
    stock.new_states.append(fresh)
    return True
