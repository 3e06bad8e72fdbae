"""Finding residents: by every part of what is known of them, in scope only, masked, audited; the index kept in step."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.access.service import actor_of
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.audit.models import AuditEntry
from gridmap.audit.service import EntryFilter
from gridmap.changes import service as changes
from gridmap.changes.journal import recording
from gridmap.errors import InvalidInputError, PurposeRequiredError
from gridmap.importing.integrity import check_register
from gridmap.importing.register import import_register
from gridmap.residents.indexing import examine, index_person, mend, reindex
from gridmap.residents.models import NameTerm, Person, PersonAttribute, PersonTail, Residence
from gridmap.residents.search import SEARCH_LIMIT, Kind, matching, read_words, search_persons
from gridmap.store.store import Store, UnitOfWork
from tests.web.sample import Sample, Someone, make_sample


@pytest.fixture
def sample(store: Store) -> Sample:
    """The small register, on each engine."""
    return make_sample(store)


def act(unit: UnitOfWork, sample: Sample, username: str) -> Actor:
    """An actor of the sample."""
    return actor_of(unit, sample.users[username].id)


def add(
    unit: UnitOfWork, beside: Someone, name: str, *, id_number: str | None = None, phone: str | None = None
) -> UUID:
    """Somebody more in the room of another."""
    person = Person(region=beside.region, id_number=id_number and unit.vault.seal(id_number, "person.id_number"),
                    id_index=id_number and unit.vault.index(id_number, "id"))  # fmt: skip
    unit.session.add(person)
    unit.session.flush()
    since = date(2024, 3, 1)
    unit.session.add_all([
        PersonAttribute(region=beside.region, person_id=person.id, name=name, valid_from=since, recorded_at=unit.now,
                        phone=phone and unit.vault.seal(phone, "person_attribute.phone")),
        Residence(region=beside.region, person_id=person.id, dwelling_id=beside.dwelling_id, valid_from=since,
                  building_id=beside.building_id, recorded_at=unit.now),
    ])  # fmt: skip
    index_person(unit, beside.region, person.id, name=name, id_number=id_number, phone=phone)
    return person.id


def last_entry(unit: UnitOfWork, region: int = 1) -> AuditEntry:
    """The newest audit entry."""
    return audit.entries(unit, EntryFilter(regions=[region]), limit=1)[0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("张伟", Kind.NAME), ("zw", Kind.NAME), ("Zhang Wei", Kind.NAME), ("990101196103020013", Kind.ID_NUMBER),
        ("990101 19610302 001x", Kind.ID_NUMBER), ("990101610302001", Kind.ID_NUMBER), ("001X", Kind.TAIL),
        ("1234", Kind.TAIL), ("20013x", Kind.TAIL), ("１２３４", Kind.TAIL), ("19900000012", Kind.PHONE),
        ("0898-65321234", Kind.PHONE), ("云湾花园1号楼101", Kind.PLACE), ("云湾花园1-1-101", Kind.PLACE),
        ("滨海路2号", Kind.PLACE),
    ],
)  # fmt: skip
def test_words_are_told_apart(text: str, kind: Kind) -> None:
    """A name, a number, the end of one, a telephone, an address; their text is not in what is printed."""
    wanted = read_words(text)
    assert wanted.kind is kind
    assert wanted.key not in repr(wanted)


@pytest.mark.parametrize("text", ["123", "12X4", "--", "?", "1234567X"])
def test_what_nobody_can_be_found_by_is_refused(text: str) -> None:
    """With what would do instead."""
    with pytest.raises(InvalidInputError):
        read_words(text)


def test_everybody_is_found_by_everything_known_of_them(store: Store, sample: Sample) -> None:
    """Name, any part of it, number, its last four to six, telephone, its last four, room."""
    someone = sample.of("c1")[0]
    with store.write() as unit:
        officer = act(unit, sample, "community")
        clues = [
            someone.name, someone.name[1:], someone.name[:2] + someone.name[2:3], someone.id_number,
            f" {someone.id_number[:6]} {someone.id_number[6:]} ", someone.phone, someone.id_number[-6:],
            someone.id_number[-5:].lower(), "云湾花园1号楼1单元101", "云湾花园 1-1-101", "云湾花园1栋101室",
        ]  # fmt: skip
        missed = [
            place
            for place, words in enumerate(clues)
            if someone.id not in {p.id for p in search_persons(unit, officer, words, purpose="visit")[0]}
        ]
        assert missed == []
        found, _ = search_persons(unit, officer, someone.phone)
        assert [person.id for person in found] == [someone.id]
        assert someone.name not in repr(found)
        assert someone.id_number not in repr(found)


def test_the_best_fit_comes_first(store: Store, sample: Sample) -> None:
    """The whole name, then names that begin so, then names that hold it; pinyin and initials alike."""
    beside = sample.of("c1")[0]
    with store.write() as unit:
        infix, prefix, exact = (add(unit, beside, name) for name in ("欧阳麦子", "麦子奇", "麦子"))
        officer = act(unit, sample, "street")
        for words in ("麦子", "maizi"):
            found, more = search_persons(unit, officer, words)
            assert ([person.id for person in found], more) == ([exact, prefix, infix], False)
        found, _ = search_persons(unit, officer, "mzq")
        assert [person.id for person in found] == [prefix]
        assert {key[1] for key in matching(unit, [1], "子奇", sample.today)} == {prefix}


def test_of_those_who_fit_equally_all_are_shown_or_none(store: Store, sample: Sample) -> None:
    """Nobody can leaf through a register by searching it; the few who fit better are still shown."""
    beside = sample.of("c1")[0]
    with store.write() as unit:
        exact = add(unit, beside, "麦子")
        others = {add(unit, beside, f"麦子{character}") for character in "一二三四五六七八九十甲乙丙丁戊己庚辛壬"}
        officer = act(unit, sample, "street")
        found, more = search_persons(unit, officer, "麦子")
        assert (len(found), more) == (SEARCH_LIMIT, False)
        add(unit, beside, "麦子癸")
        found, more = search_persons(unit, officer, "麦子")
        assert ([person.id for person in found], more) == ([exact], True)
        assert len(matching(unit, [1], "麦子", sample.today)) == len(others) + 2


def test_nothing_outside_the_areas_is_found_or_counted(store: Store, sample: Sample) -> None:
    """Whatever is known of somebody elsewhere: an empty answer, and an entry that says nothing of them."""
    mine = sample.of("c1")[0]
    for cell, region in (("c2", 1), ("c4", 2)):
        other = sample.of(cell)[0]
        with store.write() as unit:
            worker = act(unit, sample, "worker1")
            many = {
                add(unit, other, f"麦子{character}") for character in "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子丑"
            }
            assert len(matching(unit, [region], "麦子", sample.today)) >= len(many)
            for words in (
                other.name,
                other.id_number,
                other.phone,
                other.id_number[-6:],
                "麦子",
                "mz",
                "水湾花园1-1-101",
            ):
                assert search_persons(unit, worker, words, purpose="visit") == ([], False)
                entry = last_entry(unit, 0)
                assert (entry.action, entry.subjects, json.loads(entry.details)["rows"]) == ("search.persons", "[]", 0)
                assert not [token for token in (*other.tokens, words) if token in entry.details + str(entry.purpose)]
            add(unit, mine, "麦子某")
            found, more = search_persons(unit, worker, "麦子")
            assert (len(found), more) == (1, False)
            unit.session.rollback()


def test_the_end_of_a_number_needs_a_purpose_and_the_log_keeps_it(store: Store, sample: Sample) -> None:
    """No purpose, no answer; the number is nowhere in the entry."""
    someone = sample.of("c1")[0]
    tail = someone.id_number[-6:]
    with store.write() as unit:
        worker = act(unit, sample, "worker1")
        for purpose, note in (("", ""), ("curious", ""), ("other", "x")):
            with pytest.raises(PurposeRequiredError):
                search_persons(unit, worker, tail, purpose=purpose, note=note)
        found, _ = search_persons(unit, worker, tail, purpose="other", note="社保核对")
        assert someone.id in {person.id for person in found}
        entry = last_entry(unit)
        assert (entry.action, entry.purpose) == ("search.persons", "other: 社保核对")
        assert json.loads(entry.subjects) == sorted(str(person.id) for person in found)
        assert tail not in entry.details + entry.subjects
        with pytest.raises(InvalidInputError):
            search_persons(unit, worker, someone.name[0])


def test_a_telephone_is_found_by_its_last_four_and_forgotten_when_it_changes(store: Store, sample: Sample) -> None:
    """What somebody had before is no way to them; a collision of tails is told apart by the number itself."""
    beside = sample.of("c1")[0]
    with store.write() as unit:
        officer = act(unit, sample, "street")
        person = add(unit, beside, "麦子", phone="13900004321", id_number="99010119800101236X")
        for words, hit in (("4321", True), ("04321", True), ("14321", False), ("236x", True), ("01236x", True),
                           ("02236x", False), ("13900004321", True), ("13800004321", False)):  # fmt: skip
            found, _ = search_persons(unit, officer, words, purpose="visit")
            assert (person in {one.id for one in found}) is hit, words
        unit.session.execute(
            sa.update(PersonAttribute).where(PersonAttribute.person_id == person)
            .values(valid_to=sample.today, name="麦子")
        )  # fmt: skip
        unit.session.add(
            PersonAttribute(region=1, person_id=person, name="麦穗", valid_from=sample.today, recorded_at=unit.now,
                            phone=unit.vault.seal("13900005678", "person_attribute.phone"))
        )  # fmt: skip
        index_person(unit, 1, person, name="麦穗", phone="13900005678")
        for words, hit in (("4321", False), ("5678", True), ("麦子", False), ("麦穗", True)):
            found, _ = search_persons(unit, officer, words, purpose="visit")
            assert (person in {one.id for one in found}) is hit, words


def test_who_left_is_not_found(store: Store, sample: Sample) -> None:
    """Only who lives in the areas today."""
    someone = sample.of("c1")[0]
    with store.write() as unit:
        unit.session.execute(
            sa.update(Residence).where(Residence.person_id == someone.id)
            .values(valid_to=sample.today - timedelta(days=1), cause_out="move_out")
        )  # fmt: skip
        officer = act(unit, sample, "street")
        for words in (someone.name, someone.id_number, someone.phone, someone.id_number[-4:]):
            assert someone.id not in {p.id for p in search_persons(unit, officer, words, purpose="visit")[0]}


# --- the index -------------------------------------------------------------------------------------------------------


def test_an_import_leaves_nothing_unindexed(store: Store, sample: Sample, tmp_path: Path) -> None:
    """New people, new numbers, new names of known people: all found at once."""
    known = sample.of("c1")[0]
    file = tmp_path / "register.csv"
    file.write_text(
        "姓名,身份证号,性别,现住址,联系电话,与户主关系\n"
        "麦子,99010119800101236X,女,云湾花园1号楼1单元102,13912340000,户主\n"
        f"{known.name}改,{known.id_number},男,云湾花园1号楼1单元101,13912349999,户主\n",
        "utf-8",
    )
    with store.read() as unit:
        manager = act(unit, sample, "manager")
    result = import_register(store, manager, file, "469900001")
    assert result.counts["rejected"] == 0
    with store.write() as unit:
        assert examine(unit).sound
        officer = act(unit, sample, "street")
        for words in ("麦子", "mz", "236X", f"{known.name}改"):
            assert len(search_persons(unit, officer, words, purpose="visit")[0]) == 1
        found, _ = search_persons(unit, officer, "9999", purpose="visit")
        assert known.id in {person.id for person in found}


def test_what_nobody_told_is_found_and_mended(store: Store, sample: Sample) -> None:
    """Rows written past the index, terms of nobody, lost tails; afterwards everything is as it was made."""
    with store.write() as unit:
        assert examine(unit).sound
        before = contents(unit)
        unit.session.execute(sa.delete(NameTerm).where(NameTerm.region == 1, NameTerm.place > 1))
        unit.session.execute(sa.delete(PersonTail).where(PersonTail.region == 2))
        unit.session.add(NameTerm(region=2, term="无名".encode(), name="无名", place=0))
        unit.session.add(PersonTail(region=1, tail=bytes(8), person_id=sample.of("c1")[0].id))
        unit.session.flush()
        state = examine(unit)
        assert state.missing > 0
        assert state.stray == 2
        assert mend(unit) == state
        assert examine(unit).sound
        assert contents(unit) == before


def test_a_person_who_is_deleted_takes_the_tails_along(store: Store, sample: Sample) -> None:
    """Undoing an import deletes persons; nothing of them stays in the index, the name neither once it is mended."""
    beside = sample.of("c1")[0]
    with store.write() as unit:
        before = contents(unit)
        person = add(unit, beside, "麦子", phone="13900004321", id_number="99010119800101236X")
        assert contents(unit) != before
        for model in (Residence, PersonAttribute):
            unit.session.execute(sa.delete(model).where(model.person_id == person))
        unit.session.execute(sa.delete(Person).where(Person.id == person))
        assert contents(unit)[1] == before[1]
        mend(unit, [1])
        assert contents(unit) == before


def test_persons_known_by_key_alone_are_indexed_anew(store: Store, sample: Sample) -> None:
    """Whoever brings records back says whose they are; nobody else is touched."""
    someone = sample.of("c1")[0]
    with store.write() as unit:
        before = contents(unit)
        unit.session.execute(sa.delete(PersonTail).where(PersonTail.person_id == someone.id))
        unit.session.execute(sa.delete(NameTerm).where(NameTerm.region == 1, NameTerm.name == someone.name))
        unit.session.execute(sa.delete(NameTerm).where(NameTerm.region == 2))
        reindex(unit, [(1, someone.id)])
        assert contents(unit)[1] == before[1]
        assert contents(unit)[0] == {row for row in before[0] if row[0] == 1}


def test_checking_the_register_names_what_is_amiss(store: Store, sample: Sample) -> None:
    """Before and after; what to do is said."""
    with store.write() as unit:
        unit.session.execute(sa.delete(NameTerm).where(NameTerm.region == 1, NameTerm.place == 0))
        manager = act(unit, sample, "manager")
    issues = {issue.code: issue for issue in check_register(store, manager).errors}
    assert issues["search_incomplete"].params["missing"] > 0
    with store.write() as unit:
        mend(unit)
    assert "search_incomplete" not in {issue.code for issue in check_register(store, manager).errors}


def contents(unit: UnitOfWork) -> tuple[set[tuple[object, ...]], set[tuple[object, ...]]]:
    """Both tables, whole."""
    terms = unit.session.execute(sa.select(NameTerm.region, NameTerm.term, NameTerm.name, NameTerm.place))
    tails = unit.session.execute(sa.select(PersonTail.region, PersonTail.tail, PersonTail.person_id))
    return {(a, bytes(b), c, d) for a, b, c, d in terms}, {(a, bytes(b), c) for a, b, c in tails}


def test_whatever_a_session_writes_is_found(store: Store, sample: Sample) -> None:
    """Without anybody's saying so: a new person, another name, another telephone."""
    beside = sample.of("c1")[0]
    with store.write() as unit:
        person = Person(
            region=1,
            id_number=unit.vault.seal("99010119800101236X", "person.id_number"),
            id_index=unit.vault.index("99010119800101236X", "id"),
        )
        unit.session.add(person)
        unit.session.flush()
        state = PersonAttribute(
            region=1, person_id=person.id, name="麦子", valid_from=date(2024, 3, 1), recorded_at=unit.now
        )
        stay = Residence(region=1, person_id=person.id, building_id=beside.building_id, valid_from=date(2024, 3, 1),
                         recorded_at=unit.now)  # fmt: skip
        unit.session.add_all([state, stay])
        unit.session.flush()
        state.name, state.phone = "麦穗", unit.vault.seal("13900005678", "person_attribute.phone")
        unit.session.flush()
        officer = act(unit, sample, "street")
        for words in ("麦穗", "236x", "5678"):
            assert [one.id for one in search_persons(unit, officer, words, purpose="visit")[0]] == [person.id], words
        assert examine(unit).missing == 0


def test_an_undo_brings_back_and_forgets(store: Store, sample: Sample) -> None:
    """Undoing an entry leaves nothing of it in the index; undoing a deletion makes its person found again."""
    beside, gone = sample.of("c1")[:2]
    with store.write() as unit:
        manager = act(unit, sample, "manager")
        before = contents(unit)
        with recording(unit, manager, "test.add", region=1) as added:
            add(unit, beside, "麦子", phone="13900004321", id_number="99010119800101236X")
        assert contents(unit) != before
        changes.undo(unit, manager, added.id)
        assert contents(unit) == before
        with recording(unit, manager, "test.delete", region=1) as deleted:
            for model in (Residence, PersonAttribute):
                for row in unit.session.scalars(sa.select(model).where(model.person_id == gone.id)):
                    unit.session.delete(row)
            unit.session.flush()
            unit.session.delete(unit.session.get_one(Person, (1, gone.id)))
        officer = act(unit, sample, "street")
        assert search_persons(unit, officer, gone.id_number)[0] == []
        changes.undo(unit, manager, deleted.id)
        assert contents(unit) == before
        for words in (gone.name, gone.phone, gone.id_number[-6:]):
            assert gone.id in {one.id for one in search_persons(unit, officer, words, purpose="visit")[0]}
