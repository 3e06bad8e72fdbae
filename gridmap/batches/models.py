"""Tables of import batches."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.base import Base, Regional, by_region, points_to, regional
from gridmap.store.types import Day, Key, Moment, Sealed


class ImportBatch(Regional, Base):
    """One file handed in. A file that touches several regions has a row with the same id in each; ``lead`` marks the
    one that stands for all.

    Region 0 keeps what belongs to no single street (rows that could not be placed, areas above the street).
    ``status`` is one of `gridmap.batches.states`; ``choices`` is what whoever handed it in decided (columns, language),
    ``outcome`` what came of it beside ``counts``: neither holds personal data.
    """

    __tablename__ = "import_batch"
    __table_args__ = regional(by_region("kind", "created_at"))

    kind: Mapped[str] = mapped_column(String(32))
    file_name: Mapped[str] = mapped_column(String(256))
    file_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    under_code: Mapped[str | None] = mapped_column(String(32))
    effective: Mapped[date | None] = mapped_column(Day)
    complete: Mapped[bool] = mapped_column(default=False)
    template: Mapped[str | None] = mapped_column(Text)
    not_imported: Mapped[str] = mapped_column(Text, default="[]")
    status: Mapped[str] = mapped_column(String(16))
    counts: Mapped[str] = mapped_column(Text, default="{}")
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[UUID | None] = mapped_column(Key)
    committed_at: Mapped[datetime | None] = mapped_column(Moment)
    lead: Mapped[bool] = mapped_column(default=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    choices: Mapped[str] = mapped_column(Text, default="{}")
    outcome: Mapped[str] = mapped_column(Text, default="{}")
    workbook_rows: Mapped[int] = mapped_column(Integer, default=0)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_by: Mapped[UUID | None] = mapped_column(Key)


class ImportLayout(Regional, Base):
    """How the columns of a layout are understood, known again by its headings (``fingerprint``). ``header_rows`` and
    ``columns`` are JSON: the rows of the headings where somebody had to say them, and the field of each column by its
    heading. Region 0 keeps what holds above the streets."""

    __tablename__ = "import_layout"
    __table_args__ = regional(UniqueConstraint("region", "fingerprint"))

    name: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    header_rows: Mapped[str | None] = mapped_column(Text)
    columns: Mapped[str] = mapped_column(Text)
    headings: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[UUID | None] = mapped_column(Key)


class BatchFile(Base):
    """A file that is handed back for a batch, sealed, in parts of a fixed size. What was handed in is never kept here:
    it may hold what must not be stored."""

    __tablename__ = "batch_file"
    __table_args__ = regional(points_to("import_batch", "batch_id"))

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    batch_id: Mapped[UUID] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    part: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(Sealed)


_DECIDED = "decided_by IS NOT NULL"
_OPEN = "decided_at IS NULL AND case_area_id IS NOT NULL"


class ImportRow(Base):
    """The verdict of one input row. ``content`` keeps, sealed, what a person needs to decide or mend the row.

    A row that somebody has to decide is a case: ``case_area_id`` is the area whose data managers decide it, together
    with ``case_other_id`` where a second area is concerned. Cases of one batch that one decision can settle have the
    same ``case_like`` (a blind index of the address as written), those that one name can settle the same ``case_name``.
    """

    __tablename__ = "import_row"
    __table_args__ = regional(
        points_to("import_batch", "batch_id"),
        Index("ix_import_row_verdict", "region", "verdict", "decided_at"),
        # In the order of the queue. Only open cases are in these indexes, so that they stay small.
        Index(
            "ix_import_row_open", "region", "batch_id", "reason", "case_area_id", "case_other_id", "seq", "decided_at",
            sqlite_where=text(_OPEN), postgresql_where=text(_OPEN),
        ),
        Index(
            "ix_import_row_like", "region", "batch_id", "case_like", "seq",
            sqlite_where=text(_OPEN), postgresql_where=text(_OPEN),
        ),
        Index(
            "ix_import_row_name", "region", "batch_id", "case_name", "seq",
            sqlite_where=text(_OPEN), postgresql_where=text(_OPEN),
        ),
        Index(
            "ix_import_row_decided", "region", "decided_by", "decided_at",
            sqlite_where=text(_DECIDED), postgresql_where=text(_DECIDED),
        ),
    )  # fmt: skip

    region: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    batch_id: Mapped[UUID] = mapped_column(Key, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sheet: Mapped[str] = mapped_column(String(64), default="")
    row: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(String(16))
    column: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(64))
    reason_params: Mapped[str | None] = mapped_column(Text)
    person_id: Mapped[UUID | None] = mapped_column(Key)
    dwelling_id: Mapped[UUID | None] = mapped_column(Key)
    building_id: Mapped[UUID | None] = mapped_column(Key)
    content: Mapped[bytes | None] = mapped_column(Sealed)
    decision: Mapped[str | None] = mapped_column(String(32))
    decided_by: Mapped[UUID | None] = mapped_column(Key)
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    case_area_id: Mapped[UUID | None] = mapped_column(Key)
    case_other_id: Mapped[UUID | None] = mapped_column(Key)
    case_like: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    case_name: Mapped[bytes | None] = mapped_column(LargeBinary(16))
