"""Code lists as data."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.codes import code_list, code_lists
from gridmap.codes.lists import UnknownCodeListError


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["sex", "marital_status", "relationship", "ethnic_group", "political_status"])
def test_the_lists_are_those_of_the_standards(shared_data: Path, name: str) -> None:
    with (shared_data / "codes" / f"{name}.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    codes = code_list(name)
    assert dict(codes.labels_zh) == {row["code"]: row["zh"] for row in rows}
    assert dict(codes.confidence) == {row["code"]: row["confidence"] for row in rows}
    assert all(codes.standard in row["standard"] for row in rows)


@pytest.mark.parametrize("name", sorted(code_lists()))
def test_every_code_has_both_labels_and_leads_to_itself(name: str) -> None:
    codes = code_list(name)
    for code in codes.codes:
        assert codes.label(code, "zh")
        assert codes.label(code, "en") != code
        assert codes.code_of(code) == code
        assert codes.code_of(codes.label(code, "zh")) == code
    assert all(target in codes.codes for target in codes.index.values())


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("marital_status", "已婚", "20"), ("marital_status", "离异", "40"), ("marital_status", " 丧 偶 ", "30"),
        ("relationship", "户主", "02"), ("relationship", "之子", "20"), ("relationship", "长女", "32"),
        ("relationship", "2", "02"), ("relationship", "独生子", "20"), ("relationship", "31", "30"),
        ("relationship", "独生女", "30"), ("sex", "男性", "1"), ("sex", "Ｆ", "2"), ("ethnic_group", "汉", "01"),
        ("ethnic_group", "维吾尔", "05"), ("ethnic_group", "1", "01"), ("presence", "户在人不在", "registered_away"),
        ("presence", "流动人口", "floating"), ("presence", "空挂", "registered_away"), ("sex", "雄", None),
    ],
)  # fmt: skip
def test_wordings(name: str, typed: str, code: str | None) -> None:
    assert code_list(name).code_of(typed) == code


def test_only_child_codes_are_never_stored() -> None:
    codes = code_list("relationship")
    assert not {"21", "31"} & set(codes.codes)
    assert not {"21", "31"} & set(codes.index.values())


@given(st.lists(st.one_of(st.none(), st.text(max_size=6), st.sampled_from(["男", "女", "1", "未知"])), max_size=20))
def test_whole_columns_are_looked_up_like_single_values(values: list[str | None]) -> None:
    codes = code_list("sex")
    wanted = [None if value is None else codes.code_of(value) for value in values]
    assert codes.lookup(pl.Series(values, dtype=pl.String)).to_list() == wanted


def test_an_unknown_list_says_which_there_are() -> None:
    with pytest.raises(UnknownCodeListError) as caught:
        code_list("zodiac")
    assert "marital_status" in caught.value.remedy
