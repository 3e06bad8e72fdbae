"""Which records are taken for one person: measured on invented people, and stated for the cases that matter."""

from __future__ import annotations

from datetime import date
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.duplicates.blocks import candidate_pairs
from gridmap.duplicates.names import Names, Relation, look_alike
from gridmap.duplicates.numbers import differing, repairs
from gridmap.duplicates.scoring import SCHEMA, Reason, find_pairs
from gridmap.duplicates.weights import weights
from gridmap.residents.rules import check_ids
from tests.gridmap.duplicates.people import (
    DEVELOPED,
    HELD_OUT,
    Fault,
    Record,
    listed_again,
    make_people,
    number_of,
    strangers,
)

BORN = date(1980, 5, 6)
NEW_YEAR = date(1960, 1, 1)


def as_frame(records: list[Record]) -> tuple[pl.DataFrame, list[str | None]]:
    """The records as they are compared, and their numbers (none where the number is wrong)."""
    numbers = check_ids(pl.Series([r.number for r in records], dtype=pl.String))["number"].to_list()
    frame = pl.DataFrame(
        {
            "region": [1] * len(records),
            "birth_date": [r.born for r in records],
            "sex": [r.sex for r in records],
            "name": [r.name for r in records],
            "id_index": [n.encode() if n else None for n in numbers],
            "phone_index": [r.phone.encode() if r.phone else None for r in records],
            "dwelling_id": [r.home.to_bytes(16, "big") for r in records],
            "building_id": [(r.home // 60).to_bytes(16, "big") for r in records],
            "area_id": [b"a"] * len(records),
            "household_key": [r.household for r in records],
            "fresh": [True] * len(records),
        },
        schema=SCHEMA,
    )
    return frame, numbers


def pairs_of(records: list[Record]) -> pl.DataFrame:
    frame, numbers = as_frame(records)
    return find_pairs(frame, lambda rows: [numbers[row] for row in rows])


def measure(faults: tuple[Fault, ...], *, households: int = 2000, seed: int = 11) -> tuple[float, float]:
    """Precision and recall over pairs of records of one person."""
    random = Random(seed)
    people = make_people(households, random)
    again = listed_again(people, faults, len(people) // 5, random)
    records = people + again + strangers(people, len(people) // 5, 10**7, random)
    truth = np.array([r.truth for r in records])
    found = pairs_of(records)
    one, other = found["one"].to_numpy(), found["other"].to_numpy()
    right = truth[one] == truth[other]
    return float(right.mean()), int(right.sum()) / len(again)


@pytest.mark.parametrize("faults", [DEVELOPED, HELD_OUT], ids=["developed", "held out"])
def test_people_listed_twice_are_found_and_nobody_else(faults: tuple[Fault, ...]) -> None:
    """Among twins, brothers, lodgers and namesakes, with one fault each: precision 0.99, recall 0.95."""
    precision, recall = measure(faults)
    assert precision >= 0.99
    assert recall >= 0.95


def somebody(
    name: str = "符海燕", born: date = BORN, number: str | None = None, home: int = 1, phone: str | None = None,
    sex: str = "2",
) -> Record:  # fmt: skip
    return Record(0, name, sex, born, number, phone, home, f"H{home}", "户主")


CROWD_NAMES = zip(
    "陈王吴林李周黄张韩冯" * 3, "明华国强建军德仁文光志平福财永安学业雄庆忠义昌兴和贵辉伟良清", strict=True
)
CROWD = [
    somebody("".join(name), date(1950 + at, 1 + at % 12, 3), home=100 + at, sex="12"[at % 2])
    for at, name in enumerate(CROWD_NAMES)
]


def judged(one: Record, other: Record) -> set[str] | None:
    """The reasons for taking two records for one person; None where they are not."""
    found = pairs_of([one, other, *CROWD]).filter((pl.col("one") == 0) & (pl.col("other") == 1))
    return set(found["reasons"][0]) if found.height else None


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (somebody("符海雁"), Reason.NAME_SOUND),
        (somebody("符燕海"), Reason.NAME_SWAPPED),
        (somebody("符梅燕"), Reason.NAME_SHAPE),
        (somebody(born=date(1980, 6, 5)), Reason.BIRTH_NEAR),
        (somebody(born=date(1980, 5, 16)), Reason.BIRTH_NEAR),
        (somebody(home=70), Reason.OTHER_PLACE),
        (somebody(home=2), Reason.SAME_BUILDING),
        (somebody(number=number_of(BORN, "2", "460108", 22)), Reason.SAME_DWELLING),
    ],
)
def test_a_slip_of_the_pen_does_not_make_another_person(other: Record, reason: Reason) -> None:
    """What is found says why."""
    reasons = judged(somebody(), other)
    assert reasons is not None
    assert reason in reasons


@pytest.mark.parametrize(
    "other",
    [
        somebody("符海霞"),
        somebody("符海霞", number=number_of(BORN, "2", "460108", 24)),
        somebody("符海雁", number=number_of(BORN, "2", "460108", 24)),
        somebody("符海生", sex="1", born=date(1982, 5, 6)),
        somebody("王伟", home=70),
    ],
    ids=["twin", "twin with the next number", "twin of the same sound", "brother", "another person of the same day"],
)
def test_twins_and_relatives_stay_apart(other: Record) -> None:
    """Neighbouring numbers, one birth date, one dwelling and like names do not make one person of two."""
    assert judged(somebody(number=number_of(BORN, "2", "460108", 22)), other) is None


def test_people_of_the_same_name_are_told_apart_by_their_numbers_and_birth_dates() -> None:
    mine = somebody(number=number_of(BORN, "2", "460108", 22))
    assert judged(mine, somebody(home=70, number=number_of(BORN, "2", "460107", 68))) is None
    assert judged(mine, somebody(home=70, born=date(1990, 11, 21))) is None


def test_two_who_hold_one_number_are_looked_at_whatever_their_names() -> None:
    """An identity number that two people claim is settled by comparing them."""
    number = number_of(BORN, "2", "460108", 22)
    reasons = judged(somebody(number=number), somebody("王丽", home=70, number=number))
    assert reasons is not None
    assert {Reason.NUMBER_SAME, Reason.NAME_OTHER} <= reasons


def test_a_frequent_name_says_less_than_a_rare_one() -> None:
    crowd = [somebody("王芳", date(1930 + at, 2, 1 + at % 28), home=200 + at) for at in range(60)]
    frequent = pairs_of([somebody("王芳"), somebody("王芳", home=70), *crowd])
    rare = pairs_of([somebody("符琼燕"), somebody("符琼燕", home=70), *crowd])
    assert frequent["bits"].max() < rare["bits"].max() - 3  # type: ignore[operator]


def test_only_pairs_with_a_new_record_are_judged() -> None:
    """What the register held before is not looked at again with every file."""
    frame, _ = as_frame([somebody(), somebody("符海雁"), *CROWD])
    old = frame.with_columns(fresh=pl.lit(value=False))
    assert find_pairs(old).is_empty()
    one = frame.with_columns(fresh=pl.int_range(pl.len()) == 1)
    assert find_pairs(one).select("one", "other").rows() == [(0, 1)]


def test_a_default_birth_date_of_a_whole_register_does_not_compare_everybody_with_everybody() -> None:
    """Thousands born "on 1 January": the pairs stay few, and the two of one name are still found."""
    random = Random(3)
    people = [
        somebody(
            "".join(map(random.choice, ("陈王吴林李", "明华国强建军德仁", "文光志平福财永安"))), NEW_YEAR, home=home
        )
        for home in range(3000)
    ]
    records = [*people, somebody("羊奕甫", NEW_YEAR), somebody("羊奕甫", NEW_YEAR)]
    frame, _ = as_frame(records)
    pairs = candidate_pairs(frame, Names(frame["name"]))
    assert pairs.height < 60 * len(records)
    assert (3000, 3001) in find_pairs(frame).select("one", "other").rows()


NAME = st.text("王李张符海燕雁洋扬晴睛己已·", max_size=5)


@given(st.lists(NAME, min_size=2, max_size=12))
def test_the_relation_of_names_is_the_same_both_ways(names: list[str]) -> None:
    """Symmetric; a name is the same as itself; an empty one is like none."""
    known = Names(pl.Series(names))
    one, other = (side.reshape(-1) for side in np.meshgrid(np.arange(len(names)), np.arange(len(names))))
    relations = known.relations(one, other)
    assert (relations == known.relations(other, one)).all()
    for a, b, relation in zip(one, other, relations, strict=True):
        plain = names[a].replace("·", ""), names[b].replace("·", "")
        assert (relation == Relation.SAME) == (plain[0] == plain[1] != "")


@given(st.integers(0, 17), st.integers(0, 9), st.integers(0, 499), st.dates(date(1930, 1, 1), date(2020, 1, 1)))
def test_a_wrong_character_of_a_number_is_put_right_and_the_right_number_is_among_the_repairs(
    at: int, digit: int, sequence: int, born: date
) -> None:
    right = number_of(born, "2", "460108", sequence)
    wrong = right[:at] + str(digit) + right[at + 1 :]
    found = repairs(pl.Series([right, wrong, None, "x"]), date(2026, 1, 1))
    assert set(found["at"].to_list()) <= {1}
    assert (right in found["number"].to_list()) == (wrong != right)
    assert found.height < 36


@given(st.integers(0, 15), st.integers(0, 499), st.dates(date(1930, 1, 1), date(2020, 1, 1)))
def test_neighbours_that_changed_places_are_put_right(at: int, sequence: int, born: date) -> None:
    right = number_of(born, "2", "460108", sequence)
    wrong = right[:at] + right[at + 1] + right[at] + right[at + 2 :]
    found = repairs(pl.Series([wrong]), date(2026, 1, 1))["number"].to_list()
    assert (right in found) == (wrong != right)


def test_numbers_are_compared_character_by_character() -> None:
    right = number_of(BORN, "2", "460108", 22)
    count, same_day = differing(pl.Series([right, right, None]), pl.Series([right, right[:16] + "99", right]))
    assert count.tolist() == [0, 2, 18]
    assert same_day.tolist() == [True, True, False]


def test_look_alikes_are_mutual_and_words_follow_the_odds() -> None:
    assert look_alike("己", "已")
    assert look_alike("已", "己")
    assert not look_alike("王", "燕")
    assert [weights().word(bits) for bits in (2.9, 3, 6, 12)] == ["", "possible", "likely", "certain"]
    assert weights().prior(1000) > weights().prior(2000)
