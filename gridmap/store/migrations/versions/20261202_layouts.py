"""Layouts of registers that were corrected once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261202_layouts"
down_revision = "20261201_services"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_layout",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("header_rows", sa.Text(), nullable=True),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("headings", sa.Text(), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("created_by", types.Key(), nullable=True),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_import_layout")),
        sa.UniqueConstraint("region", "fingerprint", name=op.f("uq_import_layout_region_fingerprint")),
    )


def downgrade() -> None:
    op.drop_table("import_layout")
