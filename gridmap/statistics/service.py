"""Use cases of reported statistics: keep a figure, read figures. Nothing here leads to a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from gridmap.statistics.models import PeriodStatistic
from gridmap.store.store import UnitOfWork

Key = tuple[UUID, str, date, date]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure for an area and a period; both days belong to it."""

    area_id: UUID
    measure: str
    period_start: date
    period_end: date
    value: float

    @property
    def key(self) -> Key:
        """What makes it one figure."""
        return self.area_id, self.measure, self.period_start, self.period_end


def figures_of(unit: UnitOfWork, area_ids: Collection[UUID]) -> dict[Key, float]:
    """All figures reported for some areas."""
    query = sa.select(PeriodStatistic).where(PeriodStatistic.area_id.in_(list(area_ids)))
    return {(r.area_id, r.measure, r.period_start, r.period_end): r.value for r in unit.session.scalars(query)}


def keep_figure(unit: UnitOfWork, figure: Figure, user_id: UUID | None) -> str:
    """Keep a figure; answers ``inserted``, ``updated`` or ``unchanged``."""
    row = unit.session.get(PeriodStatistic, figure.key)
    if row is None:
        unit.session.add(
            PeriodStatistic(
                area_id=figure.area_id,
                measure=figure.measure,
                period_start=figure.period_start,
                period_end=figure.period_end,
                value=figure.value,
                recorded_at=unit.now,
                recorded_by=user_id,
            )
        )
        unit.session.flush()
        return "inserted"
    if row.value == figure.value:
        return "unchanged"
    row.value, row.recorded_at, row.recorded_by = figure.value, unit.now, user_id
    unit.session.flush()
    return "updated"
