"""Tables of lists: the filters that users keep."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Placement, placed
from gridmap.store.ids import uuid7
from gridmap.store.types import Key, Moment


class SavedFilter(Base):
    """A filter that a user named and keeps; nobody else sees it. ``query`` is what stands in the list's address, as
    JSON: codes, dates, an area's id; never words that were looked for."""

    __tablename__ = "saved_filter"
    __table_args__ = placed(Placement.REFERENCE, UniqueConstraint("user_id", "list", "name"))

    id: Mapped[UUID] = mapped_column(Key, primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(Key, ForeignKey("user_account.id"))
    list: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    query: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
