"""The queue: its order, what is left, who has which case before them, and that its length does not matter."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from gridmap.accounts.actor import Actor
from gridmap.audit.models import AuditEntry
from gridmap.batches.models import ImportBatch, ImportRow
from gridmap.errors import PermissionDeniedError
from gridmap.importing.undoing import undo_batch
from gridmap.reviewing import history
from gridmap.reviewing.cases import AlreadyDecidedError, CaseClaimedError, CaseKey
from gridmap.reviewing.claims import LEASE
from gridmap.reviewing.deciding import decide
from gridmap.reviewing.decision import Decision
from gridmap.reviewing.queue import Filter, decided_since, waiting_for
from gridmap.reviewing.showing import Desk, keep, show
from gridmap.store.bulk import bulk_insert, refresh_plans
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork
from tests.gridmap.importing.registers import Street, make_manager, make_street, person, residences
from tests.gridmap.reviewing.cases import hand_in, queue, unknown_compound


@pytest.fixture
def street(store: Store) -> Street:
    return make_street(store)


@pytest.fixture
def manager(store: Store) -> Actor:
    return make_manager(store)


@pytest.fixture
def waiting(store: Store, street: Street, manager: Actor, tmp_path: Path) -> Street:
    unknown_compound(store, manager, tmp_path)
    return street


def shown(store: Store, actor: Actor, key: CaseKey | None = None, wanted: Filter | None = None) -> Desk:
    """The page of a reviewer."""
    with store.write() as unit:
        return show(unit, actor, key, wanted)


def later(unit: UnitOfWork, minutes: int) -> UnitOfWork:
    """The same unit of work some minutes later."""
    return replace(unit, now=unit.now + timedelta(minutes=minutes))


def test_the_queue_says_how_much_is_left_by_reason_and_by_batch(
    store: Store, waiting: Street, manager: Actor, tmp_path: Path
) -> None:
    second = hand_in(store, manager, tmp_path / "two.csv", [person("陈明", 8, "海景花园1号楼909")])
    desk = shown(store, manager)
    assert desk.waiting.total == 5
    assert desk.waiting.by_reason() == {"compound_unknown": 3, "person_unclear": 1, "room_unknown": 1}
    assert [(name, count) for (_, name), count in desk.waiting.by_batch().items()] == [("r.csv", 4), ("two.csv", 1)]
    assert [(line.case.row, line.alike) for line in desk.queue] == [(2, 2), (4, 1), (5, 1), (2, 1)]
    only = shown(store, manager, wanted=Filter(second, None))
    assert [line.case.file_name for line in only.queue] == ["two.csv"]
    assert only.waiting.total == 5
    assert only.wanted.total == 1
    assert shown(store, manager, wanted=Filter(None, "person_unclear")).wanted.total == 1


def test_a_case_is_shown_masked_and_exactly_who_is_shown_is_recorded(
    store: Store, waiting: Street, manager: Actor
) -> None:
    desk = shown(store, manager)
    assert desk.open is not None
    case, other = desk.open.together
    assert case.content["name"] == "王*"
    assert case.content["id_number"].count("*") == 11
    assert case.parts == {"compound": "海岸花园", "building": "1", "unit": "1", "room": "101"}
    assert desk.open.alike == 2
    assert desk.open.named == 4
    assert desk.open.same_reason == 3
    with store.read() as unit:
        entry = unit.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "review.read").order_by(AuditEntry.seq.desc())
        ).first()
    assert entry is not None
    assert set(json.loads(entry.subjects)) == {str(case.person_id), str(other.person_id)}
    assert "王" not in entry.details


def test_one_goes_on_and_back_and_to_a_case_by_its_link(store: Store, waiting: Street, manager: Actor) -> None:
    first = shown(store, manager).open
    assert first is not None
    assert first.previous is None
    assert first.following is not None
    second = shown(store, manager, first.following).open
    assert second is not None
    assert second.case.row == 4
    assert second.previous == first.case.key
    last = shown(store, manager, second.following).open
    assert last is not None
    assert last.following is None
    assert CaseKey.read(str(last.case.key)) == last.case.key
    together = first.together[1].key
    by_link = shown(store, manager, together).open
    assert by_link is not None
    assert by_link.case.row == 3


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "1.00000000-0000-0000-0000-000000000007.", "99999.x.1", "-1.x.2"])
def test_what_names_no_case_is_none(text: str) -> None:
    assert CaseKey.read(text) is None


def test_only_those_who_decide_see_the_queue(store: Store, waiting: Street) -> None:
    nobody = Actor(uuid7(), "n", "N", ())
    with store.write() as unit:
        with pytest.raises(PermissionDeniedError):
            waiting_for(unit, nobody)
        with pytest.raises(PermissionDeniedError):
            show(unit, nobody)
    assert shown(store, make_manager(store, waiting.cells[0])).waiting.total == 0


def test_a_case_before_somebody_is_not_given_to_another(store: Store, waiting: Street, manager: Actor) -> None:
    """Nor can another decide it, until the first goes on or does nothing for some minutes."""
    colleague = make_manager(store)
    mine, theirs = shown(store, manager).open, shown(store, colleague).open
    assert mine is not None
    assert theirs is not None
    assert theirs.case.key != mine.case.key
    assert shown(store, colleague).queue[0].claimed_by == "M"
    looked = shown(store, colleague, mine.case.key).open
    assert looked is not None
    assert looked.claim is not None
    with store.write() as unit, pytest.raises(CaseClaimedError):
        decide(unit, colleague, mine.case.key, Decision("skip"))
    with store.write() as unit:
        assert show(later(unit, 6), colleague).open.case.key == mine.case.key  # type: ignore[union-attr]
        assert keep(later(unit, 6), manager, mine.case.key) is not None
    assert timedelta(minutes=1) <= LEASE <= timedelta(minutes=10)


def test_going_on_gives_the_case_before_up(store: Store, waiting: Street, manager: Actor) -> None:
    colleague = make_manager(store)
    mine = shown(store, manager).open
    assert mine is not None
    shown(store, manager, mine.following)
    theirs = shown(store, colleague).open
    assert theirs is not None
    assert theirs.case.key == mine.case.key


def test_two_reviewers_at_once_never_get_the_same_case(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    rows = [person(f"王{chr(0x4E00 + n)}", n, f"海岸花园{n}号楼101") for n in range(2, 14)]
    hand_in(store, manager, tmp_path / "r.csv", rows)
    people = [make_manager(store) for _ in range(4)]
    start = Barrier(len(people))

    def work(actor: Actor) -> list[int]:
        start.wait(timeout=30)
        done = []
        while (opened := shown(store, actor).open) is not None and opened.claim is None:
            with store.write() as unit:
                decide(unit, actor, opened.case.key, Decision("skip"))
            done.append(opened.case.row)
        return done

    with ThreadPoolExecutor(len(people)) as pool:
        done = [row for rows in pool.map(work, people) for row in rows]
    assert Counter(done) == Counter(range(2, 14))
    with store.read() as unit:
        assert waiting_for(unit, manager).total == 0
        since = datetime.now(UTC) - timedelta(hours=1)
        assert sum(decided_since(unit, actor, since) for actor in people) == 12


def test_of_two_that_decide_a_case_at_once_one_wins(store: Store, waiting: Street, manager: Actor) -> None:
    """The other is told who decided what; the register holds one decision."""
    key = queue(store, manager)[0].key
    room = waiting.rooms["海景花园1-1-101"]
    start = Barrier(4)

    def work(n: int) -> str:
        wanted = Decision("place", "alike", dwelling_id=room) if n % 2 else Decision("skip", "alike")
        start.wait(timeout=30)
        try:
            with store.write() as unit:
                return decide(unit, manager, key, wanted).kind
        except AlreadyDecidedError as refused:
            return f"told: {refused.params['what']}"

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(work, range(4)))
    (won,) = [text for text in said if not text.startswith("told: ")]
    assert set(said) - {won} == {f"told: {'placed in a dwelling' if won == 'place' else 'left as it is'}"}
    assert len([row for row in residences(store, waiting) if row.dwelling_id == room]) == (2 if won == "place" else 0)
    with store.read() as unit:
        assert [(taken.kind, taken.cases) for taken in history.decisions(unit, manager)] == [(won, 2)]


def fill(store: Store, street: Street, count: int) -> None:
    """A batch of many open cases: written as an import files them, a quarter of them alike in pairs."""
    with store.write() as unit:
        batch = uuid7()
        unit.session.add(
            ImportBatch(
                region=street.region, id=batch, kind="register", file_name="many.csv", file_hash=b"x",
                under_code="460108001001", status="committed", created_at=unit.now,
            )
        )  # fmt: skip
        unit.session.flush()
        content = unit.vault.seal('{"address": "海岸花园9号楼"}', "import_row.content")
        reasons = ("compound_unknown", "room_unknown", "building_ambiguous")
        bulk_insert(
            unit,
            ImportRow,
            {
                "region": street.region, "batch_id": batch, "seq": list(range(count)), "sheet": "", "content": content,
                "row": list(range(2, count + 2)), "verdict": "needs_review",
                "reason": [reasons[n % 3] for n in range(count)],
                "case_area_id": street.community,
                "case_like": [(n if n % 8 else n // 24 * 24).to_bytes(16, "big") for n in range(count)],
            },
        )  # fmt: skip
        refresh_plans(unit)


def test_many_cases_are_shown_with_as_few_questions_as_a_few(store: Store, waiting: Street, manager: Actor) -> None:
    """The page asks the store the same number of things, and none of them reads the whole queue row by row."""

    def statements() -> list[tuple[str, object]]:
        asked: list[tuple[str, object]] = []

        def hear(_c: object, _k: object, statement: str, parameters: object, *_: object) -> None:
            asked.append((statement, parameters))

        event.listen(store.engine, "before_cursor_execute", hear)
        try:
            opened = shown(store, manager).open
        finally:
            event.remove(store.engine, "before_cursor_execute", hear)
        assert opened is not None
        return asked

    few = statements()
    fill(store, waiting, 5_000)
    with store.read() as unit:
        assert waiting_for(unit, manager).total == 5_004
    many = statements()
    assert len(many) <= len(few) + 2
    if store.dialect == "sqlite":
        with store.engine.connect() as connection:
            for statement, parameters in many:
                if "FROM import_row" in statement:
                    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
                    read = [str(row) for row in plan if "SCAN import_row" in str(row)]
                    assert all("COVERING INDEX ix_import_row_open" in step for step in read), (statement, plan)
                    assert not [row for row in plan if "TEMP B-TREE" in str(row)], (statement, plan)


def test_a_batch_that_was_undone_waits_for_nobody(store: Store, waiting: Street, manager: Actor) -> None:
    """Cases are open until they are decided, whoever decides them."""
    with store.write() as unit:
        table = ImportRow.__table__
        unit.session.execute(sa.update(table).values(decision="replaced", decided_at=unit.now))  # type: ignore[arg-type]
    desk = shown(store, manager)
    assert desk.open is None
    assert desk.waiting.total == 0
    assert desk.queue == ()


def test_undoing_an_import_is_no_work_of_the_review(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """The cases that an undone import leaves behind do not count as decided by whoever undid it."""
    batch = unknown_compound(store, manager, tmp_path)
    with store.write() as unit:
        undo_batch(unit, manager, batch)
        assert waiting_for(unit, manager).total == 0
        assert decided_since(unit, manager, unit.now - timedelta(minutes=1)) == 0
