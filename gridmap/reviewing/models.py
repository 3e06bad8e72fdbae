"""The table of cases that somebody is looking at."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, derived, points_to
from gridmap.store.types import Key, Moment


class ReviewClaim(Base):
    """Somebody has a case before them, and with it every case of the batch that is alike, until a moment.

    Others are given the next one. A claim that has run out means nothing; whoever comes takes it over.
    """

    __tablename__ = "review_claim"
    __table_args__ = derived(points_to("import_batch", "batch_id"))

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    batch_id: Mapped[UUID] = mapped_column(Key, primary_key=True)
    case_like: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Key)
    until: Mapped[datetime] = mapped_column(Moment)
