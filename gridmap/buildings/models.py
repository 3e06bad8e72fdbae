"""Tables of the built stock. What changes over time is dated; what we believed when is kept."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Regional, by_region, points_to, regional
from gridmap.store.types import Day, Key, Moment, Shape


class Compound(Regional, Base):
    """A residential compound (小区)."""

    __tablename__ = "compound"
    __table_args__ = regional(by_region("name"))

    area_id: Mapped[UUID | None] = mapped_column(Key)
    name: Mapped[str] = mapped_column(String(128))
    version: Mapped[int] = mapped_column(Integer, default=1)


class Building(Regional, Base):
    """A building (楼栋), with or without a footprint. ``area_id`` is the area it was recorded under."""

    __tablename__ = "building"
    __table_args__ = regional(points_to("compound", "compound_id"), by_region("compound_id"), by_region("area_id"))

    compound_id: Mapped[UUID | None] = mapped_column(Key)
    area_id: Mapped[UUID | None] = mapped_column(Key)
    number: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(String(128))
    road: Mapped[str | None] = mapped_column(String(128))
    road_no: Mapped[str | None] = mapped_column(String(32))
    address: Mapped[str | None] = mapped_column(String(256))
    use: Mapped[str | None] = mapped_column(String(32))
    floors_above: Mapped[int | None] = mapped_column(SmallInteger)
    floors_below: Mapped[int | None] = mapped_column(SmallInteger)
    height_m: Mapped[float | None] = mapped_column(Float)
    footprint: Mapped[bytes | None] = mapped_column(Shape)
    valid_from: Mapped[date | None] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)
    batch_id: Mapped[UUID | None] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)


class BuildingCell(Base):
    """Which cells a building lies in, with the share of its footprint; it belongs whole to the ``main`` one."""

    __tablename__ = "building_cell"
    __table_args__ = regional(points_to("building", "building_id"), by_region("cell_id"))

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    building_id: Mapped[UUID] = mapped_column(Key, primary_key=True)
    cell_id: Mapped[UUID] = mapped_column(Key, primary_key=True)
    valid_from: Mapped[date] = mapped_column(Day, primary_key=True)
    valid_to: Mapped[date | None] = mapped_column(Day)
    share: Mapped[float] = mapped_column(Float)
    main: Mapped[bool]


class BuildingCode(Base):
    """An external id of a building, by scheme (an office's own id, OSM, a house code)."""

    __tablename__ = "building_code"
    __table_args__ = regional(points_to("building", "building_id"), by_region("building_id"))

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    scheme: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(64), primary_key=True)
    building_id: Mapped[UUID] = mapped_column(Key)


class Unit(Regional, Base):
    """A staircase (单元) of a building. A building without units has one with an empty name."""

    __tablename__ = "unit"
    __table_args__ = regional(points_to("building", "building_id"), UniqueConstraint("region", "building_id", "name"))

    building_id: Mapped[UUID] = mapped_column(Key)
    name: Mapped[str] = mapped_column(String(32), default="")
    position: Mapped[int] = mapped_column(SmallInteger, default=0)


class Dwelling(Regional, Base):
    """A room or flat (户室): the denominator of coverage is all of these, whether anyone was found there or not."""

    __tablename__ = "dwelling"
    __table_args__ = regional(
        points_to("building", "building_id"),
        points_to("unit", "unit_id"),
        UniqueConstraint("region", "building_id", "unit_id", "room"),
    )

    building_id: Mapped[UUID] = mapped_column(Key)
    unit_id: Mapped[UUID] = mapped_column(Key)
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    room: Mapped[str] = mapped_column(String(32))
    floor_area_m2: Mapped[float | None] = mapped_column(Float)
    batch_id: Mapped[UUID | None] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)


class DwellingCode(Base):
    """An external id of a dwelling, by scheme."""

    __tablename__ = "dwelling_code"
    __table_args__ = regional(points_to("dwelling", "dwelling_id"), by_region("dwelling_id"))

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    scheme: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(64), primary_key=True)
    dwelling_id: Mapped[UUID] = mapped_column(Key)


class DwellingState(Regional, Base):
    """Use and tenure of a dwelling over time, and when we believed it."""

    __tablename__ = "dwelling_state"
    __table_args__ = regional(points_to("dwelling", "dwelling_id"), by_region("dwelling_id"))

    dwelling_id: Mapped[UUID] = mapped_column(Key)
    use: Mapped[str | None] = mapped_column(String(16))
    tenure: Mapped[str | None] = mapped_column(String(16))
    valid_from: Mapped[date] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    superseded_at: Mapped[datetime | None] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)


class Verification(Regional, Base):
    """A visit that confirmed the state of a dwelling."""

    __tablename__ = "verification"
    __table_args__ = regional(
        points_to("dwelling", "dwelling_id"),
        Index("ix_verification_dwelling", "region", "dwelling_id", "verified_on"),
    )

    dwelling_id: Mapped[UUID] = mapped_column(Key)
    verified_on: Mapped[date] = mapped_column(Day)
    verified_by: Mapped[UUID | None] = mapped_column(Key)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)


class Organisation(Regional, Base):
    """A work unit (单位) in a building or in one dwelling of it, dated both ways."""

    __tablename__ = "organisation"
    __table_args__ = regional(
        points_to("building", "building_id"),
        points_to("dwelling", "dwelling_id"),
        by_region("building_id"),
        CheckConstraint("building_id IS NOT NULL OR area_id IS NOT NULL", name="placed"),
    )

    building_id: Mapped[UUID | None] = mapped_column(Key)
    dwelling_id: Mapped[UUID | None] = mapped_column(Key)
    area_id: Mapped[UUID | None] = mapped_column(Key)
    name: Mapped[str] = mapped_column(String(256))
    kind: Mapped[str | None] = mapped_column(String(64))
    valid_from: Mapped[date] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    superseded_at: Mapped[datetime | None] = mapped_column(Moment)
    batch_id: Mapped[UUID | None] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)
