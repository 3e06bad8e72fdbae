"""Column types that mean the same on both engines.

==========  =======================  ==========================
type        SQLite                   PostgreSQL
==========  =======================  ==========================
`Key`       BLOB of 16 bytes         UUID
`Day`       days since 1970-01-01    DATE
`Moment`    microseconds, UTC        TIMESTAMP WITH TIME ZONE
`Shape`     WKB, lon/lat             geometry(Geometry, 4326)
`Sealed`    BLOB                     BYTEA
==========  =======================  ==========================
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, Dialect, Integer, LargeBinary, func
from sqlalchemy import types as sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import functions
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

EPOCH = date(1970, 1, 1)
_EPOCH_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
SEAL_VERSION = b"\x01"


def to_day(value: date) -> int:
    """Days since 1970-01-01, the form in which dates are stored on SQLite and held in arrays."""
    return (value - EPOCH).days


def from_day(value: int) -> date:
    """The inverse of :func:`to_day`."""
    return EPOCH + timedelta(days=int(value))


class Key(sql.TypeDecorator[UUID]):
    """A UUID. Accepts 16-byte strings too, which bulk paths use."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sql.TypeEngine[Any]:
        """Choose the engine's own UUID where it has one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=True))
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Convert on the way in."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return UUID(bytes=value) if isinstance(value, bytes) else value
        return value if isinstance(value, bytes) else value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """Convert on the way out."""
        if value is None or isinstance(value, UUID):
            return value
        return UUID(bytes=bytes(value))


class Day(sql.TypeDecorator[date]):
    """A calendar date without a time zone."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sql.TypeEngine[Any]:
        """A native DATE on PostgreSQL, a day number on SQLite."""
        return dialect.type_descriptor(Date() if dialect.name == "postgresql" else Integer())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Convert on the way in."""
        if value is None or dialect.name == "postgresql":
            return value
        return to_day(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Convert on the way out."""
        return from_day(value) if isinstance(value, int) else value


class Moment(sql.TypeDecorator[datetime]):
    """A point in time, always in UTC."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sql.TypeEngine[Any]:
        """A native timestamp on PostgreSQL, microseconds on SQLite."""
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Convert on the way in; a naive time is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value if dialect.name == "postgresql" else (value - _EPOCH_MOMENT) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Convert on the way out."""
        if isinstance(value, int):
            return _EPOCH_MOMENT + timedelta(microseconds=value)
        return value.astimezone(UTC) if isinstance(value, datetime) else None


class _FromWkb(functions.GenericFunction[bytes]):
    name = "gridmap_from_wkb"
    identifier = "gridmap_from_wkb"
    inherit_cache = True


class _AsWkb(functions.GenericFunction[bytes]):
    name = "gridmap_as_wkb"
    identifier = "gridmap_as_wkb"
    inherit_cache = True


@compiles(_FromWkb)
def _plain_from(element: FunctionElement[bytes], compiler: object, **kw: object) -> str:
    return compiler.process(element.clauses.clauses[0], **kw)  # type: ignore[attr-defined, no-any-return]


@compiles(_AsWkb)
def _plain_as(element: FunctionElement[bytes], compiler: object, **kw: object) -> str:
    return compiler.process(element.clauses.clauses[0], **kw)  # type: ignore[attr-defined, no-any-return]


@compiles(_FromWkb, "postgresql")
def _postgis_from(element: FunctionElement[bytes], compiler: object, **kw: object) -> str:
    return f"ST_GeomFromWKB({_plain_from(element, compiler, **kw)}, 4326)"


@compiles(_AsWkb, "postgresql")
def _postgis_as(element: FunctionElement[bytes], compiler: object, **kw: object) -> str:
    return f"ST_AsBinary({_plain_as(element, compiler, **kw)})"


class _PostgisGeometry(sql.UserDefinedType[bytes]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "geometry(Geometry, 4326)"


class Shape(sql.TypeDecorator[bytes]):
    """A geometry as WKB in lon/lat (EPSG:4326, identical to EPSG:4490 by documented convention)."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sql.TypeEngine[Any]:
        """PostGIS geometry on PostgreSQL, WKB bytes on SQLite."""
        return dialect.type_descriptor(_PostgisGeometry() if dialect.name == "postgresql" else LargeBinary())

    def bind_expression(self, bindvalue: Any) -> ColumnElement[Any] | None:
        """Wrap the bound WKB on PostgreSQL; the compiler calls it by dialect through `_ShapeFromWkb`."""
        return func.gridmap_from_wkb(bindvalue, type_=self)

    def column_expression(self, column: Any) -> ColumnElement[Any]:
        """Read as WKB on PostgreSQL."""
        return func.gridmap_as_wkb(column, type_=self)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """Give plain bytes on both engines."""
        return None if value is None else bytes(value)


class Sealed(sql.TypeDecorator[bytes]):
    """Protected text (identity number, phone, kept originals): ciphertext made by the vault, never plain text.

    The type refuses anything that the vault did not seal, so that no code path can store a protected value in the
    clear by mistake; how keys are held can change behind the vault without touching the schema.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Refuse values without the vault's version mark."""
        if value is None:
            return None
        if not isinstance(value, bytes) or not value.startswith(SEAL_VERSION):
            raise TypeError("a protected column takes only values sealed by the vault")
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """Give plain bytes on both engines."""
        return None if value is None else bytes(value)
