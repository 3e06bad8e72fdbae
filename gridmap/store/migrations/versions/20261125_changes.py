"""The journal of changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261125_changes"
down_revision = "20261124_search_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("bulk", sa.Boolean(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("made_at", types.Moment(), nullable=False),
        sa.Column("made_by", types.Key(), nullable=True),
        sa.Column("undone_at", types.Moment(), nullable=True),
        sa.Column("undone_by", types.Key(), nullable=True),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_change")),
    )
    op.create_index(op.f("ix_change_region_number"), "change", ["region", "number"])
    op.create_index(op.f("ix_change_region_made_by_made_at"), "change", ["region", "made_by", "made_at"])
    op.create_table(
        "change_head",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("region", name=op.f("pk_change_head")),
    )
    op.create_table(
        "change_row",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("change_id", types.Key(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("row_id", types.Key(), nullable=True),
        sa.Column("row_key", sa.String(length=255), nullable=True),
        sa.Column("op", sa.String(length=8), nullable=False),
        sa.Column("before", types.Sealed(), nullable=True),
        sa.ForeignKeyConstraint(
            ["region", "change_id"], ["change.region", "change.id"], name=op.f("fk_change_row_region_change_id")
        ),
        sa.PrimaryKeyConstraint("region", "change_id", "seq", name=op.f("pk_change_row")),
    )
    op.create_index(op.f("ix_change_row_region_row_id"), "change_row", ["region", "row_id"])
    op.create_index("ix_change_row_key", "change_row", ["region", "table_name", "row_key"])
    op.create_table(
        "change_subject",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", types.Key(), nullable=False),
        sa.Column("change_id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "change_id"], ["change.region", "change.id"], name=op.f("fk_change_subject_region_change_id")
        ),
        sa.PrimaryKeyConstraint("region", "person_id", "change_id", name=op.f("pk_change_subject")),
    )


def downgrade() -> None:
    op.drop_table("change_subject")
    op.drop_table("change_row")
    op.drop_table("change_head")
    op.drop_table("change")
