"""Rankings as they were issued."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261203_rankings"
down_revision = "20261202_layouts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issued_ranking",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("area_id", types.Key(), nullable=False),
        sa.Column("scheme", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("period_start", types.Day(), nullable=False),
        sa.Column("period_end", types.Day(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("issued_at", types.Moment(), nullable=False),
        sa.Column("issued_by", types.Key(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_issued_ranking_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_ranking")),
    )
    op.create_index(op.f("ix_issued_ranking_area_id"), "issued_ranking", ["area_id"])


def downgrade() -> None:
    op.drop_table("issued_ranking")
