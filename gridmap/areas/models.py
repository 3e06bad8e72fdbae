"""Tables of the area tree."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Placement, placed
from gridmap.store.ids import uuid7
from gridmap.store.types import Day, Key, Shape


class Area(Base):
    """A node of the tree. A cell is a leaf with a ``kind``; a re-division closes it and opens new ones.

    ``region`` is the number of the street the area belongs to, ``None`` above the street.
    """

    __tablename__ = "area"
    __table_args__ = placed(Placement.REFERENCE, UniqueConstraint("code", "valid_from"))

    id: Mapped[UUID] = mapped_column(Key, primary_key=True, default=uuid7)
    code: Mapped[str] = mapped_column(String(32))
    level: Mapped[str] = mapped_column(String(16))
    parent_id: Mapped[UUID | None] = mapped_column(Key, ForeignKey("area.id"), index=True)
    region: Mapped[int | None] = mapped_column(SmallInteger, index=True)
    kind: Mapped[str | None] = mapped_column(String(32))
    geometry: Mapped[bytes | None] = mapped_column(Shape)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)
    version: Mapped[int] = mapped_column(Integer, default=1)


class AreaName(Base):
    """A name of an area: the official one and its aliases, each with its time."""

    __tablename__ = "area_name"
    __table_args__ = placed(Placement.REFERENCE)

    id: Mapped[UUID] = mapped_column(Key, primary_key=True, default=uuid7)
    area_id: Mapped[UUID] = mapped_column(Key, ForeignKey("area.id"), index=True)
    name: Mapped[str] = mapped_column(String(128), index=True)
    kind: Mapped[str] = mapped_column(String(16), default="official")
    language: Mapped[str] = mapped_column(String(8), default="zh")
    valid_from: Mapped[date] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)


class AreaClosure(Base):
    """Every ancestor of every area, itself included (depth 0)."""

    __tablename__ = "area_closure"
    __table_args__ = placed(Placement.REFERENCE)

    ancestor_id: Mapped[UUID] = mapped_column(Key, ForeignKey("area.id"), primary_key=True)
    descendant_id: Mapped[UUID] = mapped_column(Key, ForeignKey("area.id"), primary_key=True, index=True)
    depth: Mapped[int] = mapped_column(SmallInteger)


class GroundFeature(Base):
    """A feature of the quiet ground under the map (road, green, water, pitch, block, tree): no records hang on it."""

    __tablename__ = "ground_feature"
    __table_args__ = placed(Placement.REFERENCE)

    id: Mapped[UUID] = mapped_column(Key, primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(String(16), index=True)
    name: Mapped[str | None] = mapped_column(String(128))
    geometry: Mapped[bytes] = mapped_column(Shape)
