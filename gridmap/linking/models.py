"""The table of aliases: other and older names of compounds, roads and buildings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Placement, placed
from gridmap.store.ids import uuid7
from gridmap.store.types import Key, Moment


class Alias(Base):
    """``alias`` is another way to write ``official``; withdrawn aliases stay, so that old links can be explained."""

    __tablename__ = "alias"
    __table_args__ = placed(Placement.REFERENCE, UniqueConstraint("kind", "alias", "official"))

    id: Mapped[UUID] = mapped_column(Key, primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(String(16))
    official: Mapped[str] = mapped_column(String(128))
    alias: Mapped[str] = mapped_column(String(128))
    source: Mapped[str] = mapped_column(String(16), default="import")
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[UUID | None] = mapped_column(Key)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
