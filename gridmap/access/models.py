"""The table of grants."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Placement, placed
from gridmap.store.ids import uuid7
from gridmap.store.types import Day, Key, Moment


class Grant(Base):
    """A role held by a user over an area and everything below it, for a time. ``area_id`` is null for roles of
    the whole installation (administrator, auditor)."""

    __tablename__ = "access_grant"
    __table_args__ = placed(Placement.REFERENCE)

    id: Mapped[UUID] = mapped_column(Key, primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(Key, ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    area_id: Mapped[UUID | None] = mapped_column(Key, ForeignKey("area.id"), index=True)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)
    granted_by: Mapped[UUID | None] = mapped_column(Key)
    granted_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
