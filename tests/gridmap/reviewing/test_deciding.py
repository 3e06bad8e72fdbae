"""Deciding cases: what each decision says it will do, what it writes, and that it can be taken back exactly."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas import repository
from gridmap.areas.service import add_area
from gridmap.batches.models import ImportRow
from gridmap.bootstrap import METADATA
from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.changes.images import journaled
from gridmap.changes.service import AlreadyUndoneError, ChangedSinceError
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.register import import_register
from gridmap.importing.undoing import obstacles, undo_batch
from gridmap.linking.aliases import AliasEntry
from gridmap.residents.models import Person, PersonAttribute, PersonKey, Residence
from gridmap.reviewing import history
from gridmap.reviewing.cases import AlreadyDecidedError, Case, NoPersonError
from gridmap.reviewing.choosing import choices, find_places
from gridmap.reviewing.claims import give_up
from gridmap.reviewing.deciding import decide, preview
from gridmap.reviewing.decision import Decision, Effect
from gridmap.reviewing.new_places import NewPlace
from gridmap.reviewing.showing import show
from gridmap.store.ids import uuid7
from gridmap.store.store import Store
from tests.gridmap.importing.registers import (
    Street,
    make_manager,
    make_street,
    person,
    residences,
    write_csv,
)
from tests.gridmap.reviewing.cases import DAY, UNDER, case_at, hand_in, queue, unknown_compound

AT_ONE, AT_TWO, UNCLEAR = "海岸花园1号楼1单元101", "海岸花园2号楼201", "海岸花园2号楼202"


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


def register_of(store: Store) -> dict[str, list[str]]:
    """Every journaled record, so that two states of the register can be compared."""
    with store.read() as unit:
        tables = [table for table in METADATA.sorted_tables if journaled(table)]
        return {table.name: sorted(str(row) for row in unit.session.execute(sa.select(table))) for table in tables}


def take(store: Store, actor: Actor, case: Case, kind: str, extent: str = "one", **facts: Any) -> Effect:
    """Decide a case, and find that the preview said what then happened."""
    wanted = Decision(kind, extent, **facts)
    before = register_of(store)
    with store.write() as unit:
        said = preview(unit, actor, case.key, wanted)
    assert register_of(store) == before
    with store.write() as unit:
        done = decide(unit, actor, case.key, wanted)
    assert (said.cases, said.left, said.rows, said.on) == (done.cases, done.left, done.rows, done.on)
    return done


def take_back(store: Store, actor: Actor, done: Effect) -> None:
    """Undo a decision."""
    assert done.change_id is not None
    with store.write() as unit:
        history.undo(unit, actor, done.change_id)


def test_placing_a_case_places_everybody_at_its_address(store: Store, waiting: Street, manager: Actor) -> None:
    room = waiting.rooms["海景花园1-1-101"]
    before = register_of(store)
    done = take(store, manager, case_at(store, manager, AT_ONE), "place", "alike", dwelling_id=room)
    assert (done.cases, done.left) == (2, 0)
    placed = [row for row in residences(store, waiting) if row.dwelling_id == room]
    assert len(placed) == 2
    assert {(row.valid_from, row.cause_in) for row in placed} == {(DAY, "initial")}
    assert len({row.household_id for row in placed}) == 1
    assert {row.batch_id for row in placed} == {done.change_id}
    assert [case.address for case in queue(store, manager)] == [AT_TWO, UNCLEAR]
    take_back(store, manager, done)
    assert register_of(store) == before
    assert [case.address for case in queue(store, manager)] == [AT_ONE, AT_TWO, UNCLEAR]


def test_one_of_several_rows_can_be_placed_alone(store: Store, waiting: Street, manager: Actor) -> None:
    room = waiting.rooms["海景花园1-1-102"]
    assert take(store, manager, case_at(store, manager, AT_ONE), "place", dwelling_id=room).cases == 1
    again = case_at(store, manager, AT_ONE)
    assert again.row == 3
    with store.write() as unit:
        assert show(unit, manager, again.key).open.alike == 1  # type: ignore[union-attr]


def test_only_the_building_may_be_known(store: Store, waiting: Street, manager: Actor) -> None:
    """Then people count in the building; the room that is learned later replaces that belief from its own date."""
    building = waiting.buildings["海景花园1"]
    take(store, manager, case_at(store, manager, AT_ONE), "building", "alike", building_id=building)
    there = [row for row in residences(store, waiting) if row.building_id == building]
    assert [row.dwelling_id for row in there] == [None, None]
    assert {row.valid_from for row in there} == {DAY}


def test_a_name_settles_every_case_that_it_makes_clear(
    store: Store, waiting: Street, manager: Actor, tmp_path: Path
) -> None:
    before = register_of(store)
    entry = AliasEntry("compound", "海景花园", "海岸花园")
    done = take(store, manager, case_at(store, manager, AT_TWO), "alias", "named", alias=entry)
    assert (done.cases, done.left) == (3, 1)
    assert {row.dwelling_id for row in residences(store, waiting)} == {
        waiting.rooms["海景花园1-1-101"],
        waiting.rooms["海景花园2-1-201"],
    }
    late = write_csv(tmp_path / "late.csv", [person("陈明", 5, "海岸花园2号楼301")])
    with store.read() as unit:
        (learned,) = history.learned(unit, manager)
    assert (learned.alias, learned.official) == ("海岸花园", "海景花园")
    take_back(store, manager, done)
    assert register_of(store) == before
    assert import_register(store, manager, late, UNDER).counts["needs_review"] == 1


def test_a_name_that_does_not_lead_there_is_learned_and_the_case_placed_where_chosen(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    hand_in(
        store, manager, tmp_path / "r.csv", [person("王芳", 2, "老机关院7号楼101"), person("李娜", 4, "老机关院8号楼1")]
    )
    entry, room = AliasEntry("compound", "海景花园", "老机关院"), street.rooms["海景花园2-1-101"]
    case = case_at(store, manager, "老机关院7号楼101")
    done = take(store, manager, case, "alias", "named", alias=entry, dwelling_id=room)
    assert (done.cases, done.left) == (1, 1)
    assert [row.dwelling_id for row in residences(store, street) if row.dwelling_id] == [room]


def test_a_name_that_was_only_looked_at_is_not_understood(store: Store, waiting: Street, manager: Actor) -> None:
    """What a preview tried is forgotten, also by what is kept of the places."""
    case = case_at(store, manager, AT_TWO)
    with store.write() as unit:
        preview(
            unit, manager, case.key, Decision("alias", "named", alias=AliasEntry("compound", "银湖花园", "海岸花园"))
        )
    wanted = Decision("alias", "named", alias=AliasEntry("compound", "海景花园", "海岸花园"))
    with store.write() as unit:
        assert choices(unit, manager, case.key)[0].candidate.name_similarity < 1
        assert preview(unit, manager, case.key, wanted).cases == 3


def test_a_learned_name_can_be_withdrawn(store: Store, waiting: Street, manager: Actor, tmp_path: Path) -> None:
    entry = AliasEntry("compound", "海景花园", "海岸花园")
    take(store, manager, case_at(store, manager, AT_TWO), "alias", "named", alias=entry)
    with store.write() as unit:
        (learned,) = history.learned(unit, manager)
        history.withdraw(unit, manager, learned.id)
        with pytest.raises(NotFoundError):
            history.withdraw(unit, manager, learned.id)
        assert history.learned(unit, manager) == []
    assert len([row for row in residences(store, waiting) if row.dwelling_id]) == 3
    late = write_csv(tmp_path / "late.csv", [person("陈明", 5, "海岸花园2号楼301")])
    assert import_register(store, manager, late, UNDER).counts["needs_review"] == 1


def test_a_place_that_is_missing_is_made(store: Store, waiting: Street, manager: Actor) -> None:
    """A room, a unit, a building: made where it is missing, found where it is there, gone again when taken back."""
    before, stock = register_of(store), stock_of(store)
    for wanted, made in (
        (NewPlace(room="401", unit="1", compound="海景花园", number="2号楼"), (0, 0, 1)),
        (NewPlace(room="101", unit="2", compound="海景花园", number="2"), (0, 1, 1)),
        (NewPlace(room="101", unit="1", compound="海景花园", number="2号楼"), (0, 0, 0)),
        (NewPlace(room="301", compound="海岸花园", number="9号楼"), (1, 1, 1)),
        (NewPlace(compound="海岸花园", number="9号楼"), (1, 0, 0)),
        (NewPlace(room="201", road="海府路", road_no="99号"), (1, 1, 1)),
    ):
        done = take(store, manager, case_at(store, manager, AT_ONE), "new_place", "alike", new=wanted)
        assert done.cases == 2
        assert tuple(now - then for now, then in zip(stock_of(store), stock, strict=True)) == made
        there = [row for row in residences(store, waiting) if row.building_id]
        assert len(there) == 2
        assert {row.dwelling_id is None for row in there} == {not wanted.room}
        take_back(store, manager, done)
        assert register_of(store) == before


def stock_of(store: Store) -> tuple[int, ...]:
    """How many buildings, units and dwellings there are."""
    with store.read() as unit:
        return tuple(
            unit.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
            for model in (Building, Unit, Dwelling)
        )


def test_a_place_that_nothing_names_is_not_made(store: Store, waiting: Street, manager: Actor) -> None:
    case = case_at(store, manager, AT_ONE)
    for wanted in (
        None, NewPlace(room="301"), NewPlace(room="301", compound="新小区"),
        NewPlace(room="3" * 40, compound="新", number="1"), NewPlace(building_id=waiting.buildings["海景花园1"]),
    ):  # fmt: skip
        with store.write() as unit, pytest.raises(InvalidInputError):
            decide(unit, manager, case.key, Decision("new_place", new=wanted))


def test_who_is_not_clear_cannot_be_placed_but_given_back(store: Store, waiting: Street, manager: Actor) -> None:
    case = case_at(store, manager, UNCLEAR)
    room = waiting.rooms["海景花园2-1-202"]
    with store.write() as unit, pytest.raises(NoPersonError):
        decide(unit, manager, case.key, Decision("place", dwelling_id=room))
    take(store, manager, case, "give_back")
    with store.read() as unit:
        row = unit.session.get(ImportRow, (case.key.region, case.key.batch_id, case.key.seq))
        assert row is not None
        assert row.decision == "give_back"
    assert len(queue(store, manager)) == 2


def test_all_of_one_reason_can_be_left_as_they_are(store: Store, waiting: Street, manager: Actor) -> None:
    done = take(store, manager, case_at(store, manager, AT_ONE), "skip", "reason")
    assert (done.cases, done.rows) == (3, (2, 3, 4))
    assert [case.reason for case in queue(store, manager)] == ["person_unclear"]


def test_an_unclear_person_is_taken_for_a_known_one(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    hand_in(store, manager, tmp_path / "1.csv", [person("周九", 4, "海景花园2号楼101"), person("周九", 6)])
    hand_in(store, manager, tmp_path / "2.csv", [{"姓名": "周九", "现住址": "海景花园2号楼201"}], on=date(2026, 3, 1))
    before = register_of(store)
    (case,) = queue(store, manager)
    with store.write() as unit:
        opened = show(unit, manager).open
    assert opened is not None
    assert [one.person.name for one in opened.persons] == ["周*", "周*"]
    chosen = next(one.person for one in opened.persons if "2号楼" in (one.person.place or ""))
    done = take(store, manager, case, "same_person", person=(chosen.region, chosen.id))
    moved = [row for row in residences(store, street) if row.person_id == chosen.id]
    assert [(row.dwelling_id, row.valid_to, row.cause_out) for row in moved] == [
        (street.rooms["海景花园2-1-101"], date(2026, 3, 1), "move_within"),
        (street.rooms["海景花园2-1-201"], None, None),
    ]
    take_back(store, manager, done)
    assert register_of(store) == before
    with store.write() as unit, pytest.raises(NotFoundError):
        decide(unit, manager, case.key, Decision("same_person", person=(chosen.region, case.key.batch_id)))


def test_an_unclear_person_is_entered_as_a_new_one(store: Store, waiting: Street, manager: Actor) -> None:
    before = register_of(store)
    done = take(store, manager, case_at(store, manager, UNCLEAR), "new_person")
    with store.read() as unit:
        names = unit.session.scalars(sa.select(PersonAttribute.name).where(PersonAttribute.batch_id == done.change_id))
        assert list(names) == ["周九"]
    arrived = next(row for row in residences(store, waiting) if row.batch_id == done.change_id)
    assert (arrived.area_id, arrived.cause_in) == (waiting.community, "initial")
    take_back(store, manager, done)
    assert register_of(store) == before


@pytest.mark.parametrize("kind", ["new_person", "same_person"])
def test_an_import_is_not_undone_under_decisions_about_its_cases(
    store: Store, street: Street, manager: Actor, tmp_path: Path, kind: str
) -> None:
    """A decision may write what touches no record of the import: it stands on the import all the same."""
    hand_in(store, manager, tmp_path / "1.csv", [person("周九", 4, "海景花园2号楼101"), person("周九", 6)])
    before = {row.id for row in residences(store, street) if row.valid_to is None}
    hand_in(store, manager, tmp_path / "2.csv", [{"姓名": "周九", "现住址": "海景花园2号楼201"}], on=date(2026, 3, 1))
    (case,) = queue(store, manager)
    with store.write() as unit:
        opened = show(unit, manager).open
    assert opened is not None
    chosen = opened.persons[0].person
    facts = {"person": (chosen.region, chosen.id)} if kind == "same_person" else {}
    done = take(store, manager, case, kind, **facts)
    with store.write() as unit:
        assert [one.change_id for one in obstacles(unit, manager, case.key.batch_id)] == [done.change_id]
        with pytest.raises(ChangedSinceError):
            undo_batch(unit, manager, case.key.batch_id)
    with store.write() as unit:
        undo_batch(unit, manager, case.key.batch_id, together=True)
    assert {row.id for row in residences(store, street) if row.valid_to is None} == before
    assert queue(store, manager) == []


def test_an_absent_person_leaves_on_a_date_only_by_decision(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    hand_in(store, manager, tmp_path / "1.csv", [person("王芳", 2)])
    rows = [person("李伟", 3, "海景花园2号楼101")]
    hand_in(store, manager, tmp_path / "2.csv", rows, complete=True, on=date(2026, 6, 1))
    before = register_of(store)
    (case,) = queue(store, manager)
    assert case.absent
    assert case.content["name"] == "王*"
    assert case.address.startswith("海景花园1号楼")
    for cause in ("move_out", "death"):
        with store.write() as unit, pytest.raises(InvalidInputError):
            decide(unit, manager, case.key, Decision(cause))
        done = take(store, manager, case, cause, on=date(2026, 5, 20))
        gone = next(row for row in residences(store, street) if row.dwelling_id == street.rooms["海景花园1-1-101"])
        assert (gone.valid_to, gone.cause_out) == (date(2026, 5, 20), cause)
        take_back(store, manager, done)
        assert register_of(store) == before
    assert take(store, manager, case, "stays", "reason").cases == 1
    assert register_of(store)["residence"] == before["residence"]


def test_whoever_lives_elsewhere_moves_by_a_decision_of_both_areas(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """The data manager of one community neither sees nor decides that case; whoever answers for both does."""
    hand_in(store, manager, tmp_path / "1.csv", [person("王芳", 2, "银湖花园1栋101")], under="460108001002")
    here = make_manager(store, street.community)
    rows = [person("王芳", 2, "海景花园1号楼1单元102"), person("李娜", 4, "海岸花园9号楼")]
    hand_in(store, here, tmp_path / "2.csv", rows, on=date(2026, 4, 1))
    assert [case.row for case in queue(store, here)] == [3]
    case = next(case for case in queue(store, manager) if case.row == 2)
    with store.write() as unit, pytest.raises(NotFoundError):
        show(unit, here, case.key)
    before = register_of(store)
    with store.write() as unit:
        opened = show(unit, manager, case.key).open
    assert opened is not None
    (offered,) = opened.persons
    assert offered.same_number
    done = take(store, manager, case, "same_person", person=(offered.person.region, offered.person.id))
    homes = {(row.dwelling_id, row.valid_to) for row in residences(store, street) if row.person_id == offered.person.id}
    assert homes == {
        (street.rooms["银湖花园1b-1-101"], date(2026, 4, 1)),
        (street.rooms["海景花园1-1-102"], None),
    }
    take_back(store, manager, done)
    assert register_of(store) == before


def test_a_decision_outside_the_actors_areas_is_refused(
    store: Store, waiting: Street, manager: Actor, tmp_path: Path
) -> None:
    case = case_at(store, manager, AT_ONE)
    elsewhere = make_manager(store, waiting.cells[0])
    community = make_manager(store, waiting.community)
    room, outside = waiting.rooms["海景花园1-1-101"], waiting.rooms["银湖花园1b-1-101"]
    with store.write() as unit:
        give_up(unit, manager)
    for actor, target in ((elsewhere, room), (community, outside)):
        with store.write() as unit, pytest.raises(NotFoundError):
            decide(unit, actor, case.key, Decision("place", dwelling_id=target))
    with store.write() as unit, pytest.raises(NotFoundError):
        choices(unit, elsewhere, case.key)
    done = take(store, community, case, "place", "alike", dwelling_id=room)
    assert done.change_id is not None
    with store.write() as unit, pytest.raises(NotFoundError):
        history.undo(unit, elsewhere, done.change_id)
    with store.read() as unit:
        assert history.decisions(unit, elsewhere) == []
        (taken,) = history.decisions(unit, community)
        assert (taken.kind, taken.cases, taken.who) == ("place", 2, "M")


def test_a_late_decision_is_told_who_decided_what(store: Store, waiting: Street, manager: Actor) -> None:
    case = case_at(store, manager, AT_TWO)
    take(store, manager, case, "skip")
    with store.write() as unit, pytest.raises(AlreadyDecidedError) as refused:
        decide(unit, manager, case.key, Decision("skip"))
    assert refused.value.params == {"who": "M", "what": refused.value.params["what"]}
    assert str(refused.value.params["what"]) == "left as it is"
    assert refused.value.at is not None


def test_a_decision_that_others_stand_on_is_not_taken_back(
    store: Store, waiting: Street, manager: Actor, tmp_path: Path
) -> None:
    room = waiting.rooms["海景花园2-1-201"]
    first = take(store, manager, case_at(store, manager, AT_TWO), "place", dwelling_id=room)
    hand_in(store, manager, tmp_path / "m.csv", [person("李娜", 4, "海岸花园8号楼1")], on=date(2026, 2, 1))
    later = case_at(store, manager, "海岸花园8号楼1")
    other = waiting.rooms["海景花园2-1-302"]
    second = take(store, manager, later, "place", dwelling_id=other, on=date(2026, 2, 1))
    with pytest.raises(ChangedSinceError):
        take_back(store, manager, first)
    take_back(store, manager, second)
    with pytest.raises(AlreadyUndoneError):
        take_back(store, manager, second)


def test_what_is_no_decision_or_reaches_too_far_is_refused(store: Store, waiting: Street, manager: Actor) -> None:
    case = case_at(store, manager, AT_ONE)
    for kind, extent in (
        ("place", "reason"), ("alias", "one"), ("burn", "one"), ("move_out", "alike"), ("skip", "all"),
    ):  # fmt: skip
        with store.write() as unit, pytest.raises(InvalidInputError):
            decide(unit, manager, case.key, Decision(kind, extent))


def test_nothing_happens_in_the_future(store: Store, waiting: Street, manager: Actor) -> None:
    case = case_at(store, manager, AT_ONE)
    with store.write() as unit:
        tomorrow = local_today(unit) + timedelta(days=1)
        with pytest.raises(InvalidInputError):
            decide(unit, manager, case.key, Decision("skip", on=tomorrow))


def test_any_place_of_ones_areas_is_found_by_its_text(store: Store, waiting: Street, manager: Actor) -> None:
    case = case_at(store, manager, AT_ONE)
    community = make_manager(store, waiting.community)
    with store.write() as unit:
        found = find_places(unit, manager, case.key, "银湖花园1栋 101")
        assert {one.dwelling_id for one in found[:2]} == {
            waiting.rooms["银湖花园1-1-101"], waiting.rooms["银湖花园1b-1-101"],
        }  # fmt: skip
        mine = {one.building_id for one in find_places(unit, community, case.key, "银湖花园1栋 101")}
        assert waiting.buildings["银湖花园1b"] not in mine
        assert find_places(unit, manager, case.key, "  ") == []


def test_persons_move_across_streets_by_a_record_of_their_own(
    store: Store, street: Street, manager: Actor, tmp_path: Path
) -> None:
    """The record of the old street ends, the new street begins one, the number leads to the new one; undone exactly."""
    other = make_second_street(store)
    hand_in(store, manager, tmp_path / "1.csv", [person("王芳", 2)])
    hand_in(
        store, manager, tmp_path / "2.csv", [person("王芳", 2, "新港花园1号楼101")], under=other, on=date(2026, 5, 1)
    )
    before = register_of(store)
    (case,) = queue(store, manager)
    assert case.reason == "elsewhere"
    with store.write() as unit:
        opened = show(unit, manager, case.key).open
    assert opened is not None
    (offered,) = opened.persons
    done = take(store, manager, case, "same_person", person=(offered.person.region, offered.person.id))
    with store.read() as unit:
        key = unit.session.scalars(sa.select(PersonKey)).one()
        assert key.region == case.key.region != offered.person.region
        rows = unit.session.scalars(sa.select(Residence).order_by(Residence.valid_from)).all()
        assert [(row.region, row.cause_in, row.valid_to, row.cause_out) for row in rows] == [
            (offered.person.region, "initial", date(2026, 5, 1), "move_out"),
            (case.key.region, "move_in", None, None),
        ]
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 2
    take_back(store, manager, done)
    assert register_of(store) == before


def make_second_street(store: Store) -> str:
    """Another street of the district with one building; its code."""
    with store.write() as unit:
        district = repository.by_code(unit, "460108", date(2026, 1, 1))
        area = add_area(unit, code="460108002", name="蓝天街道", level="street", parent=district)
        node = repository.get(unit, area.id)
        assert node is not None
        assert node.region is not None
        ids = [uuid7() for _ in range(4)]
        region = node.region
        unit.session.add(Compound(region=region, id=ids[0], name="新港花园", area_id=area.id))
        unit.session.flush()
        unit.session.add(Building(region=region, id=ids[1], compound_id=ids[0], area_id=area.id, number="1号楼"))
        unit.session.flush()
        unit.session.add(Unit(region=region, id=ids[2], building_id=ids[1], name="1单元"))
        unit.session.flush()
        unit.session.add(Dwelling(region=region, id=ids[3], building_id=ids[1], unit_id=ids[2], floor=1, room="101"))
        unit.changed("geometry", "register")
    return "460108002"
