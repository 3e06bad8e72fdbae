"""Identity numbers, phones, ages and masks."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.residents.rules import (
    age_on,
    ages_on,
    check_ids,
    id_check_character,
    mask_id,
    mask_name,
    mask_phone,
    normalise_id,
    normalise_phone,
)

GOOD = "11010519491231002X"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

births = st.dates(date(1900, 1, 1), date(2026, 12, 31))
sequences = st.integers(0, 999)


def make(born: date, sequence: int, area: str = "460108") -> str:
    body = f"{area}{born:%Y%m%d}{sequence:03d}"
    return body + id_check_character(body)


@pytest.mark.shared_data
def test_the_check_character_of_published_numbers(shared_data: Path) -> None:
    with (shared_data / "codes" / "id_checksum_vectors.csv").open(encoding="utf-8") as file:
        vectors = list(csv.DictReader(file))
    assert len(vectors) >= 2
    for row in vectors:
        assert id_check_character(row["body17"]) == row["check"]


@given(births, sequences)
def test_a_well_formed_number_says_birth_and_sex_and_no_single_error_passes(born: date, sequence: int) -> None:
    number = make(born, sequence)
    digit = (int(number[3]) + 1) % 10
    found = check_ids(pl.Series([number, f"{number[:3]}{digit}{number[4:]}"]), np.zeros(2, dtype=bool))
    assert found.row(0) == (number, None, "resident", born, "1" if sequence % 2 else "2")
    assert found["problem"][1] == "checksum"


@given(births, sequences)
def test_every_way_of_typing_a_number_is_one_number(born: date, sequence: int) -> None:
    number = make(born, sequence)
    typed = [
        number.lower(),
        number.translate(FULL_WIDTH),
        f" {number[:6]} {number[6:14]}-{number[14:]} ",
        f"'{number}",
    ]
    assert {normalise_id(text) for text in typed} == {number}
    if born.year < 2000 and born.year >= 1900:
        assert normalise_id(number[:6] + number[8:17]) == number


def test_what_is_wrong_with_a_number_is_named() -> None:
    texts = [
        "110105194912310021", "11010519490231002X", "11010519491231002", "A1234567", "110105********002X",
        "1.10105E+17", None, "81000019800101123" + id_check_character("81000019800101123"),
        "91101051949123100" + id_check_character("91101051949123100"),
    ]  # fmt: skip
    found = check_ids(pl.Series(texts))
    assert found["problem"].to_list() == [
        "checksum", "birth_date", "length", "characters", "masked", "lost_digits", None, None, "birth_date",
    ]  # fmt: skip
    assert found["kind"][7] == "hmt"
    assert found["number"].null_count() == 8


def test_lost_digits_are_told_from_a_number_that_ends_in_three_zeros() -> None:
    genuine = next(n for a in range(100, 1000) if (n := make(date(1990, 1, 1), 100, f"460{a}")).endswith("000"))
    cut = GOOD[:15] + "000"
    text = pl.Series([genuine, cut])
    # A workbook knows which cell holds text; a text file does not, and one cut number convicts the column.
    assert check_ids(text, np.array([False, True]))["problem"].to_list() == [None, "lost_digits"]
    assert check_ids(pl.Series([genuine, GOOD]))["problem"].to_list() == [None, None]
    assert check_ids(text)["problem"].to_list() == ["lost_digits", "lost_digits"]


@given(births, st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_age_in_completed_years(born: date, day: date) -> None:
    age = age_on(born, day)
    assert ages_on(np.array([born, "NaT"], dtype="datetime64[D]"), day).tolist() == [age, -1]
    birthday_passed = (day.month, day.day) >= (born.month, born.day)
    assert age == day.year - born.year - (not birthday_passed)


def test_born_on_29_february_turns_older_on_1_march_of_common_years() -> None:
    born = date(2004, 2, 29)
    assert [age_on(born, day) for day in (date(2025, 2, 28), date(2025, 3, 1), date(2024, 2, 29))] == [20, 21, 20]


def test_masks_keep_only_what_they_may() -> None:
    assert mask_id(GOOD) == "110105***********X"
    assert mask_phone("13876543210") == "138******10"
    assert [mask_name(name) for name in ("王芳", "符海燕", "阿依古丽", "王", "")] == ["王*", "符*燕", "阿**丽", "*", ""]
    assert mask_id("1234567") == "*******"
    assert mask_phone("12345") == "*****"


@given(st.text(max_size=30))
def test_masks_never_grow_and_hide_the_middle(text: str) -> None:
    for mask in (mask_id, mask_phone, mask_name):
        assert len(mask(text)) == len(text)
    assert set(mask_id(text)[6:-1]) <= {"*"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 7654 3210", "13876543210"), ("+86-13876543210", "13876543210"), ("008613876543210", "13876543210"),
        ("１３８７６５４３２１０", "13876543210"), ("13876543210/13912345678", "13876543210"),
        ("0898-65321234", "089865321234"), ("(0898)65321234", "089865321234"), ("65321234", "65321234"),
        ("无", ""), ("1387654321", ""), ("12345", ""),
    ],
)  # fmt: skip
def test_phones(typed: str, kept: str) -> None:
    assert normalise_phone(typed) == kept
