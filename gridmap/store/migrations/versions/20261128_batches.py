"""Batches keep their state, their owner's choices and the file handed back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261128_batches"
down_revision = "20261127_reviewing"
branch_labels = None
depends_on = None

ADDED = ("lead", "size_bytes", "choices", "outcome", "workbook_rows", "undone_at", "undone_by")


def upgrade() -> None:
    op.add_column("import_batch", sa.Column("lead", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("import_batch", sa.Column("size_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("import_batch", sa.Column("choices", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("import_batch", sa.Column("outcome", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("import_batch", sa.Column("workbook_rows", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("import_batch", sa.Column("undone_at", types.Moment(), nullable=True))
    op.add_column("import_batch", sa.Column("undone_by", types.Key(), nullable=True))
    batch = sa.table("import_batch", sa.column("region"), sa.column("id"), sa.column("lead"))
    other = batch.alias("other")
    lower = sa.exists().where(other.c.id == batch.c.id, other.c.region < batch.c.region)
    op.execute(sa.update(batch).where(lower).values(lead=sa.false()))
    op.create_table(
        "batch_file",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", types.Key(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", types.Sealed(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "batch_id"],
            ["import_batch.region", "import_batch.id"],
            name=op.f("fk_batch_file_region_batch_id"),
        ),
        sa.PrimaryKeyConstraint("region", "batch_id", "kind", "part", name=op.f("pk_batch_file")),
    )


def downgrade() -> None:
    op.drop_table("batch_file")
    for name in reversed(ADDED):
        op.drop_column("import_batch", name)
