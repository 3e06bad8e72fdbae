"""Tables of forms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Regional, by_region, regional
from gridmap.store.types import Key, Moment, Sealed


class FormTemplate(Regional, Base):
    """One version of an office's own form, kept for an area. Region 0 keeps forms of areas above the street.

    ``content`` is the workbook, sealed: what an office writes into its forms is its own. ``choices`` says, as JSON,
    what was decided about columns.
    """

    __tablename__ = "form_template"
    __table_args__ = regional(UniqueConstraint("region", "area_id", "name", "version"), by_region("area_id"))

    area_id: Mapped[UUID] = mapped_column(Key)
    name: Mapped[str] = mapped_column(String(128))
    version: Mapped[int] = mapped_column(Integer)
    file_name: Mapped[str] = mapped_column(String(256))
    content: Mapped[bytes] = mapped_column(Sealed)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    size_bytes: Mapped[int] = mapped_column(Integer)
    choices: Mapped[str] = mapped_column(Text, default="{}")
    uploaded_at: Mapped[datetime] = mapped_column(Moment)
    uploaded_by: Mapped[UUID | None] = mapped_column(Key)
    uploaded_name: Mapped[str] = mapped_column(String(128))
