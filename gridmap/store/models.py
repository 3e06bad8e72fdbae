"""Tables of the store itself."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Placement, placed


class ChangeNumber(Base):
    """A number that grows with every committed change of a kind; every process follows it to stay fresh."""

    __tablename__ = "change_number"
    __table_args__ = placed(Placement.LOCAL)

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)


class Setting(Base):
    """A fact of this installation: its id, its name, a known ciphertext to tell a wrong key from a broken file."""

    __tablename__ = "setting"
    __table_args__ = placed(Placement.LOCAL)

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
