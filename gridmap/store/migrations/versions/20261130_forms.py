"""Forms of offices that are kept to be filled again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261130_forms"
down_revision = "20261129_saved_filters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_template",
        sa.Column("area_id", types.Key(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=256), nullable=False),
        sa.Column("content", types.Sealed(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("uploaded_at", types.Moment(), nullable=False),
        sa.Column("uploaded_by", types.Key(), nullable=True),
        sa.Column("uploaded_name", sa.String(length=128), nullable=False),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_form_template")),
        sa.UniqueConstraint(
            "region", "area_id", "name", "version", name=op.f("uq_form_template_region_area_id_name_version")
        ),
    )
    op.create_index(op.f("ix_form_template_region_area_id"), "form_template", ["region", "area_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_form_template_region_area_id"), table_name="form_template")
    op.drop_table("form_template")
