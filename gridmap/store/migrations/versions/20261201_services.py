"""Rental agreements, programmes, enrolments, deliveries."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261201_services"
down_revision = "20261130_forms"
branch_labels = None
depends_on = None


def _recorded(*more: sa.Column[Any]) -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("recorded_at", types.Moment(), nullable=False),
        sa.Column("superseded_at", types.Moment(), nullable=True),
        sa.Column("batch_id", types.Key(), nullable=True),
        *more,
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
    )


def _version() -> sa.Column[Any]:
    return sa.Column("version", sa.Integer(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "programme",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("eligible", sa.String(length=500), nullable=False),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("created_by", types.Key(), nullable=True),
        _version(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programme_code")),
    )
    op.create_table(
        "rental_agreement",
        sa.Column("dwelling_id", types.Key(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("landlord", types.Sealed(), nullable=True),
        sa.Column("signed_on", types.Day(), nullable=False),
        sa.Column("expires_on", types.Day(), nullable=True),
        sa.Column("ended_on", types.Day(), nullable=True),
        *_recorded(_version()),
        sa.CheckConstraint("expires_on IS NULL OR expires_on > signed_on", name=op.f("ck_rental_agreement_lasts")),
        sa.ForeignKeyConstraint(
            ["region", "dwelling_id"],
            ["dwelling.region", "dwelling.id"],
            name=op.f("fk_rental_agreement_region_dwelling_id"),
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_rental_agreement")),
    )
    for column in ("dwelling_id", "number"):
        op.create_index(op.f(f"ix_rental_agreement_region_{column}"), "rental_agreement", ["region", column])
    _persons_table(
        "enrolment",
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        *_recorded(_version()),
    )
    op.create_index(op.f("ix_enrolment_region_programme_id"), "enrolment", ["region", "programme_id"])
    _persons_table(
        "delivery",
        sa.Column("served_on", types.Day(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        *_recorded(),
    )
    op.create_index("ix_delivery_programme", "delivery", ["region", "programme_id", "served_on"])


def _persons_table(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("programme_id", types.Key(), nullable=False),
        sa.Column("person_id", types.Key(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["region", "person_id"], ["person.region", "person.id"], name=op.f(f"fk_{name}_region_person_id")
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_region_person_id"), name, ["region", "person_id"])


def downgrade() -> None:
    for table in ("delivery", "enrolment", "rental_agreement", "programme"):
        op.drop_table(table)
