"""What the tests of editing share: somebody at work in the sample register, and its figures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.access.service import actor_of
from gridmap.accounts.actor import Actor
from gridmap.changes.images import journaled
from gridmap.editing.persons import Edit, resident_values
from gridmap.editing.saving import Event
from gridmap.indicators.flows import Reconciliation, flows_between
from gridmap.indicators.snapshot import load_snapshot
from gridmap.residents.models import Residence
from gridmap.store.base import Base
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork
from tests.conftest import ENGINES
from tests.web.sample import Sample

on_each_store = pytest.mark.parametrize("store", ENGINES, indirect=True)
"""For what depends on locks, keys and types of the database."""


def act(unit: UnitOfWork, sample: Sample, username: str) -> Actor:
    """A user of the sample at work."""
    return actor_of(unit, sample.users[username].id)


def event(on: date | None) -> Event:
    """An event on a day, under a number of its own."""
    return Event(uuid7(), on)


def edit(unit: UnitOfWork, person: UUID, region: int = 1, /, **wanted: str) -> Edit:
    """A form of a resident, filled in."""
    base = resident_values(unit, region, person)
    return Edit(uuid7(), base, {**base, **wanted})


def open_residence(unit: UnitOfWork, person: UUID) -> Residence | None:
    """The open principal residence of a person."""
    query = sa.select(Residence).where(
        Residence.person_id == person, Residence.superseded_at.is_(None), Residence.valid_to.is_(None)
    )
    return unit.session.scalars(query).one_or_none()


def fingerprint(unit: UnitOfWork, without: Iterable[str] = ()) -> dict[str, str]:
    """A digest of every journaled table, whatever the order of its rows."""
    found = {}
    for table in Base.metadata.sorted_tables:
        if journaled(table) and table.name not in without:
            rows = sorted(repr(tuple(row)) for row in unit.session.execute(sa.select(table)))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def reconciled(store: Store, sample: Sample, start: date, end: date) -> dict[str, Reconciliation]:
    """The reconciliation of every area of the sample between two days."""
    with store.read() as unit:
        snapshot = load_snapshot(unit)
        flows = flows_between(snapshot, start, end)
        return {key: flows.of(snapshot.areas.ids.index(area.id)) for key, area in sample.areas.items()}
