"""What residents can be found by: parts of names, tails of numbers. ``gridmap upgrade`` fills it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261124_search_index"
down_revision = "20261124_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "name_term",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("term", sa.LargeBinary(length=96), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("region", "term", "name", name=op.f("pk_name_term")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_tail",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tail", sa.LargeBinary(length=8), nullable=False),
        sa.Column("person_id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "person_id"],
            ["person.region", "person.id"],
            name=op.f("fk_person_tail_region_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("region", "tail", "person_id", name=op.f("pk_person_tail")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_person_tail_region_person_id"), "person_tail", ["region", "person_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_person_tail_region_person_id"), table_name="person_tail")
    op.drop_table("person_tail")
    op.drop_table("name_term")
