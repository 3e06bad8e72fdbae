"""The declarative base and the rules of keys: every record of a place is keyed by ``(region, id)``."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, MetaData, SmallInteger
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gridmap.store.ids import uuid7
from gridmap.store.types import Key


class Placement(StrEnum):
    """Where a table's rows live once the store is spread over several machines."""

    REGION = "region"
    REFERENCE = "reference"
    DIRECTORY = "directory"
    LOCAL = "local"


class Base(DeclarativeBase):
    """Base of all models; constraint names are predictable so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Regional:
    """Mixin of every record of a place: a stable small number of the street that keeps it, and a UUIDv7."""

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(Key, primary_key=True, default=uuid7)


def placed(placement: Placement, *constraints: Any) -> tuple[Any, ...]:
    """Build ``__table_args__`` with the placement every table must state."""
    return (*constraints, {"info": {"placement": placement}})


def regional(*constraints: Any) -> tuple[Any, ...]:
    """Build ``__table_args__`` of a table whose rows live with their region."""
    return placed(Placement.REGION, *constraints)


def derived(*constraints: Any) -> tuple[Any, ...]:
    """``__table_args__`` of a regional table that is computed from others and can be filled anew: changes of it are not
    journaled, its rows go with what they derive from."""
    return (*constraints, {"info": {"placement": Placement.REGION, "derived": True}})


def points_to(table: str, column: str, target: str = "id") -> ForeignKeyConstraint:
    """A foreign key within the region: ``(region, column) -> table(region, target)``."""
    return ForeignKeyConstraint(["region", column], [f"{table}.region", f"{table}.{target}"])


def by_region(*columns: str) -> Index:
    """An index led by region, as every query of a record is."""
    return Index(None, "region", *columns)
