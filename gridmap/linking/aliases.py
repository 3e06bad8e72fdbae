"""Other and older names of compounds, roads and buildings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from gridmap.linking.keys import name_key
from gridmap.linking.models import Alias
from gridmap.store.ids import uuid7
from gridmap.store.store import UnitOfWork

KINDS = ("compound", "road", "building")


@dataclass(frozen=True, slots=True)
class AliasEntry:
    """``alias`` is another way to write ``official``."""

    kind: str
    official: str
    alias: str


def alias_keys(unit: UnitOfWork) -> dict[str, dict[str, str]]:
    """By kind, the key of every alias in force and the key of the name it stands for.

    An alias that stands for two names decides nothing and is left out.
    """
    found: dict[str, dict[str, set[str]]] = {kind: {} for kind in KINDS}
    query = sa.select(Alias.kind, Alias.official, Alias.alias).where(Alias.withdrawn_at.is_(None))
    for kind, official, alias in unit.session.execute(query):
        found.setdefault(kind, {}).setdefault(name_key(alias), set()).add(name_key(official))
    return {
        kind: {alias: next(iter(names)) for alias, names in aliases.items() if len(names) == 1}
        for kind, aliases in found.items()
    }


def known_aliases(unit: UnitOfWork) -> dict[tuple[str, str, str], Alias]:
    """Every alias by kind, key of the alias and key of the official name, withdrawn ones included."""
    return {
        (row.kind, name_key(row.alias), name_key(row.official)): row for row in unit.session.scalars(sa.select(Alias))
    }


def add_aliases(
    unit: UnitOfWork, entries: Iterable[AliasEntry], *, source: str, user_id: UUID | None
) -> tuple[int, int]:
    """Record aliases; returns how many are new (or in force again) and how many were known."""
    known = known_aliases(unit)
    fresh = repeated = 0
    for entry in entries:
        key = (entry.kind, name_key(entry.alias), name_key(entry.official))
        row = known.get(key)
        if row is not None and row.withdrawn_at is None:
            repeated += 1
            continue
        fresh += 1
        if row is not None:
            row.withdrawn_at = None
            continue
        row = Alias(
            id=uuid7(),
            kind=entry.kind,
            official=entry.official,
            alias=entry.alias,
            source=source,
            created_at=unit.now,
            created_by=user_id,
        )
        known[key] = row
        unit.session.add(row)
    unit.session.flush()
    return fresh, repeated


def withdraw_alias(unit: UnitOfWork, alias_id: UUID) -> bool:
    """Take an alias out of force; it stays, so that old links can be explained. False where there is none."""
    row = unit.session.get(Alias, alias_id)
    if row is None or row.withdrawn_at is not None:
        return False
    row.withdrawn_at = unit.now
    unit.session.flush()
    return True
