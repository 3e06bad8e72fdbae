"""Two programmes for older residents of an invented register, with enrolments and a year of payments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from gridmap.demo.keys import KeyMaker
from gridmap.indicators.dates import birthday_limit
from gridmap.residents.models import Person
from gridmap.services.models import Delivery, Enrolment, Programme
from gridmap.store.bulk import bulk_insert
from gridmap.store.store import UnitOfWork

# Code, name, least age, share of those eligible who are enrolled, yuan a month (nothing: a service without payment).
PROGRAMMES: Final = (
    ("health_check", "老年人健康体检", 65, 0.81, None),
    ("old_age_allowance", "高龄津贴", 80, 0.94, 200),
)
_PAID_MONTHS: Final = 3

Older = tuple[int, UUID, date]
"""Region, person, date of birth."""


def load_programmes(unit: UnitOfWork, as_of: date, regions: Collection[int], keys: KeyMaker, seed: int) -> int:
    """Insert the programmes, who is enrolled and what was paid; returns how many enrolments.

    Programmes that the register knows already are taken as they are.
    """
    random = np.random.Generator(np.random.PCG64([seed, 5519]))
    start = date(as_of.year - 2, 1, 1)
    enrolled = 0
    for code, name, age, share, yuan in PROGRAMMES:
        programme = unit.session.scalar(sa.select(Programme.id).where(Programme.code == code))
        if programme is None:
            (programme,) = keys.make(1)
            condition = f"age >= {age} and presence != 'registered_away'"
            row = {"id": [programme], "code": code, "name": name, "eligible": condition, "valid_from": start}
            bulk_insert(unit, Programme, {**row, "created_at": unit.now, "version": 1})
        query = sa.select(Person.region, Person.id, Person.birth_date)
        query = query.where(Person.region.in_(regions), Person.birth_date <= birthday_limit(as_of, age))
        found = unit.session.execute(query.order_by(Person.region, Person.id))
        older = [(region, person, born) for region, person, born in found if born is not None]
        chosen = [row for row, lot in zip(older, random.random(len(older)), strict=True) if lot < share]
        if not chosen:
            continue
        since = [max(start, _birthday(born, age) + timedelta(days=20)) for _, _, born in chosen]
        _enrol(unit, programme, chosen, since, keys)
        if yuan is not None:
            _pay(unit, programme, chosen, as_of, yuan * 100, keys)
        enrolled += len(chosen)
    return enrolled


def _birthday(born: date, age: int) -> date:
    """The day on which somebody completes an age; 1 March for who was born on 29 February."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def _enrol(unit: UnitOfWork, programme: object, chosen: Sequence[Older], since: list[date], keys: KeyMaker) -> None:
    bulk_insert(
        unit,
        Enrolment,
        {
            "region": [region for region, _, _ in chosen],
            "id": list(keys.make(len(chosen))),
            "programme_id": [programme] * len(chosen),
            "person_id": [person for _, person, _ in chosen],
            "valid_from": since,
            "recorded_at": unit.now,
            "version": 1,
        },
    )


def _pay(
    unit: UnitOfWork, programme: object, chosen: Sequence[Older], as_of: date, amount_fen: int, keys: KeyMaker
) -> None:
    """A payment on the 10th of each of the last months."""
    day = as_of.replace(day=10)
    for _ in range(_PAID_MONTHS):
        day = (day.replace(day=1) - timedelta(days=1)).replace(day=10)
        bulk_insert(
            unit,
            Delivery,
            {
                "region": [region for region, _, _ in chosen],
                "id": list(keys.make(len(chosen))),
                "programme_id": [programme] * len(chosen),
                "person_id": [person for _, person, _ in chosen],
                "served_on": day,
                "amount_fen": amount_fen,
                "recorded_at": unit.now,
            },
        )
