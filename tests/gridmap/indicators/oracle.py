"""The same figures as the program gives, written a second time as plainly as possible: one record after another."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from tests.gridmap.indicators.world import (
    PROGRAMMES,
    AreaRow,
    BuildingRow,
    DwellingRow,
    PersonRow,
    ResidenceRow,
    World,
)

ONE = timedelta(days=1)


def valid(start: date | None, end: date | None, day: date) -> bool:
    return (start is None or start <= day) and (end is None or day < end)


def standing(area: AreaRow | None, day: date) -> AreaRow | None:
    """The area, or the nearest one above it in force."""
    while area is not None and not valid(area.valid_from, area.valid_to, day):
        area = area.parent
    return area


def place_of_building(building: BuildingRow, day: date) -> AreaRow | None:
    held = [cell for cell, start, end in building.cells if valid(start, end, day)]
    return standing(held[-1] if held else building.area, day)


def place_of(residence: ResidenceRow, day: date) -> AreaRow | None:
    place = None if residence.building is None else place_of_building(residence.building, day)
    return place if place is not None else standing(residence.area, day)


def residence_of(person: PersonRow, day: date) -> ResidenceRow | None:
    """The one residence in which a person counts: of those open on the day, the one that began last."""
    held = [
        r for r in person.residences
        if r.principal and not r.superseded and valid(r.valid_from, r.valid_to, day)
    ]  # fmt: skip
    return max(held, key=lambda r: r.valid_from, default=None)


def inside(area: AreaRow, place: AreaRow | None) -> bool:
    while place is not None:
        if place is area:
            return True
        place = place.parent
    return False


def people(world: World, area: AreaRow, day: date, divided_on: date | None = None) -> list[ResidenceRow]:
    found = [residence_of(person, day) for person in world.persons]
    return [r for r in found if r is not None and inside(area, place_of(r, divided_on or day))]


def age(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def band(birth: date | None, day: date) -> str:
    if birth is None or birth > day:
        return "unknown"
    years = age(birth, day)
    return "85_up" if years >= 85 else f"{years // 5 * 5}_{years // 5 * 5 + 4}"


def attribute(person: PersonRow, name: str, day: date) -> str | None:
    rows = [
        row for row in person.attributes if not row["superseded"] and valid(row["valid_from"], row["valid_to"], day)
    ]
    return rows[-1][name] if rows else None


def verified(dwelling: DwellingRow, day: date, days: int) -> bool:
    return any(day - timedelta(days=days) <= visit <= day for visit in dwelling.visits)


def tenure(dwelling: DwellingRow, day: date) -> str | None:
    rows = [row[0] for row in dwelling.states if valid(row[1], row[2], day)]
    return rows[-1] if rows else None


def occupants(world: World, dwelling: DwellingRow, day: date) -> list[ResidenceRow]:
    found = [residence_of(person, day) for person in world.persons]
    return [r for r in found if r is not None and r.dwelling is dwelling]


def state(world: World, dwelling: DwellingRow, day: date, days: int) -> str:
    living = occupants(world, dwelling, day)
    if not verified(dwelling, day, days):
        return "unverified"
    if len({r.household.key for r in living if r.household}) >= 2:
        return "several"
    if tenure(dwelling, day) == "let":
        return "let"
    if any(attribute(r.person, "presence", day) == "floating" for r in living):
        return "floating"
    return "registered" if living else "vacant"


def use(world: World, dwelling: DwellingRow, day: date, days: int) -> str:
    if tenure(dwelling, day) == "let":
        return "let"
    if occupants(world, dwelling, day):
        return "occupied"
    return "vacant" if tenure(dwelling, day) == "vacant" or verified(dwelling, day, days) else "unknown"


def agreement(dwelling: DwellingRow, day: date) -> list[str]:
    """What the agreements of a let dwelling make of it on a day."""
    held = [
        min(end or date.max, ended or date.max) for signed, end, ended, superseded in dwelling.agreements
        if not superseded and signed <= day < min(end or date.max, ended or date.max)
    ]  # fmt: skip
    if not held:
        return ["lets_without_agreement"]
    return ["lets_agreed", *(["lets_expiring"] if (max(held) - day).days <= 30 else [])]


def eligible(person: PersonRow, code: str, day: date) -> bool | None:
    """Whether somebody may sign up for a programme; ``None`` where it cannot be told."""
    if code == "old_age":
        known = person.birth is not None and person.birth <= day
        return age(person.birth, day) >= 60 if known and person.birth else None
    female = {"1": False, "2": True}.get(person.sex or "")
    presence = attribute(person, "presence", day)
    stays = None if presence is None else presence != "floating"
    if False in {female, stays}:
        return False
    return None if None in {female, stays} else True


def programmes(person: PersonRow, day: date) -> list[str]:
    """What a resident is counted as by the programmes that run."""
    found = []
    for code, (_, start, end) in PROGRAMMES.items():
        if not valid(start, end, day):
            continue
        may = eligible(person, code, day)
        if may is None:
            found.append("programmes_unknown")
        elif may:
            found.append("programmes_eligible")
            if any(one == code and valid(first, last, day) for one, first, last in person.enrolments):
                found.append("programmes_enrolled")
    return found


def stock(world: World, area: AreaRow, day: date) -> list[DwellingRow]:
    return [
        dwelling for building in world.buildings
        if valid(building.valid_from, building.valid_to, day) and inside(area, place_of_building(building, day))
        for dwelling in building.dwellings
    ]  # fmt: skip


def complete(residence: ResidenceRow, day: date) -> bool:
    person = residence.person
    return all(
        [
            person.has_id, person.sex is not None, person.birth is not None, residence.relationship is not None,
            attribute(person, "name", day), attribute(person, "presence", day),
        ]
    )  # fmt: skip


MARITAL = {"10": "single", "20": "married", "22": "married", "30": "widowed", "40": "divorced"}


def counts(world: World, area: AreaRow, day: date, unverified_days: int, windows: tuple[int, ...]) -> dict[str, int]:
    """Every count of an area that is not nothing."""
    found: Counter[str] = Counter()
    living = people(world, area, day)
    for residence in living:
        person = residence.person
        sex = {"1": "male", "2": "female"}.get(person.sex or "", "sex_unknown")
        years = band(person.birth, day)
        known = "located" if residence.dwelling else "building_only" if residence.building else "area_only"
        found.update(["population", sex, f"age_{years}", f"{sex}_{years}", known])
        found[attribute(person, "presence", day) or "presence_unknown"] += 1
        found["marital_" + MARITAL.get(attribute(person, "marital_status", day) or "", "unknown")] += 1
        found["complete"] += complete(residence, day)
        found.update(programmes(person, day))
    households = {r.household.key: r.household for r in living if r.household}
    found["households"] = len(households)
    rooms = stock(world, area, day)
    found["dwellings"] = len(rooms)
    for days in windows:
        found[f"households_verified_{days}"] = sum(
            1 for h in households.values() if h.dwelling and verified(h.dwelling, day, days)
        )
        found[f"dwellings_verified_{days}"] = sum(1 for d in rooms if verified(d, day, days))
    for dwelling in rooms:
        found["state_" + state(world, dwelling, day, unverified_days)] += 1
        found["dwellings_" + use(world, dwelling, day, unverified_days)] += 1
        if tenure(dwelling, day) == "let":
            found.update(agreement(dwelling, day))
    found["buildings"] = sum(
        1 for b in world.buildings
        if valid(b.valid_from, b.valid_to, day) and inside(area, place_of_building(b, day))
    )  # fmt: skip
    return {name: number for name, number in found.items() if number}


OUT = {"death": "deaths", "move_out": "moves_out", "move_within": "moves_out"}
IN = {"birth": "births", "move_in": "moves_in", "move_within": "moves_in"}


def flows(world: World, area: AreaRow, start: date, end: date) -> dict[str, int]:
    """The lines of the reconciliation, found by looking at every person on every day."""
    found: Counter[str] = Counter()
    day = start + ONE
    while day <= end:
        for person in world.persons:
            before, after = residence_of(person, day - ONE), residence_of(person, day)
            was = before is not None and inside(area, place_of(before, day - ONE))
            now = after is not None and inside(area, place_of(after, day))
            if was and not now:
                assert before is not None
                line = _line_out(before, after, day)
                found[line] += -1 if line in {"corrections", "boundary_changes"} else 1
            elif now and not was:
                assert after is not None
                found[_line_in(before, after, day)] += 1
        day += ONE
    return {name: number for name, number in found.items() if number}


def _line_out(before: ResidenceRow, after: ResidenceRow | None, day: date) -> str:
    if before is after:
        return "boundary_changes"
    if before.valid_to != day or (before.cause_out is None and after is not None):
        return "moves_out"
    return OUT.get(before.cause_out or "", "corrections")


def _line_in(before: ResidenceRow | None, after: ResidenceRow, day: date) -> str:
    if before is after:
        return "boundary_changes"
    if after.valid_from != day or (after.cause_in == "initial" and before is not None):
        return "moves_in"
    return IN.get(after.cause_in, "corrections")


def transitions(world: World, area: AreaRow, start: date, end: date) -> dict[tuple[str, str], int]:
    """What the persons of an area were at one date and are at another."""
    found: Counter[tuple[str, str]] = Counter()
    for person in world.persons:
        ends = []
        for day in (start, end):
            residence = residence_of(person, day)
            here = residence is not None and inside(area, place_of(residence, day))
            ends.append((attribute(person, "presence", day) or "unknown") if here else "elsewhere")
        if ends != ["elsewhere", "elsewhere"]:
            found[ends[0], ends[1]] += 1
    return dict(found)
