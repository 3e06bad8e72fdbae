"""A table of a CSV or workbook with its columns understood by their headings: one frame of text a purpose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.readers.fields import map_fields, purposes
from geodata.readers.table import read_tables
from gridmap.errors import GridmapError
from gridmap.importing.headings import field_of


class MissingColumnError(GridmapError):
    """A column without which the file cannot be used."""

    code = "missing_column"
    message = "{name} has no column for: {missing}. Found headings: {found}."
    hint = "Name the columns in the first row, for example: {example}."


@dataclass(frozen=True, slots=True)
class MappedSheet:
    """The columns that were understood, as stripped text (``""`` where empty), and the row numbers people see."""

    columns: dict[str, NDArray[np.object_]]
    rows: NDArray[np.int64]
    unknown: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def text(self, purpose: str) -> NDArray[np.object_]:
        """A column, empty text where the file has no such column."""
        found = self.columns.get(purpose)
        return np.full(len(self.rows), "", dtype=object) if found is None else found

    def has(self, purpose: str) -> bool:
        """Whether the file has the column."""
        return purpose in self.columns


def read_mapped(path: Path, wanted: tuple[str, ...], required: tuple[str, ...]) -> MappedSheet:
    """Read the first sheet of a table whose headings are the wanted purposes in their usual names.

    Raises:
        TableError: the file cannot be read as a table.
        MissingColumnError: a required column is not there.
    """
    sheet = read_tables(path)[0]
    headings = [heading or letter for heading, letter in zip(sheet.headings, sheet.letters, strict=True)]
    frame = pd.DataFrame(
        {heading: sheet.rows[letter].to_list() for heading, letter in zip(headings, sheet.letters, strict=True)},
        dtype=object,
    )
    # A heading that is the purpose's own name means exactly that, whatever else it might mean elsewhere.
    exact = {purpose: purpose for purpose in wanted if purpose in frame.columns}
    rest = tuple(purpose for purpose in wanted if purpose not in exact and purpose in purposes())
    mapped = exact | map_fields(frame.drop(columns=list(exact)), rest)
    for heading in headings:
        # What a heading means in a register it means here too: 房号, 单元, 核实日期.
        purpose = field_of(heading)
        if purpose in wanted and purpose not in mapped and heading not in mapped.values():
            mapped[purpose] = heading
    missing = [purpose for purpose in required if purpose not in mapped]
    if missing:
        raise MissingColumnError(
            name=path.name, missing=", ".join(missing), found=", ".join(headings), example=",".join(wanted)
        )
    columns = {
        purpose: frame[column].fillna("").astype(str).str.strip().to_numpy(dtype=object)
        for purpose, column in mapped.items()
    }
    unknown = tuple(heading for heading in headings if heading not in set(mapped.values()))
    return MappedSheet(columns, np.asarray(sheet.row_numbers, dtype=np.int64), unknown)
