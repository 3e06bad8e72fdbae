"""Tables of residents. ``valid_*`` is when it was so, ``recorded_at``/``superseded_at`` when we believed it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Placement, Regional, by_region, derived, placed, points_to, regional
from gridmap.store.types import Day, Key, Moment, Sealed


class Person(Regional, Base):
    """What identifies a person and does not change: identity number (protected, found by a blind index), sex, birth
    date. Everything else is dated in :class:`PersonAttribute`."""

    __tablename__ = "person"
    __table_args__ = regional(by_region("id_index"), by_region("birth_date"))

    sex: Mapped[str | None] = mapped_column(String(1))
    birth_date: Mapped[date | None] = mapped_column(Day)
    id_number: Mapped[bytes | None] = mapped_column(Sealed)
    id_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    disputed: Mapped[bool] = mapped_column(default=False)
    batch_id: Mapped[UUID | None] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)


class PersonKey(Base):
    """The only place where an identity number is unique across regions: blind index to person."""

    __tablename__ = "person_key"
    __table_args__ = placed(Placement.DIRECTORY)

    id_index: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    region: Mapped[int] = mapped_column(SmallInteger)
    person_id: Mapped[UUID] = mapped_column(Key)


class PersonAttribute(Regional, Base):
    """What changes about a person, as one dated row a state. A change closes the row and opens the next."""

    __tablename__ = "person_attribute"
    __table_args__ = regional(points_to("person", "person_id"), by_region("person_id"), by_region("name"))

    person_id: Mapped[UUID] = mapped_column(Key)
    name: Mapped[str | None] = mapped_column(String(128))
    marital_status: Mapped[str | None] = mapped_column(String(8))
    presence: Mapped[str | None] = mapped_column(String(24))
    ethnic_group: Mapped[str | None] = mapped_column(String(8))
    registered_address: Mapped[str | None] = mapped_column(String(256))
    work_unit: Mapped[str | None] = mapped_column(String(128))
    phone: Mapped[bytes | None] = mapped_column(Sealed)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    valid_from: Mapped[date] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    superseded_at: Mapped[datetime | None] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)


class Household(Regional, Base):
    """A household in a dwelling, in a building whose room is unknown, or under an area. Members are residences."""

    __tablename__ = "household"
    __table_args__ = regional(
        points_to("dwelling", "dwelling_id"),
        points_to("building", "building_id"),
        by_region("dwelling_id"),
        by_region("number"),
    )

    number: Mapped[str | None] = mapped_column(String(64))
    dwelling_id: Mapped[UUID | None] = mapped_column(Key)
    building_id: Mapped[UUID | None] = mapped_column(Key)
    area_id: Mapped[UUID | None] = mapped_column(Key)
    batch_id: Mapped[UUID | None] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)


class Residence(Regional, Base):
    """A person lives in (or relates to) a place during a time. Exactly one *principal* residence may be open at a
    date: it is what counts. ``area_id`` is set when the room and the building are unknown (unlocated), or the
    building lies in no cell."""

    __tablename__ = "residence"
    __table_args__ = regional(
        points_to("person", "person_id"),
        points_to("household", "household_id"),
        points_to("dwelling", "dwelling_id"),
        points_to("building", "building_id"),
        by_region("person_id"),
        by_region("household_id"),
        Index("ix_residence_building", "region", "building_id", "dwelling_id"),
        CheckConstraint("building_id IS NOT NULL OR area_id IS NOT NULL", name="placed"),
        CheckConstraint("dwelling_id IS NULL OR building_id IS NOT NULL", name="dwelling_in_building"),
    )

    person_id: Mapped[UUID] = mapped_column(Key)
    household_id: Mapped[UUID | None] = mapped_column(Key)
    dwelling_id: Mapped[UUID | None] = mapped_column(Key)
    building_id: Mapped[UUID | None] = mapped_column(Key)
    area_id: Mapped[UUID | None] = mapped_column(Key)
    relationship: Mapped[str | None] = mapped_column(String(8))
    principal: Mapped[bool] = mapped_column(default=True)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)
    cause_in: Mapped[str] = mapped_column(String(16), default="initial")
    cause_out: Mapped[str | None] = mapped_column(String(16))
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    superseded_at: Mapped[datetime | None] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)


class NameTerm(Base):
    """What a name of somebody in the region can be found by: one of its tails, as UTF-8, so that both engines sort by
    bytes. Derived from :class:`PersonAttribute` by ``name``, once for all who bear it; nothing here points to a person.
    """

    __tablename__ = "name_term"
    __table_args__ = derived()

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    term: Mapped[bytes] = mapped_column(LargeBinary(96), primary_key=True)
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger)


class PersonTail(Base):
    """The blind index of the last four characters of a person's identity number or telephone. Derived: what it leads
    to is opened and compared before anybody is found by it."""

    __tablename__ = "person_tail"
    __table_args__ = derived(
        ForeignKeyConstraint(["region", "person_id"], ["person.region", "person.id"], ondelete="CASCADE"),
        by_region("person_id"),
    )

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    tail: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(Key, primary_key=True)
