"""The audit log: every act in the same transaction, and no change to the log goes unnoticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.audit import service as audit
from gridmap.audit.models import AuditEntry, AuditHead
from gridmap.audit.service import EntryFilter
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, open_store

ACTOR = Actor(uuid7(), "fuhaiyan", "符海燕", (RoleGrant(Role.GRID_WORKER, None),), request_id="r1")


def fill(store: Store, entries: int = 4, region: int = 1) -> list[UUID]:
    """Append entries about different persons; returns the persons."""
    persons = [uuid7() for _ in range(entries)]
    for person in persons:
        with store.write() as unit:
            audit.record(
                unit, ACTOR, "person.reveal", region=region, subjects=[person], purpose="visit", details={"n": 1}
            )
    return persons


def test_entries_form_one_intact_chain_a_region(store: Store) -> None:
    """Numbers run without gaps within a region; regions do not wait for one another."""
    fill(store, 3, region=1)
    fill(store, 2, region=2)
    with store.read() as unit:
        assert [(c.region, c.entries, c.intact) for c in audit.verify(unit)] == [(1, 3, True), (2, 2, True)]


def test_an_entry_says_who_did_what_to_whom_and_why(store: Store) -> None:
    """Actor, action, purpose, subjects, request; never values."""
    (person,) = fill(store, 1)
    with store.read() as unit:
        (entry,) = audit.entries(unit, EntryFilter(subject=person))
        assert (entry.actor_name, entry.action, entry.purpose, entry.request_id) == (
            "fuhaiyan",
            "person.reveal",
            "visit",
            "r1",
        )
        assert json.loads(entry.subjects) == [str(person)]
        assert audit.entries(unit, EntryFilter(actor_name="nobody")) == []
        assert audit.count_entries(unit, EntryFilter(action="person", actor_name="fuhaiyan", regions=[1])) == 1


def test_no_act_without_entry_and_no_entry_without_act(store: Store) -> None:
    """When the act fails, its entry is gone with it."""

    def fail() -> None:
        with store.write() as unit:
            audit.record(unit, ACTOR, "person.list", region=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as unit:
        assert audit.verify(unit) == []


TAMPERINGS: dict[str, Callable[[sa.Connection], None]] = {
    "edit": lambda c: c.execute(sa.update(AuditEntry).where(AuditEntry.seq == 2).values(actor_name="somebody")),
    "edit purpose": lambda c: c.execute(sa.update(AuditEntry).where(AuditEntry.seq == 3).values(purpose=None)),
    "delete": lambda c: c.execute(sa.delete(AuditEntry).where(AuditEntry.seq == 2)),
    "delete first": lambda c: c.execute(sa.delete(AuditEntry).where(AuditEntry.seq == 1)),
    "truncate": lambda c: c.execute(sa.delete(AuditEntry).where(AuditEntry.seq == 4)),
    "clear": lambda c: c.execute(sa.delete(AuditEntry)),
    "truncate with head": lambda c: (
        c.execute(sa.delete(AuditEntry).where(AuditEntry.seq == 4)),
        c.execute(sa.update(AuditHead).values(seq=3)),
    ),
    "swap": lambda c: (
        c.execute(sa.update(AuditEntry).where(AuditEntry.seq == 2).values(seq=99)),
        c.execute(sa.update(AuditEntry).where(AuditEntry.seq == 3).values(seq=2)),
        c.execute(sa.update(AuditEntry).where(AuditEntry.seq == 99).values(seq=3)),
    ),
    "move to another region": lambda c: c.execute(sa.update(AuditEntry).values(region=7)),
    "remove head": lambda c: c.execute(sa.delete(AuditHead)),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found(store: Store, name: str) -> None:
    """Whoever can write to the database but has no key cannot change the log unnoticed."""
    fill(store)
    with store.write() as unit:
        TAMPERINGS[name](unit.session.connection())
    with store.read() as unit:
        assert not all(check.intact for check in audit.verify(unit))


@given(data=st.data())
def test_any_single_changed_field_is_found(
    data: st.DataObject, new_store_url: Callable[[str], str], store_key: object
) -> None:
    """Whatever column of whatever entry is changed, verification names the entry."""
    store = open_store(new_store_url("sqlite"), store_key)  # type: ignore[arg-type]
    fill(store, 3)
    columns = [c for c in AuditEntry.__table__.c if c.name not in {"region", "seq", "at", "actor_id"}]
    column = data.draw(st.sampled_from(columns))
    seq = data.draw(st.integers(1, 3))
    with store.write() as unit:
        where = AuditEntry.__table__.c.seq == seq
        before = unit.session.scalar(sa.select(column).where(where))
        changed = bytes(reversed(before)) if isinstance(before, bytes) else f"{before}x"
        unit.session.execute(sa.update(AuditEntry.__table__).where(where).values({column.name: changed}))
        differs = changed != before
    with store.read() as unit:
        (check,) = audit.verify(unit)
    store.close()
    assert check.broken_at is None if not differs else check.broken_at in {seq, seq + 1}
