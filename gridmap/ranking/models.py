"""The table of rankings that were issued."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Placement, placed
from gridmap.store.ids import uuid7
from gridmap.store.types import Day, Key, Moment


class IssuedRanking(Base):
    """A ranking as it was issued, never changed again: what it said and by which formula. Counting the same period
    again later may give other figures, since late records reach back; both are shown then."""

    __tablename__ = "issued_ranking"
    __table_args__ = placed(Placement.REFERENCE)

    id: Mapped[UUID] = mapped_column(Key, primary_key=True, default=uuid7)
    area_id: Mapped[UUID] = mapped_column(Key, ForeignKey("area.id"), index=True)
    scheme: Mapped[str] = mapped_column(String(32))
    level: Mapped[str] = mapped_column(String(16))
    period: Mapped[str] = mapped_column(String(16))
    period_start: Mapped[date] = mapped_column(Day)
    period_end: Mapped[date] = mapped_column(Day)
    content: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime] = mapped_column(Moment)
    issued_by: Mapped[UUID | None] = mapped_column(Key)
