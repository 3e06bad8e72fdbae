"""What the journal promises: an undo restores exactly, or says what was changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.bootstrap import METADATA
from gridmap.changes import service as changes
from gridmap.changes.images import journaled
from gridmap.changes.journal import Journal, recording
from gridmap.changes.service import AlreadyUndoneError, ChangedSinceError
from gridmap.residents.models import Household, Person, PersonAttribute, PersonKey, Residence
from gridmap.store.bulk import bulk_insert
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork

REGION, SOMEWHERE = 1, UUID(int=7)
ACTOR = Actor(UUID(int=1), "keeper", "Keeper", ())
DAY = date(2026, 1, 1)


def fingerprint(unit: UnitOfWork) -> dict[str, str]:
    """A digest of every journaled table, whatever the order of its rows."""
    found = {}
    for table in METADATA.sorted_tables:
        if journaled(table) and table.name != "import_row":
            rows = sorted(repr(tuple(row)) for row in unit.session.execute(sa.select(table)))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def add_person(unit: UnitOfWork, name: str, journal: Journal | None = None) -> UUID:
    """A person with attributes, an identity number and a place."""
    person = uuid7()
    number = unit.vault.index(str(person), "id")
    unit.session.add(Person(region=REGION, id=person, sex="1", id_index=number, disputed=False, version=1))
    unit.session.flush()
    unit.session.add_all(
        [
            PersonKey(id_index=number, region=REGION, person_id=person),
            PersonAttribute(
                region=REGION, id=uuid7(), person_id=person, name=name, valid_from=DAY, recorded_at=unit.now
            ),
            Residence(
                region=REGION, id=uuid7(), person_id=person, area_id=SOMEWHERE, principal=True, cause_in="initial",
                valid_from=DAY, recorded_at=unit.now,
            ),
        ]
    )  # fmt: skip
    unit.session.flush()
    if journal:
        journal.concerns(person)
    return person


def rename(unit: UnitOfWork, person: UUID, name: str) -> UUID:
    """Correct a name: the old belief is superseded, a new one written."""
    with recording(unit, ACTOR, "resident.edit", region=REGION, persons=[person]) as journal:
        query = sa.select(PersonAttribute).where(
            PersonAttribute.person_id == person, PersonAttribute.superseded_at.is_(None)
        )
        old = unit.session.scalars(query).one()
        old.superseded_at = unit.now
        unit.session.add(
            PersonAttribute(
                region=REGION, id=uuid7(), person_id=person, name=name, valid_from=old.valid_from,
                recorded_at=unit.now,
            )
        )  # fmt: skip
        unit.session.get_one(Person, (REGION, person)).version += 1
    return journal.id


def remove(unit: UnitOfWork, person: UUID) -> UUID:
    """Take a person out with everything that hangs on it."""
    with recording(unit, ACTOR, "resident.remove", region=REGION, persons=[person]) as journal:
        for model in (Residence, PersonAttribute, PersonKey):
            for record in unit.session.scalars(sa.select(model).where(model.person_id == person)):
                unit.session.delete(record)
        unit.session.flush()
        unit.session.delete(unit.session.get_one(Person, (REGION, person)))
    return journal.id


def test_an_edit_is_undone_exactly(store: Store) -> None:
    with store.write() as unit:
        person = add_person(unit, "赵一")
    with store.read() as unit:
        before = fingerprint(unit)
    with store.write() as unit:
        change = rename(unit, person, "赵二")
    with store.write() as unit:
        done = changes.undo(unit, ACTOR, change)
    assert (done.restored, done.removed, done.brought_back) == (2, 1, 0)
    with store.read() as unit:
        assert fingerprint(unit) == before
        assert [entry.action for entry in audit.entries(unit)] == ["change.undo"]
        assert str(person) in audit.entries(unit)[0].subjects
        assert [one.kind for one in changes.history_of_person(unit, REGION, person)] == ["resident.edit"]


def test_a_removed_record_comes_back_whole(store: Store) -> None:
    with store.write() as unit:
        person = add_person(unit, "钱三")
    with store.read() as unit:
        before = fingerprint(unit)
    with store.write() as unit:
        change = remove(unit, person)
    with store.read() as unit:
        assert fingerprint(unit) != before
    with store.write() as unit:
        assert changes.undo(unit, ACTOR, change).brought_back == 4
    with store.read() as unit:
        assert fingerprint(unit) == before


def test_a_bulk_change_takes_back_what_carries_its_id(store: Store) -> None:
    with store.write() as unit:
        old = add_person(unit, "孙四")
    with store.read() as unit:
        before = fingerprint(unit)
    batch, fresh = uuid7(), [uuid7() for _ in range(12)]
    with (
        store.write() as unit,
        recording(unit, ACTOR, "register.import", region=REGION, change_id=batch, bulk=True) as journal,
    ):
        numbers = [unit.vault.index(str(one), "id") for one in fresh]
        columns = {"region": [REGION] * 12, "id": fresh, "id_index": numbers}
        bulk_insert(unit, Person, {**columns, "disputed": False, "version": 1, "batch_id": batch})
        bulk_insert(unit, PersonKey, {"id_index": numbers, "region": REGION, "person_id": fresh})
        journal.keep(Person, [(REGION, old)], ["disputed"])
        table = METADATA.tables["person"]
        unit.session.execute(sa.update(table).where(table.c.id == old).values(disputed=True))
    with store.write() as unit:
        done = changes.undo(unit, ACTOR, batch)
    assert (done.restored, done.removed) == (1, 12)
    with store.read() as unit:
        assert fingerprint(unit) == before


def test_what_was_changed_since_is_named_and_nothing_is_touched(store: Store) -> None:
    with store.write() as unit, recording(unit, ACTOR, "resident.add", region=REGION) as journal:
        person = add_person(unit, "李五", journal)
    with store.write() as unit:
        later = rename(unit, person, "李六")
    with store.read() as unit:
        before = fingerprint(unit)
    with store.write() as unit, pytest.raises(ChangedSinceError) as refused:
        changes.undo(unit, ACTOR, journal.id)
    assert later in {one.change_id for one in refused.value.conflicts}
    with store.read() as unit:
        assert fingerprint(unit) == before
    with store.write() as unit:
        changes.undo(unit, ACTOR, later)
        changes.undo(unit, ACTOR, journal.id)
    with store.read() as unit:
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(PersonKey)) == 0


def test_what_others_put_on_a_created_record_stands_in_the_way(store: Store) -> None:
    with store.write() as unit, recording(unit, ACTOR, "household.add", region=REGION) as made:
        household = Household(region=REGION, id=uuid7(), area_id=SOMEWHERE, version=1)
        unit.session.add(household)
    with store.write() as unit:
        person = add_person(unit, "周七")
    with store.write() as unit, recording(unit, ACTOR, "resident.edit", region=REGION) as moved:
        residence = unit.session.scalars(sa.select(Residence).where(Residence.person_id == person)).one()
        residence.household_id = household.id
    with store.write() as unit, pytest.raises(ChangedSinceError):
        changes.undo(unit, ACTOR, made.id)
    with store.write() as unit:
        changes.undo(unit, ACTOR, moved.id)
        changes.undo(unit, ACTOR, made.id)


def test_a_second_click_is_told_so(store: Store) -> None:
    with store.write() as unit:
        change = rename(unit, add_person(unit, "吴八"), "吴九")
    with store.write() as unit:
        changes.undo(unit, ACTOR, change)
    with store.write() as unit, pytest.raises(AlreadyUndoneError):
        changes.undo(unit, ACTOR, change)


def test_a_block_that_changes_nothing_leaves_no_change(sqlite_store: Store) -> None:
    with sqlite_store.write() as unit:
        with recording(unit, ACTOR, "resident.edit", region=REGION):
            pass
        assert changes.own_changes(unit, ACTOR.user_id) == []


def test_statements_behind_the_journals_back_are_refused(sqlite_store: Store) -> None:
    with (
        sqlite_store.write() as unit,
        pytest.raises(RuntimeError, match="keep what Person holds"),
        recording(unit, ACTOR, "resident.edit", region=REGION),
    ):
        unit.session.execute(sa.update(Person).values(disputed=True))


def test_names_stand_nowhere_in_the_journal_in_the_clear(sqlite_store: Store) -> None:
    with sqlite_store.write() as unit:
        remove(unit, add_person(unit, "郑十一"))
        tables = [METADATA.tables[name] for name in ("change", "change_row", "change_subject")]
        written = repr([row for table in tables for row in unit.session.execute(sa.select(table))])
    assert "郑十一" not in written
    assert "郑十一".encode().hex() not in written


STEPS = st.lists(st.tuples(st.sampled_from(["add", "rename", "remove"]), st.integers(0, 5)), max_size=7)


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_undoing_everything_backwards_passes_every_state_again(
    new_store_url: Callable[[str], str], store_key: object, steps: list[tuple[str, int]]
) -> None:
    from gridmap.store.store import open_store  # noqa: PLC0415 - one store an example

    store = open_store(new_store_url("sqlite"), store_key)  # type: ignore[arg-type]
    people: list[UUID] = []
    states: list[dict[str, str]] = []
    made: list[UUID] = []
    for what, at in steps:
        with store.write() as unit:
            state = fingerprint(unit)
            if what == "add":
                with recording(unit, ACTOR, "resident.add", region=REGION) as journal:
                    people.append(add_person(unit, "冯", journal))
                change = journal.id
            elif not people:
                continue
            elif what == "rename":
                change = rename(unit, people[at % len(people)], f"陈{at}")
            else:
                change = remove(unit, people.pop(at % len(people)))
        states.append(state)
        made.append(change)
    for change, state in zip(reversed(made), reversed(states), strict=True):
        with store.write() as unit:
            changes.undo(unit, ACTOR, change)
        with store.read() as unit:
            assert fingerprint(unit) == state
    store.close()
