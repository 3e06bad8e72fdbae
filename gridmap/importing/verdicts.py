"""Hand back what became of the rows: a CSV of verdicts, and the workbook itself with every bad cell marked."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from geodata.readers.table import SheetTable
from gridmap.importing.findings import FINDINGS, Weight
from gridmap.importing.headings import Column, ColumnStatus, never_stored_text
from gridmap.importing.outcome import Verdict
from gridmap.importing.result import BatchResult
from gridmap.importing.understand import understand
from gridmap.importing.words import VERDICTS

VERDICT_COLUMNS = ("sheet", "row", "verdict", "dwelling_id", "building_id", "person_id", "reason")
_MENDABLE = (Verdict.NEEDS_REVIEW.value, Verdict.REJECTED.value)
# A text that starts like a formula is one to a spreadsheet program that opens a CSV.
_FORMULA = r"^[\t\r=+\-@＝＋－＠]"

Translate = Callable[[str], str]


def untranslated(text: str) -> str:
    """The message id itself."""
    return text


def write_verdicts(result: BatchResult, path: Path) -> None:
    """Write one line a row: `VERDICT_COLUMNS`, UTF-8, in the order of the file. Holds no personal data but keys."""
    frame = result.verdicts.select(VERDICT_COLUMNS)
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    guarded = frame.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA))
        .then(pl.concat_str(pl.lit("'"), name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )
    path.write_bytes(guarded.write_csv().encode())


def write_error_workbook(result: BatchResult, source: Path, path: Path, *, translate: Translate = untranslated) -> int:
    """Write `error_workbook` to a file; returns how many rows it holds."""
    content, written = error_workbook(result, understand(source, name=result.file_name).tables, translate)
    path.write_bytes(content)
    return written


def error_workbook(result: BatchResult, tables: Sequence[SheetTable], translate: Translate) -> tuple[bytes, int]:
    """The rows that need review or were rejected as they were handed in, as an XLSX file, and how many they are.

    Bad cells are marked and commented, cells that were read otherwise than written are noted, the last columns say
    verdict and reasons. Columns that are never stored are left out, texts elsewhere that hold such things are emptied.
    The file can be corrected and handed in again: the added columns have headings that the import ignores.
    """
    written = 0
    content = io.BytesIO()
    # In memory: parts of the workbook would otherwise lie in the system's temporary folder, in the clear.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(content, options) as workbook:
        styles = {
            "head": workbook.add_format({"bold": True, "bottom": 1}),
            "text": workbook.add_format({"num_format": "@"}),
            "noted": workbook.add_format({"num_format": "@", "bg_color": "#FFF6D6"}),
            "bad": workbook.add_format(
                {"num_format": "@", "bg_color": "#FDE2DD", "bottom": 2, "bottom_color": "#C0392B"}
            ),
        }
        for table in tables:
            columns = result.columns.get(table.name)
            if columns is not None:
                written += _write_sheet(
                    workbook.add_worksheet(table.name[:31]), table, columns, result, styles, translate
                )
        if not workbook.worksheets():
            workbook.add_worksheet()
    return content.getvalue(), written


def _write_sheet(
    sheet: Worksheet,
    table: SheetTable,
    columns: tuple[Column, ...],
    result: BatchResult,
    styles: dict[str, Format],
    translate: Translate,
) -> int:
    kept = [column for column in columns if column.status is not ColumnStatus.DROPPED]
    wanted = result.verdicts.filter((pl.col("sheet") == table.name) & pl.col("verdict").is_in(_MENDABLE))
    verdict_of = dict(wanted.select("row", "verdict").rows())
    found = _issues_by_row(result, table.name)
    headings = [column.heading for column in kept]
    sheet.write_row(0, 0, [*headings, translate("verdict"), translate("reason and remedy")], styles["head"])
    sheet.freeze_panes(1, 0)
    texts = [_scrubbed(table.rows.get_column(column.letters)) for column in kept]
    line = 0
    for position, number in enumerate(table.row_numbers.tolist()):
        if number not in verdict_of:
            continue
        line += 1
        issues, notes = found.get(number, ([], []))
        bad, noted = (_by_heading(part, translate) for part in (issues, notes))
        for place, column in enumerate(texts):
            heading = headings[place]
            style = "bad" if heading in bad else "noted" if heading in noted else "text"
            sheet.write_string(line, place, column[position] or "", styles[style])
            if remark := bad.get(heading) or noted.get(heading):
                sheet.write_comment(line, place, remark)
        said = " ".join(_sentence(issue, translate) for issue in issues)
        sheet.write_string(line, len(kept), translate(VERDICTS[verdict_of[number]]))
        sheet.write_string(line, len(kept) + 1, said)
    sheet.autofilter(0, 0, max(line, 1), len(kept) + 1)
    return line


Finding = tuple[str, str, str | None, int | None]


def _issues_by_row(result: BatchResult, sheet: str) -> dict[int, tuple[list[Finding], list[Finding]]]:
    """Row → (heading, code, value, other) of what must be mended, the heaviest first; and of mere notes."""
    here = result.issues.filter(pl.col("sheet") == sheet)
    found: dict[int, tuple[list[Finding], list[Finding]]] = defaultdict(lambda: ([], []))
    for number, weight, *finding in here.select("row", "weight", "column", "code", "value", "other").rows():
        found[number][0 if weight > int(Weight.NOTE) else 1].append(tuple(finding))
    return found


def _by_heading(issues: Sequence[Finding], translate: Translate) -> dict[str, str]:
    """What is said of each cell: the first finding of its column."""
    return {issue[0]: _sentence(issue, translate) for issue in reversed(issues)}


def _sentence(issue: Finding, translate: Translate) -> str:
    _, code, value, other = issue
    finding = FINDINGS[code]
    said = translate(finding.message).format(value=value or "", other="" if other is None else other)
    return f"{said} {translate(finding.hint)}"


def _scrubbed(texts: pl.Series) -> list[str | None]:
    """Texts without what is never stored."""
    pattern, unless = (re.compile(source) for source in never_stored_text())
    return [
        None if text is not None and pattern.search(text) and not unless.search(text) else text
        for text in texts.to_list()
    ]
