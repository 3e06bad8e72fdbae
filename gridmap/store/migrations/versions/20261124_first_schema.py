"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.store import types

revision = "20261124_first"
down_revision = None
branch_labels = None
depends_on = None


SPATIAL = {"area": "geometry", "building": "footprint"}


def upgrade() -> None:
    server = op.get_bind().dialect.name == "postgresql"
    if server:
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "alias",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("official", sa.String(length=128), nullable=False),
        sa.Column("alias", sa.String(length=128), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("created_by", types.Key(), nullable=True),
        sa.Column("withdrawn_at", types.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias")),
        sa.UniqueConstraint("kind", "alias", "official", name=op.f("uq_alias_kind_alias_official")),
    )
    op.create_table(
        "area",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("parent_id", types.Key(), nullable=True),
        sa.Column("region", sa.SmallInteger(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("geometry", types.Shape(), nullable=True),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name=op.f("fk_area_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_area_code_valid_from")),
    )
    op.create_index(op.f("ix_area_parent_id"), "area", ["parent_id"], unique=False)
    op.create_index(op.f("ix_area_region"), "area", ["region"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("actor_id", types.Key(), nullable=True),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=256), nullable=True),
        sa.Column("subjects", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("region", "seq", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_region_at"), "audit_entry", ["region", "at"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("region", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "change_number",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_change_number")),
    )
    op.create_table(
        "compound",
        sa.Column("area_id", types.Key(), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_compound")),
    )
    op.create_index(op.f("ix_compound_region_name"), "compound", ["region", "name"], unique=False)
    op.create_table(
        "ground_feature",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=True),
        sa.Column("geometry", types.Shape(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ground_feature")),
    )
    op.create_index(op.f("ix_ground_feature_kind"), "ground_feature", ["kind"], unique=False)
    op.create_table(
        "import_batch",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=256), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("under_code", sa.String(length=32), nullable=True),
        sa.Column("effective", types.Day(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("not_imported", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("created_by", types.Key(), nullable=True),
        sa.Column("committed_at", types.Moment(), nullable=True),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_import_batch")),
    )
    op.create_index(
        op.f("ix_import_batch_region_kind_created_at"), "import_batch", ["region", "kind", "created_at"], unique=False
    )
    op.create_table(
        "person",
        sa.Column("sex", sa.String(length=1), nullable=True),
        sa.Column("birth_date", types.Day(), nullable=True),
        sa.Column("id_number", types.Sealed(), nullable=True),
        sa.Column("id_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("batch_id", types.Key(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_region_birth_date"), "person", ["region", "birth_date"], unique=False)
    op.create_index(op.f("ix_person_region_id_index"), "person", ["region", "id_index"], unique=False)
    op.create_table(
        "person_key",
        sa.Column("id_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("region", sa.SmallInteger(), nullable=False),
        sa.Column("person_id", types.Key(), nullable=False),
        sa.PrimaryKeyConstraint("id_index", name=op.f("pk_person_key")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=128), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=True),
        sa.Column("os_user", sa.String(length=128), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", types.Moment(), nullable=True),
        sa.Column("disabled_at", types.Moment(), nullable=True),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    op.create_table(
        "access_grant",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("user_id", types.Key(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("area_id", types.Key(), nullable=True),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.Column("granted_by", types.Key(), nullable=True),
        sa.Column("granted_at", types.Moment(), nullable=False),
        sa.Column("revoked_at", types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_access_grant_area_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_access_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
    )
    op.create_index(op.f("ix_access_grant_area_id"), "access_grant", ["area_id"], unique=False)
    op.create_index(op.f("ix_access_grant_user_id"), "access_grant", ["user_id"], unique=False)
    op.create_table(
        "area_closure",
        sa.Column("ancestor_id", types.Key(), nullable=False),
        sa.Column("descendant_id", types.Key(), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ancestor_id"], ["area.id"], name=op.f("fk_area_closure_ancestor_id")),
        sa.ForeignKeyConstraint(["descendant_id"], ["area.id"], name=op.f("fk_area_closure_descendant_id")),
        sa.PrimaryKeyConstraint("ancestor_id", "descendant_id", name=op.f("pk_area_closure")),
    )
    op.create_index(op.f("ix_area_closure_descendant_id"), "area_closure", ["descendant_id"], unique=False)
    op.create_table(
        "area_name",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("area_id", types.Key(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_area_name_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_name")),
    )
    op.create_index(op.f("ix_area_name_area_id"), "area_name", ["area_id"], unique=False)
    op.create_index(op.f("ix_area_name_name"), "area_name", ["name"], unique=False)
    op.create_table(
        "building",
        sa.Column("compound_id", types.Key(), nullable=True),
        sa.Column("area_id", types.Key(), nullable=True),
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=True),
        sa.Column("road", sa.String(length=128), nullable=True),
        sa.Column("road_no", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=256), nullable=True),
        sa.Column("use", sa.String(length=32), nullable=True),
        sa.Column("floors_above", sa.SmallInteger(), nullable=True),
        sa.Column("floors_below", sa.SmallInteger(), nullable=True),
        sa.Column("height_m", sa.Float(), nullable=True),
        sa.Column("footprint", types.Shape(), nullable=True),
        sa.Column("valid_from", types.Day(), nullable=True),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.Column("batch_id", types.Key(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "compound_id"], ["compound.region", "compound.id"], name=op.f("fk_building_region_compound_id")
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_building")),
    )
    op.create_index(op.f("ix_building_region_area_id"), "building", ["region", "area_id"], unique=False)
    op.create_index(op.f("ix_building_region_compound_id"), "building", ["region", "compound_id"], unique=False)
    op.create_table(
        "import_row",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", types.Key(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sheet", sa.String(length=64), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("column", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("reason_params", sa.Text(), nullable=True),
        sa.Column("person_id", types.Key(), nullable=True),
        sa.Column("dwelling_id", types.Key(), nullable=True),
        sa.Column("building_id", types.Key(), nullable=True),
        sa.Column("content", types.Sealed(), nullable=True),
        sa.Column("decision", sa.String(length=32), nullable=True),
        sa.Column("decided_by", types.Key(), nullable=True),
        sa.Column("decided_at", types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["region", "batch_id"],
            ["import_batch.region", "import_batch.id"],
            name=op.f("fk_import_row_region_batch_id"),
        ),
        sa.PrimaryKeyConstraint("region", "batch_id", "seq", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_verdict", "import_row", ["region", "verdict", "decided_at"], unique=False)
    op.create_table(
        "period_statistic",
        sa.Column("area_id", types.Key(), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("period_start", types.Day(), nullable=False),
        sa.Column("period_end", types.Day(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("recorded_at", types.Moment(), nullable=False),
        sa.Column("recorded_by", types.Key(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_period_statistic_area_id")),
        sa.PrimaryKeyConstraint("area_id", "measure", "period_start", "period_end", name=op.f("pk_period_statistic")),
    )
    op.create_table(
        "person_attribute",
        sa.Column("person_id", types.Key(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=True),
        sa.Column("marital_status", sa.String(length=8), nullable=True),
        sa.Column("presence", sa.String(length=24), nullable=True),
        sa.Column("ethnic_group", sa.String(length=8), nullable=True),
        sa.Column("registered_address", sa.String(length=256), nullable=True),
        sa.Column("work_unit", sa.String(length=128), nullable=True),
        sa.Column("phone", types.Sealed(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.Column("recorded_at", types.Moment(), nullable=False),
        sa.Column("superseded_at", types.Moment(), nullable=True),
        sa.Column("batch_id", types.Key(), nullable=True),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "person_id"], ["person.region", "person.id"], name=op.f("fk_person_attribute_region_person_id")
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_person_attribute")),
    )
    op.create_index(op.f("ix_person_attribute_region_name"), "person_attribute", ["region", "name"], unique=False)
    op.create_index(
        op.f("ix_person_attribute_region_person_id"), "person_attribute", ["region", "person_id"], unique=False
    )
    op.create_table(
        "user_session",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", types.Key(), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("last_seen_at", types.Moment(), nullable=False),
        sa.Column("expires_at", types.Moment(), nullable=False),
        sa.Column("ended_at", types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)
    op.create_table(
        "building_cell",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("building_id", types.Key(), nullable=False),
        sa.Column("cell_id", types.Key(), nullable=False),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "building_id"],
            ["building.region", "building.id"],
            name=op.f("fk_building_cell_region_building_id"),
        ),
        sa.PrimaryKeyConstraint("region", "building_id", "cell_id", "valid_from", name=op.f("pk_building_cell")),
    )
    op.create_index(op.f("ix_building_cell_region_cell_id"), "building_cell", ["region", "cell_id"], unique=False)
    op.create_table(
        "building_code",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("scheme", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("building_id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "building_id"],
            ["building.region", "building.id"],
            name=op.f("fk_building_code_region_building_id"),
        ),
        sa.PrimaryKeyConstraint("region", "scheme", "value", name=op.f("pk_building_code")),
    )
    op.create_index(
        op.f("ix_building_code_region_building_id"), "building_code", ["region", "building_id"], unique=False
    )
    op.create_table(
        "unit",
        sa.Column("building_id", types.Key(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "building_id"], ["building.region", "building.id"], name=op.f("fk_unit_region_building_id")
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_unit")),
        sa.UniqueConstraint("region", "building_id", "name", name=op.f("uq_unit_region_building_id_name")),
    )
    op.create_table(
        "dwelling",
        sa.Column("building_id", types.Key(), nullable=False),
        sa.Column("unit_id", types.Key(), nullable=False),
        sa.Column("floor", sa.SmallInteger(), nullable=True),
        sa.Column("room", sa.String(length=32), nullable=False),
        sa.Column("floor_area_m2", sa.Float(), nullable=True),
        sa.Column("batch_id", types.Key(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "building_id"], ["building.region", "building.id"], name=op.f("fk_dwelling_region_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["region", "unit_id"], ["unit.region", "unit.id"], name=op.f("fk_dwelling_region_unit_id")
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_dwelling")),
        sa.UniqueConstraint(
            "region", "building_id", "unit_id", "room", name=op.f("uq_dwelling_region_building_id_unit_id_room")
        ),
    )
    op.create_table(
        "dwelling_code",
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("scheme", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("dwelling_id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "dwelling_id"],
            ["dwelling.region", "dwelling.id"],
            name=op.f("fk_dwelling_code_region_dwelling_id"),
        ),
        sa.PrimaryKeyConstraint("region", "scheme", "value", name=op.f("pk_dwelling_code")),
    )
    op.create_index(
        op.f("ix_dwelling_code_region_dwelling_id"), "dwelling_code", ["region", "dwelling_id"], unique=False
    )
    op.create_table(
        "dwelling_state",
        sa.Column("dwelling_id", types.Key(), nullable=False),
        sa.Column("use", sa.String(length=16), nullable=True),
        sa.Column("tenure", sa.String(length=16), nullable=True),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.Column("recorded_at", types.Moment(), nullable=False),
        sa.Column("superseded_at", types.Moment(), nullable=True),
        sa.Column("batch_id", types.Key(), nullable=True),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "dwelling_id"],
            ["dwelling.region", "dwelling.id"],
            name=op.f("fk_dwelling_state_region_dwelling_id"),
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_dwelling_state")),
    )
    op.create_index(
        op.f("ix_dwelling_state_region_dwelling_id"), "dwelling_state", ["region", "dwelling_id"], unique=False
    )
    op.create_table(
        "household",
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("dwelling_id", types.Key(), nullable=True),
        sa.Column("building_id", types.Key(), nullable=True),
        sa.Column("area_id", types.Key(), nullable=True),
        sa.Column("batch_id", types.Key(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "building_id"], ["building.region", "building.id"], name=op.f("fk_household_region_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["region", "dwelling_id"], ["dwelling.region", "dwelling.id"], name=op.f("fk_household_region_dwelling_id")
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_household")),
    )
    op.create_index(op.f("ix_household_region_dwelling_id"), "household", ["region", "dwelling_id"], unique=False)
    op.create_index(op.f("ix_household_region_number"), "household", ["region", "number"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("building_id", types.Key(), nullable=True),
        sa.Column("dwelling_id", types.Key(), nullable=True),
        sa.Column("area_id", types.Key(), nullable=True),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=True),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.Column("recorded_at", types.Moment(), nullable=False),
        sa.Column("superseded_at", types.Moment(), nullable=True),
        sa.Column("batch_id", types.Key(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.CheckConstraint("building_id IS NOT NULL OR area_id IS NOT NULL", name=op.f("ck_organisation_placed")),
        sa.ForeignKeyConstraint(
            ["region", "building_id"],
            ["building.region", "building.id"],
            name=op.f("fk_organisation_region_building_id"),
        ),
        sa.ForeignKeyConstraint(
            ["region", "dwelling_id"],
            ["dwelling.region", "dwelling.id"],
            name=op.f("fk_organisation_region_dwelling_id"),
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_organisation")),
    )
    op.create_index(op.f("ix_organisation_region_building_id"), "organisation", ["region", "building_id"], unique=False)
    op.create_table(
        "verification",
        sa.Column("dwelling_id", types.Key(), nullable=False),
        sa.Column("verified_on", types.Day(), nullable=False),
        sa.Column("verified_by", types.Key(), nullable=True),
        sa.Column("recorded_at", types.Moment(), nullable=False),
        sa.Column("batch_id", types.Key(), nullable=True),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region", "dwelling_id"],
            ["dwelling.region", "dwelling.id"],
            name=op.f("fk_verification_region_dwelling_id"),
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_verification")),
    )
    op.create_index("ix_verification_dwelling", "verification", ["region", "dwelling_id", "verified_on"], unique=False)
    op.create_table(
        "residence",
        sa.Column("person_id", types.Key(), nullable=False),
        sa.Column("household_id", types.Key(), nullable=True),
        sa.Column("dwelling_id", types.Key(), nullable=True),
        sa.Column("building_id", types.Key(), nullable=True),
        sa.Column("area_id", types.Key(), nullable=True),
        sa.Column("relationship", sa.String(length=8), nullable=True),
        sa.Column("principal", sa.Boolean(), nullable=False),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("valid_to", types.Day(), nullable=True),
        sa.Column("cause_in", sa.String(length=16), nullable=False),
        sa.Column("cause_out", sa.String(length=16), nullable=True),
        sa.Column("recorded_at", types.Moment(), nullable=False),
        sa.Column("superseded_at", types.Moment(), nullable=True),
        sa.Column("batch_id", types.Key(), nullable=True),
        sa.Column("region", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Key(), nullable=False),
        sa.CheckConstraint("building_id IS NOT NULL OR area_id IS NOT NULL", name=op.f("ck_residence_placed")),
        sa.CheckConstraint(
            "dwelling_id IS NULL OR building_id IS NOT NULL", name=op.f("ck_residence_dwelling_in_building")
        ),
        sa.ForeignKeyConstraint(
            ["region", "building_id"], ["building.region", "building.id"], name=op.f("fk_residence_region_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["region", "dwelling_id"], ["dwelling.region", "dwelling.id"], name=op.f("fk_residence_region_dwelling_id")
        ),
        sa.ForeignKeyConstraint(
            ["region", "household_id"],
            ["household.region", "household.id"],
            name=op.f("fk_residence_region_household_id"),
        ),
        sa.ForeignKeyConstraint(
            ["region", "person_id"], ["person.region", "person.id"], name=op.f("fk_residence_region_person_id")
        ),
        sa.PrimaryKeyConstraint("region", "id", name=op.f("pk_residence")),
    )
    op.create_index("ix_residence_building", "residence", ["region", "building_id", "dwelling_id"], unique=False)
    op.create_index(op.f("ix_residence_region_household_id"), "residence", ["region", "household_id"], unique=False)
    op.create_index(op.f("ix_residence_region_person_id"), "residence", ["region", "person_id"], unique=False)
    for table, column in SPATIAL.items():
        if server:
            op.execute(f"CREATE INDEX ix_{table}_{column} ON {table} USING gist ({column})")
        else:
            columns = "id, minx, maxx, miny, maxy, +region INTEGER, +record BLOB"
            op.execute(f"CREATE VIRTUAL TABLE {table}_rtree USING rtree({columns})")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        for table in SPATIAL:
            op.execute(f"DROP TABLE {table}_rtree")
    op.drop_index(op.f("ix_residence_region_person_id"), table_name="residence")
    op.drop_index(op.f("ix_residence_region_household_id"), table_name="residence")
    op.drop_index("ix_residence_building", table_name="residence")
    op.drop_table("residence")
    op.drop_index("ix_verification_dwelling", table_name="verification")
    op.drop_table("verification")
    op.drop_index(op.f("ix_organisation_region_building_id"), table_name="organisation")
    op.drop_table("organisation")
    op.drop_index(op.f("ix_household_region_number"), table_name="household")
    op.drop_index(op.f("ix_household_region_dwelling_id"), table_name="household")
    op.drop_table("household")
    op.drop_index(op.f("ix_dwelling_state_region_dwelling_id"), table_name="dwelling_state")
    op.drop_table("dwelling_state")
    op.drop_index(op.f("ix_dwelling_code_region_dwelling_id"), table_name="dwelling_code")
    op.drop_table("dwelling_code")
    op.drop_table("dwelling")
    op.drop_table("unit")
    op.drop_index(op.f("ix_building_code_region_building_id"), table_name="building_code")
    op.drop_table("building_code")
    op.drop_index(op.f("ix_building_cell_region_cell_id"), table_name="building_cell")
    op.drop_table("building_cell")
    op.drop_index(op.f("ix_user_session_user_id"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_index(op.f("ix_person_attribute_region_person_id"), table_name="person_attribute")
    op.drop_index(op.f("ix_person_attribute_region_name"), table_name="person_attribute")
    op.drop_table("person_attribute")
    op.drop_table("period_statistic")
    op.drop_index("ix_import_row_verdict", table_name="import_row")
    op.drop_table("import_row")
    op.drop_index(op.f("ix_building_region_compound_id"), table_name="building")
    op.drop_index(op.f("ix_building_region_area_id"), table_name="building")
    op.drop_table("building")
    op.drop_index(op.f("ix_area_name_name"), table_name="area_name")
    op.drop_index(op.f("ix_area_name_area_id"), table_name="area_name")
    op.drop_table("area_name")
    op.drop_index(op.f("ix_area_closure_descendant_id"), table_name="area_closure")
    op.drop_table("area_closure")
    op.drop_index(op.f("ix_access_grant_user_id"), table_name="access_grant")
    op.drop_index(op.f("ix_access_grant_area_id"), table_name="access_grant")
    op.drop_table("access_grant")
    op.drop_table("user_account")
    op.drop_table("setting")
    op.drop_table("person_key")
    op.drop_index(op.f("ix_person_region_id_index"), table_name="person")
    op.drop_index(op.f("ix_person_region_birth_date"), table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_import_batch_region_kind_created_at"), table_name="import_batch")
    op.drop_table("import_batch")
    op.drop_index(op.f("ix_ground_feature_kind"), table_name="ground_feature")
    op.drop_table("ground_feature")
    op.drop_index(op.f("ix_compound_region_name"), table_name="compound")
    op.drop_table("compound")
    op.drop_table("change_number")
    op.drop_table("audit_head")
    op.drop_index(op.f("ix_audit_entry_region_at"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index(op.f("ix_area_region"), table_name="area")
    op.drop_index(op.f("ix_area_parent_id"), table_name="area")
    op.drop_table("area")
    op.drop_table("alias")
