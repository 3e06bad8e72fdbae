"""A register as offices draw it up, for the pictures: a title, two rows of headings, sections, subtotals, a note.

Families stand in merged cells: their number, head and address only in their first row.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.styles import Alignment, Border, Font, Side

from gridmap.store.store import Store
from tests.e2e.register_file import register_file

TITLE: Final = "海府路街道龙舌坡社区实有人口信息采集登记表"
ABOVE: Final = "填报单位：龙舌坡社区居民委员会　填报日期：{day}"
NOTE: Final = "注：本表由网格员上门采集填写，外出人员请在备注栏注明。"
TOP: Final = ("序号", "户主", "基本信息", None, None, None, "与户主关系", "居住情况", None, "备注")
BELOW: Final = (None, None, "姓名", "性别", "身份证号码", "婚姻状况", None, "人员类别", "现居住地址", None)
MERGED: Final = ("A3:A4", "B3:B4", "C3:F3", "G3:G4", "H3:I3", "J3:J4")
SECTIONS: Final = ("第一网格", "第二网格", "第三网格")
WIDTHS: Final = {"C": 10, "E": 21, "G": 11, "H": 11, "I": 32, "J": 14}
NAMESAKE: Final = "某"


def office_register(store: Store, path: Path, families: int, doubtful: int, day: str) -> None:
    """Write the rows of `register_file` into ``path`` in the form of an office; ``day`` is the date it names."""
    register_file(store, path, families, doubtful=doubtful)
    plain = openpyxl.load_workbook(path).worksheets[0]
    rows = [list(row[1:8]) for row in plain.iter_rows(min_row=3, values_only=True)]
    homes = [list(family) for _, family in groupby(rows, key=lambda row: row[6])]
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "人口登记"
    sheet.append([TITLE])
    sheet.append([ABOVE.format(day=day)])
    sheet.append(TOP)
    sheet.append(BELOW)
    size = -(-len(homes) // len(SECTIONS))
    for at, home in enumerate(homes):
        if at % size == 0:
            sheet.append([SECTIONS[at // size]])
            sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=len(TOP))
        _family(sheet, at + 1, home)
        if at % size == size - 1 or at == len(homes) - 1:
            sheet.append(["小计", None, f"{at % size + 1}户"])
    sheet.append(["合计", None, f"{len(homes)}户", None, f"{len(rows)}人"])
    sheet.append([NOTE])
    _dress(sheet)
    book.save(path)


def add_namesake(path: Path) -> None:
    """Hand somebody of a register in a second time, under another name: one number, two people."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    known = next(row for row in sheet.iter_rows(min_row=3, values_only=True) if str(row[3]).startswith("990108"))
    sheet.append([sheet.max_row - 1, f"{str(known[1])[0]}{NAMESAKE}", *known[2:]])
    book.save(path)


def _family(sheet: Any, number: int, home: list[list[Any]]) -> None:
    first = sheet.max_row + 1
    for at, (name, sex, identity, marital, relation, kind, address) in enumerate(home):
        shared = (number, home[0][0], address) if at == 0 else (None, None, None)
        sheet.append([shared[0], shared[1], name, sex, identity, marital, relation, kind, shared[2], None])
    if len(home) > 1:
        for letter in "ABI":
            sheet.merge_cells(f"{letter}{first}:{letter}{sheet.max_row}")


def _dress(sheet: Any) -> None:
    line = Side(style="thin")
    for row in sheet.iter_rows(min_row=3):
        for cell in row:
            cell.border = Border(line, line, line, line)
            cell.alignment = Alignment(vertical="center", wrap_text=True)
    for place in ("A1:J1", "A2:J2", *MERGED):
        sheet.merge_cells(place)
    sheet["A1"].font = Font(size=16, bold=True)
    sheet["A1"].alignment = Alignment(horizontal="center")
    for letter, width in WIDTHS.items():
        sheet.column_dimensions[letter].width = width
