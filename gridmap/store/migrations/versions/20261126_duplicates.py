"""Records that may mean one person, what was decided about them, and records that were merged into others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261126_duplicates"
down_revision = "20261125_changes"
branch_labels = None
depends_on = None


def _regional(table: str, *columns: sa.schema.SchemaItem, persons: tuple[str, ...], unique: bool = True) -> None:
    """A table of records about persons, which go with them."""
    constraints: list[sa.schema.SchemaItem] = [
        sa.ForeignKeyConstraint(
            ["region", column],
            ["person.region", "person.id"],
            name=op.f(f"fk_{table}_region_{column}"),
            ondelete="CASCADE",
        )
        for column in persons
    ]
    if unique:
        constraints += [
            sa.UniqueConstraint("region", "first_id", "second_id", name=op.f(f"uq_{table}_region_first_id_second_id")),
            sa.CheckConstraint("first_id < second_id", name=op.f(f"ck_{table}_ordered")),
        ]
    op.create_table(
        table,
        *columns,
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        *constraints,
        sa.PrimaryKeyConstraint("region", "id", name=op.f(f"pk_{table}")),
    )
    last = persons[-1]
    op.create_index(op.f(f"ix_{table}_region_{last}"), table, ["region", last], unique=False)


def upgrade() -> None:
    _regional(
        "duplicate_pair",
        sa.Column("first_id", types.Key(), nullable=False),
        sa.Column("second_id", types.Key(), nullable=False),
        sa.Column("bits", sa.Float(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("found_at", types.Moment(), nullable=False),
        persons=("first_id", "second_id"),
    )
    _regional(
        "pair_decision",
        sa.Column("first_id", types.Key(), nullable=False),
        sa.Column("second_id", types.Key(), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("decided_by", types.Key(), nullable=True),
        sa.Column("decided_at", types.Moment(), nullable=False),
        sa.Column("batch_id", types.Key(), nullable=True),
        persons=("first_id", "second_id"),
    )
    _regional(
        "merged_person",
        sa.Column("into_id", types.Key(), nullable=False),
        sa.Column("merged_by", types.Key(), nullable=True),
        sa.Column("merged_at", types.Moment(), nullable=False),
        sa.Column("batch_id", types.Key(), nullable=True),
        persons=("id", "into_id"),
        unique=False,
    )


def downgrade() -> None:
    for table, column in (
        ("merged_person", "into_id"),
        ("pair_decision", "second_id"),
        ("duplicate_pair", "second_id"),
    ):
        op.drop_index(op.f(f"ix_{table}_region_{column}"), table_name=table)
        op.drop_table(table)
