"""From written addresses to dwellings."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.linking.candidates import suggest
from gridmap.linking.grammar import PARTS, parse_addresses
from gridmap.linking.index import Buildings, DwellingIndex, Dwellings
from gridmap.linking.keys import chinese_number, number_key
from gridmap.linking.link import link_addresses

BUILDINGS = [
    # community, compound, number, name, road, road_no, external id
    ("东湖里社区居民委员会", "海景花园", "1号楼", "", "", "", "B1"),
    ("东湖里社区居民委员会", "海景花园", "2栋", "", "海府路", "12号", "B2"),
    ("东湖里社区居民委员会", "银湖花园", "3", "", "", "", "B3"),
    ("白坡里社区居民委员会", "银湖花园", "3幢", "", "", "", "B4"),
    ("白坡里社区居民委员会", "", "", "海府大厦", "海府路", "20号", "B5"),
]
DWELLINGS = [
    # building, unit, room
    (0, "1单元", "301"), (0, "2单元", "301"), (0, "2单元", "302"), (1, "", "101"), (1, "", "102"),
    (2, "1", "501"), (3, "1", "501"), (4, "", "502"),
]  # fmt: skip


@pytest.fixture(scope="module")
def index() -> DwellingIndex:
    columns = [list(column) for column in zip(*BUILDINGS, strict=True)]
    return DwellingIndex.build(
        Buildings(*columns),
        Dwellings(
            np.array([row[0] for row in DWELLINGS]),
            [row[1] for row in DWELLINGS],
            [row[2] for row in DWELLINGS],
            [f"D{i}" for i in range(len(DWELLINGS))],
        ),
        aliases={"compound": {"海景小区": "海景花园"}, "community": {"东湖": "东湖里社区居民委员会"}},
    )


def parse(text: str) -> dict[str, str]:
    return {part: value for part, value in parse_addresses(pl.Series([text])).to_dicts()[0].items() if value}


def link(index: DwellingIndex, text: str) -> tuple[int, int, str | None]:
    found = link_addresses(parse_addresses(pl.Series([text])), index)
    return int(found.dwelling[0]), int(found.building[0]), found.reason[0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("东湖里社区海景花园1号楼2单元301室", "东湖里|海景花园|||1|2||301"),
        ("海南省海口市美兰区海府路街道东湖里社区海景花园１号楼２单元３０１室", "东湖里|海景花园|||1|2||301"),
        ("海口市海口市美兰区东湖里社区东湖里社区海景花园1栋2单元301", "东湖里|海景花园|||1|2||301"),
        ("银湖花园三栋二单元六零一", "|银湖花园|||3|2||601"),
        ("海景花园十二栋一单元一零一", "|海景花园|||12|1||101"),
        ("银湖花园3-2-501", "|银湖花园|||3|2||501"),
        ("银湖花园 3—2—501 室", "|银湖花园|||3|2||501"),
        ("海府大院12-304", "|海府大院|||12|||304"),
        ("富南小区C栋802", "|富南小区|||C|||802"),
        ("海府路海景花园A座1201", "|海景花园|海府路||A|||1201"),
        ("海府路小区3栋1单元101", "|海府路小区|海府路||3|1||101"),
        ("海府路12号2单元301", "||海府路|12||2||301"),
        ("青年路8号301室", "||青年路|8||||301"),
        ("和平新村2巷6号", "||和平新村2巷|6||||"),
        ("海景花园5层01室", "|海景花园|||||5|501"),
        ("海景花园第3栋2梯502房", "|海景花园|||3|2||502"),
        ("水乡人家2栋301", "|水乡人家|||2|||301"),
        ("一品花园A1栋2301", "|一品花园|||A1|||2301"),
        ("美兰区海景花园3号楼", "|海景花园|||3|||"),
        ("五指山路31号", "||五指山路|31||||"),
    ],
)
def test_addresses_as_people_write_them(text: str, parts: str) -> None:
    assert parse(text) == {part: value for part, value in zip(PARTS, parts.split("|"), strict=True) if value}


_compounds = st.sampled_from(["海景花园", "银湖花园", "明珠新村", "富南小区", "文化局宿舍", "一品花园", "正大公寓"])
_numbers = st.integers(1, 99)


@given(_compounds, _numbers, st.integers(1, 9), st.integers(1, 33), st.integers(1, 8))
def test_every_spelling_of_one_address_reads_alike(
    compound: str, building: int, unit: int, floor: int, flat: int
) -> None:
    room = f"{floor}{flat:02d}"
    wanted = {"community": "东湖里", "compound": compound, "building": str(building), "unit": str(unit), "room": room}
    spellings = [
        f"东湖里社区{compound}{building}{house}{unit}{stair}{room}{end}"
        for house, stair, end in product(["号楼", "栋", "幢", "座", "#"], ["单元", "门", "梯"], ["室", "", "号", "房"])
    ]
    spellings += [
        f"美兰区东湖里社区 {compound} {building}-{unit}-{room}",
        f"东湖里社区{compound}{building}栋-{unit}-{room}室",
    ]
    parsed = parse_addresses(pl.Series(spellings)).to_dicts()
    assert [{k: v for k, v in row.items() if v} for row in parsed] == [wanted] * len(spellings)


@given(
    st.lists(
        st.one_of(st.none(), st.text(alphabet="海景花园路号栋单元室-1230A东社区 一二十", max_size=14)), max_size=12
    )
)
def test_the_parser_answers_every_row_whatever_is_written(texts: list[str | None]) -> None:
    parsed = parse_addresses(pl.Series(texts, dtype=pl.String))
    assert parsed.height == len(texts)
    assert parsed.columns == list(PARTS)
    for position, text in enumerate(texts):
        alone = parse_addresses(pl.Series([text], dtype=pl.String)).row(0)
        assert parsed.row(position) == alone


@given(st.integers(1, 999))
def test_chinese_numerals(number: int) -> None:
    digits = "零一二三四五六七八九"
    text = ""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    if hundreds:
        text += digits[hundreds] + "百" + ("零" if tens == 0 and ones else "")
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    text += digits[ones] if ones else ""
    assert chinese_number(text) == str(number)
    assert chinese_number("".join(digits[int(d)] for d in str(number))) == str(number)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1号楼", "1"),
        ("01栋", "1"),
        ("一幢", "1"),
        ("1#", "1"),
        ("A座", "A"),
        ("ａ栋", "A"),
        ("2单元", "2"),
        ("0501室", "501"),
    ],
)
def test_keys_of_numbers(text: str, key: str) -> None:
    assert number_key(text) == key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("海景花园1号楼2单元301", (1, 0, None)),
        ("东湖里社区海景小区1栋2单元302室", (2, 0, None)),
        ("海景花园1栋302", (2, 0, None)),
        ("海景花园1栋301", (-1, 0, "room_ambiguous")),
        ("海景花园1栋3单元302", (-1, 0, "unit_unknown")),
        ("海景花园2栋9单元101", (3, 1, None)),
        ("海景花园1栋", (-1, 0, "room_missing")),
        ("海景花园1栋999", (-1, 0, "room_unknown")),
        ("海府路12号101", (3, 1, None)),
        ("海府路12号7栋101", (-1, -1, "building_unknown")),
        ("海府大厦502室", (7, 4, None)),
        ("银湖花园3-1-501", (-1, -1, "building_ambiguous")),
        ("东湖里社区银湖花园3-1-501", (5, 2, None)),
        ("东湖社区银湖花园3-1-501", (5, 2, None)),
        ("大英社区银湖花园3-1-501", (-1, -1, "community_differs")),
        ("没有花园1-1-501", (-1, -1, "compound_unknown")),
        ("海景花园", (-1, -1, "building_missing")),
        ("海景花园9栋101", (-1, -1, "building_unknown")),
        ("301室", (-1, -1, "address_unreadable")),
        ("", (-1, -1, "address_missing")),
    ],
)
def test_only_the_one_place_an_address_means_is_linked(
    index: DwellingIndex, text: str, expected: tuple[int, int, str | None]
) -> None:
    assert link(index, text) == expected


def test_rooms_that_fit_alike_are_counted(index: DwellingIndex) -> None:
    """A case for review says how many rooms there are to choose from."""
    written = ["海景花园1栋301", "海景花圆1栋301"]
    found = link_addresses(parse_addresses(pl.Series(written)), index)
    assert found.reason.to_list() == ["room_ambiguous", "room_ambiguous"]
    assert found.candidates.tolist() == [2, 2]


def test_external_ids_win_and_must_not_disagree(index: DwellingIndex) -> None:
    asked = pl.DataFrame(
        {
            "compound": ["没有"] * 5,
            "room": [None, None, "102", None, None],
            "dwelling_id": ["D5", "D5", None, "D99", None],
            "building_id": [None, "B1", "B2", None, "B99"],
        },
        schema_overrides={"room": pl.String, "dwelling_id": pl.String, "building_id": pl.String},
    )
    found = link_addresses(asked, index)
    assert found.dwelling.tolist() == [5, -1, 4, -1, -1]
    assert found.building.tolist() == [2, -1, 1, -1, -1]
    assert found.reason.to_list() == [None, "ids_disagree", None, "dwelling_id_unknown", "building_id_unknown"]


@settings(max_examples=15)
@given(st.permutations(range(12)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    texts = [f"海景花园{1 + i % 3}栋{1 + i % 2}单元30{1 + i % 2}" for i in range(12)]
    columns = [list(column) for column in zip(*BUILDINGS, strict=True)]
    rooms = Dwellings(
        np.array([r[0] for r in DWELLINGS]), [r[1] for r in DWELLINGS], [r[2] for r in DWELLINGS], [""] * 8
    )
    index = DwellingIndex.build(Buildings(*columns), rooms)
    straight = link_addresses(parse_addresses(pl.Series(texts)), index)
    turned = link_addresses(parse_addresses(pl.Series([texts[i] for i in order])), index)
    assert turned.dwelling.tolist() == [int(straight.dwelling[i]) for i in order]
    assert turned.reason.to_list() == [straight.reason[i] for i in order]


def test_suggestions_know_sounds_and_shapes(index: DwellingIndex) -> None:
    best = suggest({"compound": "海京花园", "building": "1", "unit": "2", "room": "301"}, index)[0]
    assert (best.building, best.dwelling, best.same_building, best.same_room) == (0, 1, True, True)
    assert 0.9 < best.score < 1
    assert suggest({}, index) == []
