"""Cases know who decides them and what is alike; claims of those who look at them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261127_reviewing"
down_revision = "20261126_duplicates"
branch_labels = None
depends_on = None

_OPEN = "decided_at IS NULL AND case_area_id IS NOT NULL"
_DECIDED = "decided_by IS NOT NULL"
_INDEXES = (
    (
        "ix_import_row_open",
        ["region", "batch_id", "reason", "case_area_id", "case_other_id", "seq", "decided_at"],
        _OPEN,
    ),
    ("ix_import_row_like", ["region", "batch_id", "case_like", "seq"], _OPEN),
    ("ix_import_row_name", ["region", "batch_id", "case_name", "seq"], _OPEN),
    ("ix_import_row_decided", ["region", "decided_by", "decided_at"], _DECIDED),
)
# Cases that waited before are decided where their file was handed in for; nothing is alike that was not compared.
_FILE_OLD = """
UPDATE import_row SET
    case_area_id = (
        SELECT area.id FROM import_batch JOIN area ON area.code = import_batch.under_code
        WHERE import_batch.region = import_row.region AND import_batch.id = import_row.batch_id
        ORDER BY area.valid_to IS NOT NULL, area.id LIMIT 1
    ),
    reason = COALESCE(reason, CASE verdict WHEN 'absent' THEN 'absent' ELSE 'person_unclear' END)
WHERE verdict IN ('needs_review', 'absent')
"""


def upgrade() -> None:
    for name, kind in (
        ("case_area_id", types.Key()),
        ("case_other_id", types.Key()),
        ("case_like", sa.LargeBinary(length=16)),
        ("case_name", sa.LargeBinary(length=16)),
    ):
        op.add_column("import_row", sa.Column(name, kind, nullable=True))
    op.execute(_FILE_OLD)
    for index, columns, where in _INDEXES:
        clause = sa.text(where)
        op.create_index(index, "import_row", columns, sqlite_where=clause, postgresql_where=clause)
    op.create_table(
        "review_claim",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", types.Key(), nullable=False),
        sa.Column("case_like", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_id", types.Key(), nullable=False),
        sa.Column("until", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "batch_id"],
            ["import_batch.region", "import_batch.id"],
            name=op.f("fk_review_claim_region_batch_id"),
        ),
        sa.PrimaryKeyConstraint("region", "batch_id", "case_like", name=op.f("pk_review_claim")),
    )


def downgrade() -> None:
    op.drop_table("review_claim")
    for index, _, _ in reversed(_INDEXES):
        op.drop_index(index, "import_row")
    for name in ("case_name", "case_like", "case_other_id", "case_area_id"):
        op.drop_column("import_row", name)
