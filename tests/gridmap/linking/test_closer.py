"""What is overlooked in an address to find its place, and what never is."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from gridmap.linking.elsewhere import lies_elsewhere
from gridmap.linking.grammar import PARTS, parse_addresses
from gridmap.linking.index import Buildings, DwellingIndex, Dwellings
from gridmap.linking.lexicon import nearest
from gridmap.linking.likeness import NEAR_SOUND, SAME_SHAPE, SAME_SOUND, TURNED, UNRELATED, name_costs
from gridmap.linking.link import link_addresses

BUILDINGS = [
    # community, compound, number, name, road, road_no
    ("东湖里", "海景花园", "1号楼", "", "海府路", "12"),
    ("东湖里", "海景花园", "2号楼", "", "海府路", "12"),
    ("东湖里", "银湖小区", "1号楼", "", "", ""),
    ("白坡里", "银湖新村", "1号楼", "", "", ""),
    ("白坡里", "望海小区", "3号楼", "", "", ""),
    ("白坡里", "滨海小区", "3号楼", "", "", ""),
    ("白坡里", "龙峰上村", "31号", "", "", ""),
    ("白坡里", "农贸市场", "商住楼", "", "", ""),
]
DWELLINGS = [
    (0, "1", "301"), (0, "2", "301"), (0, "2", "302"), (1, "", "5楼东户"), (2, "", "501"), (3, "", "501"),
    (4, "1", "301"), (5, "1", "301"), (6, "", "201"), (7, "2", "301"),
]  # fmt: skip
ADMIN = {"province": ["海南省"], "city": ["海口市"], "district": ["美兰区"]}


@pytest.fixture(scope="module")
def index() -> DwellingIndex:
    columns = [list(column) for column in zip(*BUILDINGS, strict=True)]
    columns.append([""] * len(BUILDINGS))
    units, rooms = [row[1] for row in DWELLINGS], [row[2] for row in DWELLINGS]
    return DwellingIndex.build(
        Buildings(*columns),
        Dwellings(np.array([row[0] for row in DWELLINGS]), units, rooms, [""] * len(rooms)),
        aliases={"compound": {"棉纺厂大院": "海景花园"}},
        admin=ADMIN,
    )


def linked(index: DwellingIndex, **parts: str) -> tuple[int, int, str | None, str | None]:
    """Dwelling, building, why not further, what was overlooked."""
    names = ("address", *PARTS)
    rows = pl.DataFrame({name: [parts.get(name)] for name in names}, schema=dict.fromkeys(names, pl.String))
    read = parse_addresses(rows["address"])
    rows = rows.with_columns(rows[part].fill_null(read[part]) for part in PARTS)
    found = link_addresses(rows, index)
    return int(found.dwelling[0]), int(found.building[0]), found.reason[0], found.evidence[0] or None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("海京花园1号楼2单元301", (1, 0, None, "name_like")),
        ("海景花圈1号楼2单元301", (1, 0, None, "name_like")),
        ("棉仿厂大院1号楼2单元301", (1, 0, None, "name_like")),
        ("海景1号楼2单元301", (1, 0, None, "name_short")),
        ("海景花园小区1号楼2单元301", (1, 0, None, "name_long")),
        ("海景花园1毫楼2单园302市", (2, 0, None, None)),
        ("海景花園1號樓2單元302室", (2, 0, None, None)),
        ("海景花园No.1-2-302", (2, 0, None, None)),
        ("海景花园1.2.302（已搬走）电话13812345678", (2, 0, None, None)),
        ("海景花园302", (2, 0, None, "building_missing")),
        ("海景花园2栋五层东", (3, 1, None, None)),
        ("海府路12号海京花园1栋302", (2, 0, None, "name_like")),
        ("东胡里社区银湖1栋501", (4, 2, None, "name_short,community_like")),
        ("东湖里社区2栋5楼东户", (3, 1, None, "compound_missing")),
        ("龙峰上村31号201", (8, 6, None, None)),
        ("农贸市场商住楼2-301", (9, 7, None, None)),
        ("海京花园1号楼", (-1, 0, "room_missing", "name_like")),
        ("海京花园1号楼301", (-1, 0, "room_ambiguous", "name_like")),
    ],
)
def test_what_people_leave_out_or_misspell_is_overlooked_and_said(
    index: DwellingIndex, address: str, expected: tuple[int, int, str | None, str | None]
) -> None:
    assert linked(index, address=address) == expected


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("海岛花园1号楼2单元301", "compound_unknown"),
        ("海景小区1号楼2单元301", "compound_unknown"),
        ("海小区3号楼1单元301", "compound_unknown"),
        ("银湖1栋501", "compound_unknown"),
        ("海京花园7号楼2单元301", "compound_unknown"),
        ("白坡里社区3号楼1单元301", "address_unreadable"),
        ("广东省广州市天河区海景花园1号楼2单元301", "address_elsewhere"),
        ("海口市龙华区海景花园1号楼2单元301", "address_elsewhere"),
    ],
)
def test_what_two_places_fit_or_none_is_never_linked(index: DwellingIndex, address: str, reason: str) -> None:
    """Another name, an exchanged general word, a letter missing that two names have, another city."""
    assert linked(index, address=address)[:3] == (-1, -1, reason)


@pytest.mark.parametrize(
    "parts",
    [
        {"compound": "海景花园", "building": "1栋2单元", "room": "302室"},
        {"compound": "海景花园", "building": "2单元", "unit": "1栋", "room": "302室"},
        {"compound": "海景花园", "building": "302室", "unit": "2单元", "room": "1号楼"},
        {"compound": "海景花园", "building": "302", "unit": "2", "room": "1"},
        {"compound": "海景花园", "room": "1-2-302"},
        {"community": "海景花园", "compound": "东湖里社区", "building": "1", "unit": "2", "room": "302"},
    ],
)
def test_merged_and_swapped_columns_are_read_by_what_they_say(index: DwellingIndex, parts: dict[str, str]) -> None:
    assert linked(index, **parts)[:3] == (2, 0, None)


def test_names_cost_by_sound_and_shape() -> None:
    known = ["海景花园"]
    written = ["海景花园", "海京花园", "海影花园", "景海花园", "海天花园", "喃景花园", "兰景花园", "南景花园"]
    pairs = (np.arange(5), np.zeros(5, dtype=np.int64))
    costs = name_costs(written, known, pairs).round(3).tolist()
    assert costs == pytest.approx([0, SAME_SOUND, min(SAME_SOUND, SAME_SHAPE), TURNED, UNRELATED])
    assert name_costs(["兰苑"], ["南苑"], (np.array([0]), np.array([0])))[0] == pytest.approx(NEAR_SOUND)


def test_of_two_names_that_are_as_near_none_is_meant() -> None:
    found = nearest(["王海小区", "海小区"], ["望海小区", "滨海小区"])
    assert {name: meant for name, (meant, _) in found.items()} == {"王海小区": "望海小区"}


def test_only_what_is_known_above_makes_another_place_strange(index: DwellingIndex) -> None:
    texts = pl.Series(
        ["海口市美兰区", "海南省三亚市", "海口市琼山区", "海扣市美兰区", "海口农贸市场1栋", None, "广东路2号"]
    )
    assert lies_elsewhere(texts, index).to_list() == [False, True, True, False, False, False, False]
    bare = DwellingIndex.build(Buildings([], [], [], [], [], [], []), Dwellings(np.array([], dtype=int), [], [], []))
    assert not lies_elsewhere(texts, bare).any()
