"""The table of reported statistics."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Float, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Placement, placed
from gridmap.store.types import Day, Key, Moment


class PeriodStatistic(Base):
    """A figure an office reported for an area and a period. It has no link to persons, by design."""

    __tablename__ = "period_statistic"
    __table_args__ = placed(Placement.REFERENCE)

    area_id: Mapped[UUID] = mapped_column(Key, ForeignKey("area.id"), primary_key=True)
    measure: Mapped[str] = mapped_column(String(64), primary_key=True)
    period_start: Mapped[date] = mapped_column(Day, primary_key=True)
    period_end: Mapped[date] = mapped_column(Day, primary_key=True)
    value: Mapped[float] = mapped_column(Float)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    recorded_by: Mapped[UUID | None] = mapped_column(Key)
