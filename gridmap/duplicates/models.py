"""Tables of records that may mean one person, of what was decided about them, and of records that were merged."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Regional, by_region, derived, regional
from gridmap.store.types import Key, Moment


def _person(column: str) -> ForeignKeyConstraint:
    """What is said of a pair goes when one of the two goes."""
    return ForeignKeyConstraint(["region", column], ["person.region", "person.id"], ondelete="CASCADE")


class DuplicatePair(Regional, Base):
    """Two records that likely mean one person: computed, and computed anew at will. ``bits``: log2 of the odds;
    ``reasons``: codes as a JSON list. ``first_id`` is the smaller id."""

    __tablename__ = "duplicate_pair"
    __table_args__ = derived(
        _person("first_id"),
        _person("second_id"),
        UniqueConstraint("region", "first_id", "second_id"),
        by_region("second_id"),
        CheckConstraint("first_id < second_id", name="ordered"),
    )

    first_id: Mapped[UUID] = mapped_column(Key)
    second_id: Mapped[UUID] = mapped_column(Key)
    bits: Mapped[float] = mapped_column(Float)
    reasons: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime] = mapped_column(Moment)


class PairDecision(Regional, Base):
    """What somebody said of two records: ``apart`` (two persons; never proposed again) or ``later``."""

    __tablename__ = "pair_decision"
    __table_args__ = regional(
        _person("first_id"),
        _person("second_id"),
        UniqueConstraint("region", "first_id", "second_id"),
        by_region("second_id"),
        CheckConstraint("first_id < second_id", name="ordered"),
    )

    first_id: Mapped[UUID] = mapped_column(Key)
    second_id: Mapped[UUID] = mapped_column(Key)
    decision: Mapped[str] = mapped_column(String(8))
    decided_by: Mapped[UUID | None] = mapped_column(Key)
    decided_at: Mapped[datetime] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)


class MergedPerson(Regional, Base):
    """A record that turned out to mean a person known by another one: it stays without residences and states, and
    leads to that other. ``id`` is the id of the record that was given up."""

    __tablename__ = "merged_person"
    __table_args__ = regional(_person("id"), _person("into_id"), by_region("into_id"))

    into_id: Mapped[UUID] = mapped_column(Key)
    merged_by: Mapped[UUID | None] = mapped_column(Key)
    merged_at: Mapped[datetime] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)
