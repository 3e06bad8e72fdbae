"""Reading a register: ours beside the fastest reader of each kind of file, cells to text in both.

Ours refuses dangerous archives, keeps row numbers, long numbers, merged and hidden cells, finds the headings, and (in
``understood``) says what every column and row is. The peer hands over the cells: fastexcel for workbooks, polars for
CSV.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import fastexcel
import polars as pl
import xlsxwriter

from benchmarks.harness import Result, Size, alternate, result, seconds
from benchmarks.registers import HEADINGS
from geodata.readers.table import read_tables
from geodata.readers.table_guard import TableLimits
from gridmap.importing.headings import is_known_heading, join_headings
from gridmap.importing.understand import understand

ROWS = {Size.SMALL: 5_000, Size.STREET: 50_000, Size.DISTRICT: 500_000, Size.CITY: 1_000_000}
ROUNDS = {Size.SMALL: 5, Size.STREET: 3, Size.DISTRICT: 1, Size.CITY: 1}
Way = Callable[[Path], object]
LIMITS = TableLimits(max_bytes=1 << 31, max_unpacked_bytes=1 << 33)


def read(size: Size) -> list[Result]:
    """A workbook and a CSV of 17 columns: read alone, and understood."""
    rows, rounds = ROWS[size], ROUNDS[size]
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        book, text = Path(folder) / "register.xlsx", Path(folder) / "register.csv"
        _write(book, text, rows)
        peers: tuple[tuple[str, Path, Way, str], ...] = (
            ("xlsx", book, _cells, "fastexcel"),
            ("csv", text, _lines, "polars"),
        )
        for kind, path, peer, peer_name in peers:
            for label, ours in (("read", _read), ("understand", _understand)):
                figures = alternate(partial(seconds, partial(ours, path)), partial(seconds, partial(peer, path)),
                                    rounds=rounds)  # fmt: skip
                details = {"rows": rows, "file_mb": round(path.stat().st_size / 1e6, 1)}
                results.append(
                    result(f"{label} {kind}", size, figures, unit="s", peer_name=peer_name,
                           packages=["fastexcel", "polars"], details=details)
                )  # fmt: skip
    return results


def _read(path: Path) -> object:
    return read_tables(path, limits=LIMITS, known=is_known_heading, join=join_headings)


def _understand(path: Path) -> object:
    return understand(path, limits=LIMITS)


def _lines(path: Path) -> object:
    return pl.read_csv(path, has_header=False, infer_schema=False)


def _cells(path: Path) -> object:
    return fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars()


def _write(book: Path, text: Path, rows: int) -> None:
    """The same rows in both files; they are nobody's."""
    numbers = pl.arange(0, rows, eager=True)
    cells = [
        numbers.cast(pl.String),
        "测" + (numbers % 997).cast(pl.String),
        pl.Series(["男", "女"])[(numbers % 2).to_list()],
        "99010819" + (10_000_000_00 + numbers).cast(pl.String),
        "1980-05-" + (numbers % 28 + 1).cast(pl.String).str.zfill(2),
    ]
    words = "已婚,户主,H1,13800000001,户在人在,海南省海口市,海景花园1号楼1单元,汉族,群众,某公司,2026-01-01,自住"
    fill = words.split(",")
    cells += [pl.Series([word]).new_from_index(0, rows) for word in fill]
    cells[11] = cells[11] + (numbers % 1800 + 101).cast(pl.String) + "室"
    frame = pl.DataFrame({name: cell.alias(name) for name, cell in zip(HEADINGS, cells, strict=True)})
    frame.write_csv(text)
    options = {"constant_memory": True, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(book, options) as workbook:
        sheet = workbook.add_worksheet("人口")
        sheet.write_row(0, 0, HEADINGS)
        for at, row in enumerate(frame.iter_rows(), start=1):
            for place, cell in enumerate(row):
                sheet.write_string(at, place, cell)
