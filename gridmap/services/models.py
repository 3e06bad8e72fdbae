"""Tables of services: rental agreements, programmes, enrolments, deliveries."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Placement, Regional, by_region, placed, points_to, regional
from gridmap.store.ids import uuid7
from gridmap.store.types import Day, Key, Moment, Sealed


class RentalAgreement(Regional, Base):
    """An agreement by which a dwelling is let. It holds from ``signed_on`` until the day before ``expires_on`` (open
    where there is none) or ``ended_on``, whichever is first. The landlord's name is protected."""

    __tablename__ = "rental_agreement"
    __table_args__ = regional(
        points_to("dwelling", "dwelling_id"),
        by_region("dwelling_id"),
        by_region("number"),
        CheckConstraint("expires_on IS NULL OR expires_on > signed_on", name="lasts"),
    )

    dwelling_id: Mapped[UUID] = mapped_column(Key)
    number: Mapped[str | None] = mapped_column(String(64))
    landlord: Mapped[bytes | None] = mapped_column(Sealed)
    signed_on: Mapped[date] = mapped_column(Day)
    expires_on: Mapped[date | None] = mapped_column(Day)
    ended_on: Mapped[date | None] = mapped_column(Day)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    superseded_at: Mapped[datetime | None] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)


class Programme(Base):
    """A service that people sign up for. ``eligible`` is a condition over what the register knows of a resident."""

    __tablename__ = "programme"
    __table_args__ = placed(Placement.REFERENCE)

    id: Mapped[UUID] = mapped_column(Key, primary_key=True, default=uuid7)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    eligible: Mapped[str] = mapped_column(String(500))
    valid_from: Mapped[date] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[UUID | None] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)


class Enrolment(Regional, Base):
    """Somebody is signed up for a programme during a time."""

    __tablename__ = "enrolment"
    __table_args__ = regional(points_to("person", "person_id"), by_region("person_id"), by_region("programme_id"))

    programme_id: Mapped[UUID] = mapped_column(Key)
    person_id: Mapped[UUID] = mapped_column(Key)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    superseded_at: Mapped[datetime | None] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)


class Delivery(Regional, Base):
    """A service given or an amount paid to somebody on a day. ``amount_fen`` is in hundredths of a yuan."""

    __tablename__ = "delivery"
    __table_args__ = regional(
        points_to("person", "person_id"),
        by_region("person_id"),
        Index("ix_delivery_programme", "region", "programme_id", "served_on"),
    )

    programme_id: Mapped[UUID] = mapped_column(Key)
    person_id: Mapped[UUID] = mapped_column(Key)
    served_on: Mapped[date] = mapped_column(Day)
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    superseded_at: Mapped[datetime | None] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)
