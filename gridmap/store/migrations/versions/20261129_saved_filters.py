"""Filters of lists that users keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261129_saved_filters"
down_revision = "20261128_batches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_filter",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("user_id", types.Key(), nullable=False),
        sa.Column("list", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_saved_filter_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("user_id", "list", "name", name=op.f("uq_saved_filter_user_id_list_name")),
    )


def downgrade() -> None:
    op.drop_table("saved_filter")
