"""The rules of keys that let the same schema be partitioned or distributed later, held for every table."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Table, UniqueConstraint

import gridmap
from gridmap.bootstrap import METADATA
from gridmap.store import migrate
from gridmap.store.base import Placement
from gridmap.store.store import Store

TABLES = sorted(METADATA.tables.values(), key=lambda table: table.name)
REGIONAL = [table for table in TABLES if table.info.get("placement") == Placement.REGION]
PACKAGE = Path(gridmap.__file__).parent


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_says_where_its_rows_live(table: Table) -> None:
    """Placement is stated, never guessed."""
    assert table.info.get("placement") in set(Placement)


@pytest.mark.parametrize("table", REGIONAL, ids=lambda table: table.name)
def test_keys_of_regional_tables_contain_region(table: Table) -> None:
    """Primary key, every UNIQUE and every unique index begin with the region, which cannot be null."""
    assert next(iter(table.primary_key.columns)).name == "region"
    assert table.c.region.nullable is False
    uniques = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    assert all("region" in constraint.columns for constraint in uniques)
    assert all("region" in index.columns for index in table.indexes)


@pytest.mark.parametrize("table", REGIONAL, ids=lambda table: table.name)
def test_foreign_keys_stay_in_the_region(table: Table) -> None:
    """A regional row refers to a row of its own region, or to a reference table."""
    for constraint in table.foreign_key_constraints:
        target = constraint.referred_table
        if target.info["placement"] == Placement.REGION:
            assert "region" in [column.name for column in constraint.columns]


def test_reported_statistics_have_no_path_to_a_person() -> None:
    """Aggregates an office reports refer to areas alone, and hold no free text."""
    table = METADATA.tables["period_statistic"]
    assert {key.referred_table.name for key in table.foreign_key_constraints} == {"area"}
    assert not [column for column in table.c if isinstance(column.type, sa.Text)]


def test_no_column_speaks_of_reproduction() -> None:
    """There is nowhere to store what must never be stored about a person."""
    banned = re.compile(r"pregnan|contracept|birth_permit|birth_order|only_child|fertil|gravid")
    names = [f"{table.name}.{column.name}" for table in TABLES for column in table.c]
    assert not [name for name in names if banned.search(name)]


def test_migrations_make_exactly_the_models(store: Store) -> None:
    """Autogenerate finds no difference but the spatial index tables that are no models."""
    with store.engine.connect() as connection, warnings.catch_warnings():
        # SQLAlchemy's reflection does not know PostGIS's type; types are not what is compared here.
        warnings.filterwarnings("ignore", "Did not recognize type 'geometry'")
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_name": _is_ours})
        assert compare_metadata(context, METADATA) == []


def test_migrations_go_down_and_up_again(store: Store) -> None:
    """The way back exists and leaves nothing behind but the version table."""
    migrate.downgrade(store, "base")
    with store.engine.connect() as connection:
        left = [name for name in sa.inspect(connection).get_table_names() if name in METADATA.tables]
    assert left == []
    migrate.upgrade(store)
    migrate.require_current(store)


def test_rules_live_in_the_program_not_in_the_engine() -> None:
    """No trigger, stored procedure, advisory lock or engine-made key in any statement we ship."""
    banned = re.compile(
        r"CREATE\s+(OR\s+REPLACE\s+)?(TRIGGER|FUNCTION|PROCEDURE|RULE)|pg_advisory|gen_random_uuid|ST_AsMVT", re.I
    )
    offenders = [
        str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if banned.search(path.read_text("utf-8"))
    ]
    assert offenders == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    if kind == "table":
        return name in METADATA.tables
    return not (kind == "index" and name in {"ix_area_geometry", "ix_building_footprint"})
