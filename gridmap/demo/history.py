"""Two years of events: births, deaths, single moves, marriages and divorces, changes of presence.

Every event falls while its person is resident, and nobody has two that could contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gridmap.demo import composition as code
from gridmap.demo.composition import YEAR, Kind, People, Role, concatenated
from gridmap.demo.housing import BIRTH, DEATH, FOREVER, MOVE_IN, MOVE_OUT, OPEN, Households

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
PRESENT, AWAY, FLOATING = 0, 1, 2
PRESENCES = ("registered_present", "registered_away", "floating")
MARGIN_DAYS = 25
# Age in years, chance of dying within two years. Raised for those who may die, since heads are spared.
DEATH_CHANCES = ([0, 1, 40, 50, 60, 70, 80, 90, 100], [0.008, 0.0008, 0.003, 0.009, 0.03, 0.085, 0.22, 0.5, 0.8])


@dataclass(slots=True)
class Lives:
    """Persons with their time in the register, and what changed meanwhile (person, day, value)."""

    people: People
    start: Ints
    end: Ints
    cause_in: Ints
    cause_out: Ints
    presence: Ints
    marital_changes: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)
    presence_changes: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)


@dataclass(slots=True)
class _Chronicle:
    lives: Lives
    households: Households
    kind: Ints
    end: int
    random: np.random.Generator
    free: Bools

    def day_for(self, chosen: Ints) -> Ints:
        """A random day well inside each chosen person's stay."""
        low = self.lives.start[chosen] + MARGIN_DAYS
        high = np.minimum(self.lives.end[chosen], self.end) - 3
        return low + np.floor(self.random.random(len(chosen)) * (high - low)).astype(np.int64)

    def draw(self, mask: Bools, chance: npt.NDArray[np.float64] | float) -> Ints:
        """Persons of the mask to whom an event happens; chances are for the whole two years."""
        span = np.minimum(self.lives.end, self.end) - self.lives.start
        fair = self.free & mask & (span > 2 * MARGIN_DAYS)
        hit = fair & (self.random.random(len(span)) < np.minimum(1.0, chance * np.minimum(1.0, span / (2 * YEAR))))
        chosen = np.flatnonzero(hit)
        self.free[chosen] = False
        return chosen

    def age(self, day: int) -> npt.NDArray[np.float64]:
        """Ages in years at a day."""
        return np.asarray((day - self.lives.people.birth) / YEAR, dtype=np.float64)


def live(people: People, households: Households, kind: Ints, end: int, random: np.random.Generator) -> Lives:
    """Let the register's people live until ``end`` (days since 1970)."""
    at = people.household
    lives = Lives(
        people, households.start[at].copy(), households.end[at].copy(), households.cause_in[at].copy(),
        households.cause_out[at].copy(), _presence(people, households, random),
    )  # fmt: skip
    # Households that move within stay as they are, so that the move carries all of their members.
    settled = households.cause_out[at] != 3
    chronicle = _Chronicle(lives, households, kind, end, random, settled)
    _die(chronicle)
    _part(chronicle)
    _leave_home(chronicle)
    babies = _bear(chronicle)
    partners = _marry(chronicle)
    _change_presence(chronicle)
    return _joined(lives, [babies, partners])


def _presence(people: People, households: Households, random: np.random.Generator) -> Ints:
    count = len(people)
    age = (households.start[people.household] - people.birth) / YEAR
    presence = np.where(households.floating[people.household], FLOATING, PRESENT)
    grown = (age > 17) & (age < 62) & (people.relation != code.HEAD)
    presence[(presence == PRESENT) & grown & (random.random(count) < 0.11)] = AWAY
    presence[(presence == PRESENT) & (people.relation != code.HEAD) & (random.random(count) < 0.05)] = FLOATING
    return np.asarray(presence, dtype=np.int64)


def _die(chronicle: _Chronicle) -> None:
    """Deaths by age. Heads of households with other members are spared, so that each household keeps its one head."""
    lives, people = chronicle.lives, chronicle.lives.people
    age = chronicle.age(chronicle.end - 365)
    chance = np.interp(age, *DEATH_CHANCES)
    alone = chronicle.kind[people.household] == Kind.ALONE
    gone = chronicle.draw((people.relation != code.HEAD) | alone, chance)
    day = chronicle.day_for(gone)
    lives.end[gone], lives.cause_out[gone] = day, DEATH
    married = people.marital[gone] == code.MARRIED
    partner = _partner_of(people, gone)
    widowed = married & (partner >= 0)
    left, when = partner[widowed], day[widowed]
    here = lives.end[left] > when
    chronicle.free[left] = False
    lives.marital_changes.append((left[here], when[here], np.full(int(here.sum()), code.WIDOWED)))


def _partner_of(people: People, chosen: Ints) -> Ints:
    """The other half of each chosen person's couple in the household, -1 where there is none."""
    size = int(people.household.max()) + 1
    found = np.full((size, 3, 2), -1, dtype=np.int64)
    couple = np.where(np.isin(people.role, (Role.MAN, Role.WOMAN)), 0, np.where(people.role == Role.ELDER, 1, 2))
    found[people.household, couple, people.male.astype(np.int64)] = np.arange(len(people))
    other = found[people.household[chosen], couple[chosen], 1 - people.male[chosen].astype(np.int64)]
    return np.asarray(np.where(couple[chosen] == 2, -1, other), dtype=np.int64)


def _part(chronicle: _Chronicle) -> None:
    """Divorces: the one who is not the head moves out."""
    lives, people = chronicle.lives, chronicle.lives.people
    age = chronicle.age(chronicle.end - 365)
    married = (people.relation == code.SPOUSE) & (people.role <= Role.WOMAN) & (age > 25) & (age < 55)
    gone = chronicle.draw(married & (people.marital == code.MARRIED), 0.011)
    partner = _partner_of(people, gone)
    able = (partner >= 0) & chronicle.free[partner] & (lives.end[partner] >= lives.end[gone])
    gone, partner = gone[able], partner[able]
    chronicle.free[partner] = False
    day = chronicle.day_for(gone)
    lives.end[gone], lives.cause_out[gone] = day, MOVE_OUT
    divorced = np.full(len(gone), code.DIVORCED)
    lives.marital_changes += [(partner, day, divorced)]


def _leave_home(chronicle: _Chronicle) -> None:
    """Grown children and flatmates who leave alone."""
    lives, people = chronicle.lives, chronicle.lives.people
    age = chronicle.age(chronicle.end - 365)
    child = (people.role == Role.CHILD) & (age > 18) & (age < 34)
    mate = people.relation == code.NO_RELATIVE
    gone = chronicle.draw(child | mate, np.where(mate, 0.2, 0.09))
    lives.end[gone], lives.cause_out[gone] = chronicle.day_for(gone), MOVE_OUT


def _bear(chronicle: _Chronicle) -> Lives:
    """Children born into the register's couples."""
    lives, people = chronicle.lives, chronicle.lives.people
    age = chronicle.age(chronicle.end - 365)
    youngest = np.full(len(chronicle.households), -FOREVER, dtype=np.int64)
    child = people.role == Role.CHILD
    np.maximum.at(youngest, people.household[child], people.birth[child])
    rested = lives.start - youngest[people.household] > 1.5 * YEAR
    mothers = (people.role == Role.WOMAN) & (people.marital == code.MARRIED) & rested & (age > 20.5) & (age < 42)
    chance = np.interp(age, [20, 24, 30, 36, 42], [0.12, 0.3, 0.3, 0.12, 0.01])
    mother = chronicle.draw(mothers, chance)
    day = chronicle.day_for(mother)
    male = chronicle.random.random(len(mother)) < 0.527
    relation = np.where(male, code.SON, code.DAUGHTER)
    under = people.relation[mother]
    relation = np.where(under == code.DAUGHTER_IN_LAW, np.where(male, code.SONS_SON, code.SONS_DAUGHTER), relation)
    relation = np.where(under == code.DAUGHTER, np.where(male, code.GRANDSON, code.GRANDDAUGHTER), relation)
    count = len(mother)
    babies = People(
        people.household[mother], np.full(count, int(Role.CHILD)), male, day, relation,
        np.full(count, code.NEVER_MARRIED), np.zeros(count, dtype=np.int64),
    )  # fmt: skip
    return _newcomers(chronicle, babies, day, BIRTH, lives.presence[mother])


def _marry(chronicle: _Chronicle) -> Lives:
    """Marriages: the partner moves in with a grown child or with somebody who lived alone."""
    lives, people, random = chronicle.lives, chronicle.lives.people, chronicle.random
    age = chronicle.age(chronicle.end - 731)
    alone = (chronicle.kind[people.household] == Kind.ALONE) & (people.relation == code.HEAD)
    at_home = (people.role == Role.CHILD) & np.isin(people.relation, (code.SON, code.DAUGHTER))
    single = (people.marital == code.NEVER_MARRIED) & (age > 22.2) & (age < 36)
    chosen = chronicle.draw(single & (alone | at_home), 0.085)
    day = chronicle.day_for(chosen)
    lives.marital_changes.append((chosen, day, np.full(len(chosen), code.MARRIED)))
    male = ~people.male[chosen]
    relation = np.where(male, code.SON_IN_LAW, code.DAUGHTER_IN_LAW)
    relation = np.where(people.relation[chosen] == code.HEAD, code.SPOUSE, relation)
    drift = np.clip(random.normal(0, 600, len(chosen)), -1500, 1500).astype(np.int64)
    # Nobody marries before 22 (men) or 20 (women).
    birth = np.minimum(people.birth[chosen] + drift, day - 8060)
    count = len(chosen)
    partners = People(
        people.household[chosen], np.where(male, int(Role.MAN), int(Role.WOMAN)), male, birth, relation,
        np.full(count, code.MARRIED), np.full(count, 2, dtype=np.int64),
    )  # fmt: skip
    presence = np.where(random.random(count) < 0.5, FLOATING, lives.presence[chosen])
    newcomers = _newcomers(chronicle, partners, day, MOVE_IN, presence)
    # Flatmates marry too, without their partner living here.
    mate = (people.relation == code.NO_RELATIVE) & (people.marital == code.NEVER_MARRIED)
    mates = chronicle.draw(mate & (age > 23), 0.05)
    lives.marital_changes.append((mates, chronicle.day_for(mates), np.full(len(mates), code.MARRIED)))
    return newcomers


def _newcomers(chronicle: _Chronicle, people: People, day: Ints, cause: int, presence: Ints) -> Lives:
    households = chronicle.households
    at = people.household
    cause_in = np.full(len(at), cause, dtype=np.int64)
    return Lives(people, day, households.end[at].copy(), cause_in, households.cause_out[at].copy(), presence)


def _change_presence(chronicle: _Chronicle) -> None:
    """Some registered people go away or come back, some floating ones get registered here."""
    lives = chronicle.lives
    adult = chronicle.age(chronicle.end - 731) > 17
    for before, after, chance in ((PRESENT, AWAY, 0.012), (AWAY, PRESENT, 0.16), (FLOATING, PRESENT, 0.022)):
        chosen = chronicle.draw(adult & (lives.presence == before), chance)
        lives.presence_changes.append((chosen, chronicle.day_for(chosen), np.full(len(chosen), after)))


def _joined(lives: Lives, more: list[Lives]) -> Lives:
    """Append newcomers behind the persons whom events refer to by position."""
    parts = [lives, *more]
    return Lives(
        people=concatenated([part.people for part in parts]),
        start=np.concatenate([part.start for part in parts]),
        end=np.concatenate([part.end for part in parts]),
        cause_in=np.concatenate([part.cause_in for part in parts]),
        cause_out=np.concatenate([part.cause_out for part in parts]),
        presence=np.concatenate([part.presence for part in parts]),
        marital_changes=lives.marital_changes,
        presence_changes=lives.presence_changes,
    )


def is_open(lives: Lives) -> Bools:
    """Who is still resident at the end."""
    return np.asarray((lives.cause_out == OPEN) & (lives.end >= FOREVER), dtype=np.bool_)
