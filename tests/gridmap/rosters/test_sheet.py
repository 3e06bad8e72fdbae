"""Files of lists: nothing in them becomes a formula, no digit gets lost."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.rosters.sheet import Heading, guarded, write_sheet

HEADING = Heading("居民 [1]", ("某社区", "=cmd"), (("姓名", 10), ("+年龄", 8), ("号码", 20)), "zh-CN")
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    "|x",
    "460108199001011234",
    "13800138000",
    "007",
    "王*",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_table_holds_texts(text: str) -> None:
    """What a spreadsheet would calculate or round is marked as text."""
    content = write_sheet("csv", HEADING, [[text, 3, date(2026, 1, 2)], [None, None, None]])
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[1:4] == [["某社区"], ["'=cmd"], ["姓名", "'+年龄", "号码"]]
    assert rows[4] == [guarded(text), "3", "2026-01-02"]
    assert rows[4][0].lstrip("'") == text
    assert rows[5] == ["", "", ""]
    if text[0] in "=+-@＝\t\r " or text.isdigit():
        assert rows[4][0].startswith("'") == (text != "13800138000")


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 10**9)), max_size=8))
def test_a_workbook_holds_what_was_given(given_rows: list[tuple[str, int]]) -> None:
    """Texts as texts, numbers as numbers, whatever they look like."""
    clean = [(text.replace("\r", " ").replace("\n", " "), number) for text, number in given_rows]
    clean = [("".join(c for c in text if c.isprintable()), number) for text, number in clean]
    book = openpyxl.load_workbook(io.BytesIO(write_sheet("xlsx", HEADING, [[t, n, None] for t, n in clean])))
    sheet = book.active
    assert sheet is not None
    cells = list(sheet.iter_rows(min_row=6, max_col=2))[: len(clean)]
    for (text, number), (first, second) in zip(clean, cells, strict=False):
        assert (first.value or "") == text
        assert first.data_type != "f"
        assert second.value == number


def test_a_workbook_keeps_dates_and_long_numbers() -> None:
    """A date is a date, an identity number a text."""
    content = write_sheet("xlsx", HEADING, [["460108199001011234", 3, date(2026, 1, 2)]])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[6]][:2] == ["460108199001011234", 3]
    assert sheet["C6"].is_date
    assert [cell.value for cell in sheet[5]] == ["姓名", "+年龄", "号码"]
    assert sheet.freeze_panes == "A6"
