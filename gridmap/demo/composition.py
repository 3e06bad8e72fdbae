"""Who lives together: couples, children, grandparents, people alone, shared flats, with ages that fit each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
YEAR = 365.2425

# GB/T 4761 relationship to the head and GB/T 2261.2 marital status. Codes that say birth order or "only child" are
# never used: the register must not hold them.
HEAD, SPOUSE, SON, DAUGHTER, SON_IN_LAW, DAUGHTER_IN_LAW = 2, 10, 20, 30, 28, 38
GRANDSON, GRANDDAUGHTER, SONS_SON, SONS_DAUGHTER = 43, 44, 41, 42
FATHER, MOTHER, FATHER_IN_LAW, MOTHER_IN_LAW, NO_RELATIVE = 51, 52, 53, 54, 99
NEVER_MARRIED, MARRIED, WIDOWED, DIVORCED = 10, 20, 30, 40


class Kind(IntEnum):
    """Kinds of household."""

    NUCLEAR = 0
    COUPLE = 1
    THREE_GENERATIONS = 2
    ALONE = 3
    ONE_PARENT = 4
    PARENTS_AND_ADULT = 5
    SHARED = 6


OWNER_SHARES = (0.37, 0.13, 0.275, 0.065, 0.045, 0.115, 0.0)
TENANT_SHARES = (0.38, 0.21, 0.03, 0.10, 0.03, 0.0, 0.25)


class Role(IntEnum):
    """What a person is in the household, whoever its head is."""

    MAN = 0
    WOMAN = 1
    CHILD = 2
    ELDER = 3
    SINGLE = 4


@dataclass(slots=True)
class People:
    """Persons as columns: household (position), role, male, birth (days since 1970), relation, marital, line.

    ``line`` is the family line that gives the surname: 0 the man's, 1 the woman's, 2 nobody else's.
    """

    household: Ints
    role: Ints
    male: Bools
    birth: Ints
    relation: Ints
    marital: Ints
    line: Ints

    def __len__(self) -> int:
        return len(self.household)


def concatenated(parts: list[People]) -> People:
    """Join columns of several groups."""
    return People(*(np.concatenate([getattr(part, name) for part in parts]) for name in People.__slots__))


@dataclass(slots=True)
class _Builder:
    reference: Ints
    random: np.random.Generator
    parts: list[People] = field(default_factory=list)

    def add(self, mask: Bools, role: Role, male: Bools, age: Floats, relation: Ints, marital: Ints, line: Ints) -> None:
        """Add one member to every household of the mask; all arrays are by household, ages in years."""
        where = np.flatnonzero(mask)
        birth = self.reference[where] - np.maximum(8, np.round(age[where] * YEAR)).astype(np.int64)
        count = len(where)
        self.parts.append(
            People(where, np.full(count, int(role)), male[where], birth, relation[where], marital[where], line[where])
        )


def kinds_of(tenant: Bools, random: np.random.Generator) -> Ints:
    """Draw a kind for every household."""
    draw = random.random(len(tenant))
    owner = np.searchsorted(np.cumsum(OWNER_SHARES) / sum(OWNER_SHARES), draw, side="right")
    renter = np.searchsorted(np.cumsum(TENANT_SHARES) / sum(TENANT_SHARES), draw, side="right")
    return np.asarray(np.where(tenant, renter, owner), dtype=np.int64)


def compose(kind: Ints, tenant: Bools, reference: Ints, random: np.random.Generator) -> People:
    """Fill households with people whose ages hold at ``reference`` (days since 1970), one head each."""
    count = len(kind)
    builder = _Builder(reference, random)
    woman_age = _woman_age(kind, tenant, random)
    # Bounds are soft: a hard one would give thousands the same birth date.
    older = np.clip(random.normal(2.2, 2.8, count), -2.5, 12)
    man_age = np.clip(woman_age + older, 22 + random.random(count), 97 + random.random(count))
    man_heads = random.random(count) < 0.72
    elders_lead = (kind == Kind.THREE_GENERATIONS) & (random.random(count) < 0.3)
    _couples(builder, kind, woman_age, man_age, man_heads, elders_lead)
    _children(builder, kind, woman_age, man_heads, elders_lead)
    _elders(builder, kind, np.where(man_heads, man_age, woman_age), man_heads, elders_lead)
    _singles(builder, kind)
    return concatenated(builder.parts)


def _woman_age(kind: Ints, tenant: Bools, random: np.random.Generator) -> Floats:
    """The age of the woman a household is built around, years."""
    count = len(kind)
    wave = random.beta(1.7, 1.9, count)
    young_pair = random.random(count) < np.where(tenant, 0.85, 0.22)
    age = np.where(tenant, 24 + 19 * wave, 26 + 32 * wave)
    age = np.where(kind == Kind.COUPLE, np.where(young_pair, 22 + 14 * wave, 50 + 33 * wave), age)
    age = np.where(kind == Kind.THREE_GENERATIONS, 27 + 26 * wave, age)
    age = np.where(kind == Kind.ONE_PARENT, 29 + 24 * wave, age)
    return np.asarray(np.where(kind == Kind.PARENTS_AND_ADULT, 47 + 22 * wave, age), dtype=np.float64)


def _full(count: int, value: int) -> Ints:
    return np.full(count, value, dtype=np.int64)


def _couples(
    builder: _Builder, kind: Ints, woman_age: Floats, man_age: Floats, man_heads: Bools, elders_lead: Bools
) -> None:
    count = len(kind)
    paired = np.isin(kind, (Kind.NUCLEAR, Kind.COUPLE, Kind.THREE_GENERATIONS, Kind.PARENTS_AND_ADULT))
    alone = kind == Kind.ONE_PARENT
    father_alone = alone & (builder.random.random(count) < 0.25)
    left = np.where(builder.random.random(count) < 0.75, DIVORCED, WIDOWED)
    marital = np.where(alone, left, MARRIED)
    man = np.where(man_heads | alone, HEAD, SPOUSE)
    woman = np.where(man_heads & ~alone, SPOUSE, HEAD)
    # Under a grandparent the couple are child and child-in-law of the head.
    man = np.where(elders_lead, np.where(man_heads, SON, SON_IN_LAW), man)
    woman = np.where(elders_lead, np.where(man_heads, DAUGHTER_IN_LAW, DAUGHTER), woman)
    builder.add(paired | father_alone, Role.MAN, np.ones(count, bool), man_age, man, marital, _full(count, 0))
    builder.add(
        paired | (alone & ~father_alone), Role.WOMAN, np.zeros(count, bool), woman_age, woman, marital, _full(count, 1)
    )


def _children(builder: _Builder, kind: Ints, woman_age: Floats, man_heads: Bools, elders_lead: Bools) -> None:
    count = len(kind)
    random = builder.random
    young = np.isin(kind, (Kind.NUCLEAR, Kind.THREE_GENERATIONS, Kind.ONE_PARENT))
    grown = kind == Kind.PARENTS_AND_ADULT
    first = woman_age - np.minimum(random.uniform(21.5, 33, count), woman_age - random.uniform(0.1, 3.3, count))
    # Grown children have mostly left home; those who stay are in their twenties.
    first = np.where(young & (first > 26), np.maximum(woman_age - 44, random.uniform(17, 26, count)), first)
    first = np.where(
        grown, np.maximum(woman_age - 43, np.minimum(random.uniform(19, 36, count), woman_age - 21)), first
    )
    second = first - random.uniform(1.7, 6.5, count)
    third = second - random.uniform(1.7, 5.0, count)
    two = (young & (random.random(count) < 0.62)) | (grown & (random.random(count) < 0.16))
    two &= (second > 0.1) & (woman_age - second < 44)
    three = two & young & (random.random(count) < 0.13) & (third > 0.1) & (woman_age - third < 44)
    for mask, age in ((young | grown, first), (two, second), (three, third)):
        male = random.random(count) < 0.52
        own = np.where(male, SON, DAUGHTER)
        under_son = np.where(male, SONS_SON, SONS_DAUGHTER)
        under_daughter = np.where(male, GRANDSON, GRANDDAUGHTER)
        relation = np.where(elders_lead, np.where(man_heads, under_son, under_daughter), own)
        builder.add(mask, Role.CHILD, male, age, relation, _full(count, NEVER_MARRIED), _full(count, 0))


def _elders(builder: _Builder, kind: Ints, child_age: Floats, man_heads: Bools, elders_lead: Bools) -> None:
    """Parents of the head or of the head's spouse; where they lead, the grandfather does if he is there."""
    count = len(kind)
    random = builder.random
    there = kind == Kind.THREE_GENERATIONS
    both = there & (random.random(count) < 0.58)
    woman_only = there & ~both & (random.random(count) < 0.78)
    her = np.minimum(child_age + random.uniform(20.5, 31, count), 96 + 3 * random.random(count))
    his = np.minimum(her + np.clip(random.normal(2.4, 2.4, count), -3, 10), 97 + 3 * random.random(count))
    his = np.maximum(his, child_age + 18.5 + random.random(count))
    his_place = ~man_heads & ~elders_lead & (random.random(count) < 0.55)
    father = np.where(his_place, FATHER_IN_LAW, FATHER)
    mother = np.where(his_place, MOTHER_IN_LAW, MOTHER)
    marital = np.where(both, MARRIED, WIDOWED)
    line = np.where(man_heads | his_place, 0, 1)
    man = there & ~woman_only
    woman = both | woman_only
    builder.add(man, Role.ELDER, np.ones(count, bool), his, np.where(elders_lead, HEAD, father), marital, line)
    lead = np.where(both, SPOUSE, HEAD)
    builder.add(
        woman, Role.ELDER, np.zeros(count, bool), her, np.where(elders_lead, lead, mother), marital, _full(count, 2)
    )


def _singles(builder: _Builder, kind: Ints) -> None:
    """People alone, and flats shared by people who are no relatives."""
    count = len(kind)
    random = builder.random
    alone, shared = kind == Kind.ALONE, kind == Kind.SHARED
    stage = random.random(count)
    age = np.where(
        stage < 0.5, random.uniform(21, 39, count), np.where(stage < 0.7, random.uniform(40, 60, count), 0.0)
    )
    age = np.where(age == 0, random.uniform(60, 90, count), age)
    draw = random.random(count)
    marital = np.where(age < 40, NEVER_MARRIED, np.where(draw < 0.6, DIVORCED, NEVER_MARRIED))
    marital = np.where((age >= 60) & (draw < 0.85), WIDOWED, marital)
    line = _full(count, 2)
    builder.add(alone, Role.SINGLE, random.random(count) < 0.5, age, _full(count, HEAD), marital, line)
    members = random.choice([2, 3, 4, 5], count, p=[0.18, 0.36, 0.3, 0.16])
    for number in range(5):
        young = 18.5 + 21 * random.beta(1.4, 2.6, count)
        married = np.where((young > 27) & (random.random(count) < 0.4), MARRIED, NEVER_MARRIED)
        relation = _full(count, HEAD if number == 0 else NO_RELATIVE)
        builder.add(
            shared & (members > number), Role.SINGLE, random.random(count) < 0.58, young, relation, married, line
        )
