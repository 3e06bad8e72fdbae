"""Tables of the journal. It keeps what was there *before*; what is there now stands in the register itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Regional, by_region, points_to, regional
from gridmap.store.types import Key, Moment, Sealed


class Change(Regional, Base):
    """One act that changed records and can be undone as a whole: an import, a decision, an edit, a merge.

    An act that touches several regions has a row with the same id in each. ``number`` orders the changes of a region
    by when they were committed. ``bulk``: rows it created are not listed one by one, they carry its id as ``batch_id``.
    ``details`` are codes, counts and ids, never personal data.
    """

    __tablename__ = "change"
    __table_args__ = regional(by_region("number"), by_region("made_by", "made_at"))

    number: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(32))
    bulk: Mapped[bool] = mapped_column(default=False)
    details: Mapped[str] = mapped_column(Text, default="{}")
    made_at: Mapped[datetime] = mapped_column(Moment)
    made_by: Mapped[UUID | None] = mapped_column(Key)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_by: Mapped[UUID | None] = mapped_column(Key)


class ChangeHead(Base):
    """The newest number of a region; locking this row orders commits."""

    __tablename__ = "change_head"
    __table_args__ = regional()

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, default=0)


class ChangeRow(Base):
    """One record that a change created, updated or deleted. ``before`` is sealed JSON: the replaced values of the
    columns that were updated, or the whole deleted record. Records keyed by one id have ``row_id``, others their key
    as JSON in ``row_key``."""

    __tablename__ = "change_row"
    __table_args__ = regional(
        points_to("change", "change_id"),
        by_region("row_id"),
        Index("ix_change_row_key", "region", "table_name", "row_key"),
    )

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    change_id: Mapped[UUID] = mapped_column(Key, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    table_name: Mapped[str] = mapped_column(String(32))
    row_id: Mapped[UUID | None] = mapped_column(Key)
    row_key: Mapped[str | None] = mapped_column(String(255))
    op: Mapped[str] = mapped_column(String(8))
    before: Mapped[bytes | None] = mapped_column(Sealed)


class ChangeSubject(Base):
    """Which persons a change concerns, so that the history of a person is found at once. Bulk changes list nobody:
    the records they wrote carry their id."""

    __tablename__ = "change_subject"
    __table_args__ = regional(points_to("change", "change_id"))

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    person_id: Mapped[UUID] = mapped_column(Key, primary_key=True)
    change_id: Mapped[UUID] = mapped_column(Key, primary_key=True)
