"""What the import of a register answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import polars as pl

from gridmap.importing.choices import Choices
from gridmap.importing.findings import Weight
from gridmap.importing.headings import Column, ColumnStatus
from gridmap.importing.outcome import Verdict


@dataclass(frozen=True, slots=True)
class RegisterOptions:
    """``effective``: the date the facts hold from (default: today); ``complete``: the file names everybody of the area;
    ``dry_run``: judge, write nothing; ``sheet``: only this sheet of a workbook; ``choices``: what somebody decided on
    its sheets, heading rows and columns; ``language``: of the workbook that is handed back."""

    effective: date | None = None
    complete: bool = False
    dry_run: bool = False
    sheet: str | None = None
    choices: Choices = field(default_factory=dict)
    language: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The same file was handed in before for the same area: when it was committed, by whom, and whether it was the
    same order (date, completeness)."""

    batch_id: UUID
    committed_at: datetime
    by: str
    same_order: bool


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The outcome of one register.

    ``counts``: ``rows`` and one entry a verdict, which add up to it; ``absent`` apart. ``verdicts``: one row an input
    row – sheet, row, verdict, dwelling_id, building_id (the office's own ids, else ours), person_id, column (heading),
    reason (code), message, remedy, value, other. ``issues``: every finding – sheet, row, column, code, weight, message,
    remedy, value, other; ``value`` (masked) and ``other`` are what fills the message in another language.
    ``population``: persons of the area before and after. ``changes``: whether it writes (or would write) anything of
    the register. ``earlier``: the same file came before. ``repeats``: it was committed before and would change nothing,
    so ``batch_id`` is that of the first time and no second batch was made. ``skipped``: by sheet, how many rows are no
    residents, by what they are (see `rowkinds.KINDS`): with the verdicts they are all rows of the sheet. ``left_out``:
    how many rows the sheets have that are not imported. ``readings``: see `CheckedRows`. ``differences``: what changes
    about known persons – sheet, row, field, before, after (see `differences`).
    """

    batch_id: UUID
    file_name: str
    dry_run: bool
    counts: Mapping[str, int]
    blank_rows: int
    columns: Mapping[str, tuple[Column, ...]]
    population: tuple[int, int]
    verdicts: pl.DataFrame = field(repr=False)
    issues: pl.DataFrame = field(repr=False)
    changes: bool = True
    earlier: Earlier | None = None
    repeats: bool = False
    skipped: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    readings: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    differences: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)

    @property
    def notes(self) -> dict[str, int]:
        """How many cells were read otherwise than they are written, or left out without harm, by finding."""
        found = self.issues.filter(pl.col("weight") == int(Weight.NOTE)).group_by("code").len()
        return dict(sorted(found.rows()))

    @property
    def to_mend(self) -> int:
        """Rows that need review or were rejected."""
        return self.counts[Verdict.NEEDS_REVIEW.value] + self.counts[Verdict.REJECTED.value]

    @property
    def accepted(self) -> int:
        """Rows that are in the register now."""
        return sum(self.counts[v.value] for v in (Verdict.INSERTED, Verdict.UPDATED, Verdict.UNCHANGED))

    @property
    def not_imported(self) -> list[Column]:
        """The columns that were left out, with the reason."""
        return [c for columns in self.columns.values() for c in columns if c.status is not ColumnStatus.MAPPED]

    @property
    def never_stored(self) -> list[Column]:
        """Those among them that are never stored."""
        return [column for column in self.not_imported if column.status is ColumnStatus.DROPPED]
