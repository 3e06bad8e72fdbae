"""Whatever stands in a file, every row of it is accounted for: rows in = verdicts + skipped rows, exactly."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from geodata.errors import ExplainedError
from geodata.readers.table_guard import TableEmptyError
from gridmap.accounts.actor import Actor
from gridmap.importing.outcome import Verdict
from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.importing.rowkinds import KINDS
from gridmap.importing.understand import NotARegisterError
from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, open_store
from tests.gridmap.importing.registers import id_number, make_manager, make_street

UNDER = "460108001"
HEADINGS = [
    "序号",
    "姓名",
    "身份证号",
    "性别",
    "出生日期",
    "年龄",
    "与户主关系",
    "现住址",
    "楼栋",
    "房号",
    "联系电话",
    "备注",
    "孕检",
    "乱",
]
NUMBERS = [id_number(sequence=n) for n in range(2, 8)]

odd_text = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n\ufeff"), max_size=12)
values = st.one_of(
    st.sampled_from(
        ["", "", "王芳", "王 芳", "阿依古丽.买买提", "合计", "小计：3人", "说明：无", "第一网格", "填表人：张三",
         "户主", "男", "1", "1985.3", "850312", "31500", "45岁", "110***********1234", "13800000001/13800000002",
         "海景花园1号楼1单元101室", "共5页", "=1+1", "\u202e王", "𠮷野", "ＡＢ１", "无", "—", *NUMBERS,
         *(text.lower() for text in NUMBERS[:2])]
    ),
    odd_text,
)  # fmt: skip
numbers = st.one_of(
    st.integers(-5, 10**18), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.dates(date(1905, 1, 1), date(2030, 1, 1)),
)  # fmt: skip


@st.composite
def grids(draw: st.DrawFn) -> list[list[object]]:
    """A sheet: titles, perhaps headings, then rows of every kind, some of them blank or the headings again."""
    others = draw(st.lists(st.sampled_from(HEADINGS), max_size=6))
    headings = draw(st.permutations([*others, draw(st.sampled_from(["姓名", "身份证号", "姓名", "乱"]))]))
    rows: list[list[object]] = draw(st.lists(st.lists(values, max_size=3), max_size=2))
    rows += [list(headings)] * draw(st.sampled_from([1, 1, 1, 2, 0]))
    width = len(headings) + draw(st.integers(0, 2))
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["row", "row", "row", "blank", "headings", "single"]))
        cell = st.one_of(values, values, numbers)
        rows.append(
            draw(st.lists(cell, max_size=width))
            if kind == "row"
            else list(headings)
            if kind == "headings"
            else [draw(values)]
            if kind == "single"
            else []
        )
    return rows


merges = st.lists(st.tuples(st.integers(1, 10), st.integers(0, 3), st.integers(1, 6), st.integers(0, 3)), max_size=3)


def filled(text: str) -> bool:
    return bool(text.strip())


def last_row(cells: list[list[str]]) -> int:
    """The number of the last row that holds anything."""
    return max((at for at, row in enumerate(cells, start=1) if any(filled(cell) for cell in row)), default=0)


def accounted(result: BatchResult) -> dict[str, int]:
    """Rows by sheet: those with a verdict and those skipped by name; the same number is in neither twice."""
    assert result.counts["rows"] == sum(result.counts[verdict.value] for verdict in Verdict) == result.verdicts.height
    assert result.verdicts.select("sheet", "row").is_unique().all()
    assert all(kind in KINDS for kinds in result.skipped.values() for kind in kinds)
    counted = Counter(result.verdicts["sheet"].to_list())
    for sheet, kinds in result.skipped.items():
        counted[sheet] += sum(kinds.values())
    return dict(counted)


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, new_store_url: Callable[[str], str], store_key: MasterKey
) -> Iterator[tuple[Store, Actor, Path]]:
    """A street's register, one of its data managers, and a folder."""
    store = open_store(new_store_url("sqlite"), store_key)
    make_street(store)
    yield store, make_manager(store), tmp_path_factory.mktemp("files")
    store.close()


def imported(desk: tuple[Store, Actor, Path], path: Path, *, dry_run: bool) -> BatchResult | None:
    """The result, or nothing where the file is refused in words."""
    store, manager, _ = desk
    try:
        return import_register(store, manager, path, UNDER, RegisterOptions(date(2026, 1, 1), dry_run=dry_run))
    except (NotARegisterError, TableEmptyError):
        event("refused")
        return None


@settings(max_examples=60)
@given(
    sheets=st.lists(st.tuples(grids(), merges, st.booleans()), min_size=1, max_size=3), dry_run=st.booleans(),
    hide=st.lists(st.integers(1, 8), max_size=2),
)  # fmt: skip
def test_every_row_of_a_workbook_is_accounted_for(
    desk: tuple[Store, Actor, Path],
    sheets: list[tuple[list[list[object]], list[tuple[int, int, int, int]], bool]],
    dry_run: bool,
    hide: list[int],
) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    expected: dict[str, int] = {}
    for at, (rows, ranges, hidden) in enumerate(sheets):
        sheet = book.create_sheet(f"表{at}")
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row, start=1):
                text = ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell
                sheet.cell(number, place).value = text if text != "" else None
                if isinstance(text, str) and text:
                    sheet.cell(number, place).data_type = "s"
        for first, height, left, width in ranges:
            try:
                sheet.merge_cells(
                    start_row=first, end_row=first + height, start_column=left, end_column=left + width
                )  # fmt: skip
            except (ValueError, AttributeError):
                continue
        for row in hide:
            sheet.row_dimensions[row].hidden = True
        if hidden and at:
            sheet.sheet_state = "hidden"
        expected[sheet.title] = last_row(
            [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        )
    path = desk[2] / "a.xlsx"
    book.save(path)
    result = imported(desk, path, dry_run=dry_run)
    if result is None:
        return
    found: Counter[str] = Counter()
    for name, count in [*accounted(result).items(), *result.left_out.items()]:
        found[name.split(" (")[0]] += count
    assert {name: count for name, count in expected.items() if count} == dict(found)


@settings(max_examples=60)
@given(
    rows=grids(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    separator=st.sampled_from([",", ";", "\t"]), dry_run=st.booleans(),
)  # fmt: skip
def test_every_row_of_a_text_table_is_accounted_for(
    desk: tuple[Store, Actor, Path], rows: list[list[object]], encoding: str, separator: str, dry_run: bool
) -> None:
    cells = [[str(cell) for cell in row] for row in rows]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(cells)
    path = desk[2] / "a.csv"
    path.write_bytes(text.getvalue().encode(encoding, errors="replace"))
    result = imported(desk, path, dry_run=dry_run)
    if result is None:
        return
    assert sum(accounted(result).values()) + sum(result.left_out.values()) == last_row(cells)


@settings(max_examples=30)
@given(content=st.binary(max_size=300), ending=st.sampled_from([".csv", ".xlsx", ".xls"]), start=st.booleans())
def test_bytes_that_are_no_table_are_refused_in_words_or_accounted_for(
    desk: tuple[Store, Actor, Path], content: bytes, ending: str, start: bool
) -> None:
    path = desk[2] / f"b{ending}"
    path.write_bytes(("姓名,身份证号\n".encode() if start else b"") + content)
    try:
        result = imported(desk, path, dry_run=True)
    except ExplainedError:
        event("refused")
        return
    if result is not None:
        accounted(result)
